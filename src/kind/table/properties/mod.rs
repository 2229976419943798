//! The properties of a resource as AWS's own documentation writes them: one row whose value is a
//! tree.
//!
//! Only what a manifest names is compared and changed. Objects are partial: each of their members
//! is a difference of its own, with a path, so that nothing is sent at or above what AWS cannot
//! change. Lists are whole. `null` says that there must be none. What a member is like (its form,
//! whether it can be set or changed, what a change risks) is in the tree of [`Property`] values,
//! which a kind makes from data.

mod check;
mod diff;
mod exclusive;
mod same;
mod sent;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub use self::diff::Difference;
use super::{Text, Tree};
use crate::{
    kind::Reach,
    model::{
        Risk,
        policy_document::{Context, Dialect},
    },
};

/// The members of an object, by name.
pub type Members = BTreeMap<Text, Property>;

/// The properties of a resource.
#[derive(Debug, Clone)]
pub struct Properties {
    /// Its members.
    pub members: Members,
    /// Whether there are others, of which nothing is known: they are only compared.
    pub open: bool,
    /// Those that every manifest must name, unless it only observes.
    pub required: Vec<Text>,
    /// Pairs of which AWS accepts one.
    pub exclusive: Vec<Exclusive>,
    /// Whose access the policies in it decide, if it has policies that can lock somebody out.
    pub reach: Option<fn(&Tree) -> Reach>,
    /// What nobody can see of it, a sentence each.
    pub blind: Vec<Text>,
}

/// Two members of an object of which AWS accepts one in a request. It may return both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exclusive {
    /// The object: names joined by `/`, `*` for the items of a list; empty for the resource itself.
    pub of: &'static str,
    /// The one that counts where AWS returns both.
    pub first: &'static str,
    /// The one that AWS then derives from it.
    pub second: &'static str,
}

/// What one member is like.
#[derive(Debug, Clone)]
pub struct Property {
    /// The form of its values.
    pub sort: Sort,
    /// Why a manifest cannot name it, and how to fix that.
    pub refused: Option<(Text, Text)>,
    /// Whether a manifest writes it in small letters.
    pub lower: bool,
    /// A value that a manifest cannot say, why, and how to fix that.
    pub never: Option<(Value, Text, Text)>,
    /// Whether AWS never changes it once the resource exists.
    pub fixed: bool,
    /// Whether AWS fills it in and refuses it in requests.
    pub read_only: bool,
    /// Whether AWS takes it and never returns it, so that nobody sees whether it is as wanted: it
    /// is sent with a create and with every other change, which would remove it otherwise.
    pub unseen: bool,
    /// Whether AWS keeps the items of a list that a request does not name: they are then not
    /// compared.
    pub partial: bool,
    /// What a change of it risks.
    pub risk: Word,
}

/// The form of a value.
#[derive(Debug, Clone)]
pub enum Sort {
    /// An object: partial.
    Object(Members),
    /// A list: whole.
    List {
        /// What each item is.
        of: Box<Property>,
        /// Whether the order of the items means something.
        ordered: bool,
        /// The least number of items that AWS accepts in a request, although it may return fewer.
        min: usize,
    },
    /// A text.
    Text,
    /// A number; AWS may return it as a text.
    Number,
    /// Yes or no; AWS may return it as a text.
    Bool,
    /// Whatever AWS accepts there.
    Any,
    /// A JSON document, as an object or as a text.
    Json,
    /// The same, which AWS takes as a text only.
    JsonText,
    /// A policy document, as an object or as a text.
    Policy(Dialect),
}

/// What a change risks.
#[derive(Debug, Clone)]
pub enum Word {
    /// Always this.
    Always(Risk),
    /// The risk of a change to this value, and of a change to anything else.
    Towards {
        /// The value.
        value: Value,
        /// The risk of changing to it.
        there: Risk,
        /// The risk of changing to anything else.
        back: Risk,
    },
    /// What the comparison of the two documents says.
    Meaning,
    /// What this says of the live value and the one that is to be there, `null` for none.
    Judged(Judge),
}

/// Judges a change from a live value to another one.
pub type Judge = fn(&Value, &Value, &Context) -> Risk;

impl Property {
    /// A member that can be set and changed. Nobody has said what a change risks, so that it
    /// loosens.
    pub fn new(sort: Sort) -> Self {
        Self {
            sort,
            refused: None,
            lower: false,
            never: None,
            fixed: false,
            read_only: false,
            unseen: false,
            partial: false,
            risk: Word::Always(Risk::LOOSENS),
        }
    }

