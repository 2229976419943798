//! The gate: what people must see before it happens. It only ever holds steps; it never adds one.
//!
//! In order: whether the plan changes too much at once (`masses`); whether a rollout has come to
//! the scope; which edits have a risk that the settings hold, and which ones somebody else keeps
//! undoing; whether an edit would lock out somebody who must keep access ([`lockout`]); and whether
//! it concerns too many accounts ([`accounts`]), or moves one ([`moves`]). Edits that restore what
//! somebody else opened are held only for a lock-out, or where AWS would stop running work. What
//! creates or widens identity always needs an approval (`fence`). If some edits of a resource are
//! held and others are not, they become two steps. An approved digest releases exactly its step,
//! whatever held it; that of a create also what completes the new resource as the create showed it.
//! It never releases what AWS has no call for, and what the settings do not let any manifest do.

pub mod accounts;
mod fence;
pub mod lockout;
mod masses;
pub mod moves;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::{
    Action, Consent, HoldReason, Inputs, Plan, Rewrites, Step, Verdict, Wait, WaitReason, Want,
    divide::{Divided, divide},
    order::TAG_KEY,
    rollout,
};
use crate::{
    kind::erased::{Edit, EditBody},
    model::{Address, Disruption, HeldRisk, Risk},
    plan::Cause,
};

/// Holds what people must see first.
pub(super) fn hold(plan: &mut Plan, inputs: &Inputs<'_>) {
    let mut steps = std::mem::take(&mut plan.steps);
    let (masses, wide) = (masses::too_many(&steps, inputs), masses::too_wide(&steps, inputs));
    let grounds = lockout::Grounds::of(inputs);
    let mut frozen = BTreeSet::new();
    steps = steps
        .into_iter()
        .flat_map(|step| {
            let frozen_why =
                undone(&step, plan.wants.get(&step.address).map(AsRef::as_ref), inputs);
            frozen.extend(frozen_why.is_some().then(|| step.address.clone()));
            let mass = masses
                .get(&masses::key(&step))
                .filter(|_| masses::counts_towards_limit(&step, inputs));
            let wide = wide.get(step.action.verb()).filter(|_| masses::spreads(&step, inputs));
            let mass: Vec<_> = mass.into_iter().chain(wide).collect();
            let consent = consent(&step, plan.wants.get(&step.address).map(AsRef::as_ref), inputs);
            hold_parts(step, inputs, (&mass, consent), frozen_why.as_ref())
        })
        .flat_map(|step| hold_lockouts(step, &grounds, inputs.limits.approved))
        .collect();
    for step in &mut steps {
        if !matches!(step.verdict, Verdict::Go | Verdict::Held(_)) {
            continue;
        }
        let reach = accounts::reasons(step, inputs);
        add(step, reach.into_iter().map(HoldReason::Accounts).collect());
        add(step, fence::reasons(step, inputs));
        match moves::reason(step, inputs) {
            Ok(moves) => add(step, moves.into_iter().map(HoldReason::Moves).collect()),
            Err(defect) => add(step, vec![HoldReason::Defect { what: defect.to_string() }]),
        }
        release(step, inputs.limits.approved);
    }
    plan.frozen = frozen;
    plan.steps = steps;
}

/// Holds a step that would be carried out, or adds reasons to one that is held already.
fn add(step: &mut Step, reasons: Vec<HoldReason>) {
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
    if step.can_be_approved() && approved.contains(&step.digest) {
        step.verdict = Verdict::Go;
        step.approved = true;
    }
}

/// Splits a step that would be carried out into the part that may be and the part that is held.
fn hold_parts(
    mut step: Step,
    inputs: &Inputs<'_>,
    (mass, consent): (&[&HoldReason], Option<&Consent>),
    frozen_why: Option<&HoldReason>,
) -> Vec<Step> {
    if !step.verdict.goes() {
        return vec![step];
    }
    let wave = rollout::reason(&step, inputs);
    let Action::Edit { edits, .. } = &step.action else {
        let mass = mass.iter().copied().cloned();
        let mut why: Vec<HoldReason> = mass.chain(wave).collect();
        if let Action::Create { risk, .. } = &step.action {
            why.extend(held_risks(*risk, inputs));
            why.extend(fence::opens(&step, *risk, false, inputs));
        }
        why.extend(frozen_why.cloned());
        add(&mut step, why);
        return vec![step];
    };
    let kind = inputs.look.kind(&step.address.kind);
    // What a person agreed to when it was shown with the create.
    let shown = |edit: &Edit| consent.is_some() && kind.is_some_and(|kind| kind.completes(edit));
    let fate = |edit: &Edit| {
        let identity = fence::opens(&step, edit.risk, edit.puts_back, inputs);
        if edit.puts_back {
            let stops_work = edit.risk.disrupts == Disruption::Work;
            let mut why = if stops_work { held_risks(edit.risk, inputs) } else { Vec::new() };
            why.extend(identity);
            return why;
        }
        let mut why: Vec<HoldReason> =
            mass.iter().filter(|_| !is_claim(edit, step.cause)).copied().cloned().collect();
        if !shown(edit) {
            why.extend(held_risks(edit.risk, inputs));
        }
        why.extend(identity);
        why.extend(wave.clone());
        why.extend(frozen_why.cloned());
        why
    };
    let Divided { go, rest, why } = divide(edits.clone(), fate, earlier);
    let consent = consent.filter(|_| !go.is_empty() && go.iter().all(&shown));
    let going = match (rest.is_empty(), consent) {
        (true, None) => return vec![step],
        (_, None) => step.part(go, Verdict::Go),
        (_, Some(Consent { digest, .. })) => {
            Step { digest: digest.clone(), approved: true, ..step.part(go, Verdict::Go) }
        }
    };
    let held = step.part(rest, Verdict::Held(why));
    let parts = [going, held].into_iter();
    parts.filter(|part| !part.action.edits().is_empty()).collect()
}

