//! Buckets and repositories: what CloudTrail records of the calls that change them,
//! in the members of their APIs as CloudTrail writes them.

use super::{bucket, part, plain};
use crate::{
    events::{Recorded, Records, TAGS},
    kinds::cloud_control::{ecr_repository, s3_access_point, s3_bucket, s3_bucket_policy},
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
];
