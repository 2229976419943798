//! AWS's request buckets, in the world's own time: the documented ones from the table below which
//! palisade's budget stays (`aws::budget::limits`), and invented figures for the services that
//! publish none.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{
    api::Api,
    service::{ApiError, Caller, is_mutating},
};
use crate::aws::budget::limits::Limit;

/// The content of each bucket, by account, Region and name, with the time of that content.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets(BTreeMap<(String, String, String), (f64, Duration)>);

impl Buckets {
    /// Takes a token, or returns the service's error if there is none.
    pub(super) fn take(
        &mut self,
        api: &Api,
        caller: &Caller,
        operation: &str,
        input: &Value,
        elapsed: Duration,
    ) -> Result<(), ApiError> {
        let limit = Limit::of(api.name, operation);
        let (mut name, mut size, mut refill) = (limit.bucket(operation), limit.burst, limit.rate);
        if limit.source.is_none() {
            (size, refill) = unpublished(operation);
        } else if let Some(extra) = api.extra_bucket.and_then(|extra| extra(operation, input)) {
            name.push_str(extra.name);
            (size, refill) = (extra.size, extra.refill);
        }
        let region = limit.region(&caller.region).to_owned();
        let (left, since) =
            self.0.entry((caller.account.clone(), region, name)).or_insert((size, elapsed));
        let gained = elapsed.saturating_sub(*since).as_secs_f64() * refill;
        *left = (*left + gained).min(size);
        *since = elapsed;
        if *left < 1.0 {
            return Err(api.throttled.error());
        }
        *left -= 1.0;
        Ok(())
    }
}

/// Size, and tokens gained in a second, for undocumented buckets.
fn unpublished(operation: &str) -> (f64, f64) {
    if is_mutating(operation) { (5.0, 1.0) } else { (20.0, 10.0) }
}
