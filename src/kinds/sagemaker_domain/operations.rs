//! What palisade may call for a SageMakerDomain, and what it needs for that.
//!
//! SageMaker asks KMS and EC2 with the caller's credentials when a domain is made.

use super::NAME;
use crate::operations::{
    Mode::{Apply, Destroy, Observe},
    OfKind, On, Operation, ResourceType,
    When::{self, Claims, KeepsOwner, NobodyElses, Owned, StaysOurs},
    table::{SAGEMAKER, anything, may, owned, row},
};

const KINDS: &[&str] = &[NAME];

/// All that the rest of the program asks of it.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(ResourceType {
        service: "sagemaker",
        sort: "domain",
        sample: "d-000000000000",
        named: None,
    }),
    hands_on_roles: true,
    ..OfKind::NONE
};

const ROWS: &[Operation] = &[
    row("ec2", "DescribeVpcs", Observe, KINDS, anything!("ec2:DescribeVpcs")),
    row("ec2", "DescribeSubnets", Observe, KINDS, anything!("ec2:DescribeSubnets")),
    row("sagemaker", "ListDomains", Observe, KINDS, anything!("sagemaker:ListDomains")).swept(),
    row(
        "sagemaker",
        "DescribeDomain",
        Observe,
        KINDS,
        &[may("sagemaker:DescribeDomain", On::Domains, &[])],
    )
    .swept(),
    row("sagemaker", "ListTags", Observe, KINDS, &[may("sagemaker:ListTags", On::Domains, &[])])
        .swept(),
    row("sagemaker", "ListApps", Observe, KINDS, anything!("sagemaker:ListApps")),
    row("sagemaker", "ListSpaces", Observe, KINDS, anything!("sagemaker:ListSpaces")),
    row(
        "sagemaker",
        "ListUserProfiles",
        Observe,
        KINDS,
        anything!("sagemaker:ListUserProfiles"),
    ),
    row(
        "sagemaker",
        "CreateDomain",
        Apply,
        KINDS,
        &[
            may("sagemaker:CreateDomain", On::Domains, &[Claims]),
            may("sagemaker:AddTags", On::Domains, &[Claims, When::TaggedBy("CreateDomain")]),
            may("iam:PassRole", On::ExecutionRoles, &[When::PassedTo(SAGEMAKER)]),
            may(
                "iam:CreateServiceLinkedRole",
                On::ServiceRole(SAGEMAKER),
                &[When::RoleOf(SAGEMAKER)],
            ),
            may("kms:CreateGrant", On::Keys, &[When::GrantForService]),
            may("kms:DescribeKey", On::Keys, &[]),
        ],
    )
    .note(
        "The service-linked role is made once in an account; where it exists the permission can go. The key may be anybody's.",
    ),
    row(
        "sagemaker",
        "UpdateDomain",
        Apply,
        KINDS,
        &[
            may("sagemaker:UpdateDomain", On::Domains, &[Owned]),
            may("iam:PassRole", On::ExecutionRoles, &[When::PassedTo(SAGEMAKER)]),
        ],
    ),
    row(
        "sagemaker",
        "AddTags",
        Apply,
        KINDS,
        &[
            may("sagemaker:AddTags", On::Domains, &[Owned, StaysOurs]),
            may("sagemaker:AddTags", On::Adopted(NAME), &[Claims, NobodyElses]),
        ],
    ),
    row(
        "sagemaker",
        "DeleteTags",
        Apply,
        KINDS,
        &[may("sagemaker:DeleteTags", On::Domains, &[Owned, KeepsOwner])],
    ),
    row("sagemaker", "DeleteDomain", Destroy, KINDS, owned!("sagemaker:DeleteDomain", Domains))
        .note("With `efsRetention: Delete` in the manifest the users' files go too: IAM has no condition for that."),
];
