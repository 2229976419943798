//! The monitor: it is notified when processes and passes begin and end, and sees every call.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    expect::{Expectations, Violation},
    seen::Seen,
};
use crate::simulator::{
    truth::Truth,
    witness::{Watch, Witnessed},
};

/// A monitor; clones share what they have seen.
#[derive(Debug, Clone, Default)]
pub struct Monitor(Arc<Mutex<Seen>>);

impl Monitor {
    /// A monitor with these expectations.
    pub fn new(expect: Expectations) -> Self {
        Self(Arc::new(Mutex::new(Seen { expect, ..Seen::default() })))
    }

    /// Sets the expectations from now on.
    pub fn expect(&self, expect: Expectations) {
        self.seen().expect = expect;
    }

    /// A process starts: it does not know of earlier creates.
    pub fn life_begins(&self, now: Duration) {
        let mut seen = self.seen();
        seen.started = now;
        seen.unclear.clear();
        seen.pass = None;
        seen.blind = false;
        seen.open.forget();
    }

    /// The process that just started finds no valid input in the directory.
    pub fn begins_blind(&self) {
        self.seen().blind = true;
    }

    /// The directory is valid again.
    pub fn sees(&self) {
        self.seen().blind = false;
    }

    /// A pass begins.
    pub fn pass_begins(&self, now: Duration) {
        let mut seen = self.seen();
        seen.pass = Some(now);
        seen.in_pass = 0;
        seen.unlisted.clear();
        seen.impostors.clear();
    }

    /// A pass ends: nothing may be written until the next one.
    pub fn pass_ends(&self) {
        self.seen().pass = None;
    }

    /// The brake is engaged, possibly during a call: from the next call on, nothing may be written.
    pub fn brake(&self) {
        self.seen().braking = true;
    }

    /// The brake is released.
    pub fn release(&self) {
        let mut seen = self.seen();
        (seen.braked, seen.braking) = (false, false);
    }

    /// The mutating calls so far.
    pub fn mutations(&self) -> u64 {
        self.seen().mutations
    }

    /// The violations so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.seen().violations.clone()
    }

    /// Ends a pass in which nothing permitted prevented closing the holes at these addresses.
    pub fn judge_holes(&self, truth: &Truth, free: &BTreeSet<String>) {
        let mut seen = self.seen();
        let truth = truth.by_address(&seen.expect.owner);
        let wanted = std::mem::take(&mut seen.expect.wanted);
        let found = seen.open.after_pass(&truth, &wanted, free);
        seen.expect.wanted = wanted;
        seen.violations.extend(found);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Monitor {
    fn witness(&mut self, call: &Witnessed<'_>) {
        let mut seen = self.seen();
        seen.witness(call);
        seen.braked |= std::mem::take(&mut seen.braking);
    }
}
