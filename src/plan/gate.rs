//! The gate: what people must see before it happens. It only ever holds; nothing it does adds a step.
//!
//! In order: held risks are split off, then everything else is asked whether it is too much ([`masses`]), whether it
//! would lock palisade out ([`lockout`]), whether it concerns too many accounts ([`accounts`]), and whether somebody else
//! keeps undoing it. A digest that people consented
//! to releases exactly its step, whatever held it; what AWS has no call for stays held.

pub mod accounts;
mod lockout;
mod masses;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Inputs, Plan, Step, Verdict};
use crate::model::{Address, Risk};

/// Holds what people must see first.
pub(super) fn hold(plan: &mut Plan, inputs: &Inputs<'_>) {
    let steps = std::mem::take(&mut plan.steps);
    let mut steps: Vec<Step> =
        steps.into_iter().flat_map(|step| hold_risks(step, inputs)).collect();
    masses::hold(&mut steps, inputs);
    for step in &mut steps {
        add(step, lockout::reasons(step, inputs));
        add(step, accounts::reasons(step, inputs).iter().map(ToString::to_string).collect());
    }
    let frozen = frozen(&steps, &plan.wants, inputs);
    for step in &mut steps {
        add(step, frozen.get(&step.address).cloned().into_iter().collect());
        release(step, inputs.approved);
    }
    plan.frozen = frozen.into_keys().collect();
    plan.steps = steps;
}

/// Holds a step that would go, or gives a held one further reasons.
fn add(step: &mut Step, reasons: Vec<String>) {
    if reasons.is_empty() {
        return;
    }
    match &mut step.verdict {
        Verdict::Go => step.verdict = Verdict::Held(reasons),
        Verdict::Held(why) => why.extend(reasons),
        Verdict::Waiting(_) | Verdict::Reported(_) => {}
    }
}

fn release(step: &mut Step, approved: &BTreeSet<String>) {
    // What AWS has no call for cannot be approved into existence.
    if matches!(step.verdict, Verdict::Held(_))
        && step.risk() != Risk::Impossible
        && approved.contains(&step.digest)
    {
        step.verdict = Verdict::Go;
        step.approved = true;
    }
}

/// Edits of a held risk become a step of their own, so that the others (tightening above all) go on.
fn hold_risks(step: Step, inputs: &Inputs<'_>) -> Vec<Step> {
    let Action::Edit { edits, .. } = &step.action else { return vec![step] };
    if !step.verdict.goes() {
        return vec![step];
    }
    let (held, rest): (Vec<_>, Vec<_>) =
        edits.iter().cloned().partition(|edit| inputs.gate.hold_risks.contains(&edit.risk));
    if held.is_empty() {
        return vec![step];
    }
    let mut risks: Vec<&str> = held.iter().map(|edit| edit.risk.as_str()).collect();
    risks.dedup();
    let why = format!("it {}, and the settings hold that", risks.join(" and "));
    let mut parts = vec![step.part(held, Verdict::Held(vec![why]))];
    if !rest.is_empty() {
        parts.insert(0, step.part(rest, Verdict::Go));
    }
    parts
}

/// The addresses that somebody else keeps changing, with the reason. Whole addresses: to leave out one edit of several
/// could leave less protection than either the old or the new state has.
fn frozen(
    steps: &[Step],
    wants: &BTreeMap<Address, String>,
    inputs: &Inputs<'_>,
) -> BTreeMap<Address, String> {
    let why = |step: &Step| {
        let past = inputs.past.rewrites.get(&step.address)?;
        // A changed manifest is another wish: it is tried at once.
        let same = past.want == wants.get(&step.address).map(String::as_str).unwrap_or_default();
        let why = step.fields().iter().filter(|_| same).find_map(|f| past.frozen.get(f).cloned());
        Some((step.address.clone(), why?))
    };
    steps.iter().filter_map(why).collect()
}
