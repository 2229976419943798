//! Entries with a key and a value: routes by destination, rules by number. Each is an edit of its
//! own, and the effect of an entry depends on the others.
//!
//! What the entries do together is a question of probes: a packet, an address. For each of them the
//! entries have an outcome, or let nothing through. `search` puts the edits in an order.

use serde_json::{Value, json};

use super::{
    Call, Form, Leaf, LeafEdit, Text, Tree, Verb,
    diff::Pending,
    search::{Change, Risky, ordered},
};
use crate::{
    kind::{Invalid, Line, Reach, Refs, has_placeholder},
    model::Risk,
};

/// What a [`Form::Keyed`] is.
#[derive(Debug, Clone)]
pub struct Keyed {
    /// The form of an entry in a manifest: a group.
    pub of: Box<Form>,
    /// Examples of entries in manifests, some with the same key: the schema shows them, and the
    /// laws are checked with them.
    pub examples: fn() -> Vec<Tree>,
    /// The maximum number; the message about more, with `{count}` and `{max}`, and how to fix it.
    pub max: (usize, (Text, Text)),
    /// The key and the value of an entry, or what is wrong with it.
    pub entry: fn(&Tree) -> Result<(String, Value), Wrong>,
    /// The members with which a manifest says an entry: the opposite of `entry`.
    pub members: fn(&str, &Value) -> Tree,
    /// The text of an entry on one line.
    pub shown: fn(&str, &Value) -> String,
    /// Everything that can have different outcomes in two of these sets of entries: the two, and
    /// any between them.
    pub probes: fn(&Tree, &Tree) -> Vec<Value>,
    /// What becomes of each of these probes; nothing if nothing lets it through.
    pub outcomes: fn(&Tree, &[Value]) -> Vec<Option<String>>,
    /// The member of a live state with what else the values of entries are, by key: AWS may show
    /// one thing under two ids. An entry that has either value is as wanted.
    pub also: Option<&'static str>,
    /// Whether every account can have that many entries, whatever its quotas.
    pub fits: fn(&Tree) -> bool,
    /// What a change of one entry risks: the key, the live value and the wanted one, and which
    /// others there can be meanwhile.
    pub risk: fn(&str, Option<&Value>, Option<&Value>, [&Tree; 2]) -> Risk,
    /// Whether keys alone say what entries are: their values are for people.
    pub only_keys: bool,
    /// Whether the entry with the first key, of which a part is not known yet, may be the live one
    /// with the second key. What it cannot be does not wait for it.
    pub may_be: fn(&str, &str) -> bool,
    /// Whose access the entries of a state decide, if they decide it without a policy.
    pub reach: Option<fn(&Tree) -> Option<Reach>>,
}

/// What is wrong with an entry: the member, why, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The member; empty for the entry as a whole.
    pub member: &'static str,
    /// What is wrong.
    pub why: String,
    /// How to fix it.
    pub help: String,
}

impl Wrong {
    /// An invalid member.
    pub fn new(member: &'static str, why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { member, why: why.into(), help: help.into() }
    }

    fn at(self, field: &str) -> Invalid {
        let field = match self.member {
            "" => field.to_owned(),
            member => format!("{field}.{member}"),
        };
        Invalid::new(field, self.why).help(self.help)
    }
}

/// The calls of a [`How::Keyed`].
pub(super) struct Calls<'t> {
    pub(super) add: &'t Call,
    pub(super) replace: &'t Call,
    pub(super) remove: &'t Call,
}

impl Keyed {
    /// Converts the list of a manifest to the entries of a state.
    pub(super) fn entries(
        &self,
        field: &str,
        list: &Value,
        before: &Tree,
        refs: &mut Refs<'_>,
        problems: &mut Vec<Invalid>,
    ) -> Value {
        let Form::Group { rows, .. } = self.of.as_ref() else { return json!({}) };
        let mut all = Tree::new();
        for (index, said) in list.as_array().into_iter().flatten().enumerate() {
            let field = format!("{field}[{index}]");
            let mut wrong = Vec::new();
            let members: Tree = refs.within(&field, |refs| {
                let members = rows.iter().filter_map(|row| {
                    let value = row.wanted(said.get(row.name()), before, refs, &mut wrong)?;
                    (!value.is_null()).then(|| (row.name().to_owned(), value))
                });
                members.collect()
            });
            let is_whole = wrong.is_empty();
            problems.extend(wrong.into_iter().map(|problem| {
                let field = format!("{field}.{}", problem.field);
                Invalid { field, ..problem }
            }));
            match (self.entry)(&members) {
                _ if !is_whole => {}
                Err(wrong) => problems.push(wrong.at(&field)),
                Ok((key, _)) if all.contains_key(&key) => {
                    problems.push(Invalid::new(field, format!("`{key}` occurs twice")));
                }
                Ok((key, value)) => drop(all.insert(key, value)),
            }
        }
        all.sort_keys();
        Value::Object(all)
    }

