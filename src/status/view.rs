//! A report as `/status.json` shows it: no live states, no policy bodies.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    engine::{Outcome, Report, StepResult},
    kind::Line,
    plan::{Conflict, Counts, Orphan, Step, Unknown, Verdict},
};

/// The state of the latest pass.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Number of the pass in this process.
    pub pass: u64,
    /// Seconds since the epoch.
    pub started_at: f64,
    /// How long the pass took.
    pub duration_seconds: f64,
    /// Git revision of the snapshot in force.
    pub revision: Option<String>,
    /// Age of the snapshot in force when the pass began.
    pub source_age_seconds: Option<f64>,
    /// Problems of the directory, with their place.
    pub problems: Vec<String>,
    /// The scopes.
    pub scopes: Vec<ScopeView>,
    /// The plan in numbers.
    pub counts: Counts,
    /// Manifests per kind and condition.
    pub conditions: BTreeMap<String, BTreeMap<&'static str, usize>>,
    /// What differed, and what became of it.
    pub steps: Vec<StepView>,
    /// What was done in this pass.
    pub results: Vec<StepResult>,
    /// What is somebody else's.
    pub conflicts: Vec<Conflict>,
    /// Claimed resources without manifest.
    pub orphans: Vec<Orphan>,
    /// Kinds that could not be read.
    pub unknown: Vec<Unknown>,
}

/// One scope.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeView {
    /// Its name.
    pub name: String,
    /// Who palisade is there.
    pub caller: Option<String>,
    /// Why it cannot be used.
    pub trouble: Option<String>,
}

/// One step.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    /// Whose.
    pub address: String,
    /// `file:line:column` of the manifest.
    pub origin: Option<String>,
    /// `create`, `edit`, `delete`.
    pub verb: &'static str,
    /// Why.
    pub cause: &'static str,
    /// The riskiest thing in it.
    pub risk: &'static str,
    /// The live resource.
    pub id: Option<String>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// The edits, with the fields under them.
    pub edits: Vec<EditView>,
    /// For approval.
    pub digest: String,
}

/// One edit.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EditView {
    /// One line.
    pub summary: String,
    /// Its risk.
    pub risk: &'static str,
    /// The fields under it.
    pub lines: Vec<Line>,
}

impl View {
    /// The view of a report.
    pub fn of(report: &Report) -> Self {
        Self {
            schema_version: 1,
            pass: report.pass,
            started_at: report.started_at,
            duration_seconds: report.duration_seconds,
            revision: report.revision.clone(),
            source_age_seconds: report.source_age_seconds,
            problems: report.problems.iter().map(ToString::to_string).collect(),
            scopes: report
                .scopes
                .iter()
                .map(|(name, caller)| ScopeView {
                    name: name.clone(),
                    caller: caller.as_ref().ok().cloned(),
                    trouble: caller.as_ref().err().cloned(),
                })
                .collect(),
            counts: report.plan.counts(),
            conditions: conditions(report),
            steps: report.plan.steps.iter().map(StepView::of).collect(),
            results: report.results.clone(),
            conflicts: report.plan.conflicts.clone(),
            orphans: report.plan.orphans.clone(),
            unknown: report.plan.unknown.clone(),
        }
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

fn conditions(report: &Report) -> BTreeMap<String, BTreeMap<&'static str, usize>> {
    let mut conditions: BTreeMap<String, BTreeMap<&'static str, usize>> = BTreeMap::new();
    for address in &report.manifests {
        let by_kind = conditions.entry(address.kind.clone()).or_default();
        *by_kind.entry(report.condition(address)).or_default() += 1;
    }
    conditions
}

impl StepView {
    fn of(step: &Step) -> Self {
        Self {
            address: step.address.to_string(),
            origin: step.origin.clone(),
            verb: step.action.verb(),
            cause: step.cause.as_str(),
            risk: step.risk().as_str(),
            id: step.action.have().map(|have| have.id.to_string()),
            verdict: step.verdict.clone(),
            edits: step
                .action
                .edits()
                .iter()
                .map(|edit| EditView {
                    summary: edit.summary.clone(),
                    risk: edit.risk.as_str(),
                    lines: edit.lines.clone(),
                })
                .collect(),
            digest: step.digest.clone(),
        }
    }
}
