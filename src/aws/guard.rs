//! The guard before every call, and the meter after it.
//!
//! The guard is the second line of defence behind "`plan` constructs no writer": a client without
//! write permission refuses every mutating operation before it is sent, and a client with it asks the
//! brake before every attempt, retries included.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef},
        },
        orchestrator::Metadata,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

use super::trace;

/// Something outside of the process that says whether it may write, asked anew before every mutating call.
type Lever = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Stops all writing of this process, before the next call, until it is released.
#[derive(Clone, Default)]
pub struct Brake(Arc<Levers>);

#[derive(Default)]
struct Levers {
    pulled: AtomicBool,
    outside: Option<Lever>,
}

impl fmt::Debug for Brake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Brake").field(&self.why()).finish()
    }
}

impl Brake {
    /// A brake that somebody else can pull too: `outside` says why nothing may be written now, if so.
    pub fn with_lever(outside: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        let outside: Option<Lever> = Some(Box::new(outside));
        Self(Arc::new(Levers { pulled: AtomicBool::new(false), outside }))
    }

    /// No further mutating call is sent.
    pub fn engage(&self) {
        self.0.pulled.store(true, Ordering::SeqCst);
    }

    /// Writing is possible again, unless the lever outside says no.
    pub fn release(&self) {
        self.0.pulled.store(false, Ordering::SeqCst);
    }

    /// Pulls or releases it; whether it is pulled now.
    pub fn toggle(&self) -> bool {
        !self.0.pulled.fetch_xor(true, Ordering::SeqCst)
    }

    /// Why nothing may be written now; `None` if it may.
    pub fn why(&self) -> Option<String> {
        if self.0.pulled.load(Ordering::SeqCst) {
            return Some("the brake is on".to_owned());
        }
        self.0.outside.as_ref().and_then(|lever| lever())
    }

    /// Whether writing is stopped.
    pub fn is_engaged(&self) -> bool {
        self.why().is_some()
    }
}

/// How one attempt of a call ended, for the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallOutcome {
    /// A response below 400.
    Ok,
    /// A response of 429 or 503, or with a throttling code.
    Throttled,
    /// Another response from 400 on.
    Error,
    /// No response.
    NoAnswer,
}

impl CallOutcome {
    /// The metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttled => "throttled",
            Self::Error => "error",
            Self::NoAnswer => "no_answer",
        }
    }
}

/// Counts attempts of calls.
pub trait Meter: fmt::Debug + Send + Sync {
    /// One attempt ended.
    fn attempt(&self, service: &str, operation: &str, outcome: CallOutcome);
}

/// Whether an operation can change anything, judged by its name: everything that is not plainly a
/// read is taken for a write.
pub fn is_mutating(operation: &str) -> bool {
    !["Describe", "List", "Get", "AssumeRole", "Search", "Validate"]
        .iter()
        .any(|read| operation.starts_with(read))
}

/// The guard of one process's clients.
#[derive(Debug, Clone)]
pub struct Guard {
    writer: Option<Brake>,
    meter: Option<Arc<dyn Meter>>,
}

/// Why a call was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{0} would write, and this process only reads")]
    ReadOnly(String),
    #[error("{0} was not sent: the brake is on")]
    Braked(String),
}

impl Guard {
    /// Refuses every mutating call.
    pub fn read_only() -> Self {
        Self { writer: None, meter: None }
    }

    /// Lets mutating calls through while the brake is off.
    pub fn writing(brake: Brake) -> Self {
        Self { writer: Some(brake), meter: None }
    }

    /// Counts every attempt.
    #[must_use]
    pub fn metered(mut self, meter: Arc<dyn Meter>) -> Self {
        self.meter = Some(meter);
        self
    }

    /// Whether this guard ever lets a mutating call through.
    pub fn may_write(&self) -> bool {
        self.writer.is_some()
    }

    fn permit(&self, operation: &str) -> Result<(), Refusal> {
        if !is_mutating(operation) {
            return Ok(());
        }
        match &self.writer {
            None => Err(Refusal::ReadOnly(operation.to_owned())),
            Some(brake) if brake.is_engaged() => Err(Refusal::Braked(operation.to_owned())),
            Some(_) => Ok(()),
        }
    }
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "palisade write guard"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Without a name the operation cannot be judged: then it is refused like a write.
        let operation = config.load::<Metadata>().map_or("(unnamed)", Metadata::name);
        Ok(self.permit(operation)?)
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(metadata) = config.load::<Metadata>() else { return Ok(()) };
        let response = context.response();
        let status = response.map(|response| response.status().as_u16());
        let outcome = match status {
            None => CallOutcome::NoAnswer,
            Some(429 | 503) => CallOutcome::Throttled,
            Some(400..) => match context.output_or_error() {
                Some(Err(error)) if says_throttled(&format!("{error:?}")) => CallOutcome::Throttled,
                _ => CallOutcome::Error,
            },
            Some(_) => CallOutcome::Ok,
        };
        if let Some(meter) = &self.meter {
            meter.attempt(metadata.service(), metadata.name(), outcome);
        }
        let request_id = response.and_then(|response| {
            ["x-amzn-requestid", "x-amz-request-id"]
                .iter()
                .find_map(|name| response.headers().get(*name))
        });
        trace::record(metadata.service(), metadata.name(), request_id, outcome);
        Ok(())
    }
}

/// The throttling codes of the five services, which answer 400 with them.
fn says_throttled(error: &str) -> bool {
    [
        "RequestLimitExceeded",
        "ThrottlingException",
        "TooManyRequestsException",
        "EC2ThrottledException",
    ]
    .iter()
    .any(|code| error.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plainly_a_read_is_a_write() {
        for read in ["DescribeVpcs", "ListKeys", "GetKeyPolicy", "AssumeRole"] {
            assert!(!is_mutating(read), "{read}");
        }
        for write in
            ["CreateKey", "RevokeSecurityGroupEgress", "EnableKey", "Frobnicate", "(unnamed)"]
        {
            assert!(is_mutating(write), "{write}");
        }
    }

    #[test]
    fn a_reader_never_writes_and_a_writer_stops_at_the_brake() {
        assert_eq!(
            Guard::read_only().permit("DeleteVpc"),
            Err(Refusal::ReadOnly("DeleteVpc".into()))
        );
        let brake = Brake::default();
        let guard = Guard::writing(brake.clone());
        assert_eq!(guard.permit("DeleteVpc"), Ok(()));
        brake.engage();
        assert_eq!(guard.permit("DeleteVpc"), Err(Refusal::Braked("DeleteVpc".into())));
        assert_eq!(guard.permit("DescribeVpcs"), Ok(()));
        brake.release();
        assert_eq!(guard.permit("DeleteVpc"), Ok(()));
    }

    #[test]
    fn a_lever_outside_is_asked_before_every_call() {
        let held = Arc::new(AtomicBool::new(false));
        let lever = held.clone();
        let brake =
            Brake::with_lever(move || lever.load(Ordering::SeqCst).then(|| "a file".to_owned()));
        let guard = Guard::writing(brake.clone());
        assert_eq!(guard.permit("DeleteVpc"), Ok(()));
        held.store(true, Ordering::SeqCst);
        assert_eq!(guard.permit("DeleteVpc"), Err(Refusal::Braked("DeleteVpc".into())));
        assert_eq!(brake.why().as_deref(), Some("a file"));
        held.store(false, Ordering::SeqCst);
        assert!(brake.toggle() && brake.is_engaged());
        assert!(!brake.toggle() && !brake.is_engaged());
    }
}
