//! Security Hub in an account and Region.

use super::{
    identifier::Identifier,
    overlay::{Overlay, Safe, Says},
    rows,
};
use crate::{
    model::text,
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources,
        table::{CLAIMS, OURS, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::SecurityHub::Hub";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/securityhub-hub.json"),
    short: "hub",
    about: "Security Hub in an account and Region: it collects findings, and checks against the \
            standards that are on. There is one.",
    arn: "arn:{partition}:securityhub:{region}:{account}:hub/{id}",
    identifier: Identifier::OneArn("default"),
    tags: Some(text::SECURITY_HUB),
    always: &["ARN"],
    words: &[
        ("AutoEnableControls", Says::Watches(Safe::Flag(true))),
        ("ControlFindingGenerator", Says::Harmless),
    ],
    blind: &["which standards were turned on with it (EnableDefaultStandards) cannot be seen"],
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

const RESOURCE: ResourceType = ResourceType::new(
    "hub",
    "arn:{partition}:securityhub:{region}:{account}:hub/{id}",
    "default",
    Named::Never,
);

const HUBS: On = On::Of(&Resources { name: "Hubs", types: &[RESOURCE] });
const SEEN: Grant = may("securityhub:DescribeHub", HUBS, &[]);
const TAGS_SEEN: Grant = may("securityhub:ListTagsForResource", HUBS, &[]);
/// Security Hub's calls that set tags carry no condition key with them.
const TAGGED: Grant = may("securityhub:TagResource", HUBS, &[]);
const CONFIGURED: Grant = may("securityhub:UpdateSecurityHubConfiguration", HUBS, OURS);
const NOTE: &str = "Security Hub has no condition key for the tags of these requests; an account \
                    and Region have one hub.";

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN, TAGS_SEEN]),
    rows::creates(&[
        rows::CREATE,
        may("securityhub:EnableSecurityHub", HUBS, CLAIMS),
        TAGGED,
        CONFIGURED,
    ])
    .note(NOTE),
    rows::updates(&[rows::UPDATE, CONFIGURED]),
    rows::tags(&[rows::TAG, TAGGED]).note(NOTE),
    rows::untags(&[rows::UNTAG, may("securityhub:UntagResource", HUBS, OURS)]),
    rows::removes(&[rows::DELETE, may("securityhub:DisableSecurityHub", HUBS, OURS)]),
];
