//! What a process remembers between passes to slow down where it must: failures, creations that are
//! not visible yet, and how long a resource, or its manifest, has been absent. Pure: times are
//! arguments.
//!
//! Nothing here must survive a restart: everything is learnt again, more slowly.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use backoff::{ExponentialBackoff, backoff::Backoff as _};
use tokio::time::Instant;

use super::outcome::Attempt;
use crate::{
    kind::{Class, CloudError, Creation},
    model::{Address, PhysicalId},
    plan::{Holdoff, Wait, WaitReason},
};

/// The end of AWS's own advice for eventual consistency (EC2 developer guide): a created resource
/// counts as existing for this long even if lists do not show it.
const VISIBLE_WITHIN: Duration = Duration::from_mins(5);
/// What a call names and AWS does not know may have been created a moment ago: EC2's own waiter for
/// a new security group gives up after half a minute (SecurityGroupExists). Twice that later it is
/// for people to say what is meant.
const KNOWN_WITHIN: Duration = Duration::from_mins(1);
/// The pause after a create without a clear answer, of a resource with neither client token nor
/// unique name. KMS documents "several minutes" as its worst case; twice that costs little.
const UNCLEAR_UNNAMED: Duration = Duration::from_mins(10);

/// Everything that pacing remembers.
#[derive(Debug, Default)]
pub struct Pace {
    failures: BTreeMap<Address, Failure>,
    created: BTreeMap<Address, (PhysicalId, Instant)>,
    last_seen: BTreeMap<Address, PhysicalId>,
    absences: BTreeMap<Address, Absence>,
    undeclared: BTreeMap<Address, Absence>,
    /// Since when this process writes in scopes, where it was not the first.
    anew: BTreeMap<String, Instant>,
}

#[derive(Debug)]
struct Failure {
    policy: ExponentialBackoff,
    class: Class,
    message: String,
    /// When the first of these failures happened, of the same class and for the same want.
    since: Instant,
    until: Instant,
    want: String,
    keys: BTreeSet<String>,
    together: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy)]
struct Absence {
    /// The first complete observation that counts.
    first: Option<Instant>,
    /// The latest complete observation.
    latest: Option<Instant>,
    /// Observations before this moment do not count.
    not_before: Instant,
    window: Duration,
    /// Whether a create ended without a clear answer.
    unclear: bool,
}

impl Absence {
    /// Not observed yet.
    fn begins(window: Duration, not_before: Instant, unclear: bool) -> Self {
        Self { first: None, latest: None, not_before, window, unclear }
    }

    fn observed(&mut self, now: Instant) {
        if now >= self.not_before {
            self.first.get_or_insert(now);
            self.latest = Some(now);
        }
    }

    fn is_proved(self) -> bool {
        let observed = self.first.zip(self.latest);
        observed.is_some_and(|(first, latest)| latest >= first + self.window)
    }
}

impl Failure {
    /// Whether AWS has said for so long that something does not exist that it is not just new.
    fn is_about_what_is_not_there(&self) -> bool {
        self.class == Class::Missing && self.until >= self.since + KNOWN_WITHIN
    }
}

impl Pace {
    /// Records that a complete observation did not find the resource of an address that should
    /// exist.
    pub fn saw_absent(&mut self, address: &Address, window: Duration, now: Instant) {
        let not_before = self.anew.get(&address.scope).map_or(now, |anew| now.max(*anew));
        let begins = || Absence::begins(window, not_before, false);
        self.absences.entry(address.clone()).or_insert_with(begins).observed(now);
    }

    /// Another process wrote in a scope until then: what was not found before may have been made
    /// since.
    pub fn begins_anew(&mut self, scope: &str, since: Instant) {
        if self.anew.insert(scope.to_owned(), since) == Some(since) {
            return;
        }
        for (_, absence) in self.absences.iter_mut().filter(|(it, _)| it.scope == scope) {
            let not_before = absence.not_before.max(since);
            *absence = Absence { first: None, latest: None, not_before, ..*absence };
        }
    }

    /// Records all claims without a manifest, after a successful reading of the directory.
    pub fn saw_undeclared(
        &mut self,
        addresses: &BTreeSet<Address>,
        window: Duration,
        now: Instant,
    ) {
        self.undeclared.retain(|address, _| addresses.contains(address));
        for address in addresses {
            let begins = || Absence::begins(window, now, false);
            self.undeclared.entry(address.clone()).or_insert_with(begins).observed(now);
        }
    }

