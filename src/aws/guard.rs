//! The guard before every call, and the meter after it.
//!
//! The guard is the second line of defence behind "`plan` constructs no writer": a client without
//! write permission refuses every mutating operation before it is sent, and a client with it asks the
//! brake before every attempt, retries included. Both refuse what is not in the table of operations
//! ([`super::operations`]), because nobody was told that palisade may call it. Assuming a role is no call of these
//! clients: the SDK's credentials provider does that.

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

use super::{operations, trace};

/// Stops all writing of this process, before the next call, until it is released.
#[derive(Debug, Clone, Default)]
pub struct Brake(Arc<AtomicBool>);

impl Brake {
    /// No further mutating call is sent.
    pub fn engage(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Writing is possible again.
    pub fn release(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    /// Whether writing is stopped.
    pub fn is_engaged(&self) -> bool {
        self.0.load(Ordering::SeqCst)
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
    #[error("{0} is not among the operations that palisade may call")]
    Unlisted(String),
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

    fn permit(&self, service: &str, operation: &str) -> Result<(), Refusal> {
        let row = operations::find(service, operation)
            .ok_or_else(|| Refusal::Unlisted(format!("{service}:{operation}")))?;
        if !row.is_mutating() {
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
        // Without a name the operation cannot be judged, and is not in the table.
        let (service, operation) = config
            .load::<Metadata>()
            .map_or(("(unnamed)", "(unnamed)"), |metadata| (metadata.service(), metadata.name()));
        Ok(self.permit(service, operation)?)
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
    fn a_reader_never_writes_and_a_writer_stops_at_the_brake() {
        let delete = "DeleteSecurityGroup";
        assert_eq!(Guard::read_only().permit("EC2", delete), Err(Refusal::ReadOnly(delete.into())));
        let brake = Brake::default();
        let guard = Guard::writing(brake.clone());
        assert_eq!(guard.permit("EC2", delete), Ok(()));
        brake.engage();
        assert_eq!(guard.permit("EC2", delete), Err(Refusal::Braked(delete.into())));
        assert_eq!(guard.permit("EC2", "DescribeVpcs"), Ok(()));
        brake.release();
        assert_eq!(guard.permit("EC2", delete), Ok(()));
    }

    #[test]
    fn what_is_not_in_the_table_is_refused_whether_it_reads_or_writes() {
        for (service, operation) in
            [("EC2", "DeleteVpc"), ("EC2", "DescribeInstances"), ("KMS", "DescribeVpcs"), ("", "")]
        {
            let refused = Err(Refusal::Unlisted(format!("{service}:{operation}")));
            assert_eq!(Guard::writing(Brake::default()).permit(service, operation), refused);
            assert_eq!(Guard::read_only().permit(service, operation), refused);
        }
    }
}
