//! Whether a change of a statement widens or narrows access.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    canonical::{Body, Conditions, Effect, PrincipalType, Principals, Selection, Token, Tokens},
    operator::{Operator, Test},
    pattern::{covers, covers_resource},
};
use crate::model::Risk;

/// The effect of a change on access. `Narrows` and `Neutral` are certain; the others may overstate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Widening {
    /// Something may become allowed, nothing becomes forbidden.
    Widens,
    /// Nothing becomes allowed.
    Narrows,
    /// Something may become allowed and something forbidden.
    Mixed,
    /// Access stays as it is.
    Neutral,
    /// It cannot be determined.
    Unknown,
}

impl Widening {
    /// Both changes together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Neutral, one) | (one, Self::Neutral) => one,
            (a, b) if a == b => a,
            _ => Self::Mixed,
        }
    }

    /// The risk of replacing one document by the other. An unknown effect may be both.
    pub fn risk(self) -> Risk {
        match self {
            Self::Narrows => Risk::TIGHTENS,
            Self::Neutral => Risk::NEUTRAL,
            Self::Widens => Risk::LOOSENS,
            Self::Mixed | Self::Unknown => Risk::REPLACES,
        }
    }

    /// The same shift for a statement that denies instead of allows.
    fn reverse(self) -> Self {
        match self {
            Self::Widens => Self::Narrows,
            Self::Narrows => Self::Widens,
            other => other,
        }
    }

    /// The shift of a set, given which of its two versions certainly contains the other.
    fn shift(new_contains_old: bool, old_contains_new: bool) -> Self {
        match (new_contains_old, old_contains_new) {
            (true, true) => Self::Neutral,
            (true, false) => Self::Widens,
            (false, true) => Self::Narrows,
            (false, false) => Self::Mixed,
        }
    }
}

/// Judges one entry of a diff. A body that both documents have is added or removed without effect.
pub(super) fn judge(
    old: Option<&Body>,
    new: Option<&Body>,
    all_old: &BTreeSet<&Body>,
    all_new: &BTreeSet<&Body>,
) -> Widening {
    let gone = old.filter(|body| !all_new.contains(body));
    let come = new.filter(|body| !all_old.contains(body));
    match (gone, come) {
        (None, None) => Widening::Neutral,
        (None, Some(new)) => appears(new.effect),
        (Some(old), None) => appears(old.effect).reverse(),
        (Some(old), Some(new)) if old.effect != new.effect => appears(new.effect),
        (Some(old), Some(new)) => {
            let matched = reach(old, new);
            if new.effect == Effect::Allow { matched } else { matched.reverse() }
        }
    }
}

fn appears(effect: Effect) -> Widening {
    match effect {
        Effect::Allow => Widening::Widens,
        Effect::Deny => Widening::Narrows,
    }
}

/// The shift of the set of requests that a statement covers.
fn reach(old: &Body, new: &Body) -> Widening {
    let action = |a: &Tokens, b: &Tokens| contains(a, b, covers);
    let resource = |a: &Tokens, b: &Tokens| contains(a, b, covers_resource);
    selected(old.principal.as_ref(), new.principal.as_ref(), contains_principals)
        .and(selected(old.action.as_ref(), new.action.as_ref(), action))
        .and(selected(old.resource.as_ref(), new.resource.as_ref(), resource))
        .and(restricted(&old.condition, &new.condition))
}

fn selected<T: PartialEq>(
    old: Option<&Selection<T>>,
    new: Option<&Selection<T>>,
    contains: impl Fn(&T, &T) -> bool,
) -> Widening {
    match (old, new) {
        (old, new) if old == new => Widening::Neutral,
        (Some(Selection::Only(old)), Some(Selection::Only(new))) => {
            Widening::shift(contains(new, old), contains(old, new))
        }
        (Some(Selection::AllBut(old)), Some(Selection::AllBut(new))) => {
            Widening::shift(contains(new, old), contains(old, new)).reverse()
        }
        _ => Widening::Unknown,
    }
}

fn contains(wide: &Tokens, narrow: &Tokens, covers: impl Fn(&str, &str) -> bool) -> bool {
    narrow.iter().all(|n| wide.iter().any(|w| covers(w.key(), n.key())))
}

fn contains_principals(wide: &Principals, narrow: &Principals) -> bool {
    let (Principals::Named(_), Principals::Named(_)) = (wide, narrow) else {
        return false;
    };
    // The root of an account only delegates to it, so it does not contain the account's roles; `*`
    // contains everything.
    PrincipalType::ALL.into_iter().all(|kind| {
        let everyone = |w: &Token| kind == PrincipalType::Aws && w.key() == "*";
        narrow.of_type(kind).all(|n| wide.of_type(kind).any(|w| w == n || everyone(w)))
    })
}

/// Conditions restrict: an additional one excludes requests, a removed one admits them.
fn restricted(old: &Conditions, new: &Conditions) -> Widening {
    let pairs = |conditions: &Conditions| -> BTreeSet<(String, Token)> {
        let pairs = conditions.iter().flat_map(|(operator, keys)| {
            keys.keys().map(move |key| (operator.clone(), key.clone()))
        });
        pairs.collect()
    };
    let values = |conditions: &Conditions, operator: &str, key: &Token| {
        conditions.get(operator).and_then(|keys| keys.get(key)).cloned()
    };
    pairs(old).union(&pairs(new)).fold(Widening::Neutral, |so_far, (operator, key)| {
        so_far.and(match (values(old, operator, key), values(new, operator, key)) {
            (Some(old), Some(new)) => values_moved(operator, &old, &new),
            (Some(_), None) => Widening::Widens,
            (None, Some(_)) => Widening::Narrows,
            (None, None) => Widening::Neutral,
        })
    })
}

fn values_moved(operator: &str, old: &Tokens, new: &Tokens) -> Widening {
    if old == new {
        return Widening::Neutral;
    }
    let Some(operator) = Operator::parse(operator).filter(|_| !old.is_empty() && !new.is_empty())
    else {
        return Widening::Unknown;
    };
    let moved = Widening::shift(new.is_superset(old), old.is_superset(new));
    let sets =
        matches!(operator.test, Test::Text | Test::TextIgnoringCase | Test::Like | Test::Arn);
    match moved {
        // A changed limit, or true that became false, may still be contained.
        Widening::Mixed if !sets => Widening::Unknown,
        moved if operator.negated => moved.reverse(),
        moved => moved,
    }
}
