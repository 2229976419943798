//! What AWS would refuse in a policy.

use serde_json::{Map, Value};

use super::shape::{ALL, APPEND, ASSIGN, CHILDREN, NONE, REMOVE, Setting, Shape};
use crate::model::did_you_mean;

/// Something that AWS would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it is: `tags.team.tag_key`; empty for the policy itself.
    pub path: String,
    /// What is wrong.
    pub why: String,
    /// How to correct it.
    pub help: String,
}

pub(super) fn faults(shape: &Shape, policy: &Value) -> Vec<Fault> {
    let mut checker = Checker { faults: Vec::new() };
    checker.part(shape, policy, "");
    let empty = |object: &Map<String, Value>| object.is_empty();
    if checker.faults.is_empty() && policy.as_object().is_some_and(empty) {
        checker.report("", "sets nothing", &known_names(shape));
    }
    checker.faults
}

struct Checker {
    faults: Vec<Fault>,
}

impl Checker {
    fn report(&mut self, path: &str, why: &str, help: &str) {
        let (path, why, help) = (path.to_owned(), why.to_owned(), help.to_owned());
        self.faults.push(Fault { path, why, help });
    }

    fn part(&mut self, shape: &Shape, value: &Value, path: &str) {
        let Some(object) = value.as_object() else {
            let help = match shape {
                Shape::Setting(_) => "write the value below `@@assign`".to_owned(),
                Shape::Named(_) => "write names with what is set for each".to_owned(),
                Shape::Members { .. } => known_names(shape),
            };
            return self.report(path, "an object is needed here", &help);
        };
        if let Some(children) = object.get(CHILDREN) {
            self.children(children, &below(path, CHILDREN));
        }
        for (name, inner) in object.iter().filter(|(name, _)| *name != CHILDREN) {
            let at = below(path, name);
            match shape {
                Shape::Setting(setting) => self.operator(*setting, name, inner, &at),
                _ if name.starts_with("@@") => self.report(
                    &at,
                    "an operator stands where a name is needed",
                    "operators stand in the settings themselves",
                ),
                Shape::Named(each) => self.part(each, inner, &at),
                Shape::Members { known, grows } => {
                    match known.iter().find(|(known, _)| known == name) {
                        Some((_, shape)) => self.part(shape, inner, &at),
                        None => self.unknown(shape, *grows, name, &at),
                    }
                }
            }
        }
    }

    fn unknown(&mut self, shape: &Shape, grows: bool, name: &str, at: &str) {
        match did_you_mean(name, names(shape)) {
            Some(near) => self.report(at, "unknown", &format!("did you mean `{near}`?")),
            None if grows => {}
            None => self.report(at, "unknown", &known_names(shape)),
        }
    }

    fn children(&mut self, value: &Value, at: &str) {
        let allowed = [ALL, NONE, ASSIGN, APPEND, REMOVE];
        let right = |value: &Value| value.as_str().is_some_and(|text| allowed.contains(&text));
        if !value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(right)) {
            let help = format!("write a list of {}", allowed.join(", "));
            self.report(at, "not a list of operators", &help);
        }
    }

    fn operator(&mut self, setting: Setting, name: &str, value: &Value, at: &str) {
        let lists = matches!(setting, Setting::Each(_));
        let known: &[&str] = if lists { &[ASSIGN, APPEND, REMOVE] } else { &[ASSIGN] };
        if !known.contains(&name) {
            let help = format!("write {} or {CHILDREN}", known.join(", "));
            return self.report(at, "not an operator of this setting", &help);
        }
        let (right, help) = match setting {
            Setting::Ranked(words) | Setting::Cutting(words, _) => (
                value.as_str().is_some_and(|text| words.contains(&text)),
                format!("write one of {}; case counts", words.join(", ")),
            ),
            Setting::Note => (value.is_string(), "write a text".to_owned()),
            Setting::Value => (
                value.is_string() || value.is_number() || value.is_boolean(),
                "write a text".to_owned(),
            ),
            Setting::Each(_) => {
                (value.is_string() || is_list_of_texts(value), "write a list of texts".to_owned())
            }
        };
        if !right {
            self.report(at, "not a value of this setting", &help);
        }
    }
}

fn is_list_of_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn names(shape: &Shape) -> impl Iterator<Item = &'static str> + use<> {
    let known = match shape {
        Shape::Members { known, .. } => known,
        Shape::Named(_) | Shape::Setting(_) => &[][..],
    };
    known.iter().map(|(name, _)| *name)
}

fn known_names(shape: &Shape) -> String {
    format!("the names are {}", names(shape).collect::<Vec<_>>().join(", "))
}
