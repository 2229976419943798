//! Where the events of all queues meet: what they say is kept here until the loop asks for it.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::Notify, time::Instant};

use super::{
    catalogue::{Catalogue, Target, recorded_in},
    chain::{Chain, Health},
    evidence::{By, Evidence, Question},
    lookup::Lookup,
    marks::{Hint, Hints, Marks},
    message::{Event, Place, Refused},
    outcome::Outcome,
    own::Own,
};
use crate::model::ScopedKind;

/// The latest records that are known, so that a second delivery is noticed.
const KNOWN: usize = 20_000;

/// The most questions that wait.
const MAX_LOOKUPS: usize = 100;

/// Events of all scopes; clones share them.
#[derive(Debug, Clone)]
pub struct Hub(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    own: Own,
    catalogue: Catalogue,
    /// Something to look at, or something new to say about a drift.
    news: Notify,
    /// Something to look up.
    asked: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Where the events of each scope come from.
    places: BTreeMap<String, Place>,
    marks: Marks,
    evidence: Evidence,
    /// Whether records came since the loop asked for causes.
    has_new: bool,
    chains: BTreeMap<String, Chain>,
    known: HashSet<(String, String)>,
    order: VecDeque<(String, String)>,
    counts: BTreeMap<(String, Outcome), u64>,
    lookups: VecDeque<Lookup>,
}

impl Hub {
    /// For the scopes with a queue.
    pub fn new(catalogue: Catalogue, own: Own, places: BTreeMap<String, Place>) -> Self {
        let state = Mutex::new(State::default());
        let (news, asked) = (Notify::new(), Notify::new());
        let hub = Self(Arc::new(Shared { state, own, catalogue, news, asked }));
        hub.follow(places);
        hub
    }

    /// Takes events of these scopes from now on, and of no others. Of a scope that has joined, or
    /// whose queue is another one, nothing is known of how its events arrive.
    pub fn follow(&self, places: BTreeMap<String, Place>) {
        let mut state = self.lock();
        let before = std::mem::replace(&mut state.places, places);
        let State { places, chains, .. } = &mut *state;
        chains.retain(|scope, _| places.get(scope) == before.get(scope));
        for scope in places.keys() {
            chains.entry(scope.clone()).or_default();
        }
    }

