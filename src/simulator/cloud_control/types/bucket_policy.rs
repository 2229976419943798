//! AWS::S3::BucketPolicy: a part of a bucket.

use serde_json::{Value, json};

use super::parts::{column, document, missing, parsed, text};
use crate::simulator::cloud_control::{
    names::BUCKET_POLICY,
    resource_type::{Type, Update},
    schema::{Member, Model, Shape, must},
    site::{Failure, Site},
};

static MEMBERS: &[Member] =
    &[must("Bucket", &Shape::Text(1, 63)), must("PolicyDocument", &Shape::Document)];

pub(super) static TYPE: Type = Type {
    name: BUCKET_POLICY,
    members: MEMBERS,
    identifier: "Bucket",
    listed_in: None,
    read_only: &[],
    create_only: &["Bucket"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |model| text(model, "Bucket").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

/// A bucket that has a policy already has this resource.
fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let bucket = text(model, "Bucket").unwrap_or_default();
    match read(site, bucket) {
        Ok(_) => {
            let message = format!("The bucket policy already exists on bucket {bucket}.");
            return Err(Failure::new("AlreadyExists", message));
        }
        Err(failure) if failure.code == "NotFound" => {}
        Err(failure) => return Err(failure),
    }
    put(site, bucket, model)?;
    Ok(bucket.to_owned())
}

fn put(site: &mut Site<'_, '_>, bucket: &str, model: &Model) -> Result<(), Failure> {
    let policy = document(model.get("PolicyDocument").unwrap_or(&Value::Null));
    site.ask("s3", "PutBucketPolicy", &json!({"Bucket": bucket, "Policy": policy}))?;
    Ok(())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let answer = site.ask("s3", "GetBucketPolicy", &json!({"Bucket": id}))?;
    let model = json!({"Bucket": id, "PolicyDocument": parsed(&answer, "Policy")});
    model.as_object().cloned().ok_or_else(|| missing(&TYPE, id))
}

fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    if !update.changes("PolicyDocument") {
        return Ok(());
    }
    put(site, update.id, update.new)
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask("s3", "DeleteBucketPolicy", &json!({"Bucket": id}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("s3", "ListBuckets", &json!({}))?;
    let buckets = column(&answer, "Buckets", "Name");
    let with_policy = buckets.into_iter().filter(|bucket| read(site, bucket).is_ok());
    Ok(with_policy.collect())
}