    /// Claims without a manifest in two readings, a settle window apart. A single reading may have
    /// caught a directory that was being filled.
    pub fn given_up(&self) -> BTreeSet<Address> {
        let proved = self.undeclared.iter().filter(|(_, absence)| absence.is_proved());
        proved.map(|(address, _)| address.clone()).collect()
    }

    /// Records that the resource of an address was observed: it is neither absent nor unclear any
    /// more.
    pub fn saw_present(&mut self, address: &Address, id: &PhysicalId) {
        self.last_seen.insert(address.clone(), id.clone());
        self.absences.remove(address);
        self.created.remove(address);
    }

    /// Why an address must not be created now although its resource was not observed.
    pub fn create_holdoff(
        &self,
        address: &Address,
        creation: Creation,
        now: Instant,
    ) -> Option<Wait> {
        if let Some((id, at)) = self.created.get(address)
            && now < *at + VISIBLE_WITHIN
        {
            return Some(Wait::passing(WaitReason::NotVisible { id: id.clone() }));
        }
        let absence = self.absences.get(address).copied();
        let proved = absence.is_some_and(Absence::is_proved);
        match (creation, absence) {
            _ if proved => None,
            (_, Some(Absence { unclear: true, .. })) => {
                Some(Wait::passing(WaitReason::UnclearCreate))
            }
            (Creation::Unnamed, _) => Some(Wait::passing(WaitReason::SecondLook)),
            _ => None,
        }
    }

    /// The last known resource of every address. It is part of the client token of the next create:
    /// with the same token AWS would return the deleted resource (EC2 developer guide,
    /// idempotency). Without an earlier resource the token depends on the manifest alone, so that a
    /// create that is repeated after a crash does not make a second resource.
    pub fn predecessors(&self) -> BTreeMap<Address, PhysicalId> {
        let mut ids = self.last_seen.clone();
        ids.extend(self.created.iter().map(|(address, (id, _))| (address.clone(), id.clone())));
        ids
    }

    /// Records a successful create.
    pub fn created(&mut self, address: &Address, id: PhysicalId, now: Instant) {
        self.failures.remove(address);
        self.absences.remove(address);
        self.created.insert(address.clone(), (id, now));
    }

    /// Records that a step succeeded.
    pub fn done(&mut self, address: &Address) {
        self.failures.remove(address);
    }

    /// Records a failed step; `want` is the fingerprint of what was wanted, `attempt` what the
    /// failed call would have written.
    pub fn failed(
        &mut self,
        address: &Address,
        want: &str,
        attempt: Attempt<'_>,
        error: &CloudError,
        now: Instant,
    ) {
        let earlier = self.failures.remove(address).filter(|earlier| earlier.want == want);
        let written: BTreeSet<String> = attempt.keys.iter().cloned().collect();
        let (mut keys, together) =
            if attempt.shared { (BTreeSet::new(), written) } else { (written, BTreeSet::new()) };
        let (mut policy, since) = match earlier {
            Some(earlier) => {
                keys.extend(earlier.keys);
                let same = earlier.class == error.class;
                if same { (earlier.policy, earlier.since) } else { (policy(error.class), now) }
            }
            None => (policy(error.class), now),
        };
        let delay = policy.next_backoff().unwrap_or(policy.max_interval);
        let failure = Failure {
            policy,
            class: error.class,
            message: error.to_string(),
            since,
            until: now + delay,
            want: want.to_owned(),
            keys,
            together,
        };
        self.failures.insert(address.clone(), failure);
    }

    /// Records a create without a clear answer: the resource may exist.
    pub fn unclear_create(
        &mut self,
        address: &Address,
        creation: Creation,
        settle_window: Duration,
        now: Instant,
    ) {
        let hold = if creation == Creation::Unnamed { UNCLEAR_UNNAMED } else { settle_window };
        let absence = Absence::begins(settle_window, now + hold, true);
        self.absences.insert(address.clone(), absence);
    }

