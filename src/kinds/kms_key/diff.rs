//! From live to wanted, in the order in which no moment in between allows more than both or less than both.
//!
//! What narrows goes first, what widens goes last, and while a key is disabled everything that KMS
//! takes of a disabled key is done: a key that shall be enabled is enabled when its policy and aliases are
//! right, and a key that shall be disabled is disabled before its policy is widened.

use std::collections::BTreeSet;

use super::{
    Change, Rotation, State,
    change::Fixed,
    policy::{self, Difference},
};
use crate::model::AccessChange;

pub(super) fn diff(want: &State, have: &State) -> Vec<Change> {
    // A dying key takes nothing else, its rotation cannot be read, and its claim cannot be written: the rest
    // follows when the next pass has seen it disabled.
    if have.pending_deletion {
        return vec![Change::CancelDeletion];
    }
    let (enable, disable) = match (want.enabled, have.enabled.unwrap_or_default()) {
        (Some(true), false) => (true, false),
        (Some(false), true) => (false, true),
        _ => (false, false),
    };
    let usable_afterwards = enable || (have.enabled.unwrap_or_default() && !disable);
    let (narrowing, widening) = match policy::difference(want, have) {
        Some(difference) if difference.risk.access() == AccessChange::Tightens => {
            (Some(difference), None)
        }
        other => (None, other),
    };

    let mut changes = Vec::new();
    changes.extend(narrowing.map(put));
    changes.extend(disable.then_some(Change::Disable));
    changes.extend(surplus_aliases(want, have));
    changes.extend(widening.map(put));
    changes.extend(description(want, have));
    changes.extend(enable.then_some(Change::Enable));
    // KMS refuses to change the rotation of a disabled key (KMS developer guide, "Key states").
    changes.extend(usable_afterwards.then(|| rotation(want, have)).flatten());
    // People find the key by its aliases: only when it is as it shall be.
    changes.extend(missing_aliases(want, have));
    changes.extend(fixed(want, have).into_iter().map(Change::Immutable));
    changes
}

fn put(Difference { wanted, risk, lines }: Difference) -> Change {
    Change::PutPolicy { policy: wanted, risk, lines }
}

fn description(want: &State, have: &State) -> Option<Change> {
    let new = want.description.clone()?;
    let old = have.description.clone().unwrap_or_default();
    (new != old).then_some(Change::UpdateDescription { old, new })
}

fn surplus_aliases(want: &State, have: &State) -> Vec<Change> {
    let Some(wanted) = &want.aliases else { return Vec::new() };
    let live = have.aliases.iter().flatten();
    live.filter(|alias| !wanted.contains(*alias))
        .map(|alias| Change::DeleteAlias { alias: alias.clone() })
        .collect()
}

fn missing_aliases(want: &State, have: &State) -> Vec<Change> {
    let none = BTreeSet::new();
    let live = have.aliases.as_ref().unwrap_or(&none);
    let wanted = want.aliases.iter().flatten();
    wanted
        .filter(|alias| !live.contains(*alias))
        .map(|alias| match have.elsewhere.get(alias) {
            Some(from) => Change::MoveAlias { alias: alias.clone(), from: from.clone() },
            None => Change::CreateAlias { alias: alias.clone() },
        })
        .collect()
}

/// A second EnableKeyRotation would start the period anew, so it is sent only for a difference.
fn rotation(want: &State, have: &State) -> Option<Change> {
    let (wanted, old) = (want.rotation?, have.rotation?);
    match (wanted, old) {
        (Rotation { enabled: false, .. }, Rotation { enabled: true, .. }) => {
            Some(Change::DisableRotation { old })
        }
        (Rotation { enabled: true, period_days }, _)
            if !old.enabled || period_days.is_some_and(|days| old.period_days != Some(days)) =>
        {
            Some(Change::EnableRotation { period_days, old })
        }
        _ => None,
    }
}

fn fixed(want: &State, have: &State) -> Vec<Fixed> {
    let differing = |wanted: &Option<String>, live: &Option<String>| {
        let new = wanted.clone()?;
        let old = live.clone().unwrap_or_else(|| "(unknown)".to_owned());
        (new != old).then_some((old, new))
    };
    let multi_region = want
        .multi_region
        .filter(|wanted| *wanted != have.multi_region.unwrap_or_default())
        .map(|new| Fixed::MultiRegion { new });
    [
        differing(&want.key_spec, &have.key_spec).map(|(old, new)| Fixed::KeySpec { old, new }),
        differing(&want.key_usage, &have.key_usage).map(|(old, new)| Fixed::KeyUsage { old, new }),
        differing(&want.origin, &have.origin).map(|(old, new)| Fixed::Origin { old, new }),
        multi_region,
    ]
    .into_iter()
    .flatten()
    .collect()
}
