//! From live to wanted: the edits, each with its call and its risk.

use std::collections::BTreeSet;

use serde::de::Error as _;
use serde_json::{Value, json};

use super::{
    Call, Compare, Fixed, Form, How, Leaf, LeafEdit, RiskOf, Table, Take, Text, Tree, Verb,
    edit::is_on,
    get, keys,
    policy::{context, policy},
    targets::{choice, chosen},
    texts, tree,
};
use crate::{
    kind::has_placeholder,
    model::{
        AccessChange, Risk,
        policy_document::{PolicyDocument, diff, equivalent},
    },
};

/// An edit that is not yet in its place.
#[derive(Debug)]
pub(super) struct Pending<'t> {
    /// The row.
    pub(super) leaf: &'t Leaf,
    pub(super) edit: LeafEdit,
    /// None where AWS has none.
    pub(super) call: Option<&'t Call>,
    pub(super) risk: Risk,
}

impl Pending<'_> {
    /// Whether it gives nobody anything.
    pub(super) fn only_tightens(&self) -> bool {
        self.risk.access() == AccessChange::Tightens
    }
}

impl Table {
    /// The edits that bring `have` to `want`, in an order in which they are safe. For a resource that is on its way out
    /// see [`Table::is_leaving`].
    ///
    /// # Errors
    /// A wanted policy that does not read as one.
    pub(super) fn edits<'t>(
        &'t self,
        want: &Tree,
        have: &Tree,
    ) -> Result<Vec<Pending<'t>>, serde_json::Error> {
        let mut found = Vec::new();
        for leaf in self.rows() {
            if leaf.can_change(want, have) {
                leaf.edits(want, have, &mut found)?;
            }
        }
        keep_what_is_needed(&mut found);
        if self.fixed_first && found.iter().any(|pending| pending.call.is_none()) {
            found.retain(|pending| pending.call.is_none());
        }
        Ok(self.ordered(found))
    }
}

