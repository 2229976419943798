//! Fills parameters and facts into the statements of blocks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use wildmatch::WildMatch;

/// The values of parameters and facts, by name.
pub(super) type Values = BTreeMap<String, Vec<String>>;

/// A part of a text of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// Stands for itself.
    Text(&'t str),
    /// `{name}`.
    Name(&'t str),
}

/// The parts of a text. `${…}` is a policy variable of IAM, and stands for itself.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let (mut begin, mut from) = (0, 0);
    while let Some(open) = text[from..].find('{').map(|at| at + from) {
        let Some(close) = text[open..].find('}').map(|at| at + open) else { break };
        let name = &text[open + 1..close];
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic());
        if is_name && !text[..open].ends_with('$') {
            if begin < open {
                found.push(Part::Text(&text[begin..open]));
            }
            found.push(Part::Name(name));
            begin = close + 1;
        }
        from = close + 1;
    }
    if begin < text.len() {
        found.push(Part::Text(&text[begin..]));
    }
    found
}

/// The texts that a text stands for: one for each combination of the values in it.
pub(super) fn texts(text: &str, values: &Values) -> Vec<String> {
    parts(text).into_iter().fold(vec![String::new()], |texts, part| match part {
        Part::Text(text) => texts.into_iter().map(|before| before + text).collect(),
        Part::Name(name) => {
            let values = values.get(name).map(Vec::as_slice).unwrap_or_default();
            let each = |value| texts.iter().map(move |before| format!("{before}{value}"));
            values.iter().flat_map(each).collect()
        }
    })
}

/// The elements of a statement whose values are actions.
fn is_about_actions(element: &str) -> bool {
    matches!(element, "Action" | "NotAction")
}

/// The statement; `None` if it is about nothing: a list of what it protects is empty.
pub(super) fn statement(template: &Value, values: &Values) -> Option<Value> {
    let mut filled = Map::new();
    for (element, value) in template.as_object()? {
        let value = match element.as_str() {
            "Condition" => conditions(value, values),
            "Principal" if value.is_object() => {
                let mut principals = Map::new();
                for (kind, names) in value.as_object()? {
                    principals.insert(kind.clone(), set(names, values, false)?);
                }
                Value::Object(principals)
            }
            _ => match (set(value, values, is_about_actions(element)), element.as_str()) {
                (Some(value), _) => value,
                // All resources but none.
                (None, "NotResource") => {
                    filled.insert("Resource".to_owned(), json!("*"));
                    continue;
                }
                (None, _) => return None,
            },
        };
        if value.as_object().is_none_or(|members| !members.is_empty()) {
            filled.insert(element.clone(), value);
        }
    }
    let mut filled = Value::Object(filled);
    filled.sort_all_objects();
    Some(filled)
}

/// The conditions; a test of a key against no values is left out. Blocks take an empty list only
/// where that makes the statement stricter.
fn conditions(template: &Value, values: &Values) -> Value {
    let mut operators = Map::new();
    for (operator, tests) in template.as_object().into_iter().flatten() {
        let mut keys = Map::new();
        for (key, wanted) in tests.as_object().into_iter().flatten() {
            let key = texts(key, values).pop().unwrap_or_default();
            if let Some(wanted) = set(wanted, values, false) {
                keys.insert(key, wanted);
            }
        }
        if !keys.is_empty() {
            operators.insert(operator.clone(), Value::Object(keys));
        }
    }
    Value::Object(operators)
}

/// A text or a list of texts, filled in.
fn set(template: &Value, values: &Values, of_actions: bool) -> Option<Value> {
    let one = std::slice::from_ref(template);
    let templates = template.as_array().map_or(one, Vec::as_slice).iter();
    let all = templates.filter_map(Value::as_str).flat_map(|text| texts(text, values));
    normal(all.collect(), of_actions)
}

/// The one form of a set of texts: sorted, each once, one alone without brackets; actions that a
/// pattern of the same set covers are left out. `None` if it is empty.
pub(super) fn normal(mut all: BTreeSet<String>, of_actions: bool) -> Option<Value> {
    if of_actions {
        let patterns: Vec<String> =
            all.iter().filter(|it| it.contains(['*', '?'])).cloned().collect();
        all.retain(|action| {
            let covers =
                |pattern: &String| pattern != action && WildMatch::new(pattern).matches(action);
            !patterns.iter().any(covers)
        });
    }
    if all.len() == 1 { all.pop_first().map(Value::String) } else { non_empty(all) }
}

fn non_empty(all: BTreeSet<String>) -> Option<Value> {
    (!all.is_empty()).then(|| json!(all))
}