    /// The live entries, each with the wanted value if it is that too.
    pub(super) fn seen_as(&self, new: &Value, old: &Value, have: &Tree) -> Value {
        if self.only_keys {
            let mut all = entries(old);
            for (key, value) in &mut all {
                if let Some(wanted) = new.get(key) {
                    value.clone_from(wanted);
                }
            }
            return Value::Object(all);
        }
        let Some(also) = self.also.and_then(|fact| have.get(fact)?.as_object()) else {
            return old.clone();
        };
        let mut all = entries(old);
        for (key, value) in &mut all {
            if let Some(wanted) = new.get(key).filter(|wanted| also.get(key) == Some(*wanted)) {
                value.clone_from(wanted);
            }
        }
        Value::Object(all)
    }

    /// The lines of a plan for one entry.
    pub(super) fn lines(&self, path: &str, edit: &LeafEdit) -> Vec<Line> {
        let (key, shown) = (edit.entry.as_str(), self.shown);
        match edit.verb {
            Verb::Add => vec![Line::add(format!("{path}: {}", shown(key, &edit.new)))],
            Verb::Remove => vec![Line::remove(format!("{path}: {}", shown(key, &edit.old)))],
            _ => vec![Line::change(
                &format!("{path} {key}"),
                shown(key, &edit.old),
                shown(key, &edit.new),
            )],
        }
    }
}

impl Leaf {
    /// The edits of entries with keys, in a safe order.
    pub(super) fn keyed<'t>(
        &'t self,
        keyed: &Keyed,
        calls: &Calls<'t>,
        (new, old): (&Value, &Value),
    ) -> Vec<Pending<'t>> {
        let (new, old) = (entries(new), entries(old));
        let mut edits = Vec::new();
        // An entry whose key is not known yet may be a live one.
        let unknown: Vec<_> = new.keys().filter(|key| has_placeholder(key)).collect();
        let is_known = |live: &str| !unknown.iter().any(|key| (keyed.may_be)(key, live));
        for (key, value) in &old {
            match new.get(key) {
                None if !is_known(key) => {}
                None => edits.push((key, Some(value), None)),
                Some(wanted) if wanted != value => edits.push((key, Some(value), Some(wanted))),
                Some(_) => {}
            }
        }
        let come = new.iter().filter(|(key, _)| !old.contains_key(*key));
        edits.extend(come.map(|(key, value)| (key, None, Some(value))));
        let around = [&old, &new];
        let risk = |&(key, old, new): &Change<'_>| (keyed.risk)(key, old, new, around);
        let edits: Vec<_> = edits.into_iter().map(|edit| (edit, risk(&edit))).collect();
        let pending = |((key, old, new), risk): Risky<'_>| {
            let (verb, call) = match (old, new) {
                (None, _) => (Verb::Add, calls.add),
                (_, None) => (Verb::Remove, calls.remove),
                _ => (Verb::Replace, calls.replace),
            };
            let edit = LeafEdit {
                path: self.path.clone().into_owned(),
                operation: Some(call.operation.clone().into_owned()),
                verb,
                entry: key.clone(),
                old: old.cloned().unwrap_or_default(),
                new: new.cloned().unwrap_or_default(),
                with: Tree::new(),
            };
            Pending::new(self, edit, Some(call), risk)
        };
        ordered(keyed, edits, &old).into_iter().map(pending).collect()
    }
}

/// The entries of a state.
pub(super) fn entries(value: &Value) -> Tree {
    value.as_object().cloned().unwrap_or_default()
}

/// Applies an edit to the entries of a state.
pub(super) fn apply(state: &mut Tree, edit: &LeafEdit) {
    let mut all = entries(state.get(&edit.path).unwrap_or(&Value::Null));
    if edit.verb == Verb::Remove {
        all.shift_remove(&edit.entry);
    } else {
        all.insert(edit.entry.clone(), edit.new.clone());
    }
    all.sort_keys();
    state.insert(edit.path.clone(), Value::Object(all));
}
