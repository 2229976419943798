//! Tags of domains, user profiles, spaces and apps, by ARN.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Request, Store, Trouble, invalid, not_found, page_of};
use crate::simulator::{
    json::tag_list,
    service::{Answer, ApiError},
};

/// How many tags one resource may have.
const MOST: usize = 50;

/// The tags that a create call brings.
pub(super) fn from_request(
    request: &Request<'_, '_>,
) -> Result<BTreeMap<String, String>, ApiError> {
    let tags = request.input.tags("Tags", "Key", "Value")?.unwrap_or_default();
    merged(tags, &BTreeMap::new())
}

fn merged(
    new: Vec<(String, String)>,
    old: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ApiError> {
    let mut seen = BTreeMap::new();
    for (key, value) in new {
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("aws: prefixed tag key names are not allowed for external use."));
        }
        if seen.insert(key, value).is_some() {
            return Err(invalid("Duplicate tag keys are not allowed"));
        }
    }
    let mut all = old.clone();
    all.extend(seen);
    if all.len() > MOST {
        return Err(ApiError::new(
            "ResourceLimitExceeded",
            format!("A resource can have at most {MOST} tags"),
        ));
    }
    Ok(all)
}

fn arn<'a>(store: &Store, request: &Request<'a, '_>) -> Result<&'a str, ApiError> {
    let arn = request.input.bounded_text("ResourceArn", 0..=256)?;
    let arn = arn.ok_or_else(|| request.input.refusal("ResourceArn", None, Trouble::Missing))?;
    if store.tags.contains_key(arn) {
        Ok(arn)
    } else {
        Err(not_found(format!("Resource [{arn}] does not exist.")))
    }
}

/// AddTags: adds tags and overwrites values, all or none; answers all tags of the resource.
pub(super) fn add(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let new = request.input.tags("Tags", "Key", "Value")?;
    let new = new.ok_or_else(|| request.input.refusal("Tags", None, Trouble::Missing))?;
    let arn = arn(store, request)?;
    let tags = merged(new, &store.tags[arn])?;
    let answer: Vec<_> = tag_list(&tags, "Key", "Value").into_iter().map(|(_, tag)| tag).collect();
    store.tags.insert(arn.to_owned(), tags);
    Ok(json!({ "Tags": answer }))
}

/// DeleteTags: 1-50 keys; keys that are not there are no error.
pub(super) fn remove(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let keys = request.input.required_texts("TagKeys", 1..=50)?;
    let arn = arn(store, request)?;
    if let Some(tags) = store.tags.get_mut(arn) {
        tags.retain(|key, _| !keys.contains(key));
    }
    Ok(json!({}))
}

/// ListTags: `MaxResults` is at least 50.
pub(super) fn list(store: &Store, request: &Request<'_, '_>) -> Answer {
    let size = request.input.integer("MaxResults", 50..=usize::MAX)?.unwrap_or(50);
    let tags = &store.tags[arn(store, request)?];
    page_of(request, "Tags", tag_list(tags, "Key", "Value"), size)
}
