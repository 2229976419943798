//! From a live state back to a spec, by the rows: the inverse of `resolve`.
//!
//! A row that has AWS's default, or that says nothing, is left out. A list of the whole resource is
//! written even if it is empty: what somebody adds to it is a difference then.

use serde_json::{Value, json};

use super::{
    Absent, Form, How, Keyed, Leaf, Null, Table, Tree, chosen,
    diff::unread,
    expand::POLICY,
    policy::why_unreadable,
    properties::{Members, Properties, Property, Sort},
    read::ENABLED,
    texts, tree,
};
use crate::kind::{
    Naming, Omitted, Written, blocks::POLICY_BLOCKS, id_form, written_document as document,
};

impl Table {
    /// What a manifest says about this live state.
    pub(super) fn manifest(&self, have: &Tree, by: &dyn Naming) -> Written {
        let mut written = Written::default();
        for (path, why) in unread(have) {
            let why = format!("it could not be read: {why}");
            written.left_out.push(Omitted { field: path.to_owned(), why });
        }
        for leaf in &self.leaves {
            let value = have.get(leaf.path.as_ref()).unwrap_or(&Value::Null);
            if let Some(value) = leaf.manifest(value, have, by, &mut written.left_out) {
                written.spec.insert(leaf.path.clone().into_owned(), value);
            }
        }
        self.write_blocks(have, by, &mut written.spec);
        written
    }

    /// Replaces the statements of the policy that blocks explain by those blocks.
    fn write_blocks(&self, have: &Tree, by: &dyn Naming, spec: &mut Tree) {
        let (Some(dialect), Some(policy)) = (self.policy_dialect(), have.get(POLICY)) else {
            return;
        };
        if !policy.is_object() || !spec.contains_key(POLICY) {
            return;
        }
        let Some(found) = by.blocks(dialect, policy) else { return };
        match found.rest {
            Some(rest) => drop(spec.insert(POLICY.to_owned(), document(&rest, by))),
            None => drop(spec.shift_remove(POLICY)),
        }
        spec.insert(POLICY_BLOCKS.to_owned(), found.blocks);
    }

    /// What the resource is called in AWS, or what it leads to.
    pub(super) fn called(&self, have: &Tree) -> Option<String> {
        let names = |path: &str| path == "name" || path.ends_with("Name") || path == "service";
        let is_name = |leaf: &&Leaf| matches!(leaf.form, Form::Text(_)) && names(&leaf.path);
        let named = self.leaves.iter().filter(is_name);
        let mut names = named.filter_map(|leaf| have.get(leaf.path.as_ref())?.as_str());
        let name = names.find(|name| !name.is_empty()).map(str::to_owned);
        // Ids of other resources and sentences are no names.
        let is_one = |key: &String| id_form(key).is_none_or(|_| key.starts_with("alias/"));
        let keys = || (self.natural_keys)(have).into_iter();
        name.or_else(|| keys().find(|key| is_one(key) && !key.contains(' ')))
    }
}

impl Leaf {
    /// Its value in a spec; nothing if it is left out.
    fn manifest(
        &self,
        value: &Value,
        have: &Tree,
        by: &dyn Naming,
        left_out: &mut Vec<Omitted>,
    ) -> Option<Value> {
        // Whether something runs is for those who work with it.
        let is_runtime = matches!(self.change, How::Runs { .. });
        if !self.is_written() || is_runtime || self.is_unread(have) {
            return None;
        }
        if self.says_nothing(value) {
            // Of a row that a manifest must say.
            let needed = matches!(self.absent, Absent::Required(..) | Absent::Derived);
            let is_none = needed && matches!(&self.null, Null::None(_)) && value.is_null();
            return is_none.then_some(Value::Null);
        }
        let means = matches!(&self.absent, Absent::Means(meant) if meant == value);
        if means || self.default.as_ref() == Some(value) {
            return None;
        }
        if let Some(why) = why_unreadable(value) {
            let why = format!("palisade cannot read it: {why}");
            left_out.push(Omitted { field: self.path.clone().into_owned(), why });
            return None;
        }
        self.form.manifest(value, have, by, left_out)
    }

    /// Whether there is nothing to say. A list of the whole resource always says something.
    fn says_nothing(&self, value: &Value) -> bool {
        let is_list = self.is_list() || matches!(self.form, Form::Keyed(_));
        match value {
            Value::String(text) => text.is_empty(),
            Value::Array(_) | Value::Object(_) if is_list => {
                tree::is_none(value) && (self.is_left_out() || !self.takes_none())
            }
            other => tree::is_none(other),
        }
    }

    fn takes_none(&self) -> bool {
        matches!(self.null, Null::None(_))
    }
}

