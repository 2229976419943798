//! The guard before every call, and the meter after it.
//!
//! The guard is the second line of defense after "`plan` constructs no writer": a client without
//! write permission refuses every mutating operation before it is sent, and a client with it checks
//! the brake before every attempt, including retries. Both refuse operations that are not in the
//! table ([`crate::operations`]), because the documented permissions do not include them. The SDK's
//! credentials provider assumes roles, without these clients.

use std::{fmt, sync::Arc};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{
                BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
                FinalizerInterceptorContextRef,
            },
        },
        orchestrator::Metadata,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

use super::{
    brake::Brake,
    classify::THROTTLING,
    trace::{self, CallContext},
};
use crate::{
    events::Own,
    lease::{Flight, Untenured},
    operations::{self, Mode},
};

/// The outcome of one attempt of a call, for the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallOutcome {
    /// A response below 400.
    Ok,
    /// A response with status 429 or 503, or with a throttling code.
    Throttled,
    /// Any other response from 400 on.
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
    /// Records one attempt.
    fn attempt(&self, service: &str, operation: &str, outcome: CallOutcome);
}

/// The guard of a process's clients.
#[derive(Debug, Clone)]
pub struct Guard {
    writes: Writes,
    meter: Option<Arc<dyn Meter>>,
    own: Own,
}

/// Which mutating calls are allowed.
#[derive(Debug, Clone)]
enum Writes {
    None,
    /// EC2 calls with `DryRun=true`.
    Rehearsed,
    /// All calls, while the brake is off.
    Unless(Brake),
    /// Calls that write what is palisade's own, and no others.
    Own,
}

/// Why a call was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{0} was not sent: this process is read-only")]
    ReadOnly(String),
    #[error("{operation} was not sent: {why}")]
    Braked { operation: String, why: String },
    #[error("{0} is not among the operations that palisade may call")]
    Unlisted(String),
    #[error("{operation} was not sent: {why}")]
    Stale { operation: String, why: String },
    #[error("{operation} was not sent: {why}")]
    Untenured { operation: String, why: Untenured },
    #[error(
        "{0} was not sent: AWS's request limit is used up for the next minute; the next pass \
         continues"
    )]
    NoTurn(String),
}

/// The metadata of a request, for the layers below the SDK, which only see its bytes.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    /// The service as the SDK names it.
    pub(super) service: String,
    pub(super) operation: String,
    /// Whether it can change anything.
    pub(super) writes: bool,
    /// Whether it is a dry run.
    dry: bool,
}

impl Guard {
    fn of(writes: Writes) -> Self {
        Self { writes, meter: None, own: Own::default() }
    }

    /// The request ids of the writes that pass it, as far as AWS answered them.
    pub fn own(&self) -> Own {
        self.own.clone()
    }

    /// Refuses every mutating call.
    pub fn read_only() -> Self {
        Self::of(Writes::None)
    }

    /// Refuses every mutating call except EC2's dry runs, which change nothing: AWS answers whether
    /// the caller would be allowed to (EC2 API reference, common parameter `DryRun`).
    pub fn rehearsing() -> Self {
        Self::of(Writes::Rehearsed)
    }

    /// Allows mutating calls while the brake is off.
    pub fn writing(brake: Brake) -> Self {
        Self::of(Writes::Unless(brake))
    }

    /// For the client of palisade's own memory: that may be written whatever the brake says, since
    /// the brake is kept there, and nothing else may.
    pub fn keeping() -> Self {
        Self::of(Writes::Own)
    }

    /// Counts every attempt.
    #[must_use]
    pub fn metered(mut self, meter: Arc<dyn Meter>) -> Self {
        self.meter = Some(meter);
        self
    }

    /// Whether this guard ever allows a mutating call.
    pub fn may_write(&self) -> bool {
        matches!(self.writes, Writes::Unless(_))
    }

    /// `dry` says whether this call is a dry run.
    fn permit(
        &self,
        service: &str,
        operation: &str,
        dry: impl Fn() -> bool,
    ) -> Result<(), Refusal> {
        let row = operations::find(service, operation)
            .ok_or_else(|| Refusal::Unlisted(format!("{service}:{operation}")))?;
        if !row.is_mutating() {
            return Ok(());
        }
        let own = row.mode == Mode::Own;
        match &self.writes {
            Writes::Own if own => Ok(()),
            Writes::Own => Err(Refusal::ReadOnly(operation.to_owned())),
            // Clients of scopes have nothing to do with it.
            _ if own => Err(Refusal::ReadOnly(operation.to_owned())),
            Writes::Rehearsed if dry() => Ok(()),
            Writes::None | Writes::Rehearsed => Err(Refusal::ReadOnly(operation.to_owned())),
            Writes::Unless(brake) => {
                let halt = brake.halt();
                let call_context = trace::call_context();
                let why = call_context.as_ref().map_or_else(
                    || halt.everything(),
                    |call_context| halt.of(&call_context.address),
                );
                if let Some(why) = why {
                    return Err(Refusal::Braked { operation: operation.to_owned(), why });
                }
                // It changes nothing: heartbeats are dry runs that belong to no resource.
                if dry() {
                    return Ok(());
                }
                tenured(brake, call_context.as_ref())
                    .map_err(|why| Refusal::Untenured { operation: operation.to_owned(), why })
            }
        }
    }
}

