//! Tags of SageMaker's resources: all of them are read and set by ARN, by the same calls.

use aws_sdk_sagemaker::{Client, types::Tag};

use super::{classify, lookup::Pages};
use crate::{kind::CloudError, model::Tags};

/// `ListTags` has a least page size of 50, which is as many as a resource can have.
const PAGE: i32 = 50;

/// Tags as the SDK takes them.
pub(crate) fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// All tags of the resource with this ARN.
///
/// # Errors
/// As SageMaker answers; half a list is none.
pub(crate) async fn tags(client: &Client, arn: &str) -> Result<Tags, CloudError> {
    const CALL: &str = "sagemaker:ListTags";
    let (mut pages, mut token, mut all) = (Pages::of(CALL), None, Tags::new());
    loop {
        let call = client.list_tags().resource_arn(arn).max_results(PAGE).set_next_token(token);
        let page = call.send().await.map_err(|error| classify(CALL, &error))?;
        let tags = page.tags.unwrap_or_default().into_iter();
        all.extend(tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))));
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(all);
        }
    }
}

/// Sets tags, overwriting values of the same keys.
///
/// # Errors
/// As SageMaker answers.
pub(crate) async fn tag(client: &Client, arn: &str, set: &Tags) -> Result<(), CloudError> {
    let sent = client.add_tags().resource_arn(arn).set_tags(Some(sdk_tags(set))).send().await;
    sent.map(drop).map_err(|error| classify("sagemaker:AddTags", &error))
}

/// Removes tags by key.
///
/// # Errors
/// As SageMaker answers.
pub(crate) async fn untag(client: &Client, arn: &str, keys: &[String]) -> Result<(), CloudError> {
    let keys = Some(keys.to_vec());
    let sent = client.delete_tags().resource_arn(arn).set_tag_keys(keys).send().await;
    sent.map(drop).map_err(|error| classify("sagemaker:DeleteTags", &error))
}
