//! The drift timeline: what changed behind palisade's back lately, and what became of it. Kept in memory
//! only; the audit log has it for longer.

use std::collections::VecDeque;

use serde::Serialize;

use crate::{
    engine::{Outcome, Report},
    model::Address,
    plan::{Action, Step, Verdict},
};

/// As many events are kept.
const KEPT: usize = 100;

/// What became of a drift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "is", content = "why")]
pub enum DriftState {
    /// palisade corrected it.
    Corrected,
    /// It is still there, for this reason.
    Open(String),
    /// It is no longer there, and it was not palisade's step that ended it.
    Gone(String),
}

/// One drift of one resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftEvent {
    /// When the pass that first saw it began, in seconds since the epoch.
    pub seen_at: f64,
    /// When the pass that last changed its state ended, likewise; `None` while it is open.
    pub ended_at: Option<f64>,
    /// Whose.
    pub address: String,
    /// `file:line:column` of the manifest.
    pub origin: Option<String>,
    /// What differed, a line each.
    pub what: Vec<String>,
    /// What became of it.
    pub state: DriftState,
    #[serde(skip)]
    key: (Address, String),
}

/// The latest drift events, oldest first.
#[derive(Debug, Default)]
pub struct Timeline {
    events: VecDeque<DriftEvent>,
}

impl Timeline {
    /// Takes a finished pass into account.
    pub fn observe(&mut self, report: &Report) {
        let ended = report.started_at + report.duration_seconds;
        for step in report.drift() {
            let key = (step.address.clone(), step.digest.clone());
            let known =
                |event: &DriftEvent| event.key == key && matches!(event.state, DriftState::Open(_));
            let at = self.events.iter().position(known).unwrap_or(self.events.len());
            if at == self.events.len() {
                self.events.push_back(begun(report, step, key));
            }
            let event = &mut self.events[at];
            event.state = state(report, step);
            event.ended_at = (event.state == DriftState::Corrected).then_some(ended);
        }
        self.end_what_is_gone(report, ended);
        let surplus = self.events.len().saturating_sub(KEPT);
        self.events.drain(..surplus);
    }

    fn end_what_is_gone(&mut self, report: &Report, ended: f64) {
        for event in &mut self.events {
            let (address, digest) = &event.key;
            let still =
                report.drift().any(|step| step.address == *address && step.digest == *digest);
            let unread = report.plan.unknown.iter().any(|unknown| unknown.covers(address));
            if still || unread || !matches!(event.state, DriftState::Open(_)) {
                continue;
            }
            let why = if report.plan.in_sync.contains(address) {
                "it is in order again"
            } else if !report.manifests.contains(address) {
                "its manifest is gone"
            } else {
                "another difference took its place"
            };
            event.state = DriftState::Gone(why.to_owned());
            event.ended_at = Some(ended);
        }
    }

    /// The events, newest first.
    pub fn newest_first(&self) -> Vec<DriftEvent> {
        self.events.iter().rev().cloned().collect()
    }
}

fn begun(report: &Report, step: &Step, key: (Address, String)) -> DriftEvent {
    let what = match &step.action {
        Action::Create { .. } => vec!["deleted; to be created again".to_owned()],
        Action::Delete { .. } => vec!["there again; to be deleted".to_owned()],
        Action::Edit { edits, .. } => edits.iter().map(|edit| edit.summary.clone()).collect(),
    };
    DriftEvent {
        seen_at: report.started_at,
        ended_at: None,
        address: step.address.to_string(),
        origin: step.origin.clone(),
        what,
        state: DriftState::Open(String::new()),
        key,
    }
}

fn state(report: &Report, step: &Step) -> DriftState {
    let why = match &step.verdict {
        Verdict::Go => match report.result(step).map(|result| &result.outcome) {
            Some(Outcome::Done { .. }) => return DriftState::Corrected,
            Some(Outcome::Failed { message, .. }) => format!("failed: {message}"),
            Some(Outcome::Skipped { reason }) => format!("not sent: {reason}"),
            None => "not sent".to_owned(),
        },
        Verdict::Held(why) => format!("held: {}", joined(why)),
        Verdict::Waiting(waits) => format!("waiting: {}", joined(waits)),
        Verdict::Reported(why) => format!("only reported: {why}"),
    };
    DriftState::Open(why)
}

fn joined(reasons: &[impl ToString]) -> String {
    reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn a_drift_that_stays_is_one_event_and_a_corrected_one_says_when() {
        let mut timeline = Timeline::default();
        let report = fixture::report();
        timeline.observe(&report);
        timeline.observe(&report);
        let events = timeline.newest_first();
        let open: Vec<_> =
            events.iter().filter(|e| matches!(e.state, DriftState::Open(_))).collect();
        assert_eq!(open.len(), 1, "{events:#?}");
        assert_eq!(open[0].ended_at, None);
        let corrected = events.iter().find(|e| e.state == DriftState::Corrected).unwrap();
        assert_eq!(corrected.ended_at, Some(report.started_at + report.duration_seconds));
        assert_eq!(corrected.what, ["revoke ingress tcp 22 from 0.0.0.0/0"]);
    }

    #[test]
    fn drift_that_ends_without_us_is_not_called_corrected() {
        let mut timeline = Timeline::default();
        let mut report = fixture::report();
        timeline.observe(&report);
        let step = report.open_drift().next().unwrap().clone();
        report.plan.steps.retain(|other| other.address != step.address);
        report.plan.in_sync.insert(step.address.clone());
        timeline.observe(&report);
        let event = timeline.newest_first().into_iter().find(|e| e.key.0 == step.address).unwrap();
        assert_eq!(event.state, DriftState::Gone("it is in order again".into()));
    }

    #[test]
    fn drift_of_a_kind_that_cannot_be_read_stays_open() {
        let mut timeline = Timeline::default();
        let mut report = fixture::report();
        timeline.observe(&report);
        let step = report.open_drift().next().unwrap().clone();
        report.plan.steps.clear();
        let address = &step.address;
        let denied = crate::plan::Unknown::kind(&address.scope, &address.kind, "denied");
        report.plan.unknown = vec![denied];
        timeline.observe(&report);
        let event = timeline.newest_first().into_iter().find(|e| e.key.0 == step.address).unwrap();
        assert!(matches!(event.state, DriftState::Open(_)));
    }

    #[test]
    fn only_the_latest_hundred_are_kept() {
        let mut timeline = Timeline::default();
        let mut report = fixture::report();
        let step = report.drift().next().unwrap().clone();
        report.plan.steps.clear();
        for n in 0..150 {
            let mut step = step.clone();
            step.address.name = format!("g{n}");
            report.plan.steps = vec![step];
            timeline.observe(&report);
        }
        let events = timeline.newest_first();
        assert_eq!(events.len(), KEPT);
        assert!(events[0].address.ends_with("g149"), "{}", events[0].address);
    }
}
