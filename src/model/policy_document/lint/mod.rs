//! What AWS refuses in a document, and what it accepts and nobody means: one table of rules ([`rules`]), each of them
//! judged for the dialect that the document is written in.
//!
//! The rules look at the document as written, so that every place is one that the author can find.

mod catalogue;
mod conditions;
mod elements;
mod names;
mod principals;
mod rules;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

pub use rules::{Gravity, LintRule, Topic};

use super::{Context, Dialect, PolicyDocument, Version, canonical::Effect, error::Place};

/// One finding about a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// Which rule found it.
    pub rule: LintRule,
    /// What follows from it in the document's dialect.
    pub gravity: Gravity,
    /// `Statement[2].Principal`, counted from zero.
    pub path: String,
    /// What is wrong. Names of actions are repeated, other texts of the policy are not: problems end up in logs.
    pub message: String,
    /// A way out.
    pub help: String,
}

impl PolicyDocument {
    /// Everything that is wrong with this document or doubtful in it, in document order, by the rules of its dialect.
    /// `context` says which partition its names must be of; an empty one judges no partition.
    pub fn lint(&self, context: &Context) -> Vec<Lint> {
        self.examine(context, true)
    }

    /// [`Self::lint`] without what is only doubtful: what no manifest may say. Quicker, because actions are not looked up.
    pub fn faults(&self, context: &Context) -> Vec<Lint> {
        let mut lints = self.examine(context, false);
        lints.retain(|lint| lint.gravity != Gravity::Doubtful);
        lints
    }

    fn examine(&self, context: &Context, look_up: bool) -> Vec<Lint> {
        let mut linter = Linter {
            look_up,
            dialect: self.dialect,
            version: self.version,
            partition: &context.partition,
            lints: Vec::new(),
            sids: BTreeMap::new(),
            tag_keys: BTreeMap::new(),
        };
        linter.size(self);
        let root = Place::default().field("Statement");
        let statements = match &self.authored["Statement"] {
            Value::Array(all) if all.is_empty() => {
                linter.add(LintRule::NoStatements, &root);
                Vec::new()
            }
            Value::Array(all) => {
                all.iter().enumerate().map(|(index, one)| (root.item(index), one)).collect()
            }
            one => vec![(root, one)],
        };
        for (place, statement) in statements {
            if let Some(fields) = statement.as_object() {
                linter.statement(&View { place, fields });
            }
        }
        linter.lints
    }
}

/// One statement with its place. Its types have been checked when the document was read.
struct View<'a> {
    place: Place,
    fields: &'a Map<String, Value>,
}

impl<'a> View<'a> {
    fn effect(&self) -> Effect {
        if self.fields.get("Effect").and_then(Value::as_str) == Some("Allow") {
            Effect::Allow
        } else {
            Effect::Deny
        }
    }

    /// The element or its negation, whichever is there: its place, whether it is the negation, and its value.
    fn element(&self, name: &str) -> Option<(Place, bool, &'a Value)> {
        let negation = format!("Not{name}");
        [(name, false), (&negation, true)].into_iter().find_map(|(name, negated)| {
            self.fields.get(name).map(|value| (self.place.field(name), negated, value))
        })
    }

    /// No condition, or one that lists nothing to test.
    fn is_unconditional(&self) -> bool {
        let operators = self.fields.get("Condition").and_then(Value::as_object);
        operators
            .into_iter()
            .flat_map(Map::values)
            .all(|keys| keys.as_object().is_none_or(Map::is_empty))
    }
}

/// One string or the strings of a list, each with its place.
fn texts<'a>(value: &'a Value, place: &Place) -> Vec<(Place, &'a str)> {
    match value {
        Value::String(one) => vec![(place.clone(), one)],
        Value::Array(all) => all
            .iter()
            .enumerate()
            .filter_map(|(index, item)| Some((place.item(index), item.as_str()?)))
            .collect(),
        _ => Vec::new(),
    }
}

struct Linter<'a> {
    dialect: Dialect,
    version: Version,
    /// Whether actions are looked up in the catalogue.
    look_up: bool,
    /// Empty: not known.
    partition: &'a str,
    lints: Vec<Lint>,
    /// Where every Sid stands first.
    sids: BTreeMap<String, Place>,
    /// Tag keys in lower case, as they were first written.
    tag_keys: BTreeMap<String, String>,
}

impl Linter<'_> {
    /// Notes a finding in the rule's own words, if the rule is one of the dialect's.
    fn add(&mut self, rule: LintRule, place: &Place) {
        self.say(rule, place, rule.why().to_owned(), rule.help().to_owned());
    }

    fn say(&mut self, rule: LintRule, place: &Place, message: String, help: String) {
        if let Some(gravity) = rule.gravity(self.dialect) {
            self.lints.push(Lint { rule, gravity, path: place.path(), message, help });
        }
    }

    fn statement(&mut self, view: &View<'_>) {
        self.sid(view);
        self.effect(view);
        self.principals(view);
        self.actions(view);
        self.resources(view);
        if self.denies_everything(view) {
            self.add(LintRule::DenyEverything, &view.place);
        }
        self.conditions(view);
    }

    /// Sizes are those of the minified text, which is what palisade sends; AWS counts what it is sent.
    fn size(&mut self, document: &PolicyDocument) {
        let text = document.to_minified_json();
        let (size, limit, unit) = match self.dialect {
            // "What's New" of 15 May 2026: raised from 5,120 to 10,240 characters in every partition. The user guide
            // says bytes in one place and characters in another; bytes are the smaller allowance.
            Dialect::ServiceControlPolicy => (text.len(), 10_240, "bytes"),
            // Organizations quotas.
            Dialect::ResourceControlPolicy => (text.len(), 5_120, "bytes"),
            // KMS quotas; it cannot be raised.
            Dialect::KeyPolicy => (text.len(), 32_768, "bytes"),
            // AWS PrivateLink quotas.
            Dialect::EndpointPolicy => (text.chars().count(), 20_480, "characters"),
            // The quota is on the sum of the policies of an identity.
            Dialect::IdentityPolicy => return,
        };
        if size > limit {
            let message = format!(
                "{size} {unit} without white space, {} more than the {limit} AWS takes",
                size - limit
            );
            let help = LintRule::TooLong.help().to_owned();
            self.say(LintRule::TooLong, &Place::default(), message, help);
        }
    }
}
