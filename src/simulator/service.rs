//! Shared by all simulated services: the caller, the context of a handler, and errors.

use super::events::Events;
use super::fault::Lie;
use crate::model::policy_document::{PolicyDocument, Request};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The caller and the region, taken from the signature of the request (access key, credential
/// scope).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// The region of the credential scope, e.g. `eu-west-1`.
    pub region: String,
    /// The caller's identity as STS names it.
    pub arn: String,
}

impl Caller {
    /// The ARN of a service's resource in the caller's account and Region.
    pub(crate) fn arn_of(&self, service: &str, resource: &str) -> String {
        arn_of(service, (&self.account, &self.region), resource)
    }
}

/// The ARN of a service's resource in an account and Region.
pub(crate) fn arn_of(service: &str, (account, region): (&str, &str), resource: &str) -> String {
    format!("arn:{}:{service}:{region}:{account}:{resource}", partition(region))
}

/// The partition a Region belongs to, as it appears in ARNs.
pub(crate) fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// What a handler may know of the world in addition to its own state.
#[derive(Debug)]
pub struct Context<'a> {
    /// Seconds since the epoch, virtual in tests (base wall time + `tokio::time::Instant` elapsed,
    /// so that a paused clock makes it virtual).
    pub now: f64,
    /// Monotonic time since the world started, for asynchronous transitions.
    pub elapsed: Duration,
    /// Deterministic ids: `ids.next("vpce")` -> e.g. `vpce-0123456789abcdef0`.
    pub ids: &'a mut Ids,
    /// Timings and lags.
    pub options: &'a Options,
    /// The effect of an injected fault on what this call starts.
    pub(crate) disturbed: Option<Disturbed>,
    /// The requests for which policies were evaluated while the call made others; `None` if its
    /// caller may do everything.
    pub(crate) judged: Option<Vec<Request>>,
}

/// The effect of a fault on something asynchronous that a call starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disturbed {
    /// It takes this long.
    Stalled(Duration),
    /// It fails in the end.
    Failing,
    /// A request of Cloud Control, or a read of what it made, deceives.
    Lying(Lie),
}

impl Context<'_> {
    /// When something that starts now and usually takes this long is complete, in the time of
    /// [`Self::elapsed`].
    pub(crate) fn complete_at(&self, usual: Duration) -> Duration {
        match self.disturbed {
            Some(Disturbed::Stalled(time)) => self.elapsed + time,
            _ => self.elapsed + usual,
        }
    }

    /// Why what this call starts fails in the end, if a fault makes it fail.
    pub(crate) fn failure(&self) -> Option<String> {
        let fails = self.disturbed == Some(Disturbed::Failing);
        fails.then(|| "An internal error occurred. Please try again.".to_owned())
    }
}

/// An error in AWS's words: code, message, HTTP status, and extra JSON members (Organizations'
/// `Reason`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The code by which clients classify errors, e.g. `InvalidGroup.Duplicate`.
    pub code: String,
    /// The message for people.
    pub message: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// Further members of the error's body; only the JSON protocols carry them.
    pub extra: BTreeMap<String, String>,
}

impl ApiError {
    /// An error with HTTP status 400.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400, extra: BTreeMap::new() }
    }

    /// Adds a member to the body.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra.insert(key.into(), value.into());
        self
    }

    /// Sets the HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

/// What a service answers: the members of the response, or the error.
pub type Answer = Result<serde_json::Value, ApiError>;