    /// The failures that must still be waited for.
    pub fn failure_holdoffs(&self, now: Instant) -> BTreeMap<Address, Holdoff> {
        let holds = |failure: &&Failure| now < failure.until;
        let holdoff = |failure: &Failure| {
            let seconds = (failure.until - now).as_secs().max(1);
            let message = failure.message.clone();
            let wait = if failure.is_about_what_is_not_there() {
                Wait::lasting(WaitReason::NotThere { message, retry_seconds: seconds })
            } else {
                let reason = WaitReason::Failed { message, retry_seconds: Some(seconds) };
                Wait { reason, passes: retries_soon(failure.class) }
            };
            Holdoff {
                want: failure.want.clone(),
                wait,
                failed: failure.keys.clone(),
                together: failure.together.clone(),
            }
        };
        self.failures
            .iter()
            .filter(|(_, failure)| holds(failure))
            .map(|(address, failure)| (address.clone(), holdoff(failure)))
            .collect()
    }

    /// The earliest time at which a failed step may be tried again.
    pub fn next_retry(&self, now: Instant) -> Option<Instant> {
        self.failures.values().map(|failure| failure.until).filter(|until| *until > now).min()
    }

    /// Forgets addresses that no longer matter.
    pub fn retain(&mut self, matters: impl Fn(&Address) -> bool) {
        self.failures.retain(|address, _| matters(address));
        self.created.retain(|address, _| matters(address));
        self.last_seen.retain(|address, _| matters(address));
        self.absences.retain(|address, _| matters(address));
    }
}

/// Whether the error goes away with time.
fn retries_soon(class: Class) -> bool {
    matches!(
        class,
        Class::Throttled
            | Class::Busy
            | Class::Unavailable
            | Class::Ambiguous
            | Class::Missing
            | Class::Duplicate
    )
}

