//! Endpoint policies: whether anybody can do anything through the endpoint.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::policy_document::PolicyDocument;

/// Whether an endpoint's policy allows no action that passes there, or denies to everybody all that
/// it allows. Only actions with these prefixes pass; if none are known, any may.
pub(super) fn allows_nothing(document: &PolicyDocument, prefixes: &BTreeSet<String>) -> bool {
    let statements = match &document.as_value()["Statement"] {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    let allows = |statement: &&Value| {
        statement["Effect"] == "Allow" && may_pass(&statement["Action"], prefixes)
    };
    let denies = |statement: &&Value| denies_all(statement, prefixes);
    !statements.iter().any(allows) || statements.iter().any(denies)
}

/// Whether one of the actions may be one that passes. `NotAction` names what is not allowed, so
/// that a statement without `Action` allows some.
fn may_pass(actions: &Value, prefixes: &BTreeSet<String>) -> bool {
    let passes = |action: &str| match action.split_once(':') {
        Some((service, _)) if !service.contains(['*', '?']) => {
            prefixes.is_empty() || prefixes.iter().any(|it| it.eq_ignore_ascii_case(service))
        }
        _ => true,
    };
    actions.is_null() || lists(actions, &passes)
}

fn denies_all(statement: &Value, prefixes: &BTreeSet<String>) -> bool {
    let everything = |value: &Value| lists(value, &|one| one == "*");
    let every_action = |prefix: &str| {
        lists(&statement["Action"], &|one| match one.split_once(':') {
            Some((service, "*")) => service == "*" || service.eq_ignore_ascii_case(prefix),
            _ => one == "*",
        })
    };
    let all_actions = if prefixes.is_empty() {
        every_action("*")
    } else {
        prefixes.iter().all(|prefix| every_action(prefix))
    };
    let condition = statement.get("Condition").and_then(Value::as_object);
    let unconditional = condition.is_none_or(|operators| {
        operators.values().all(|keys| keys.as_object().is_none_or(serde_json::Map::is_empty))
    });
    statement["Effect"] == "Deny"
        && unconditional
        && all_actions
        && everything(&statement["Resource"])
        && (everything(&statement["Principal"]) || everything(&statement["Principal"]["AWS"]))
}

/// Whether a value, or one of several, is one that is wanted.
fn lists(value: &Value, wanted: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).any(wanted),
        one => one.as_str().is_some_and(wanted),
    }
}
