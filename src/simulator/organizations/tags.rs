//! Tags of the root, of units, accounts and policies.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    errors::{constraint, invalid_input, target_not_found},
    request::{Request, paged},
    tree::Organization,
};
use crate::simulator::{
    json::{Trouble, tag_list},
    service::{Answer, ApiError},
};

/// The maximum number of tags of one resource.
const MAX_TAGS: usize = 50;

fn system_tag() -> ApiError {
    let message = "You specified a tag key that is a system tag. You can't add, edit, or delete \
                   system tag keys.";
    invalid_input("INVALID_SYSTEM_TAGS_PARAMETER", message)
}

fn reserved(key: &str) -> bool {
    key.to_ascii_lowercase().starts_with("aws:")
}

/// The tags in a create call.
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
        if reserved(&key) {
            return Err(system_tag());
        }
        if seen.insert(key, value).is_some() {
            return Err(invalid_input(
                "DUPLICATE_TAG_KEY",
                "Tag keys must be unique among the tags attached to the same entity.",
            ));
        }
    }
    let mut all = old.clone();
    all.extend(seen);
    if all.len() > MAX_TAGS {
        return Err(constraint(
            "MAX_TAG_LIMIT_EXCEEDED",
            format!("You have exceeded the number of {MAX_TAGS} tags."),
        ));
    }
    Ok(all)
}

impl Organization {
    /// The resource of the request, if it can have tags: AWS's own policies cannot.
    fn taggable(&self, request: &Request<'_, '_>) -> Result<String, ApiError> {
        let id = request.bounded("ResourceId", 1, 130)?;
        let own_policy = self.policies.get(id).is_some_and(|policy| !policy.aws_managed);
        if own_policy || self.node(id).is_some() {
            Ok(id.to_owned())
        } else {
            Err(target_not_found())
        }
    }
}

/// TagResource: adds tags and overwrites values, all or none.
pub(super) fn add(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let new = request.input.tags("Tags", "Key", "Value")?;
    let new = new.ok_or_else(|| request.input.refusal("Tags", None, Trouble::Missing))?;
    let id = state.taggable(request)?;
    let tags = state.tags.entry(id).or_default();
    *tags = merged(new, tags)?;
    Ok(json!({}))
}

/// UntagResource: unknown keys are not an error.
pub(super) fn remove(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let keys = request.input.required_texts("TagKeys", 0..=usize::MAX)?;
    if keys.iter().any(|key| reserved(key)) {
        return Err(system_tag());
    }
    let id = state.taggable(request)?;
    state.tags.entry(id).or_default().retain(|key, _| !keys.contains(key));
    Ok(json!({}))
}

/// ListTagsForResource.
pub(super) fn list(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let id = state.taggable(request)?;
    let tags = state.tags.get(&id).cloned().unwrap_or_default();
    paged(request, "Tags", tag_list(&tags, "Key", "Value"))
}