/// See [`How::Needed`].
fn keep_what_is_needed(found: &mut [Pending<'_>]) {
    let leaving: Vec<_> = found
        .iter()
        .filter(|pending| pending.call.is_some())
        .map(|pending| (pending.edit.path.clone(), pending.edit.new.clone()))
        .collect();
    for pending in found {
        if let How::Needed { after, by: (path, value), .. } = &pending.leaf.change
            && tree::is_none(&pending.edit.new)
            && leaving.iter().any(|(other, new)| other == path && new != value)
            && pending.call.is_some()
        {
            pending.call = Some(after);
            pending.edit.operation = Some(after.operation.clone().into_owned());
        }
    }
}

impl Leaf {
    /// Whether AWS takes a change of it once the rest is as wanted.
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
            found.extend(self.entries(new, &old, add, remove, take.as_ref(), (want, have)));
            return Ok(());
        }
        if self.is_same(want, new, &old)? {
            return Ok(());
        }
        let is_fixed =
            self.fixed_while.as_ref().is_some_and(|(path, value)| get(have, path) == value);
        let call = match &self.change {
            _ if is_fixed || self.stays_set(new) => None,
            How::By(call) | How::Needed { call, .. } => Some(call),
            How::Until { call, fixed, .. } => {
                (!fixed.holds(new, &old, (want, have))).then_some(call)
            }
            How::Switch { on, off } => Some(if is_on(new) { on } else { off }),
            How::Fixed(_) => None,
            How::Members { add, remove } => {
                found.extend(self.members(new, &old, add, remove, want));
                return Ok(());
            }
            How::Entries { .. } | How::Argument => return Ok(()),
        };
        let (old, new) = self.written(&old, new);
        // What is not known yet may be what is there.
        if call.is_none() && has_placeholder(&new.to_string()) {
            return Ok(());
        }
        let is_policy = matches!(self.form, Form::Policy { .. });
        let edit = LeafEdit {
            path: self.path.clone().into_owned(),
            operation: call.map(|call| call.operation.clone().into_owned()),
            verb: Verb::Set,
            old: if is_policy { Value::Null } else { old.clone() },
            new: new.clone(),
            with: call.map(|call| call.going_along(want)).unwrap_or_default(),
        };
        let risk = if call.is_none() { Risk::IMPOSSIBLE } else { self.risk_of(want, &old, &new) };
        found.push(Pending { leaf: self, edit, call, risk });
        Ok(())
    }

    /// Both values as an edit has them: of alternatives, those that are in use and those that are to be.
    fn written(&self, old: &Value, new: &Value) -> (Value, Value) {
        match &self.form {
            Form::Targets { one_of_each: Some(_), .. } => {
                (json!(chosen(old)), json!(choice(new, old)))
            }
            // Lists are emptied, whatever word a manifest has for that.
            _ if new.is_null() && self.is_list() => (old.clone(), json!([])),
            _ => (old.clone(), new.clone()),
        }
    }

    /// The edits of a set that one call writes as a whole: what comes, and then what goes.
    fn members<'t>(
        &'t self,
        new: &Value,
        old: &Value,
        add: &'t Call,
        remove: &'t Call,
        want: &Tree,
    ) -> Vec<Pending<'t>> {
        let [new, old] = [new, old].map(|set| texts(set).collect::<BTreeSet<_>>());
        let both: BTreeSet<_> = old.union(&new).copied().collect();
        let edit = |verb, old: &BTreeSet<&str>, new: &BTreeSet<&str>| {
            let call = if verb == Verb::Shrink { remove } else { add };
            let (old, new) = (json!(old), json!(new));
            let risk = self.risk_of(want, &old, &new);
            let path = self.path.clone().into_owned();
            let operation = Some(call.operation.clone().into_owned());
            let edit = LeafEdit { path, operation, verb, old, new, with: call.going_along(want) };
            Pending { leaf: self, edit, call: Some(call), risk }
        };
        if new.is_superset(&old) {
            vec![edit(Verb::Set, &old, &new)]
        } else if both == old || both.len() > self.form.most() {
            vec![edit(Verb::Shrink, &old, &new)]
        } else {
            vec![edit(Verb::Set, &old, &both), edit(Verb::Shrink, &both, &new)]
        }
    }

    /// The live value; what a form without a word for "unknown" shows as nothing is its nothing.
    fn live(&self, have: &Tree) -> Value {
        match (get(have, &self.path), &self.form) {
            (Value::Null, _) if self.is_list() => json!([]),
            (Value::Null, _) if self.is_left_out() => Value::Null,
            (Value::Null, Form::Bool) => json!(false),
            (Value::Null, Form::Text(_)) => json!(""),
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

    /// Whether a detail of what is on is as wanted, or not managed.
    fn is_as_said(&self, new: &Value, old: &Value) -> bool {
        let said = new.get(self.path.as_ref()).unwrap_or(&Value::Null);
        said.is_null() || old.get(self.path.as_ref()) == Some(said)
    }

    fn entries<'t>(
        &'t self,
        new: &Value,
        old: &Value,
        add: &'t Call,
        remove: &'t Call,
        take: Option<&'t Take>,
        (want, have): (&Tree, &Tree),
    ) -> Vec<Pending<'t>> {
        let (new, old): (BTreeSet<_>, BTreeSet<_>) = (texts(new).collect(), texts(old).collect());
        let entry = |item: &str, verb, call: &'t Call, from: Value| {
            let edit = LeafEdit {
                path: self.path.clone().into_owned(),
                operation: Some(call.operation.clone().into_owned()),
                verb,
                old: from,
                new: json!(item),
                with: call.going_along(want),
            };
            Pending { leaf: self, edit, call: Some(call), risk: self.entry_risk(verb) }
        };
        let gone = old.difference(&new).map(|item| entry(item, Verb::Remove, remove, Value::Null));
        let come = new.difference(&old).map(|item| {
            let from = take.and_then(|take| Some((take, get(have, &take.fact).get(*item)?)));
            match from {
                Some((take, from)) => entry(item, Verb::Take, &take.call, from.clone()),
                None => entry(item, Verb::Add, add, Value::Null),
            }
        });
        gone.chain(come).collect()
    }

    fn entry_risk(&self, verb: Verb) -> Risk {
        match (&self.risk, verb) {
            (RiskOf::Always(risk), _) => *risk,
            (RiskOf::Each { add, .. }, Verb::Add) => *add,
            (RiskOf::Each { take, .. }, Verb::Take) => *take,
            (RiskOf::Each { remove, .. }, _) => *remove,
            (RiskOf::MoreIsLooser, Verb::Remove) => Risk::TIGHTENS,
            (RiskOf::MoreIsTighter, Verb::Add | Verb::Take) => Risk::TIGHTENS,
            (RiskOf::MoreIsLooser | RiskOf::MoreIsTighter, _) => Risk::LOOSENS,
            (RiskOf::Less { less, .. }, Verb::Remove) => *less,
            (RiskOf::Less { other, .. }, _) => *other,
            (RiskOf::Towards { .. } | RiskOf::Meaning | RiskOf::Words(_), _) => Risk::REPLACES,
        }
    }

    fn risk_of(&self, want: &Tree, old: &Value, new: &Value) -> Risk {
        match &self.risk {
            RiskOf::Always(risk) => *risk,
            RiskOf::Towards { value, there, back } => {
                if let Form::Switch { details, .. } = &self.form
                    && is_on(new)
                    && is_on(old)
                {
                    let changed = details.iter().filter(|detail| !detail.is_as_said(new, old));
                    return changed.map(|detail| detail.detail_risk(new, old)).collect();
                }
                let is_there = match &self.form {
                    Form::Switch { .. } => is_on(new) == is_on(value),
                    _ => new == value,
                };
                if is_there { *there } else { *back }
            }
            RiskOf::Meaning => policy_risk(&self.form, want, old, new),
            RiskOf::Words(pairs) => {
                let is = |word: &Option<Text>, value: &Value| {
                    word.as_ref().is_none_or(|word| *value == **word)
                };
                let pair = pairs.iter().find(|(from, to, _)| is(from, old) && is(to, new));
                pair.map_or(Risk::REPLACES, |(_, _, risk)| *risk)
            }
            RiskOf::Less { less, other } => *if is_less(old, new) { less } else { other },
            RiskOf::MoreIsLooser => more(old, new),
            RiskOf::MoreIsTighter => more(new, old),
            // Entries that one call writes together.
            RiskOf::Each { add, remove, .. } => {
                let [old, new] = [old, new].map(|set| texts(set).collect::<BTreeSet<_>>());
                let come = (!new.is_subset(&old)).then_some(*add);
                come.into_iter().chain((!old.is_subset(&new)).then_some(*remove)).collect()
            }
        }
    }

    fn detail_risk(&self, new: &Value, old: &Value) -> Risk {
        let member = |whole: &Value| whole.get(self.path.as_ref()).cloned().unwrap_or_default();
        self.risk_of(&Tree::new(), &member(old), &member(new))
    }
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
            Self::With(path) => [want, have].iter().any(|state| !tree::is_none(get(state, path))),
        }
    }
}

