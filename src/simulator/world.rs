//! The world: the current states of all services, and the calls so far.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;
use tokio::{sync::Notify, time::Instant};

use super::{
    distortions::Distortions,
    fault::{Fault, Faults},
    iam::Judged,
    service::{Answer, CallRecord, Caller, Context, Disturbed, Ids, Options, is_mutating},
    services::Services,
    throttle::Buckets,
    trail::{self, Recorded},
    truth::Truth,
    witness::Watch,
};
use crate::model::policy_document::Request;

/// Everything that exists: the services' states, by name, and the calls so far.
#[derive(Debug)]
pub struct World {
    pub(super) services: Services,
    /// All calls since the start or the last [`Simulator::clear_calls`]. A request for an unknown
    /// service or with an expired session is refused before it becomes a call.
    pub calls: Vec<CallRecord>,
    /// The requests for which the policies in [`Options::permissions`] were evaluated, without
    /// repetitions.
    pub judged: Vec<Judged>,
    /// The behavior of this AWS; may be changed between calls.
    pub options: Options,
    ids: Ids,
    /// Request ids have their own sequence, so that reads do not change the ids of resources.
    pub(super) request_ids: Ids,
    pub(super) faults: Faults,
    pub(super) distortions: Distortions,
    pub(super) buckets: Buckets,
    pub(super) watch: Option<Box<dyn Watch>>,
    pub(super) crashed: Arc<Notify>,
    /// Notified when a message is sent.
    pub(super) arrived: Arc<Notify>,
    started: Instant,
    /// The world's age when it was resumed.
    offset: Duration,
    started_at: Duration,
}

/// `world.kms` is the state of KMS. This avoids a second list of services.
impl Deref for World {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Services {
        &mut self.services
    }
}

/// A world at one instant, from which others can start.
#[derive(Debug, Clone)]
pub struct Snapshot {
    services: Services,
    options: Options,
    ids: Ids,
    request_ids: Ids,
    elapsed: Duration,
    started_at: Duration,
}

impl World {
    fn new(options: Options) -> Self {
        let since_epoch =
            options.epoch.or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).ok());
        Self {
            services: Services::new(&options),
            calls: Vec::new(),
            judged: Vec::new(),
            ids: Ids::new(options.seed),
            request_ids: Ids::new(options.seed ^ 0x7265_7175_6573_7473),
            faults: Faults::default(),
            distortions: Distortions::default(),
            buckets: Buckets::default(),
            watch: None,
            crashed: Arc::new(Notify::new()),
            arrived: Arc::new(Notify::new()),
            started: Instant::now(),
            offset: Duration::ZERO,
            started_at: since_epoch.unwrap_or_default(),
            options,
        }
    }

    /// Lets the service with this name answer now. Calls that it makes of others are `judged` by
    /// the policies of the caller's account, or the caller may do everything.
    pub(super) fn call(
        &mut self,
        service: &str,
        caller: &Caller,
        operation: &str,
        input: &Value,
        disturbed: Option<Disturbed>,
        judged: bool,
    ) -> Answer {
        let elapsed = self.age();
        let mut context = Context {
            now: (self.started_at + elapsed).as_secs_f64(),
            elapsed,
            ids: &mut self.ids,
            options: &self.options,
            disturbed,
            judged: judged.then(Vec::new),
        };
        let answer = self.services.answer(service, caller, operation, input, &mut context);
        let judged = context.judged.unwrap_or_default();
        self.note(caller, judged);
        answer
    }

    /// Records a call, and sends its event on its way to the queues of the account and Region.
    pub(super) fn record(
        &mut self,
        caller: &Caller,
        (service, operation, input): (&str, &str, &Value),
        answer: &Answer,
        request_id: Option<&str>,
    ) {
        const OWN: [&str; 7] =
            ["sqs", "cloudtrail", "dynamodb", "events", "secretsmanager", "sns", "sts"];
        if !self.options.events.on || !is_mutating(operation) || OWN.contains(&service) {
            return;
        }
        let by_hand = self.request_ids.uuid();
        let (event_id, delivery) = (self.request_ids.uuid(), self.request_ids.uuid());
        let (events, now) = (self.options.events.clone(), self.now());
        let recorded = Recorded {
            service,
            caller,
            operation,
            input,
            answer,
            request_id: request_id.unwrap_or(&by_hand),
            event_id: &event_id,
            wired: request_id.is_some(),
            now,
        };
        let record = recorded.record(&events);
        let number = self.services.cloudtrail.count() + 1;
        let messages = trail::messages(&record, &delivery, &events, (number, now));
        self.services.cloudtrail.keep(now, record);
        let from = self.age() + events.delay;
        for url in self.services.sqs.of(&caller.account, &caller.region) {
            for message in &messages {
                self.services.sqs.send(&url, message, from);
            }
        }
        self.arrived.notify_waiters();
    }

    /// Puts a message into a queue, as anybody does who may send to it.
    pub fn post(&mut self, url: &str, body: &str) {
        let now = self.age();
        self.services.sqs.send(url, body, now);
        self.arrived.notify_waiters();
    }

    /// When a message that is on its way can be received.
    pub(super) fn next_message(&self) -> Option<Instant> {
        let from = self.services.sqs.next(self.age())?;
        Some(self.started + from.saturating_sub(self.offset))
    }

    /// Notes requests for which policies were evaluated.
    pub(super) fn note(&mut self, caller: &Caller, requests: Vec<Request>) {
        for request in requests {
            let judged = Judged { account: caller.account.clone(), request };
            if !self.judged.contains(&judged) {
                self.judged.push(judged);
            }
        }
    }

    /// The current truth.
    pub fn truth(&self) -> Truth {
        self.services.truth()
    }

    /// Injects a fault into the calls from now on.
    pub fn inject(&mut self, fault: Fault) {
        self.faults.inject(fault);
    }

    /// The time since its start.
    pub fn age(&self) -> Duration {
        self.offset + self.started.elapsed()
    }

    pub(super) fn since_epoch(&self) -> Duration {
        self.started_at + self.age()
    }

    pub(super) fn now(&self) -> f64 {
        self.since_epoch().as_secs_f64()
    }
}

