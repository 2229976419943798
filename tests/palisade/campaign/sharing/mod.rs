//! Several processes that share the scopes by leases (S9), while they are frozen, cut off, killed
//! and have clocks that go wrong.
//!
//! `model` has the leases alone, without an engine: thousands of runs in seconds. `engines` has
//! whole engines over the simulator.

pub mod engines;
pub mod model;
#[cfg(test)]
mod tests;

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use palisade::lease::{Clock, Moment};
use tokio::time::{Instant, Sleep, sleep_until};

use super::swarm::Dice;

/// A stretch of time.
pub type Stretch = (Instant, Instant);

/// Whether a moment is within one of the stretches; the end of it then.
pub fn within(stretches: &[Stretch], at: Instant) -> Option<Instant> {
    stretches.iter().filter(|(from, to)| *from <= at && at < *to).map(|(_, to)| *to).max()
}

/// A process that stands still at times: nothing in it goes on meanwhile, and the world does.
pub struct Freezing<F> {
    inner: Pin<Box<F>>,
    freezes: Vec<Stretch>,
    thaw: Option<Pin<Box<Sleep>>>,
}

impl<F: Future> Freezing<F> {
    pub fn new(inner: F, freezes: Vec<Stretch>) -> Self {
        Self { inner: Box::pin(inner), freezes, thaw: None }
    }
}

impl<F: Future> Future for Freezing<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if let Some(until) = within(&self.freezes, Instant::now()) {
            let thaw = self.thaw.insert(Box::pin(sleep_until(until)));
            if thaw.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        self.inner.as_mut().poll(context)
    }
}

/// A clock that goes too fast or too slowly, and knows of no other.
#[derive(Debug, Clone, Copy)]
pub struct Skewed {
    begun: Instant,
    offset: Duration,
    /// Of a thousand.
    rate: u32,
}

impl Skewed {
    pub fn new(offset: Duration, rate: u32) -> Self {
        Self { begun: Instant::now(), offset, rate }
    }
}

impl Clock for Skewed {
    fn now(&self) -> Moment {
        self.offset + self.begun.elapsed() * self.rate / 1000
    }
}

/// Up to so many stretches, of up to so many seconds each.
pub fn stretches(dice: &mut Dice, many: u64, longest: u64, within: u64) -> Vec<Stretch> {
    let now = Instant::now();
    let count = dice.below(many + 1);
    (0..count)
        .map(|_| {
            let from = now + Duration::from_millis(dice.below(within * 1000));
            (from, from + Duration::from_millis(dice.below(longest * 1000)))
        })
        .collect()
}

/// A write to a scope: from the moment it was sent to the moment it arrived.
#[derive(Debug, Clone)]
pub struct Write {
    pub scope: String,
    pub process: String,
    pub fence: u64,
    pub sent: Duration,
    pub arrived: Duration,
}

/// S9: of different processes, no two have a write under way in one scope, and the fence of the
/// later one is higher.
pub fn judge(mut writes: Vec<Write>) -> Vec<String> {
    writes.sort_by(|a, b| (&a.scope, a.sent).cmp(&(&b.scope, b.sent)));
    let mut found = Vec::new();
    for (index, write) in writes.iter().enumerate() {
        let earlier = writes[..index].iter().rev().take_while(|it| it.scope == write.scope);
        for before in earlier.filter(|it| it.process != write.process) {
            if before.arrived > write.sent {
                found.push(format!("S9: {before:?} was under way when {write:?} was sent"));
            }
            if before.fence >= write.fence {
                found.push(format!("S9: {write:?} has no higher fence than {before:?}"));
            }
        }
    }
    found.truncate(3);
    found
}
