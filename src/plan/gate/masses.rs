//! How much may change at once: shares of what is really there.
//!
//! Creations are not counted. The first pass over a new account is nothing but creations, a creation takes nothing from
//! anybody, and a second one for one address is ruled out elsewhere (claims, client tokens, unique names, settle
//! windows).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    kind::erased::Registry,
    model::{Address, Ownership, Seen},
    plan::{Action, HoldReason, Inputs, Live, Step, Verdict, unread},
};

/// At least this many deletions of a kind in a scope pass, whatever the percentage says: one tombstone
/// in a small account is a wish, not an accident.
const DELETES_FLOOR: usize = 1;
/// At least this many edited resources pass likewise.
const CHANGES_FLOOR: usize = 10;

/// Scope, kind, verb.
type Key = (String, String, &'static str);

/// The kinds, scopes and verbs of which there is too much, with the reason. All of their steps are held: which of fifty
/// deletions are the right ones is exactly what people must look at.
pub(super) fn too_many(steps: &[Step], inputs: &Inputs<'_>) -> BTreeMap<Key, HoldReason> {
    let population = population(inputs.live, inputs.owner, inputs.registry);
    let mut wished: BTreeMap<Key, BTreeSet<&Address>> = BTreeMap::new();
    for step in steps.iter().filter(|step| is_wished(step, inputs)) {
        wished.entry(key(step)).or_default().insert(&step.address);
    }
    let over = |(key, wished): (Key, BTreeSet<&Address>)| {
        let (scope, kind, verb) = &key;
        let place = (scope.clone(), kind.clone());
        let there = population.get(&place).copied().unwrap_or_default();
        let recent = &inputs.past.recent;
        let (percent, floor, recent) = match *verb {
            "delete" => (inputs.gate.deletes_percent, DELETES_FLOOR, recent.deleted.get(&place)),
            _ => (inputs.gate.changes_percent, CHANGES_FLOOR, recent.edited.get(&place)),
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
                && !inputs.completing.contains(&step.address)
                && (step.verdict.goes() || !inputs.holdoffs.contains_key(&step.address))
        }
    }
}

/// What a step is counted with.
pub(super) fn key(step: &Step) -> Key {
    (step.address.scope.clone(), step.address.kind.clone(), step.action.verb())
}

/// The claimed resources of each kind in each scope, as seen in this pass, without those that are on their way out:
/// never those of the directory, never those of an earlier pass.
fn population(live: &Live, owner: &str, registry: &Registry) -> BTreeMap<(String, String), usize> {
    let count = |(key, seen): (&(String, String), &Seen<Vec<_>>)| {
        let kind = registry.get(&key.1)?;
        let ours = seen.all()?.iter().filter(|resource: &&crate::model::Observed<_>| {
            matches!(Ownership::read(&resource.tags, owner), Ownership::Ours { .. })
                && !kind.is_gone(&resource.state).unwrap_or(false)
        });
        // What is claimed and could not be read is there all the same.
        let unread = unread::of(live, &key.0, &key.1).iter();
        let unread = unread.filter(|resource| resource.claim(owner).is_some());
        Some((key.clone(), ours.count() + unread.count()))
    };
    live.seen.iter().filter_map(count).collect()
}
