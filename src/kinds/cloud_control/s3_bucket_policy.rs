//! Policies of buckets: a part of the bucket, owned by whoever owns it.

use super::{
    baseline_buckets,
    overlay::Overlay,
    rows,
    s3_bucket::{self, BUCKETS, NOTE, RESOURCE},
};
use crate::{
    kind::{
        Claimed, Reach,
        table::{PARTITION, PROPERTIES, Tree, get},
    },
    model::policy_document::Dialect,
    operations::{OfKind, Operation, table::may},
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
    arn: "arn:{partition}:s3:::{id}",
    always: &["PolicyDocument"],
    policies: &[("PolicyDocument", Dialect::BucketPolicy)],
    reach: Some(reach),
    rules: baseline_buckets::POLICIES,
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

fn reach(state: &Tree) -> Reach {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let bucket = text(&get(state, PROPERTIES)["Bucket"]);
    Reach::Bucket { arn: format!("arn:{}:s3:::{bucket}", text(get(state, PARTITION))) }
}

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, may("s3:GetBucketPolicy", BUCKETS, &[])]),
    rows::creates(&[rows::CREATE, may("s3:PutBucketPolicy", BUCKETS, &[])]).note(NOTE),
    rows::updates(&[rows::UPDATE, may("s3:PutBucketPolicy", BUCKETS, &[])]).note(NOTE),
    rows::removes(&[rows::DELETE, may("s3:DeleteBucketPolicy", BUCKETS, &[])]).note(NOTE),
];
