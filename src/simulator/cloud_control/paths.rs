//! Paths of properties: names, or `*` for the entries of a list, between slashes.

use serde_json::Value;

fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// Whether one path leads to the other, or both are one.
pub(super) fn meet(one: &str, other: &str) -> bool {
    let (one, other) = (parts(one), parts(other));
    one.iter().zip(&other).all(|(a, b)| a == b || *a == "*" || *b == "*")
}

/// Whether a path is the other one, or leads to it.
pub(super) fn is_above(path: &str, other: &str) -> bool {
    parts(path).len() <= parts(other).len() && meet(path, other)
}

/// Removes what is at the path.
pub(super) fn strip(value: &mut Value, path: &str) {
    fn strip_parts(value: &mut Value, parts: &[&str]) {
        let Some((first, rest)) = parts.split_first() else { return };
        match value {
            Value::Array(items) if *first == "*" => {
                for item in items {
                    strip_parts(item, rest);
                }
            }
            Value::Object(members) if rest.is_empty() => {
                members.remove(*first);
            }
            Value::Object(members) => {
                if let Some(member) = members.get_mut(*first) {
                    strip_parts(member, rest);
                }
            }
            _ => {}
        }
    }
    strip_parts(value, &parts(path));
}

/// Sets what is at a path of names.
pub(super) fn set(value: &mut Value, path: &str, to: Value) {
    let mut at = value;
    for part in parts(path) {
        if !at.is_object() {
            *at = Value::Object(serde_json::Map::new());
        }
        at = &mut at[part];
    }
    *at = to;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_meets_those_above_and_below_it() {
        for (one, other, met) in [
            ("/A", "/A", true),
            ("/A", "/A/B", true),
            ("/A/B", "/A", true),
            ("/A/0/B", "/A/*/B", true),
            ("/A/B", "/A/C", false),
            ("/AB", "/A", false),
        ] {
            assert_eq!(meet(one, other), met, "{one} {other}");
        }
        assert!(is_above("/A", "/A/B") && !is_above("/A/B", "/A"));
    }

    #[test]
    fn what_is_at_a_path_is_removed_in_every_entry() {
        let mut value = json!({"A": [{"B": 1, "C": 2}, {"C": 3}], "D": {"B": 1}});
        strip(&mut value, "A/*/B");
        strip(&mut value, "D/X");
        assert_eq!(value, json!({"A": [{"C": 2}, {"C": 3}], "D": {"B": 1}}));
        set(&mut value, "E/F", json!([]));
        assert_eq!(value["E"], json!({"F": []}));
    }
}
