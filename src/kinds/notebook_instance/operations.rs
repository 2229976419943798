//! What palisade may call for a NotebookInstance, and what it needs for that (service authorization
//! reference, Amazon SageMaker).

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

/// All that the rest of the program asks of it.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(RESOURCE),
    // The key of a volume can be anybody's.
    names: &[kms_key::RESOURCE],
    hands_on_roles: true,
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

/// Notebook instances. ARNs have names in lower case.
const RESOURCE: ResourceType = ResourceType::new(
    "notebook-instance",
    "arn:{partition}:sagemaker:{region}:{account}:notebook-instance/{id}",
    "instance-000000000000",
    Named::Never,
);

const INSTANCES: On = On::Of(&Resources { name: "NotebookInstances", types: &[RESOURCE] });
const KEYS: On = On::Of(&Resources { name: "Keys", types: &[kms_key::RESOURCE] });

/// Makes the network interfaces of domains and notebooks.
const SAGEMAKER: ServiceRole = ServiceRole {
    service: "sagemaker.amazonaws.com",
    name: "AWSServiceRoleForAmazonSageMakerNotebooks",
};
const PASSED: &[When] =
    &[When::says("PassedToSageMaker", "iam:PassedToService", SAGEMAKER.service)];
/// SageMaker asks for the grant, for the volume.
const FOR_SERVICE: &[When] = &[When::Says(Said {
    name: "GrantForService",
    operator: "Bool",
    key: "kms:GrantIsForAWSResource",
    value: "true",
})];
const TAGGED: &[When] = &[
    When::Claims,
    When::says(
        "TaggedByCreateNotebookInstance",
        "sagemaker:TaggingAction",
        "CreateNotebookInstance",
    ),
];

const ROWS: &[Operation] = &[
    reads("ec2:DescribeSubnets"),
    reads("sagemaker:ListNotebookInstances").swept(),
    reads("sagemaker:DescribeNotebookInstance").on(INSTANCES, &[]).swept(),
    reads("sagemaker:ListTags").on(INSTANCES, &[]).swept(),
    writes("sagemaker:CreateNotebookInstance", INSTANCES, CLAIMS)
        .and(&[
            may("sagemaker:AddTags", INSTANCES, TAGGED),
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
            "The service-linked role is made once in an account; where it exists the permission \
             can go. The key may be anybody's.",
        ),
    writes("sagemaker:UpdateNotebookInstance", INSTANCES, OURS).and(&[may(
        "iam:PassRole",
        On::ExecutionRoles,
        PASSED,
    )]),
    writes("sagemaker:StopNotebookInstance", INSTANCES, OURS),
    writes("sagemaker:StartNotebookInstance", INSTANCES, OURS),
    writes("sagemaker:AddTags", INSTANCES, OURS_AFTER).and(&[may(
        "sagemaker:AddTags",
        On::Adopted(NAME),
        CLAIMS_UNCLAIMED,
    )]),
    writes("sagemaker:DeleteTags", INSTANCES, OURS_WITHOUT),
    deletes("sagemaker:DeleteNotebookInstance", INSTANCES, OURS),
];
