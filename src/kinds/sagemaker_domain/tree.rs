//! Settings as a tree of plain values: canonical form, comparison leaf by leaf, and writing a leaf.
//!
//! Keys are the API's names in camelCase. Every list of the API's domain settings is a set to
//! palisade: AWS returns them in no order that it documents.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One leaf that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeafEdit {
    /// The way to it, joined by dots; the first part is the member of the domain.
    pub path: String,
    /// What is there; `null` if nothing.
    pub old: Value,
    /// What is wanted; `null` for none, `[]` for an emptied list.
    pub new: Value,
}

/// The one way to write a tree: keys and lists sorted, objects without content left out.
pub fn canonical(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map
                .into_iter()
                .map(|(key, inner)| (key, canonical(inner)))
                .filter(|(_, inner)| !matches!(inner, Value::Object(map) if map.is_empty()))
                .collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items.into_iter().map(canonical).collect();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        plain => plain,
    }
}

/// Whether there is nothing: AWS leaves out what is not set, and returns emptied lists either way.
pub fn is_none(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(is_none),
        _ => false,
    }
}

/// The leaves that `want` names and `have` does not equal. Leaves that `want` does not name are not
/// looked at.
pub fn differences(path: &str, want: &Value, have: &Value, found: &mut Vec<LeafEdit>) {
    let edit = |new: Value| LeafEdit { path: path.to_owned(), old: have.clone(), new };
    match (want, have) {
        (Value::Object(map), _) => {
            for (key, inner) in map {
                differences(&join(path, key), inner, have.get(key).unwrap_or(&Value::Null), found);
            }
        }
        // None of a whole group: none of each of its leaves.
        (Value::Null, Value::Object(map)) => {
            for (key, inner) in map {
                differences(&join(path, key), want, inner, found);
            }
        }
        (Value::Null, _) if is_none(have) => {}
        (Value::Null, Value::Array(_)) => found.push(edit(Value::Array(Vec::new()))),
        (Value::Array(wanted), _) => {
            let live = have.as_array().map_or(&[][..], Vec::as_slice);
            if !same_set(wanted, live) {
                found.push(edit(want.clone()));
            }
        }
        _ if same_leaf(path, want, have) => {}
        _ => found.push(edit(want.clone())),
    }
}

/// Whether every wanted item is there, and nothing else. Of an item that is a group only the leaves
/// count that the wanted one names.
fn same_set(wanted: &[Value], live: &[Value]) -> bool {
    if wanted.len() != live.len() {
        return false;
    }
    let mut left: Vec<_> = live.iter().collect();
    // Exact matches first, so that an item that names few leaves does not take another one's place.
    let mut open = Vec::new();
    for item in wanted {
        match left.iter().position(|candidate| *candidate == item) {
            Some(index) => drop(left.swap_remove(index)),
            None => open.push(item),
        }
    }
    open.into_iter().all(|item| {
        let fits = left.iter().position(|candidate| covers(item, candidate));
        fits.map(|index| left.swap_remove(index)).is_some()
    })
}

fn covers(want: &Value, have: &Value) -> bool {
    let mut found = Vec::new();
    differences("", want, have, &mut found);
    found.is_empty()
}

/// Keys may be written as an alias, which AWS may answer with the key it stands for. Which one that is
/// cannot be read here, so that an alias is never held against a key.
fn same_leaf(path: &str, want: &Value, have: &Value) -> bool {
    want == have
        || (names_kms_key(path)
            && match (want.as_str(), have.as_str()) {
                (Some(want), Some(have)) => is_alias(want) != is_alias(have),
                _ => false,
            })
}

/// Whether the leaf holds a KMS key.
pub fn names_kms_key(path: &str) -> bool {
    matches!(last(path), "kmsKey" | "s3KmsKeyId")
}

fn is_alias(key: &str) -> bool {
    key.starts_with("alias/") || key.contains(":alias/")
}

