//! Rules of AWS Config.
//!
//! Cloud Control does not tag them, so that a manifest adopts one by its name.

use super::overlay::{Overlay, Says};
use crate::{
    kind::{Claimed, Removal},
    operations::{
        Named, OfKind, On, Operation, ResourceType, Resources,
        table::{deletes, may, reads, writes},
    },
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
    removal: Removal::TombstoneOnly,
    invented: false,
    arn: "",
    tags: None,
    always: &["ConfigRuleName", "Source"],
    refused: &[("Compliance", "AWS fills it in: nobody can set it", "leave it out")],
    words: &[("Description", Says::Harmless), ("MaximumExecutionFrequency", Says::Harmless)],
    ordered: &[],
    documents: &["InputParameters"],
    policies: &[],
    reach: None,
    blind: &["the text of a rule in CloudFormation Guard (Source.CustomPolicyDetails.PolicyText) \
              cannot be seen"],
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
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
    reads("cloudcontrol:ListResourceRequests").only_needs(&[may(
        "cloudformation:ListResourceRequests",
        On::Anything,
        &[],
    )]),
    reads("cloudcontrol:GetResourceRequestStatus").only_needs(&[may(
        "cloudformation:GetResourceRequestStatus",
        On::Anything,
        &[],
    )]),
    reads("cloudcontrol:GetResource").only_needs(&[
        may("cloudformation:GetResource", On::Anything, &[]),
        may("config:DescribeConfigRules", On::Anything, &[]),
        may("config:DescribeComplianceByConfigRule", On::Anything, &[]),
    ]),
    writes("cloudcontrol:CreateResource", On::Anything, &[])
        .only_needs(&[
            may("cloudformation:CreateResource", On::Anything, &[]),
            may("config:PutConfigRule", ANY, &[]),
        ])
        .note(NOTE),
    writes("cloudcontrol:UpdateResource", On::Anything, &[])
        .only_needs(&[
            may("cloudformation:UpdateResource", On::Anything, &[]),
            may("config:PutConfigRule", ANY, &[]),
        ])
        .note(NOTE),
    deletes("cloudcontrol:DeleteResource", On::Anything, &[])
        .only_needs(&[
            may("cloudformation:DeleteResource", On::Anything, &[]),
            may("config:DeleteConfigRule", ANY, &[]),
        ])
        .note(NOTE),
];