/// Whether the leases of the process, if it has any, allow a write now.
fn tenured(brake: &Brake, call_context: Option<&CallContext>) -> Result<(), Untenured> {
    let Some(leases) = brake.leases() else { return Ok(()) };
    let scope = &call_context.ok_or(Untenured::NoScope)?.address.scope;
    leases.allow(scope).map(drop)
}

impl Guard {
    /// Checks again, for a call that has waited: the brake may have been engaged meanwhile.
    pub(super) fn admit(&self, ticket: &Ticket) -> Result<(), Refusal> {
        self.permit(&ticket.service, &ticket.operation, || ticket.dry)
    }

    /// Notes that a write is sent, if the process has leases.
    pub(super) fn flies(&self, call_context: Option<&CallContext>) -> Option<Flight> {
        let Writes::Unless(brake) = &self.writes else { return None };
        Some(brake.leases()?.flies(&call_context?.address.scope))
    }
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "palisade write guard"
    }

    fn read_before_attempt(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // An operation without a name cannot be judged, and is not in the table.
        let (service, operation) = config
            .load::<Metadata>()
            .map_or(("(unnamed)", "(unnamed)"), |metadata| (metadata.service(), metadata.name()));
        // The body as it will be sent is checked, not the caller's intention.
        let dry = || service == "EC2" && is_dry_run(context.request().body().bytes());
        Ok(self.permit(service, operation, dry)?)
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = config.load::<Metadata>() {
            let (service, operation) = (metadata.service(), metadata.name());
            let request = context.request_mut();
            let ticket = Ticket {
                writes: operations::is_mutating(service, operation),
                dry: service == "EC2" && is_dry_run(request.body().bytes()),
                service: service.replace(' ', ""),
                operation: operation.to_owned(),
            };
            request.add_extension(ticket);
        }
        Ok(())
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
        tracing::debug!(
            target: "palisade::aws",
            service = metadata.service(),
            operation = metadata.name(),
            outcome = outcome.as_str(),
            status,
            request_id,
            "{}:{} {}", metadata.service(), metadata.name(), outcome.as_str()
        );
        if let (CallOutcome::Ok, Some(id), Some(of)) = (outcome, request_id, trace::call_context())
            && operations::is_mutating(metadata.service(), metadata.name())
        {
            self.own.note(&of.address.scope, metadata.service(), metadata.name(), id);
        }
        let date = response.and_then(|response| response.headers().get("date"));
        trace::record(metadata.service(), metadata.name(), request_id, date, outcome);
        Ok(())
    }
}

/// Whether a request of EC2's query protocol (a form) is a dry run.
fn is_dry_run(body: Option<&[u8]>) -> bool {
    let mut members = body.unwrap_or_default().split(|byte| *byte == b'&');
    members.any(|member| member == b"DryRun=true")
}

