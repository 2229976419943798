//! The condition keys that decide what a document means.

use std::collections::BTreeSet;

use serde_json::Value;

use super::PolicyDocument;

impl PolicyDocument {
    /// The condition keys that the document depends on, in lower case: those that its conditions
    /// test, and those whose values its texts take (`${aws:PrincipalOrgID}`, with or without a
    /// default).
    pub fn condition_keys(&self) -> BTreeSet<String> {
        let statements = match &self.as_value()["Statement"] {
            Value::Array(all) => all.iter().collect(),
            one => vec![one],
        };
        let mut found = BTreeSet::new();
        for statement in statements {
            let operators = statement["Condition"].as_object().into_iter().flatten();
            let keys = operators.filter_map(|(_, keys)| keys.as_object()).flatten();
            found.extend(keys.map(|(key, _)| key.to_ascii_lowercase()));
            variables(statement, &mut found);
        }
        found
    }
}

/// The names of the variables in every text below `value`.
fn variables(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let inside = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
            let names = inside.map(|(inside, _)| inside.split(',').next().unwrap_or_default());
            found.extend(names.map(|name| name.trim().to_ascii_lowercase()));
        }
        Value::Array(items) => items.iter().for_each(|item| variables(item, found)),
        Value::Object(members) => members.values().for_each(|member| variables(member, found)),
        _ => {}
    }
}
