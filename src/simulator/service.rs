//! What every simulated service shares: who calls, what a handler may know of the world, and how an error looks.

use crate::model::policy_document::PolicyDocument;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Who calls, and where: taken from the request's signature (access key, credential scope).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// The region of the credential scope, e.g. `eu-west-1`.
    pub region: String,
    /// The caller's identity as STS would word it.
    pub arn: String,
}

impl Caller {
    /// The ARN of a service's resource in the account and Region called.
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

/// What a service handler may know of the world besides its own state.
#[derive(Debug)]
pub struct Context<'a> {
    /// Seconds since the epoch, virtual in tests (base wall time + `tokio::time::Instant` elapsed, so that a paused clock makes it virtual).
    pub now: f64,
    /// Monotonic time since the world began, for asynchronous transitions.
    pub elapsed: Duration,
    /// Deterministic ids: `ids.next("vpce")` -> e.g. `vpce-0123456789abcdef0`.
    pub ids: &'a mut Ids,
    /// Timings and lags.
    pub options: &'a Options,
    /// What an injected fault does to what this call starts.
    pub(crate) disturbed: Option<Disturbed>,
}

/// What becomes of something that a call starts and that takes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disturbed {
    /// It takes this long.
    Stalled(Duration),
    /// It fails in the end.
    Failing,
}

impl Context<'_> {
    /// When something is over that begins now and usually takes this long, in [`Self::elapsed`]'s time.
    pub(crate) fn over(&self, usual: Duration) -> Duration {
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

/// An error as AWS words it: code, message, HTTP status, and extra JSON members (Organizations' `Reason`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The code clients classify on, e.g. `InvalidGroup.Duplicate`.
    pub code: String,
    /// The sentence for people.
    pub message: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// Further members of the error's body; only the JSON protocols carry them.
    pub extra: BTreeMap<String, String>,
}

impl ApiError {
    /// An error of the caller's making: HTTP status 400.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400, extra: BTreeMap::new() }
    }

    /// The same error with a further member in its body.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra.insert(key.into(), value.into());
        self
    }

    /// The same error with another HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

/// What a service answers: the members of the response, or the error.
pub type Answer = Result<serde_json::Value, ApiError>;

/// How the simulated AWS behaves: its accounts, and how long things take.
#[derive(Debug, Clone)]
pub struct Options {
    /// From `CreateVpcEndpoint` or `ModifyVpcEndpoint` until the endpoint is available.
    pub endpoint_pending: Duration,
    /// From `DeleteVpcEndpoints` until the endpoint and its network interfaces are gone.
    pub endpoint_deleting: Duration,
    /// Whether endpoints created now end `failed` instead of available.
    pub endpoints_fail: bool,
    /// From `CreateDomain` until the domain is in service.
    pub domain_pending: Duration,
    /// From `UpdateDomain` until the domain is in service again.
    pub domain_updating: Duration,
    /// From `DeleteDomain` until the domain is gone.
    pub domain_deleting: Duration,
    /// After a write, list and describe calls may show the old state until this long has passed. Zero: always current.
    pub read_lag: Duration,
    /// Every answer takes some time below this, a different one each, so that callers overtake each other. Zero: none at all.
    pub latency: Duration,
    /// The world's time when it begins, since the Unix epoch; the machine's clock when absent.
    pub epoch: Option<Duration>,
    /// Seeds the ids, so that two worlds with one seed and one history are equal.
    pub seed: u64,
    /// The account of a caller whose access key says nothing.
    pub default_account: String,
    /// The organisation's management account.
    pub management_account: String,
    /// The organisation's member accounts, all in the root at first.
    pub accounts: Vec<String>,
    /// Whether the organisation's root has service control policies enabled.
    pub service_control_policies: bool,
    /// Role ARN -> the external id its trust policy demands, if any. Empty: every well-formed role can be assumed by everybody,
    /// as a rehearsal wants it; otherwise a role that is not listed answers `AccessDenied`.
    pub roles: BTreeMap<String, Option<String>>,
    /// The identity policies of every caller of an account, by account. Accounts that are not listed may do everything.
    pub permissions: BTreeMap<String, Vec<PolicyDocument>>,
    /// Whether every service's request buckets apply to what comes over the wire (`RequestLimitExceeded`,
    /// `ThrottlingException`, `TooManyRequestsException`, `Throttling`).
    pub throttling: bool,
    /// Endpoint services (full names) whose owner has to accept a connection: their endpoints stay `pendingAcceptance`.
    pub acceptance_required: BTreeSet<String>,
}

impl Default for Options {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self {
            endpoint_pending: second,
            endpoint_deleting: second,
            endpoints_fail: false,
            domain_pending: second,
            domain_updating: second,
            domain_deleting: second,
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
            acceptance_required: BTreeSet::new(),
        }
    }
}

/// A source of identifiers that look random and are a function of the seed and the number of ids given out before.
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

    /// The next identifier of `length` characters out of lower-case letters and digits.
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

    /// The next 64 bits (SplitMix64: every value once before any repeats).
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
    /// `ec2`, `kms`, `organizations`, `sagemaker` or `sts`.
    pub service: String,
    /// The operation as the API names it.
    pub operation: String,
    /// The caller's account.
    pub account: String,
    /// The region of the credential scope.
    pub region: String,
    /// Whether the operation can change anything: its name begins with none of Describe, List, Get, AssumeRole.
    pub mutating: bool,
    /// When, in the world's time since it began.
    pub at: Duration,
    /// The code of the error answered, if one was.
    pub error: Option<String>,
    /// The request's members as parsed. Query protocols carry text only, so their leaves are strings.
    pub input: serde_json::Value,
}

/// Whether an operation of this name can change anything.
pub fn is_mutating(operation: &str) -> bool {
    !["Describe", "List", "Get", "AssumeRole"].iter().any(|reads| operation.starts_with(reads))
}
