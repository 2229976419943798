//! What a bucket has besides its name: each aspect has calls of its own (S3 API reference), and
//! actions that do not always have the names of the calls (service authorization reference, S3).

/// One aspect of a bucket.
#[derive(Debug)]
pub(super) struct Aspect {
    /// The property in CloudFormation, and the member in requests and answers here.
    pub property: &'static str,
    /// The calls that read, set and remove it.
    pub calls: [&'static str; 3],
    /// The actions that reading and changing it need.
    pub actions: [&'static str; 2],
}

const fn aspect(
    property: &'static str,
    calls: [&'static str; 3],
    actions: [&'static str; 2],
) -> Aspect {
    Aspect { property, calls, actions }
}

/// All of them. Versioning, acceleration and object lock cannot be removed again: an empty name.
pub(super) static ASPECTS: &[Aspect] = &[
    aspect(
        "AbacStatus",
        ["GetBucketAbac", "PutBucketAbac", ""],
        ["s3:GetBucketAbac", "s3:PutBucketAbac"],
    ),
    aspect(
        "AccelerateConfiguration",
        ["GetBucketAccelerateConfiguration", "PutBucketAccelerateConfiguration", ""],
        ["s3:GetAccelerateConfiguration", "s3:PutAccelerateConfiguration"],
    ),
    aspect(
        "AccessControl",
        ["GetBucketAcl", "PutBucketAcl", ""],
        ["s3:GetBucketAcl", "s3:PutBucketAcl"],
    ),
    aspect(
        "AnalyticsConfigurations",
        [
            "ListBucketAnalyticsConfigurations",
            "PutBucketAnalyticsConfiguration",
            "DeleteBucketAnalyticsConfiguration",
        ],
        ["s3:GetAnalyticsConfiguration", "s3:PutAnalyticsConfiguration"],
    ),
    aspect(
        "BucketEncryption",
        ["GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption"],
        ["s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration"],
    ),
    aspect(
        "CorsConfiguration",
        ["GetBucketCors", "PutBucketCors", "DeleteBucketCors"],
        ["s3:GetBucketCORS", "s3:PutBucketCORS"],
    ),
    aspect(
        "IntelligentTieringConfigurations",
        [
            "ListBucketIntelligentTieringConfigurations",
            "PutBucketIntelligentTieringConfiguration",
            "DeleteBucketIntelligentTieringConfiguration",
        ],
        ["s3:GetIntelligentTieringConfiguration", "s3:PutIntelligentTieringConfiguration"],
    ),
    aspect(
        "InventoryConfigurations",
        [
            "ListBucketInventoryConfigurations",
            "PutBucketInventoryConfiguration",
            "DeleteBucketInventoryConfiguration",
        ],
        ["s3:GetInventoryConfiguration", "s3:PutInventoryConfiguration"],
    ),
    aspect(
        "LifecycleConfiguration",
        [
            "GetBucketLifecycleConfiguration",
            "PutBucketLifecycleConfiguration",
            "DeleteBucketLifecycle",
        ],
        ["s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration"],
    ),
    aspect(
        "LoggingConfiguration",
        ["GetBucketLogging", "PutBucketLogging", "PutBucketLogging"],
        ["s3:GetBucketLogging", "s3:PutBucketLogging"],
    ),
    aspect(
        "MetricsConfigurations",
        [
            "ListBucketMetricsConfigurations",
            "PutBucketMetricsConfiguration",
            "DeleteBucketMetricsConfiguration",
        ],
        ["s3:GetMetricsConfiguration", "s3:PutMetricsConfiguration"],
    ),
    aspect(
        "NotificationConfiguration",
        [
            "GetBucketNotificationConfiguration",
            "PutBucketNotificationConfiguration",
            "PutBucketNotificationConfiguration",
        ],
        ["s3:GetBucketNotification", "s3:PutBucketNotification"],
    ),
    aspect(
        "ObjectLockConfiguration",
        ["GetObjectLockConfiguration", "PutObjectLockConfiguration", ""],
        ["s3:GetBucketObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration"],
    ),
    aspect(
        "OwnershipControls",
        [
            "GetBucketOwnershipControls",
            "PutBucketOwnershipControls",
            "DeleteBucketOwnershipControls",
        ],
        ["s3:GetBucketOwnershipControls", "s3:PutBucketOwnershipControls"],
    ),
    aspect(
        "PublicAccessBlockConfiguration",
        ["GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"],
        ["s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"],
    ),
    aspect(
        "ReplicationConfiguration",
        ["GetBucketReplication", "PutBucketReplication", "DeleteBucketReplication"],
        ["s3:GetReplicationConfiguration", "s3:PutReplicationConfiguration"],
    ),
    aspect(
        "Tags",
        ["GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging"],
        ["s3:GetBucketTagging", "s3:PutBucketTagging"],
    ),
    aspect(
        "VersioningConfiguration",
        ["GetBucketVersioning", "PutBucketVersioning", ""],
        ["s3:GetBucketVersioning", "s3:PutBucketVersioning"],
    ),
    aspect(
        "WebsiteConfiguration",
        ["GetBucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite"],
        ["s3:GetBucketWebsite", "s3:PutBucketWebsite"],
    ),
];
