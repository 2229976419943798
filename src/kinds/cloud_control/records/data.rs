//! Types that hold data, or pass it on: what CloudTrail records of the calls that change them, in the members of their
//! APIs as CloudTrail writes them, with the first letter in lower case.

use super::{bucket, part, plain, queue, whole};
use crate::{
    events::{Recorded, Records, TAGS},
    kinds::cloud_control::{
        bedrock_guardrail, datazone_domain, ecr_repository, s3_access_point, s3_bucket,
        s3_bucket_policy, sagemaker_mlflow_tracking_server, sagemaker_model_package_group,
        sns_topic, sns_topic_inline_policy, sqs_queue, sqs_queue_inline_policy,
    },
};

/// The records of each type.
pub(super) const ALL: &[(&str, Records)] = &[
    (
        s3_bucket::NAME,
        Records {
            calls: &[
                Recorded::creates("s3", "CreateBucket", &["requestParameters/bucketName"]),
                Recorded::deletes("s3", "DeleteBucket", &["requestParameters/bucketName"]),
                Recorded::edits(
                    "s3",
                    "PutAccelerateConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits("s3", "PutBucketAbac", &["requestParameters/bucketName"], &[]),
                Recorded::edits(
                    "s3",
                    "PutBucketAccelerateConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits("s3", "PutBucketAcl", &["requestParameters/bucketName"], &[]),
                Recorded::edits(
                    "s3",
                    "PutBucketAnalyticsConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "DeleteBucketAnalyticsConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits("s3", "PutBucketCors", &["requestParameters/bucketName"], &[]),
                Recorded::edits("s3", "DeleteBucketCors", &["requestParameters/bucketName"], &[]),
                Recorded::edits(
                    "s3",
                    "PutBucketEncryption",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "DeleteBucketEncryption",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "PutBucketIntelligentTieringConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "DeleteBucketIntelligentTieringConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "PutBucketInventoryConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "DeleteBucketInventoryConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits("s3", "PutBucketLifecycle", &["requestParameters/bucketName"], &[]),
                Recorded::edits(
                    "s3",
                    "DeleteBucketLifecycle",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits("s3", "PutBucketLogging", &["requestParameters/bucketName"], &[]),
                Recorded::edits(
                    "s3",
                    "PutBucketMetricsConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "DeleteBucketMetricsConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "PutBucketNotification",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "PutBucketObjectLockConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "PutBucketOwnershipControls",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "DeleteBucketOwnershipControls",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "PutBucketPublicAccessBlock",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "DeleteBucketPublicAccessBlock",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "PutBucketReplication",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "DeleteBucketReplication",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "PutBucketRequestPayment",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "PutBucketVersioning",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits("s3", "PutBucketWebsite", &["requestParameters/bucketName"], &[]),
                Recorded::edits(
                    "s3",
                    "DeleteBucketWebsite",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits(
                    "s3",
                    "PutBucketLifecycleConfiguration",
                    &["requestParameters/bucketName"],
                    &[],
                ),
                Recorded::edits("s3", "PutBucketTagging", &["requestParameters/bucketName"], TAGS),
                Recorded::edits(
                    "s3",
                    "DeleteBucketTagging",
                    &["requestParameters/bucketName"],
                    TAGS,
                ),
            ],
            id: |text| bucket(text),
            parts: &[],
        },
    ),
    (
        s3_bucket_policy::NAME,
        Records {
            calls: &[
                Recorded::edits("s3", "PutBucketPolicy", &["requestParameters/bucketName"], &[]),
                Recorded::deletes("s3", "DeleteBucketPolicy", &["requestParameters/bucketName"]),
                Recorded::deletes("s3", "DeleteBucket", &["requestParameters/bucketName"]),
            ],
            id: |text| bucket(text),
            parts: &[],
        },
    ),
    (
        s3_access_point::NAME,
        Records {
            calls: &[
                Recorded::creates("s3", "CreateAccessPoint", &["requestParameters/name"]),
                Recorded::deletes("s3", "DeleteAccessPoint", &["requestParameters/name"]),
                Recorded::edits("s3", "PutAccessPointPolicy", &["requestParameters/name"], &[]),
                Recorded::edits("s3", "DeleteAccessPointPolicy", &["requestParameters/name"], &[]),
            ],
            id: |text| plain(text),
            parts: &[],
        },
    ),
    (
        ecr_repository::NAME,
        Records {
            calls: &[
                Recorded::creates("ecr", "CreateRepository", &["requestParameters/repositoryName"]),
                Recorded::deletes("ecr", "DeleteRepository", &["requestParameters/repositoryName"]),
                Recorded::edits(
                    "ecr",
                    "PutImageScanningConfiguration",
                    &["requestParameters/repositoryName"],
                    &[],
                ),
                Recorded::edits(
                    "ecr",
                    "PutImageTagMutability",
                    &["requestParameters/repositoryName"],
                    &[],
                ),
                Recorded::edits(
                    "ecr",
                    "PutLifecyclePolicy",
                    &["requestParameters/repositoryName"],
                    &[],
                ),
                Recorded::edits(
                    "ecr",
                    "DeleteLifecyclePolicy",
                    &["requestParameters/repositoryName"],
                    &[],
                ),
                Recorded::edits(
                    "ecr",
                    "SetRepositoryPolicy",
                    &["requestParameters/repositoryName"],
                    &[],
                ),
                Recorded::edits(
                    "ecr",
                    "DeleteRepositoryPolicy",
                    &["requestParameters/repositoryName"],
                    &[],
                ),
                Recorded::edits("ecr", "TagResource", &["requestParameters/resourceArn"], TAGS),
                Recorded::edits("ecr", "UntagResource", &["requestParameters/resourceArn"], TAGS),
            ],
            id: |text| part(text, "ecr", "repository"),
            parts: &[],
        },
    ),
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
