//! The condition keys that decide what a document means.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{PolicyDocument, canonical::Tokens, pattern::Known};

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
        Value::String(text) => names_in(text, found),
        Value::Array(items) => items.iter().for_each(|item| variables(item, found)),
        Value::Object(members) => members.values().for_each(|member| variables(member, found)),
        _ => {}
    }
}

/// The names of the variables in a text, in lower case.
fn names_in(text: &str, found: &mut BTreeSet<String>) {
    let inside = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let names = inside.map(|(inside, _)| inside.split(',').next().unwrap_or_default());
    found.extend(names.map(|name| name.trim().to_ascii_lowercase()));
}

/// The policy variables in these texts whose values are not known.
pub(super) fn unfilled(texts: &Tokens, known: &Known) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for text in texts {
        names_in(text.shown(), &mut names);
    }
    names.retain(|name| !known.contains_key(name) && !matches!(&**name, "*" | "?" | "$"));
    names
}