/// The behavior of the simulated AWS: its accounts, and how long operations take.
#[derive(Debug, Clone)]
pub struct Options {
    /// From `CreateVpcEndpoint` or `ModifyVpcEndpoint` until the endpoint is available.
    pub endpoint_pending: Duration,
    /// From `DeleteVpcEndpoints` until the endpoint and its network interfaces are gone.
    pub endpoint_deleting: Duration,
    /// Whether new endpoints end as `failed` instead of available.
    pub endpoints_fail: bool,
    /// From a call that associates a security group with a VPC, or ends that, until it is done.
    pub group_associating: Duration,
    /// From `CreateDomain` until the domain is in service.
    pub domain_pending: Duration,
    /// From `UpdateDomain` until the domain is in service again.
    pub domain_updating: Duration,
    /// From `DeleteDomain` until the domain is gone.
    pub domain_deleting: Duration,
    /// From a call that creates, changes or deletes a user profile or a space until that is done.
    pub resident_changing: Duration,
    /// From a call that starts, stops, changes or deletes a notebook instance until that is done.
    pub notebook_working: Duration,
    /// How long a job of SageMaker runs, and an endpoint is created, changed or deleted.
    pub job_running: Duration,
    /// From a call that gives or takes a permission set until that is done.
    pub assignment_working: Duration,
    /// From a call of Cloud Control that creates, changes or deletes something until its request is
    /// finished.
    pub request_handling: Duration,
    /// How long list and describe calls may return the old state after a write. Zero: never.
    pub read_lag: Duration,
    /// Every answer takes a different time below this, so that calls overtake each other. Zero:
    /// none.
    pub latency: Duration,
    /// The world's time at its start, since the Unix epoch; the machine's clock if absent.
    pub epoch: Option<Duration>,
    /// The seed of the ids, so that two worlds with one seed and one history are equal.
    pub seed: u64,
    /// The account of callers whose access key does not name one.
    pub default_account: String,
    /// The organization's management account.
    pub management_account: String,
    /// The organization's member accounts, all in the root at first.
    pub accounts: Vec<String>,
    /// Whether the organization's root has service control policies enabled.
    pub service_control_policies: bool,
    /// Role ARN -> the external id that its trust policy requires, if any. Empty: everybody can
    /// assume every well-formed role, as for a rehearsal; otherwise a role that is not listed is
    /// refused with `AccessDenied`.
    pub roles: BTreeMap<String, Option<String>>,
    /// The identity policies of all callers of an account, by account. Accounts that are not listed
    /// may do everything.
    pub permissions: BTreeMap<String, Vec<PolicyDocument>>,
    /// Whether the services' request buckets apply to calls over the wire (`RequestLimitExceeded`,
    /// `ThrottlingException`, `TooManyRequestsException`, `Throttling`).
    pub throttling: bool,
    /// Endpoint services (full names) that do not exist in all Availability Zones, each with the
    /// ids of those in which it does.
    pub service_zones: BTreeMap<String, BTreeSet<String>>,
    /// Endpoint services (full names) whose owner has to accept connections: their endpoints stay
    /// `pendingAcceptance`.
    pub acceptance_required: BTreeSet<String>,
    /// How the records of calls arrive in queues. Not at all by default.
    pub events: Events,
}

impl Default for Options {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self {
            endpoint_pending: second,
            endpoint_deleting: second,
            endpoints_fail: false,
            group_associating: second,
            domain_pending: second,
            domain_updating: second,
            domain_deleting: second,
            resident_changing: second,
            notebook_working: second,
            job_running: second,
            assignment_working: second,
            request_handling: second,
            read_lag: Duration::ZERO,
            latency: Duration::ZERO,
            epoch: None,
            seed: 1,
            default_account: "111122223333".into(),
            management_account: "999988887777".into(),
            accounts: vec!["111122223333".into()],
            service_control_policies: true,
            roles: BTreeMap::new(),
            permissions: BTreeMap::new(),
            throttling: false,
            service_zones: BTreeMap::new(),
            acceptance_required: BTreeSet::new(),
            events: Events::default(),
        }
    }
}

/// A source of identifiers that look random and follow from the seed and the number of earlier ids.
#[derive(Debug, Clone)]
pub struct Ids {
    seed: u64,
    given: u64,
}

impl Ids {
    /// A source with its own sequence for each seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, given: 0 }
    }

    /// The next identifier in EC2's form: prefix, dash, seventeen hexadecimal digits.
    pub fn next(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{:016x}", self.number())
    }

    /// The next identifier in the form of a version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.number(), self.number());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0x0fff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff,
        )
    }

    /// The next identifier of `length` lower-case letters and digits.
    pub fn alphanumeric(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let mut bits = 0;
        (0..length)
            .map(|position| {
                if position % 12 == 0 {
                    bits = self.number();
                }
                let letter = ALPHABET[(bits % 36) as usize];
                bits /= 36;
                char::from(letter)
            })
            .collect()
    }

    /// The next 64 bits (SplitMix64: every value occurs once before any repeats).
    pub fn number(&mut self) -> u64 {
        self.given += 1;
        let mut z = self
            .seed
            .wrapping_mul(0xd6e8_feb8_6659_fd93)
            .wrapping_add(self.given.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// One call as it arrived, kept so that tests can count reads and writes.
#[derive(Debug, Clone)]
pub struct CallRecord {
    /// `ec2`, `kms`, `organizations`, `cloudcontrolapi`, …
    pub service: String,
    /// The operation as the API names it.
    pub operation: String,
    /// The caller's account.
    pub account: String,
    /// The region of the credential scope.
    pub region: String,
    /// Whether the operation can change anything: its name does not begin with a word for reading.
    pub mutating: bool,
    /// When it arrived, in the world's time since its start.
    pub at: Duration,
    /// The error code of the answer, if it was an error.
    pub error: Option<String>,
    /// The members of the request as parsed. Query protocols carry only text, so their leaves are
    /// strings.
    pub input: serde_json::Value,
}

/// Whether an operation of this name can change anything.
pub fn is_mutating(operation: &str) -> bool {
    // What is taken off a queue changes nothing that anybody manages.
    let reads = ["Describe", "List", "Get", "AssumeRole", "Lookup", "Receive", "DeleteMessage"];
    !reads.iter().any(|reads| operation.starts_with(reads))
}
