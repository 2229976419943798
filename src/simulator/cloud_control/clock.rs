//! How long Cloud Control keeps and delays what.

use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// How long requests can be asked for (user guide, managing requests).
pub(super) const RECORDS: Duration = HOUR.saturating_mul(7 * 24);
/// How long a client token stands for its first request (API reference, `ClientToken`).
pub(super) const TOKENS: Duration = HOUR.saturating_mul(36);
/// From a cancellation until it is complete.
pub(super) const CANCELLING: Duration = Duration::from_secs(1);
/// The longest time after which `RetryAfter` wants to be asked again.
pub(super) const RETRY: Duration = Duration::from_secs(30);
