//! What one pass found and did: the only view of it that status, metrics and the command line have.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::Serialize;

use super::{
    contest::Contest,
    drift::{self, Drift, DriftState},
    observe::Callers,
    outcome::{Outcome, StepResult},
};
use crate::{
    kind::{Audited, erased::Edit},
    manifest::{Presence, Problem, Snapshot},
    model::{Address, Phase, PhysicalId, pause::moment},
    plan::{Action, Claims, Comparison, Plan, Step, Verdict},
};

/// The report of one pass.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The number of the pass in this process, from 1.
    pub pass: u64,
    /// Its start, in seconds since the epoch.
    pub started_at: f64,
    /// How long it took.
    pub duration_seconds: f64,
    /// How long its parts took.
    #[serde(skip)]
    pub phases: Phases,
    /// The Git revision of the snapshot in force.
    pub revision: Option<String>,
    /// Seconds since the snapshot in force was last read successfully; `None` without one.
    pub source_age_seconds: Option<f64>,
    /// Errors in the directory now; the last good snapshot then stays in force.
    pub problems: Vec<Problem>,
    /// Whether the errors differ from those of the previous pass: only then is each logged.
    pub problems_changed: bool,
    /// Possible mistakes in the directory now; it is used all the same.
    pub warnings: Vec<Problem>,
    /// Whether the warnings differ from those of the previous pass: only then are they logged.
    pub warnings_changed: bool,
    /// Every scope: the caller's ARN, or why it cannot be used.
    pub scopes: BTreeMap<String, Result<String, String>>,
    /// The plan.
    pub plan: Plan,
    /// The results of the steps.
    pub results: Vec<StepResult>,
    /// Every drift that existed in this pass, including those that ended in it and those found
    /// earlier.
    pub drifts: Vec<Drift>,
    /// Manifests whose corrections somebody keeps undoing, with both sides.
    pub contests: Vec<Contest>,
    /// Every manifest of the snapshot in force.
    pub manifests: Vec<Address>,
    /// Claimed resources that AWS will delete at a set time; until then the deletion can be
    /// cancelled.
    pub pending_deletions: Vec<PendingDeletion>,
    /// What audits of live data have found, whatever manifests say.
    pub audited: Audited,
    /// Errors in the other state of the directory, if there is one to compare with.
    #[serde(skip)]
    pub base_problems: Vec<Problem>,
    /// What the change from that state does.
    #[serde(skip)]
    pub comparison: Option<Box<Comparison>>,
}

/// How long the parts of a pass took; what is left is applying and taking note of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phases {
    /// Reading the directory.
    pub reading: Duration,
    /// Reading AWS: the only part that waits for others.
    pub observing: Duration,
    /// Planning, with what only some plans ask AWS for.
    pub planning: Duration,
}

/// A claimed resource that AWS will delete at a set time (a KMS key).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingDeletion {
    /// The scope in which it was observed.
    pub scope: String,
    /// Its kind.
    pub kind: String,
    /// The live resource.
    pub id: PhysicalId,
    /// The address in its claim.
    pub address: Address,
    /// When AWS deletes it, in seconds since the epoch, if AWS has set the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// Whether that manifest is a tombstone: then the deletion is wanted.
    pub tombstone: bool,
}

impl PendingDeletion {
    /// When AWS deletes it, for people.
    pub fn moment(&self) -> String {
        match self.until {
            Some(at) => format!("at {}", moment(at)),
            None => "at a time that it has not set yet".to_owned(),
        }
    }

    /// Whether the deletion was asked for, as a metric label.
    pub fn asked(&self) -> &'static str {
        if self.tombstone { "true" } else { "false" }
    }

    /// The pending deletions among the observed resources, in order.
    pub(super) fn find(claims: &Claims<'_>, snapshot: &Snapshot) -> Vec<Self> {
        let mut found = Vec::new();
        for (at, inventory) in claims.inventories() {
            for claimed in inventory.all() {
                let Phase::Restorable { until, .. } = claimed.resource.phase else { continue };
                let Some(address) = claimed.address() else { continue };
                let document = snapshot.documents.get(address);
                found.push(Self {
                    scope: at.scope.clone(),
                    kind: at.kind.clone(),
                    id: claimed.resource.id.clone(),
                    until,
                    tombstone: document.is_some_and(|d| d.lifecycle.state == Presence::Absent),
                    address: address.clone(),
                });
            }
        }
        found.sort();
        found
    }
}

/// Every scope: the caller there, or why it cannot be used.
pub(super) fn scopes_report(callers: &Callers) -> BTreeMap<String, Result<String, String>> {
    callers
        .iter()
        .map(|(scope, caller)| {
            let caller = caller.as_ref().map(|c| c.arn.clone()).map_err(ToString::to_string);
            (scope.clone(), caller)
        })
        .collect()
}

