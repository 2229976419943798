//! Which calls one step made, with their request ids: what the audit log needs.

use std::{cell::RefCell, fmt, sync::Arc};

use aws_smithy_types::date_time::{DateTime, Format};

use super::{CallOutcome, budget::Urgency};
use crate::model::Address;

/// What a call is made for.
#[derive(Clone)]
pub struct Errand {
    /// The address it is made for.
    pub address: Address,
    /// How urgent it is among the calls of its account.
    pub urgency: Urgency,
    /// Asked right before a write is sent: why it is no longer right to send it.
    stale: Option<Arc<dyn Fn() -> Option<String> + Send + Sync>>,
}

impl fmt::Debug for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Errand")
            .field("address", &self.address)
            .field("urgency", &self.urgency)
            .finish_non_exhaustive()
    }
}

impl Errand {
    /// For an address; right to be sent whenever its turn comes.
    pub fn new(address: Address, urgency: Urgency) -> Self {
        Self { address, urgency, stale: None }
    }

    /// The same, with a reason not to be sent after all that may come up while it waits for its turn.
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
    /// AWS's clock when it answered, in whole seconds since the epoch, if the answer had a `Date` header.
    pub answered_at: Option<i64>,
    /// How it ended.
    pub outcome: CallOutcome,
}

tokio::task_local! {
    static CALLS: RefCell<Vec<Call>>;
    static ERRAND: Errand;
}

/// Runs a future whose calls are all made on one errand, so that the guard can tell whether its address is paused, and the budget
/// how urgent it is.
pub async fn on_errand<F: Future>(errand: Errand, future: F) -> F::Output {
    ERRAND.scope(errand, future).await
}

/// What a call is made for, where that is known.
pub(super) fn errand() -> Option<Errand> {
    ERRAND.try_with(Clone::clone).ok()
}

/// Runs a future and gives the calls it made beside its result.
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
    // Outside of `collect` nobody asks.
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
