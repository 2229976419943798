//! From passes to what people should know: what is new, once.

use std::collections::BTreeMap;

use crate::{
    baseline::Severity,
    engine::{Drift, DriftState, Outcome, Report},
    events::By,
    model::{Address, Halt},
    plan::Verdict,
    settings::{Target, Urgency},
};

/// The most lines of one notice.
const MAX_LINES: usize = 10;
/// The most characters of one line: AWS's messages can be long.
const MAX_CHARS: usize = 400;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    /// A live resource changed although its manifest did not.
    Drift,
    /// It became known who caused such a change.
    Cause,
    /// Such a change could not be corrected yet.
    DriftOpen,
    /// Somebody keeps undoing a correction.
    Contested,
    /// Such a change has ended.
    DriftEnded,
    /// palisade changed something.
    Changed,
    /// A step failed.
    Failed,
    /// A step needs approval.
    Held,
    /// A resource belongs to somebody else.
    Conflict,
    /// The directory has problems; the last good state of the folders concerned stays in force.
    Refused,
    /// A scope, or a kind there, cannot be read.
    Unreadable,
    /// AWS will delete a resource, and no tombstone asks for that.
    Deletion,
    /// An audit has found something.
    Finding,
    /// Nothing, or not everything, is written.
    Stopped,
    /// That ended.
    Resumed,
}

impl Topic {
    /// The last part of the type of a CloudEvent.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Cause => "drift.cause",
            Self::DriftOpen => "drift.open",
            Self::Contested => "contested",
            Self::DriftEnded => "drift.ended",
            Self::Changed => "changed",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Conflict => "conflict",
            Self::Refused => "source.refused",
            Self::Unreadable => "unreadable",
            Self::Deletion => "deletion",
            Self::Finding => "finding",
            Self::Stopped => "stopped",
            Self::Resumed => "resumed",
        }
    }

    /// For people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Cause => "who caused drift",
            Self::DriftOpen => "drift is not corrected",
            Self::Contested => "somebody keeps undoing the correction",
            Self::DriftEnded => "drift has ended",
            Self::Changed => "changed by palisade",
            Self::Failed => "failed",
            Self::Held => "needs approval",
            Self::Conflict => "belongs to somebody else",
            Self::Refused => "the directory cannot be used",
            Self::Unreadable => "cannot be read",
            Self::Deletion => "AWS will delete it, and no tombstone asks for that",
            Self::Finding => "found by an audit",
            Self::Stopped => "writing is stopped",
            Self::Resumed => "writing goes on",
        }
    }
}

/// One thing that somebody should know.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Notice {
    /// When, in seconds since the epoch.
    pub(super) at: f64,
    pub(super) topic: Topic,
    pub(super) urgency: Urgency,
    /// Where; `None`: the whole process.
    pub(super) scope: Option<String>,
    pub(super) kind: Option<String>,
    /// What; a manifest's address where there is one.
    pub(super) subject: Option<String>,
    pub(super) lines: Vec<String>,
    pub(super) revision: Option<String>,
}

impl Notice {
    /// Whether a target gets it.
    pub(super) fn is_for(&self, target: &Target) -> bool {
        let among = |wanted: &std::collections::BTreeSet<String>, given: &Option<String>| {
            wanted.is_empty() || given.as_ref().is_some_and(|it| wanted.contains(it))
        };
        self.urgency >= target.severity
            && among(&target.scopes, &self.scope)
            && among(&target.kinds, &self.kind)
    }
}

/// What became known of who caused drifts, which were seen before.
pub(super) fn causes(drifts: &[Drift], at: f64) -> Vec<Notice> {
    let caused = |drift: &Drift| {
        let lines = [vec![drift.by.as_ref()?.words()], drift.what.clone()].concat();
        let notice = Notice {
            at,
            topic: Topic::Cause,
            urgency: Urgency::Warning,
            scope: None,
            kind: None,
            subject: None,
            lines: shortened(lines),
            revision: None,
        };
        Some(about(&drift.address, notice))
    };
    drifts.iter().filter_map(caused).collect()
}

