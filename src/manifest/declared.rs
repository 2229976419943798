//! Names that an invalid document may declare: an error that nobody declares them would be
//! misleading.

use std::collections::BTreeSet;

use serde_json::Value;

/// The names that a document may be meant to have: its name if it has one; otherwise the texts next
/// to its spec, and the values of keys similar to `name` anywhere.
pub(super) fn names(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match document["metadata"]["name"].as_str() {
        Some(name) => note(name, &mut found),
        None => collect(document, false, false, &mut found),
    }
    found
}

fn collect(value: &Value, in_spec: bool, named: bool, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                // `{name:bastion}` is a single key in YAML.
                if let Some((before, after)) = key.split_once(':').filter(|_| inner.is_null())
                    && is_name(before)
                {
                    note(after, found);
                }
                collect(inner, in_spec || key == "spec", is_name(key), found);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(item, in_spec, named, found);
            }
        }
        Value::String(text) if named || !in_spec => note(text, found),
        Value::Number(number) if named || !in_spec => note(&number.to_string(), found),
        _ => {}
    }
}

/// Whether a key may be a misspelt `name`, or a longer word for it.
fn is_name(key: &str) -> bool {
    key.to_ascii_lowercase().ends_with("name") || super::did_you_mean(key, ["name"]).is_some()
}

fn note(name: &str, found: &mut BTreeSet<String>) {
    found.insert(name.trim().to_owned());
    found.insert(name.trim().to_ascii_lowercase());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wherever_the_name_stands_it_is_found() {
        for broken in [
            json!({"metadata": {"name": "bastion"}, "spec": {"name": "other"}}),
            json!({"metdata": {"name": "bastion"}}),
            json!({"metadata": {"nmae": "bastion"}}),
            json!({"metadata": {"name:bastion": null}}),
            json!({"metadata": "bastion"}),
            json!({"name": "bastion"}),
            json!({"spec": {"name": "bastion"}}),
            json!({"spec": {"groupName": "bastion"}}),
            json!({"metadata": {"name": "Bastion"}}),
            json!([{"metadata": {"name": "bastion"}}]),
            json!({"kind": "List", "items": [{"metadata": {"name": "bastion"}}]}),
        ] {
            assert!(names(&broken).contains("bastion"), "{broken}");
        }
        assert!(names(&json!({"metadata": {"name": 7}})).contains("7"));
        // What a broken manifest refers to is not what it declares.
        let refers = json!({"metadata": {"name": "x"}, "spec": {"vpc": {"ref": "bastion"}}});
        assert!(!names(&refers).contains("bastion"));
        let refers = json!({"metadata": {}, "spec": {"vpc": {"ref": "bastion"}}});
        assert!(!names(&refers).contains("bastion"));
    }
}