/// The approval of the creation of a resource that is being completed, if it is still what was
/// agreed to.
fn consent<'i>(step: &Step, want: Option<&Want>, inputs: &Inputs<'i>) -> Option<&'i Consent> {
    let given = inputs.memory.past.consented.get(&step.address)?;
    let is_new = inputs.memory.completing.contains(&step.address);
    (is_new && want.is_some_and(|want| want.digest == given.want)).then_some(given)
}

/// Holds the edits that would lock somebody out who must keep access. The other edits of the
/// resource are made, unless the lock-out comes from all of them together. A step that waits says
/// that it will be held, unless it is approved.
fn hold_lockouts(
    mut step: Step,
    grounds: &lockout::Grounds<'_>,
    approved: &BTreeSet<String>,
) -> Vec<Step> {
    if matches!(step.verdict, Verdict::Reported(_)) {
        return vec![step];
    }
    let reasons = |step: &Step| -> Vec<HoldReason> {
        let reasons = lockout::reasons(step, grounds);
        reasons.into_iter().map(|reason| HoldReason::Lockout { reason }).collect()
    };
    let all = reasons(&step);
    if all.is_empty() {
        return vec![step];
    }
    if let Verdict::Waiting(waits) = &mut step.verdict {
        if !approved.contains(&step.digest) {
            // What it waits for now may pass: nothing else is different until then.
            waits.push(Wait::passing(WaitReason::WillBeHeld { why: all }));
        }
        return vec![step];
    }
    if let (Verdict::Go, Action::Edit { edits, .. }) = (&step.verdict, &step.action) {
        let alone = |edit: &Edit| reasons(&step.part(vec![edit.clone()], Verdict::Go));
        let Divided { go, rest, why } = divide(edits.clone(), alone, earlier);
        let going = step.part(go, Verdict::Go);
        if !rest.is_empty() && !going.action.edits().is_empty() && reasons(&going).is_empty() {
            return vec![going, step.part(rest, Verdict::Held(why))];
        }
    }
    add(&mut step, all);
    vec![step]
}

fn earlier(key: &str) -> HoldReason {
    HoldReason::Earlier { key: key.to_owned() }
}

fn held_risks(risk: Risk, inputs: &Inputs<'_>) -> Vec<HoldReason> {
    let risks: Vec<HeldRisk> =
        inputs.limits.gate.hold_risks.iter().copied().filter(|held| held.is_in(risk)).collect();
    if risks.is_empty() { Vec::new() } else { vec![HoldReason::Risk { risks }] }
}

/// Whether an edit only sets the claim of an adopted resource.
fn is_claim(edit: &Edit, cause: Cause) -> bool {
    cause == Cause::Adoption && edit.key == TAG_KEY && matches!(edit.body, EditBody::Tag(_))
}

/// Why an address is frozen because somebody else keeps undoing its edits. Freezes whole addresses,
/// except for edits that restore: leaving out one of several edits could protect less than either
/// the old or the new state.
fn undone(step: &Step, want: Option<&Want>, inputs: &Inputs<'_>) -> Option<HoldReason> {
    let Rewrites { want: then, frozen } = inputs.memory.past.rewrites.get(&step.address)?;
    // A changed manifest asks for something else: it is tried at once.
    if *then != want.map(|want| want.fingerprint.as_str()).unwrap_or_default() {
        return None;
    }
    let put_back: BTreeSet<&str> = step
        .action
        .edits()
        .iter()
        .filter(|edit| edit.puts_back)
        .flat_map(|edit| edit.keys().iter().map(String::as_str))
        .collect();
    let keys = step.keys();
    keys.iter()
        .filter(|key| !put_back.contains(key.as_str()))
        .find_map(|key| frozen.get(key).cloned())
}

/// The addresses of the steps that count towards the limit on edits: all but those that only
/// restore or only claim.
pub(crate) fn counts_as_edit(step: &Step) -> Option<&Address> {
    let counts = |edit: &Edit| !edit.puts_back && !is_claim(edit, step.cause);
    step.action.edits().iter().any(counts).then_some(&step.address)
}
