//! Which calls one step made, with their request ids: what the audit log needs.

use std::cell::RefCell;

use aws_smithy_types::date_time::{DateTime, Format};

use super::CallOutcome;
use crate::model::Address;

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
    static SUBJECT: Address;
}

/// Runs a future whose calls are all made for one address, so that the guard can tell whether it is paused.
pub async fn on_behalf_of<F: Future>(address: Address, future: F) -> F::Output {
    SUBJECT.scope(address, future).await
}

/// Whom a call is made for, where that is known.
pub(super) fn subject() -> Option<Address> {
    SUBJECT.try_with(Clone::clone).ok()
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
