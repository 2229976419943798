//! AWS in memory: for the demo, for tests, and for people who rehearse a change.
//!
//! [`Simulator`] is an HTTP client for the AWS SDK ([`Simulator::http_client`]), so that the SDK's own serialisation, signing,
//! retries, paging and error parsing run; [`Simulator::serve`] offers the same world on a socket to the AWS CLI, boto3 and
//! Terraform. It models what AWS documents: defaults, normalisation, duplicates and dependencies, asynchronous states, quotas,
//! page sizes, request buckets and the lag of reads behind writes.
//!
//! ```text
//! request -> wire (caller, service, operation, input) -> fault? -> permissions? -> World::call -> service -> wire (XML or JSON) -> response
//! ```
//!
//! Everybody who speaks AWS's protocols may use it, here the SDK; [`fault`](Fault) says what goes wrong:
//!
//! ```
//! use aws_sdk_kms::Client;
//! use palisade::simulator::{Fault, Simulator};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let aws = Simulator::default();
//! let kms = Client::new(&aws.sdk_config("111122223333", "eu-west-1"));
//!
//! // The key is made, and the answer never arrives: the SDK tries again, and there are two.
//! aws.inject(Fault::lose_answer("CreateKey").nth(1));
//! kms.create_key().description("studio").send().await?;
//! assert_eq!(kms.list_keys().send().await?.keys().len(), 2);
//!
//! let calls: Vec<String> = aws.calls().into_iter().map(|call| call.operation).collect();
//! assert_eq!(calls, ["CreateKey", "CreateKey", "ListKeys"]);
//! # Ok(())
//! # }
//! ```
//!
//! The access key id decides the account, as in LocalStack: twelve digits are that account, a key minted by `AssumeRole` is the
//! role's account, everything else is [`Options::default_account`]. Service and region come from the signature's scope.
//! Signatures themselves are not verified.

mod act;
mod carry;
mod client;
mod ec2;
pub mod example;
mod fault;
mod grammar;
mod iam;
mod json;
mod kms;
mod lies;
pub mod monitor;
mod organizations;
mod query;
mod sagemaker;
mod serve;
mod service;
mod sts;
#[cfg(test)]
mod tests;
mod throttle;
mod truth;
mod wire;

pub use carry::{Watch, Witnessed};
pub use ec2::Ec2;
pub use fault::{Deed, Effect, Fault, Paging, Phase};
pub use iam::{Judged, allows};
pub use kms::Kms;
pub use organizations::Organizations;
pub use sagemaker::SageMaker;
pub use service::{Answer, ApiError, CallRecord, Caller, Context, Ids, Options, is_mutating};
pub use sts::Sts;
pub use truth::{Thing, Truth};

use fault::Faults;
use lies::{Lies, Services};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::{sync::Notify, time::Instant};

/// The secret key of everybody who has no session.
pub const SECRET_ACCESS_KEY: &str = "simulated-secret-access-key";
/// What an answer is that is not what the protocol says ([`Effect::Garbage`]).
pub const GARBAGE: &str = "\0<<not what the protocol says>";

/// The five services palisade uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Ec2,
    Kms,
    Organizations,
    SageMaker,
    Sts,
}

impl Service {
    const ALL: [Self; 5] = [Self::Ec2, Self::Kms, Self::Organizations, Self::SageMaker, Self::Sts];

    fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Kms => "kms",
            Self::Organizations => "organizations",
            Self::SageMaker => "sagemaker",
            Self::Sts => "sts",
        }
    }
}

/// Everything there is: the services' states, and what has been called.
#[derive(Debug)]
pub struct World {
    /// Networks, security groups and endpoints.
    pub ec2: Ec2,
    /// Keys, aliases and their policies.
    pub kms: Kms,
    /// The organisation, its policies and their attachments.
    pub organizations: Organizations,
    /// Studio domains.
    pub sagemaker: SageMaker,
    /// The sessions given out.
    pub sts: Sts,
    /// Every call since the beginning or the last [`Simulator::clear_calls`]. A request that names no known service, or whose
    /// session is over, is turned away before it is a call.
    pub calls: Vec<CallRecord>,
    /// What the policies in [`Options::permissions`] were asked, each request once.
    pub judged: Vec<Judged>,
    /// How this AWS behaves; may be changed between calls.
    pub options: Options,
    ids: Ids,
    /// Request ids have a sequence of their own, so that reading does not move the ids of resources.
    request_ids: Ids,
    faults: Faults,
    lies: Lies,
    buckets: throttle::Buckets,
    watch: Option<Box<dyn Watch>>,
    crashed: Arc<Notify>,
    started: Instant,
    /// The world's age when it was resumed.
    offset: Duration,
    started_at: Duration,
}