    /// Whether it, or anything in it, can never be changed.
    fn has_fixed(&self) -> bool {
        self.fixed
            || match &self.sort {
                Sort::Object(members) => members.values().any(Self::has_fixed),
                Sort::List { of, .. } => of.has_fixed(),
                _ => false,
            }
    }

    /// The member at a path below it, `*` for the items of a list.
    pub fn at_mut(&mut self, path: &str) -> Option<&mut Self> {
        let (name, rest) = match path.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let member = match &mut self.sort {
            Sort::Object(members) => members.get_mut(name)?,
            Sort::List { of, .. } if name == "*" => of.as_mut(),
            _ => return None,
        };
        match rest {
            Some(rest) => member.at_mut(rest),
            None => Some(member),
        }
    }

    /// Says what a change of it risks, and of everything in it.
    pub fn say(&mut self, word: &Word) {
        self.risk = word.clone();
        match &mut self.sort {
            Sort::Object(members) => members.values_mut().for_each(|it| it.say(word)),
            Sort::List { of, .. } => of.say(word),
            _ => {}
        }
    }

    /// Its form as JSON schema: names and forms, and `null` for none.
    fn schema(&self) -> Value {
        let typed = |words: &[&str]| json!({ "type": words });
        match &self.sort {
            Sort::Object(members) => schema_of(members),
            Sort::List { of, .. } => json!({"type": ["array", "null"], "items": of.schema()}),
            Sort::Text => typed(&["string", "null"]),
            Sort::Number => typed(&["number", "string", "null"]),
            Sort::Bool => typed(&["boolean", "string", "null"]),
            Sort::Json | Sort::JsonText | Sort::Policy(_) => typed(&["object", "string", "null"]),
            Sort::Any => json!({}),
        }
    }
}

fn schema_of(members: &Members) -> Value {
    let named = members.iter().filter(|(_, property)| property.refused.is_none());
    let named: Map<_, _> =
        named.map(|(name, property)| (name.to_string(), property.schema())).collect();
    json!({"type": ["object", "null"], "properties": named, "additionalProperties": false})
}

impl Properties {
    /// The JSON schema of what a manifest writes.
    pub(super) fn schema(&self) -> Value {
        let mut schema = schema_of(&self.members);
        schema["additionalProperties"] = json!(self.open);
        schema["type"] = json!("object");
        schema["required"] = json!(self.required);
        schema
    }

    /// The names of the members that are texts and that AWS returns: what references may name.
    pub(super) fn attributes(&self) -> Vec<String> {
        let is_text = |property: &Property| matches!(property.sort, Sort::Text);
        let returned = |property: &Property| {
            property.read_only || property.refused.is_none() && !property.unseen
        };
        let named = self.members.iter().filter(|(_, it)| is_text(it) && returned(it));
        named.map(|(name, _)| name.to_string()).collect()
    }

    /// The member at a path joined by dots.
    pub(super) fn at(&self, path: &str) -> Option<&Property> {
        let mut members = &self.members;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            let property = members.get(name)?;
            if names.peek().is_none() {
                return Some(property);
            }
            let Sort::Object(inner) = &property.sort else { return None };
            members = inner;
        }
        None
    }

    /// The paths and dialects of the policies that are not in lists.
    pub(super) fn policies(&self) -> Vec<(String, Dialect)> {
        let mut found = Vec::new();
        policies_in(&self.members, "", &mut found);
        found
    }

    /// What would not be in a request although AWS returns it: what only AWS fills in, and empty
    /// lists where AWS accepts none.
    pub fn husks(&self, live: &Tree) -> Vec<String> {
        let mut found = Vec::new();
        husks_in(&self.members, live, "", &mut found);
        found
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn policies_in(members: &Members, path: &str, found: &mut Vec<(String, Dialect)>) {
    for (name, property) in members {
        match &property.sort {
            Sort::Policy(dialect) => found.push((below(path, name), *dialect)),
            Sort::Object(inner) => policies_in(inner, &below(path, name), found),
            _ => {}
        }
    }
}

fn husks_in(members: &Members, live: &Tree, path: &str, found: &mut Vec<String>) {
    for (name, property) in members {
        let Some(value) = live.get(name.as_ref()) else { continue };
        match (&property.sort, value) {
            _ if property.has_fixed() || property.read_only => {}
            (Sort::List { min, .. }, Value::Array(items)) if *min > 0 && items.is_empty() => {
                found.push(below(path, name));
            }
            (Sort::Object(inner), Value::Object(value)) => {
                husks_in(inner, value, &below(path, name), found);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
