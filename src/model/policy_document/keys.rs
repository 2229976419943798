//! The condition keys that decide what a document means.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    PolicyDocument,
    canonical::{Body, PrincipalType, Principals, Selection, Tokens},
    pattern::{Known, Tri},
};

/// What of a request can decide: a request that is alike in it is decided alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bearing {
    /// Condition keys, in lower case.
    pub keys: BTreeSet<String>,
    /// Whether a statement is about some callers and not about others.
    pub callers: bool,
    /// Whether a statement is about some resources and not about others.
    pub resources: bool,
}

impl PolicyDocument {
    /// The condition keys that the document depends on, in lower case: those that its conditions
    /// test, and those whose values its texts take (`${aws:PrincipalOrgID}`, with or without a
    /// default).
    pub fn condition_keys(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.written().into_iter().for_each(|statement| keys_of(statement, &mut found));
        found
    }

    /// Adds what of a request of this action can decide; statements that are about other actions
    /// ask for nothing.
    pub(super) fn bears_on(&self, action: &str, bearing: &mut Bearing) {
        for (statement, written) in self.statements.iter().zip(self.written()) {
            let body = &statement.body;
            if self.concerns(body, action) != Tri::No {
                keys_of(written, &mut bearing.keys);
                bearing.callers |= tells_callers_apart(body);
                bearing.resources |= tells_resources_apart(body);
            }
        }
    }

    /// The statements as they are written, in their order.
    fn written(&self) -> Vec<&Value> {
        match &self.as_value()["Statement"] {
            Value::Array(all) => all.iter().collect(),
            one => vec![one],
        }
    }
}

/// The condition keys that a statement depends on.
fn keys_of(statement: &Value, found: &mut BTreeSet<String>) {
    let operators = statement["Condition"].as_object().into_iter().flatten();
    let keys = operators.filter_map(|(_, keys)| keys.as_object()).flatten();
    found.extend(keys.map(|(key, _)| key.to_ascii_lowercase()));
    variables(statement, found);
}

fn tells_callers_apart(body: &Body) -> bool {
    match &body.principal {
        None => false,
        Some(Selection::Only(Principals::Named(by_type))) => {
            let names = by_type.get(&PrincipalType::Aws);
            !names.is_some_and(|names| names.iter().any(|name| name.key() == "*"))
        }
        Some(_) => true,
    }
}

fn tells_resources_apart(body: &Body) -> bool {
    match &body.resource {
        Some(Selection::Only(patterns)) => !patterns.iter().all(|it| it.key() == "*"),
        Some(Selection::AllBut(_)) => true,
        None => false,
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