    fn place(&self, scope: &str) -> Option<Place> {
        self.lock().places.get(scope).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scopes with a queue.
    pub fn scopes(&self) -> BTreeSet<String> {
        self.lock().places.keys().cloned().collect()
    }

    /// Notes who palisade is in a scope; see [`Own::identify`].
    pub fn identify(&self, scope: &str, caller: &str, epoch: f64) {
        self.0.own.identify(scope, caller, epoch);
    }

    /// Takes one message of a scope's queue. `epoch` is the time in seconds since the epoch.
    pub fn receive(&self, scope: &str, body: &str, now: Instant, epoch: f64) -> Outcome {
        // A message may be long: the others do not wait while it is read.
        let read = self.read_message(scope, body, epoch);
        let mut state = self.lock();
        let outcome = match read {
            Ok((event, targets)) => self.taken(&mut state, scope, &event, targets, now),
            Err(outcome) => outcome,
        };
        *state.counts.entry((scope.to_owned(), outcome)).or_default() += 1;
        drop(state);
        if matches!(outcome, Outcome::Used | Outcome::Unlocated | Outcome::Stale) {
            self.0.news.notify_one();
        }
        outcome
    }

    fn read_message(
        &self,
        scope: &str,
        body: &str,
        epoch: f64,
    ) -> Result<(Event, Vec<Target>), Outcome> {
        let place = self.place(scope).ok_or(Outcome::Foreign)?;
        let event = Event::parse(body, &place, epoch).map_err(|refused| match refused {
            Refused::Malformed(_) => Outcome::Malformed,
            Refused::OtherSort => Outcome::Irrelevant,
            Refused::ForeignAccount(_) | Refused::ForeignRegion(_) => Outcome::Foreign,
        })?;
        let targets = self.0.catalogue.targets(&event);
        Ok((event, targets))
    }

    fn taken(
        &self,
        state: &mut State,
        scope: &str,
        event: &Event,
        targets: Vec<Target>,
        now: Instant,
    ) -> Outcome {
        if !state.is_new(scope, event) {
            return Outcome::Duplicate;
        }
        if let Some(request_id) = &event.request_id {
            if let Some(chain) = state.chains.get_mut(scope) {
                chain.came(request_id, now);
            }
            if self.0.own.has(request_id) {
                return Outcome::Own;
            }
        }
        if self.0.own.is_by_handlers(scope, &event.who) {
            if let Some(chain) = state.chains.get_mut(scope) {
                chain.prove(&event.service, now);
            }
            return Outcome::Own;
        }
        if event.failed.is_some() {
            return Outcome::Error;
        }
        if event.only_reads || targets.is_empty() {
            return Outcome::Irrelevant;
        }
        for target in &targets {
            let at = ScopedKind::new(scope, target.kind);
            state.marks.note(&at, target.ids.clone(), event.request_id.as_deref(), now);
        }
        let located = targets.iter().any(|target| target.ids.is_some());
        state.evidence.note(scope, event, targets, false);
        state.has_new = true;
        match (event.is_stale, located) {
            (true, _) => Outcome::Stale,
            (false, true) => Outcome::Used,
            (false, false) => Outcome::Unlocated,
        }
    }

    /// Takes a record that CloudTrail itself returned. It is evidence, and no hint.
    pub fn confirm(&self, scope: &str, record: &str, epoch: f64) {
        let Some(place) = self.place(scope) else { return };
        let Ok(event) = Event::of_trail(record, &place, epoch) else { return };
        let changed = event.failed.is_none() && !event.only_reads;
        let targets = if changed { self.0.catalogue.targets(&event) } else { Vec::new() };
        let mut state = self.lock();
        state.evidence.confirm(scope, &event, targets);
        state.has_new = true;
        drop(state);
        self.0.news.notify_one();
    }

    /// Has CloudTrail asked.
    pub fn look_up(&self, lookup: Lookup) {
        let mut state = self.lock();
        if state.lookups.len() < MAX_LOOKUPS && !state.lookups.contains(&lookup) {
            state.lookups.push_back(lookup);
            self.0.asked.notify_one();
        }
    }

    /// Waits for a question to CloudTrail.
    pub async fn next_lookup(&self) -> Lookup {
        loop {
            let asked = self.0.asked.notified();
            if let Some(lookup) = self.lock().lookups.pop_front() {
                return lookup;
            }
            asked.await;
        }
    }

    /// Returns when there is something to look at, or a record that may name a cause.
    pub async fn news(&self) {
        loop {
            let arrived = self.0.news.notified();
            let due = {
                let state = self.lock();
                if state.has_new {
                    return;
                }
                state.marks.due()
            };
            let waits = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = waits => return,
                () = arrived => {}
            }
        }
    }

    /// Takes what is to be looked at now.
    pub fn take(&self, now: Instant) -> Hints {
        self.lock().marks.take(&self.0.own, now)
    }

    /// Puts back what could not be looked at.
    pub fn give_back(&self, hints: &Hints, now: Instant) {
        self.lock().marks.give_back(hints, now);
    }

    /// Looks at something once more, after a write or because nothing differed.
    pub fn again(&self, at: &ScopedKind, hint: &Hint, wrote: bool, now: Instant) {
        self.lock().marks.again(at, hint, wrote, now);
    }

    /// A full pass that began then has looked at everything noted before.
    pub fn covered(&self, began: Instant) {
        self.lock().marks.covered(began);
    }

    /// Whether records came since the last call.
    pub fn has_new_records(&self) -> bool {
        std::mem::take(&mut self.lock().has_new)
    }

    /// Who caused a drift, as far as the records say.
    pub fn cause(&self, question: &Question) -> Option<By> {
        self.lock().evidence.answer(&self.named(question), &self.0.own)
    }

    /// A resource of a kind as events name it ([`Catalogue::name_of`]).
    pub fn name_of(&self, kind: &str, id: &str) -> String {
        self.0.catalogue.name_of(kind, id)
    }

    /// The question, with the resource as records name it.
    fn named(&self, question: &Question) -> Question {
        let id = question.id.as_ref().map(|id| self.name_of(&question.kind, id));
        Question { id, ..question.clone() }
    }

    /// The ids of records that would answer a question and that CloudTrail has not confirmed.
    pub fn unconfirmed(&self, question: &Question) -> Vec<String> {
        self.lock().evidence.unverified(&self.named(question), &self.0.own)
    }

    /// The queue of a scope was read, or could not be.
    pub fn read(&self, scope: &str, result: Result<(), String>, now: Instant) {
        if let Some(chain) = self.lock().chains.get_mut(scope) {
            chain.read(result, now);
        }
    }

