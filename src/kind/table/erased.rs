//! A table at the seam: everything that the loop asks a kind, derived from the rows.

use std::collections::BTreeSet;

use schemars::Schema;
use serde::Deserialize as _;
use serde_json::Value;

use super::{
    Absent, FAILURE, Form, How, Keyed, Leaf, LeafEdit, NOTES, Restore, Table, Tree, Verb,
    diff::{Pending, unread},
    get,
    policy::{policy, why_unreadable},
    read, texts, tree,
};
use crate::{
    aws::Access,
    baseline::Baseline,
    kind::{
        Doctor, Guarded, Invalid, Line, Meaning, Naming, Profile, Refs, Sign, Written,
        erased::{Edit, EditBody, ErasedKind, ErasedPort, Move, Resolved, Undecodable},
    },
    model::{PhysicalId, Risk},
    operations::OfKind,
};

impl Table {
    /// A member of a wanted state, as manifests name it: entries as a plan shows them, and nothing
    /// of an argument that nobody gave.
    fn member_lines(&self, path: &str, value: &Value) -> Vec<Line> {
        let leaf = self.leaves.iter().find(|leaf| leaf.path == path);
        match leaf.map(|leaf| (&leaf.form, &leaf.change, &leaf.absent)) {
            Some((Form::Keyed(keyed), ..)) => {
                let entries = value.as_object().into_iter().flatten();
                let shown = entries.map(|(key, value)| (keyed.shown)(key, value));
                shown.map(|entry| Line::add(format!("{path}: {entry}"))).collect()
            }
            Some((_, How::Argument, Absent::Means(default))) if value == default => Vec::new(),
            _ => {
                let member = Tree::from_iter([(path.to_owned(), value.clone())]);
                crate::kind::state_lines(&Value::Object(member), &[])
            }
        }
    }

    fn open<'v>(&self, state: &'v Value) -> Result<&'v Tree, Undecodable> {
        state.as_object().ok_or_else(|| self.broken("state", wrong("an object", state)))
    }

    fn change(&self, body: &Value) -> Result<LeafEdit, Undecodable> {
        LeafEdit::deserialize(body).map_err(|source| self.broken("change", source))
    }

    fn broken(&self, what: &'static str, source: serde_json::Error) -> Undecodable {
        Undecodable::new(self.profile.name, what, source)
    }

    fn sealed(&self, edit: &LeafEdit) -> Result<EditBody, Undecodable> {
        let body = serde_json::to_value(edit).map_err(|source| self.broken("change", source))?;
        Ok(EditBody::Change(body))
    }

    fn shown(&self, pending: &Pending<'_>, want: &Tree, have: &Tree) -> Result<Edit, Undecodable> {
        let Pending { leaf, edit, call, risk, needs, stage, inspect, together } = pending;
        Ok(Edit {
            key: edit.key(),
            risk: *risk,
            summary: leaf.summary(edit, *call),
            lines: leaf.lines(edit, want, have),
            inspect: *inspect || call.is_some_and(|call| call.inspect),
            replaces_policy: leaf.replaces_policy(edit),
            follows: call.is_some_and(|call| call.follows),
            needs: needs.clone(),
            stage: *stage,
            puts_back: false,
            alone: false,
            together: *together,
            entries: Vec::new(),
            body: self.sealed(edit)?,
        })
    }

    fn called_back(&self, restore: &Restore) -> Result<Edit, Undecodable> {
        let edit = restore.edit();
        let (old, new) = &restore.shown;
        let body = self.sealed(&edit)?;
        let lines = vec![Line::change("state", old, new)];
        Ok(Edit { lines, ..Edit::of_tags(edit.key(), restore.call.says.to_string(), body) })
    }

    fn joins(&self, earlier: &LeafEdit, later: &LeafEdit) -> bool {
        earlier.operation == later.operation
            && self.every_call().any(|call| {
                call.shared && Some(call.operation.as_ref()) == later.operation.as_deref()
            })
    }
}

fn wrong(expected: &str, found: &Value) -> serde_json::Error {
    use serde::de::{Error as _, Unexpected};
    let found = if found.is_null() { Unexpected::Unit } else { Unexpected::Other("another value") };
    serde_json::Error::invalid_type(found, &expected)
}

impl ErasedKind for Table {
    fn table(&self) -> Option<&Table> {
        Some(self)
    }

    fn profile(&self) -> Profile {
        self.profile
    }

    fn operations(&self) -> OfKind {
        self.operations
    }

