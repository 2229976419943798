//! One token bucket: how many calls may be sent now, and the queue of those that wait. Times are
//! arguments.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{sync::Notify, time::Instant};

use super::{Urgency, limits::Limit};

/// The share of a documented limit that is used: clocks differ, calls bunch up on their way, and
/// others call too.
const USABLE_SHARE: f64 = 0.9;
/// The share of a bucket that repeated corrections of the same thing may use (design, section 6).
const REPEAT_SHARE: f64 = 0.25;
/// A throttled rate is halved at most once in this time: the answers to calls that were in flight
/// together are one signal.
const HALVE_INTERVAL: Duration = Duration::from_secs(1);
/// The rate never falls below this share of the initial one.
const MIN_RATE_SHARE: f64 = 0.05;
/// What an accepted call adds to the rate, as a share of the initial one.
const INCREASE_SHARE: f64 = 0.02;
/// If AWS publishes no limit, the rate may grow to this multiple of the initial one.
const MAX_GROWTH: f64 = 4.0;
/// The rounding error of adding fractions of tokens.
const ROUNDING: f64 = 1e-9;

/// The tokens at a moment.
#[derive(Debug, Clone, Copy)]
struct Level {
    left: f64,
    at: Instant,
}

impl Level {
    fn refill(&mut self, rate: f64, burst: f64, now: Instant) {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * rate;
        self.left = (self.left + gained).min(burst);
        self.at = self.at.max(now);
    }

    fn has_one(self) -> bool {
        self.left + ROUNDING >= 1.0
    }

    /// When the next token is available.
    fn next(self, rate: f64) -> Instant {
        self.at + Duration::from_secs_f64(((1.0 - self.left) / rate).max(0.0))
    }
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    urgency: Urgency,
    scope: String,
    woken: Arc<Notify>,
}

/// The answer to a waiting call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Send it now; the token is taken.
    Go,
    /// Ask again then, or when woken.
    At(Instant),
    /// Ask again when woken.
    Later,
}

/// The calls that AWS counts together.
#[derive(Debug)]
pub(super) struct Bucket {
    burst: f64,
    /// The initial rate.
    first: f64,
    /// The highest rate.
    most: f64,
    /// The present rate, in tokens a second.
    rate: f64,
    tokens: Level,
    again: Level,
    waiting: Vec<Waiting>,
    /// When each scope was served last, counted in calls.
    served: BTreeMap<String, u64>,
    calls: u64,
    numbers: u64,
    halved: Option<Instant>,
}

impl Bucket {
    pub(super) fn new(limit: &Limit, now: Instant) -> Self {
        let published = limit.source.is_some();
        let first = if published { limit.rate * USABLE_SHARE } else { limit.rate };
        let burst = (limit.burst * USABLE_SHARE).max(1.0);
        let full = |left| Level { left, at: now };
        Self {
            burst,
            first,
            most: if published { first } else { first * MAX_GROWTH },
            rate: first,
            tokens: full(burst),
            again: full((burst * REPEAT_SHARE).max(1.0)),
            waiting: Vec::new(),
            served: BTreeMap::new(),
            calls: 0,
            numbers: 0,
            halved: None,
        }
    }

    /// Adds a call to the queue; returns its number, and what wakes it.
    pub(super) fn queue(&mut self, urgency: Urgency, scope: &str) -> (u64, Arc<Notify>) {
        self.numbers += 1;
        let woken = Arc::new(Notify::new());
        self.waiting.push(Waiting {
            number: self.numbers,
            urgency,
            scope: scope.to_owned(),
            woken: Arc::clone(&woken),
        });
        (self.numbers, woken)
    }

    /// What the call with this number must do now.
    pub(super) fn turn(&mut self, number: u64, now: Instant) -> Turn {
        self.refill(now);
        let Some(own) = self.waiting.iter().find(|it| it.number == number) else {
            return Turn::Later;
        };
        if !self.may(own) {
            return Turn::At(self.again.next(self.rate * REPEAT_SHARE));
        }
        if self.first().is_none_or(|first| first.number != number) {
            return Turn::Later;
        }
        if !self.tokens.has_one() {
            return Turn::At(self.tokens.next(self.rate));
        }
        let (again, scope) = (own.urgency == Urgency::PutBackAgain, own.scope.clone());
        self.tokens.left -= 1.0;
        if again {
            self.again.left -= 1.0;
        }
        self.calls += 1;
        self.served.insert(scope, self.calls);
        self.leave(number, now);
        Turn::Go
    }

    /// Removes a call from the queue, and wakes the first one.
    pub(super) fn leave(&mut self, number: u64, now: Instant) {
        self.refill(now);
        self.waiting.retain(|it| it.number != number);
        if let Some(first) = self.first() {
            first.woken.notify_one();
        }
    }

    /// Records AWS's answer to a call.
    pub(super) fn answered(&mut self, throttled: bool, now: Instant) {
        self.refill(now);
        if throttled {
            // AWS's own bucket is empty, whatever was left in this one.
            self.tokens.left = self.tokens.left.min(0.0);
            if self.halved.is_none_or(|at| now.saturating_duration_since(at) >= HALVE_INTERVAL) {
                self.rate = (self.rate / 2.0).max(self.first * MIN_RATE_SHARE);
                self.halved = Some(now);
            }
            return;
        }
        // It grows beyond the initial rate only while it is the bottleneck: an idle rate proves
        // nothing.
        let binds = !self.tokens.has_one() || !self.waiting.is_empty();
        if self.rate < self.first || binds {
            self.rate = (self.rate + self.first * INCREASE_SHARE).min(self.most);
        }
    }

