//! One reader of records: what each means for each policy, counted.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::{BuildHasher as _, Hash as _, Hasher as _},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Ground, actions,
    context::Call,
    judge::{self, Effect, Verdict},
    policy::{Concern, Policy},
    record::{Details, Record},
    resource,
    tally::{Counted, Tally},
};
use crate::model::policy_document::Request;

/// The most answers that are kept, and the most actions of which it is kept whether they matter.
const ANSWERS: usize = 20_000;
const ACTIONS: usize = 50_000;
/// The most ids of events that are kept: two files with the same event are near each other.
const IDS: usize = 2_000_000;

/// The events that some reader has seen: trails of an organization and of an account have the same
/// ones. Shared by all readers.
#[derive(Debug, Default)]
pub struct Known {
    digests: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

impl Known {
    /// Whether this event is new, and notes it. Of digests of 64 bits, two of ten million events
    /// are the same by chance once in 300,000 times.
    fn is_new(&self, record: &Record) -> bool {
        if record.event_id.is_empty() {
            return true;
        }
        let digest = self.hasher.hash_one((&record.recipient_account_id, &record.event_id));
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        if digests.len() >= IDS {
            digests.clear();
        }
        digests.insert(digest)
    }
}

/// Reads records.
pub struct Analyst<'a> {
    policies: &'a [Policy],
    ground: &'a Ground,
    known: &'a Known,
    /// Earlier records are left out, as CloudTrail writes times.
    since: Option<&'a str>,
    /// The policies that an action may matter to.
    concerned: HashMap<String, Arc<[Concern]>>,
    answers: HashMap<Question, Option<Arc<Verdict>>>,
    /// The keys of the digests of questions.
    hashers: [RandomState; 2],
    tally: Tally,
}

/// What two calls must have in common to be decided alike, as a digest of 128 bits with random
/// keys: two questions of a million have the same one by chance once in 10^26 times.
type Question = [u64; 2];

impl<'a> Analyst<'a> {
    /// A reader that has read nothing yet.
    pub fn new(
        policies: &'a [Policy],
        ground: &'a Ground,
        known: &'a Known,
        since: Option<&'a str>,
    ) -> Self {
        let (concerned, answers, hashers, tally) = Default::default();
        Self { policies, ground, known, since, concerned, answers, hashers, tally }
    }

    /// What was found.
    pub fn finish(self) -> Tally {
        self.tally
    }

    /// Reads one record.
    pub fn take(&mut self, text: &[u8]) {
        let Ok(record) = serde_json::from_slice::<Record>(text) else {
            self.tally.unreadable += 1;
            return;
        };
        if record.inner.is_empty() {
            self.read(&record, text);
        } else {
            let inner = record.inner;
            match serde_json::from_str::<Record>(&inner) {
                Ok(record) => self.read(&record, inner.as_bytes()),
                Err(_) => self.tally.unreadable += 1,
            }
        }
    }

    fn read(&mut self, record: &Record, text: &[u8]) {
        if record.event_name.is_empty() || record.event_source.is_empty() {
            self.tally.unreadable += 1;
            return;
        }
        if self.since.is_some_and(|since| *record.event_time < *since) {
            self.tally.older += 1;
            return;
        }
        if !self.known.is_new(record) {
            self.tally.duplicates += 1;
            return;
        }
        let own = actions::of(record);
        if own.is_empty() {
            self.tally.no_calls += 1;
            return;
        }
        let account = match &record.user_identity.account_id {
            none if none.is_empty() => &record.recipient_account_id,
            account => account,
        };
        self.tally.see(account, &record.event_time);
        let mut details = None;
        for action in &own {
            let concerned = self.concerned_by(action);
            if concerned.is_empty() {
                continue;
            }
            let details = details.get_or_insert_with(|| read_details(text));
            let on = resource::of(action, record, details);
            self.judge(&concerned, record, details, (action, &on), false);
        }
        self.further(record, &own, details, text);
    }

