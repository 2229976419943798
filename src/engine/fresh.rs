//! The conditions under which a call may still be sent, checked right before each.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::outcome::SkipReason;
use crate::{aws::Brake, model::Address};

/// A plan is not carried out when this has passed since everything it is about had been read,
/// because that may have changed. Planning and writing take seconds; this protects a process that
/// was suspended in between.
const PLAN_AGE_LIMIT: Duration = Duration::from_mins(2);
/// The longest reading of a scope that a plan is made on. AWS's rates decide how long reading takes
/// (50,000 keys at 200 calls a second: a quarter of an hour); with the limit above alone, a scope
/// that takes longer to read could never be written.
const READING_LIMIT: Duration = Duration::from_mins(15);

/// Counts the accepted snapshots of the directory; a plan for an older one is abandoned.
#[derive(Debug, Clone, Default)]
pub struct Generation(Arc<AtomicU64>);

impl Generation {
    /// Announces that there may be a newer snapshot.
    pub fn advance(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// The current generation.
    pub fn current(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// When observing each scope began, and when it ended.
pub type Readings = BTreeMap<String, (Instant, Instant)>;

/// Conditions that must still hold before each write.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// The brake of the process.
    pub brake: Brake,
    /// The live generation counter.
    pub generation: Generation,
    /// The generation that the plan was made for.
    pub planned: u64,
    /// When the pass began.
    pub observed: Instant,
    /// When everything that the plan is about had been read.
    pub read: Instant,
    /// When observing each scope began, and when it ended: for a scope that answered late, it began
    /// before the pass.
    pub readings: Arc<Readings>,
}

impl Fresh {
    /// Whether a write for this address may begin now.
    ///
    /// # Errors
    /// The reason why it may not.
    pub(super) fn check(&self, address: &Address) -> Result<(), SkipReason> {
        if let Some(why) = self.brake.why_not(address) {
            return Err(SkipReason::Brake { why });
        }
        self.check_lease(address)?;
        if self.generation.current() != self.planned {
            return Err(SkipReason::DirectoryChanged);
        }
        let (began, read) = match self.readings.get(&address.scope) {
            // Its answer may have waited for this pass.
            Some((began, ended)) if *began < self.observed => (*began, *ended),
            Some((began, _)) => (*began, self.read),
            None => (self.observed, self.read),
        };
        let reading = read.saturating_duration_since(began);
        if read.elapsed() > PLAN_AGE_LIMIT || reading > READING_LIMIT {
            return Err(SkipReason::PlanTooOld);
        }
        Ok(())
    }

    /// Where processes share the scopes: whether this one holds the scope's lease with enough time
    /// left, and has observed everything since it took it.
    fn check_lease(&self, address: &Address) -> Result<(), SkipReason> {
        let Some(leases) = self.brake.leases() else { return Ok(()) };
        leases.allow(&address.scope).map_err(|why| SkipReason::Lease { why })?;
        let began = self.readings.get(&address.scope).map_or(self.observed, |(began, _)| *began);
        match leases.acquired(&address.scope) {
            Some(acquired) if acquired <= began => Ok(()),
            // Whoever held it before may have changed what was observed.
            _ => Err(SkipReason::PlanTooOld),
        }
    }

    /// The fence of the lease of an address's scope, for the audit log.
    pub(super) fn fence(&self, address: &Address) -> Option<u64> {
        self.brake.leases()?.allow(&address.scope).ok()
    }

    /// Notes that the work in a scope goes on.
    pub(super) fn progresses(&self, address: &Address) {
        if let Some(leases) = self.brake.leases() {
            leases.progresses(&address.scope);
        }
    }
}