impl Form {
    fn manifest(
        &self,
        value: &Value,
        have: &Tree,
        by: &dyn Naming,
        left_out: &mut Vec<Omitted>,
    ) -> Option<Value> {
        Some(match self {
            Self::Text(_) | Self::Script(_) => json!(by.text(value.as_str()?)),
            // What others have made is not blessed by naming it; audits find it.
            Self::Allowed(_) => return None,
            Self::Set { .. } => texts(value).map(|text| json!(by.text(text))).collect(),
            Self::Role { accepts, .. } => by.target(*accepts, value.as_str()?),
            Self::Target(named) => by.target(named.accepts, value.as_str()?),
            Self::Key { accepts, .. } => match value.as_str()? {
                alias if alias.starts_with("alias/") => json!(by.text(alias)),
                key => by.target(*accepts, key),
            },
            Self::Targets { each, one_of_each: Some(_), .. } => {
                chosen(value).into_iter().map(|id| by.target(each.accepts, &id)).collect()
            }
            Self::Targets { each, .. } => {
                texts(value).map(|id| by.target(each.accepts, id)).collect()
            }
            Self::Policy { .. } if value.is_object() => document(value, by),
            Self::Switch { details, .. } => {
                let members = value.as_object()?;
                let on = members.get(ENABLED).and_then(Value::as_bool).unwrap_or(true);
                let mut written = Tree::from_iter([(ENABLED.to_owned(), json!(on))]);
                for detail in details.iter().filter(|_| on) {
                    let value = members.get(detail.path.as_ref()).unwrap_or(&Value::Null);
                    if let Some(value) = detail.manifest(value, have, by, left_out) {
                        written.insert(detail.path.clone().into_owned(), value);
                    }
                }
                Value::Object(written)
            }
            Self::Group { rows, .. } | Self::Choice { rows, .. } => {
                let members = group(rows, value.as_object()?, have, by, left_out);
                return (!members.is_empty()).then_some(Value::Object(members));
            }
            Self::Items { of, .. } => {
                let items = value.as_array().into_iter().flatten();
                // One that says nothing is still one of them.
                let nothing = || json!({});
                items
                    .map(|item| of.manifest(item, have, by, left_out).unwrap_or_else(nothing))
                    .collect()
            }
            Self::Keyed(keyed) => keyed.manifest_list(value, have, by, left_out),
            Self::Properties(properties) => properties.manifest(value, by),
            Self::Bool
            | Self::Int(_)
            | Self::Word { .. }
            | Self::Words { .. }
            | Self::Policy { .. } => value.clone(),
        })
    }
}

fn group(
    rows: &[Leaf],
    members: &Tree,
    have: &Tree,
    by: &dyn Naming,
    left_out: &mut Vec<Omitted>,
) -> Tree {
    let written = rows.iter().filter_map(|row| {
        let value = members.get(row.name())?;
        Some((row.name().to_owned(), row.manifest(value, have, by, left_out)?))
    });
    written.collect()
}

impl Keyed {
    fn manifest_list(
        &self,
        value: &Value,
        have: &Tree,
        by: &dyn Naming,
        left_out: &mut Vec<Omitted>,
    ) -> Value {
        let Form::Group { rows, .. } = self.of.as_ref() else { return json!([]) };
        let entries = value.as_object().into_iter().flatten();
        let entries = entries.map(|(key, value)| {
            let members = (self.members)(key, value);
            Value::Object(group(rows, &members, have, by, left_out))
        });
        entries.collect()
    }
}

impl Properties {
    /// The properties that a manifest can name.
    fn manifest(&self, live: &Value, by: &dyn Naming) -> Value {
        let empty = Tree::new();
        Value::Object(properties(&self.members, live.as_object().unwrap_or(&empty), by))
    }
}

fn properties(members: &Members, live: &Tree, by: &dyn Naming) -> Tree {
    let named = live.iter().filter_map(|(name, value)| {
        let property = members.get(name.as_str())?;
        Some((name.clone(), property.manifest(value, by)?))
    });
    named.collect()
}

impl Property {
    fn manifest(&self, live: &Value, by: &dyn Naming) -> Option<Value> {
        if self.refused.is_some() || self.read_only || tree::is_none(live) {
            return None;
        }
        Some(match (&self.sort, live) {
            (Sort::Object(members), Value::Object(live)) => {
                let written = properties(members, live, by);
                return (!written.is_empty()).then_some(Value::Object(written));
            }
            (Sort::List { of, .. }, Value::Array(items)) => {
                // One that says nothing is still one of them.
                let nothing = |item: &Value| item.is_object().then(|| json!({}));
                items
                    .iter()
                    .filter_map(|item| of.manifest(item, by).or_else(|| nothing(item)))
                    .collect()
            }
            (Sort::Policy(_), live) => document(&parsed(live), by),
            (Sort::Json | Sort::JsonText, live) => texts_of(&parsed(live), by),
            (_, live) => texts_of(live, by),
        })
    }
}

/// A JSON document in a text as what it says.
fn parsed(value: &Value) -> Value {
    let inner = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    inner.filter(Value::is_object).unwrap_or_else(|| value.clone())
}

fn texts_of(value: &Value, by: &dyn Naming) -> Value {
    match value {
        Value::String(text) => json!(by.property(text)),
        Value::Array(items) => items.iter().map(|item| texts_of(item, by)).collect(),
        Value::Object(members) => {
            let written = members.iter().map(|(name, inner)| (name.clone(), texts_of(inner, by)));
            Value::Object(written.collect())
        }
        plain => plain.clone(),
    }
}
