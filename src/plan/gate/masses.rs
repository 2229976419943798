//! How much may change at once, as a share of the live resources.
//!
//! Creations do not count. The first pass over a new account consists of creations only, a creation
//! takes nothing away, and a second creation for one address is ruled out elsewhere (claims, client
//! tokens, unique names, settle windows).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{Address, ScopedKind},
    plan::{Action, Hidden, HoldReason, Inputs, Look, Step, Verdict},
};

/// Deletions of a kind in a scope that always pass, whatever the percentage: one tombstone in a
/// small account is intended, not an accident.
const DELETES_FLOOR: usize = 1;
/// Edited resources that always pass, likewise.
const CHANGES_FLOOR: usize = 10;

/// Scopes in which resources are deleted or edited that always pass, likewise.
const DELETE_SCOPES_FLOOR: usize = 2;
const CHANGE_SCOPES_FLOOR: usize = 10;

/// What is counted together: a kind in a scope, and the verb.
type Key = (ScopedKind, &'static str);

/// The kinds, scopes and verbs that exceed a limit, with the reason. All of their steps are held:
/// which of fifty deletions are right is what people must decide.
pub(super) fn too_many(steps: &[Step], inputs: &Inputs<'_>) -> BTreeMap<Key, HoldReason> {
    let mut wished: BTreeMap<Key, BTreeSet<&Address>> = BTreeMap::new();
    for step in steps.iter().filter(|step| counts_towards_limit(step, inputs)) {
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
        // Steps of the last hour count, and deleted resources still count as part of the
        // population: a limit that started anew in every pass would let everything go, a tenth at a
        // time. An address that is edited twice counts once.
        let done = recent.into_iter().flatten().filter(|it| !wished.contains(it)).count();
        let all = if *verb == "delete" { there + done } else { there };
        let limit = most(percent, all, floor)?;
        let wished = wished.len();
        let reason = HoldReason::Mass { verb: (*verb).to_owned(), wished, done, all, limit };
        (wished + done > limit).then_some((key, reason))
    };
    wished.into_iter().filter_map(over).collect()
}

/// The verbs that exceed a limit on the number of scopes, with the reason: one manifest of a set
/// stands for a resource in each of them, which the limits of a scope do not see. Where a change
/// reaches a set wave by wave, its edits do not count.
pub(super) fn too_wide(steps: &[Step], inputs: &Inputs<'_>) -> BTreeMap<&'static str, HoldReason> {
    let mut wished: BTreeMap<&'static str, BTreeSet<&str>> = BTreeMap::new();
    for step in steps.iter().filter(|step| spreads(step, inputs)) {
        wished.entry(step.action.verb()).or_default().insert(&step.address.scope);
    }
    let over = |(verb, wished): (&'static str, BTreeSet<&str>)| {
        let (gate, recent) = (inputs.limits.gate, &inputs.memory.past.recent);
        let (percent, floor, recent) = match verb {
            "delete" => (gate.deletes_percent, DELETE_SCOPES_FLOOR, &recent.deleted),
            _ => (gate.changes_percent, CHANGE_SCOPES_FLOOR, &recent.edited),
        };
        let recent: BTreeSet<&str> = recent.keys().map(|place| place.scope.as_str()).collect();
        let done = recent.difference(&wished).count();
        let all = inputs.look.installation.facts.len();
        let limit = most(percent, all, floor)?;
        let wished = wished.len();
        let reason = HoldReason::Scopes { verb: verb.to_owned(), wished, done, all, limit };
        (wished + done > limit).then_some((verb, reason))
    };
    wished.into_iter().filter_map(over).collect()
}

/// Whether a step counts towards the limit on scopes.
pub(super) fn spreads(step: &Step, inputs: &Inputs<'_>) -> bool {
    let set = inputs.look.documents.get(&step.address).and_then(|document| document.set.as_deref());
    let in_waves = set.is_some_and(|set| inputs.limits.waves.sets.contains(set));
    let deletes = matches!(step.action, Action::Delete { .. });
    counts_towards_limit(step, inputs) && (deletes || !in_waves)
}

/// The number of resources that may be changed, never less than `floor`; `None` if there is no
/// limit.
pub(super) fn most(percent: u32, of: usize, floor: usize) -> Option<usize> {
    (percent < 100).then(|| floor.max(of * percent as usize / 100))
}

/// Whether the step counts. Waiting steps count as well: they are carried out once their reason is
/// gone, and would evade the limit if they were counted alone. Steps that failed recently do not
/// hold up the others; edits that complete a resource that this process has just created, restore,
/// or only claim do not count.
pub(super) fn counts_towards_limit(step: &Step, inputs: &Inputs<'_>) -> bool {
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

/// The group that a step is counted in.
pub(super) fn key(step: &Step) -> Key {
    (step.address.scoped_kind(), step.action.verb())
}

/// The claimed resources of a kind in a scope, as observed in this pass, without those that are
/// being deleted; never the number of manifests, never that of an earlier pass. A claimed resource
/// that could not be read counts.
fn population(at: &ScopedKind, look: &Look<'_>) -> usize {
    let (Some(kind), Some(inventory)) = (look.kind(&at.kind), look.claims.of(at)) else { return 0 };
    inventory.alive(kind) + look.claims.hidden(at).map_or(0, Hidden::claimed)
}
