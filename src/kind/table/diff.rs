//! From live to wanted: the edits, each with its call and its risk.

use std::collections::BTreeSet;

use serde::de::Error as _;
use serde_json::{Value, json};

use super::{
    Because, Call, Compare, Fixed, Form, How, Leaf, LeafEdit, REQUESTED, Table, Take, Text, Tree,
    UNREAD, Verb,
    edit::is_on,
    get,
    keyed::Calls,
    keys,
    policy::{context, policy},
    targets::{choice, chosen},
    texts, tree,
};
use crate::{
    kind::{erased::Stage, has_placeholder},
    model::{
        AccessChange, Risk,
        policy_document::{PolicyDocument, equivalent},
    },
};

/// An edit without its place in the order.
#[derive(Debug)]
pub(super) struct Pending<'t> {
    /// The row.
    pub(super) leaf: &'t Leaf,
    pub(super) edit: LeafEdit,
    /// None if AWS has no call for it.
    pub(super) call: Option<&'t Call>,
    pub(super) risk: Risk,
    /// The keys of the edits that it waits for.
    pub(super) needs: Vec<String>,
    /// Where it stands among those that AWS takes only while the resource does not run.
    pub(super) stage: Option<Stage>,
    /// Whether obstacles must be looked for, whatever its call says.
    pub(super) inspect: bool,
    /// Whether it is made in one call with the edits that it waits for, or not at all.
    pub(super) together: bool,
}

impl<'t> Pending<'t> {
    /// An edit that needs no other one.
    pub(super) fn new(leaf: &'t Leaf, edit: LeafEdit, call: Option<&'t Call>, risk: Risk) -> Self {
        Self {
            leaf,
            edit,
            call,
            risk,
            needs: Vec::new(),
            stage: None,
            inspect: false,
            together: false,
        }
    }
}

impl Pending<'_> {
    /// Whether AWS has no call for it, so that another resource would be needed. An entry that
    /// stays is no reason for that.
    fn is_of_another(&self) -> bool {
        self.call.is_none() && !matches!(self.leaf.change, How::Entries { .. })
    }

    /// Whether it gives nobody anything.
    pub(super) fn only_tightens(&self) -> bool {
        self.risk.access() == AccessChange::Tightens
    }
}

impl Table {
    /// The edits that turn `have` into `want`, in a safe order. For a resource that is being
    /// deleted see [`Table::is_leaving`].
    ///
    /// # Errors A wanted policy that does not read as one.
    pub(super) fn edits<'t>(
        &'t self,
        want: &Tree,
        have: &Tree,
    ) -> Result<Vec<Pending<'t>>, serde_json::Error> {
        let mut found = Vec::new();
        for leaf in self.rows() {
            if leaf.can_change(want, have) && !leaf.is_unread(have) {
                leaf.edits(want, have, &mut found)?;
            }
        }
        self.tell_apart(&mut found);
        keep_what_is_needed(&mut found);
        keep_out_of_use(&mut found);
        keep_whole(want, have, &mut found);
        self.add_stages(want, have, &mut found);
        add_risks_of_what_goes_along(&mut found);
        if self.fixed_first && found.iter().any(Pending::is_of_another) {
            found.retain(Pending::is_of_another);
        }
        Ok(self.ordered(found))
    }

    /// An entry names its own edit. In further lists of a table there may be the same again (a
    /// gateway that uses a route table and one that puts routes in): there the list is named too.
    fn tell_apart(&self, found: &mut [Pending<'_>]) {
        let rows = self.rows().into_iter();
        let lists = rows.filter(|leaf| matches!(leaf.change, How::Entries { .. }));
        let further: Vec<_> = lists.skip(1).map(|leaf| leaf.path.as_ref()).collect();
        for Pending { edit, .. } in found {
            if further.contains(&edit.path.as_str()) {
                edit.entry = edit.text().to_owned();
            }
        }
    }
}

/// The paths of the rows and groups that could not be read, each with the error message.
pub(super) fn unread(have: &Tree) -> impl Iterator<Item = (&str, &str)> {
    let all = have.get(UNREAD).and_then(Value::as_object).into_iter().flatten();
    all.map(|(path, why)| (path.as_str(), why.as_str().unwrap_or_default()))
}

