//! The gate: what people must see before it happens. It only ever holds; nothing it does adds a step.

use std::collections::BTreeMap;

use super::{Action, Inputs, Live, Step, Verdict};
use crate::model::{Ownership, Seen};

/// At least this many deletions of a kind in a scope pass, whatever the percentage says: one tombstone
/// in a small account is a wish, not an accident.
const DELETES_FLOOR: usize = 1;
/// At least this many edited resources pass likewise.
const CHANGES_FLOOR: usize = 10;

/// Splits off and holds what is too risky, then what is too much.
pub(super) fn hold(steps: Vec<Step>, inputs: &Inputs<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> =
        steps.into_iter().flat_map(|step| hold_risks(step, inputs)).collect();
    hold_masses(&mut steps, inputs);
    for step in &mut steps {
        let approved = inputs.approved.contains(&step.digest);
        // What AWS has no call for cannot be approved into existence.
        if approved
            && matches!(step.verdict, Verdict::Held(_))
            && step.risk() != crate::model::Risk::Impossible
        {
            step.verdict = Verdict::Go;
        }
    }
    steps
}

/// Edits of a held risk become a step of their own, so that the others (tightening above all) go on.
fn hold_risks(step: Step, inputs: &Inputs<'_>) -> Vec<Step> {
    let Action::Edit { have, edits } = &step.action else { return vec![step] };
    if !step.verdict.goes() {
        return vec![step];
    }
    let (held, rest): (Vec<_>, Vec<_>) =
        edits.iter().cloned().partition(|edit| inputs.gate.hold_risks.contains(&edit.risk));
    if held.is_empty() {
        return vec![step];
    }
    let part = |edits: Vec<_>, verdict| {
        let action = Action::Edit { have: have.clone(), edits };
        Step { digest: super::digest(&step.address, &action), action, verdict, ..step.clone() }
    };
    let mut risks: Vec<&str> = held.iter().map(|edit| edit.risk.as_str()).collect();
    risks.dedup();
    let why = format!("it {}, and the settings hold that", risks.join(" and "));
    let mut parts = vec![part(held, Verdict::Held(vec![why]))];
    if !rest.is_empty() {
        parts.insert(0, part(rest, Verdict::Go));
    }
    parts
}

fn hold_masses(steps: &mut [Step], inputs: &Inputs<'_>) {
    let population = population(inputs.live, inputs.owner);
    let mut counts: BTreeMap<(String, String, &'static str), usize> = BTreeMap::new();
    let key = |step: &Step| {
        let verb = step.action.verb();
        (step.address.scope.clone(), step.address.kind.clone(), verb)
    };
    let counted = |step: &Step| {
        let completing = step.action.verb() == "edit" && inputs.completing.contains(&step.address);
        step.verdict.goes() && !completing
    };
    for step in steps.iter().filter(|step| counted(step)) {
        *counts.entry(key(step)).or_default() += 1;
    }
    for step in steps.iter_mut().filter(|step| counted(step)) {
        let (scope, kind, verb) = key(step);
        let all = population.get(&(scope, kind)).copied().unwrap_or_default();
        let (percent, floor) = match verb {
            "delete" => (inputs.gate.deletes_percent, DELETES_FLOOR),
            "edit" => (inputs.gate.changes_percent, CHANGES_FLOOR),
            _ => continue,
        };
        let limit = floor.max(all * percent as usize / 100);
        let count = counts[&key(step)];
        if count > limit {
            step.verdict = Verdict::Held(vec![format!(
                "{count} of {all} would be {verb}{} in one pass; {limit} may",
                if verb == "delete" { "d" } else { "ed" }
            )]);
        }
    }
}

/// The claimed resources of each kind in each scope: the true population, as seen in this pass.
fn population(live: &Live, owner: &str) -> BTreeMap<(String, String), usize> {
    live.seen
        .iter()
        .filter_map(|(key, seen)| match seen {
            Seen::All(resources) => {
                let ours = resources
                    .iter()
                    .filter(|r| matches!(Ownership::read(&r.tags, owner), Ownership::Ours { .. }));
                Some((key.clone(), ours.count()))
            }
            Seen::Unknown(_) => None,
        })
        .collect()
}
