//! States as trees: the value at a path, the canonical form of settings, and the equality of lists
//! of groups.

use serde_json::Value;

use super::Tree;

/// The value at a path; none if it, or a group that contains it, is missing.
pub fn at<'t>(tree: &'t Tree, path: &str) -> Option<&'t Value> {
    match path.split_once('.') {
        Some((group, rest)) => at(tree.get(group)?.as_object()?, rest),
        None => tree.get(path),
    }
}

/// Whether a path is that of this leaf or group, or is below it.
pub fn is_at(path: &str, group: &str) -> bool {
    path.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// As [`at`] of a wanted state: none of a whole group is none of each of its rows.
pub(super) fn said<'t>(want: &'t Tree, path: &str) -> Option<&'t Value> {
    let (name, rest) = match path.split_once('.') {
        Some((group, rest)) => (group, Some(rest)),
        None => (path, None),
    };
    match (want.get(name)?, rest) {
        (Value::Object(members), Some(rest)) => said(members, rest),
        (value, None) => Some(value),
        (none, Some(_)) => none.is_null().then_some(none),
    }
}

/// Writes a value at a path, creating the groups in between; `null` removes the value, and a group
/// that becomes empty.
pub fn put(tree: &mut Tree, path: &str, new: Value) {
    let Some((group, rest)) = path.split_once('.') else {
        if new.is_null() {
            tree.shift_remove(path);
        } else {
            tree.insert(path.to_owned(), new);
        }
        return;
    };
    let mut members = match tree.get_mut(group).map(Value::take) {
        Some(Value::Object(members)) => members,
        _ => Tree::new(),
    };
    put(&mut members, rest, new);
    if members.is_empty() {
        tree.shift_remove(group);
    } else {
        tree.insert(group.to_owned(), Value::Object(members));
    }
}

/// The canonical form of settings: keys and lists sorted, empty groups left out.
pub fn canonical(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let is_empty = |value: &Value| value.as_object().is_some_and(Tree::is_empty);
            let members = map.into_iter().map(|(key, inner)| (key, canonical(inner)));
            let mut map: Tree = members.filter(|(_, inner)| !is_empty(inner)).collect();
            map.sort_keys();
            Value::Object(map)
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items.into_iter().map(canonical).collect();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        plain => plain,
    }
}

/// The items of a list in canonical form, in their order.
pub(super) fn in_order(list: &Value) -> Value {
    list.as_array().into_iter().flatten().cloned().map(canonical).collect()
}

/// Whether the value is none: AWS omits what is not set, and returns emptied lists either way.
pub fn is_none(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(is_none),
        _ => false,
    }
}

/// Whether every wanted item is present, and nothing else. Of an item that is a group, only the
/// members that the wanted one names are compared.
pub(super) fn is_same_list(wanted: &Value, live: &Value) -> bool {
    let [wanted, live] = [wanted, live].map(|list| list.as_array().map_or(&[][..], Vec::as_slice));
    if wanted.len() != live.len() {
        return false;
    }
    let mut left: Vec<_> = live.iter().collect();
    // Exact matches come first, so that an item that names few members does not take another one's
    // place.
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

/// Whether a live value is as wanted in everything that the wanted one names.
fn covers(want: &Value, have: &Value) -> bool {
    match want {
        Value::Object(members) => {
            members.iter().all(|(name, want)| covers(want, have.get(name).unwrap_or(&Value::Null)))
        }
        Value::Null => is_none(have),
        Value::Array(_) => is_same_list(want, have),
        plain => plain == have,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tree(value: Value) -> Tree {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn none_of_a_group_is_none_of_each_of_its_rows() {
        let want = tree(json!({"g": null, "h": {"x": 1, "y": null}}));
        assert_eq!(said(&want, "g.x"), Some(&Value::Null));
        assert_eq!(said(&want, "h.y"), Some(&Value::Null));
        assert_eq!(said(&want, "h.z"), None);
        assert_eq!(said(&want, "h.x.deeper"), None);
        assert_eq!((at(&want, "g.x"), at(&want, "h.x")), (None, Some(&json!(1))));
    }

    #[test]
    fn lists_are_sets_and_their_groups_are_compared_by_the_named_members() {
        let have = json!([{"n": "b", "v": 2}, {"n": "a", "v": 1}]);
        assert!(is_same_list(&json!([{"n": "a"}, {"n": "b", "v": 2}]), &have));
        assert!(!is_same_list(&json!([{"n": "a"}]), &have));
        assert!(!is_same_list(&json!([{"n": "a"}, {"n": "b", "v": 3}]), &have));
        let twins = json!([{"n": "a", "v": 1}, {"n": "a"}]);
        assert!(is_same_list(&twins, &canonical(twins.clone())));
        let inner = json!([{"n": "a", "l": ["x", "y"]}]);
        assert!(is_same_list(&json!([{"n": "a", "l": ["y", "x"]}]), &inner));
        assert!(!is_same_list(&json!([{"n": "a", "l": null}]), &inner));
        assert!(is_same_list(&json!([{"n": "a", "v": null}]), &json!([{"n": "a", "v": []}])));
    }

    #[test]
    fn the_canonical_form_sorts_keys_and_lists_and_drops_empty_groups() {
        let sorted = canonical(json!({"b": [2, 1], "a": {"x": {}}, "c": null}));
        assert_eq!(sorted.to_string(), r#"{"b":[1,2],"c":null}"#);
    }

    #[test]
    fn a_value_is_written_and_removed_by_its_path() {
        let mut state = tree(json!({"a": {"x": 1}, "b": 1}));
        put(&mut state, "a.y.z", json!(2));
        put(&mut state, "a.x", Value::Null);
        put(&mut state, "b", Value::Null);
        assert_eq!(Value::Object(state.clone()), json!({"a": {"y": {"z": 2}}}));
        put(&mut state, "a.y.z", Value::Null);
        assert_eq!(Value::Object(state), json!({}));
    }
}
