//! How much may change at once: shares of what is really there.
//!
//! Creations are not counted. The first pass over a new account is nothing but creations, a creation takes nothing from
//! anybody, and a second one for one address is ruled out elsewhere (claims, client tokens, unique names, settle
//! windows).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    kind::erased::Registry,
    model::{Address, Ownership, Seen},
    plan::{Action, Inputs, Live, Step, Verdict},
};

/// At least this many deletions of a kind in a scope pass, whatever the percentage says: one tombstone
/// in a small account is a wish, not an accident.
const DELETES_FLOOR: usize = 1;
/// At least this many edited resources pass likewise.
const CHANGES_FLOOR: usize = 10;

/// Scope, kind, verb.
type Key = (String, String, &'static str);

/// Holds every step of a kind, scope and verb of which there are too many. All of them: which of fifty deletions are the
/// right ones is exactly what people must look at.
pub(super) fn hold(steps: &mut [Step], inputs: &Inputs<'_>) {
    let population = population(inputs.live, inputs.owner, inputs.registry);
    let mut wished: BTreeMap<Key, BTreeSet<Address>> = BTreeMap::new();
    for step in steps.iter().filter(|step| is_wished(step, inputs)) {
        wished.entry(key(step)).or_default().insert(step.address.clone());
    }
    for step in steps.iter_mut().filter(|step| step.verdict.goes() && is_wished(step, inputs)) {
        let key = key(step);
        let all = population.get(&(key.0.clone(), key.1.clone())).copied().unwrap_or_default();
        let wished = wished.get(&key).map(BTreeSet::len).unwrap_or_default();
        let verb = key.2;
        // Deletions of the last hour count, and so do those they took: a limit that starts anew with every pass would
        // let everything go, a tenth at a time.
        let done = match verb {
            "delete" => inputs.past.deletions.get(&(key.0, key.1)).copied().unwrap_or_default(),
            _ => 0,
        };
        let (percent, floor) = match verb {
            "delete" => (inputs.gate.deletes_percent, DELETES_FLOOR),
            _ => (inputs.gate.changes_percent, CHANGES_FLOOR),
        };
        let Some(limit) = most(percent, all + done, floor) else { continue };
        if wished + done > limit {
            step.verdict = Verdict::Held(vec![words(verb, wished, done, all + done, limit)]);
        }
    }
}

/// The share of so many things that may be concerned, and never less than `floor`; `None` where there is no limit.
pub(super) fn most(percent: u32, of: usize, floor: usize) -> Option<usize> {
    (percent < 100).then(|| floor.max(of * percent as usize / 100))
}

fn words(verb: &str, wished: usize, done: usize, all: usize, limit: usize) -> String {
    match (verb, done) {
        ("delete", 0) => format!("{wished} of {all} would be deleted; {limit} may within an hour"),
        ("delete", _) => format!(
            "{wished} more of {all} would be deleted, after {done} within an hour; {limit} may"
        ),
        _ => format!("{wished} of {all} would be edited in one pass; {limit} may"),
    }
}

/// Whether the step counts. What waits counts as well: it goes once its reason is gone, and it would be counted as few
/// if it were counted alone. What failed lately does not hold up the others, nor do edits that only complete what this
/// process has just created.
fn is_wished(step: &Step, inputs: &Inputs<'_>) -> bool {
    let live = matches!(step.verdict, Verdict::Go | Verdict::Waiting(_));
    match &step.action {
        Action::Create { .. } => false,
        Action::Delete { .. } => live,
        Action::Edit { edits, .. } => {
            live && !edits.is_empty()
                && !inputs.completing.contains(&step.address)
                && (step.verdict.goes() || !inputs.holdoffs.contains_key(&step.address))
        }
    }
}

fn key(step: &Step) -> Key {
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
        Some((key.clone(), ours.count()))
    };
    live.seen.iter().filter_map(count).collect()
}
