//! What palisade may call for a ServiceControlPolicy, and what it needs for that.
//!
//! The ARNs have the management account's number also where a delegated administrator calls.

use super::NAME;
use crate::operations::{
    Mode::{Apply, Destroy, Observe},
    OfKind, On, Operation, ResourceType,
    When::{Claims, KeepsOwner, NobodyElses, Owned, ServiceControlPolicies, StaysOurs},
    table::{anything, may, owned, row},
};

const KINDS: &[&str] = &[NAME];

/// All that the rest of the program asks of it.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(ResourceType {
        service: "organizations",
        sort: "policy",
        sample: "service_control_policy/p-00000000",
        named: None,
    }),
    ..OfKind::NONE
};

const ROWS: &[Operation] = &[
    row("organizations", "ListRoots", Observe, KINDS, anything!("organizations:ListRoots")),
    row(
        "organizations",
        "DescribeOrganization",
        Observe,
        KINDS,
        anything!("organizations:DescribeOrganization"),
    )
    .note("Whom a policy concerns depends on which account manages the organisation."),
    row(
        "organizations",
        "ListOrganizationalUnitsForParent",
        Observe,
        KINDS,
        &[may("organizations:ListOrganizationalUnitsForParent", On::Places, &[])],
    ),
    row("organizations", "ListAccounts", Observe, KINDS, anything!("organizations:ListAccounts"))
        .note("How many accounts a change concerns; only in passes that are about to change a policy."),
    row(
        "organizations",
        "ListAccountsForParent",
        Observe,
        KINDS,
        &[may("organizations:ListAccountsForParent", On::Places, &[])],
    )
    .note("Only where ListAccounts does not say where the accounts are."),
    row(
        "organizations",
        "ListPolicies",
        Observe,
        KINDS,
        &[may("organizations:ListPolicies", On::Anything, &[ServiceControlPolicies])],
    ),
    row(
        "organizations",
        "ListPoliciesForTarget",
        Observe,
        KINDS,
        &[may("organizations:ListPoliciesForTarget", On::Places, &[ServiceControlPolicies])],
    ),
    row(
        "organizations",
        "DescribePolicy",
        Observe,
        KINDS,
        &[may("organizations:DescribePolicy", On::Policies, &[])],
    ),
    row(
        "organizations",
        "ListTagsForResource",
        Observe,
        KINDS,
        &[may("organizations:ListTagsForResource", On::Policies, &[])],
    ),
    row(
        "organizations",
        "ListTargetsForPolicy",
        Observe,
        KINDS,
        &[may("organizations:ListTargetsForPolicy", On::Policies, &[])],
    ),
    row(
        "organizations",
        "CreatePolicy",
        Apply,
        KINDS,
        &[
            may("organizations:CreatePolicy", On::Anything, &[Claims, ServiceControlPolicies]),
            may("organizations:TagResource", On::Policies, &[Claims, NobodyElses]),
        ],
    )
    .note("Organizations, too, cannot tell the tags of a create call from later ones."),
    row(
        "organizations",
        "UpdatePolicy",
        Apply,
        KINDS,
        owned!("organizations:UpdatePolicy", Policies),
    ),
    row(
        "organizations",
        "AttachPolicy",
        Apply,
        KINDS,
        &[
            may("organizations:AttachPolicy", On::Policies, &[Owned]),
            may("organizations:AttachPolicy", On::Places, &[ServiceControlPolicies]),
        ],
    ),
    row(
        "organizations",
        "DetachPolicy",
        Apply,
        KINDS,
        &[
            may("organizations:DetachPolicy", On::Policies, &[Owned]),
            may("organizations:DetachPolicy", On::Places, &[ServiceControlPolicies]),
        ],
    )
    .note("FullAWSAccess and the guards of others carry no tag of ours: they cannot be detached."),
    row(
        "organizations",
        "EnablePolicyType",
        Apply,
        KINDS,
        &[may("organizations:EnablePolicyType", On::Roots, &[ServiceControlPolicies])],
    )
    .note("Only while the organisation has service control policies switched off."),
    row(
        "organizations",
        "TagResource",
        Apply,
        KINDS,
        &[may("organizations:TagResource", On::Policies, &[Owned, StaysOurs])],
    ),
    row(
        "organizations",
        "UntagResource",
        Apply,
        KINDS,
        &[may("organizations:UntagResource", On::Policies, &[Owned, KeepsOwner])],
    ),
    row(
        "organizations",
        "DeletePolicy",
        Destroy,
        KINDS,
        owned!("organizations:DeletePolicy", Policies),
    )
    .note("It is detached first, which is an apply permission."),
];
