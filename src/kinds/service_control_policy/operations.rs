//! What palisade may call for a ServiceControlPolicy, and what it needs for that.
//!
//! The ARNs have the management account's number also where a delegated administrator calls.

use crate::operations::{
    Named, OfKind, On, Operation, ResourceType, Resources, When,
    table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes},
};

/// All that the rest of the program asks of it.
pub(super) const OPERATIONS: OfKind =
    OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE };

/// The organisation's own service control policies.
const RESOURCE: ResourceType = ResourceType::new(
    "policy",
    "arn:{partition}:organizations::{manager}:policy/{organization}/{id}",
    "service_control_policy/p-00000000",
    Named::Never,
)
.like("service_control_policy/*");
const ROOT: ResourceType = ResourceType::new(
    "root",
    "arn:{partition}:organizations::{manager}:root/{organization}/{id}",
    "r-0000",
    Named::By("r-"),
)
.like("r-*");
const UNIT: ResourceType = ResourceType::new(
    "organizationalunit",
    "arn:{partition}:organizations::{manager}:ou/{organization}/{id}",
    "ou-0000-00000000",
    Named::By("ou-"),
)
.like("ou-*");
/// Accounts; the one that palisade works in is certainly there.
const ACCOUNT: ResourceType = ResourceType::new(
    "account",
    "arn:{partition}:organizations::{manager}:account/{organization}/{id}",
    "{account}",
    Named::Account,
);

const POLICIES: On = On::Of(&Resources { name: "Policies", types: &[RESOURCE] });
const ROOTS: On = On::Of(&Resources { name: "Roots", types: &[ROOT] });
/// What has units and accounts below it.
const PARENTS: On = On::Of(&Resources { name: "Parents", types: &[UNIT, ROOT] });
/// What a policy can be attached to.
const PLACES: On = On::Of(&Resources { name: "Places", types: &[ACCOUNT, UNIT, ROOT] });

/// It is about service control policies, not policies of other types.
const THIS_TYPE: When =
    When::says("ServiceControlPolicies", "organizations:PolicyType", "SERVICE_CONTROL_POLICY");

const ROWS: &[Operation] = &[
    reads("organizations:ListRoots"),
    reads("organizations:DescribeOrganization")
        .note("Whom a policy concerns depends on which account manages the organisation."),
    reads("organizations:ListOrganizationalUnitsForParent").on(PARENTS, &[]),
    reads("organizations:ListAccounts").note(
        "How many accounts a change concerns; only in passes that are about to change a policy.",
    ),
    reads("organizations:ListAccountsForParent")
        .on(PARENTS, &[])
        .note("Only where ListAccounts does not say where the accounts are."),
    reads("organizations:ListPolicies").on(On::Anything, &[THIS_TYPE]),
    reads("organizations:ListPoliciesForTarget").on(PLACES, &[THIS_TYPE]),
    reads("organizations:DescribePolicy").on(POLICIES, &[]),
    reads("organizations:ListTagsForResource").on(POLICIES, &[]),
    reads("organizations:ListTargetsForPolicy").on(POLICIES, &[]),
    writes("organizations:CreatePolicy", On::Anything, &[When::Claims, THIS_TYPE])
        .and(&[may("organizations:TagResource", POLICIES, CLAIMS_UNCLAIMED)])
        .note("Organizations, too, cannot tell the tags of a create call from later ones."),
    writes("organizations:UpdatePolicy", POLICIES, OURS),
    writes("organizations:AttachPolicy", POLICIES, OURS).and(&[may(
        "organizations:AttachPolicy",
        PLACES,
        &[THIS_TYPE],
    )]),
    writes("organizations:DetachPolicy", POLICIES, OURS)
        .and(&[may("organizations:DetachPolicy", PLACES, &[THIS_TYPE])])
        .note(
            "FullAWSAccess and the guards of others carry no tag of ours: they cannot be detached.",
        ),
    writes("organizations:EnablePolicyType", ROOTS, &[THIS_TYPE])
        .note("Only while the organisation has service control policies switched off."),
    writes("organizations:TagResource", POLICIES, OURS_AFTER),
    writes("organizations:UntagResource", POLICIES, OURS_WITHOUT),
    deletes("organizations:DeletePolicy", POLICIES, OURS)
        .note("It is detached first, which is an apply permission."),
];
