//! One edit of a live resource: its stored form, its text for people, and the state after it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Call, Check, Form, How, Leaf, Null, Restore, Table, Text, Tree, get, keyed, policy,
    read::ENABLED, script, singles, template, texts, tree,
};
use crate::kind::Line;

/// An edit as it is stored and sent: nothing of the table is needed to make the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeafEdit {
    /// The path of the row.
    pub path: String,
    /// `service:Operation`; none if AWS has no call for it.
    pub operation: Option<String>,
    /// What happens to the leaf.
    pub verb: Verb,
    /// The key of the entry, where entries have keys; the entry itself in further lists of a table.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub entry: String,
    /// The live value, or for [`Verb::Take`] the id of the resource that has the entry; nothing for
    /// policies and scripts, which a plan shows in another way.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub old: Value,
    /// The value, or the entry, that is written.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub new: Value,
    /// The wanted values of the leaves that are sent too ([`Call::with`](super::Call::with)).
    #[serde(default, skip_serializing_if = "Tree::is_empty")]
    pub with: Tree,
}

/// What happens to a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verb {
    /// It is set to the new value.
    Set,
    /// It loses the removed entries, after the added ones were written ([`How::Members`]).
    Shrink,
    /// An entry is added.
    Add,
    /// An entry gets another value.
    Replace,
    /// An entry is removed.
    Remove,
    /// An entry is taken over from another resource of ours.
    Take,
    /// It is stopped for the sake of other edits, and started again after them.
    Rest,
    /// The resource is called back from being on its way out.
    Restore,
}

impl LeafEdit {
    /// The new value as a text; empty if it is none.
    pub fn text(&self) -> &str {
        self.new.as_str().unwrap_or_default()
    }

    /// Its name, the same in every pass: the leaf, or the entry if each entry is an edit of its
    /// own.
    pub(super) fn key(&self) -> String {
        match self.verb {
            _ if !self.entry.is_empty() => format!("{} {}", self.path, self.entry),
            Verb::Set | Verb::Restore => self.path.clone(),
            Verb::Shrink => format!("{} fewer", self.path),
            Verb::Rest => format!("{} rest", self.path),
            Verb::Add | Verb::Replace | Verb::Remove | Verb::Take => self.text().to_owned(),
        }
    }
}

/// Whether a switch, or a plain boolean, is on.
pub(super) fn is_on(value: &Value) -> bool {
    value.get(ENABLED).unwrap_or(value) == &Value::Bool(true)
}

impl Leaf {
    /// Whether the call that turns it on also writes this value, if there is a call for each
    /// direction.
    pub(super) fn turns_on(&self, value: &Value) -> bool {
        match &self.form {
            Form::Word { off, .. } => off.as_ref().is_none_or(|off| *value != **off),
            Form::Target(_) => !matches!(&self.null, Null::None(none) if value == none),
            _ => is_on(value),
        }
    }

    /// The edit in the imperative, or the message if AWS has no call for it.
    pub(super) fn summary(&self, edit: &LeafEdit, call: Option<&Call>) -> String {
        let why = match (&self.change, &self.form, call) {
            (_, Form::Policy { word: Some(word), .. }, Some(_)) if edit.new == *word.word => {
                return said(&word.says, edit);
            }
            (_, _, Some(call)) => return said(&call.says, edit),
            (How::Fixed(why) | How::Entries { remove: Err(why), .. }, _, None) => why.as_ref(),
            _ if self.stays_set(&edit.new) => "which no call of AWS unsets",
            (How::Until { why, .. }, _, None) => why.as_ref(),
            _ => "which AWS cannot do in place",
        };
        format!("change {}, {why}", edit.path)
    }

