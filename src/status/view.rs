//! A report as `/status.json` shows it: no live states, no policy bodies.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Setup;
use crate::{
    engine::{Contest, Drift, Outcome, PendingDeletion, Report, StepResult},
    kind::{Audited, LeftOut, Line, Sign},
    lease::LeasesView,
    memory::Memory,
    model::{Address, Halt, Pause, Stop},
    plan::{Action, Conflict, Counts, Orphan, Rollout, Step, Unknown, Verdict},
    settings::Mode,
};

/// Manifests by kind and condition.
pub type Conditions = BTreeMap<String, BTreeMap<&'static str, usize>>;

/// The state of the latest pass.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Version of this document's form.
    pub schema_version: u32,
    /// The process.
    pub setup: Setup,
    /// Number of the pass in this process.
    pub pass: u64,
    /// Seconds since the epoch.
    pub started_at: f64,
    /// How long the pass took.
    pub duration_seconds: f64,
    /// Git revision of the snapshot in force.
    pub revision: Option<String>,
    /// The start of this process's first pass with that revision, in seconds since the epoch.
    pub revision_since: Option<f64>,
    /// Age of the snapshot in force when the pass began.
    pub source_age_seconds: Option<f64>,
    /// Errors in the directory, with their place.
    pub problems: Vec<String>,
    /// The scopes.
    pub scopes: Vec<ScopeView>,
    /// The counts of the plan.
    pub counts: Counts,
    /// Manifests per kind and condition.
    pub conditions: Conditions,
    /// The steps of the plan, with their outcomes.
    pub steps: Vec<StepView>,
    /// The results of this pass.
    pub results: Vec<StepResult>,
    /// Resources that belong to somebody else.
    pub conflicts: Vec<Conflict>,
    /// Claimed resources without a manifest.
    pub orphans: Vec<Orphan>,
    /// Kinds that could not be read.
    pub unknown: Vec<Unknown>,
    /// What people should know of live resources and no step changes, by address.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<Address, Vec<String>>,
    /// What manifests name, or find, and AWS does not accept, by address.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<Address, Vec<LeftOut>>,
    /// Changes that have not reached every scope of their set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollouts: Vec<Rollout>,
    /// The pauses in force.
    pub pauses: Vec<Pause>,
    /// Why nothing is written at all, unless the settings ask for that.
    pub stopped: Option<Stop>,
    /// Claimed resources that AWS will delete at a set time.
    pub pending_deletions: Vec<PendingDeletion>,
    /// What audits have found that no manifest owns.
    pub audited: Audited,
    /// Manifests whose corrections somebody keeps undoing, with both sides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contests: Vec<Contest>,
    /// The latest drift, newest first.
    pub drift: Vec<Drift>,
    /// The memory, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryView>,
    /// Who writes in which scope, where several processes share them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leases: Option<LeasesView>,
}

/// The memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryView {
    /// Where it is.
    pub place: String,
    /// What of it cannot be read or kept, and why.
    pub troubles: BTreeMap<&'static str, String>,
}

impl MemoryView {
    /// The memory as it is now.
    pub fn of(memory: &Memory) -> Self {
        let troubles = memory.troubles().into_iter();
        let troubles = troubles.map(|(part, why)| (part.as_str(), why)).collect();
        Self { place: memory.place(), troubles }
    }
}

/// One scope.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeView {
    /// Its name.
    pub name: String,
    /// The account, where the settings name it.
    pub account: Option<String>,
    /// The Region, where the settings name it.
    pub region: Option<String>,
    /// The caller there; `None` also if the latest pass had no reason to ask.
    pub caller: Option<String>,
    /// Why it cannot be used.
    pub trouble: Option<String>,
    /// Its manifests.
    pub conditions: Conditions,
}

/// One step.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// The manifest's address.
    pub address: String,
    /// `file:line:column` of the manifest.
    pub origin: Option<String>,
    /// `create`, `edit`, `delete`.
    pub verb: &'static str,
    /// Its cause.
    pub cause: &'static str,
    /// All its risks, in words.
    pub risk: String,
    /// The live resource.
    pub id: Option<String>,
    /// Its verdict.
    pub verdict: Verdict,
    /// The resource that a create makes; policies are listed by statement only.
    pub lines: Vec<Line>,
    /// The edits, with the fields they change.
    pub edits: Vec<EditView>,
    /// Its digest, for approval.
    pub digest: String,
    /// Whether an approval can release it: it is held, and AWS has a call for it.
    pub can_be_approved: bool,
    /// Its outcome, if it was carried out.
    pub outcome: Option<Outcome>,
}

/// One edit.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EditView {
    /// One line.
    pub summary: String,
    /// Its risk, in words.
    pub risk: String,
    /// The fields it changes, without the full text of policies.
    pub lines: Vec<Line>,
}

