//! Buckets of S3.

use super::{
    baseline_buckets,
    overlay::{Overlay, Safe, Says},
    rows,
};
use crate::{
    kind::table::Exclusive,
    model::text,
    operations::{Named, OfKind, On, Operation, ResourceType, Resources, table::may},
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::S3::Bucket";

const WEBSITE: &str = "WebsiteConfiguration";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/s3-bucket.json"),
    short: "bucket",
    about: "A bucket of S3.",
    arn: "arn:{partition}:s3:::{id}",
    tags: Some(text::S3),
    always: &["BucketName"],
    refused: &[
        (
            "ReplicationConfiguration",
            "S3 reads and writes its rules with a role that palisade may not pass",
            "leave it out",
        ),
        (
            "MetadataTableConfiguration",
            "its tables are made by S3 Tables, which palisade has no permission for",
            "leave it out",
        ),
        (
            "MetadataConfiguration",
            "its tables are made by S3 Tables, which palisade has no permission for",
            "leave it out",
        ),
    ],
    words: &[
        ("PublicAccessBlockConfiguration/BlockPublicAcls", Says::Safe(Safe::Flag(true))),
        ("PublicAccessBlockConfiguration/BlockPublicPolicy", Says::Safe(Safe::Flag(true))),
        ("PublicAccessBlockConfiguration/IgnorePublicAcls", Says::Safe(Safe::Flag(true))),
        ("PublicAccessBlockConfiguration/RestrictPublicBuckets", Says::Safe(Safe::Flag(true))),
        ("VersioningConfiguration/Status", Says::Safe(Safe::Word("Enabled"))),
        // It deletes objects, or moves them to where reading takes hours.
        ("LifecycleConfiguration", Says::StopsWork),
        ("IntelligentTieringConfigurations", Says::StopsWork),
        ("AccelerateConfiguration", Says::Harmless),
        ("AnalyticsConfigurations", Says::Harmless),
        ("MetricsConfigurations", Says::Harmless),
    ],
    // No lifecycle rule finds an object in it.
    empty_at_first: true,
    // The schema says of nearly every list that its order means something.
    ordered: &[
        ("LifecycleConfiguration/Rules", false),
        ("LifecycleConfiguration/Rules/*/TagFilters", false),
        ("LifecycleConfiguration/Rules/*/Transitions", false),
        ("LifecycleConfiguration/Rules/*/NoncurrentVersionTransitions", false),
        ("CorsConfiguration/CorsRules/*/AllowedHeaders", false),
        ("CorsConfiguration/CorsRules/*/AllowedMethods", false),
        ("CorsConfiguration/CorsRules/*/AllowedOrigins", false),
        ("CorsConfiguration/CorsRules/*/ExposedHeaders", false),
        ("AnalyticsConfigurations", false),
        ("IntelligentTieringConfigurations", false),
        ("InventoryConfigurations", false),
        ("MetricsConfigurations", false),
        ("BucketEncryption/ServerSideEncryptionConfiguration", false),
        ("OwnershipControls/Rules", false),
    ],
    // CloudFormation's documentation of WebsiteConfiguration: with RedirectAllRequestsTo there is
    // nothing else. S3 refuses a lifecycle rule that expires by date and by age (API reference,
    // LifecycleExpiration).
    exclusive: &[
        Exclusive { of: WEBSITE, first: "IndexDocument", second: "RedirectAllRequestsTo" },
        Exclusive { of: WEBSITE, first: "ErrorDocument", second: "RedirectAllRequestsTo" },
        Exclusive { of: WEBSITE, first: "RoutingRules", second: "RedirectAllRequestsTo" },
        Exclusive {
            of: "LifecycleConfiguration/Rules/*",
            first: "ExpirationInDays",
            second: "ExpirationDate",
        },
    ],
    blind: &["whether an ACL was set when it was created (AccessControl) cannot be seen: turn \
              ACLs off with OwnershipControls"],
    rules: baseline_buckets::BUCKETS,
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// Buckets.
pub(super) const RESOURCE: ResourceType =
    ResourceType::new("bucket", "arn:{partition}:s3:::{id}", "bucket-000000000000", Named::Never);

pub(super) const BUCKETS: On = On::Of(&Resources { name: "Buckets", types: &[RESOURCE] });

pub(super) const NOTE: &str = "S3 looks at the tags of a bucket only where it uses attributes for \
                               access control: no condition can limit this to ours.";

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::gets(&[
        rows::GET,
        may("s3:GetAccelerateConfiguration", BUCKETS, &[]),
        may("s3:GetAnalyticsConfiguration", BUCKETS, &[]),
        may("s3:GetBucketAbac", BUCKETS, &[]),
        may("s3:GetBucketCORS", BUCKETS, &[]),
        may("s3:GetBucketLogging", BUCKETS, &[]),
        may("s3:GetBucketMetadataTableConfiguration", BUCKETS, &[]),
        may("s3:GetBucketNotification", BUCKETS, &[]),
        may("s3:GetBucketObjectLockConfiguration", BUCKETS, &[]),
        may("s3:GetBucketOwnershipControls", BUCKETS, &[]),
        may("s3:GetBucketPublicAccessBlock", BUCKETS, &[]),
        may("s3:GetBucketTagging", BUCKETS, &[]),
        may("s3:GetBucketVersioning", BUCKETS, &[]),
        may("s3:GetBucketWebsite", BUCKETS, &[]),
        may("s3:GetEncryptionConfiguration", BUCKETS, &[]),
        may("s3:GetIntelligentTieringConfiguration", BUCKETS, &[]),
        may("s3:GetInventoryConfiguration", BUCKETS, &[]),
        may("s3:GetLifecycleConfiguration", BUCKETS, &[]),
        may("s3:GetMetricsConfiguration", BUCKETS, &[]),
        may("s3:GetReplicationConfiguration", BUCKETS, &[]),
        may("s3:ListBucket", BUCKETS, &[]),
        may("s3:ListTagsForResource", BUCKETS, &[]),
    ]),
    rows::INDEX,
    rows::creates(&[
        rows::CREATE,
        may("s3:CreateBucket", BUCKETS, &[]),
        may("s3:GetBucketAcl", BUCKETS, &[]),
    ])
    .note(NOTE),
    rows::updates(&[
        rows::UPDATE,
        may("s3:PutAccelerateConfiguration", BUCKETS, &[]),
        may("s3:PutAnalyticsConfiguration", BUCKETS, &[]),
        may("s3:PutBucketAbac", BUCKETS, &[]),
        may("s3:PutBucketCORS", BUCKETS, &[]),
        may("s3:PutBucketLogging", BUCKETS, &[]),
        may("s3:PutBucketNotification", BUCKETS, &[]),
        may("s3:PutBucketObjectLockConfiguration", BUCKETS, &[]),
        may("s3:PutBucketOwnershipControls", BUCKETS, &[]),
        may("s3:PutBucketPublicAccessBlock", BUCKETS, &[]),
        may("s3:PutBucketVersioning", BUCKETS, &[]),
        may("s3:PutBucketWebsite", BUCKETS, &[]),
        may("s3:DeleteBucketWebsite", BUCKETS, &[]),
        may("s3:PutEncryptionConfiguration", BUCKETS, &[]),
        may("s3:PutIntelligentTieringConfiguration", BUCKETS, &[]),
        may("s3:PutInventoryConfiguration", BUCKETS, &[]),
        may("s3:PutLifecycleConfiguration", BUCKETS, &[]),
        may("s3:PutMetricsConfiguration", BUCKETS, &[]),
    ])
    .note(NOTE),
    rows::tags(&[
        rows::TAG,
        may("s3:PutBucketTagging", BUCKETS, &[]),
        may("s3:TagResource", BUCKETS, &[]),
    ])
    .note(NOTE),
    rows::untags(&[
        rows::UNTAG,
        may("s3:PutBucketTagging", BUCKETS, &[]),
        may("s3:UntagResource", BUCKETS, &[]),
    ])
    .note(NOTE),
    rows::removes(&[rows::DELETE, may("s3:DeleteBucket", BUCKETS, &[])]).note(NOTE),
];