    /// The lines under it in a plan.
    pub(super) fn lines(&self, edit: &LeafEdit, want: &Tree, have: &Tree) -> Vec<Line> {
        let mut lines = match (&self.form, edit.verb) {
            (Form::Policy { .. }, _) => policy::lines(self, want, have),
            (Form::Keyed(keyed), _) => keyed.lines(&self.path, edit),
            (Form::Allowed(allowed), _) => allowed.lines(&self.path, edit),
            (Form::Properties(properties), _) => {
                let values = (get(have, &edit.path), &edit.new);
                properties.lines(self.part(edit), &edit.path, values, &policy::context(want))
            }
            (Form::Script(_), _) => {
                let [old, new] =
                    [get(have, &self.path), &edit.new].map(|it| it.as_str().unwrap_or_default());
                vec![Line::change(&self.path, script::shown(old), script::shown(new))]
            }
            (_, Verb::Add) => vec![Line::add(format!("{}: {}", self.path, edit.text()))],
            (_, Verb::Remove) => vec![Line::remove(format!("{}: {}", self.path, edit.text()))],
            (_, Verb::Take) => self.taken(edit),
            (Form::Items { .. }, _) => items(&self.path, &edit.old, &edit.new),
            (Form::Set { .. } | Form::Words { .. } | Form::Targets { .. }, _)
                if edit.operation.is_some() =>
            {
                let [old, new] = [&edit.old, &edit.new].map(|set| texts(set).collect());
                entries(&self.path, &old, &new)
            }
            _ => vec![Line::change(&self.path, self.shown(&edit.old), self.shown(&edit.new))],
        };
        let warns = self
            .calls()
            .into_iter()
            .find(|call| Some(&*call.operation) == edit.operation.as_deref());
        lines.extend(warns.and_then(|call| call.warns.as_deref()).map(Line::remove));
        lines
    }

    fn taken(&self, edit: &LeafEdit) -> Vec<Line> {
        let How::Entries { take: Some(take), .. } = &self.change else { return Vec::new() };
        let (from, to) = &take.shown;
        vec![Line::change(edit.text(), said(from, edit), to)]
    }

    /// A value on one line.
    fn shown(&self, value: &Value) -> String {
        match (&self.form, value) {
            // A text with a form of its own is readable without quotes.
            (Form::Text(Check::Any | Check::OrNumber | Check::Length(_)), Value::String(text)) => {
                format!("{text:?}")
            }
            (Form::Target(_), Value::Null) => "none".to_owned(),
            (Form::Target(_), Value::String(id)) if id.is_empty() => "none".to_owned(),
            (_, Value::Null) if self.can_be_left_out() => "none".to_owned(),
            (Form::Switch { .. }, value) if !is_on(value) => "off".to_owned(),
            (Form::Switch { shown, .. }, value) => {
                let member = |name: &str| plain(value.get(name)?);
                template::filled(shown, &member).unwrap_or_else(|| "on".to_owned())
            }
            (_, value) => plain(value).unwrap_or_else(|| "(unknown)".to_owned()),
        }
    }
}

fn entries(path: &Text, old: &BTreeSet<&str>, new: &BTreeSet<&str>) -> Vec<Line> {
    let gone = old.difference(new).map(|item| Line::remove(format!("{path}: {item}")));
    let come = new.difference(old).map(|item| Line::add(format!("{path}: {item}")));
    gone.chain(come).collect()
}

fn items(path: &Text, old: &Value, new: &Value) -> Vec<Line> {
    let [old, new] = [old, new].map(|list| list.as_array().map_or(&[][..], Vec::as_slice));
    let gone = old.iter().filter(|item| !new.contains(item));
    let come = new.iter().filter(|item| !old.contains(item));
    gone.map(|item| Line::remove(format!("{path}: {item}")))
        .chain(come.map(|item| Line::add(format!("{path}: {item}"))))
        .collect()
}

impl Table {
    /// Where an entry is that only one resource can have, after the entry ([`Take::shown`]); for
    /// entries that are resources themselves, and not names.
    pub(super) fn place_of(&self, have: &Tree, entry: &str, id: &str) -> Option<String> {
        let has = |leaf: &&Leaf| texts(get(have, &leaf.path)).any(|item| item == entry);
        let mut places =
            self.rows().into_iter().filter(has).filter_map(|leaf| match &leaf.change {
                How::Entries { take: Some(take), .. }
                    if matches!(leaf.form, Form::Targets { .. }) =>
                {
                    let from = |name: &str| (name == "from").then(|| id.to_owned());
                    template::filled(&take.shown.0, &from)
                }
                _ => None,
            });
        places.next()
    }
}

