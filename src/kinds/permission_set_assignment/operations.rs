//! The operations that palisade may call for a PermissionSetAssignment, and the permissions that
//! they need (service authorization reference, AWS IAM Identity Center and AWS Identity Store).
//!
//! An assignment is checked on the instance, the permission set and the account. Of accounts, only
//! those that manifests adopt are allowed.

use super::{NAME, records};
use crate::{
    kind::{Identity, LookupKind},
    operations::{
        Named, Need, OfKind, On, Operation, ResourceType, Resources,
        table::{may, reads, writes},
    },
};

/// What the rest of the program needs to know about its operations.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(ACCOUNT),
    identity: Some(Identity::PLAIN),
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

const fn of_sso(sort: &'static str, arn: &'static str, sample: &'static str) -> ResourceType {
    ResourceType::new(sort, arn, sample, Named::Never)
}

/// The account in which somebody has something.
const ACCOUNT: ResourceType =
    of_sso("Account", "arn:{partition}:sso:::account/{id}", "000000000000");
const INSTANCE: ResourceType =
    of_sso("Instance", "arn:{partition}:sso:::instance/{id}", "ssoins-0000000000000000");
const SET: ResourceType = of_sso(
    "PermissionSet",
    "arn:{partition}:sso:::permissionSet/{id}",
    "ssoins-0000000000000000/ps-0000000000000000",
);
/// It belongs to the organization's management account.
const STORE: ResourceType = of_sso(
    "Identitystore",
    "arn:{partition}:identitystore::{manager}:identitystore/{id}",
    "d-0000000000",
);
const USER: ResourceType = of_sso(
    "User",
    "arn:{partition}:identitystore:::user/{id}",
    "00000000-0000-4000-8000-0000000000",
);
const GROUP: ResourceType = of_sso(
    "Group",
    "arn:{partition}:identitystore:::group/{id}",
    "00000000-0000-4000-8000-0000000000",
);

const INSTANCES: On = On::Of(&Resources { name: "Instances", types: &[INSTANCE] });
const SETS: On = On::Of(&Resources { name: "PermissionSets", types: &[INSTANCE, SET] });
const ACCOUNTS: On = On::Adopted(NAME);
const USERS: On = On::Of(&Resources { name: "IdentityUsers", types: &[STORE, USER] });
const GROUPS: On = On::Of(&Resources { name: "IdentityGroups", types: &[STORE, GROUP] });

const ROWS: &[Operation] = &[
    reads("ssoadmin:ListInstances").only_needs(&[may("sso:ListInstances", On::Anything, &[])]),
    reads("ssoadmin:ListPermissionSets")
        .only_needs(&[may("sso:ListPermissionSets", INSTANCES, &[])])
        .only(Need::Lookup(LookupKind::PermissionSet)),
    reads("ssoadmin:DescribePermissionSet").only_needs(&[may(
        "sso:DescribePermissionSet",
        SETS,
        &[],
    )]),
    reads("ssoadmin:ListManagedPoliciesInPermissionSet")
        .only_needs(&[may("sso:ListManagedPoliciesInPermissionSet", SETS, &[])])
        .only(Need::Lookup(LookupKind::PermissionSet)),
    reads("ssoadmin:ListPermissionSetsProvisionedToAccount").only_needs(&[
        may("sso:ListPermissionSetsProvisionedToAccount", INSTANCES, &[]),
        may("sso:ListPermissionSetsProvisionedToAccount", ACCOUNTS, &[]),
    ]),
    reads("ssoadmin:ListAccountAssignments").only_needs(&[
        may("sso:ListAccountAssignments", SETS, &[]),
        may("sso:ListAccountAssignments", ACCOUNTS, &[]),
    ]),
    reads("ssoadmin:ListAccountAssignmentCreationStatus").only_needs(&[may(
        "sso:ListAccountAssignmentCreationStatus",
        INSTANCES,
        &[],
    )]),
    reads("ssoadmin:ListAccountAssignmentDeletionStatus").only_needs(&[may(
        "sso:ListAccountAssignmentDeletionStatus",
        INSTANCES,
        &[],
    )]),
    reads("ssoadmin:DescribeAccountAssignmentCreationStatus").only_needs(&[may(
        "sso:DescribeAccountAssignmentCreationStatus",
        INSTANCES,
        &[],
    )]),
    reads("ssoadmin:DescribeAccountAssignmentDeletionStatus").only_needs(&[may(
        "sso:DescribeAccountAssignmentDeletionStatus",
        INSTANCES,
        &[],
    )]),
    reads("identitystore:GetUserId").on(USERS, &[]).only(Need::Lookup(LookupKind::IdentityUser)),
    reads("identitystore:GetGroupId").on(GROUPS, &[]).only(Need::Lookup(LookupKind::IdentityGroup)),
    writes("ssoadmin:CreateAccountAssignment", SETS, &[])
        .only_needs(&[
            may("sso:CreateAccountAssignment", SETS, &[]),
            may("sso:CreateAccountAssignment", ACCOUNTS, &[]),
        ])
        .note("Only in accounts that manifests adopt; permission sets and people are anybody's."),
    writes("ssoadmin:DeleteAccountAssignment", SETS, &[]).only_needs(&[
        may("sso:DeleteAccountAssignment", SETS, &[]),
        may("sso:DeleteAccountAssignment", ACCOUNTS, &[]),
    ]),
];