fn says_throttled(error: &str) -> bool {
    THROTTLING.iter().any(|code| error.contains(code))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::{
        aws::Urgency,
        model::{Address, Engaged, Extent, Halt, Means, Pause, Stop},
    };

    #[test]
    fn a_reader_never_writes_and_a_writer_stops_at_the_brake() {
        let delete = |guard: &Guard, dry| guard.permit("EC2", "DeleteSecurityGroup", || dry);
        let braked = Err(braked("the brake is on"));
        let read_only = Err(Refusal::ReadOnly("DeleteSecurityGroup".into()));
        assert_eq!(delete(&Guard::read_only(), true), read_only);
        let brake = Brake::default();
        let guard = Guard::writing(brake.clone());
        assert_eq!(delete(&guard, false), Ok(()));
        brake.engage();
        assert_eq!(delete(&guard, false), braked);
        assert_eq!(guard.permit("EC2", "DescribeVpcs", || false), Ok(()));
        brake.release();
        assert_eq!(delete(&guard, false), Ok(()));
    }

    #[test]
    fn the_memory_is_written_through_a_guard_of_its_own_and_nothing_else_through_that() {
        let memory = Guard::keeping();
        assert_eq!(memory.permit("DynamoDB", "PutItem", || false), Ok(()));
        assert_eq!(memory.permit("DynamoDB", "GetItem", || false), Ok(()));
        let refused = |operation: &str| Err(Refusal::ReadOnly(operation.into()));
        let delete = memory.permit("EC2", "DeleteSecurityGroup", || true);
        assert_eq!(delete, refused("DeleteSecurityGroup"));
        assert!(!memory.may_write(), "nothing of an account");
        let writing = Guard::writing(Brake::default());
        for guard in [Guard::read_only(), Guard::rehearsing(), writing] {
            let put = guard.permit("DynamoDB", "PutItem", || true);
            assert_eq!(put, refused("PutItem"));
        }
    }

    #[test]
    fn a_rehearsal_sends_dry_runs_and_nothing_else_that_writes() {
        let guard = Guard::rehearsing();
        assert!(!guard.may_write());
        assert_eq!(guard.permit("EC2", "DescribeVpcs", || false), Ok(()));
        assert_eq!(guard.permit("EC2", "CreateSecurityGroup", || true), Ok(()));
        let refused = Err(Refusal::ReadOnly("CreateSecurityGroup".into()));
        assert_eq!(guard.permit("EC2", "CreateSecurityGroup", || false), refused);
        assert!(is_dry_run(Some(b"Action=CreateVpc&DryRun=true&Version=2016-11-15")));
        for body in [
            &b"Action=CreateVpc&DryRun=false"[..],
            b"Action=CreateVpc&NoDryRun=true",
            b"Action=CreateVpc&Description=%26DryRun=true",
            b"",
        ] {
            assert!(!is_dry_run(Some(body)), "{}", String::from_utf8_lossy(body));
        }
        assert!(!is_dry_run(None), "what cannot be read is no dry run");
    }

    fn braked(why: &str) -> Refusal {
        Refusal::Braked { operation: "DeleteSecurityGroup".into(), why: why.into() }
    }

    #[test]
    fn a_lever_outside_is_asked_before_every_call() {
        let held = Arc::new(AtomicBool::new(false));
        let lever = held.clone();
        let brake = Brake::with_lever(move || Halt {
            stop: lever.load(Ordering::SeqCst).then_some(Stop::Observe),
            ..Halt::default()
        });
        let guard = Guard::writing(brake.clone());
        let delete = || guard.permit("EC2", "DeleteSecurityGroup", || false);
        assert_eq!(delete(), Ok(()));
        held.store(true, Ordering::SeqCst);
        assert_eq!(delete(), Err(braked("the settings say observe")));
        assert_eq!(brake.why().as_deref(), Some("the settings say observe"));
        held.store(false, Ordering::SeqCst);
        brake.engage();
        assert!(brake.is_engaged());
        brake.release();
        assert!(!brake.is_engaged());
        brake.ask(|asked| {
            asked.engaged = Some(Engaged {
                means: Means::Socket,
                by: "ann".into(),
                reason: "INC-7".into(),
                since: 0,
            });
        });
        let why = brake.why().unwrap_or_default();
        assert!(why.contains("engaged by ann: INC-7"), "{why}");
        assert_eq!(delete(), Err(braked(&why)));
        brake.ask(|asked| asked.engaged = None);
        assert_eq!(delete(), Ok(()));
    }

    #[tokio::test]
    async fn a_pause_stops_the_calls_for_what_it_covers_and_no_others() {
        let paused = Address::new("prod", "SecurityGroup", "apps");
        let pause = Pause {
            extent: Extent::Address(paused.clone()),
            until: u64::MAX,
            reason: "incident".into(),
            by: "ann".into(),
            since: 0,
        };
        let pauses = vec![pause];
        let halt = Halt { pauses, ..Halt::default() };
        let guard = Guard::writing(Brake::with_lever(move || halt.clone()));
        let delete = || guard.permit("EC2", "DeleteSecurityGroup", || false);
        let refused =
            trace::in_call_context(CallContext::new(paused, Urgency::Change), async { delete() })
                .await
                .unwrap_err();
        assert!(matches!(refused, Refusal::Braked { .. }), "{refused}");
        assert!(refused.to_string().contains("paused by ann"), "{refused}");
        let other = Address::new("prod", "SecurityGroup", "other");
        assert_eq!(
            trace::in_call_context(CallContext::new(other, Urgency::Change), async { delete() })
                .await,
            Ok(())
        );
        assert_eq!(delete(), Ok(()));
    }

    #[test]
    fn a_dry_run_needs_no_lease_and_obeys_the_brake() {
        let brake = Brake::default();
        brake.share(crate::lease::tests::holding(&["prod"]).0);
        let guard = Guard::writing(brake.clone());
        let revoke = |dry| guard.permit("EC2", "RevokeSecurityGroupIngress", || dry);
        assert_eq!(revoke(true), Ok(()));
        let refused = revoke(false).unwrap_err();
        assert!(matches!(refused, Refusal::Untenured { why: Untenured::NoScope, .. }), "{refused}");
        brake.engage();
        assert!(matches!(revoke(true), Err(Refusal::Braked { .. })));
    }

    #[test]
    fn what_is_not_in_the_table_is_refused_whether_it_reads_or_writes() {
        for (service, operation) in
            [("EC2", "DeleteVpc"), ("EC2", "DescribeInstances"), ("KMS", "DescribeVpcs"), ("", "")]
        {
            let refused = Err(Refusal::Unlisted(format!("{service}:{operation}")));
            let writing = Guard::writing(Brake::default());
            assert_eq!(writing.permit(service, operation, || true), refused);
            assert_eq!(Guard::read_only().permit(service, operation, || true), refused);
        }
    }
}
