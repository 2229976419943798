//! Who caused a drift: candidates from records, and how sure that is.
//!
//! A record of a queue is a claim: whoever can send to the queue can write one. So it makes a cause
//! *likely* at most; *exact* takes the same record from CloudTrail itself. Only what can have
//! caused this difference counts: the resource, what the call does, and the time must fit.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::{catalogue::Target, message::Event, own::Own, who::Who};

/// The most records kept of one scope, the most bytes of the names in them, and the oldest.
const KEPT: usize = 10_000;
const MOST_BYTES: usize = 8 * 1024 * 1024;
const MAX_AGE: f64 = 24.0 * 3600.0;

/// How sure a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The kind and the time fit, and nothing says which resource was changed; or several callers
    /// fit.
    Possible,
    /// The resource, the call and the time fit, according to the queue.
    Likely,
    /// The same, according to CloudTrail.
    Exact,
}

impl Confidence {
    /// The word, and the metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Exact => "exact",
        }
    }
}

/// Who caused a drift.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct By {
    /// How sure that is.
    pub confidence: Confidence,
    /// The caller.
    #[serde(flatten)]
    pub who: Who,
    /// The call, as IAM names it.
    pub call: String,
    /// CloudTrail's id of the record.
    pub event_id: String,
    /// When the call was completed, in seconds since the epoch.
    pub at: f64,
}

impl By {
    /// In one phrase, with how sure it is.
    pub fn words(&self) -> String {
        let from = self.who.source_address.as_ref();
        let from = from.map(|it| format!(" from {it}")).unwrap_or_default();
        let sure = match self.confidence {
            Confidence::Possible => "possibly",
            Confidence::Likely => "probably",
            Confidence::Exact => "by",
        };
        format!("{sure} {}{from}: {}, event {}", self.who.words(), self.call, self.event_id)
    }
}

/// A drift whose cause is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The number of the drift.
    pub drift: u64,
    /// Its scope.
    pub scope: String,
    /// Its kind.
    pub kind: String,
    /// The resource; `None` if nobody knows which it was.
    pub id: Option<String>,
    /// The keys of what undoes it ([`Step::keys`](crate::plan::Step::keys)).
    pub keys: BTreeSet<String>,
    /// The window in which it was caused, in seconds since the epoch.
    pub since: f64,
    /// See [`Self::since`].
    pub until: f64,
}

/// Records that may be the cause of something.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    scopes: BTreeMap<String, Records>,
}

/// The records of one scope: a flood in one takes nothing from another.
#[derive(Debug, Default)]
struct Records {
    all: VecDeque<Record>,
    /// The bytes of the names in them.
    bytes: usize,
}

#[derive(Debug)]
struct Record {
    targets: Vec<Target>,
    request_id: Option<String>,
    /// Whether CloudTrail itself has it.
    verified: bool,
    /// With a confidence that is replaced.
    by: By,
    /// What it explains: one drift of each resource that the call changed.
    explains: Vec<Explained>,
}

/// A drift, and what drifted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Explained {
    kind: String,
    id: Option<String>,
    drift: u64,
}

impl Evidence {
    /// Keeps what an event says, unless CloudTrail itself has said it.
    pub(super) fn note(
        &mut self,
        scope: &str,
        event: &Event,
        targets: Vec<Target>,
        verified: bool,
    ) {
        let records = self.scopes.entry(scope.to_owned()).or_default();
        if !records.all.iter().any(|it| it.verified && it.by.event_id == event.id) {
            records.push(Record::of(event, targets, verified));
        }
    }

    /// CloudTrail itself has this record. Whatever the queue said under its id is dropped: it may
    /// be somebody else's. Without targets it is no evidence of a change.
    pub(super) fn confirm(&mut self, scope: &str, event: &Event, targets: Vec<Target>) {
        let records = self.scopes.entry(scope.to_owned()).or_default();
        let claimed = records.remove(|it| it.by.event_id == event.id);
        if !targets.is_empty() {
            let mut record = Record::of(event, targets, true);
            record.explains = claimed.into_iter().flat_map(|it| it.explains).collect();
            records.push(record);
        }
    }

