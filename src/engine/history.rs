//! What happened: drift, changes, failures, and who stopped writing. Bounded; the audit log keeps
//! everything for longer.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{
    drift::{Drift, DriftState},
    outcome::Outcome,
    report::Report,
    timeline::Timeline,
};
use crate::{events::By, model::Address};

/// The most events that are kept.
const KEPT: usize = 2000;
/// The most lines of one event, and characters of one line: AWS's messages can be long.
const MAX_LINES: usize = 20;
const MAX_CHARS: usize = 500;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// When, in seconds since the epoch.
    pub at: f64,
    /// The manifest's address; `None` if it is about the whole process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The Git revision in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// What.
    pub what: Happened,
    /// In words, one line each; no policy text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Happened {
    /// The process was started.
    Started,
    /// Another revision, or another content, came into force.
    Accepted,
    /// The directory could not be used.
    Refused,
    /// A live resource changed although its manifest did not.
    Drift,
    /// It became known who caused that.
    Attributed,
    /// That ended.
    DriftEnded,
    /// palisade created, edited or deleted a resource.
    Changed,
    /// A step failed.
    Failed,
    /// The next wave of a rollout begins.
    Wave,
    /// People stopped writing, in whole or in part.
    Stopped,
    /// That ended.
    Resumed,
}

impl Happened {
    /// The words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Drift => "drift",
            Self::Attributed => "caused by",
            Self::DriftEnded => "drift ended",
            Self::Changed => "changed",
            Self::Failed => "failed",
            Self::Wave => "next wave",
            Self::Stopped => "stopped",
            Self::Resumed => "resumed",
        }
    }
}

/// The latest events, oldest first, and the latest drifts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct History {
    events: VecDeque<Event>,
    timeline: Timeline,
    /// Events so far, including those that are not kept any more.
    count: u64,
    /// The revision and the number of problems of the latest pass.
    revision: Option<String>,
    problems: usize,
}

impl History {
    /// The events, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.events.iter()
    }

    /// The latest drifts.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The Git revision of the last directory without problems, also of an earlier process if a
    /// memory keeps the history.
    pub fn accepted(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// Events so far; it changes whenever anything worth keeping does.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The process begins: what was open when the last one ended is not known to be.
    pub(super) fn start(&mut self, at: f64, memory: &str) {
        self.timeline.interrupt(at);
        self.problems = 0;
        let lines = vec![format!("palisade {}, {memory}", env!("CARGO_PKG_VERSION"))];
        self.push(Event { at, address: None, revision: None, what: Happened::Started, lines });
    }

    /// Somebody stopped writing, or that ended.
    pub(super) fn halt(&mut self, at: f64, address: Option<Address>, ends: bool, line: String) {
        let what = if ends { Happened::Resumed } else { Happened::Stopped };
        self.push(Event { at, address, revision: None, what, lines: vec![line] });
    }

    /// Names who caused drifts, by number; those about which that says something new.
    pub(super) fn attribute(&mut self, causes: &BTreeMap<u64, By>, at: f64) -> Vec<Drift> {
        let named = self.timeline.attribute(causes);
        for drift in &named {
            let lines = drift.by.iter().map(By::words).collect();
            let (address, what) = (Some(drift.address.clone()), Happened::Attributed);
            self.push(Event { at, address, revision: None, what, lines });
        }
        named
    }

    /// Takes a finished pass into account.
    pub(super) fn observe(&mut self, report: &Report) {
        let at = report.started_at + report.duration_seconds;
        self.source(report, at);
        let event = |address: &Address, what, lines| Event {
            at,
            address: Some(address.clone()),
            revision: report.revision.clone(),
            what,
            lines,
        };
        for drift in report.new_drifts() {
            let seen = event(&drift.address, Happened::Drift, drift.what.clone());
            self.push(Event { at: drift.seen_at, ..seen });
        }
        for result in &report.results {
            let cause = result.cause;
            let lines: Vec<String> =
                result.done.iter().map(|done| format!("{done} ({cause})")).collect();
            match &result.outcome {
                Outcome::Done { .. } => self.push(event(&result.address, Happened::Changed, lines)),
                Outcome::Failed { message, .. } => {
                    let mut lines = lines;
                    lines.push(format!("{}: {message}", result.verb));
                    self.push(event(&result.address, Happened::Failed, lines));
                }
                Outcome::Skipped { .. } if !lines.is_empty() => {
                    self.push(event(&result.address, Happened::Changed, lines));
                }
                Outcome::Skipped { .. } => {}
            }
        }
        for rollout in report.plan.rollouts.iter().filter(|rollout| rollout.next_in == Some(0)) {
            let (address, what, lines) = (None, Happened::Wave, vec![rollout.to_string()]);
            self.push(Event { at, address, revision: report.revision.clone(), what, lines });
        }
        for drift in report.drifts.iter().filter(|drift| drift.ended_at.is_some()) {
            self.push(event(&drift.address, Happened::DriftEnded, vec![ending(drift)]));
        }
        self.timeline.observe(report);
    }

    /// What changed in the directory.
    fn source(&mut self, report: &Report, at: f64) {
        let (revision, problems) = (report.revision.clone(), report.problems.len());
        let event =
            |what, lines| Event { at, address: None, revision: revision.clone(), what, lines };
        if problems > 0 && self.problems == 0 {
            let lines = report.problems.iter().map(|it| it.to_string().replace('\n', " "));
            self.push(event(Happened::Refused, lines.collect()));
        } else if problems == 0 && (self.problems > 0 || self.revision != revision) {
            let name = revision.as_deref().unwrap_or("not a Git checkout");
            self.push(event(Happened::Accepted, vec![name.to_owned()]));
        }
        if problems == 0 {
            self.revision = revision;
        }
        self.problems = problems;
    }

    fn push(&mut self, mut event: Event) {
        event.lines.truncate(MAX_LINES);
        for line in &mut event.lines {
            if let Some((end, _)) = line.char_indices().nth(MAX_CHARS) {
                line.truncate(end);
                line.push('…');
            }
        }
        self.events.push_back(event);
        self.count += 1;
        let surplus = self.events.len().saturating_sub(KEPT);
        self.events.drain(..surplus);
    }
}

