//! One rate budget for all clients of a process: no call is sent that is known to exceed AWS's
//! limits.
//!
//! There is a token bucket for each account, Region and API family ([`limits`]), below what AWS
//! documents. If AWS throttles all the same, because others call too or because it publishes no
//! limit, the rate is halved and grows back slowly. Calls wait in a queue: corrections first, then
//! the reads of a pass, then other drift, then everything else; scopes that share a bucket take
//! turns.
//!
//! Why not a crate: `governor` (the maintained one) has neither priorities nor variable rates, so
//! the queue, which is most of this module, would still be our own.

mod bucket;
pub(crate) mod limits;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, SemaphorePermit},
    time::Instant,
};

use self::{
    bucket::{Bucket, Turn},
    limits::Limit,
};

/// The longest time that a call waits. It is already signed, and AWS accepts no signature older
/// than five minutes; and its plan is outdated by then. The next pass asks again.
pub(super) const MAX_WAIT: Duration = Duration::from_mins(1);
/// Reads in flight at once: each needs a connection, and the number of connections of a process is
/// limited.
const READS_UNDER_WAY: usize = 192;
/// Writes in flight at once. They have their own limit, so that reads without an answer do not
/// delay them.
const WRITES_UNDER_WAY: usize = 64;

/// The urgency of a call, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Closes what somebody else opened.
    PutBack,
    /// Repeats such a correction: within a quarter of the budget, so that somebody who keeps
    /// undoing it does not use up the rest.
    PutBackAgain,
    /// Reads for the current pass, for which everything else waits.
    Read,
    /// Corrects another drift.
    Drift,
    /// Creates, changes or deletes because the directory changed.
    Change,
}

/// The key of a bucket: account, Region, and the group that AWS counts together.
type Key = (String, String, String);

/// A call that waits for its turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) scope: &'a str,
    pub(super) service: &'a str,
    pub(super) operation: &'a str,
    pub(super) urgency: Urgency,
}

impl Request<'_> {
    fn limit(&self) -> &'static Limit {
        Limit::of(self.service, self.operation)
    }

    fn key(&self) -> Key {
        let limit = self.limit();
        let region = limit.region(self.region).to_owned();
        (self.account.to_owned(), region, limit.bucket(self.operation))
    }
}

/// The budget of a process; clones share it.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// `None`: no limits.
    buckets: Option<Mutex<BTreeMap<Key, Bucket>>>,
    reads: Semaphore,
    writes: Semaphore,
}

impl Default for Budget {
    fn default() -> Self {
        Self::with(Some(Mutex::default()))
    }
}

impl Budget {
    /// For an AWS that refuses nothing: the simulator without its buckets.
    pub fn unlimited() -> Self {
        Self::with(None)
    }

    fn with(buckets: Option<Mutex<BTreeMap<Key, Bucket>>>) -> Self {
        Self(Arc::new(Shared {
            buckets,
            reads: Semaphore::new(READS_UNDER_WAY),
            writes: Semaphore::new(WRITES_UNDER_WAY),
        }))
    }

    /// Returns when the call may be sent; `false` if that would take longer than [`MAX_WAIT`].
    /// Dropping the future gives up the place in the queue.
    pub(super) async fn turn(&self, request: &Request<'_>) -> bool {
        let Some(place) = Place::queue(self, request) else { return true };
        let deadline = Instant::now() + MAX_WAIT;
        loop {
            let until = match place.turn() {
                Turn::Go => return true,
                Turn::At(at) => at.min(deadline),
                Turn::Later => deadline,
            };
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                () = place.woken.notified() => {}
            }
            if Instant::now() >= deadline {
                return false;
            }
        }
    }

    /// A connection for a call whose turn has come.
    pub(super) async fn connection(&self, writes: bool) -> Option<SemaphorePermit<'_>> {
        let under_way = if writes { &self.0.writes } else { &self.0.reads };
        // The semaphore is never closed.
        under_way.acquire().await.ok()
    }

    /// Records AWS's answer.
    pub(super) fn answered(&self, request: &Request<'_>, throttled: bool) {
        if let Some(mut buckets) = self.buckets() {
            let now = Instant::now();
            if let Some(bucket) = buckets.get_mut(&request.key()) {
                bucket.answered(throttled, now);
            }
        }
    }

    fn buckets(&self) -> Option<MutexGuard<'_, BTreeMap<Key, Bucket>>> {
        let buckets = self.0.buckets.as_ref()?;
        // Every change is atomic, so a panic elsewhere leaves nothing inconsistent.
        Some(buckets.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A place in the queue of a bucket; dropping it gives it up.
struct Place<'a> {
    budget: &'a Budget,
    key: Key,
    number: u64,
    woken: Arc<Notify>,
}