    /// CloudTrail has no such record: what the queue said under this id is dropped.
    pub(super) fn deny(&mut self, scope: &str, id: &str) {
        if let Some(records) = self.scopes.get_mut(scope) {
            records.remove(|it| !it.verified && it.by.event_id == id);
        }
    }

    fn of(&self, scope: &str) -> impl Iterator<Item = &Record> {
        self.scopes.get(scope).into_iter().flat_map(|records| &records.all)
    }

    /// The ids of records that would answer a question and that CloudTrail has not confirmed.
    pub(super) fn unverified(&self, question: &Question, own: &Own) -> Vec<String> {
        let records = self.of(&question.scope);
        let fitting = records.filter(|it| it.level(question, own).is_some());
        fitting.filter(|it| !it.verified).map(|it| it.by.event_id.clone()).collect()
    }

    /// Who caused it, as far as the records say.
    pub(super) fn answer(&mut self, question: &Question, own: &Own) -> Option<By> {
        let records = &mut self.scopes.get_mut(&question.scope)?.all;
        let fit = |record: &Record| record.level(question, own);
        let fitting: Vec<(usize, Confidence)> = records
            .iter()
            .enumerate()
            .filter_map(|(index, record)| Some((index, fit(record)?)))
            .collect();
        let best = fitting.iter().map(|(_, level)| *level).max()?;
        let best: Vec<usize> =
            fitting.iter().filter(|(_, level)| *level == best).map(|(index, _)| *index).collect();
        let latest = best
            .iter()
            .copied()
            .max_by(|a, b| records[*a].by.at.total_cmp(&records[*b].by.at).then(a.cmp(b)))?;
        let who = |index: &usize| {
            let who = &records[*index].by.who;
            (&who.principal, &who.person, &who.session)
        };
        let several = best.iter().any(|index| who(index) != who(&latest));
        let confidence = if several { Confidence::Possible } else { fit(&records[latest])? };
        let record = &mut records[latest];
        let Question { kind, id, drift, .. } = question;
        let explained = Explained { kind: kind.clone(), id: id.clone(), drift: *drift };
        if confidence > Confidence::Possible && !record.explains.contains(&explained) {
            record.explains.push(explained);
        }
        Some(By { confidence, ..record.by.clone() })
    }
}

impl Records {
    fn push(&mut self, record: Record) {
        let newest = record.by.at;
        self.bytes += record.bytes();
        self.all.push_back(record);
        while self.all.len() > KEPT
            || self.bytes > MOST_BYTES
            || self.all.front().is_some_and(|it| newest - it.by.at > MAX_AGE)
        {
            let Some(oldest) = self.all.pop_front() else { break };
            self.bytes -= oldest.bytes();
        }
    }

    /// Takes those that are meant.
    fn remove(&mut self, is_it: impl Fn(&Record) -> bool) -> Vec<Record> {
        let all = std::mem::take(&mut self.all);
        let (gone, kept): (Vec<Record>, Vec<Record>) = all.into_iter().partition(is_it);
        self.all = kept.into();
        self.bytes -= gone.iter().map(Record::bytes).sum::<usize>();
        gone
    }
}

impl Record {
    fn of(event: &Event, targets: Vec<Target>, verified: bool) -> Self {
        Self {
            targets,
            request_id: event.request_id.clone(),
            verified,
            by: By {
                confidence: Confidence::Possible,
                who: event.who.clone(),
                call: event.action(),
                event_id: event.id.clone(),
                at: event.at,
            },
            explains: Vec::new(),
        }
    }

    fn bytes(&self) -> usize {
        let names = self.targets.iter().flat_map(|target| &target.ids).flatten();
        names.map(String::len).sum()
    }

