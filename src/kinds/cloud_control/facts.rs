//! Reads the facts of a type, and makes its tree of properties from them and its overlay.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::overlay::Overlay;
use crate::kind::table::{Members, Properties, Property, Sort, Text};

/// What the registry says about a type.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Facts {
    /// Where they come from.
    #[serde(rename = "source")]
    _source: String,
    /// The type's name.
    #[serde(rename = "type")]
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares it with the overlay"))]
    pub(super) name: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "a test says which handlers are needed"))]
    pub(super) handlers: Vec<String>,
    /// The properties whose values, joined by `|`, are its identifier.
    pub(super) identifier: Vec<String>,
    /// What AWS creates none without.
    pub(super) required: Vec<String>,
    pub(super) create_only: Vec<String>,
    conditional_create_only: Vec<String>,
    /// What AWS never returns.
    pub(super) write_only: Vec<String>,
    read_only: Vec<String>,
    deprecated: Vec<String>,
    /// The properties that a list has to be narrowed by.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test says that no list needs any"))]
    pub(super) list_requires: Vec<String>,
    /// What the handlers may call, by handler.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares them with the grants"))]
    pub(super) permissions: BTreeMap<String, Vec<String>>,
    properties: Value,
    /// How it is tagged; none if it cannot be.
    pub(super) tags: Option<Tagging>,
}

/// How a type is tagged.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Tagging {
    /// The property.
    pub(super) property: String,
    /// Whether it is a map, and not a list of keys with values.
    pub(super) map: bool,
    /// Whether a create call takes tags.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test says that it does"))]
    pub(super) on_create: bool,
    /// Whether they can be changed.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test says that they can be changed"))]
    pub(super) updatable: bool,
}

impl Facts {
    /// The tree of properties, as a manifest may write them.
    pub(super) fn tree(&self, overlay: &Overlay) -> Properties {
        let mut root = Property::new(sort(&self.properties));
        let refuse = |root: &mut Property, path: &str, why: &str, help: &str| {
            if let Some(property) = root.at_mut(path) {
                property.refused = Some((why.to_owned().into(), help.to_owned().into()));
            }
        };
        let (sent, hidden): (Vec<_>, Vec<_>) =
            self.write_only.iter().partition(|path| overlay.resent.contains(&path.as_str()));
        for path in sent {
            if let Some(property) = root.at_mut(path) {
                property.unseen = true;
            }
        }
        for path in hidden {
            let why = "AWS never returns it, so that nobody could see whether it is as wanted";
            refuse(&mut root, path, why, "leave it out");
        }
        for path in &self.deprecated {
            refuse(&mut root, path, "is deprecated: AWS may ignore it", "leave it out");
        }
        for path in &self.read_only {
            refuse(&mut root, path, "AWS fills it in: nobody can set it", "leave it out");
            if let Some(property) = root.at_mut(path) {
                property.read_only = true;
            }
        }
        if let Some(tags) = &self.tags {
            let help = "write the tags in `spec.tags`: those that others set stay";
            refuse(&mut root, &tags.property, "is where tags are in AWS", help);
        }
        for (path, why, help) in overlay.refused {
            refuse(&mut root, path, why, help);
        }
        for path in self.create_only.iter().chain(&self.conditional_create_only) {
            if let Some(property) = root.at_mut(path) {
                property.fixed = true;
            }
        }
        overlay.apply(&mut root);
        let members = match root.sort {
            Sort::Object(members) => members,
            _ => Members::new(),
        };
        let mut required: Vec<Text> = self.required.iter().map(|it| it.clone().into()).collect();
        // What is named by its identifier has to say it.
        let given = self.identifier.iter().filter(|name| !self.read_only.contains(name));
        let given = given.map(String::as_str);
        let made = overlay.identifier.made().map_or(&[][..], |made| made.needs);
        let given = given.chain(made.iter().copied());
        required.extend(
            given
                .filter(|name| !self.required.iter().any(|it| it == name))
                .map(|it| Text::from(it.to_owned())),
        );
        let unseen = overlay.resent.iter().map(|path| Text::from(unseen_note(path)));
        Properties {
            members,
            open: false,
            required,
            exclusive: overlay.exclusive.to_vec(),
            reach: overlay.reach,
            blind: overlay.blind.iter().map(|it| Text::from(*it)).chain(unseen).collect(),
        }
    }
}

/// What a plan says of a property that AWS never returns.
pub(super) fn unseen_note(path: &str) -> String {
    format!(
        "AWS never returns {path}: palisade sends it when it creates one and with every other \
         change, and cannot see whether it is as wanted, or whether the manifest has another one \
         than before"
    )
}

/// The form of a value, as `tests/facts/facts.py` writes it.
fn sort(shape: &Value) -> Sort {
    match shape {
        Value::Object(list) if list.contains_key("[]") => Sort::List {
            of: Box::new(Property::new(sort(&list["[]"]))),
            ordered: list.get("ordered") == Some(&Value::Bool(true)),
            min: list
                .get("min")
                .and_then(Value::as_u64)
                .and_then(|min| min.try_into().ok())
                .unwrap_or_default(),
        },
        Value::Object(members) => Sort::Object(
            members
                .iter()
                .map(|(name, inner)| (Text::from(name.clone()), Property::new(sort(inner))))
                .collect(),
        ),
        Value::String(word) => match word.as_str() {
            "text" => Sort::Text,
            "number" => Sort::Number,
            "bool" => Sort::Bool,
            _ => Sort::Any,
        },
        _ => Sort::Any,
    }
}
