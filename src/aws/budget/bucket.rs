//! One bucket: how many calls are left now, who waits for the next one, and who of them goes first. Time comes in as a value.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{sync::Notify, time::Instant};

use super::{Urgency, limits::Limit};

/// The part of a documented limit that is used: clocks differ, calls bunch up on their way, and others call too.
const SHARE: f64 = 0.9;
/// The part of a bucket that putting back the same thing again and again may use (design, section 6).
const AGAIN: f64 = 0.25;
/// What AWS throttles is halved, once in this time: answers to calls that were under way together are one piece of news.
const ONCE_IN: Duration = Duration::from_secs(1);
/// The rate never falls below this part of the first one.
const LEAST: f64 = 0.05;
/// What an accepted call adds to the rate, in parts of the first one.
const GAIN: f64 = 0.02;
/// Where AWS publishes nothing, the rate may grow to this many times the first one.
const MOST: f64 = 4.0;
/// What is lost in adding fractions of tokens.
const ROUNDING: f64 = 1e-9;

/// How many tokens there are.
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

    /// When there will be one.
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

/// What a waiting call is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is sent now; the token is taken.
    Go,
    /// It asks again then, or when it is woken.
    At(Instant),
    /// It asks again when it is woken.
    Later,
}

/// The calls that AWS counts together.
#[derive(Debug)]
pub(super) struct Bucket {
    burst: f64,
    /// The rate it began with.
    first: f64,
    /// The rate it may grow to.
    most: f64,
    /// Tokens a second now.
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
        let first = if published { limit.rate * SHARE } else { limit.rate };
        let burst = (limit.burst * SHARE).max(1.0);
        let full = |left| Level { left, at: now };
        Self {
            burst,
            first,
            most: if published { first } else { first * MOST },
            rate: first,
            tokens: full(burst),
            again: full((burst * AGAIN).max(1.0)),
            waiting: Vec::new(),
            served: BTreeMap::new(),
            calls: 0,
            numbers: 0,
            halved: None,
        }
    }

    /// Puts a call at the end of the queue; its number, and what wakes it.
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

    /// What the call of this number does now.
    pub(super) fn turn(&mut self, number: u64, now: Instant) -> Turn {
        self.refill(now);
        let Some(own) = self.waiting.iter().find(|it| it.number == number) else {
            return Turn::Later;
        };
        if !self.may(own) {
            return Turn::At(self.again.next(self.rate * AGAIN));
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

    /// Takes a call out of the queue, and wakes who is first now.
    pub(super) fn leave(&mut self, number: u64, now: Instant) {
        self.refill(now);
        self.waiting.retain(|it| it.number != number);
        if let Some(first) = self.first() {
            first.woken.notify_one();
        }
    }

    /// What AWS answered to a call.
    pub(super) fn answered(&mut self, throttled: bool, now: Instant) {
        self.refill(now);
        if throttled {
            // Whatever we thought was left, AWS's own bucket is empty.
            self.tokens.left = self.tokens.left.min(0.0);
            if self.halved.is_none_or(|at| now.saturating_duration_since(at) >= ONCE_IN) {
                self.rate = (self.rate / 2.0).max(self.first * LEAST);
                self.halved = Some(now);
            }
            return;
        }
        // Beyond what it began with only while it is what holds us up: an idle rate proves nothing.
        let binds = !self.tokens.has_one() || !self.waiting.is_empty();
        if self.rate < self.first || binds {
            self.rate = (self.rate + self.first * GAIN).min(self.most);
        }
    }

    fn refill(&mut self, now: Instant) {
        self.tokens.refill(self.rate, self.burst, now);
        self.again.refill(self.rate * AGAIN, (self.burst * AGAIN).max(1.0), now);
    }

    fn may(&self, waiting: &Waiting) -> bool {
        waiting.urgency != Urgency::PutBackAgain || self.again.has_one()
    }

    /// Who goes next: the most urgent; of equal ones that of the scope that was served longest ago; then who came first.
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
        assert!((groups.rate() - 4.5 * LEAST).abs() < 1e-9, "never nothing");
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
        assert!((domains.rate() - MOST).abs() < 1e-9, "{}", domains.rate());
    }
}