/// Now, in seconds since the epoch.
pub(super) fn epoch_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// Whether a pass changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Something was changed: the next pass should start at once.
    Yes,
    /// Nothing was changed.
    No,
}

impl Report {
    /// Whether anything was changed.
    pub fn changed(&self) -> Changed {
        let did = |result: &StepResult| {
            !result.done.is_empty() || matches!(result.outcome, Outcome::Done { .. })
        };
        if self.results.iter().any(did) { Changed::Yes } else { Changed::No }
    }

    /// Whether a wait ends by itself: AWS finishing, a window passing, a retry.
    pub fn will_move(&self) -> bool {
        let passing = |step: &Step| match &step.verdict {
            Verdict::Waiting(why) => !why.is_empty() && why.iter().all(|wait| wait.passes),
            _ => false,
        };
        let skipped = |result: &StepResult| matches!(result.outcome, Outcome::Skipped { .. });
        self.plan.steps.iter().any(passing)
            || self.plan.unknown.iter().any(|unknown| unknown.passes)
            || self.results.iter().any(skipped)
            || self.plan.rollouts.iter().any(|rollout| rollout.next_in == Some(0))
            || self.left_open()
            || self.left_over()
    }

    /// Whether the pass wrote and did not get to every step that it could have carried out.
    fn left_over(&self) -> bool {
        !self.results.is_empty() && self.plan.go().count() > self.results.len()
    }

    /// Whether an edit that closes access was not sent because another edit of its step failed
    /// first: it is not part of that failure and is sent in the next pass.
    fn left_open(&self) -> bool {
        self.failures().any(|result| {
            let closes = |edit: &Edit| edit.puts_back || edit.risk.closes;
            let mut steps = self.plan.go().filter(|step| step.address == result.address);
            steps.any(|step| {
                step.action.edits().iter().any(|it| closes(it) && !result.has_tried(it))
            })
        })
    }

    /// Whether every kind was read, every manifest is in sync and nothing is left to do.
    pub fn is_converged(&self) -> bool {
        self.problems.is_empty()
            && self.plan.steps.is_empty()
            && self.plan.conflicts.is_empty()
            && self.plan.unknown.is_empty()
    }

    /// The steps that failed.
    pub fn failures(&self) -> impl Iterator<Item = &StepResult> {
        self.results.iter().filter(|result| matches!(result.outcome, Outcome::Failed { .. }))
    }

    /// The steps that correct drift; a drift that persists is listed in every pass.
    pub fn drift(&self) -> impl Iterator<Item = &Step> {
        self.plan.steps.iter().filter(|step| drift::is_drift(step))
    }

    /// The drifts that this pass saw first.
    pub fn new_drifts(&self) -> impl Iterator<Item = &Drift> {
        self.drifts.iter().filter(|drift| drift.first_pass == self.pass)
    }

    /// The outcomes of steps that were to be carried out, by address and verb.
    pub fn outcomes(&self) -> BTreeMap<(&Address, &'static str), &StepResult> {
        let mut outcomes = BTreeMap::new();
        for result in &self.results {
            outcomes.entry((&result.address, result.verb)).or_insert(result);
        }
        outcomes
    }

    /// The drifts that this pass left as they were.
    pub fn open_drifts(&self) -> impl Iterator<Item = &Drift> {
        self.drifts.iter().filter(|drift| matches!(drift.state, DriftState::Open(_)))
    }

    /// The condition of every manifest, as one word.
    pub fn conditions(&self) -> Vec<(&Address, &'static str)> {
        let conflicts: BTreeSet<&Address> =
            self.plan.conflicts.iter().map(|conflict| &conflict.address).collect();
        let failed: BTreeSet<&Address> = self.failures().map(|result| &result.address).collect();
        let mut steps: BTreeMap<&Address, Vec<&Step>> = BTreeMap::new();
        for step in &self.plan.steps {
            steps.entry(&step.address).or_default().push(step);
        }
        let condition = |address: &Address| {
            if self.plan.in_sync.contains(address) {
                "in_sync"
            } else if conflicts.contains(address) {
                "conflict"
            } else if failed.contains(address) {
                "failed"
            } else {
                steps.get(address).map_or("unknown", |steps| condition_of(steps))
            }
        };
        self.manifests.iter().map(|address| (address, condition(address))).collect()
    }
}

/// The condition of a manifest with these steps, none of which failed.
fn condition_of(steps: &[&Step]) -> &'static str {
    let any = |is: fn(&Step) -> bool| steps.iter().any(|step| is(step));
    if any(|step| matches!(step.verdict, Verdict::Held(_))) {
        "held"
    } else if any(|step| matches!(step.verdict, Verdict::Waiting(_))) {
        "waiting"
    } else if any(|step| matches!(step.verdict, Verdict::Reported(_))) {
        "reported"
    } else if any(|step| matches!(step.action, Action::Create { .. })) {
        "creating"
    } else {
        "changing"
    }
}