/// The last part of a path.
pub fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// The first part of a path: the member of the domain.
pub fn member(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Whether `path` is `group` or lies in it.
pub fn within(path: &str, group: &str) -> bool {
    path.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The path of a key in a group.
pub fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The value at a path.
pub fn get<'a>(tree: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(tree, |value, key| value.get(key))
}

/// Writes a value at a path, making the groups on the way; `null` removes what is there.
pub fn put(tree: &mut Value, path: &str, new: Value) {
    let (key, rest) = match path.split_once('.') {
        Some((key, rest)) => (key, Some(rest)),
        None => (path, None),
    };
    if !tree.is_object() {
        *tree = Value::Object(Map::new());
    }
    let Some(map) = tree.as_object_mut() else { return };
    match rest {
        Some(rest) => put(map.entry(key).or_insert(Value::Null), rest, new),
        None if new.is_null() => drop(map.remove(key)),
        None => drop(map.insert(key.to_owned(), new)),
    }
}

/// Calls `visit` for every group in the tree with its path, inner groups first.
pub fn groups(path: &str, tree: &mut Value, visit: &mut impl FnMut(&str, &mut Map<String, Value>)) {
    if let Some(map) = tree.as_object_mut() {
        for (key, inner) in map.iter_mut() {
            groups(&join(path, key), inner, visit);
        }
        visit(path, map);
    }
}

/// Calls `visit` for every value that is not a group, with its path: lists as a whole, then each
/// group in a list under `path[index]`.
pub fn leaves<'a>(path: &str, tree: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    match tree {
        Value::Object(map) => {
            for (key, inner) in map {
                leaves(&join(path, key), inner, visit);
            }
        }
        Value::Array(items) => {
            visit(path, tree);
            for (index, item) in items.iter().enumerate().filter(|(_, item)| item.is_object()) {
                leaves(&format!("{path}[{index}]"), item, visit);
            }
        }
        plain => visit(path, plain),
    }
}

/// The tree without everything that is none: what a create sends.
pub fn without_none(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(_, inner)| !is_none(inner))
                .map(|(key, inner)| (key.clone(), without_none(inner)))
                .collect(),
        ),
        Value::Array(items) => items.iter().map(without_none).collect(),
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(want: &Value, have: &Value) -> Vec<String> {
        let mut found = Vec::new();
        differences("", want, have, &mut found);
        found.into_iter().map(|edit| edit.path).collect()
    }

    #[test]
    fn only_leaves_that_are_named_are_compared() {
        let have = json!({"a": {"x": 1, "y": 2}, "b": "echo of a default"});
        assert_eq!(paths(&json!({"a": {"x": 1}}), &have), Vec::<String>::new());
        assert_eq!(paths(&json!({"a": {"x": 3}}), &have), ["a.x"]);
    }

    #[test]
    fn none_and_an_empty_list_equal_what_is_absent_or_empty() {
        for have in [json!({}), json!({"l": []}), json!({"l": null})] {
            assert!(paths(&json!({"l": []}), &have).is_empty(), "{have}");
            assert!(paths(&json!({"l": null}), &have).is_empty(), "{have}");
        }
        assert_eq!(paths(&json!({"l": null}), &json!({"l": [1]})), ["l"]);
    }

    #[test]
    fn none_of_a_group_is_none_of_each_of_its_leaves() {
        let have = json!({"g": {"x": 1, "l": ["a"], "empty": []}});
        assert_eq!(paths(&json!({"g": null}), &have), ["g.x", "g.l"]);
    }

    #[test]
    fn lists_are_sets_and_their_groups_count_by_the_leaves_that_are_named() {
        let have = json!({"l": [{"n": "b", "v": 2}, {"n": "a", "v": 1}]});
        assert!(paths(&json!({"l": [{"n": "a"}, {"n": "b", "v": 2}]}), &have).is_empty());
        assert_eq!(paths(&json!({"l": [{"n": "a"}]}), &have), ["l"]);
        assert_eq!(paths(&json!({"l": [{"n": "a"}, {"n": "b", "v": 3}]}), &have), ["l"]);
        let twins = json!({"l": [{"n": "a", "v": 1}, {"n": "a"}]});
        assert!(paths(&twins, &canonical(twins.clone())).is_empty());
    }

    #[test]
    fn an_alias_is_held_against_another_alias_but_never_against_a_key() {
        let key = json!({"kmsKey": "arn:aws:kms:eu-west-1:111122223333:key/1"});
        assert!(paths(&json!({"kmsKey": "alias/a"}), &key).is_empty());
        assert_eq!(paths(&json!({"kmsKey": "alias/a"}), &json!({"kmsKey": "alias/b"})), ["kmsKey"]);
        assert_eq!(paths(&json!({"kmsKey": "alias/a"}), &json!({})), ["kmsKey"]);
    }

    #[test]
    fn the_canonical_form_sorts_keys_and_lists_and_drops_empty_groups() {
        let tree = canonical(json!({"b": [2, 1], "a": {"x": {}}, "c": null}));
        assert_eq!(tree.to_string(), r#"{"b":[1,2],"c":null}"#);
    }

    #[test]
    fn a_leaf_is_written_and_removed_by_its_path() {
        let mut tree = json!({"a": {"x": 1}});
        put(&mut tree, "a.y.z", json!(2));
        put(&mut tree, "a.x", Value::Null);
        assert_eq!(tree, json!({"a": {"y": {"z": 2}}}));
        assert_eq!(get(&tree, "a.y.z"), Some(&json!(2)));
    }
}
