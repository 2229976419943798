//! Tags of keys.

use std::collections::BTreeMap;

use serde_json::json;

use super::store::{Request, Store, paged};
use crate::simulator::{
    json::{Trouble, tag_list},
    service::{Answer, ApiError},
};

/// The maximum number of tags of one key.
const MAX_TAGS: usize = 50;

fn reserved(key: &str) -> bool {
    key.to_ascii_lowercase().starts_with("aws:")
}

/// The tags of a key after these are added, or the error.
pub(super) fn validated(
    new: Vec<(String, String)>,
    old: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ApiError> {
    let mut seen = BTreeMap::new();
    for (key, value) in new {
        if reserved(&key) {
            return Err(ApiError::new("TagException", "Tags beginning with aws: are reserved"));
        }
        if seen.insert(key, value).is_some() {
            return Err(ApiError::new("TagException", "Duplicate tag keys"));
        }
    }
    let mut all = old.clone();
    all.extend(seen);
    if all.len() > MAX_TAGS {
        return Err(ApiError::new(
            "LimitExceededException",
            format!("A key can have at most {MAX_TAGS} tags"),
        ));
    }
    Ok(all)
}

/// TagResource: adds tags and overwrites values, all or none.
pub(super) fn add(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let new = request.input.tags("Tags", "TagKey", "TagValue")?;
    let new = new.ok_or_else(|| request.input.refusal("Tags", None, Trouble::Missing))?;
    let key = store.own_key(request)?;
    key.require_not_pending_deletion()?;
    key.tags = validated(new, &key.tags)?;
    Ok(json!({}))
}

/// UntagResource: unknown keys are not an error.
pub(super) fn remove(store: &mut Store, request: &mut Request<'_, '_>) -> Answer {
    let names = request.input.required_texts("TagKeys", 0..=usize::MAX)?;
    let key = store.own_key(request)?;
    key.require_not_pending_deletion()?;
    if names.iter().any(|name| reserved(name)) {
        return Err(ApiError::new("TagException", "Tags beginning with aws: are reserved"));
    }
    key.tags.retain(|name, _| !names.contains(name));
    Ok(json!({}))
}

/// ListResourceTags: 1-50 on a page.
pub(super) fn list(store: &Store, request: &Request<'_, '_>) -> Answer {
    let key = store.key(request)?;
    paged(request, "Tags", tag_list(&key.tags, "TagKey", "TagValue"), 50, 50)
}
