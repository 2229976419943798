//! The statements of a policy, read directly from the JSON: monitors must not share the mistakes of
//! the program that they judge.

use serde_json::Value;

/// The statements in the text of a policy; none if it is not a policy.
pub(super) fn statements(policy: &str) -> Vec<Value> {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    match &policy["Statement"] {
        Value::Array(all) => all.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

/// A string, or a list of them.
pub(super) fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a statement names an action, or a pattern ending in `*` that matches it.
pub(super) fn acts_on(statement: &Value, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    strings(&statement["Action"]).into_iter().any(|pattern| {
        let pattern = pattern.to_ascii_lowercase();
        pattern.strip_suffix('*').map_or(pattern == action, |start| action.starts_with(start))
    })
}
