//! The operations that palisade may call for the policies of a type, and the permissions that they
//! need.
//!
//! The ARNs contain the management account's number even if a delegated administrator calls.

use super::{Policy, Sister, records};
use crate::operations::{
    Grant, Named, OfKind, On, Operation, ResourceType, Resources, When,
    organization::{PARENTS, PLACES, ROOTS},
    table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes},
};

impl<S: Sister> Policy<S> {
    /// What the rest of the program needs to know about its operations.
    pub(super) const CALLS: OfKind = OfKind {
        rows: Self::ROWS,
        resource: Some(Self::RESOURCE),
        records: Some(records::RECORDS),
        ..OfKind::NONE
    };

    /// The organization's own policies of the type.
    const RESOURCE: ResourceType = ResourceType::new(
        "policy",
        "arn:{partition}:organizations::{manager}:policy/{organization}/{id}",
        S::TYPE.sample,
        Named::Never,
    )
    .like(S::TYPE.every);
    const TYPES: &'static [ResourceType] = &[Self::RESOURCE];
    const RESOURCES: &'static Resources = &Resources { name: S::TYPE.group, types: Self::TYPES };
    const POLICIES: On = On::Of(Self::RESOURCES);

    /// The request is about policies of this type.
    const THIS_TYPE: When = When::says(S::TYPE.group, "organizations:PolicyType", S::TYPE.api);
    const OF_THIS_TYPE: &'static [When] = &[Self::THIS_TYPE];
    const CLAIMS_THIS_TYPE: &'static [When] = &[When::Claims, Self::THIS_TYPE];
    const TAGS_IT: &'static [Grant] =
        &[may("organizations:TagResource", Self::POLICIES, CLAIMS_UNCLAIMED)];
    const ATTACHES_THERE: &'static [Grant] =
        &[may("organizations:AttachPolicy", PLACES, Self::OF_THIS_TYPE)];
    const DETACHES_THERE: &'static [Grant] =
        &[may("organizations:DetachPolicy", PLACES, Self::OF_THIS_TYPE)];

    const ROWS: &'static [Operation] = &[
        reads("organizations:ListRoots"),
        reads("organizations:DescribeOrganization").note(
            "The accounts that a policy concerns depend on which account manages the \
                   organization.",
        ),
        reads("organizations:ListOrganizationalUnitsForParent").on(PARENTS, &[]),
        reads("organizations:ListAccounts").note(
            "How many accounts a change concerns; only in passes that are about to change a \
             policy.",
        ),
        reads("organizations:ListAccountsForParent")
            .on(PARENTS, &[])
            .note("Only where ListAccounts does not say where the accounts are."),
        reads("organizations:ListPolicies").on(On::Anything, Self::OF_THIS_TYPE),
        reads("organizations:ListPoliciesForTarget").on(PLACES, Self::OF_THIS_TYPE),
        reads("organizations:DescribePolicy").on(Self::POLICIES, &[]),
        reads("organizations:ListTagsForResource").on(Self::POLICIES, &[]),
        reads("organizations:ListTargetsForPolicy").on(Self::POLICIES, &[]),
        writes("organizations:CreatePolicy", On::Anything, Self::CLAIMS_THIS_TYPE)
            .and(Self::TAGS_IT)
            .note(
                "Organizations cannot distinguish the tags of a create call from later ones \
                   either.",
            ),
        writes("organizations:UpdatePolicy", Self::POLICIES, OURS),
        writes("organizations:AttachPolicy", Self::POLICIES, OURS).and(Self::ATTACHES_THERE),
        writes("organizations:DetachPolicy", Self::POLICIES, OURS).and(Self::DETACHES_THERE).note(
            "AWS's own policies and the guards of others carry no tag of ours: they cannot be \
                 detached.",
        ),
        writes("organizations:EnablePolicyType", ROOTS, Self::OF_THIS_TYPE)
            .note("Only while policies of this type are disabled in the organization."),
        writes("organizations:TagResource", Self::POLICIES, OURS_AFTER),
        writes("organizations:UntagResource", Self::POLICIES, OURS_WITHOUT),
        deletes("organizations:DeletePolicy", Self::POLICIES, OURS)
            .note("It is detached first, which is an apply permission."),
    ];
}
