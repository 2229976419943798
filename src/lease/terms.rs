//! The times that leases keep to.

use std::time::Duration;

/// The longest that one call to the table takes, with its repetitions (`aws::items`).
pub const TABLE_CALL: Duration = Duration::from_secs(5);
/// The longest that one attempt of a call to AWS takes from the moment it is sent
/// (`aws::transport`).
pub const LONGEST_CALL: Duration = Duration::from_secs(15);
/// The least safety.
const LEAST_SAFETY: Duration = Duration::from_secs(5);
/// A process that observes for this long beyond the time between its passes hangs: that is the
/// longest reading of a scope that a plan is made on (`engine::apply`).
const LONGEST_PASS: Duration = Duration::from_mins(15);

/// The times that leases keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long a lease lasts after its last renewal.
    pub duration: Duration,
    /// The time between renewals.
    pub renew: Duration,
    /// What must be left of a lease when a call is sent: the longest call, and some safety.
    pub needed: Duration,
    /// Without progress for this long a scope's lease is not renewed.
    pub patience: Duration,
}

impl Terms {
    /// The times for a duration and the time between renewals, where passes begin this often.
    pub fn new(duration: Duration, renew: Duration, interval: Duration) -> Self {
        let needed = LONGEST_CALL + Self::safety(duration);
        Self { duration, renew, needed, patience: interval + LONGEST_PASS }
    }

    /// For clocks that run at different rates, and for what happens between the check and the
    /// network: a sixth of the duration.
    fn safety(duration: Duration) -> Duration {
        (duration / 6).max(LEAST_SAFETY)
    }

    /// How long a lease must last at least with this time between renewals: so that a call may be
    /// sent until the next renewal has been answered.
    pub fn least_duration(duration: Duration, renew: Duration) -> Duration {
        renew + TABLE_CALL + LONGEST_CALL + Self::safety(duration)
    }
}
