//! The calls of one step, with their request ids, for the audit log.

use std::{cell::RefCell, fmt, sync::Arc};

use aws_smithy_types::date_time::{DateTime, Format};

use super::{CallOutcome, budget::Urgency};
use crate::model::Address;

/// The context of a call.
#[derive(Clone)]
pub struct CallContext {
    /// The address that it is made for.
    pub address: Address,
    /// Its urgency among the calls of its account.
    pub urgency: Urgency,
    /// Checked right before a write is sent: why it may not be sent any more.
    stale: Option<Arc<dyn Fn() -> Option<String> + Send + Sync>>,
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("address", &self.address)
            .field("urgency", &self.urgency)
            .finish_non_exhaustive()
    }
}

impl CallContext {
    /// For an address; may be sent whenever its turn comes.
    pub fn new(address: Address, urgency: Urgency) -> Self {
        Self { address, urgency, stale: None }
    }

    /// The same, with a check that may cancel the call while it waits for its turn.
    #[must_use]
    pub fn unless(mut self, stale: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        self.stale = Some(Arc::new(stale));
        self
    }

    pub(super) fn stale(&self) -> Option<String> {
        self.stale.as_ref().and_then(|stale| stale())
    }
}

/// One attempt of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The service, as the SDK names it.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// AWS's request id, if there was an answer that had one.
    pub request_id: Option<String>,
    /// AWS's clock when it answered, in whole seconds since the epoch, if the answer had a `Date`
    /// header.
    pub answered_at: Option<i64>,
    /// Its outcome.
    pub outcome: CallOutcome,
}

tokio::task_local! {
    static CALLS: RefCell<Vec<Call>>;
    static CONTEXT: CallContext;
}

/// Runs a future whose calls all have the same context, so that the guard knows whether their
/// address is paused, and the budget their urgency.
pub async fn in_call_context<F: Future>(call_context: CallContext, future: F) -> F::Output {
    CONTEXT.scope(call_context, future).await
}

/// The context of the current call, if it is known.
pub(super) fn call_context() -> Option<CallContext> {
    CONTEXT.try_with(Clone::clone).ok()
}

/// Runs a future and returns the calls it made together with its result.
pub async fn collect<F: Future>(future: F) -> (F::Output, Vec<Call>) {
    CALLS
        .scope(RefCell::new(Vec::new()), async {
            let output = future.await;
            (output, CALLS.with(RefCell::take))
        })
        .await
}

pub(super) fn record(
    service: &str,
    operation: &str,
    request_id: Option<&str>,
    date: Option<&str>,
    outcome: CallOutcome,
) {
    // Outside of `collect` nothing is recorded.
    let _ = CALLS.try_with(|calls| {
        calls.borrow_mut().push(Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            request_id: request_id.map(str::to_owned),
            answered_at: date
                .and_then(|date| DateTime::from_str(date, Format::HttpDate).ok())
                .map(|at| at.secs()),
            outcome,
        });
    });
}
