//! Wants as digests: enough to recognise one that was in force, and not to read it.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::symbolic::placeholders_in;
use crate::kind::Missing;

/// The length of a digest, in bytes: 128 bits, so that nobody finds a second text for one.
const BYTES: usize = 16;

/// The state with the digest of each text in its place. Numbers, truth values and plain names of
/// fields stay: they tell little, and what is compared keeps its shape. Other names are texts, such
/// as the keys of a policy's conditions.
pub fn of_state(state: &Value) -> Value {
    of_certain(state, &BTreeMap::new())
}

/// The same, but texts that contain a value which is not known yet stay as they are.
pub(super) fn of_certain(state: &Value, unresolved: &BTreeMap<String, Missing>) -> Value {
    match state {
        Value::String(text) if placeholders_in(state, unresolved.keys()).is_empty() => {
            Value::String(of_text(text))
        }
        Value::Array(items) => items.iter().map(|item| of_certain(item, unresolved)).collect(),
        Value::Object(fields) => {
            let digested = |(name, value): (&String, &Value)| {
                let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
                let name = if plain { name.clone() } else { of_text(name) };
                (name, of_certain(value, unresolved))
            };
            Value::Object(fields.iter().map(digested).collect())
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => state.clone(),
    }
}

/// The digest of tags, of which `None` means that the key must be absent.
pub fn of_tags(tags: &BTreeMap<String, Option<String>>) -> String {
    of_text(&format!("{tags:?}"))
}

fn of_text(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    hex::encode(&digest[..BYTES])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::symbolic::is_known;

    #[test]
    fn no_text_is_left_and_the_shape_is() {
        let state =
            json!({"policy": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}, "days": 30, "on": true});
        let digests = of_state(&state);
        assert_eq!((&digests["days"], &digests["on"]), (&json!(30), &json!(true)));
        let text = digests.to_string();
        assert!(!text.contains("vpc-1") && !text.contains("SourceVpc"), "{text}");
        assert!(is_known(&of_state(&state), &digests, &BTreeMap::new()));
        for other in [
            json!({"policy": {"aws:SourceVpc": ["vpc-1", "vpc-3"]}, "days": 30, "on": true}),
            json!({"policy": {"aws:SourceVpce": ["vpc-1", "vpc-2"]}, "days": 30, "on": true}),
            json!({"policy": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}, "days": 31, "on": true}),
            json!({"days": 30, "on": true}),
        ] {
            assert!(!is_known(&of_state(&other), &digests, &BTreeMap::new()), "{other}");
        }
    }

    #[test]
    fn tags_that_must_be_absent_differ_from_empty_ones() {
        let tags = |value: Option<&str>| {
            of_tags(&BTreeMap::from([("team".to_owned(), value.map(str::to_owned))]))
        };
        assert_ne!(tags(None), tags(Some("")));
        assert_eq!(tags(Some("ml")), tags(Some("ml")));
    }
}
