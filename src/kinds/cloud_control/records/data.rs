//! Types that hold data, or pass it on: what CloudTrail records of the calls that change them,
//! in the members of their APIs as CloudTrail writes them.

use super::{part, queue, whole};
use crate::{
    events::{Recorded, Records, TAGS},
    kinds::cloud_control::{
        bedrock_guardrail, datazone_domain, sagemaker_mlflow_tracking_server,
        sagemaker_model_package_group, sns_topic, sns_topic_inline_policy, sqs_queue,
        sqs_queue_inline_policy,
    },
};

/// The records of each type.
pub(super) const ALL: &[(&str, Records)] = &[
    (
        sns_topic::NAME,
        Records {
            calls: &[
                Recorded::creates("sns", "CreateTopic", &["responseElements/topicArn"]),
                Recorded::deletes("sns", "DeleteTopic", &["requestParameters/topicArn"]),
                Recorded::edits("sns", "SetTopicAttributes", &["requestParameters/topicArn"], &[]),
                Recorded::edits("sns", "Subscribe", &["requestParameters/topicArn"], &[]),
                Recorded::edits("sns", "Unsubscribe", &[], &[]).and_others(),
                Recorded::edits(
                    "sns",
                    "PutDataProtectionPolicy",
                    &["requestParameters/resourceArn"],
                    &[],
                ),
                Recorded::edits("sns", "TagResource", &["requestParameters/resourceArn"], TAGS),
                Recorded::edits("sns", "UntagResource", &["requestParameters/resourceArn"], TAGS),
            ],
            id: |text| whole(text, "sns"),
            parts: &[],
        },
    ),
    (
        sns_topic_inline_policy::NAME,
        Records {
            calls: &[
                Recorded::edits("sns", "SetTopicAttributes", &["requestParameters/topicArn"], &[]),
                Recorded::edits("sns", "AddPermission", &["requestParameters/topicArn"], &[]),
                Recorded::edits("sns", "RemovePermission", &["requestParameters/topicArn"], &[]),
                Recorded::deletes("sns", "DeleteTopic", &["requestParameters/topicArn"]),
            ],
            id: |text| whole(text, "sns"),
            parts: &[],
        },
    ),
    (
        sqs_queue::NAME,
        Records {
            calls: &[
                Recorded::creates("sqs", "CreateQueue", &["responseElements/queueUrl"]),
                Recorded::deletes("sqs", "DeleteQueue", &["requestParameters/queueUrl"]),
                Recorded::edits("sqs", "SetQueueAttributes", &["requestParameters/queueUrl"], &[]),
                Recorded::edits("sqs", "TagQueue", &["requestParameters/queueUrl"], TAGS),
                Recorded::edits("sqs", "UntagQueue", &["requestParameters/queueUrl"], TAGS),
            ],
            id: |text| queue(text),
            parts: &[],
        },
    ),
    (
        sqs_queue_inline_policy::NAME,
        Records {
            calls: &[
                Recorded::edits("sqs", "SetQueueAttributes", &["requestParameters/queueUrl"], &[]),
                Recorded::edits("sqs", "AddPermission", &["requestParameters/queueUrl"], &[]),
                Recorded::edits("sqs", "RemovePermission", &["requestParameters/queueUrl"], &[]),
                Recorded::deletes("sqs", "DeleteQueue", &["requestParameters/queueUrl"]),
            ],
            id: |text| queue(text),
            parts: &[],
        },
    ),
    (
        bedrock_guardrail::NAME,
        Records {
            calls: &[
                Recorded::creates("bedrock", "CreateGuardrail", &["responseElements/guardrailId"]),
                Recorded::edits(
                    "bedrock",
                    "UpdateGuardrail",
                    &["requestParameters/guardrailIdentifier"],
                    &[],
                ),
                Recorded::deletes(
                    "bedrock",
                    "DeleteGuardrail",
                    &["requestParameters/guardrailIdentifier"],
                ),
                Recorded::edits("bedrock", "TagResource", &["requestParameters/resourceARN"], TAGS),
                Recorded::edits(
                    "bedrock",
                    "UntagResource",
                    &["requestParameters/resourceARN"],
                    TAGS,
                ),
            ],
            id: |text| part(text, "bedrock", "guardrail"),
            parts: &[],
        },
    ),
    (
        datazone_domain::NAME,
        Records {
            calls: &[
                Recorded::creates("datazone", "CreateDomain", &["responseElements/id"]),
                Recorded::edits("datazone", "UpdateDomain", &["requestParameters/identifier"], &[]),
                Recorded::deletes("datazone", "DeleteDomain", &["requestParameters/identifier"]),
                Recorded::edits(
                    "datazone",
                    "TagResource",
                    &["requestParameters/resourceArn"],
                    TAGS,
                ),
                Recorded::edits(
                    "datazone",
                    "UntagResource",
                    &["requestParameters/resourceArn"],
                    TAGS,
                ),
            ],
            id: |text| part(text, "datazone", "domain"),
            parts: &[],
        },
    ),
    (
        sagemaker_mlflow_tracking_server::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "sagemaker",
                    "CreateMlflowTrackingServer",
                    &["requestParameters/trackingServerName"],
                ),
                Recorded::edits(
                    "sagemaker",
                    "UpdateMlflowTrackingServer",
                    &["requestParameters/trackingServerName"],
                    &[],
                ),
                Recorded::deletes(
                    "sagemaker",
                    "DeleteMlflowTrackingServer",
                    &["requestParameters/trackingServerName"],
                ),
                Recorded::edits(
                    "sagemaker",
                    "StartMlflowTrackingServer",
                    &["requestParameters/trackingServerName"],
                    &[],
                ),
                Recorded::edits(
                    "sagemaker",
                    "StopMlflowTrackingServer",
                    &["requestParameters/trackingServerName"],
                    &[],
                ),
                Recorded::edits("sagemaker", "AddTags", &["requestParameters/resourceArn"], TAGS),
                Recorded::edits(
                    "sagemaker",
                    "DeleteTags",
                    &["requestParameters/resourceArn"],
                    TAGS,
                ),
            ],
            id: |text| part(text, "sagemaker", "mlflow-tracking-server"),
            parts: &[],
        },
    ),
    (
        sagemaker_model_package_group::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "sagemaker",
                    "CreateModelPackageGroup",
                    &["requestParameters/modelPackageGroupName"],
                ),
                Recorded::deletes(
                    "sagemaker",
                    "DeleteModelPackageGroup",
                    &["requestParameters/modelPackageGroupName"],
                ),
                Recorded::edits(
                    "sagemaker",
                    "PutModelPackageGroupPolicy",
                    &["requestParameters/modelPackageGroupName"],
                    &[],
                ),
                Recorded::edits(
                    "sagemaker",
                    "DeleteModelPackageGroupPolicy",
                    &["requestParameters/modelPackageGroupName"],
                    &[],
                ),
                Recorded::edits("sagemaker", "AddTags", &["requestParameters/resourceArn"], TAGS),
                Recorded::edits(
                    "sagemaker",
                    "DeleteTags",
                    &["requestParameters/resourceArn"],
                    TAGS,
                ),
            ],
            id: |text| part(text, "sagemaker", "model-package-group"),
            parts: &[],
        },
    ),
];
