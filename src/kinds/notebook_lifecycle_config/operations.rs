//! What palisade may call for a NotebookLifecycleConfig, and what it needs for that (service
//! authorization reference, Amazon SageMaker). List calls are authorized for no resource.

use super::{NAME, records};
use crate::operations::{
    Named, OfKind, On, Operation, ResourceType, Resources, When,
    table::{
        CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes,
    },
};

/// All that the rest of the program asks of it.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(RESOURCE),
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

/// Lifecycle configurations of notebook instances. ARNs have names in lower case.
const RESOURCE: ResourceType = ResourceType::new(
    "notebook-instance-lifecycle-config",
    "arn:{partition}:sagemaker:{region}:{account}:notebook-instance-lifecycle-config/{id}",
    "config-000000000000",
    Named::Never,
);

const CONFIGS: On = On::Of(&Resources { name: "NotebookLifecycleConfigs", types: &[RESOURCE] });

const TAGGED: &[When] = &[
    When::Claims,
    When::says(
        "TaggedByCreateNotebookLifecycleConfig",
        "sagemaker:TaggingAction",
        "CreateNotebookInstanceLifecycleConfig",
    ),
];

const ROWS: &[Operation] = &[
    reads("sagemaker:ListNotebookInstanceLifecycleConfigs").swept(),
    reads("sagemaker:DescribeNotebookInstanceLifecycleConfig").on(CONFIGS, &[]).swept(),
    reads("sagemaker:ListTags").on(CONFIGS, &[]).swept(),
    reads("sagemaker:ListNotebookInstances").note("Before a deletion: which instances use it."),
    writes("sagemaker:CreateNotebookInstanceLifecycleConfig", CONFIGS, CLAIMS).and(&[may(
        "sagemaker:AddTags",
        CONFIGS,
        TAGGED,
    )]),
    writes("sagemaker:UpdateNotebookInstanceLifecycleConfig", CONFIGS, OURS),
    writes("sagemaker:AddTags", CONFIGS, OURS_AFTER).and(&[may(
        "sagemaker:AddTags",
        On::Adopted(NAME),
        CLAIMS_UNCLAIMED,
    )]),
    writes("sagemaker:DeleteTags", CONFIGS, OURS_WITHOUT),
    deletes("sagemaker:DeleteNotebookInstanceLifecycleConfig", CONFIGS, OURS),
];