    /// A heartbeat was sent, and AWS answered with this request id.
    pub fn beat(&self, scope: &str, request_id: &str, now: Instant) {
        self.0.own.note_beat(request_id);
        if let Some(chain) = self.lock().chains.get_mut(scope) {
            chain.beat(request_id, now);
        }
    }

    /// Whether a heartbeat of a scope has not come back yet.
    pub fn awaits_beat(&self, scope: &str) -> bool {
        self.lock().chains.get(scope).is_some_and(Chain::awaits_beat)
    }

    /// Whether the events of each scope arrive.
    pub fn health(&self, now: Instant) -> BTreeMap<String, Health> {
        let mut state = self.lock();
        let State { places, chains, .. } = &mut *state;
        for written in self.0.own.take_new() {
            let place = places.get(&written.scope);
            // Of other calls no event comes.
            if place.is_some_and(|it| self.0.catalogue.awaits(&written.action, &it.region))
                && let Some(chain) = chains.get_mut(&written.scope)
            {
                chain.wrote(written);
            }
        }
        chains.iter_mut().map(|(scope, it)| (scope.clone(), it.health(now))).collect()
    }

    /// Own writes without their events so far, by scope.
    pub fn missing(&self) -> BTreeMap<String, u64> {
        let state = self.lock();
        state.chains.iter().map(|(scope, chain)| (scope.clone(), chain.missing)).collect()
    }

    /// CloudTrail itself has no record with this id, some time after it would have to: whatever the
    /// queue said under it is dropped.
    pub fn deny(&self, scope: &str, id: &str) {
        self.lock().evidence.deny(scope, id);
    }

    /// Whether events say when a resource of this kind in a scope changes, and arrive.
    pub fn covers(&self, scope: &str, kind: &str, now: Instant) -> bool {
        let mut state = self.lock();
        let State { places, chains, .. } = &mut *state;
        let here = places.get(scope).map(|place| place.region.as_str());
        if !here.is_some_and(|region| self.0.catalogue.covers(kind, region)) {
            return false;
        }
        let Some(chain) = chains.get_mut(scope) else { return false };
        self.0.catalogue.services(kind).iter().all(|service| chain.arrive(service, now))
    }

    /// The services of the calls that change a kind's resources.
    pub fn services(&self, kind: &str) -> BTreeSet<String> {
        self.0.catalogue.services(kind)
    }

    /// The Region in which a service records the calls that concern a scope.
    pub fn recorded_in(&self, scope: &str, service: &str) -> Option<String> {
        let place = self.place(scope)?;
        Some(recorded_in(service, &place.region).to_owned())
    }

    /// Messages so far, by scope and outcome.
    pub fn counts(&self) -> BTreeMap<(String, Outcome), u64> {
        self.lock().counts.clone()
    }
}

