//! Policies of buckets: a part of the bucket, owned by whoever owns it.

use super::{
    overlay::Overlay,
    s3_bucket::{self, BUCKETS, NOTE, RESOURCE},
};
use crate::{
    kind::{
        Claimed, Reach, Removal,
        table::{PARTITION, PROPERTIES, Tree, get},
    },
    model::policy_document::Dialect,
    operations::{
        OfKind, On, Operation,
        table::{deletes, may, reads, writes},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::S3::BucketPolicy";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/s3-bucketpolicy.json"),
    short: "bucketpolicy",
    about: "The policy of a bucket that palisade manages: the manifest refers to it \
            (`Bucket: ${AWS::S3::Bucket/name}`).",
    claimed: Claimed::ByParent(s3_bucket::NAME),
    removal: Removal::TombstoneOnly,
    invented: false,
    arn: "arn:{partition}:s3:::{id}",
    tags: None,
    always: &["PolicyDocument"],
    refused: &[],
    words: &[],
    ordered: &[],
    documents: &[],
    policies: &[("PolicyDocument", Dialect::BucketPolicy)],
    reach: Some(reach),
    blind: &[],
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
};

fn reach(state: &Tree) -> Reach {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let bucket = text(&get(state, PROPERTIES)["Bucket"]);
    Reach::Bucket { arn: format!("arn:{}:s3:::{bucket}", text(get(state, PARTITION))) }
}

const ROWS: &[Operation] = &[
    reads("cloudcontrol:ListResourceRequests").only_needs(&[may(
        "cloudformation:ListResourceRequests",
        On::Anything,
        &[],
    )]),
    reads("cloudcontrol:GetResourceRequestStatus").only_needs(&[may(
        "cloudformation:GetResourceRequestStatus",
        On::Anything,
        &[],
    )]),
    reads("resourcegroupstaggingapi:GetResources").only_needs(&[may(
        "tag:GetResources",
        On::Anything,
        &[],
    )]),
    reads("cloudcontrol:GetResource").only_needs(&[
        may("cloudformation:GetResource", On::Anything, &[]),
        may("s3:GetBucketPolicy", BUCKETS, &[]),
    ]),
    writes("cloudcontrol:CreateResource", On::Anything, &[])
        .only_needs(&[
            may("cloudformation:CreateResource", On::Anything, &[]),
            may("s3:PutBucketPolicy", BUCKETS, &[]),
        ])
        .note(NOTE),
    writes("cloudcontrol:UpdateResource", On::Anything, &[])
        .only_needs(&[
            may("cloudformation:UpdateResource", On::Anything, &[]),
            may("s3:PutBucketPolicy", BUCKETS, &[]),
        ])
        .note(NOTE),
    deletes("cloudcontrol:DeleteResource", On::Anything, &[])
        .only_needs(&[
            may("cloudformation:DeleteResource", On::Anything, &[]),
            may("s3:DeleteBucketPolicy", BUCKETS, &[]),
        ])
        .note(NOTE),
];
