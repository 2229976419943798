//! Instance profiles of IAM, within the bounds that the settings give identity.
//!
//! Cloud Control does not tag them, so that a manifest adopts one by its name.

use super::{overlay::Overlay, rows};
use crate::{
    kind::{
        Claimed, Identity,
        table::{ACCOUNT, PARTITION, PROPERTIES, Tree, get},
    },
    operations::{Named, OfKind, On, Operation, ResourceType, Resources, When, table::may},
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::IAM::InstanceProfile";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/iam-instanceprofile.json"),
    short: "instanceprofile",
    about: "An instance profile of IAM, below the path that the settings give identity: what \
            instances with it run as. It carries no claim, so that the manifest adopts it by its \
            name (`lifecycle: {adopt: NAME}`), whether it exists or not.",
    claimed: Claimed::ByName,
    always: &["Arn", "InstanceProfileName", "Path", "Roles"],
    operations: OfKind {
        rows: ROWS,
        resource: Some(PROFILE),
        hands_on_roles: true,
        identity: Some(Identity {
            path: Some("properties.Path"),
            roles: Some("properties.Roles"),
            arn: Some(arn),
            ..Identity::PLAIN
        }),
        ..OfKind::NONE
    },
    ..Overlay::PLAIN
};

/// Instance profiles, with their path in the id.
const PROFILE: ResourceType = ResourceType::new(
    "instance-profile",
    "arn:{partition}:iam::{account}:instance-profile/{id}",
    "palisade-000000000000",
    Named::Never,
);

/// The ARN of a wanted profile.
fn arn(want: &Tree) -> Option<String> {
    let said = |name| get(want, name).as_str();
    let properties = get(want, PROPERTIES);
    let path = properties["Path"].as_str().unwrap_or("/");
    let name = properties["InstanceProfileName"].as_str()?;
    let (partition, account) = (said(PARTITION)?, said(ACCOUNT)?);
    Some(format!("arn:{partition}:iam::{account}:instance-profile{path}{name}"))
}

/// Profiles below the path of the settings.
const PROFILES: On = On::Bounded(&Resources { name: "InstanceProfiles", types: &[PROFILE] });
/// Profiles of the account.
const ANY: On = On::Of(&Resources { name: "InstanceProfiles", types: &[PROFILE] });
/// Instances run as the role.
const PASSED: &[When] = &[When::says("PassedToEc2", "iam:PassedToService", "ec2.amazonaws.com")];
const NOTE: &str = "Profiles are changed below the path of the settings only. They carry no claim \
                    that a condition could ask for.";

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::gets(&[rows::GET, may("iam:GetInstanceProfile", ANY, &[])]),
    rows::creates(&[
        rows::CREATE,
        may("iam:AddRoleToInstanceProfile", PROFILES, &[]),
        may("iam:CreateInstanceProfile", PROFILES, &[]),
        may("iam:PassRole", On::ExecutionRoles, PASSED),
    ])
    .note(NOTE),
    rows::updates(&[
        rows::UPDATE,
        may("iam:AddRoleToInstanceProfile", PROFILES, &[]),
        may("iam:RemoveRoleFromInstanceProfile", PROFILES, &[]),
        may("iam:PassRole", On::ExecutionRoles, PASSED),
    ])
    .note(NOTE),
    rows::removes(&[
        rows::DELETE,
        may("iam:DeleteInstanceProfile", PROFILES, &[]),
        may("iam:RemoveRoleFromInstanceProfile", PROFILES, &[]),
    ])
    .note(NOTE),
];
