//! Reads that lag behind writes, the eventual consistency that AWS documents for its control
//! planes.

use std::time::Duration;

use crate::simulator::service::{Caller, Context};

/// A state whose previous versions other callers may still read for a while after a write.
///
/// A caller always reads its own writes. The lag is `Options::read_lag`; if it is zero, no versions
/// are kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lagged<S> {
    now: S,
    past: Vec<Past<S>>,
}

#[derive(Debug, Clone)]
struct Past<S> {
    writer: String,
    until: Duration,
    before: S,
}

impl<S: Clone> Lagged<S> {
    /// A state without previous versions.
    pub(crate) fn new(now: S) -> Self {
        Self { now, past: Vec::new() }
    }

    /// The current state.
    pub(crate) fn now(&self) -> &S {
        &self.now
    }

    /// Applies the effects of time to the current state and to the versions that others may still
    /// read.
    pub(crate) fn settle(&mut self, elapsed: Duration, mut apply: impl FnMut(&mut S)) {
        self.past.retain(|past| past.until > elapsed);
        apply(&mut self.now);
        for past in &mut self.past {
            apply(&mut past.before);
        }
    }

    /// What this caller reads: the oldest version still kept that contains all of the caller's own
    /// writes.
    pub(crate) fn read(&self, caller: &Caller) -> &S {
        let after_own =
            self.past.iter().rposition(|past| past.writer == caller.arn).map_or(0, |own| own + 1);
        self.past.get(after_own).map_or(&self.now, |past| &past.before)
    }

    /// The current state for a write by this caller; the version before it is kept for the lag.
    pub(crate) fn write(&mut self, caller: &Caller, context: &Context<'_>) -> &mut S {
        if !context.options.read_lag.is_zero() {
            let until = context.elapsed + context.options.read_lag;
            self.past.push(Past { writer: caller.arn.clone(), until, before: self.now.clone() });
        }
        &mut self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::json::testing::Bench;

    #[test]
    fn others_read_the_old_version_until_the_lag_has_passed_and_the_writer_reads_its_own_write() {
        let mut bench = Bench::default();
        bench.options.read_lag = Duration::from_secs(5);
        let (writer, other) = (bench.caller("writer"), bench.caller("other"));
        let mut state = Lagged::new(1);
        *state.write(&writer, &bench.context()) = 2;
        assert_eq!((*state.read(&writer), *state.read(&other)), (2, 1));
        bench.pass(5);
        state.settle(bench.elapsed, |_| ());
        assert_eq!(*state.read(&other), 2);
    }

    #[test]
    fn a_caller_that_writes_after_another_reads_both_writes() {
        let mut bench = Bench::default();
        bench.options.read_lag = Duration::from_secs(5);
        let (first, second) = (bench.caller("first"), bench.caller("second"));
        let mut state = Lagged::new(vec![0]);
        state.write(&first, &bench.context()).push(1);
        state.write(&second, &bench.context()).push(2);
        assert_eq!(state.read(&second), &vec![0, 1, 2]);
        assert_eq!(state.read(&first), &vec![0, 1]);
    }

    #[test]
    fn without_a_lag_no_version_is_kept() {
        let mut bench = Bench::default();
        let (writer, other) = (bench.caller("writer"), bench.caller("other"));
        let mut state = Lagged::new(1);
        *state.write(&writer, &bench.context()) = 2;
        assert_eq!(*state.read(&other), 2);
        assert!(state.past.is_empty());
    }
}