impl<'a> Place<'a> {
    fn queue(budget: &'a Budget, request: &Request<'_>) -> Option<Self> {
        let key = request.key();
        let mut buckets = budget.buckets()?;
        let bucket = buckets
            .entry(key.clone())
            .or_insert_with(|| Bucket::new(request.limit(), Instant::now()));
        let (number, woken) = bucket.queue(request.urgency, request.scope);
        drop(buckets);
        Some(Self { budget, key, number, woken })
    }

    fn with<T>(&self, what: impl FnOnce(&mut Bucket) -> T) -> Option<T> {
        self.budget.buckets()?.get_mut(&self.key).map(what)
    }

    fn turn(&self) -> Turn {
        // Buckets are never removed.
        self.with(|bucket| bucket.turn(self.number, Instant::now())).unwrap_or(Turn::Go)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.with(|bucket| bucket.leave(self.number, Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(scope: &'static str, urgency: Urgency) -> Request<'static> {
        Request {
            account: "111122223333",
            region: "eu-west-1",
            scope,
            service: "ec2",
            operation: "ModifyVpcEndpoint",
            urgency,
        }
    }

    /// Uses up what may come at once.
    async fn emptied() -> Budget {
        let budget = Budget::default();
        let begun = Instant::now();
        for _ in 0..3 {
            assert!(budget.turn(&request("a", Urgency::Change)).await);
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        budget
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_drains_at_the_rate_and_the_urgent_overtake() {
        let budget = emptied().await;
        let begun = Instant::now();
        let waits = |scope, urgency| {
            let budget = budget.clone();
            async move {
                assert!(budget.turn(&request(scope, urgency)).await);
                begun.elapsed().as_secs_f64()
            }
        };
        let late = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            waits("b", Urgency::PutBack).await
        };
        let (one, two, three, urgent) = tokio::join!(
            waits("a", Urgency::Change),
            waits("a", Urgency::Change),
            waits("b", Urgency::Change),
            late
        );
        // 3.6 at once, of which 3 are gone; then 0.27 a second.
        assert!((1.4..1.6).contains(&urgent), "{urgent}");
        let each = 1.0 / 0.27;
        for (waited, place) in [(three, 3.0), (one, 2.0), (two, 4.0)] {
            assert!((waited - 0.4 / 0.27 - each * (place - 1.0)).abs() < 0.01, "{waited} {place}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn giving_up_wakes_the_next_and_every_wait_ends() {
        let budget = emptied().await;
        let begun = Instant::now();
        let impatient = tokio::time::timeout(Duration::from_millis(500), async {
            budget.turn(&request("a", Urgency::PutBack)).await
        });
        let patient = request("a", Urgency::Change);
        let (gone, went) = tokio::join!(impatient, budget.turn(&patient));
        assert!(gone.is_err() && went);
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        let everybody = (0..20).map(|_| budget.turn(&patient)).collect::<Vec<_>>();
        let went = futures::future::join_all(everybody).await;
        // A minute at 0.27 a second.
        assert_eq!(went.iter().filter(|went| **went).count(), 16);
        assert!(begun.elapsed() < MAX_WAIT + Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn other_accounts_and_regions_have_their_own_and_organizations_has_one_for_all_regions() {
        let budget = emptied().await;
        let begun = Instant::now();
        let elsewhere = Request { region: "us-east-1", ..request("a", Urgency::Change) };
        let other = Request { account: "444455556666", ..request("a", Urgency::Change) };
        assert!(budget.turn(&elsewhere).await && budget.turn(&other).await);
        assert_eq!(begun.elapsed(), Duration::ZERO);
        for region in ["eu-west-1", "us-east-1"] {
            let policies = Request {
                region,
                service: "Organizations",
                operation: "DescribePolicy",
                ..request("a", Urgency::Read)
            };
            assert!(budget.turn(&policies).await);
        }
        assert!(begun.elapsed() > Duration::from_millis(100), "1.8 may come at once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_answer_slows_the_next_calls_down() {
        let budget = Budget::default();
        let call = request("a", Urgency::Change);
        assert!(budget.turn(&call).await);
        budget.answered(&call, true);
        let begun = Instant::now();
        assert!(budget.turn(&call).await);
        assert!(begun.elapsed() >= Duration::from_secs(7), "{:?}", begun.elapsed());
    }
}