fn ending(drift: &Drift) -> String {
    match &drift.state {
        DriftState::Corrected => "corrected".to_owned(),
        DriftState::Restored => "restored by somebody else".to_owned(),
        DriftState::Gone(why) | DriftState::Open(why) => why.clone(),
        DriftState::Correcting => "being corrected".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn a_pass_leaves_its_drifts_changes_and_failures() {
        let mut history = History::default();
        let mut report = fixture::report();
        report.pass = report.drifts.iter().map(|drift| drift.first_pass).max().unwrap_or_default();
        history.observe(&report);
        let kinds: Vec<_> = history.events().map(|event| event.what).collect();
        assert!(kinds.contains(&Happened::Drift), "{kinds:?}");
        assert!(kinds.contains(&Happened::Failed), "{kinds:?}");
        assert!(kinds.contains(&Happened::Refused), "{kinds:?}");
        let count = history.count();
        report.drifts.clear();
        report.results.clear();
        history.observe(&report);
        assert_eq!(history.count(), count, "nothing new");
        report.problems.clear();
        history.observe(&report);
        assert_eq!(history.events().next_back().map(|it| it.what), Some(Happened::Accepted));
    }

    #[test]
    fn it_is_bounded_whatever_happens() {
        let mut history = History::default();
        for number in 0..KEPT + 10 {
            history.halt(0.0, None, false, format!("{number}{}", "ü".repeat(10 * MAX_CHARS)));
        }
        assert_eq!((history.events().count(), history.count()), (KEPT, 2010));
        let text = serde_json::to_vec(&history).unwrap();
        assert!(text.len() < crate::memory::Part::History.limit(), "{}", text.len());
        let last = history.events().next_back().unwrap();
        assert!(last.lines[0].starts_with("2009") && last.lines[0].ends_with("ü…"));
    }

    #[test]
    fn what_was_open_when_the_process_ended_is_not_open_after_the_restart() {
        let mut history = History::default();
        history.observe(&fixture::report());
        let text = serde_json::to_vec(&history).unwrap();
        let mut history: History = serde_json::from_slice(&text).unwrap();
        history.start(9.0, "memory");
        let open = |drift: &Drift| matches!(drift.state, DriftState::Open(_));
        assert!(!history.timeline().newest_first().iter().any(open));
        assert_eq!(history.events().next_back().map(|it| it.what), Some(Happened::Started));
    }
}
