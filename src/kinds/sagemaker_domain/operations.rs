//! The operations that palisade may call for a SageMakerDomain, and the permissions that they need.
//!
//! SageMaker calls KMS and EC2 with the caller's credentials when a domain is created.

use super::{NAME, records};
use crate::{
    kinds::kms_key,
    operations::{
        Named, OfKind, On, Operation, ResourceType, Resources, Said, ServiceRole, When,
        table::{
            CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes,
        },
    },
};

/// What the rest of the program needs to know about its operations.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(RESOURCE),
    // A domain's key can belong to anybody.
    names: &[kms_key::RESOURCE],
    hands_on_roles: true,
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

/// Domains.
const RESOURCE: ResourceType = ResourceType::new(
    "domain",
    "arn:{partition}:sagemaker:{region}:{account}:domain/{id}",
    "d-000000000000",
    Named::Never,
);

const DOMAINS: On = On::Of(&Resources { name: "Domains", types: &[RESOURCE] });
const KEYS: On = On::Of(&Resources { name: "Keys", types: &[kms_key::RESOURCE] });

/// Creates the network interfaces of domains and notebooks.
const SAGEMAKER: ServiceRole = ServiceRole {
    service: "sagemaker.amazonaws.com",
    name: "AWSServiceRoleForAmazonSageMakerNotebooks",
};
const PASSED: &[When] =
    &[When::says("PassedToSageMaker", "iam:PassedToService", SAGEMAKER.service)];
/// SageMaker requests the grant, for a file system or volume of its own.
const FOR_SERVICE: &[When] = &[When::Says(Said {
    name: "GrantForService",
    operator: "Bool",
    key: "kms:GrantIsForAWSResource",
    value: "true",
})];

const ROWS: &[Operation] = &[
    reads("ec2:DescribeVpcs"),
    reads("ec2:DescribeSubnets"),
    reads("sagemaker:ListDomains").swept(),
    reads("sagemaker:DescribeDomain").on(DOMAINS, &[]).swept(),
    reads("sagemaker:ListTags").on(DOMAINS, &[]).swept(),
    reads("sagemaker:ListApps"),
    reads("sagemaker:ListSpaces"),
    reads("sagemaker:ListUserProfiles"),
    writes("sagemaker:CreateDomain", DOMAINS, CLAIMS)
        .and(&[
            may(
                "sagemaker:AddTags",
                DOMAINS,
                &[
                    When::Claims,
                    When::says("TaggedByCreateDomain", "sagemaker:TaggingAction", "CreateDomain"),
                ],
            ),
            may("iam:PassRole", On::ExecutionRoles, PASSED),
            may(
                "iam:CreateServiceLinkedRole",
                On::ServiceRole(SAGEMAKER),
                &[When::says("RoleOfSageMaker", "iam:AWSServiceName", SAGEMAKER.service)],
            ),
            may("kms:CreateGrant", KEYS, FOR_SERVICE),
            may("kms:DescribeKey", KEYS, &[]),
        ])
        .note(
            "The service-linked role is created once in an account; if it exists, the permission \
             can be removed. The key may belong to anybody.",
        ),
    writes("sagemaker:UpdateDomain", DOMAINS, OURS).and(&[may(
        "iam:PassRole",
        On::ExecutionRoles,
        PASSED,
    )]),
    writes("sagemaker:AddTags", DOMAINS, OURS_AFTER).and(&[may(
        "sagemaker:AddTags",
        On::Adopted(NAME),
        CLAIMS_UNCLAIMED,
    )]),
    writes("sagemaker:DeleteTags", DOMAINS, OURS_WITHOUT),
    deletes("sagemaker:DeleteDomain", DOMAINS, OURS).note(
        "With `efsRetention: Delete` in the manifest the users' files go too: IAM has no condition \
         for that.",
    ),
];
