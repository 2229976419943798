//! The queues of events, and what they say of drifts.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::{
    drift::{Asked, Drift},
    listener::{Inbox, Inboxes, Listener},
    observe::Callers,
    pass::Engine,
    report::epoch_seconds,
    scopes::Scopes,
};
use crate::{
    events::{By, Catalogue, Confidence, Health, Hub, Lookup, Own, Place, Question, Wanted},
    kind::erased::Registry,
    model::Address,
    settings::Settings,
};

/// When a cause that only the queue names is looked up, after the drift was noticed: CloudTrail has
/// the record some minutes after the call.
const LOOKUPS: [Duration; 3] =
    [Duration::from_mins(1), Duration::from_mins(5), Duration::from_mins(15)];
/// Before it was seen as wanted at all, a resource may have changed at any time. Older records are
/// not kept.
const DAY: f64 = 24.0 * 3600.0;
/// The most records that are asked for at once, one by one.
const MOST_IDS: usize = 5;
/// After that nobody is named any more.
const GIVE_UP: Duration = Duration::from_mins(20);
/// Clocks differ, and the time of a record is in whole seconds.
const SKEW: f64 = 5.0;
/// The state at the start of the window may have been read some time after it was so.
const EARLIER: f64 = 60.0;

/// What an engine knows of events.
pub(super) struct Listening {
    pub(super) hub: Hub,
    /// What is read: of other scopes nothing is known.
    inboxes: watch::Sender<Inboxes>,
    awaited: Vec<Awaited>,
    /// Drifts whose cause a pass found after it had reported them.
    late: Vec<Drift>,
    health: Mutex<BTreeMap<String, Health>>,
}

/// A drift whose cause is not known for sure.
struct Awaited {
    question: Question,
    by: Option<By>,
    noticed: Instant,
    lookups: usize,
}

impl Listening {
    pub(super) fn of(
        settings: &Settings,
        scopes: &Scopes,
        own: Own,
        registry: &Registry,
    ) -> Option<(Self, Listener)> {
        if !settings.expects_events() {
            return None;
        }
        let (places, inboxes) = sources(settings, scopes);
        let hub = Hub::new(Catalogue::of(registry), own, places);
        let (sender, receiver) = watch::channel(inboxes);
        let listening = Self {
            hub: hub.clone(),
            inboxes: sender,
            awaited: Vec::new(),
            late: Vec::new(),
            health: Mutex::default(),
        };
        Some((listening, Listener::new(hub, receiver)))
    }

    /// Reads the queues of the scopes that there are now, and no others any more.
    pub(super) fn follow(&mut self, settings: &Settings, scopes: &Scopes) {
        let (places, inboxes) = sources(settings, scopes);
        let here: BTreeSet<String> = places.keys().cloned().collect();
        self.awaited.retain(|it| here.contains(&it.question.scope));
        self.hub.follow(places);
        self.inboxes.send_replace(inboxes);
    }

    /// Asks who caused these drifts, from now on until it is known.
    fn ask(&mut self, asked: Vec<Asked>, scopes: &Scopes) {
        let now = Instant::now();
        for Asked { drift, address: Address { scope, kind, .. }, id, keys, since } in asked {
            let Some(connected) = scopes.get(&scope) else { continue };
            if !self.inboxes.borrow().contains_key(&scope) {
                continue;
            }
            // By the clock that the records have, whatever this machine's says.
            let until = connected.access.epoch_seconds() + SKEW;
            let since = since.map_or(DAY, |it| now.saturating_duration_since(it).as_secs_f64());
            let since = until - SKEW - since - EARLIER;
            let id = id.map(|id| id.to_string());
            let question = Question { drift, scope, kind, id, keys, since, until };
            self.awaited.push(Awaited { question, by: None, noticed: now, lookups: 0 });
        }
    }

