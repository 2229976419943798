//! Tags of EC2's resources: every kind of them is tagged by the same calls.

use aws_sdk_ec2::{
    Client,
    types::{ResourceType, Tag, TagSpecification},
};

use super::classify;
use crate::{
    kind::CloudError,
    model::{PhysicalId, Tags},
};

/// Tags that a create call sets on a resource of this type.
pub(crate) fn specification(resource: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(resource).set_tags(Some(sdk_tags(tags))).build()
}

/// Tags as the SDK takes them.
pub(crate) fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Sets tags, overwriting values of the same keys.
///
/// # Errors
/// As EC2 answers.
pub(crate) async fn tag(ec2: &Client, id: &PhysicalId, set: &Tags) -> Result<(), CloudError> {
    if set.is_empty() {
        return Ok(());
    }
    let call = ec2.create_tags().resources(id.as_str()).set_tags(Some(sdk_tags(set)));
    call.send().await.map(drop).map_err(|error| classify("ec2:CreateTags", &error))
}

/// Removes tags by key. A call without any would remove every tag, the claim included (EC2 API
/// reference, `DeleteTags`): it is not made.
///
/// # Errors
/// As EC2 answers.
pub(crate) async fn untag(
    ec2: &Client,
    id: &PhysicalId,
    keys: &[String],
) -> Result<(), CloudError> {
    if keys.is_empty() {
        return Ok(());
    }
    let keys = keys.iter().map(|key| Tag::builder().key(key).build()).collect();
    let call = ec2.delete_tags().resources(id.as_str()).set_tags(Some(keys));
    call.send().await.map(drop).map_err(|error| classify("ec2:DeleteTags", &error))
}
