//! Tracks drift. One drift lasts from the pass that first sees a foreign change of a resource,
//! whose manifest did not change, until the pass that sees the resource as wanted again.
//!
//! A single pass cannot tell what is drift. A difference may have existed before; it may be a
//! correction that AWS has not finished or does not show yet; and it may be a consequence of a
//! correction (a key whose deletion was cancelled comes back disabled). So drifts are remembered
//! across passes, and counted only here. All of it may be lost: differences are then of unknown
//! origin, and not drift. Pure: times are arguments.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::outcome::{Outcome, StepResult};
use crate::{
    events::By,
    kind::erased::Edit,
    model::{Address, Phase, PhysicalId},
    plan::{Action, Cause, Plan, Step, Verdict, Wait, WaitReason},
};

/// The state of a drift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is", content = "why")]
pub enum DriftState {
    /// It still exists, for this reason.
    Open(String),
    /// This process has corrected it, and AWS has not shown the resource in order since.
    Correcting,
    /// The resource is as wanted again, and this process corrected it.
    Corrected,
    /// The resource is as wanted again, and this process did not correct it: an `apply` elsewhere
    /// did, or the change was reverted by its author. AWS does not say which.
    Restored,
    /// It is not drift any more, for this reason: the manifest has changed, or is gone.
    Gone(String),
}

impl DriftState {
    /// Whether the live resource is again what its manifest wanted all along.
    pub fn is_in_order_again(&self) -> bool {
        matches!(self, Self::Corrected | Self::Restored)
    }
}

/// One drift of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// The number of the drift, from 1; with a memory it goes on over restarts.
    pub number: u64,
    /// The pass that first saw it.
    pub first_pass: u64,
    /// The start of that pass, in seconds since the epoch.
    pub seen_at: f64,
    /// The end of the pass that saw it end, likewise; `None` until then.
    pub ended_at: Option<f64>,
    /// The manifest's address.
    pub address: Address,
    /// `file:line:column` of the manifest.
    pub origin: Option<String>,
    /// What differed, one line each.
    pub what: Vec<String>,
    /// Its state.
    pub state: DriftState,
    /// Who caused it, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
}

/// A new drift, as far as it says who may have caused it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) drift: u64,
    pub(super) address: Address,
    /// The resource; `None` if it is gone.
    pub(super) id: Option<PhysicalId>,
    /// What undoes it, by [`Step::keys`].
    pub(super) keys: BTreeSet<String>,
    /// When it was seen as wanted, if it was.
    pub(super) since: Option<Instant>,
}

/// The part of a pass that matters for drift.
pub(super) struct Passed<'a> {
    pub(super) plan: &'a Plan,
    pub(super) results: &'a [StepResult],
    /// Every manifest in the snapshot in force.
    pub(super) manifests: &'a BTreeSet<&'a Address>,
    /// Addresses that this process created and has not seen in sync yet.
    pub(super) completing: &'a BTreeSet<Address>,
    /// Of which of them the resource was read in this pass; `None` stands for all.
    pub(super) seen: Option<&'a BTreeSet<Address>>,
    /// When it began.
    pub(super) at: Instant,
    pub(super) pass: u64,
    /// Its start and end, in seconds since the epoch.
    pub(super) began: f64,
    pub(super) ended: f64,
}

/// The drifts that have not ended.
#[derive(Debug, Default)]
pub(super) struct Drifts {
    count: u64,
    open: Vec<Episode>,
    /// When each address was seen as wanted the last time.
    in_order: BTreeMap<Address, Instant>,
    /// Whose cause has not been asked for.
    asked: Vec<Asked>,
}

#[derive(Debug)]
struct Episode {
    drift: Drift,
    /// What differs, by [`Step::keys`].
    fields: BTreeSet<String>,
    /// The fingerprint of what was wanted when it was first seen.
    want: Option<String>,
    /// Whether this process has tried to correct it.
    wrote: bool,
    /// Whether further differences belong to it until the resource is in sync.
    unfolds: bool,
}