    /// The causes that are new, or surer than before, by the number of the drift.
    pub(super) fn causes(&mut self) -> BTreeMap<u64, By> {
        let mut found = BTreeMap::new();
        for awaited in &mut self.awaited {
            let Some(by) = self.hub.cause(&awaited.question) else { continue };
            if awaited.by.as_ref() != Some(&by) {
                awaited.by = Some(by.clone());
                found.insert(awaited.question.drift, by);
            }
        }
        self.awaited.retain(|it| {
            let sure = it.by.as_ref().is_some_and(|by| by.confidence == Confidence::Exact);
            !sure && it.noticed.elapsed() < GIVE_UP
        });
        found
    }

    /// When a cause is to be looked up.
    pub(super) fn next_lookup(&self) -> Option<Instant> {
        let due = |it: &Awaited| Some(it.noticed + *LOOKUPS.get(it.lookups)?);
        self.awaited.iter().filter_map(due).min()
    }

    /// Has CloudTrail itself asked where that is due: for the records that the queue names, or,
    /// where no event came, for all of the service in the time of the drift. What it answers
    /// arrives like events.
    fn look_up(&mut self) {
        let now = Instant::now();
        // One reading for all drifts of a service in a scope, of the time of all of them.
        let mut scans: BTreeMap<(String, String), (f64, f64)> = BTreeMap::new();
        for awaited in &mut self.awaited {
            let due = LOOKUPS.get(awaited.lookups).is_some_and(|it| awaited.noticed + *it <= now);
            if !due {
                continue;
            }
            awaited.lookups += 1;
            let Question { scope, kind, since, until, .. } = &awaited.question;
            let is_due = awaited.lookups == LOOKUPS.len();
            let named = self.hub.unconfirmed(&awaited.question);
            for id in named.into_iter().take(MOST_IDS) {
                let what = Wanted::Record { id, is_due };
                self.hub.look_up(Lookup { scope: scope.clone(), what });
            }
            // A message that somebody made up names a cause too: what it does not confirm by the
            // second time is looked for as if there were none.
            let is_named = awaited
                .by
                .as_ref()
                .is_some_and(|by| by.confidence > Confidence::Possible && awaited.lookups == 1);
            for service in self.hub.services(kind).into_iter().filter(|_| !is_named) {
                let time = scans.entry((scope.clone(), service)).or_insert((*since, *until));
                *time = (time.0.min(*since), time.1.max(*until));
            }
        }
        for ((scope, service), (since, until)) in scans {
            self.hub.look_up(Lookup { scope, what: Wanted::Service { service, since, until } });
        }
    }

    /// Says what has changed in how events arrive.
    fn tell_health(&self) {
        let health = self.hub.health(Instant::now());
        let mut known = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        for (scope, state) in &health {
            let before = known.get(scope);
            match (before, state) {
                (Some(Health::Broken(_)), Health::Broken(_)) => {}
                (_, Health::Broken(why)) => {
                    tracing::warn!(
                        scope,
                        "events do not arrive, so passes do not wait for them: {why}"
                    );
                }
                (Some(Health::Broken(_)), Health::Healthy) => {
                    tracing::info!(scope, "events arrive again");
                }
                _ => {}
            }
        }
        *known = health;
    }
}

/// Where the events of each scope come from, and what reads them.
fn sources(settings: &Settings, scopes: &Scopes) -> (BTreeMap<String, Place>, Inboxes) {
    let (mut places, mut inboxes) = (BTreeMap::new(), Inboxes::new());
    for (name, scope) in &settings.scopes {
        let (Some(events), Some(connected)) = (&scope.events, scopes.get(name)) else { continue };
        let account = connected.access.facts.account.clone();
        places.insert(name.clone(), Place { account, region: events.region.clone() });
        inboxes.insert(name.clone(), Inbox::new(connected, events));
    }
    (places, inboxes)
}

impl Engine {
    /// Takes hints from the queues of the settings from now on, those of scopes that join a set
    /// later too; `None` if there are none. The listener must run for anything to come.
    pub fn listen(&mut self, own: Own) -> Option<Listener> {
        let setup = &self.setup;
        let (listening, listener) =
            Listening::of(&setup.settings, &setup.scopes, own, &setup.registry)?;
        self.listening = Some(listening);
        Some(listener.sharing(self.control.brake.leases().cloned()))
    }

