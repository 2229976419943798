//! Merges updates into settings, member by member.

use serde_json::{Map, Value};

/// Members that the literal value `None` clears (SageMaker API reference, their patterns).
const CLEARED_BY_NONE: [&str; 2] = ["SageMakerImageVersionArn", "LifecycleConfigArn"];

/// Applies a structure of a request to the stored one.
///
/// An absent member keeps its value, structures are merged recursively, a list replaces the list,
/// and an empty list clears it.
pub(super) fn merge(target: &mut Map<String, Value>, change: &Map<String, Value>) {
    for (name, value) in change {
        match value {
            Value::Null => {}
            Value::Object(inner) => {
                let slot = target.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
                match slot {
                    Value::Object(stored) => merge(stored, inner),
                    other => *other = value.clone(),
                }
            }
            Value::Array(items) if items.is_empty() => {
                target.remove(name);
            }
            Value::String(text) if text == "None" && CLEARED_BY_NONE.contains(&name.as_str()) => {
                target.remove(name);
            }
            _ => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

/// The structure after the change.
pub(super) fn merged(
    stored: &Map<String, Value>,
    change: &Map<String, Value>,
) -> Map<String, Value> {
    let mut result = stored.clone();
    merge(&mut result, change);
    result
}

/// The same for the values of a table's field.
pub(super) fn joined(stored: Option<&Value>, change: &Value) -> Value {
    let mut result = stored.and_then(Value::as_object).cloned().unwrap_or_default();
    if let Value::Object(change) = change {
        merge(&mut result, change);
    }
    Value::Object(result)
}