/// See [`How::Needed`].
fn keep_what_is_needed(found: &mut [Pending<'_>]) {
    let made = found.iter().filter(|pending| pending.call.is_some());
    let all: Vec<_> = made.map(|it| (it.edit.path.clone(), it.edit.new.clone())).collect();
    let mut first = Vec::new();
    for pending in found.iter_mut().filter(|pending| pending.call.is_some()) {
        let How::Needed { after, by: (path, value), .. } = &pending.leaf.change else { continue };
        let Some((_, other)) = all.iter().find(|(other, _)| other == path) else { continue };
        if tree::is_none(&pending.edit.new) && other != value {
            pending.call = Some(after);
            pending.edit.operation = Some(after.operation.clone().into_owned());
        }
        if tree::is_none(&pending.edit.old) && other == value {
            first.push((path.clone(), pending.edit.key()));
        }
    }
    for pending in found {
        let needs = first.iter().filter(|(path, _)| *path == pending.edit.path);
        pending.needs.extend(needs.map(|(_, key)| key.clone()));
    }
}

/// See [`How::Whole`].
fn keep_whole(want: &Tree, have: &Tree, found: &mut [Pending<'_>]) {
    let is_whole = |pending: &Pending<'_>| match &pending.leaf.change {
        How::Whole { given, .. } => {
            let all = begins(given, have) || ends(given, want, have);
            let moves = given.contains(&pending.leaf.path) && keeps_none(given, want, have);
            pending.call.is_some() && (all || moves)
        }
        _ => false,
    };
    let whole = found.iter().filter(|it| is_whole(it));
    let keys: Vec<_> = whole.map(|it| (it.edit.operation.clone(), it.edit.key())).collect();
    for pending in found.iter_mut().filter(|it| is_whole(it)) {
        let own = pending.edit.key();
        let others = keys
            .iter()
            .filter(|(operation, key)| *operation == pending.edit.operation && *key != own);
        pending.needs.extend(others.map(|(_, key)| key.clone()));
        pending.together = true;
    }
}

/// Whether none of these leaves has a value yet.
fn begins(given: &[Text], have: &Tree) -> bool {
    given.iter().all(|path| tree::is_none(get(have, path)))
}

/// Whether none of these leaves is to have a value.
fn ends(given: &[Text], want: &Tree, have: &Tree) -> bool {
    given.iter().all(|path| tree::is_none(then(path, want, have)))
}

/// Whether each of these leaves that has a value loses it.
fn keeps_none(given: &[Text], want: &Tree, have: &Tree) -> bool {
    let is_lost =
        |path: &Text| tree::is_none(get(have, path)) || tree::is_none(then(path, want, have));
    given.iter().all(is_lost)
}

/// What a leaf is after all edits.
fn then<'t>(path: &Text, want: &'t Tree, have: &'t Tree) -> &'t Value {
    tree::said(want, path).unwrap_or_else(|| get(have, path))
}

/// See [`Because::InUse`].
fn keep_out_of_use(found: &mut [Pending<'_>]) {
    let made = found.iter().filter_map(|it| Some((it.edit.operation.clone()?, it.edit.key())));
    let made: Vec<_> = made.collect();
    for Pending { call, needs, .. } in found {
        let after = call.iter().flat_map(|call| &call.after);
        for first in after.filter(|after| after.why == Because::InUse) {
            let of = made.iter().filter(|(operation, _)| *operation == first.operation);
            needs.extend(of.map(|(_, key)| key.clone()));
        }
    }
}

/// The leaves that are sent with a call are changed by it, whether or not their own edits are
/// allowed.
fn add_risks_of_what_goes_along(found: &mut [Pending<'_>]) {
    let risks: Vec<_> = found.iter().map(|it| (it.edit.path.clone(), it.risk)).collect();
    for pending in found {
        let along = risks.iter().filter(|(path, _)| pending.edit.with.contains_key(path));
        pending.risk = along.fold(pending.risk, |all, (_, risk)| all.and(*risk));
    }
}

impl Leaf {
    /// Whether its live value could not be read.
    pub(super) fn is_unread(&self, have: &Tree) -> bool {
        unread(have).any(|(path, _)| tree::is_at(&self.path, path))
    }

    /// Whether AWS accepts a change of it once the rest is as wanted.
    fn can_change(&self, want: &Tree, have: &Tree) -> bool {
        self.only_while.as_ref().is_none_or(|(path, value)| {
            let wanted = get(want, path);
            (if wanted.is_null() { get(have, path) } else { wanted }) == value
        })
    }

    fn edits<'t>(
        &'t self,
        want: &Tree,
        have: &Tree,
        found: &mut Vec<Pending<'t>>,
    ) -> Result<(), serde_json::Error> {
        let Some(new) = self.wanted_in(want) else { return Ok(()) };
        let old = self.live(have);
        if let How::Entries { add, remove, take } = &self.change {
            let calls = (add, remove.as_ref().ok(), take.as_ref());
            found.extend(self.entries(new, &old, calls, (want, have)));
            return Ok(());
        }
        if let (Form::Allowed(allowed), How::Removed(call)) = (&self.form, &self.change) {
            found.extend(self.not_allowed(allowed, call, new, (want, have)));
            return Ok(());
        }
        if let (Form::Keyed(keyed), How::Keyed { add, replace, remove }) =
            (&self.form, &self.change)
        {
            let calls = Calls { add, replace, remove };
            let old = keyed.seen_as(new, &old, have);
            let edits = self.keyed(keyed, &calls, (new, &old)).into_iter();
            found.extend(edits.map(|it| Pending { risk: self.now(it.risk, have), ..it }));
            return Ok(());
        }
        if let (Form::Properties(properties), How::By(call)) = (&self.form, &self.change) {
            found.extend(self.properties(properties, call, (new, &old), want));
            return Ok(());
        }
        if self.is_same(want, new, &old)? {
            return Ok(());
        }
        let call = match &self.change {
            _ if is_while(&self.fixed_while, have) || self.stays_set(new) => None,
            How::By(call) | How::Needed { call, .. } => Some(call),
            How::Whole { call, none, given } => {
                Some(if ends(given, want, have) { none } else { call })
            }
            How::Until { call, fixed, .. } => {
                (!fixed.holds(new, &old, (want, have))).then_some(call)
            }
            How::Switch { on, off } => Some(if self.turns_on(new) { on } else { off }),
            How::Runs { start, stop, .. } => Some(if self.turns_on(new) { start } else { stop }),
            How::Fixed(_) => None,
            How::Members { add, remove } => {
                found.extend(self.members(new, &old, [add, remove], (want, have)));
                return Ok(());
            }
            How::Entries { .. } | How::Keyed { .. } | How::Removed(_) | How::Argument => {
                return Ok(());
            }
        };
        let (old, new) = self.written(&old, new);
        // What is not known yet may equal the live value.
        if call.is_none() && has_placeholder(&new.to_string()) {
            return Ok(());
        }
        let is_document = matches!(self.form, Form::Policy { .. } | Form::Script(_));
        let edit = LeafEdit {
            path: self.path.clone().into_owned(),
            operation: call.map(|call| call.operation.clone().into_owned()),
            verb: Verb::Set,
            entry: String::new(),
            old: if is_document { Value::Null } else { old.clone() },
            new: new.clone(),
            with: call.map(|call| call.going_along(want)).unwrap_or_default(),
        };
        let risk = match call {
            None => Risk::IMPOSSIBLE,
            Some(_) => self.risk_between(&old, &new, (want, have)),
        };
        found.push(Pending::new(self, edit, call, risk));
        Ok(())
    }

    /// Both values as an edit has them: of alternatives, those that are in use and those that are
    /// chosen.
    fn written(&self, old: &Value, new: &Value) -> (Value, Value) {
        match &self.form {
            Form::Targets { one_of_each: Some(_), .. } => {
                (json!(chosen(old)), json!(choice(new, old)))
            }
            // Lists are emptied, whatever a manifest writes for that.
            _ if new.is_null() && self.is_list() => (old.clone(), json!([])),
            _ => (old.clone(), new.clone()),
        }
    }

    /// The edits of a set that one call writes as a whole: first the additions, then the removals.
    fn members<'t>(
        &'t self,
        new: &Value,
        old: &Value,
        [add, remove]: [&'t Call; 2],
        (want, have): (&Tree, &Tree),
    ) -> Vec<Pending<'t>> {
        let [new, old] = [new, old].map(|set| texts(set).collect::<BTreeSet<_>>());
        let both: BTreeSet<_> = old.union(&new).copied().collect();
        let edit = |verb, old: &BTreeSet<&str>, new: &BTreeSet<&str>| {
            let call = if verb == Verb::Shrink { remove } else { add };
            let (old, new) = (json!(old), json!(new));
            let risk = self.risk_between(&old, &new, (want, have));
            let path = self.path.clone().into_owned();
            let operation = Some(call.operation.clone().into_owned());
            let with = call.going_along(want);
            let edit = LeafEdit { path, operation, verb, entry: String::new(), old, new, with };
            Pending::new(self, edit, Some(call), risk)
        };
        if new.is_superset(&old) {
            vec![edit(Verb::Set, &old, &new)]
        } else if both == old || both.len() > self.form.most() {
            vec![edit(Verb::Shrink, &old, &new)]
        } else {
            // The second edit writes the additions too: without the first one it would add them.
            let (first, second) = (edit(Verb::Set, &old, &both), edit(Verb::Shrink, &both, &new));
            let needs = vec![first.edit.key()];
            vec![first, Pending { needs, ..second }]
        }
    }

    /// The live value; what a form without a word for "unknown" shows as nothing is its nothing.
    pub(super) fn live(&self, have: &Tree) -> Value {
        match (get(have, &self.path), &self.form) {
            (Value::Null, _) if self.is_list() => json!([]),
            (Value::Null, _) if self.is_left_out() => Value::Null,
            (Value::Null, Form::Bool) => json!(false),
            (Value::Null, Form::Text(_) | Form::Script(_)) => json!(""),
            (value, _) => value.clone(),
        }
    }

    fn wanted_policy(&self, value: &Value) -> Result<PolicyDocument, serde_json::Error> {
        let defect = || serde_json::Error::custom("a wanted policy that does not read as one");
        policy(&self.form, value).ok_or_else(defect)
    }

    fn is_same(&self, want: &Tree, new: &Value, old: &Value) -> Result<bool, serde_json::Error> {
        Ok(match (&self.form, self.compare) {
            _ if new.is_null() => tree::is_none(old),
            // What cannot be known, or cannot be set, is left alone.
            (Form::Switch { .. }, _) if old.is_null() => true,
            (Form::Switch { details, .. }, _) => {
                is_on(new) == is_on(old)
                    && (!is_on(new) || details.iter().all(|detail| detail.is_as_said(new, old)))
            }
            (Form::Policy { .. }, Compare::Meaning) => {
                let wanted = self.wanted_policy(new)?;
                let live = policy(&self.form, old);
                live.is_some_and(|live| equivalent(&live, &wanted, &context(want)))
            }
            (Form::Targets { one_of_each: Some(_), .. }, _) => chosen(old) == choice(new, old),
            (Form::Items { .. }, Compare::Set) => tree::is_same_list(new, old),
            (_, Compare::Set) => {
                texts(new).collect::<BTreeSet<_>>() == texts(old).collect::<BTreeSet<_>>()
            }
            (_, Compare::Key) => keys::is_same(new, old),
            _ => new == old,
        })
    }

    /// Whether a detail of a switch that is on is as wanted, or not managed.
    pub(super) fn is_as_said(&self, new: &Value, old: &Value) -> bool {
        let said = new.get(self.path.as_ref()).unwrap_or(&Value::Null);
        said.is_null() || old.get(self.path.as_ref()) == Some(said)
    }

    fn entries<'t>(
        &'t self,
        new: &Value,
        old: &Value,
        (add, remove, take): (&'t Call, Option<&'t Call>, Option<&'t Take>),
        (want, have): (&Tree, &Tree),
    ) -> Vec<Pending<'t>> {
        let (new, old): (BTreeSet<_>, BTreeSet<_>) = (texts(new).collect(), texts(old).collect());
        let entry = |item: &str, verb, call: Option<&'t Call>, from: Value| {
            let edit = LeafEdit {
                path: self.path.clone().into_owned(),
                operation: call.map(|call| call.operation.clone().into_owned()),
                verb,
                entry: String::new(),
                old: from,
                new: json!(item),
                with: call.map(|call| call.going_along(want)).unwrap_or_default(),
            };
            let risk = call.map_or(Risk::IMPOSSIBLE, |_| self.now(self.entry_risk(verb), have));
            Pending::new(self, edit, call, risk)
        };
        let requested: BTreeSet<_> =
            take.iter().flat_map(|_| texts(get(have, REQUESTED))).collect();
        // What is not known yet may equal a live entry.
        let is_known = !new.iter().any(|item| has_placeholder(item));
        let gone = old.difference(&new).filter(|item| is_known && !requested.contains(*item));
        let gone = gone.map(|item| entry(item, Verb::Remove, remove, Value::Null));
        let come = new.difference(&old).map(|item| {
            let from = take.and_then(|take| Some((take, get(have, &take.fact).get(*item)?)));
            match from {
                Some((take, from)) => entry(item, Verb::Take, Some(&take.call), from.clone()),
                None => entry(item, Verb::Add, Some(add), Value::Null),
            }
        });
        gone.chain(come).collect()
    }
}

/// Whether the other leaf of a condition has its value, or one of its values.
pub(super) fn is_while(condition: &Option<(Text, Value)>, state: &Tree) -> bool {
    condition.as_ref().is_some_and(|(path, value)| match value {
        Value::Array(any) => any.contains(get(state, path)),
        value => get(state, path) == value,
    })
}

impl Call {
    fn going_along(&self, want: &Tree) -> Tree {
        let values = self.with.iter().map(|path| (path.clone().into_owned(), get(want, path)));
        values
            .filter(|(_, value)| !value.is_null())
            .map(|(path, value)| (path, value.clone()))
            .collect()
    }
}

impl Fixed {
    fn holds(&self, new: &Value, old: &Value, (want, have): (&Tree, &Tree)) -> bool {
        match self {
            Self::Set => !tree::is_none(old),
            Self::Otherwise(value) => new != value,
            Self::Less => new.as_i64() < old.as_i64(),
            Self::With(path) => [want, have].iter().any(|state| !tree::is_none(get(state, path))),
        }
    }
}
