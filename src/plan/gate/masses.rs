//! How much may change at once: shares of what is really there.
//!
//! Creations are not counted. The first pass over a new account is nothing but creations, a creation takes nothing from
//! anybody, and a second one for one address is ruled out elsewhere (claims, client tokens, unique names, settle
//! windows).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{Address, ScopedKind},
    plan::{Action, Hidden, HoldReason, Inputs, Look, Step, Verdict},
};

/// At least this many deletions of a kind in a scope pass, whatever the percentage says: one tombstone
/// in a small account is a wish, not an accident.
const DELETES_FLOOR: usize = 1;
/// At least this many edited resources pass likewise.
const CHANGES_FLOOR: usize = 10;

/// What is counted together: a kind in a scope, and the verb.
type Key = (ScopedKind, &'static str);

/// The kinds, scopes and verbs of which there is too much, with the reason. All of their steps are held: which of fifty
/// deletions are the right ones is exactly what people must look at.
pub(super) fn too_many(steps: &[Step], inputs: &Inputs<'_>) -> BTreeMap<Key, HoldReason> {
    let mut wished: BTreeMap<Key, BTreeSet<&Address>> = BTreeMap::new();
    for step in steps.iter().filter(|step| is_wished(step, inputs)) {
        wished.entry(key(step)).or_default().insert(&step.address);
    }
    let over = |(key, wished): (Key, BTreeSet<&Address>)| {
        let (place, verb) = &key;
        let there = population(place, inputs.look);
        let (gate, recent) = (inputs.limits.gate, &inputs.memory.past.recent);
        let (percent, floor, recent) = match *verb {
            "delete" => (gate.deletes_percent, DELETES_FLOOR, recent.deleted.get(place)),
            _ => (gate.changes_percent, CHANGES_FLOOR, recent.edited.get(place)),
        };
        // Steps of the last hour count, and for deletions what they took from the population: a limit that starts anew
        // with every pass would let everything go, a tenth at a time. An address that is edited once more counts once.
        let done = recent.into_iter().flatten().filter(|it| !wished.contains(it)).count();
        let all = if *verb == "delete" { there + done } else { there };
        let limit = most(percent, all, floor)?;
        let wished = wished.len();
        let reason = HoldReason::Mass { verb: (*verb).to_owned(), wished, done, all, limit };
        (wished + done > limit).then_some((key, reason))
    };
    wished.into_iter().filter_map(over).collect()
}

/// The share of so many things that may be concerned, and never less than `floor`; `None` where there is no limit.
pub(super) fn most(percent: u32, of: usize, floor: usize) -> Option<usize> {
    (percent < 100).then(|| floor.max(of * percent as usize / 100))
}

/// Whether the step counts. What waits counts as well: it goes once its reason is gone, and it would be counted as few
/// if it were counted alone. What failed lately does not hold up the others, nor do edits that only complete what this
/// process has just created, nor what puts back or only claims.
pub(super) fn is_wished(step: &Step, inputs: &Inputs<'_>) -> bool {
    let live = matches!(step.verdict, Verdict::Go | Verdict::Waiting(_));
    match &step.action {
        Action::Create { .. } => false,
        Action::Delete { .. } => live,
        Action::Edit { .. } => {
            live && super::counts_as_edit(step).is_some()
                && !inputs.memory.completing.contains(&step.address)
                && (step.verdict.goes() || !inputs.memory.holdoffs.contains_key(&step.address))
        }
    }
}

/// What a step is counted with.
pub(super) fn key(step: &Step) -> Key {
    (step.address.scoped_kind(), step.action.verb())
}

/// The claimed resources of a kind in a scope, as seen in this pass, without those that are on their way out: never those of
/// the directory, never those of an earlier pass. What is claimed and could not be read is there all the same.
fn population(at: &ScopedKind, look: &Look<'_>) -> usize {
    let (Some(kind), Some(inventory)) = (look.kind(&at.kind), look.claims.of(at)) else { return 0 };
    inventory.alive(kind) + look.claims.hidden(at).map_or(0, Hidden::claimed)
}