/// What lasted when the latest pass ended: it is sent once, and again only after it was gone.
#[derive(Debug, Default)]
pub(super) struct Seen {
    lasting: BTreeMap<(Topic, String), Notice>,
}

/// The notices of one pass.
struct Pass<'a> {
    report: &'a Report,
    at: f64,
    moments: Vec<Notice>,
    lasting: BTreeMap<(Topic, String), Notice>,
}

impl Seen {
    /// What is new since the last call.
    pub(super) fn notices(&mut self, report: &Report, halt: &Halt) -> Vec<Notice> {
        let at = report.started_at + report.duration_seconds;
        let mut pass = Pass { report, at, moments: Vec::new(), lasting: BTreeMap::new() };
        pass.drifts();
        pass.contests();
        pass.results();
        pass.plan();
        pass.readings();
        pass.halts(halt);
        let Pass { moments: mut notices, lasting, .. } = pass;
        let new = lasting.iter().filter(|(key, _)| !self.lasting.contains_key(key));
        notices.extend(new.map(|(_, notice)| notice.clone()));
        let stopped = self.lasting.iter().filter(|((topic, _), _)| *topic == Topic::Stopped);
        for (_, notice) in stopped.filter(|(key, _)| !lasting.contains_key(key)) {
            let topic = Topic::Resumed;
            notices.push(Notice { at, topic, urgency: Urgency::Warning, ..notice.clone() });
        }
        self.lasting = lasting;
        notices.sort_by(|a, b| b.urgency.cmp(&a.urgency).then_with(|| a.subject.cmp(&b.subject)));
        notices
    }
}

