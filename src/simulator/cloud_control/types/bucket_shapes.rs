//! What the properties of a bucket look like (CloudFormation template reference, AWS::S3::Bucket).
//! Parts that nobody here changes are not modeled further.

use crate::simulator::cloud_control::schema::{
    FLAG, FREE, Member, NUMBER, Shape, TAGS, TEXT, TEXTS, may, must,
};

const fn some_of(of: &'static Shape) -> Shape {
    Shape::List { of, count: (1, 1000), ordered: false }
}

const fn in_order(of: &'static Shape) -> Shape {
    Shape::List { of, count: (1, 1000), ordered: true }
}

pub(super) static SWITCH: Shape = Shape::OneOf(&["Enabled", "Disabled"]);
static OR_SUSPENDED: Shape = Shape::OneOf(&["Enabled", "Suspended"]);
static PREFIX: Shape = Shape::Text(0, 1024);
static NAME: Shape = Shape::Text(1, 255);

pub(super) static STATUS: Shape = Shape::Object(&[must("Status", &OR_SUSPENDED)]);
pub(super) static ACCELERATION: Shape = Shape::Object(&[must("AccelerationStatus", &OR_SUSPENDED)]);

pub(super) static PUBLIC: Shape = Shape::Object(&[
    may("BlockPublicAcls", &FLAG),
    may("BlockPublicPolicy", &FLAG),
    may("IgnorePublicAcls", &FLAG),
    may("RestrictPublicBuckets", &FLAG),
]);

static OWNER: Shape =
    Shape::OneOf(&["ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"]);
static OWNERS: Shape = some_of(&Shape::Object(&[may("ObjectOwnership", &OWNER)]));
pub(super) static OWNERSHIP: Shape = Shape::Object(&[must("Rules", &OWNERS)]);

static ALGORITHM: Shape = Shape::OneOf(&["aws:kms", "AES256", "aws:kms:dsse"]);
static BY_DEFAULT: Shape =
    Shape::Object(&[may("KMSMasterKeyID", &TEXT), must("SSEAlgorithm", &ALGORITHM)]);
static BLOCKED: Shape =
    Shape::Object(&[may("EncryptionType", &some_of(&Shape::OneOf(&["NONE", "SSE-C"])))]);
static ENCRYPTION_RULE: Shape = Shape::Object(&[
    may("BlockedEncryptionTypes", &BLOCKED),
    may("BucketKeyEnabled", &FLAG),
    may("ServerSideEncryptionByDefault", &BY_DEFAULT),
]);
pub(super) static ENCRYPTION: Shape =
    Shape::Object(&[must("ServerSideEncryptionConfiguration", &some_of(&ENCRYPTION_RULE))]);

static METHOD: Shape = Shape::OneOf(&["GET", "PUT", "HEAD", "POST", "DELETE"]);
static CORS_RULE: Shape = Shape::Object(&[
    may("AllowedHeaders", &TEXTS),
    must("AllowedMethods", &some_of(&METHOD)),
    must("AllowedOrigins", &some_of(&TEXT)),
    may("ExposedHeaders", &TEXTS),
    may("Id", &NAME),
    may("MaxAge", &NUMBER),
]);
/// The first rule that fits applies (S3 user guide).
pub(super) static CORS: Shape = Shape::Object(&[must("CorsRules", &in_order(&CORS_RULE))]);

static CLASS: Shape = Shape::OneOf(&[
    "DEEP_ARCHIVE",
    "GLACIER",
    "Glacier",
    "GLACIER_IR",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "STANDARD_IA",
]);
static TRANSITION: Shape = Shape::Object(&[
    must("StorageClass", &CLASS),
    may("TransitionDate", &TEXT),
    may("TransitionInDays", &NUMBER),
]);
static OLD_TRANSITION: Shape = Shape::Object(&[
    may("NewerNoncurrentVersions", &NUMBER),
    must("StorageClass", &CLASS),
    must("TransitionInDays", &NUMBER),
]);
static OLD_EXPIRATION: Shape =
    Shape::Object(&[may("NewerNoncurrentVersions", &NUMBER), must("NoncurrentDays", &NUMBER)]);
static ABORT: Shape = Shape::Object(&[must("DaysAfterInitiation", &NUMBER)]);
static LIFECYCLE_RULE: Shape = Shape::Object(LIFECYCLE_MEMBERS);
static LIFECYCLE_MEMBERS: &[Member] = &[
    may("AbortIncompleteMultipartUpload", &ABORT),
    may("ExpirationDate", &TEXT),
    may("ExpirationInDays", &NUMBER),
    may("ExpiredObjectDeleteMarker", &FLAG),
    may("Id", &NAME),
    may("NoncurrentVersionExpiration", &OLD_EXPIRATION),
    may("NoncurrentVersionExpirationInDays", &NUMBER),
    may("NoncurrentVersionTransition", &OLD_TRANSITION),
    may("NoncurrentVersionTransitions", &some_of(&OLD_TRANSITION)),
    may("ObjectSizeGreaterThan", &TEXT),
    may("ObjectSizeLessThan", &TEXT),
    may("Prefix", &PREFIX),
    must("Status", &SWITCH),
    may("TagFilters", &TAGS),
    may("Transition", &TRANSITION),
    may("Transitions", &some_of(&TRANSITION)),
];
static LIFECYCLE_RULES: Shape =
    Shape::List { of: &LIFECYCLE_RULE, count: (1, 1000), ordered: false };
static MINIMUM: Shape = Shape::OneOf(&["varies_by_storage_class", "all_storage_classes_128K"]);
pub(super) static LIFECYCLE: Shape = Shape::Object(&[
    must("Rules", &LIFECYCLE_RULES),
    may("TransitionDefaultMinimumObjectSize", &MINIMUM),
]);

static PROTOCOL: Shape = Shape::OneOf(&["http", "https"]);
static REDIRECT: Shape = Shape::Object(&[must("HostName", &TEXT), may("Protocol", &PROTOCOL)]);
pub(super) static WEBSITE: Shape = Shape::Object(&[
    may("ErrorDocument", &TEXT),
    may("IndexDocument", &TEXT),
    may("RedirectAllRequestsTo", &REDIRECT),
    may("RoutingRules", &in_order(&FREE)),
]);

pub(super) static LOGGING: Shape = Shape::Object(&[
    may("DestinationBucketName", &TEXT),
    may("LogFilePrefix", &TEXT),
    may("TargetObjectKeyFormat", &FREE),
]);

static MODE: Shape = Shape::OneOf(&["COMPLIANCE", "GOVERNANCE"]);
static RETENTION: Shape =
    Shape::Object(&[may("Days", &NUMBER), may("Mode", &MODE), may("Years", &NUMBER)]);
static LOCK_RULE: Shape = Shape::Object(&[may("DefaultRetention", &RETENTION)]);
pub(super) static LOCK: Shape = Shape::Object(&[
    may("ObjectLockEnabled", &Shape::OneOf(&["Enabled"])),
    may("Rule", &LOCK_RULE),
]);

pub(super) static ACL: Shape = Shape::OneOf(&[
    "AuthenticatedRead",
    "AwsExecRead",
    "BucketOwnerFullControl",
    "BucketOwnerRead",
    "LogDeliveryWrite",
    "Private",
    "PublicRead",
    "PublicReadWrite",
]);

/// Lists of configurations with ids, each of which S3 keeps on its own.
pub(super) static CONFIGURATIONS: Shape = some_of(&FREE);