/// The steps that are drift. A resource that AWS is still working on is not, unless it differs.
pub(super) fn is_drift(step: &Step) -> bool {
    // An unknown want is not a difference: an unresolved reference changes nothing.
    let unknown = |wait: &Wait| {
        let reason = &wait.reason;
        matches!(
            reason,
            WaitReason::Unresolved(_)
                | WaitReason::CreatedFirst { .. }
                | WaitReason::AdoptedFirst { .. }
        )
    };
    // An edit that only waits for another one says nothing about what differs.
    let echo = |wait: &Wait| {
        matches!(wait.reason, WaitReason::Settling { .. } | WaitReason::Earlier { .. })
    };
    step.cause == Cause::Drift
        && match (&step.action, &step.verdict) {
            (Action::Edit { edits, .. }, _) if edits.is_empty() => false,
            (Action::Edit { .. }, Verdict::Waiting(why)) => {
                !why.iter().any(unknown) || !why.iter().all(|wait| unknown(wait) || echo(wait))
            }
            _ => true,
        }
}

impl Drifts {
    /// Goes on counting after the highest number that is known.
    pub(super) fn go_on_after(&mut self, number: u64) {
        self.count = self.count.max(number);
    }

    /// Names who caused drifts, by number.
    pub(super) fn attribute(&mut self, causes: &BTreeMap<u64, By>) {
        for Episode { drift, .. } in &mut self.open {
            if let Some(by) = causes.get(&drift.number) {
                drift.by = Some(by.clone());
            }
        }
    }

    /// The new drifts since the last call.
    pub(super) fn take_asked(&mut self) -> Vec<Asked> {
        std::mem::take(&mut self.asked)
    }

    /// Takes a finished pass into account and returns all drifts that existed in it, including
    /// those that ended.
    pub(super) fn observe(&mut self, passed: &Passed<'_>) -> Vec<Drift> {
        let mut steps: BTreeMap<&Address, Vec<&Step>> = BTreeMap::new();
        for step in passed.plan.steps.iter().filter(|step| is_drift(step)) {
            steps.entry(&step.address).or_default().push(step);
        }
        for episode in &mut self.open {
            let steps = steps.get(&episode.drift.address).map_or(&[][..], Vec::as_slice);
            episode.carry_on(steps, passed);
        }
        for (address, steps) in &steps {
            self.begin(address, steps, passed);
        }
        self.in_order.retain(|address, _| passed.manifests.contains(address));
        let was_read = |it: &&Address| passed.seen.is_none_or(|seen| seen.contains(*it));
        let in_order = passed.plan.in_sync.iter().filter(was_read);
        self.in_order.extend(in_order.map(|address| (address.clone(), passed.at)));
        let drifts = self.open.iter().map(|episode| episode.drift.clone()).collect();
        self.open.retain(|episode| episode.drift.ended_at.is_none());
        drifts
    }

    /// Differences that belong to no known drift.
    fn begin(&mut self, address: &Address, steps: &[&Step], passed: &Passed<'_>) {
        let (mut known, mut unfolding) = (BTreeSet::new(), None);
        for (index, episode) in self.open.iter().enumerate() {
            if episode.drift.address == *address && episode.drift.ended_at.is_none() {
                known.extend(episode.fields.iter().cloned());
                if episode.unfolds {
                    unfolding = Some(index);
                }
            }
        }
        let is_new = |step: &&&Step| step.keys().iter().any(|field| !known.contains(field));
        let new: Vec<&Step> = steps.iter().filter(is_new).copied().collect();
        let fields: BTreeSet<String> = new
            .iter()
            .flat_map(|step| step.keys())
            .filter(|field| !known.contains(field))
            .collect();
        let Some(first) = new.first() else { return };
        let completes = passed.completing.contains(address)
            && !new.iter().any(|step| matches!(step.action, Action::Create { .. }));
        if let Some(episode) = unfolding.and_then(|index| self.open.get_mut(index)) {
            episode.fields.extend(fields);
            episode.proceed(&new, passed);
        } else if !completes {
            self.count += 1;
            let what = new.iter().flat_map(|step| words(step, &fields)).collect();
            let drift = Drift {
                number: self.count,
                first_pass: passed.pass,
                seen_at: passed.began,
                ended_at: None,
                address: address.clone(),
                origin: first.origin.clone(),
                what,
                state: DriftState::Open(String::new()),
                by: None,
            };
            self.asked.push(Asked {
                drift: self.count,
                address: address.clone(),
                id: first.action.have().map(|have| have.id.clone()),
                keys: fields.clone(),
                since: self.in_order.get(address).copied(),
            });
            let restored = |step: &&Step| {
                matches!(step.action.have().map(|have| &have.phase), Some(Phase::Restorable { .. }))
            };
            let mut episode = Episode {
                drift,
                fields,
                want: passed.plan.wants.get(address).map(|want| want.fingerprint.clone()),
                wrote: false,
                unfolds: new.iter().any(|step| matches!(step.action, Action::Create { .. }))
                    || new.iter().any(restored),
            };
            episode.proceed(&new, passed);
            self.open.push(episode);
        }
    }
}

