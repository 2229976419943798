//! Rules of AWS Config.
//!
//! Cloud Control does not tag them, so that a manifest adopts one by its name.

use super::{
    overlay::{Overlay, Says},
    rows,
};
use crate::{
    kind::Claimed,
    operations::{Named, OfKind, On, Operation, ResourceType, Resources, table::may},
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::Config::ConfigRule";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/config-configrule.json"),
    short: "configrule",
    about: "A rule of AWS Config. It carries no claim, so that the manifest adopts it by its name \
            (`lifecycle: {adopt: NAME}`), whether it exists or not.",
    claimed: Claimed::ByName,
    always: &["ConfigRuleName", "Source"],
    refused: &[("Compliance", "AWS fills it in: nobody can set it", "leave it out")],
    words: &[("Description", Says::Harmless), ("MaximumExecutionFrequency", Says::Harmless)],
    documents: &["InputParameters"],
    blind: &["the text of a rule in CloudFormation Guard (Source.CustomPolicyDetails.PolicyText) \
              cannot be seen"],
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// Rules of AWS Config. Their ARNs have an id that Config invents.
const RESOURCE: ResourceType = ResourceType::new(
    "ConfigRule",
    "arn:{partition}:config:{region}:{account}:config-rule/{id}",
    "config-rule-000000",
    Named::Never,
);

const ANY: On = On::Of(&Resources { name: "ConfigRules", types: &[RESOURCE] });

const NOTE: &str = "Config knows no condition that would limit this to rules that are ours: a \
                    manifest adopts each by its name.";

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::gets(&[
        rows::GET,
        may("config:DescribeConfigRules", On::Anything, &[]),
        may("config:DescribeComplianceByConfigRule", On::Anything, &[]),
    ]),
    rows::creates(&[rows::CREATE, may("config:PutConfigRule", ANY, &[])]).note(NOTE),
    rows::updates(&[rows::UPDATE, may("config:PutConfigRule", ANY, &[])]).note(NOTE),
    rows::removes(&[rows::DELETE, may("config:DeleteConfigRule", ANY, &[])]).note(NOTE),
];