    fn errors(&self) -> &'static [Meaning] {
        self.errors
    }

    fn doctor(&self) -> Doctor {
        self.doctor
    }

    fn baseline(&self) -> Baseline {
        self.baseline
    }

    fn spec_schema(&self) -> Schema {
        self.schema()
    }

    fn check_spec(
        &self,
        spec: &Value,
    ) -> Result<(), serde_path_to_error::Error<serde_json::Error>> {
        read::read(self, spec).map(drop)
    }

    fn wish(&self, want: &Value) -> Value {
        let mut wish = want.clone();
        for leaf in &self.leaves {
            if let (Form::Keyed(Keyed { only_keys: true, .. }), Some(Value::Object(entries))) =
                (&leaf.form, wish.get_mut(&*leaf.path))
            {
                entries.values_mut().for_each(|value| *value = Value::Null);
            }
        }
        wish
    }

    fn resolve(&self, spec: &Value, refs: &mut Refs<'_>) -> Result<Resolved, Vec<Invalid>> {
        let expanded = self.expanded(spec, refs)?;
        let (spec, composed) = match &expanded {
            Some((spec, composed)) => (spec, Some(composed)),
            None => (spec, None),
        };
        let said = read::read(self, spec).map_err(|error| {
            vec![Invalid::new(error.path().to_string(), error.inner().to_string())]
        })?;
        let want = self.wanted(&said, refs).map_err(|wrong| match composed {
            Some(composed) => wrong.into_iter().map(|it| composed.place(it)).collect(),
            None => wrong,
        })?;
        let natural_keys = (self.natural_keys)(&want);
        Ok(Resolved { state: Value::Object(want), tags: said.tags, natural_keys })
    }

    fn diff(&self, want: &Value, have: &Value) -> Result<Vec<Edit>, Undecodable> {
        let (want, have) = (self.open(want)?, self.open(have)?);
        if let Some(restore) = self.is_leaving(have) {
            return Ok(vec![self.called_back(restore)?]);
        }
        let edits = self.edits(want, have).map_err(|source| self.broken("state", source))?;
        let shown = edits.iter().map(|pending| self.shown(pending, want, have));
        let mut shown = shown.collect::<Result<Vec<_>, _>>()?;
        if let (Some(why), Some(next)) =
            (get(have, FAILURE).as_str(), shown.iter_mut().find(|edit| !edit.risk.impossible))
        {
            let why = format!("the last update failed: {why}");
            next.lines.push(Line::new(Sign::Same, why));
        }
        Ok(shown)
    }

    fn unread(&self, want: &Value, have: &Value) -> Result<Vec<(String, String)>, Undecodable> {
        let (want, have) = (self.open(want)?, self.open(have)?);
        let is_wanted = |path: &str| {
            let below = |leaf: &&Leaf| tree::is_at(&leaf.path, path);
            self.rows().into_iter().filter(below).any(|leaf| leaf.wanted_in(want).is_some())
        };
        let wanted = unread(have).filter(|(path, _)| is_wanted(path));
        Ok(wanted.map(|(path, why)| (path.to_owned(), why.to_owned())).collect())
    }

    fn otherwise(&self, _edit: &Edit) -> Result<Vec<Edit>, Undecodable> {
        Ok(Vec::new())
    }

    fn calls<'a>(&self, edits: &'a [Edit]) -> Result<Vec<&'a [Edit]>, Undecodable> {
        let changes: Vec<Option<LeafEdit>> = edits
            .iter()
            .map(|edit| match &edit.body {
                EditBody::Change(body) => self.change(body).map(Some),
                EditBody::Tag(_) | EditBody::Untag(_) => Ok(None),
            })
            .collect::<Result<_, _>>()?;
        let mut calls = Vec::new();
        let mut begin = 0;
        for next in 1..=edits.len() {
            let joined = match (changes.get(next - 1), changes.get(next)) {
                (Some(Some(earlier)), Some(Some(later))) => {
                    edits[next - 1..=next].iter().all(|edit| edit.together || !edit.alone)
                        && edits[next - 1].inspect == edits[next].inspect
                        && self.joins(earlier, later)
                }
                _ => false,
            };
            if !joined {
                calls.push(&edits[begin..next]);
                begin = next;
            }
        }
        Ok(calls)
    }

    fn risk_of_creating(&self, want: &Value) -> Result<Risk, Undecodable> {
        self.open(want).map(self.creating)
    }

    fn completes(&self, edit: &Edit) -> bool {
        let EditBody::Change(body) = &edit.body else { return false };
        self.change(body).is_ok_and(|edit| edit.verb == Verb::Add)
    }

    fn state_lines(&self, want: &Value) -> Vec<Line> {
        let always = self.leaves.iter().filter(|leaf| !leaf.is_written());
        let hidden: Vec<&str> = always
            .map(|leaf| leaf.path.as_ref())
            .chain([super::PARTITION, super::ACCOUNT])
            .collect();
        let Some(told) = want.as_object().map(|want| self.without_scripts(want)) else {
            return Vec::new();
        };
        let told = told.iter().filter(|(path, _)| !hidden.contains(&path.as_str()));
        told.flat_map(|(path, value)| self.member_lines(path, value)).collect()
    }

    fn written(&self, have: &Value, by: &dyn Naming) -> Result<Written, Undecodable> {
        Ok(self.manifest(self.open(have)?, by))
    }

    fn called(&self, have: &Value) -> Option<String> {
        Table::called(self, have.as_object()?)
    }

    fn natural_keys(&self, have: &Value) -> Result<Vec<String>, Undecodable> {
        self.open(have).map(|have| (self.natural_keys)(have))
    }

    fn held(&self, have: &Value, key: &str, id: &PhysicalId) -> Option<String> {
        self.place_of(have.as_object()?, key, id.as_str())
    }

    fn account_wide(&self, want: &Value) -> Result<Vec<(String, Value)>, Undecodable> {
        let want = self.open(want)?;
        let rows = self.rows().into_iter().filter(|leaf| leaf.account_wide);
        let wanted = rows.filter_map(|leaf| Some((leaf, leaf.wanted_in(want)?)));
        Ok(wanted.map(|(leaf, value)| (leaf.path.to_string(), value.clone())).collect())
    }

    fn is_gone(&self, have: &Value) -> Result<bool, Undecodable> {
        self.open(have).map(|have| self.is_leaving(have).is_some())
    }

    fn attributes(&self) -> Vec<String> {
        let rows = self.leaves.iter().map(|leaf| &leaf.form);
        let properties = rows.filter_map(|form| match form {
            Form::Properties(properties) => Some(properties.attributes()),
            _ => None,
        });
        properties.flatten().collect()
    }

    fn notes(&self, have: &Value) -> Vec<String> {
        let blind = self.leaves.iter().filter_map(|leaf| match &leaf.form {
            Form::Properties(properties) => Some(&properties.blind),
            _ => None,
        });
        let blind = blind.flatten().map(ToString::to_string);
        texts(&have[NOTES]).map(str::to_owned).chain(blind).collect()
    }

    fn moved(&self, edits: &[Edit]) -> Result<Option<Move>, Undecodable> {
        let Some(row) = self.operations.moves else { return Ok(None) };
        for edit in edits {
            let EditBody::Change(body) = &edit.body else { continue };
            let change = self.change(body)?;
            if change.path == row {
                let from = change.old.as_str().unwrap_or_default().to_owned();
                return Ok(Some(Move { from, to: change.text().to_owned() }));
            }
        }
        Ok(None)
    }

    fn guards(&self, state: &Value) -> Result<Vec<Guarded>, Undecodable> {
        let state = self.open(state)?;
        let mut guards = Vec::new();
        for leaf in self.rows() {
            if let Form::Properties(properties) = &leaf.form {
                guards.extend(properties.guards(get(state, &leaf.path), state));
            }
            if let Form::Keyed(Keyed { reach: Some(reach), .. }) = &leaf.form {
                let reach = reach(state).into_iter();
                guards.extend(reach.map(|reach| Guarded { document: None, reach }));
            }
            let Form::Policy { reach, .. } = &leaf.form else { continue };
            let value = get(state, &leaf.path);
            // An unreadable policy is never wanted: it is a live one, and no edit of ours results
            // in it.
            if value.is_null() || why_unreadable(value).is_some() {
                continue;
            }
            // Any other unreadable value is a defect, and the gate holds what it cannot judge.
            let document = policy(&leaf.form, value)
                .ok_or_else(|| self.broken("state", wrong("a policy document", value)))?;
            guards.push(Guarded { document: Some(document), reach: reach(state) });
        }
        Ok(guards)
    }

    fn states(&self, have: &Value, edits: &[Edit]) -> Result<Vec<Value>, Undecodable> {
        let mut state = self.open(have)?.clone();
        let mut states = Vec::with_capacity(edits.len());
        for edit in edits {
            if let EditBody::Change(body) = &edit.body {
                self.apply(&mut state, &self.change(body)?);
            }
            states.push(Value::Object(state.clone()));
        }
        Ok(states)
    }

    fn concerns_organization(&self) -> bool {
        self.operations.of_organization || self.operations.moves.is_some()
    }

    fn concerns(
        &self,
        _have: &Value,
        _edits: Option<&[Edit]>,
        _completing: bool,
    ) -> Result<BTreeSet<String>, Undecodable> {
        Ok(BTreeSet::new())
    }

    fn connect(&self, access: &Access) -> Box<dyn ErasedPort> {
        (self.connect)(access, self.shape())
    }
}
