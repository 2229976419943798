//! The monitor itself: told when processes and passes begin and end, it sees every call.

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

    /// From now on, this is expected.
    pub fn expect(&self, expect: Expectations) {
        self.seen().expect = expect;
    }

    /// A process begins: it knows nothing of earlier creates.
    pub fn life_begins(&self, now: Duration) {
        let mut seen = self.seen();
        seen.life = now;
        seen.unclear.clear();
        seen.pass = None;
        seen.blind = false;
        seen.open.forget();
    }

    /// The process that just began finds nothing in the directory that it may go by.
    pub fn begins_blind(&self) {
        self.seen().blind = true;
    }

    /// The directory says something good again.
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

    /// A pass is over: nothing may be written until the next one.
    pub fn pass_ends(&self) {
        self.seen().pass = None;
    }

    /// The brake is engaged while a call is under way: from the next one on, nothing may be written.
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

    /// The rules broken so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.seen().violations.clone()
    }

    /// A pass is over in which nothing that is permitted stood in the way of closing what is open at these addresses.
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
