//! The clock of leases: it never goes back, and goes on while the machine sleeps.

use std::{fmt, time::Duration};

use rustix::time::{ClockId, clock_gettime};

use super::state::Moment;

/// A clock of this process.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time since an origin that does not change.
    fn now(&self) -> Moment;
}

/// The machine's: on Linux `CLOCK_BOOTTIME`, which counts the time in suspend. `CLOCK_MONOTONIC`,
/// which the standard library and tokio use, stands still meanwhile (clock_gettime(2)): a process
/// that was asleep would believe that it still holds what others have taken.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[cfg(target_os = "linux")]
const CLOCK: ClockId = ClockId::Boottime;
/// Elsewhere this is the best there is; macOS counts the time asleep with it.
#[cfg(not(target_os = "linux"))]
const CLOCK: ClockId = ClockId::Monotonic;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let time = clock_gettime(CLOCK);
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
    }
}