impl State {
    /// Whether this record is new, and notes it. A record that corrects one that is known says
    /// nothing about another call.
    fn is_new(&mut self, scope: &str, event: &Event) -> bool {
        let key = |id: &String| (scope.to_owned(), id.clone());
        let corrects_known =
            event.corrects.as_ref().is_some_and(|id| self.known.contains(&key(id)));
        let id = key(&event.id);
        if corrects_known || !self.known.insert(id.clone()) {
            return false;
        }
        self.order.push_back(id);
        while self.order.len() > KNOWN {
            let Some(oldest) = self.order.pop_front() else { break };
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        super::message::tests::{NOW, envelope, place},
        *,
    };
    use crate::kinds;

    fn hub() -> (Hub, Own) {
        let (own, registry) = (Own::default(), kinds::registry());
        let places = [("prod".to_owned(), place())].into();
        (Hub::new(Catalogue::of(&registry), own.clone(), places), own)
    }

    fn authorized(detail: &Value) -> Value {
        let mut record = json!({"requestParameters": {"groupId": "sg-0aaa"}});
        for (member, value) in detail.as_object().unwrap() {
            record[member] = value.clone();
        }
        envelope("ec2", "AuthorizeSecurityGroupIngress", &record)
    }

    fn receive(hub: &Hub, message: &Value) -> Outcome {
        hub.receive("prod", &message.to_string(), Instant::now(), NOW)
    }

    #[tokio::test(start_paused = true)]
    async fn each_message_has_one_outcome_and_only_changes_are_looked_at() {
        let (hub, own) = hub();
        own.note("prod", "EC2", "AuthorizeSecurityGroupIngress", "own");
        let mut unknown = envelope("ec2", "RunInstances", &json!({"eventID": "7"}));
        for (message, outcome) in [
            (authorized(&json!({"eventID": "1"})), Outcome::Used),
            (authorized(&json!({"eventID": "1"})), Outcome::Duplicate),
            (
                authorized(&json!({"eventID": "2", "addendum": {"reason": "UPDATED_DATA",
                    "originalEventID": "1"}})),
                Outcome::Duplicate,
            ),
            (
                authorized(&json!({"eventID": "3", "addendum": {"reason": "DELIVERY_DELAY"}})),
                Outcome::Used,
            ),
            (authorized(&json!({"eventID": "4", "requestID": "own"})), Outcome::Own),
            (
                authorized(&json!({"eventID": "5", "errorCode": "Client.DryRunOperation"})),
                Outcome::Error,
            ),
            (authorized(&json!({"eventID": "6", "requestParameters": null})), Outcome::Unlocated),
            (unknown.take(), Outcome::Irrelevant),
            (authorized(&json!({"eventID": "8", "readOnly": true})), Outcome::Irrelevant),
            (authorized(&json!({"eventID": "9", "awsRegion": "us-east-1"})), Outcome::Foreign),
            (json!({"Type": "Notification"}), Outcome::Malformed),
        ] {
            assert_eq!(receive(&hub, &message), outcome, "{message}");
        }
        let hints = hub.take(Instant::now());
        assert_eq!(hints.keys().map(|at| at.kind.as_str()).collect::<Vec<_>>(), ["SecurityGroup"]);
        let counts = hub.counts();
        assert_eq!(counts[&("prod".to_owned(), Outcome::Duplicate)], 2);
    }

    #[tokio::test(start_paused = true)]
    async fn own_writes_come_back_and_prove_the_chain() {
        let (hub, own) = hub();
        let health = |hub: &Hub| hub.health(Instant::now())["prod"].clone();
        assert_eq!(health(&hub), Health::Unproved);
        own.note("prod", "EC2", "AuthorizeSecurityGroupIngress", "r-1");
        assert_eq!(health(&hub), Health::Unproved);
        receive(&hub, &authorized(&json!({"requestID": "r-1"})));
        assert_eq!(health(&hub), Health::Healthy);
        // A call of which no kind speaks has no event.
        own.note("prod", "EC2", "DeleteKeyPair", "r-2");
        for id in ["r-3", "r-4", "r-5", "r-6"] {
            own.note("prod", "EC2", "CreateTags", id);
        }
        tokio::time::advance(std::time::Duration::from_mins(10)).await;
        health(&hub);
        // The wait for both began with the answer.
        assert!(matches!(health(&hub), Health::Broken(why) if why.contains("ec2:CreateTags")));
        assert_eq!(hub.missing()["prod"], 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_scope_that_joins_has_an_unproved_chain_and_one_that_leaves_none() {
        let (hub, own) = hub();
        own.note("prod", "EC2", "AuthorizeSecurityGroupIngress", "r-1");
        hub.health(Instant::now());
        receive(&hub, &authorized(&json!({"requestID": "r-1"})));
        let both = [("prod".to_owned(), place()), ("test".to_owned(), place())];
        hub.follow(both.into());
        let health = hub.health(Instant::now());
        assert_eq!((&health["prod"], &health["test"]), (&Health::Healthy, &Health::Unproved));
        hub.follow([("test".to_owned(), place())].into());
        assert_eq!(hub.scopes(), ["test".to_owned()].into());
        assert_eq!(receive(&hub, &authorized(&json!({"eventID": "2"}))), Outcome::Foreign);
    }

    #[tokio::test(start_paused = true)]
    async fn news_come_with_an_event_and_with_the_end_of_a_pause() {
        let (hub, _) = hub();
        let begun = Instant::now();
        receive(&hub, &authorized(&json!({"eventID": "1"})));
        hub.news().await;
        assert!(hub.has_new_records() && !hub.has_new_records());
        assert_eq!(hub.take(Instant::now()).len(), 1);
        receive(&hub, &authorized(&json!({"eventID": "2"})));
        assert!(hub.has_new_records());
        hub.news().await;
        assert_eq!(begun.elapsed(), std::time::Duration::from_secs(2));
        assert_eq!(hub.take(Instant::now()).len(), 1);
    }

    #[test]
    fn a_flood_is_bounded() {
        let (hub, _) = hub();
        for number in 0..KNOWN + 10 {
            receive(&hub, &authorized(&json!({"eventID": number.to_string()})));
        }
        let state = hub.lock();
        assert_eq!((state.known.len(), state.order.len()), (KNOWN, KNOWN));
        assert_eq!(state.counts.len(), 1);
    }
}
