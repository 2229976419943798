//! What the audit calls, and what it needs for that (service authorization reference, Amazon
//! SageMaker): list calls are authorized for no resource, the others for the one that they
//! describe.

use crate::{
    kind::{Class, Meaning},
    operations::{Named, On, Operation, ResourceType, Resources, table::reads},
};

macro_rules! described {
    ($name:literal, $sort:literal) => {
        On::Of(&Resources {
            name: $name,
            types: &[ResourceType::new(
                $sort,
                concat!("arn:{partition}:sagemaker:{region}:{account}:", $sort, "/{id}"),
                "work-000000000000",
                Named::Never,
            )],
        })
    };
}

const TRAINING: On = described!("TrainingJobs", "training-job");
const PROCESSING: On = described!("ProcessingJobs", "processing-job");
const MODELS: On = described!("SageMakerModels", "model");
const ENDPOINTS: On = described!("SageMakerEndpoints", "endpoint");
const CONFIGS: On = described!("SageMakerEndpointConfigs", "endpoint-config");

const NOTE: &str = "Audited: work that no manifest declares.";

/// The calls of the audit.
pub(super) const ROWS: &[Operation] = &[
    reads("sagemaker:ListTrainingJobs").note(NOTE),
    reads("sagemaker:DescribeTrainingJob").on(TRAINING, &[]),
    reads("sagemaker:ListProcessingJobs"),
    reads("sagemaker:DescribeProcessingJob").on(PROCESSING, &[]),
    reads("sagemaker:ListModels"),
    reads("sagemaker:DescribeModel").on(MODELS, &[]),
    reads("sagemaker:ListEndpoints"),
    reads("sagemaker:DescribeEndpoint").on(ENDPOINTS, &[]),
    reads("sagemaker:ListEndpointConfigs"),
    reads("sagemaker:DescribeEndpointConfig").on(CONFIGS, &[]),
];

/// Their descriptions have no code for what is not there, only words ("Requested resource not
/// found.", "Could not find model …": seen in answers, the API reference has no codes).
pub(super) const ERRORS: &[Meaning] =
    &[Meaning::of("sagemaker", "ValidationException", Class::Missing)
        .answering(&[
            "DescribeTrainingJob",
            "DescribeProcessingJob",
            "DescribeModel",
            "DescribeEndpoint",
            "DescribeEndpointConfig",
        ])
        .saying(&["could not find", "not found"])];