/// The delays by error class. Without jitter: one process is the only caller of its kind, and tests
/// must see the same times every run.
fn policy(class: Class) -> ExponentialBackoff {
    let (first, longest) = match class {
        Class::Busy | Class::Missing | Class::Duplicate => (2, 30),
        Class::Throttled | Class::Unavailable | Class::Ambiguous | Class::Unknown => (2, 120),
        Class::Blocked => (30, 600),
        // Only a person can change this; frequent retries of refused calls have exhausted whole
        // accounts (crossplane-contrib/provider-aws#1672).
        Class::Denied | Class::Rejected | Class::Refused => (60, 900),
        Class::Limit => (600, 3600),
    };
    ExponentialBackoff {
        current_interval: Duration::from_secs(first),
        initial_interval: Duration::from_secs(first),
        randomization_factor: 0.0,
        multiplier: 2.0,
        max_interval: Duration::from_secs(longest),
        max_elapsed_time: None,
        ..ExponentialBackoff::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> Attempt<'static> {
        Attempt { keys: &[], shared: false }
    }

    fn address() -> Address {
        Address::new("prod", "KmsKey", "studio")
    }

    fn error(class: Class) -> CloudError {
        CloudError::new("kms:CreateKey", class, "x")
    }

    const WINDOW: Duration = Duration::from_secs(15);

    #[tokio::test(start_paused = true)]
    async fn a_nameless_resource_is_created_only_after_two_observations_a_window_apart() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert!(pace.create_holdoff(&address(), Creation::Unnamed, start).is_some());
        pace.saw_absent(&address(), WINDOW, start);
        pace.saw_absent(&address(), WINDOW, start + WINDOW / 2);
        assert!(pace.create_holdoff(&address(), Creation::Unnamed, start + WINDOW / 2).is_some());
        pace.saw_absent(&address(), WINDOW, start + WINDOW);
        assert_eq!(pace.create_holdoff(&address(), Creation::Unnamed, start + WINDOW), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_found_before_a_lease_was_taken_may_be_there_since() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let waits =
            |pace: &Pace, at| pace.create_holdoff(&address(), Creation::Unnamed, at).is_some();
        pace.saw_absent(&address(), WINDOW, start);
        let taken = start + WINDOW / 2;
        pace.begins_anew(&address().scope, taken);
        pace.saw_absent(&address(), WINDOW, start + WINDOW);
        assert!(waits(&pace, start + WINDOW), "one observation since");
        pace.begins_anew(&address().scope, taken);
        pace.saw_absent(&address(), WINDOW, start + WINDOW * 2);
        assert!(!waits(&pace, start + WINDOW * 2), "two, a window apart");
        // An observation that began before does not count, whatever it is about.
        let mut pace = Pace::default();
        pace.begins_anew(&address().scope, taken);
        pace.saw_absent(&address(), WINDOW, start);
        pace.saw_absent(&address(), WINDOW, start + WINDOW);
        assert!(waits(&pace, start + WINDOW));
    }

    #[tokio::test(start_paused = true)]
    async fn a_named_resource_needs_no_second_observation_until_an_answer_was_unclear() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        pace.saw_absent(&address(), WINDOW, start);
        assert_eq!(pace.create_holdoff(&address(), Creation::UniqueName, start), None);
        pace.unclear_create(&address(), Creation::UniqueName, WINDOW, start);
        pace.saw_absent(&address(), WINDOW, start);
        assert!(pace.create_holdoff(&address(), Creation::UniqueName, start).is_some());
        pace.saw_absent(&address(), WINDOW, start + WINDOW);
        assert!(pace.create_holdoff(&address(), Creation::UniqueName, start + WINDOW).is_some());
        pace.saw_absent(&address(), WINDOW, start + WINDOW * 2);
        assert_eq!(pace.create_holdoff(&address(), Creation::UniqueName, start + WINDOW * 2), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_created_resource_counts_as_existing_until_it_is_seen_or_five_minutes_are_over() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        pace.created(&address(), "k-1".into(), start);
        let waits =
            |pace: &Pace, at| pace.create_holdoff(&address(), Creation::UniqueName, at).is_some();
        assert!(waits(&pace, start + VISIBLE_WITHIN - WINDOW));
        assert!(!waits(&pace, start + VISIBLE_WITHIN));
        pace.created(&address(), "k-1".into(), start);
        pace.saw_present(&address(), &"k-1".into());
        assert!(!waits(&pace, start));
    }

    #[tokio::test(start_paused = true)]
    async fn a_manifest_is_given_up_after_two_readings_without_it_a_window_apart() {
        let (mut pace, window, t0) = (Pace::default(), Duration::from_secs(15), Instant::now());
        let (missing, none) = (BTreeSet::from([address()]), BTreeSet::new());
        let at = |seconds| t0 + Duration::from_secs(seconds);
        for (seconds, reading, given_up) in [
            (0, &missing, false),
            (14, &missing, false),
            (15, &none, false),
            (16, &missing, false),
            (31, &missing, true),
            (32, &none, false),
        ] {
            pace.saw_undeclared(reading, window, at(seconds));
            assert_eq!(!pace.given_up().is_empty(), given_up, "after {seconds} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_wait_longer_each_time_and_know_what_was_wanted() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let until = |pace: &Pace| pace.next_retry(start).map(|at| (at - start).as_secs());
        let passes = |pace: &Pace| pace.failure_holdoffs(start)[&address()].wait.passes;
        pace.failed(&address(), "old", none(), &error(Class::Rejected), start);
        assert_eq!((until(&pace), passes(&pace)), (Some(60), false));
        pace.failed(&address(), "old", none(), &error(Class::Rejected), start);
        assert_eq!(until(&pace), Some(120));
        assert_eq!(pace.failure_holdoffs(start)[&address()].want, "old");
        assert!(pace.failure_holdoffs(start + Duration::from_mins(2)).is_empty());
        pace.failed(&address(), "new", none(), &error(Class::Throttled), start);
        assert_eq!((until(&pace), passes(&pace)), (Some(2), true));
        pace.done(&address());
        assert_eq!(until(&pace), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_failed_adds_up_until_something_else_is_wanted() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let mut fail = |want: &str, left: &str| {
            pace.failed(
                &address(),
                want,
                Attempt { keys: &[left.to_owned()], shared: false },
                &error(Class::Rejected),
                start,
            );
            pace.failure_holdoffs(start)[&address()].failed.iter().cloned().collect::<Vec<_>>()
        };
        assert_eq!(fail("old", "a"), ["a"]);
        assert_eq!(fail("old", "b"), ["a", "b"]);
        assert_eq!(fail("new", "c"), ["c"]);
    }

    #[tokio::test(start_paused = true)]
    async fn which_edit_of_a_shared_call_failed_is_known_once_it_failed_alone() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let keys = ["policy".to_owned(), "groups".to_owned()];
        let rejected = error(Class::Rejected);
        pace.failed(&address(), "w", Attempt { keys: &keys, shared: true }, &rejected, start);
        let holdoff = pace.failure_holdoffs(start).remove(&address()).unwrap();
        assert_eq!((holdoff.failed.len(), holdoff.together.len()), (0, 2));
        pace.failed(&address(), "w", Attempt { keys: &keys[1..], shared: false }, &rejected, start);
        let holdoff = pace.failure_holdoffs(start).remove(&address()).unwrap();
        assert_eq!((holdoff.failed, holdoff.together), ([keys[1].clone()].into(), [].into()));
    }
}
