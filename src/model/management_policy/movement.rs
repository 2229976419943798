//! What differs between two policies, and what that opens and closes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::shape::{ALL, APPEND, ASSIGN, CHILDREN, Gives, NONE, REMOVE, Setting, Shape};
use crate::model::policy_document::Widening;

/// One value that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it is: `ec2_attributes.serial_console_access.status.@@assign`.
    pub path: String,
    /// What it was; `None` for nothing.
    pub old: Option<Value>,
    /// What it becomes; `None` for nothing.
    pub new: Option<Value>,
    /// What that does.
    pub widening: Widening,
    /// Whether it may stop what is in use.
    pub cuts: bool,
}

/// The same value with the members of objects and the values of lists in one order, each once.
pub(super) fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, inner)| (name.clone(), canonical(inner))).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(canonical).collect();
            items.sort_by_key(Value::to_string);
            items.dedup();
            Value::Array(items)
        }
        plain => plain.clone(),
    }
}

pub(super) fn changes(shape: &Shape, old: Option<&Value>, new: Option<&Value>) -> Vec<Change> {
    let mut found = Vec::new();
    part(Some(shape), old, new, "", &mut found);
    found
}

/// Collects what differs in a part of the policy; `None` is a part that is not known.
fn part(
    shape: Option<&Shape>,
    old: Option<&Value>,
    new: Option<&Value>,
    path: &str,
    found: &mut Vec<Change>,
) {
    if old.map(canonical) == new.map(canonical) {
        return;
    }
    let is_object = |value: Option<&Value>| value.is_none_or(Value::is_object);
    if !is_object(old) || !is_object(new) {
        let (old, new) = (old.cloned(), new.cloned());
        let cuts = shape.is_some_and(may_cut);
        let widening = Widening::Unknown;
        return found.push(Change { path: path.to_owned(), old, new, widening, cuts });
    }
    let members = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
    let (old, new) = (members(old).unwrap_or_default(), members(new).unwrap_or_default());
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (old, new) = (old.get(name), new.get(name));
        let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let widening = match shape {
            _ if old.map(canonical) == new.map(canonical) => continue,
            _ if name == CHILDREN => children(old, new),
            Some(Shape::Setting(setting)) => moved(*setting, name, old, new),
            Some(Shape::Named(each)) => {
                part(Some(each), old, new, &at, found);
                continue;
            }
            Some(Shape::Members { known, .. }) => {
                let inner = known.iter().find(|(known, _)| known == name).map(|(_, it)| it);
                part(inner, old, new, &at, found);
                continue;
            }
            None => Widening::Unknown,
        };
        let cuts = match shape {
            Some(Shape::Setting(Setting::Cutting(words, from))) if name != CHILDREN => {
                widening != Widening::Widens && reaches(words, *from, new)
            }
            _ => false,
        };
        found.push(Change { path: at, old: old.cloned(), new: new.cloned(), widening, cuts });
    }
}

/// What policies further down may do: fewer operators close.
fn children(old: Option<&Value>, new: Option<&Value>) -> Widening {
    let operators = |value: Option<&Value>| -> Option<BTreeSet<String>> {
        let every = || [ASSIGN, APPEND, REMOVE].map(str::to_owned).into();
        let Some(value) = value else { return Some(every()) };
        let listed = texts(value)?;
        let all = listed.contains(ALL);
        Some(if all { every() } else { listed.into_iter().filter(|it| it != NONE).collect() })
    };
    match (operators(old), operators(new)) {
        (Some(old), Some(new)) => shift(&old, &new),
        _ => Widening::Unknown,
    }
}

fn moved(setting: Setting, operator: &str, old: Option<&Value>, new: Option<&Value>) -> Widening {
    match setting {
        Setting::Note => Widening::Neutral,
        Setting::Ranked(words) | Setting::Cutting(words, _) if operator == ASSIGN => {
            ranked(words, old, new)
        }
        Setting::Each(Gives::Nothing) => Widening::Neutral,
        Setting::Each(gives @ (Gives::Allows | Gives::Forbids)) => list(gives, operator, old, new),
        Setting::Ranked(_)
        | Setting::Cutting(..)
        | Setting::Value
        | Setting::Each(Gives::Unknown) => Widening::Unknown,
    }
}

/// Whether a value may be one of the words from that one on. What is inherited or set in the
/// accounts, and what is not known, may be.
fn reaches(words: &[&str], from: usize, value: Option<&Value>) -> bool {
    let rank = value.and_then(|value| words.iter().position(|word| value == word));
    rank.is_none_or(|rank| rank >= from)
}

/// Whether something in a part of a policy may stop what is in use.
fn may_cut(shape: &Shape) -> bool {
    match shape {
        Shape::Members { known, .. } => known.iter().any(|(_, inner)| may_cut(inner)),
        Shape::Named(each) => may_cut(each),
        Shape::Setting(setting) => matches!(setting, Setting::Cutting(..)),
    }
}

/// Where a policy says nothing, what is inherited or set in the account counts, which is unknown
/// here: only the ends of the scale are certain against it.
fn ranked(words: &[&str], old: Option<&Value>, new: Option<&Value>) -> Widening {
    let rank = |value: Option<&Value>| match value {
        None => Some(None),
        Some(value) => words.iter().position(|word| value == word).map(Some),
    };
    let last = words.len().saturating_sub(1);
    match (rank(old), rank(new)) {
        (Some(Some(old)), Some(Some(new))) if new > old => Widening::Narrows,
        (Some(Some(old)), Some(Some(new))) if new < old => Widening::Widens,
        (Some(None), Some(Some(0))) => Widening::Widens,
        (Some(None), Some(Some(new))) if new == last => Widening::Narrows,
        (Some(Some(0)), Some(None)) => Widening::Narrows,
        (Some(Some(old)), Some(None)) if old == last => Widening::Widens,
        _ => Widening::Unknown,
    }
}

/// A list that is assigned replaces what is inherited, so its appearance may do anything.
fn list(gives: Gives, operator: &str, old: Option<&Value>, new: Option<&Value>) -> Widening {
    if operator == ASSIGN && (old.is_none() || new.is_none()) {
        return Widening::Unknown;
    }
    let entries = |value: Option<&Value>| value.map_or(Some(BTreeSet::new()), texts);
    let (Some(old), Some(new)) = (entries(old), entries(new)) else { return Widening::Unknown };
    let allows = (gives == Gives::Allows) != (operator == REMOVE);
    match (shift(&old, &new), allows) {
        (Widening::Widens, false) => Widening::Narrows,
        (Widening::Narrows, false) => Widening::Widens,
        (shift, _) => shift,
    }
}

/// Entries that allow: more of them open.
fn shift(old: &BTreeSet<String>, new: &BTreeSet<String>) -> Widening {
    match (new.is_superset(old), old.is_superset(new)) {
        (true, true) => Widening::Neutral,
        (true, false) => Widening::Widens,
        (false, true) => Widening::Narrows,
        (false, false) => Widening::Mixed,
    }
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::String(one) => Some(BTreeSet::from([one.clone()])),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