impl Pass<'_> {
    fn notice(&self, topic: Topic, urgency: Urgency, lines: Vec<String>) -> Notice {
        let lines = shortened(lines);
        Notice {
            at: self.at,
            topic,
            urgency,
            scope: None,
            kind: None,
            subject: None,
            lines,
            revision: self.report.revision.clone(),
        }
    }

    fn lasts(&mut self, key: String, notice: Notice) {
        self.lasting.insert((notice.topic, key), notice);
    }

    fn drifts(&mut self) {
        for drift in self.report.new_drifts() {
            let mut lines = drift.what.clone();
            // First, because the number of lines is limited.
            lines.splice(0..0, drift.by.iter().map(By::words));
            let notice = self.notice(Topic::Drift, Urgency::Warning, lines);
            self.moments.push(about(&drift.address, Notice { at: drift.seen_at, ..notice }));
        }
        for drift in &self.report.drifts {
            if drift.ended_at.is_some() {
                let notice = self.notice(Topic::DriftEnded, Urgency::Info, drift.what.clone());
                self.moments.push(about(&drift.address, notice));
            } else if let DriftState::Open(why) = &drift.state {
                let lines = [vec![why.clone()], drift.what.clone()].concat();
                let notice = self.notice(Topic::DriftOpen, Urgency::Critical, lines);
                self.lasts(drift.number.to_string(), about(&drift.address, notice));
            }
        }
    }

    /// Sent again when somebody else is named.
    fn contests(&mut self) {
        for contest in &self.report.contests {
            let notice = self.notice(Topic::Contested, Urgency::Critical, contest.lines());
            let names: Vec<&str> =
                contest.theirs.iter().map(|by| by.who.principal.as_str()).collect();
            let key = format!("{} {}", contest.address, names.join(" "));
            self.lasts(key, about(&contest.address, notice));
        }
    }

    fn results(&mut self) {
        for result in &self.report.results {
            if !result.done.is_empty() {
                let notice = self.notice(Topic::Changed, Urgency::Info, result.done.clone());
                self.moments.push(about(&result.address, notice));
            }
            if let Outcome::Failed { message, .. } = &result.outcome {
                let lines = vec![format!("{}: {message}", result.verb)];
                let notice = self.notice(Topic::Failed, Urgency::Warning, lines);
                let key = format!("{} {}", result.address, result.verb);
                self.lasts(key, about(&result.address, notice));
            }
        }
    }

    fn plan(&mut self) {
        let plan = &self.report.plan;
        for step in &plan.steps {
            if let Verdict::Held(reasons) = &step.verdict {
                let mut lines: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                if step.can_be_approved() {
                    lines.push(format!("palisade approve {}", step.digest));
                }
                let notice = self.notice(Topic::Held, Urgency::Warning, lines);
                self.lasts(step.digest.clone(), about(&step.address, notice));
            }
        }
        for conflict in &plan.conflicts {
            let lines = vec![conflict.why.clone(), conflict.help.clone()];
            let notice = self.notice(Topic::Conflict, Urgency::Warning, lines);
            self.lasts(conflict.address.to_string(), about(&conflict.address, notice));
        }
        for pending in self.report.pending_deletions.iter().filter(|it| !it.tombstone) {
            let notice =
                self.notice(Topic::Deletion, Urgency::Critical, vec![pending.id.to_string()]);
            self.lasts(pending.id.to_string(), about(&pending.address, notice));
        }
    }

    fn readings(&mut self) {
        if !self.report.problems.is_empty() {
            let lines = self.report.problems.iter().map(ToString::to_string).collect();
            let notice = self.notice(Topic::Refused, Urgency::Warning, lines);
            self.lasts(String::new(), notice);
        }
        for (scope, caller) in &self.report.scopes {
            if let Err(why) = caller {
                let notice = self.notice(Topic::Unreadable, Urgency::Warning, vec![why.clone()]);
                let scope = Some(scope.clone());
                let key = scope.clone().unwrap_or_default();
                self.lasts(key, Notice { subject: scope.clone(), scope, ..notice });
            }
        }
        for unknown in &self.report.plan.unknown {
            let notice =
                self.notice(Topic::Unreadable, Urgency::Warning, vec![unknown.why.clone()]);
            let subject = format!("{}/{}", unknown.scope, unknown.kind);
            let id = unknown.id.as_ref().map(ToString::to_string).unwrap_or_default();
            let notice = Notice {
                scope: Some(unknown.scope.clone()),
                kind: Some(unknown.kind.clone()),
                subject: Some(subject.clone()),
                ..notice
            };
            self.lasts(format!("{subject} {id}"), notice);
        }
        for finding in &self.report.audited.findings {
            let urgency = match finding.severity {
                Severity::Critical | Severity::High => Urgency::Critical,
                Severity::Medium | Severity::Low => Urgency::Warning,
            };
            let lines = vec![
                format!("{}: {} {}", finding.rule, finding.subject, finding.message),
                finding.help.to_owned(),
            ];
            let notice = self.notice(Topic::Finding, urgency, lines);
            let key = format!("{} {} {}", finding.scope, finding.rule, finding.subject);
            self.lasts(key, Notice { scope: Some(finding.scope.clone()), ..notice });
        }
    }

    fn halts(&mut self, halt: &Halt) {
        if let Some(stop) = &halt.stop {
            let notice = self.notice(Topic::Stopped, Urgency::Critical, vec![stop.to_string()]);
            self.lasts("everything".to_owned(), notice);
        }
        for pause in &halt.pauses {
            let what = pause.extent.to_string();
            let notice = self.notice(Topic::Stopped, Urgency::Warning, vec![pause.to_string()]);
            self.lasts(what.clone(), Notice { subject: Some(what), ..notice });
        }
    }
}

fn shortened(mut lines: Vec<String>) -> Vec<String> {
    lines.truncate(MAX_LINES);
    for line in &mut lines {
        *line = line.replace('\n', " ");
        if let Some((end, _)) = line.char_indices().nth(MAX_CHARS) {
            line.truncate(end);
            line.push('…');
        }
    }
    lines
}

/// A notice about a manifest.
fn about(address: &Address, notice: Notice) -> Notice {
    Notice {
        scope: Some(address.scope.clone()),
        kind: Some(address.kind.clone()),
        subject: Some(address.to_string()),
        ..notice
    }
}