/// A world as it was at one instant, to begin others from.
#[derive(Debug, Clone)]
pub struct Snapshot {
    services: Services,
    sts: Sts,
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
            ec2: Ec2::default(),
            kms: Kms::default(),
            organizations: Organizations::from_options(&options),
            sagemaker: SageMaker::default(),
            sts: Sts::default(),
            calls: Vec::new(),
            judged: Vec::new(),
            ids: Ids::new(options.seed),
            request_ids: Ids::new(options.seed ^ 0x7265_7175_6573_7473),
            faults: Faults::default(),
            lies: Lies::default(),
            buckets: throttle::Buckets::default(),
            watch: None,
            crashed: Arc::new(Notify::new()),
            started: Instant::now(),
            offset: Duration::ZERO,
            started_at: since_epoch.unwrap_or_default(),
            options,
        }
    }

    /// Lets one service answer, at this instant.
    fn call(
        &mut self,
        service: Service,
        caller: &Caller,
        operation: &str,
        input: &Value,
    ) -> Answer {
        let elapsed = self.age();
        let mut context = Context {
            now: (self.started_at + elapsed).as_secs_f64(),
            elapsed,
            ids: &mut self.ids,
            options: &self.options,
        };
        match service {
            Service::Ec2 => self.ec2.call(caller, operation, input, &mut context),
            Service::Kms => self.kms.call(caller, operation, input, &mut context),
            Service::Organizations => {
                self.organizations.call(caller, operation, input, &mut context)
            }
            Service::SageMaker => self.sagemaker.call(caller, operation, input, &mut context),
            Service::Sts => self.sts.call(caller, operation, input, &mut context),
        }
    }

    /// From now on, this goes wrong.
    pub fn inject(&mut self, fault: Fault) {
        self.faults.inject(fault);
    }

    /// The time since it began.
    pub fn age(&self) -> Duration {
        self.offset + self.started.elapsed()
    }

    fn since_epoch(&self) -> Duration {
        self.started_at + self.age()
    }

    fn now(&self) -> f64 {
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
    /// A new world: an organisation, its accounts, and nothing in them.
    pub fn new(options: Options) -> Self {
        Self { world: Arc::new(Mutex::new(World::new(options))) }
    }

    /// The world as it is now, without the calls so far and what they took from the request buckets, faults, lies and the
    /// monitor.
    pub fn snapshot(&self) -> Snapshot {
        let world = self.lock();
        Snapshot {
            services: world.services(),
            sts: world.sts.clone(),
            options: world.options.clone(),
            ids: world.ids.clone(),
            request_ids: world.request_ids.clone(),
            elapsed: world.age(),
            started_at: world.started_at,
        }
    }

    /// A world that goes on from a snapshot, at the time at which it was taken.
    pub fn resume(snapshot: &Snapshot) -> Self {
        let mut world = World::new(snapshot.options.clone());
        world.swap_services(&mut snapshot.services.clone());
        world.sts = snapshot.sts.clone();
        world.ids = snapshot.ids.clone();
        world.request_ids = snapshot.request_ids.clone();
        world.started_at = snapshot.started_at;
        world.offset = snapshot.elapsed;
        Self { world: Arc::new(Mutex::new(world)) }
    }

    /// From now on, this one judges every call.
    pub fn watch(&self, watch: impl Watch + 'static) {
        self.lock().watch = Some(Box::new(watch));
    }

    /// Returns when [`Effect::Crash`] has struck.
    pub async fn crashed(&self) {
        let crashed = self.lock().crashed.clone();
        crashed.notified().await;
    }

    /// Looks into the world, or changes what no API call can. The world stands still meanwhile: do not call the simulator inside.
    pub fn with<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.lock())
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.lock().calls.clone()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.lock().calls.clear();
    }

    /// From now on, this goes wrong.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.inject(fault);
    }

    /// From now on, nothing goes wrong.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// A handler that panicked has not left the world half-written in a way that later calls could not see: go on with it.
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