    fn refill(&mut self, now: Instant) {
        self.tokens.refill(self.rate, self.burst, now);
        self.again.refill(self.rate * REPEAT_SHARE, (self.burst * REPEAT_SHARE).max(1.0), now);
    }

    fn may(&self, waiting: &Waiting) -> bool {
        waiting.urgency != Urgency::PutBackAgain || self.again.has_one()
    }

    /// The next call: the most urgent one; among equals, one of the scope that was served longest
    /// ago; then in order of arrival.
    fn first(&self) -> Option<&Waiting> {
        self.waiting.iter().filter(|it| self.may(it)).min_by_key(|it| {
            let served = self.served.get(&it.scope).copied().unwrap_or_default();
            (it.urgency, served, it.number)
        })
    }

    #[cfg(test)]
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for a call that nobody else waits for.
    fn take(bucket: &mut Bucket, urgency: Urgency, now: Instant) -> Turn {
        let (number, _) = bucket.queue(urgency, "prod");
        let turn = bucket.turn(number, now);
        bucket.leave(number, now);
        turn
    }

    fn taken(bucket: &mut Bucket, urgency: Urgency, now: Instant) -> usize {
        std::iter::repeat_with(|| take(bucket, urgency, now))
            .take_while(|turn| *turn == Turn::Go)
            .count()
    }

    fn bucket(operation: &str, now: Instant) -> Bucket {
        Bucket::new(Limit::of("ec2", operation), now)
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_gives_its_burst_and_then_its_rate_both_below_what_aws_allows() {
        let now = Instant::now();
        let mut groups = bucket("CreateSecurityGroup", now);
        assert_eq!(taken(&mut groups, Urgency::Change, now), 45, "nine tenths of 50");
        let Turn::At(next) = take(&mut groups, Urgency::Change, now) else { panic!("empty") };
        assert!((next - now).as_secs_f64() - 1.0 / 4.5 < 1e-6);
        assert_eq!(taken(&mut groups, Urgency::Change, now + Duration::from_secs(10)), 45);
        let later = now + Duration::from_secs(1000);
        assert_eq!(taken(&mut groups, Urgency::Change, later), 45, "it does not overflow");
    }

    #[tokio::test(start_paused = true)]
    async fn the_urgent_go_first_and_scopes_take_turns() {
        let now = Instant::now();
        let mut groups = bucket("CreateSecurityGroup", now);
        taken(&mut groups, Urgency::Change, now);
        let mut number = |urgency, scope: &str| groups.queue(urgency, scope).0;
        let a = [number(Urgency::Change, "a"), number(Urgency::Change, "a")];
        let b = [number(Urgency::Change, "b"), number(Urgency::Drift, "b")];
        let put_back = number(Urgency::PutBack, "c");
        let mut order = Vec::new();
        let mut clock = now;
        while order.len() < 5 {
            clock += Duration::from_secs(1);
            for waiting in [a[0], a[1], b[0], b[1], put_back] {
                if !order.contains(&waiting) && groups.turn(waiting, clock) == Turn::Go {
                    order.push(waiting);
                    // One token a round.
                    groups.tokens.left = 0.0;
                }
            }
        }
        assert_eq!(order, [put_back, b[1], a[0], b[0], a[1]]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_put_back_again_has_a_quarter_and_what_waits_for_it_holds_nobody_up() {
        let now = Instant::now();
        let mut groups = bucket("RevokeSecurityGroupIngress", now);
        assert_eq!(taken(&mut groups, Urgency::PutBackAgain, now), 11, "a quarter of 45");
        let (again, _) = groups.queue(Urgency::PutBackAgain, "prod");
        assert!(matches!(groups.turn(again, now), Turn::At(_)));
        assert_eq!(taken(&mut groups, Urgency::Change, now), 34, "the rest is everybody's");
        let minute = now + Duration::from_mins(1);
        groups.leave(again, now);
        let in_a_minute = (0..600)
            .map(|tenth| now + Duration::from_millis(tenth * 100))
            .filter(|at| *at < minute && take(&mut groups, Urgency::PutBackAgain, *at) == Turn::Go)
            .count();
        assert!((60..=68).contains(&in_a_minute), "4.5 a second, a quarter of it: {in_a_minute}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_aws_throttles_is_halved_once_a_second_and_comes_back_slowly() {
        let now = Instant::now();
        let mut groups = bucket("CreateSecurityGroup", now);
        groups.answered(true, now);
        groups.answered(true, now);
        assert!((groups.rate() - 2.25).abs() < 1e-9, "{}", groups.rate());
        assert_eq!(taken(&mut groups, Urgency::Change, now), 0, "AWS has none left");
        for second in 1..100 {
            groups.answered(true, now + Duration::from_secs(second));
        }
        assert!((groups.rate() - 4.5 * MIN_RATE_SHARE).abs() < 1e-9, "never nothing");
        for _ in 0..100 {
            groups.answered(false, now + Duration::from_secs(200));
        }
        assert!((groups.rate() - 4.5).abs() < 1e-9, "never more than what AWS says");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_that_nobody_publishes_grows_only_while_it_is_what_holds_up() {
        let now = Instant::now();
        let mut domains = Bucket::new(Limit::of("sagemaker", "UpdateDomain"), now);
        domains.answered(false, now);
        assert!((domains.rate() - 1.0).abs() < 1e-9, "nobody waits");
        taken(&mut domains, Urgency::Change, now);
        for _ in 0..1000 {
            domains.answered(false, now);
        }
        assert!((domains.rate() - MAX_GROWTH).abs() < 1e-9, "{}", domains.rate());
    }
}