/// A handle on one simulated world; clones share it.
#[derive(Debug, Clone)]
pub struct Simulator {
    world: Arc<Mutex<World>>,
}

impl Default for Simulator {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

impl Simulator {
    /// A new world: an organization with its accounts, which are empty.
    pub fn new(options: Options) -> Self {
        Self { world: Arc::new(Mutex::new(World::new(options))) }
    }

    /// The current world, without the calls so far and their use of the request buckets, without
    /// faults, distortions and the monitor.
    pub fn snapshot(&self) -> Snapshot {
        let world = self.lock();
        Snapshot {
            services: world.services.clone(),
            options: world.options.clone(),
            ids: world.ids.clone(),
            request_ids: world.request_ids.clone(),
            elapsed: world.age(),
            started_at: world.started_at,
        }
    }

    /// A world that continues from a snapshot, at the time of the snapshot.
    pub fn resume(snapshot: &Snapshot) -> Self {
        let mut world = World::new(snapshot.options.clone());
        world.services = snapshot.services.clone();
        world.ids = snapshot.ids.clone();
        world.request_ids = snapshot.request_ids.clone();
        world.started_at = snapshot.started_at;
        world.offset = snapshot.elapsed;
        Self { world: Arc::new(Mutex::new(world)) }
    }

    /// Lets this observer judge every call from now on.
    pub fn watch(&self, watch: impl Watch + 'static) {
        self.lock().watch = Some(Box::new(watch));
    }

    /// Returns after [`super::Effect::Crash`] has been applied.
    pub async fn crashed(&self) {
        let crashed = self.lock().crashed.clone();
        crashed.notified().await;
    }

    /// Inspects the world, or changes what no API call can. The world stands still meanwhile: do
    /// not call the simulator inside.
    pub fn with<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.lock())
    }

    /// All calls so far, in order.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.lock().calls.clone()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.lock().calls.clear();
    }

    /// Injects a fault into the calls from now on.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.inject(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// A poisoned lock is ignored: a handler that panicked has not left the world in a state that
    /// later calls could not see.
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
