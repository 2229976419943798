//! Merges statements of the same shape, where that keeps their meaning.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{compose::Placed, fill};

/// Statements without names, of which none equals another in all but its actions, or in all but the
/// resources that it names. (Other merges that look alike change the meaning: values of a negated
/// test, lists of exceptions, two tests of absence.) A merged statement comes from the first use.
pub(super) fn compact(mut statements: Vec<Placed>) -> Vec<Placed> {
    for placed in &mut statements {
        if let Some(members) = placed.statement.as_object_mut() {
            members.shift_remove("Sid");
        }
    }
    let statements = united(statements, "Action");
    united(statements, "Resource")
}

/// Unites the lists of statements that are equal without `element`.
fn united(statements: Vec<Placed>, element: &str) -> Vec<Placed> {
    let mut merged: Vec<Placed> = Vec::new();
    for placed in statements {
        let rest = without(&placed.statement, element);
        let values = texts(&placed.statement[element]);
        let same = merged.iter_mut().find(|other| {
            let others = texts(&other.statement[element]);
            without(&other.statement, element) == rest
                && !others.is_empty()
                && !values.is_empty()
                // An action without a resource type matches `*` and no ARN.
                && (element == "Action" || others.contains("*") == values.contains("*"))
        });
        match same {
            Some(other) => {
                let mut all = texts(&other.statement[element]);
                all.extend(values);
                let united = fill::normal(all, element == "Action");
                other.statement[element] = united.unwrap_or_default();
            }
            None => merged.push(placed),
        }
    }
    merged
}

fn without(statement: &Value, element: &str) -> Value {
    let mut rest = statement.clone();
    if let Some(members) = rest.as_object_mut() {
        members.shift_remove(element);
    }
    rest
}

/// The texts of an element; none if it is missing.
fn texts(value: &Value) -> BTreeSet<String> {
    let one = std::slice::from_ref(value);
    let all = value.as_array().map_or(one, Vec::as_slice);
    all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
