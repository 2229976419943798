//! Organizations. The ARNs have the management account's number also where a delegated administrator calls.

use super::{
    super::{
        Mode::{Apply, Destroy, Observe},
        On, Operation,
        When::{Claims, KeepsOwner, NobodyElses, Owned, ServiceControlPolicies, StaysOurs},
    },
    SCP, anything, may, owned, row,
};

pub(super) const ROWS: &[Operation] = &[
    row("organizations", "ListRoots", Observe, &[SCP], anything!("organizations:ListRoots")),
    row(
        "organizations",
        "DescribeOrganization",
        Observe,
        &[SCP],
        anything!("organizations:DescribeOrganization"),
    )
    .note("Whom a policy concerns depends on which account manages the organisation."),
    row(
        "organizations",
        "ListOrganizationalUnitsForParent",
        Observe,
        &[SCP],
        &[may("organizations:ListOrganizationalUnitsForParent", On::Places, &[])],
    ),
    row("organizations", "ListAccounts", Observe, &[SCP], anything!("organizations:ListAccounts"))
        .note("How many accounts a change concerns; only in passes that are about to change a policy."),
    row(
        "organizations",
        "ListAccountsForParent",
        Observe,
        &[SCP],
        &[may("organizations:ListAccountsForParent", On::Places, &[])],
    )
    .note("Only where ListAccounts does not say where the accounts are."),
    row(
        "organizations",
        "ListPolicies",
        Observe,
        &[SCP],
        &[may("organizations:ListPolicies", On::Anything, &[ServiceControlPolicies])],
    ),
    row(
        "organizations",
        "ListPoliciesForTarget",
        Observe,
        &[SCP],
        &[may("organizations:ListPoliciesForTarget", On::Places, &[ServiceControlPolicies])],
    ),
    row(
        "organizations",
        "DescribePolicy",
        Observe,
        &[SCP],
        &[may("organizations:DescribePolicy", On::Policies, &[])],
    ),
    row(
        "organizations",
        "ListTagsForResource",
        Observe,
        &[SCP],
        &[may("organizations:ListTagsForResource", On::Policies, &[])],
    ),
    row(
        "organizations",
        "ListTargetsForPolicy",
        Observe,
        &[SCP],
        &[may("organizations:ListTargetsForPolicy", On::Policies, &[])],
    ),
    row(
        "organizations",
        "CreatePolicy",
        Apply,
        &[SCP],
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
        &[SCP],
        owned!("organizations:UpdatePolicy", Policies),
    ),
    row(
        "organizations",
        "AttachPolicy",
        Apply,
        &[SCP],
        &[
            may("organizations:AttachPolicy", On::Policies, &[Owned]),
            may("organizations:AttachPolicy", On::Places, &[ServiceControlPolicies]),
        ],
    ),
    row(
        "organizations",
        "DetachPolicy",
        Apply,
        &[SCP],
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
        &[SCP],
        &[may("organizations:EnablePolicyType", On::Roots, &[ServiceControlPolicies])],
    )
    .note("Only while the organisation has service control policies switched off."),
    row(
        "organizations",
        "TagResource",
        Apply,
        &[SCP],
        &[may("organizations:TagResource", On::Policies, &[Owned, StaysOurs])],
    ),
    row(
        "organizations",
        "UntagResource",
        Apply,
        &[SCP],
        &[may("organizations:UntagResource", On::Policies, &[Owned, KeepsOwner])],
    ),
    row(
        "organizations",
        "DeletePolicy",
        Destroy,
        &[SCP],
        owned!("organizations:DeletePolicy", Policies),
    )
    .note("It is detached first, which is an apply permission."),
];