    /// How well it fits; `None` if it cannot be the cause.
    fn level(&self, question: &Question, own: &Own) -> Option<Confidence> {
        let in_time = self.by.at >= question.since && self.by.at <= question.until;
        let mine = self.request_id.as_deref().is_some_and(|id| own.has(id));
        // palisade's role is for palisade only. What it did before this process began, an earlier
        // one did; since then it is nobody whom this process knows, and named with doubt.
        let role = self.by.who.arn.as_deref().and_then(|arn| own.role_since(&question.scope, arn));
        let mine = mine || role.is_some_and(|began| self.by.at <= began);
        let mine = mine || own.is_by_handlers(&question.scope, &self.by.who);
        // One change causes one drift of a resource; the next one has another cause.
        let same = |it: &&Explained| it.kind == question.kind && it.id == question.id;
        let spent = self.explains.iter().filter(same).any(|it| it.drift != question.drift);
        if !in_time || mine || spent {
            return None;
        }
        let target = self.targets.iter().find(|target| target.kind == question.kind)?;
        if target.does.is_some_and(|does| !does.explains(&question.keys)) {
            return None;
        }
        match (&target.ids, &question.id) {
            (Some(ids), Some(id)) if ids.contains(id) && role.is_some() => {
                Some(Confidence::Possible)
            }
            (Some(ids), Some(id)) if ids.contains(id) => {
                Some(if self.verified { Confidence::Exact } else { Confidence::Likely })
            }
            (Some(_), Some(_)) => None,
            (_, None) | (None, Some(_)) => Some(Confidence::Possible),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        super::{
            message::tests::{NOW, event},
            recorded::Does,
        },
        *,
    };

    fn targets(ids: Option<&[&str]>, does: Does) -> Vec<Target> {
        let ids = ids.map(|ids| ids.iter().map(|&id| id.to_owned()).collect());
        vec![Target { kind: "SecurityGroup", ids, does: Some(does) }]
    }

    fn record(record: &Value) -> Event {
        event("ec2", "AuthorizeSecurityGroupIngress", record)
    }

    fn question() -> Question {
        Question {
            drift: 1,
            scope: "prod".into(),
            kind: "SecurityGroup".into(),
            id: Some("sg-1".into()),
            keys: ["revoke ingress tcp 22".to_owned()].into(),
            since: NOW - 60.0,
            until: NOW + 5.0,
        }
    }

    const INGRESS: Does = Does::Edit(&["ingress"]);

    fn level(evidence: &mut Evidence, question: &Question) -> Option<Confidence> {
        evidence.answer(question, &Own::default()).map(|by| by.confidence)
    }

    #[test]
    fn resource_call_and_time_must_fit() {
        for (ids, does, at, fits) in [
            (Some(&["sg-1"][..]), INGRESS, "2026-01-01T00:00:00Z", Some(Confidence::Likely)),
            (Some(&["sg-2"][..]), INGRESS, "2026-01-01T00:00:00Z", None),
            (None, INGRESS, "2026-01-01T00:00:00Z", Some(Confidence::Possible)),
            (Some(&["sg-1"][..]), Does::Edit(&["egress"]), "2026-01-01T00:00:00Z", None),
            (Some(&["sg-1"][..]), Does::Delete, "2026-01-01T00:00:00Z", None),
            (Some(&["sg-1"][..]), INGRESS, "2025-12-31T23:50:00Z", None),
            (Some(&["sg-1"][..]), INGRESS, "2026-01-01T00:01:00Z", None),
        ] {
            let mut evidence = Evidence::default();
            let event = record(&json!({"eventTime": at}));
            evidence.note("prod", &event, targets(ids, does), false);
            assert_eq!(level(&mut evidence, &question()), fits, "{ids:?} {does:?} {at}");
            let elsewhere = Question { scope: "other".into(), ..question() };
            assert_eq!(level(&mut evidence, &elsewhere), None);
        }
    }

    #[test]
    fn only_cloudtrail_makes_it_exact_and_what_a_forged_record_says_under_a_true_id_is_dropped() {
        let mut evidence = Evidence::default();
        let event = record(&json!({}));
        let true_targets = || targets(Some(&["sg-1"]), INGRESS);
        evidence.note("prod", &event, true_targets(), false);
        assert_eq!(
            evidence.unverified(&question(), &Own::default()),
            std::slice::from_ref(&event.id)
        );
        evidence.confirm("prod", &event, true_targets());
        assert_eq!(level(&mut evidence, &question()), Some(Confidence::Exact));
        // The queue's copy comes late, and is no second event.
        evidence.note("prod", &event, true_targets(), false);
        let next = Question { drift: 2, ..question() };
        assert_eq!(level(&mut evidence, &next), None);

        let innocent = json!({"userIdentity": {"type": "IAMUser", "userName": "innocent"}});
        for (forged, about) in [
            (innocent, "sg-1"),
            (json!({"sourceIPAddress": "198.51.100.9"}), "sg-1"),
            (json!({"eventTime": "2026-01-01T00:00:01Z"}), "sg-1"),
        ] {
            let mut evidence = Evidence::default();
            evidence.note("prod", &record(&forged), targets(Some(&[about]), INGRESS), false);
            evidence.confirm("prod", &event, true_targets());
            let by = evidence.answer(&question(), &Own::default()).expect("the true one");
            assert_eq!(by.confidence, Confidence::Exact);
            assert_eq!(by.who.principal, event.who.principal, "{forged}");
            assert_eq!(by.who.source_address, event.who.source_address, "{forged}");
            assert!((by.at - event.at).abs() < f64::EPSILON, "{forged}");
        }
        let mut evidence = Evidence::default();
        evidence.note("prod", &event, true_targets(), false);
        evidence.confirm("prod", &event, targets(Some(&["sg-2"]), INGRESS));
        assert_eq!(level(&mut evidence, &question()), None, "it was about another one");
        let mut evidence = Evidence::default();
        evidence.note("prod", &event, true_targets(), false);
        evidence.confirm("prod", &event, Vec::new());
        assert_eq!(level(&mut evidence, &question()), None, "the call failed, or only read");
    }

    #[test]
    fn with_several_callers_nobody_is_named_for_sure() {
        let mut evidence = Evidence::default();
        for (id, name) in [("1", "ann"), ("2", "bob")] {
            let identity = json!({"type": "IAMUser", "userName": name});
            let event = record(&json!({"eventID": id, "userIdentity": identity}));
            evidence.note("prod", &event, targets(Some(&["sg-1"]), INGRESS), true);
        }
        let by = evidence.answer(&question(), &Own::default()).unwrap();
        assert_eq!(by.confidence, Confidence::Possible);
        assert_eq!(by.who.principal, "user/bob");
    }

    #[test]
    fn what_palisade_did_is_nobody_elses_and_a_change_explains_one_drift() {
        let mut evidence = Evidence::default();
        let event = record(&json!({}));
        evidence.note("prod", &event, targets(Some(&["sg-1"]), INGRESS), false);
        let own = Own::default();
        own.note("prod", "EC2", &event.call, event.request_id.as_deref().unwrap());
        assert_eq!(evidence.answer(&question(), &own), None);
        assert!(level(&mut evidence, &question()).is_some());
        assert!(level(&mut evidence, &question()).is_some(), "asked again");
        let next = Question { drift: 2, ..question() };
        assert_eq!(level(&mut evidence, &next), None);
    }

    #[test]
    fn one_call_explains_one_drift_of_each_resource_that_it_changed() {
        let mut evidence = Evidence::default();
        let event = record(&json!({}));
        evidence.note("prod", &event, targets(Some(&["sg-1", "sg-2"]), INGRESS), false);
        let of = |id: &str, drift| Question { id: Some(id.into()), drift, ..question() };
        assert_eq!(level(&mut evidence, &of("sg-1", 1)), Some(Confidence::Likely));
        assert_eq!(level(&mut evidence, &of("sg-2", 2)), Some(Confidence::Likely));
        assert_eq!(level(&mut evidence, &of("sg-2", 3)), None);
    }

    #[test]
    fn old_records_and_too_many_are_forgotten() {
        let mut evidence = Evidence::default();
        let old = record(&json!({"eventTime": "2025-12-30T00:00:00Z"}));
        evidence.note("prod", &old, targets(None, INGRESS), false);
        for _ in 0..=KEPT {
            evidence.note("prod", &record(&json!({})), targets(None, INGRESS), false);
        }
        assert_eq!(evidence.of("prod").count(), KEPT);
        assert!(evidence.of("prod").all(|it| it.by.at > NOW - 100.0));
        evidence.note("other", &record(&json!({})), targets(None, INGRESS), false);
        assert_eq!(evidence.of("prod").count(), KEPT, "each scope has its own");
        let long: Vec<String> = (0..500).map(|n| format!("sg-{n:029x}")).collect();
        let long: Vec<&str> = long.iter().map(String::as_str).collect();
        for _ in 0..1_000 {
            evidence.note("prod", &record(&json!({})), targets(Some(&long), INGRESS), false);
        }
        let (records, bytes) = (evidence.of("prod").count(), evidence.scopes["prod"].bytes);
        assert!(bytes <= MOST_BYTES && records < 1_000, "{records} records, {bytes} bytes");
    }

    #[test]
    fn an_id_that_cloudtrail_does_not_have_names_nobody_any_more() {
        let mut evidence = Evidence::default();
        let event = record(&json!({}));
        evidence.note("prod", &event, targets(Some(&["sg-1"]), INGRESS), false);
        evidence.deny("other", &event.id);
        assert!(level(&mut evidence, &question()).is_some());
        evidence.deny("prod", &event.id);
        assert_eq!(level(&mut evidence, &question()), None);
        evidence.confirm("prod", &event, targets(Some(&["sg-1"]), INGRESS));
        evidence.deny("prod", &event.id);
        assert_eq!(level(&mut evidence, &question()), Some(Confidence::Exact));
    }

    #[test]
    fn what_palisades_role_did_before_this_process_is_palisades_and_since_then_in_doubt() {
        let role = "arn:aws:sts::111122223333:assumed-role/palisade/palisade";
        let identity = json!({"type": "AssumedRole", "arn": role, "accountId": "111122223333",
            "sessionContext": {"sessionIssuer": {"arn":
                "arn:aws:iam::111122223333:role/palisade"}}});
        let event = record(&json!({"userIdentity": identity}));
        let by = |began: f64, caller: &str| {
            let own = Own::default();
            own.identify("prod", caller, began);
            let mut evidence = Evidence::default();
            evidence.note("prod", &event, targets(Some(&["sg-1"]), INGRESS), true);
            evidence.answer(&question(), &own).map(|by| by.confidence)
        };
        let session = "arn:aws:sts::111122223333:assumed-role/palisade/another";
        assert_eq!(by(event.at + 1.0, session), None, "an earlier process");
        assert_eq!(by(event.at - 1.0, session), Some(Confidence::Possible), "not this process");
        let other = "arn:aws:sts::111122223333:assumed-role/other/palisade";
        assert_eq!(by(event.at + 1.0, other), Some(Confidence::Exact), "another role");
    }

    #[test]
    fn it_reads_as_a_sentence() {
        let mut evidence = Evidence::default();
        evidence.note("prod", &record(&json!({})), targets(Some(&["sg-1"]), INGRESS), true);
        let by = evidence.answer(&question(), &Own::default()).unwrap();
        assert_eq!(
            by.words(),
            "by user/ann from 192.0.2.7: ec2:AuthorizeSecurityGroupIngress, event \
             22222222-2222-4222-8222-222222222222"
        );
    }
}