    /// What arrives from the queues, if there are any.
    pub fn hub(&self) -> Option<Hub> {
        self.listening.as_ref().map(|it| it.hub.clone())
    }

    /// The time between full passes: longer while events say what changes of every kind that a
    /// manifest declares, where it declares it.
    pub fn interval(&self) -> Duration {
        let settings = &self.setup.settings;
        let Some(listening) = &self.listening else { return settings.interval };
        listening.tell_health();
        let now = Instant::now();
        let covered = self.source.good().is_some_and(|good| {
            let mut all = good.snapshot.declared();
            all.retain(|it| self.is_ours(&it.scope));
            !all.is_empty() && all.iter().all(|it| listening.hub.covers(&it.scope, &it.kind, now))
        });
        if covered { settings.event_interval } else { settings.interval }
    }

    /// Names who caused what, where records have come since; the drifts about which there is
    /// something new to say.
    pub fn attribute(&mut self) -> Vec<Drift> {
        let Some(listening) = &mut self.listening else { return Vec::new() };
        listening.look_up();
        // Asked first, so that a record that comes meanwhile is not missed.
        listening.hub.has_new_records();
        let causes = listening.causes();
        let late = std::mem::take(&mut listening.late);
        self.learnt.drifts.attribute(&causes);
        let named = self.history.attribute(&causes, epoch_seconds());
        named.iter().for_each(audit);
        late.into_iter().chain(named).collect()
    }

    /// Asks who caused the drifts that a pass has noticed, and names whom the records name already.
    pub(super) fn name_causes(&mut self, drifts: &mut [Drift]) {
        let mut asked = self.learnt.drifts.take_asked();
        let Some(listening) = &mut self.listening else { return };
        let known = self.learnt.pace.predecessors();
        for asked in &mut asked {
            asked.id = asked.id.take().or_else(|| known.get(&asked.address).cloned());
        }
        listening.ask(asked, &self.setup.scopes);
        let causes = listening.causes();
        self.learnt.drifts.attribute(&causes);
        // Earlier drifts, which may have ended; new ones come with the report.
        let named = self.history.attribute(&causes, epoch_seconds());
        named.iter().for_each(audit);
        for drift in drifts.iter_mut() {
            let Some(by) = causes.get(&drift.number) else { continue };
            drift.by = Some(by.clone());
            if named.iter().all(|it| it.number != drift.number) {
                audit(drift);
            }
        }
        listening.late.extend(named);
    }

    /// Notes who palisade is in each scope: what its role did before is no news.
    pub(super) fn identify(&self, callers: &Callers) {
        let Some(listening) = &self.listening else { return };
        for (scope, caller) in callers {
            if let (Ok(caller), Some(connected)) = (caller, self.setup.scopes.get(scope)) {
                listening.hub.identify(scope, &caller.arn, connected.access.epoch_seconds());
            }
        }
    }

    /// When a cause is to be looked up.
    pub fn next_lookup(&self) -> Option<Instant> {
        self.listening.as_ref()?.next_lookup()
    }
}

/// Says in the audit log who caused a drift.
fn audit(drift: &Drift) {
    let Some(by) = &drift.by else { return };
    let address = &drift.address;
    tracing::info!(
        target: "palisade::audit",
        event = "attributed",
        drift = drift.number,
        address = %address,
        confidence = by.confidence.as_str(),
        principal = by.who.principal,
        person = by.who.person.as_deref(),
        session = by.who.session.as_deref(),
        via = by.who.via.as_deref(),
        source_address = by.who.source_address.as_deref(),
        user_agent = by.who.user_agent.as_deref(),
        call = by.call,
        event_id = by.event_id,
        at = by.at,
        "drift in {address}: {}", by.words()
    );
}
