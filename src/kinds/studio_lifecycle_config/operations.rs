//! What palisade may call for a StudioLifecycleConfig, and what it needs for that (service
//! authorization reference, Amazon SageMaker).

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

/// Lifecycle configurations of Studio. ARNs have names in lower case.
const RESOURCE: ResourceType = ResourceType::new(
    "studio-lifecycle-config",
    "arn:{partition}:sagemaker:{region}:{account}:studio-lifecycle-config/{id}",
    "config-000000000000",
    Named::Never,
);

const CONFIGS: On = On::Of(&Resources { name: "StudioLifecycleConfigs", types: &[RESOURCE] });

const TAGGED: &[When] = &[
    When::Claims,
    When::says(
        "TaggedByCreateStudioLifecycleConfig",
        "sagemaker:TaggingAction",
        "CreateStudioLifecycleConfig",
    ),
];

const ROWS: &[Operation] = &[
    reads("sagemaker:ListStudioLifecycleConfigs").swept(),
    reads("sagemaker:DescribeStudioLifecycleConfig").on(CONFIGS, &[]).swept(),
    reads("sagemaker:ListTags").on(CONFIGS, &[]).swept(),
    writes("sagemaker:CreateStudioLifecycleConfig", CONFIGS, CLAIMS).and(&[may(
        "sagemaker:AddTags",
        CONFIGS,
        TAGGED,
    )]),
    writes("sagemaker:AddTags", CONFIGS, OURS_AFTER).and(&[may(
        "sagemaker:AddTags",
        On::Adopted(NAME),
        CLAIMS_UNCLAIMED,
    )]),
    writes("sagemaker:DeleteTags", CONFIGS, OURS_WITHOUT),
    deletes("sagemaker:DeleteStudioLifecycleConfig", CONFIGS, OURS),
];
