//! From live to wanted: the edits, each with its call and its risk.

use std::collections::BTreeSet;

use serde::de::Error as _;
use serde_json::{Value, json};

use super::{
    Call, Compare, Form, How, Leaf, LeafEdit, RiskOf, Table, Take, Text, Tree, Verb,
    edit::is_on,
    get,
    policy::{context, policy},
    targets::{choice, chosen},
    texts,
};
use crate::{
    kind::has_placeholder,
    model::{
        AccessChange, Disruption, Risk,
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
        for leaf in &self.leaves {
            if leaf.can_change(want, have) {
                leaf.edits(want, have, &mut found)?;
            }
        }
        add_risks_of_what_goes_along(&mut found);
        if self.fixed_first && found.iter().any(|pending| pending.call.is_none()) {
            found.retain(|pending| pending.call.is_none());
        }
        Ok(self.ordered(found))
    }
}

/// What goes along with a call is changed by it, whether or not its own edit is let through.
fn add_risks_of_what_goes_along(found: &mut [Pending<'_>]) {
    let risks: Vec<_> = found.iter().map(|it| (it.edit.path.clone(), it.risk)).collect();
    for pending in found {
        let along = risks.iter().filter(|(path, _)| pending.edit.with.contains_key(path));
        pending.risk = along.fold(pending.risk, |all, (_, risk)| all.and(*risk));
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
        let new = get(want, &self.path);
        if new.is_null() {
            return Ok(());
        }
        let old = self.live(have);
        if let How::Entries { add, remove, take } = &self.change {
            found.extend(self.entries(new, &old, add, remove, take.as_ref(), (want, have)));
            return Ok(());
        }
        if self.is_same(want, &old)? {
            return Ok(());
        }
        let is_while = |other: &Option<(Text, Value)>| {
            other.as_ref().is_some_and(|(path, value)| get(have, path) == value)
        };
        let is_fixed = is_while(&self.fixed_while);
        let call = match &self.change {
            _ if is_fixed => None,
            How::By(call) => Some(call),
            How::Switch { on, off } => Some(if self.turns_on(new) { on } else { off }),
            How::Fixed(_) => None,
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
        let risk = match call {
            None => Risk::IMPOSSIBLE,
            Some(_) if is_while(&self.idle_while) => {
                Risk { disrupts: Disruption::None, ..self.risk_of(want, &old, &new) }
            }
            Some(_) => self.risk_of(want, &old, &new),
        };
        found.push(Pending { leaf: self, edit, call, risk });
        Ok(())
    }

    /// Both values as an edit has them: of alternatives, those that are in use and those that are to be.
    fn written(&self, old: &Value, new: &Value) -> (Value, Value) {
        match &self.form {
            Form::Targets { one_of_each: Some(_), .. } => {
                (json!(chosen(old)), json!(choice(new, old)))
            }
            _ => (old.clone(), new.clone()),
        }
    }

    /// The live value; what a form without a word for "unknown" shows as nothing is its nothing.
    fn live(&self, have: &Tree) -> Value {
        match (get(have, &self.path), &self.form) {
            (Value::Null, Form::Bool) => json!(false),
            (Value::Null, Form::Text(_)) => json!(""),
            (Value::Null, Form::Set { .. } | Form::Targets { .. }) => json!([]),
            (value, _) => value.clone(),
        }
    }

    fn wanted_policy(&self, value: &Value) -> Result<PolicyDocument, serde_json::Error> {
        let defect = || serde_json::Error::custom("a wanted policy that does not read as one");
        policy(&self.form, value).ok_or_else(defect)
    }

    fn is_same(&self, want: &Tree, old: &Value) -> Result<bool, serde_json::Error> {
        let new = get(want, &self.path);
        Ok(match (&self.form, self.compare) {
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
            (_, Compare::Set) => {
                texts(new).collect::<BTreeSet<_>>() == texts(old).collect::<BTreeSet<_>>()
            }
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
    let is_everything = |value: &Value| match form {
        Form::Policy { word: Some(word), .. } => word.is_everything && *value == *word.word,
        _ => false,
    };
    if is_everything(new) {
        return Risk::LOOSENS;
    }
    if is_everything(old) {
        return Risk::TIGHTENS;
    }
    match (policy(form, old), policy(form, new)) {
        (Some(live), Some(wanted)) => diff(&live, &wanted, &context(want)).widening.risk(),
        _ => Risk::REPLACES,
    }
}