impl View {
    /// The view of a report, with what is remembered of earlier ones.
    pub fn of(
        report: &Report,
        setup: Setup,
        revision_since: Option<f64>,
        drift: Vec<Drift>,
    ) -> Self {
        let outcomes = report.outcomes();
        let mut everywhere = Conditions::new();
        let mut by_scope: BTreeMap<&str, Conditions> = BTreeMap::new();
        for (Address { scope, kind, .. }, condition) in report.conditions() {
            for counted in [&mut everywhere, by_scope.entry(scope).or_default()] {
                *counted.entry(kind.clone()).or_default().entry(condition).or_default() += 1;
            }
        }
        Self {
            schema_version: 1,
            pass: report.pass,
            started_at: report.started_at,
            duration_seconds: report.duration_seconds,
            revision: report.revision.clone(),
            revision_since,
            source_age_seconds: report.source_age_seconds,
            problems: report.problems.iter().map(ToString::to_string).collect(),
            scopes: scopes(report, &setup, by_scope),
            counts: report.plan.counts(),
            conditions: everywhere,
            steps: report.plan.steps.iter().map(|step| StepView::of(&outcomes, step)).collect(),
            results: report.results.clone(),
            conflicts: report.plan.conflicts.clone(),
            orphans: report.plan.orphans.clone(),
            unknown: report.plan.unknown.clone(),
            notes: report.plan.notes.clone(),
            left_out: report.plan.left_out.clone(),
            rollouts: report.plan.rollouts.clone(),
            pauses: report.plan.pauses.clone(),
            stopped: report.plan.stopped.clone(),
            pending_deletions: report.pending_deletions.clone(),
            audited: report.audited.clone(),
            contests: report.contests.clone(),
            drift,
            memory: None,
            leases: None,
            setup,
        }
    }

    /// Shows what must not be written now, which may be something else than during the pass.
    pub fn halt(&mut self, halt: &Halt) {
        self.pauses.clone_from(&halt.pauses);
        self.stopped = halt.stop.clone().filter(|stop| *stop != Stop::Observe);
        self.setup.writing = self.setup.mode == Mode::Enforce && halt.everything().is_none();
    }

    /// Whether the latest pass left nothing to do and nothing unknown.
    pub fn is_converged(&self) -> bool {
        self.problems.is_empty()
            && self.steps.is_empty()
            && self.conflicts.is_empty()
            && self.unknown.is_empty()
            && !self.results.iter().any(|r| matches!(r.outcome, Outcome::Failed { .. }))
    }
}

/// Every scope of the settings, and any other that the report names.
fn scopes(
    report: &Report,
    setup: &Setup,
    mut conditions: BTreeMap<&str, Conditions>,
) -> Vec<ScopeView> {
    let names: BTreeSet<&String> = setup.places.keys().chain(report.scopes.keys()).collect();
    names
        .into_iter()
        .map(|name| {
            let place = setup.places.get(name).cloned().unwrap_or_default();
            let caller = report.scopes.get(name);
            ScopeView {
                name: name.clone(),
                account: place.account,
                region: place.region,
                caller: caller.and_then(|caller| caller.as_ref().ok().cloned()),
                trouble: caller.and_then(|caller| caller.as_ref().err().cloned()),
                conditions: conditions.remove(name.as_str()).unwrap_or_default(),
            }
        })
        .collect()
}

/// Statements are listed with their effect on access; `palisade plan` shows their elements.
fn unquoted(lines: &[Line]) -> Vec<Line> {
    let mut shown: Vec<Line> = lines.iter().filter(|line| !line.quotes).cloned().collect();
    let left_out = lines.len() - shown.len();
    if left_out > 0 {
        let plural = if left_out == 1 { "" } else { "s" };
        let text = format!("({left_out} line{plural} of policy text: `palisade plan` shows them)");
        shown.push(Line::new(Sign::Same, text));
    }
    shown
}

impl StepView {
    fn of(outcomes: &BTreeMap<(&Address, &'static str), &StepResult>, step: &Step) -> Self {
        let tried = outcomes.get(&(&step.address, step.action.verb()));
        let tried = tried.filter(|_| step.verdict.goes());
        Self {
            address: step.address.to_string(),
            origin: step.origin.clone(),
            verb: step.action.verb(),
            cause: step.cause.as_str(),
            risk: step.risk().to_string(),
            id: step.action.have().map(|have| have.id.to_string()),
            verdict: step.verdict.clone(),
            lines: match &step.action {
                Action::Create { lines, .. } => unquoted(lines),
                Action::Edit { .. } | Action::Delete { .. } => Vec::new(),
            },
            edits: step
                .action
                .edits()
                .iter()
                .map(|edit| EditView {
                    summary: edit.summary.clone(),
                    risk: edit.risk.to_string(),
                    lines: unquoted(&edit.lines),
                })
                .collect(),
            digest: step.digest.clone(),
            can_be_approved: step.can_be_approved(),
            outcome: tried.map(|result| result.outcome.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_policy_is_left_out_and_counted() {
        let quoted = |text: &str| Line { quotes: true, ..Line::add(text) };
        let statement = Line::add("statement \"Use\" (Allow): widens access");
        let lines = [statement.clone(), quoted("  Action: s3:*"), quoted("  Resource: *")];
        let hint = "(2 lines of policy text: `palisade plan` shows them)";
        assert_eq!(unquoted(&lines), [statement.clone(), Line::new(Sign::Same, hint)]);
        assert_eq!(unquoted(&lines[..1]), [statement]);
    }
}