/// Whether a number becomes smaller, or is there for the first time; or a list loses something.
fn is_less(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Array(old), Value::Array(new)) => old.iter().any(|item| !new.contains(item)),
        _ => new.as_i64().is_some_and(|new| old.as_i64().is_none_or(|old| new < old)),
    }
}

/// The risk of what grows, where more is looser. What cannot be compared counts as both.
fn more(old: &Value, new: &Value) -> Risk {
    let numbers = (old.as_i64(), new.as_i64());
    if let (Some(old), Some(new)) = numbers {
        return Risk { opens: new > old, closes: new < old, ..Risk::NEUTRAL };
    }
    if !(old.is_array() && new.is_array()) {
        return Risk::REPLACES;
    }
    let [old, new] = [old, new].map(|set| texts(set).collect::<BTreeSet<_>>());
    Risk { opens: !new.is_subset(&old), closes: !old.is_subset(&new), ..Risk::NEUTRAL }
}

/// What cannot be read may be anything: putting another document there closes and opens.
fn policy_risk(form: &Form, want: &Tree, old: &Value, new: &Value) -> Risk {
    match (policy(form, old), policy(form, new)) {
        (Some(live), Some(wanted)) => diff(&live, &wanted, &context(want)).widening.risk(),
        _ => Risk::REPLACES,
    }
}