/// A template with the values of an edit filled in: `{path}`, `{item}`, `{from}`, `{changes}` of a
/// set, and the members of what is written.
pub(super) fn said(says: &str, edit: &LeafEdit) -> String {
    let value = |name: &str| match name {
        "path" => Some(edit.path.clone()),
        "item" if !edit.entry.is_empty() => Some(edit.entry.clone()),
        "item" => plain(&edit.new),
        "from" => plain(&edit.old),
        "changes" => Some(changes(&edit.old, &edit.new)),
        // Of an entry that goes.
        member => plain(edit.new.get(member).or_else(|| edit.old.get(member))?),
    };
    template::filled(says, &value).unwrap_or_else(|| edit.path.clone())
}

/// The additions to a set and the removals from it: `add a and remove b, c`.
fn changes(old: &Value, new: &Value) -> String {
    let [old, new] = [old, new].map(|set| texts(set).collect::<BTreeSet<_>>());
    let parts = [("add", &new - &old), ("remove", &old - &new)].into_iter();
    let parts = parts.filter(|(_, items)| !items.is_empty());
    let parts: Vec<_> =
        parts.map(|(verb, items)| format!("{verb} {}", Vec::from_iter(items).join(", "))).collect();
    parts.join(" and ")
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Array(_) => Some(texts(value).collect::<Vec<_>>().join(", ")),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl Restore {
    pub(super) fn edit(&self) -> LeafEdit {
        LeafEdit {
            path: self.fact.clone().into_owned(),
            operation: Some(self.call.operation.clone().into_owned()),
            verb: Verb::Restore,
            entry: String::new(),
            old: Value::Null,
            new: Value::Null,
            with: Tree::new(),
        }
    }
}

impl Table {
    /// Changes the state to what it is after an edit.
    pub(super) fn apply(&self, state: &mut Tree, edit: &LeafEdit) {
        let leaf = self.leaf(&edit.path);
        match (edit.verb, leaf) {
            (Verb::Restore, _) => {
                if let Some(restore) = &self.restore {
                    state.shift_remove(restore.fact.as_ref());
                    for (path, value) in &restore.sets {
                        state.insert(path.clone().into_owned(), value.clone());
                    }
                }
            }
            (_, Some(Leaf { form: Form::Keyed(_) | Form::Allowed(_), .. })) => {
                keyed::apply(state, edit);
            }
            (Verb::Shrink | Verb::Rest, _) => tree::put(state, &edit.path, edit.new.clone()),
            (Verb::Set, Some(Leaf { form: Form::Targets { one_of_each: Some(_), .. }, .. })) => {
                let ids = texts(&edit.new).map(str::to_owned);
                state.insert(edit.path.clone(), singles(ids));
            }
            (Verb::Set, Some(leaf)) => {
                let value = leaf.settled(get(state, &leaf.path), edit.new.clone());
                tree::put(state, &edit.path, value);
            }
            (Verb::Set, None) => {}
            (verb, _) => {
                let mut items: BTreeSet<&str> = texts(get(state, &edit.path)).collect();
                if verb == Verb::Remove {
                    items.remove(edit.text());
                } else {
                    items.insert(edit.text());
                }
                let items = json!(items);
                state.insert(edit.path.clone(), items);
                if let Some(How::Entries { take: Some(take), .. }) = leaf.map(|leaf| &leaf.change)
                    && let Some(Value::Object(elsewhere)) = state.get_mut(take.fact.as_ref())
                {
                    elsewhere.shift_remove(edit.text());
                }
            }
        }
        for (path, value) in &edit.with {
            tree::put(state, path, value.clone());
        }
    }
}

impl Leaf {
    /// The state after a value is written: details of a switch that the manifest does not set stay
    /// as they were.
    fn settled(&self, live: &Value, mut new: Value) -> Value {
        if let (Form::Switch { details, .. }, Value::Object(members)) = (&self.form, &mut new) {
            let on = members.get(ENABLED) == Some(&json!(true));
            for detail in details.iter().filter(|_| on) {
                let kept = || match live.get(detail.path.as_ref()) {
                    Some(kept) if is_on(live) && !kept.is_null() => kept.clone(),
                    _ => detail.default.clone().unwrap_or_default(),
                };
                let said = members.get(detail.path.as_ref()).filter(|said| !said.is_null());
                let value = said.cloned().unwrap_or_else(kept);
                members.insert(detail.path.clone().into_owned(), value);
            }
        }
        new
    }
}
