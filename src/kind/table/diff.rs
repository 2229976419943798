//! From live to wanted: the edits, each with its call and its risk.

use std::collections::BTreeSet;

use serde::de::Error as _;
use serde_json::{Value, json};

use super::{
    Call, Compare, Form, How, Leaf, LeafEdit, RiskOf, Table, Take, Tree, Verb,
    edit::{context, is_on, policy},
    get, texts,
};
use crate::model::{
    AccessChange, Risk,
    policy_document::{Dialect, PolicyDocument, diff, equivalent},
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
        Ok(self.ordered(found))
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
            found.extend(self.entries(new, &old, add, remove, take.as_ref(), have));
            return Ok(());
        }
        if self.is_same(want, &old)? {
            return Ok(());
        }
        let call = match &self.change {
            How::By(call) => Some(call),
            How::Switch { on, off } => Some(if is_on(new) { on } else { off }),
            How::Fixed(_) => None,
            How::Entries { .. } | How::Argument => return Ok(()),
        };
        let is_policy = matches!(self.form, Form::Policy { .. });
        let edit = LeafEdit {
            path: self.path.clone().into_owned(),
            operation: call.map(|call| call.operation.clone().into_owned()),
            verb: Verb::Set,
            old: if is_policy { Value::Null } else { old.clone() },
            new: new.clone(),
        };
        let risk = if call.is_none() { Risk::IMPOSSIBLE } else { self.risk_of(want, &old, new) };
        found.push(Pending { leaf: self, edit, call, risk });
        Ok(())
    }

    /// The live value; what a form without a word for "unknown" shows as nothing is its nothing.
    fn live(&self, have: &Tree) -> Value {
        match (get(have, &self.path), &self.form) {
            (Value::Null, Form::Bool) => json!(false),
            (Value::Null, Form::Text(_)) => json!(""),
            (Value::Null, Form::Set { .. }) => json!([]),
            (value, _) => value.clone(),
        }
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
            (Form::Policy { dialect, .. }, Compare::Meaning) => {
                let wanted = document(new, *dialect)?;
                policy(old, *dialect).is_some_and(|live| equivalent(&live, &wanted, &context(want)))
            }
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
        have: &Tree,
    ) -> Vec<Pending<'t>> {
        let (new, old): (BTreeSet<_>, BTreeSet<_>) = (texts(new).collect(), texts(old).collect());
        let entry = |item: &str, verb, call: &'t Call, from: Value| {
            let edit = LeafEdit {
                path: self.path.clone().into_owned(),
                operation: Some(call.operation.clone().into_owned()),
                verb,
                old: from,
                new: json!(item),
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
            (RiskOf::Towards { .. } | RiskOf::Meaning, _) => Risk::REPLACES,
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
            RiskOf::Meaning => match &self.form {
                Form::Policy { dialect, .. } => policy_risk(want, *dialect, old, new),
                _ => Risk::REPLACES,
            },
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
fn policy_risk(want: &Tree, dialect: Dialect, old: &Value, new: &Value) -> Risk {
    match (policy(old, dialect), policy(new, dialect)) {
        (Some(live), Some(wanted)) => diff(&live, &wanted, &context(want)).widening.risk(),
        _ => Risk::REPLACES,
    }
}

/// The document that a state says; one that does not read is a defect.
pub(super) fn document(
    value: &Value,
    dialect: Dialect,
) -> Result<PolicyDocument, serde_json::Error> {
    PolicyDocument::from_value(value, dialect).map_err(serde_json::Error::custom)
}
