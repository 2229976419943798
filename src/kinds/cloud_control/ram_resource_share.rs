//! Resource shares.

use super::{
    identifier::Identifier,
    overlay::{Overlay, Safe, Says},
    rows,
};
use crate::{
    model::text,
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::RAM::ResourceShare";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ram-resourceshare.json"),
    short: "share",
    about: "A resource share of Resource Access Manager, without what is in it: AWS never returns \
            its resources and principals here, so that a manifest cannot name them.",
    invented: true,
    arn: "arn:{partition}:ram:{region}:{account}:resource-share/{id}",
    identifier: Identifier::Arn,
    tags: Some(text::RAM),
    always: &["Arn", "Name", "AllowExternalPrincipals"],
    words: &[("Name", Says::Harmless), ("AllowExternalPrincipals", Says::Safe(Safe::Flag(false)))],
    blind: &["which resources are shared with whom (ResourceArns, Principals) cannot be seen here"],
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

const RESOURCE: ResourceType = ResourceType::new(
    "resource-share",
    "arn:{partition}:ram:{region}:{account}:resource-share/{id}",
    "00000000-0000-4000-8000-000000000000",
    Named::Never,
);

const SHARES: On = On::Of(&Resources { name: "ResourceShares", types: &[RESOURCE] });
const SEEN: Grant = may("ram:GetResourceShares", On::Anything, &[]);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN]),
    rows::lists(&[rows::LIST, SEEN]),
    rows::creates(&[
        rows::CREATE,
        may("ram:CreateResourceShare", On::Anything, CLAIMS),
        may("ram:TagResource", SHARES, CLAIMS_UNCLAIMED),
    ]),
    rows::updates(&[
        rows::UPDATE,
        may("ram:GetResourceShareAssociations", On::Anything, &[]),
        may("ram:ListResourceSharePermissions", SHARES, &[]),
        may("ram:UpdateResourceShare", SHARES, OURS),
    ]),
    rows::tags(&[
        rows::TAG,
        may("ram:TagResource", SHARES, OURS_AFTER),
        may("ram:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("ram:UntagResource", SHARES, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("ram:DeleteResourceShare", SHARES, OURS)]),
];