    /// What the parameters of the call ask for in addition.
    fn further(&mut self, record: &Record, own: &[String], details: Option<Details>, text: &[u8]) {
        let adds = actions::FURTHER.iter().any(|it| !self.concerned_by(it).is_empty());
        if !adds {
            return;
        }
        let details = details.unwrap_or_else(|| read_details(text));
        let also: Vec<_> = own.iter().flat_map(|it| actions::also(it, &details)).collect();
        for (action, on) in also {
            let concerned = self.concerned_by(&action);
            let on = on.unwrap_or_else(resource::any);
            self.judge(&concerned, record, &details, (&action, &on), true);
        }
    }

    fn concerned_by(&mut self, action: &str) -> Arc<[Concern]> {
        if let Some(known) = self.concerned.get(action) {
            return Arc::clone(known);
        }
        let policies = self.policies.iter().enumerate();
        let found: Arc<[Concern]> =
            policies.filter_map(|(number, it)| it.concern(number, action)).collect();
        if self.concerned.len() < ACTIONS {
            self.concerned.insert(action.to_owned(), Arc::clone(&found));
        }
        found
    }

    fn judge(
        &mut self,
        concerned: &[Concern],
        record: &Record,
        details: &Details,
        (action, on): (&str, &str),
        is_further: bool,
    ) {
        let call = Call { record, details, action, is_further, ground: self.ground };
        for concern in concerned {
            let number = concern.number;
            let Some(verdict) = self.answer(concern, &call, on) else { continue };
            if verdict.effect == Effect::NewlyDenied && record.was_denied() {
                *self.tally.denied_anyway.entry(number).or_default() += 1;
                continue;
            }
            let counted = Counted {
                principal: &principal(record),
                action: &resource::shown(action),
                resource: &resource::shown(on),
                account: &record.recipient_account_id,
                time: &record.event_time,
                id: &record.event_id,
            };
            self.tally.add(number, &verdict, &counted);
        }
    }

    /// What the change of a policy means for a call: evaluated once for all calls that it cannot
    /// tell apart.
    fn answer(&mut self, concern: &Concern, call: &Call<'_>, on: &str) -> Option<Arc<Verdict>> {
        let policy = self.policies.get(concern.number)?;
        let readings = judge::requests(policy, &concern.bearing, call, on);
        let question = self.question(concern, policy, call, on, &readings);
        if let Some(known) = self.answers.get(&question) {
            return known.clone();
        }
        self.tally.evaluated += 1;
        let verdict = judge::judge(policy, concern, call, on, &readings).map(Arc::new);
        if self.answers.len() >= ANSWERS {
            self.answers.clear();
        }
        self.answers.insert(question, verdict.clone());
        verdict
    }
}

impl Analyst<'_> {
    /// Of everything on which the answer depends: caller and resource only if statements about the
    /// action tell them apart, and what decides whether the policy is in force.
    fn question(
        &self,
        Concern { number, bearing, .. }: &Concern,
        of: &Policy,
        call: &Call<'_>,
        on: &str,
        readings: &[Request],
    ) -> Question {
        let digest = |hasher: &RandomState| {
            let mut hasher = hasher.build_hasher();
            (number, call.action, call.record.was_denied(), readings.len()).hash(&mut hasher);
            of.digest_place(call, on, &mut hasher);
            for Request { principal_arn, resource, context, .. } in readings {
                bearing.callers.then_some(principal_arn).hash(&mut hasher);
                bearing.resources.then_some(resource).hash(&mut hasher);
                context.hash(&mut hasher);
            }
            hasher.finish()
        };
        self.hashers.each_ref().map(digest)
    }
}

fn read_details(text: &[u8]) -> Details {
    serde_json::from_slice(text).unwrap_or_default()
}

/// What people read for a caller: the role, not its session.
fn principal(record: &Record) -> String {
    let by = &record.user_identity;
    let role = &by.session_context.session_issuer.arn;
    let named = [role, &by.arn, &by.invoked_by, &by.principal_id, &by.user_name];
    match named.into_iter().find(|it| !it.is_empty()) {
        Some(name) => name.clone(),
        None if !by.account_id.is_empty() => format!("account {}", by.account_id),
        None => by.sort.clone(),
    }
}
