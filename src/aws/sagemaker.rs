//! What ports of SageMaker share: tags by ARN, scripts as the API carries them, and what is gone.

use aws_sdk_sagemaker::{Client, types::Tag};
use aws_smithy_types::base64;

use super::{classify, lookup::Pages};
use crate::{
    kind::{Class, CloudError},
    model::Tags,
};

/// The largest page of SageMaker's lists; their default is 10 (SageMaker API reference).
pub(crate) const PAGE: i32 = 100;
/// `ListTags` has a minimum page size of 50, which is the most tags a resource can have.
const TAG_PAGE: i32 = 50;
/// What a live script begins with that is not UTF-8; its base64 form follows.
pub(crate) const BINARY: &str = "base64:";

/// Tags as the SDK takes them.
pub(crate) fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// All tags of a resource.
///
/// # Errors
/// As SageMaker answers.
pub(crate) async fn tags_of(client: &Client, arn: &str) -> Result<Tags, CloudError> {
    const CALL: &str = "sagemaker:ListTags";
    let (mut pages, mut token, mut all) = (Pages::of(CALL), None, Tags::new());
    loop {
        let call = client.list_tags().resource_arn(arn).max_results(TAG_PAGE);
        let page = call.set_next_token(token).send().await;
        let page = page.map_err(|error| classify(CALL, &error))?;
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
    let call = client.add_tags().resource_arn(arn).set_tags(Some(sdk_tags(set)));
    call.send().await.map(drop).map_err(|error| classify("sagemaker:AddTags", &error))
}

/// Removes tags by key.
///
/// # Errors
/// As SageMaker answers.
pub(crate) async fn untag(client: &Client, arn: &str, keys: &[String]) -> Result<(), CloudError> {
    let call = client.delete_tags().resource_arn(arn).set_tag_keys(Some(keys.to_vec()));
    call.send().await.map(drop).map_err(|error| classify("sagemaker:DeleteTags", &error))
}

/// Reads of what may be gone meanwhile.
pub(crate) fn gone<T>(read: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match read {
        Err(error) if error.class == Class::Missing => Ok(None),
        other => other.map(Some),
    }
}

/// A script as a state has it. The API carries base64, and the same bytes can be written in several
/// ways; what is no text keeps its base64 form after [`BINARY`].
pub(crate) fn script(content: &str) -> String {
    let text = base64::decode(content).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.unwrap_or_else(|| format!("{BINARY}{content}"))
}

/// A script as the API carries it.
pub(crate) fn content(script: &str) -> String {
    script.strip_prefix(BINARY).map_or_else(|| base64::encode(script), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_compared_by_its_bytes_and_comes_back_as_it_was() {
        let text = "#!/bin/bash\nécho\n";
        assert_eq!(script(&content(text)), text);
        for binary in ["//79", "not base64!"] {
            assert_eq!(script(binary), format!("base64:{binary}"));
            assert_eq!(content(&script(binary)), binary);
        }
    }
}
