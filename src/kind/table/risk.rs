//! The risk of a change, from its row and both values.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Form, Leaf, Range, RiskOf, Text, Tree, Verb,
    diff::is_while,
    edit::is_on,
    policy::{context, policy},
    texts,
};
use crate::model::{Disruption, Risk, policy_document::diff};

impl Leaf {
    pub(super) fn entry_risk(&self, verb: Verb) -> Risk {
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
            (
                RiskOf::Towards { .. }
                | RiskOf::Meaning
                | RiskOf::Words(_)
                | RiskOf::Keyed
                | RiskOf::NoneIsLoosest { .. },
                _,
            ) => Risk::REPLACES,
        }
    }

    /// The risk of changing a live resource.
    pub(super) fn risk_between(
        &self,
        old: &Value,
        new: &Value,
        (want, have): (&Tree, &Tree),
    ) -> Risk {
        self.now(self.risk_of(want, old, new), have)
    }

    /// The risk of a change of this live resource.
    pub(super) fn now(&self, risk: Risk, have: &Tree) -> Risk {
        if is_while(&self.idle_while, have) {
            return Risk { disrupts: Disruption::None, ..risk };
        }
        risk
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
            RiskOf::Keyed => Risk::REPLACES,
            // Nothing is less than the least, whatever is live.
            RiskOf::MoreIsLooser if self.is_end(new, |range| range.min) && !old.is_i64() => {
                Risk::TIGHTENS
            }
            RiskOf::MoreIsTighter if self.is_end(new, |range| range.max) && !old.is_i64() => {
                Risk::TIGHTENS
            }
            RiskOf::MoreIsLooser => more(old, new),
            RiskOf::MoreIsTighter => more(new, old),
            RiskOf::NoneIsLoosest { more_is_looser } => match (old, new) {
                (Value::Null, new) if new.is_i64() => Risk::TIGHTENS,
                (old, Value::Null) if old.is_i64() => Risk::LOOSENS,
                (old, new) if *more_is_looser => more(old, new),
                (old, new) => more(new, old),
            },
            // Entries that one call writes together.
            RiskOf::Each { add, remove, .. } => {
                let [old, new] = [old, new].map(|set| texts(set).collect::<BTreeSet<_>>());
                let come = (!new.is_subset(&old)).then_some(*add);
                come.into_iter().chain((!old.is_subset(&new)).then_some(*remove)).collect()
            }
        }
    }

    /// Whether a number is one end of its range.
    fn is_end(&self, number: &Value, end: impl Fn(&Range) -> i64) -> bool {
        matches!(&self.form, Form::Int(range) if number.as_i64() == Some(end(range)))
    }

    fn detail_risk(&self, new: &Value, old: &Value) -> Risk {
        let member = |whole: &Value| whole.get(self.path.as_ref()).cloned().unwrap_or_default();
        self.risk_of(&Tree::new(), &member(old), &member(new))
    }
}

/// Whether a number decreases, or is set for the first time; or a list loses something.
fn is_less(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Array(old), Value::Array(new)) => old.iter().any(|item| !new.contains(item)),
        _ => new.as_i64().is_some_and(|new| old.as_i64().is_none_or(|old| new < old)),
    }
}

/// The risk of a value of which more is looser. What cannot be compared counts as both.
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

/// An unreadable policy may say anything: replacing it closes and opens.
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
