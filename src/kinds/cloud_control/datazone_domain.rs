//! Domains of DataZone; those of version 2 are SageMaker Unified Studio.

use super::{
    overlay::{Overlay, Says},
    rows,
};
use crate::{
    kind::Removal,
    model::text,
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources, When,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::DataZone::Domain";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/datazone-domain.json"),
    short: "unifieddomain",
    about: "A domain of DataZone, or of SageMaker Unified Studio (`DomainVersion: V2`): its name \
            and the roles with which it works. Version and key are chosen once. palisade deletes \
            none: its projects and what they hold could go with it.",
    // Whether its handler deletes what is in it (`skipDeletionCheck`) is not documented.
    removal: Removal::Never,
    invented: true,
    arn: "arn:{partition}:datazone:{region}:{account}:domain/{id}",
    tags: Some(text::DATAZONE),
    always: &["Id", "Arn", "Name", "Status"],
    refused: &[(
        "SingleSignOn",
        "with it AWS makes an application of IAM Identity Center, which palisade has no \
         permission for",
        "leave it out, and turn single sign-on on by hand",
    )],
    resent: &["ServiceRole"],
    words: &[("Description", Says::Harmless), ("Name", Says::Harmless)],
    operations: OfKind {
        rows: ROWS,
        resource: Some(RESOURCE),
        hands_on_roles: true,
        ..OfKind::NONE
    },
    ..Overlay::PLAIN
};

const RESOURCE: ResourceType = ResourceType::new(
    "domain",
    "arn:{partition}:datazone:{region}:{account}:domain/{id}",
    "dzd_00000000000000",
    Named::Never,
);

const DOMAINS: On = On::Of(&Resources { name: "UnifiedDomains", types: &[RESOURCE] });
/// The domain works with the roles.
const PASSED: Grant = may(
    "iam:PassRole",
    On::ExecutionRoles,
    &[When::says("PassedToDataZone", "iam:PassedToService", "datazone.amazonaws.com")],
);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, may("datazone:GetDomain", DOMAINS, &[])]),
    rows::lists(&[rows::LIST, may("datazone:ListDomains", On::Anything, &[])]),
    rows::creates(&[
        rows::CREATE,
        may("datazone:CreateDomain", On::Anything, CLAIMS),
        may("datazone:TagResource", DOMAINS, CLAIMS_UNCLAIMED),
        PASSED,
    ]),
    rows::updates(&[rows::UPDATE, may("datazone:UpdateDomain", DOMAINS, OURS), PASSED]),
    rows::tags(&[
        rows::TAG,
        may("datazone:TagResource", DOMAINS, OURS_AFTER),
        may("datazone:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("datazone:UntagResource", DOMAINS, OURS_WITHOUT)]),
];
