//! SageMaker.

use super::{
    super::{
        Mode::{Apply, Destroy, Observe},
        On, Operation,
        When::{self, Claims, KeepsOwner, NobodyElses, Owned, StaysOurs},
    },
    DOMAIN, SAGEMAKER, anything, may, owned, row,
};

pub(super) const ROWS: &[Operation] = &[
    row("sagemaker", "ListDomains", Observe, &[DOMAIN], anything!("sagemaker:ListDomains")).swept(),
    row(
        "sagemaker",
        "DescribeDomain",
        Observe,
        &[DOMAIN],
        &[may("sagemaker:DescribeDomain", On::Domains, &[])],
    )
    .swept(),
    row("sagemaker", "ListTags", Observe, &[DOMAIN], &[may("sagemaker:ListTags", On::Domains, &[])])
        .swept(),
    row("sagemaker", "ListApps", Observe, &[DOMAIN], anything!("sagemaker:ListApps")),
    row("sagemaker", "ListSpaces", Observe, &[DOMAIN], anything!("sagemaker:ListSpaces")),
    row(
        "sagemaker",
        "ListUserProfiles",
        Observe,
        &[DOMAIN],
        anything!("sagemaker:ListUserProfiles"),
    ),
    row(
        "sagemaker",
        "CreateDomain",
        Apply,
        &[DOMAIN],
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
        &[DOMAIN],
        &[
            may("sagemaker:UpdateDomain", On::Domains, &[Owned]),
            may("iam:PassRole", On::ExecutionRoles, &[When::PassedTo(SAGEMAKER)]),
        ],
    ),
    row(
        "sagemaker",
        "AddTags",
        Apply,
        &[DOMAIN],
        &[
            may("sagemaker:AddTags", On::Domains, &[Owned, StaysOurs]),
            may("sagemaker:AddTags", On::Adopted(DOMAIN), &[Claims, NobodyElses]),
        ],
    ),
    row(
        "sagemaker",
        "DeleteTags",
        Apply,
        &[DOMAIN],
        &[may("sagemaker:DeleteTags", On::Domains, &[Owned, KeepsOwner])],
    ),
    row("sagemaker", "DeleteDomain", Destroy, &[DOMAIN], owned!("sagemaker:DeleteDomain", Domains))
        .note("With `efsRetention: Delete` in the manifest the users' files go too: IAM has no condition for that."),
];
