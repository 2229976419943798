//! The refusals of S3 for each aspect of a bucket.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bucket::{Bucket, refused};
use crate::simulator::service::ApiError;

/// Refuses a value that S3 does not accept for an aspect of this bucket.
pub(super) fn check(
    property: &str,
    value: &Value,
    name: &str,
    bucket: &Bucket,
    exists: impl Fn(&str) -> bool,
) -> Result<(), ApiError> {
    match property {
        "BucketEncryption" => encryption(value),
        "VersioningConfiguration" => {
            let locked = bucket.aspects.contains_key("ObjectLockConfiguration");
            refuse(
                locked && value["Status"] == "Suspended",
                "InvalidBucketState",
                "An Object Lock configuration is present on this bucket, so the versioning state \
                 cannot be changed.",
            )
        }
        "ObjectLockConfiguration" => {
            refuse(
                !bucket.is("VersioningConfiguration/Status", "Enabled"),
                "InvalidBucketState",
                "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
            )?;
            let retention = &value["Rule"]["DefaultRetention"];
            let both = retention.get("Days").is_some() && retention.get("Years").is_some();
            refuse(both, "MalformedXML", "A retention is in days or in years")
        }
        "ReplicationConfiguration" => refuse(
            !bucket.is("VersioningConfiguration/Status", "Enabled"),
            "InvalidRequest",
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
        ),
        "AccelerateConfiguration" => refuse(
            name.contains('.'),
            "InvalidRequest",
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
        ),
        "AccessControl" => acl(value.as_str().unwrap_or_default(), bucket),
        "LifecycleConfiguration" => lifecycle(value),
        "LoggingConfiguration" => {
            let target = value["DestinationBucketName"].as_str();
            refuse(
                target.is_some_and(|target| !exists(target)),
                "InvalidTargetBucketForLogging",
                "The target bucket for logging does not exist",
            )
        }
        "WebsiteConfiguration" => {
            let has = |member: &str| value.get(member).is_some();
            let redirects = has("RedirectAllRequestsTo");
            refuse(
                redirects && (has("IndexDocument") || has("ErrorDocument") || has("RoutingRules"))
                    || !redirects && !has("IndexDocument"),
                "InvalidArgument",
                "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is \
                 empty",
            )
        }
        _ => Ok(()),
    }
}

fn refuse(wrong: bool, code: &str, message: &str) -> Result<(), ApiError> {
    if wrong { Err(refused(code, message)) } else { Ok(()) }
}

fn items<'a>(value: &'a Value, list: &str) -> &'a [Value] {
    value[list].as_array().map_or(&[], Vec::as_slice)
}

/// One rule, and a KMS key only with KMS.
fn encryption(value: &Value) -> Result<(), ApiError> {
    let rules = items(value, "ServerSideEncryptionConfiguration");
    refuse(rules.len() != 1, "MalformedXML", "There is exactly one rule of encryption")?;
    let default = &rules[0]["ServerSideEncryptionByDefault"];
    let with_key = default.get("KMSMasterKeyID").is_some();
    refuse(
        with_key && default["SSEAlgorithm"] == "AES256",
        "InvalidArgument",
        "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or \
         aws:kms:dsse",
    )
}

/// ACLs are refused where the owner of the bucket owns everything, public ones where they are
/// blocked.
fn acl(acl: &str, bucket: &Bucket) -> Result<(), ApiError> {
    let harmless = matches!(acl, "Private" | "BucketOwnerFullControl");
    refuse(
        !harmless && bucket.is("OwnershipControls/Rules/0/ObjectOwnership", "BucketOwnerEnforced"),
        "AccessControlListNotSupported",
        "The bucket does not allow ACLs",
    )?;
    refuse(
        acl.starts_with("Public") && bucket.blocks("BlockPublicAcls"),
        "AccessDenied",
        "Public ACLs are blocked by the BlockPublicAcls block public access setting.",
    )
}

/// Each rule does something, and has an id of its own.
fn lifecycle(value: &Value) -> Result<(), ApiError> {
    const ACTS: [&str; 9] = [
        "AbortIncompleteMultipartUpload",
        "ExpirationDate",
        "ExpirationInDays",
        "ExpiredObjectDeleteMarker",
        "NoncurrentVersionExpiration",
        "NoncurrentVersionExpirationInDays",
        "NoncurrentVersionTransition",
        "NoncurrentVersionTransitions",
        "Transitions",
    ];
    let rules = items(value, "Rules");
    refuse(
        rules.is_empty() || rules.len() > 1000,
        "MalformedXML",
        "There are 1 to 1000 rules of a lifecycle",
    )?;
    let mut ids = BTreeSet::new();
    for rule in rules {
        let acts = ACTS.iter().any(|act| rule.get(*act).is_some_and(|it| *it != Value::Null))
            || rule.get("Transition").is_some();
        refuse(!acts, "InvalidRequest", "At least one action needs to be specified in a rule")?;
        if let Some(id) = rule["Id"].as_str() {
            let twice = !ids.insert(id.to_owned());
            refuse(twice, "InvalidArgument", "Rule ID must be unique")?;
        }
        let days = rule["ExpirationInDays"].as_i64();
        refuse(
            days.is_some_and(|days| days < 1),
            "InvalidArgument",
            "'Days' for Expiration action must be a positive integer",
        )?;
    }
    Ok(())
}