impl Episode {
    /// What a pass says about an existing drift.
    fn carry_on(&mut self, steps: &[&Step], passed: &Passed<'_>) {
        let address = &self.drift.address;
        let plan = passed.plan;
        let in_order = plan.in_sync.contains(address);
        let others =
            plan.steps.iter().any(|step| step.address == *address && step.cause != Cause::Drift);
        let same_want = plan.wants.get(address).map(|want| &want.fingerprint) == self.want.as_ref();
        if !passed.manifests.contains(address) {
            return self.end(DriftState::Gone("its manifest is gone".to_owned()), passed);
        }
        if !same_want && (in_order || others) {
            return self.end(DriftState::Gone("its manifest has changed".to_owned()), passed);
        }
        let shares = |step: &&&Step| step.keys().iter().any(|field| self.fields.contains(field));
        let own: Vec<&Step> = steps.iter().filter(shares).copied().collect();
        if !own.is_empty() {
            self.proceed(&own, passed);
        } else if in_order || (!steps.is_empty() && !self.unfolds) {
            let state = if self.wrote { DriftState::Corrected } else { DriftState::Restored };
            self.end(state, passed);
        }
        // Otherwise it was not observed (its kind could not be read, a conflict), or AWS is still
        // working on it.
    }

    /// It still exists in these steps, or these steps have just ended it.
    fn proceed(&mut self, steps: &[&Step], passed: &Passed<'_>) {
        let done = |step: &&&Step| {
            matches!(result(step, passed).map(|result| &result.outcome), Some(Outcome::Done { .. }))
        };
        self.wrote |= steps.iter().any(|step| {
            done(&step) || result(step, passed).is_some_and(|result| !result.wrote.is_empty())
        });
        let left: Vec<&&Step> = steps.iter().filter(|step| !done(step)).collect();
        let echo = |step: &&&Step| {
            matches!(step.action.have().map(|have| &have.phase), Some(Phase::Settling(_)))
        };
        self.drift.state = match left.first() {
            None => DriftState::Correcting,
            Some(_) if self.wrote && left.iter().all(echo) => DriftState::Correcting,
            Some(step) => DriftState::Open(why(step, result(step, passed))),
        };
    }

    fn end(&mut self, state: DriftState, passed: &Passed<'_>) {
        self.drift.state = state;
        self.drift.ended_at = Some(passed.ended);
    }
}

/// The outcome of a step that was to be carried out.
fn result<'p>(step: &Step, passed: &Passed<'p>) -> Option<&'p StepResult> {
    let of_it =
        |result: &&StepResult| result.address == step.address && result.verb == step.action.verb();
    passed.results.iter().find(of_it).filter(|_| step.verdict.goes())
}

fn words(step: &Step, fields: &BTreeSet<String>) -> Vec<String> {
    match &step.action {
        Action::Create { .. } => vec!["deleted; to be created again".to_owned()],
        Action::Delete { .. } => vec!["there again; to be deleted".to_owned()],
        Action::Edit { edits, .. } => {
            let new = |edit: &&Edit| edit.keys().iter().any(|key| fields.contains(key));
            edits.iter().filter(new).flat_map(|edit| described(edit, fields)).collect()
        }
    }
}

/// An edit in words; for an edit with several entries, those in question.
fn described(edit: &Edit, fields: &BTreeSet<String>) -> Vec<String> {
    let meant: Vec<_> = edit.entries.iter().filter(|key| fields.contains(*key)).collect();
    if meant.len() == edit.entries.len() {
        return vec![edit.summary.clone()];
    }
    meant.into_iter().cloned().collect()
}

/// Why a step did not end the drift, for people.
fn why(step: &Step, result: Option<&StepResult>) -> String {
    match &step.verdict {
        Verdict::Go => match result.map(|result| &result.outcome) {
            Some(Outcome::Failed { message, .. }) => format!("failed: {message}"),
            Some(Outcome::Skipped { reason }) => format!("not sent: {reason}"),
            Some(Outcome::Done { .. }) | None => "not sent".to_owned(),
        },
        Verdict::Held(why) => format!("held: {}", joined(why)),
        Verdict::Waiting(waits) => format!("waiting: {}", joined(waits)),
        Verdict::Reported(why) => format!("only reported: {why}"),
    }
}

fn joined(reasons: &[impl ToString]) -> String {
    reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
