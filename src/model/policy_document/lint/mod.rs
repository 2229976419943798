//! Documents that AWS refuses, and documents that it accepts although they are probably mistakes:
//! one table of rules ([`rules`]), each judged for the document's dialect.
//!
//! The rules see the document as written, so that its author can find every path.

pub(super) mod catalogue;
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
    /// Its severity in the document's dialect.
    pub gravity: Gravity,
    /// `Statement[2].Principal`, counted from zero.
    pub path: String,
    /// What is wrong. Contains names of actions, but no other text of the policy: messages end up
    /// in logs.
    pub message: String,
    /// How to correct it.
    pub help: String,
}

impl PolicyDocument {
    /// All errors and doubtful parts of this document, in document order, by the rules of its
    /// dialect. `context` gives the partition that its names must be in; if it is empty, partitions
    /// are not judged.
    pub fn lint(&self, context: &Context) -> Vec<Lint> {
        self.examine(context, true)
    }

    /// [`Self::lint`] without what is only doubtful: the errors that no manifest may have. Faster,
    /// because actions are not looked up.
    pub fn faults(&self, context: &Context) -> Vec<Lint> {
        let mut lints = self.examine(context, false);
        lints.retain(|lint| lint.gravity != Gravity::Doubtful);
        lints
    }

    fn examine(&self, context: &Context, look_up: bool) -> Vec<Lint> {
        let mut linter = Linter {
            document: self,
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
        for (index, (place, statement)) in statements.into_iter().enumerate() {
            if let Some(fields) = statement.as_object() {
                linter.statement(&View { index, place, fields });
            }
        }
        linter.lints
    }
}

/// One statement with its path. Its types were checked when the document was parsed.
struct View<'a> {
    /// Its position in the document.
    index: usize,
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

    /// The element or its negation, whichever is present: its path, whether it is the negation, and
    /// its value.
    fn element(&self, name: &str) -> Option<(Place, bool, &'a Value)> {
        let negation = format!("Not{name}");
        [(name, false), (&negation, true)].into_iter().find_map(|(name, negated)| {
            self.fields.get(name).map(|value| (self.place.field(name), negated, value))
        })
    }

    /// Whether there is no condition, or one without tests.
    fn is_unconditional(&self) -> bool {
        let operators = self.fields.get("Condition").and_then(Value::as_object);
        operators
            .into_iter()
            .flat_map(Map::values)
            .all(|keys| keys.as_object().is_none_or(Map::is_empty))
    }
}

/// One string or the strings of a list, each with its path.
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
    document: &'a PolicyDocument,
    dialect: Dialect,
    version: Version,
    /// Whether to look up actions in the catalog.
    look_up: bool,
    /// Empty if unknown.
    partition: &'a str,
    lints: Vec<Lint>,
    /// The first occurrence of every Sid.
    sids: BTreeMap<String, Place>,
    /// Tag keys in lower case, as they were first written.
    tag_keys: BTreeMap<String, String>,
}

impl Linter<'_> {
    /// Adds a finding with the rule's own message, if the rule applies to the dialect.
    fn add(&mut self, rule: LintRule, place: &Place) {
        self.report(rule, place, rule.why().to_owned(), rule.help().to_owned());
    }

    fn report(&mut self, rule: LintRule, place: &Place, message: String, help: String) {
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

    /// Sizes of the minified text, which is what palisade sends and AWS counts.
    fn size(&mut self, document: &PolicyDocument) {
        let text = document.to_minified_json();
        let (size, limit, unit) = match self.dialect {
            // "What's New" of 15 May 2026: raised from 5,120 to 10,240 characters in every
            // partition. The user guide says bytes in one place and characters in another; bytes
            // are the stricter reading.
            Dialect::ServiceControlPolicy => (text.len(), 10_240, "bytes"),
            // Organizations quotas.
            Dialect::ResourceControlPolicy => (text.len(), 5_120, "bytes"),
            // KMS quotas; this one cannot be raised.
            Dialect::KeyPolicy => (text.len(), 32_768, "bytes"),
            // AWS PrivateLink quotas.
            Dialect::EndpointPolicy => (text.chars().count(), 20_480, "characters"),
            // S3 user guide, bucket policies.
            Dialect::BucketPolicy => (text.len(), 20_480, "bytes"),
            // ECR API reference, SetRepositoryPolicy.
            Dialect::RepositoryPolicy => (text.len(), 10_240, "bytes"),
            // IAM quotas: 2,048 characters, which can be raised to this.
            Dialect::TrustPolicy => (text.chars().count(), 4_096, "characters"),
            // The quota applies to the sum of an identity's policies.
            Dialect::IdentityPolicy => return,
        };
        if size > limit {
            let message = format!(
                "{size} {unit} without white space, {} more than the {limit} AWS takes",
                size - limit
            );
            let help = LintRule::TooLong.help().to_owned();
            self.report(LintRule::TooLong, &Place::default(), message, help);
        }
    }
}
