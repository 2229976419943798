//! Analyzers of IAM Access Analyzer.

use serde_json::Value;

use super::{
    coverage,
    identifier::Identifier,
    overlay::{Overlay, Says},
    rows,
};
use crate::{
    model::{Risk, policy_document::Context, text},
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources, ServiceRole, When,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::AccessAnalyzer::Analyzer";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/accessanalyzer-analyzer.json"),
    short: "analyzer",
    about: "An analyzer of IAM Access Analyzer: it finds what is open to others than an account \
            or an organization, and access that nobody uses.",
    arn: "arn:{partition}:access-analyzer:{region}:{account}:analyzer/{id}",
    identifier: Identifier::ArnOf("AnalyzerName"),
    tags: Some(text::ACCESS_ANALYZER),
    always: &["Arn", "Type"],
    words: &[("ArchiveRules", Says::Judged(archived))],
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// What a rule archives nobody looks at any more.
fn archived(old: &Value, new: &Value, _: &Context) -> Risk {
    coverage::change(new, old, "RuleName", coverage::UNRANKED)
}

const RESOURCE: ResourceType = ResourceType::new(
    "Analyzer",
    "arn:{partition}:access-analyzer:{region}:{account}:analyzer/{id}",
    "analyzer-000000000000",
    Named::Never,
);
const RULE: ResourceType = ResourceType::new(
    "ArchiveRule",
    "arn:{partition}:access-analyzer:{region}:{account}:analyzer/{id}",
    "analyzer-000000000000/archive-rule/rule",
    Named::Never,
);
const ROLE: ServiceRole = ServiceRole {
    service: "access-analyzer.amazonaws.com",
    name: "AWSServiceRoleForAccessAnalyzer",
};

const ANALYZERS: On = On::Of(&Resources { name: "Analyzers", types: &[RESOURCE] });
const RULES: On = On::Of(&Resources { name: "ArchiveRules", types: &[RULE] });
const LISTED: Grant = may("access-analyzer:ListAnalyzers", On::Anything, &[]);
const NOTE: &str = "Rules of an analyzer have no tags: no condition can limit them to ours.";

const ORGANIZATIONS_OWN: &str = "For an analyzer of an organization AWS also looks at the \
                                 organization's trusted services and delegated administrators: \
                                 grant both where manifests have one.";

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        LISTED,
        may("access-analyzer:GetAnalyzer", ANALYZERS, &[]),
        may("access-analyzer:ListArchiveRules", ANALYZERS, &[]),
    ]),
    rows::creates(&[
        rows::CREATE,
        may("access-analyzer:CreateAnalyzer", ANALYZERS, CLAIMS),
        may("access-analyzer:TagResource", ANALYZERS, CLAIMS_UNCLAIMED),
        may(
            "iam:CreateServiceLinkedRole",
            On::ServiceRole(ROLE),
            &[When::says("RoleOfAccessAnalyzer", "iam:AWSServiceName", ROLE.service)],
        ),
    ])
    .note(ORGANIZATIONS_OWN),
    rows::updates(&[
        rows::UPDATE,
        may("access-analyzer:UpdateAnalyzer", ANALYZERS, OURS),
        may("access-analyzer:CreateArchiveRule", RULES, &[]),
        may("access-analyzer:DeleteArchiveRule", RULES, &[]),
        may("access-analyzer:UpdateArchiveRule", RULES, &[]),
    ])
    .note(NOTE),
    rows::tags(&[
        rows::TAG,
        may("access-analyzer:TagResource", ANALYZERS, OURS_AFTER),
        may("access-analyzer:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("access-analyzer:UntagResource", ANALYZERS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("access-analyzer:DeleteAnalyzer", ANALYZERS, OURS)]),
];
