//! Edits that AWS accepts without effect: the server drops a member that it does not know, stores a
//! value in another spelling, or lists stale data; or somebody reverts the edit at once.
//!
//! A pass that changed something is followed by the next one at once, so an edit without effect
//! would be repeated as fast as AWS answers. Pure: times are arguments.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::Instant;

use super::put_back;
use crate::{
    model::Address,
    plan::{Wait, WaitReason},
};

/// The same edit is made this many times in a row before it is slowed down: the second time because
/// the first observation after it may have been too early.
const IMMEDIATE_TRIES: u32 = 2;
/// The first pause; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_hours(1);
/// Up to this pause the edit may still become visible (EC2 and KMS document seconds of lag); after
/// it only a person can help.
const PASSES: Duration = Duration::from_secs(8);

/// The edits that were made more than once, by address and digest of the edit.
#[derive(Debug, Default)]
pub struct Futile {
    edits: BTreeMap<Address, BTreeMap<String, Repeated>>,
}

#[derive(Debug)]
struct Repeated {
    times: u32,
    pause: Duration,
    until: Instant,
}

impl Futile {
    /// Records edits, each by a digest of what was sent. `in_turns` says that they belong to others
    /// that are made in other passes. Corrections are never slowed down beyond
    /// [`put_back::MAX_PAUSE`]: an edit without effect cannot be told from one that somebody
    /// reverts at once.
    pub fn done(
        &mut self,
        address: &Address,
        made: &[(String, bool)],
        in_turns: bool,
        now: Instant,
    ) {
        let edits = self.edits.entry(address.clone()).or_default();
        for (digest, puts_back) in made {
            let times = edits.get(digest).map_or(0, |earlier| earlier.times).saturating_add(1);
            let doublings = times.saturating_sub(IMMEDIATE_TRIES).min(16);
            let max_pause = if *puts_back { put_back::MAX_PAUSE } else { MAX_PAUSE };
            let pause = if times < IMMEDIATE_TRIES {
                Duration::ZERO
            } else {
                (FIRST_PAUSE * 2_u32.pow(doublings)).min(max_pause)
            };
            edits.insert(digest.clone(), Repeated { times, pause, until: now + pause });
        }
        // Another value was sent in between, so the resource does change.
        edits.retain(|digest, _| in_turns || made.iter().any(|(it, _)| it == digest));
    }

    /// Records that a resource is as wanted.
    pub fn settled(&mut self, address: &Address) {
        self.edits.remove(address);
    }

    /// Why exactly these edits have to wait. A different edit of the same resource does not wait:
    /// it corrects a different change, which may be dangerous.
    pub fn waiting(&self, now: Instant) -> BTreeMap<Address, BTreeMap<String, Wait>> {
        let wait = |edit: &Repeated| Wait {
            reason: WaitReason::Futile {
                times: edit.times,
                retry_seconds: (edit.until - now).as_secs().max(1),
            },
            passes: edit.pause <= PASSES,
        };
        let of = |(address, edits): (&Address, &BTreeMap<String, Repeated>)| {
            let waiting: BTreeMap<String, Wait> = edits
                .iter()
                .filter(|(_, edit)| now < edit.until)
                .map(|(digest, edit)| (digest.clone(), wait(edit)))
                .collect();
            (!waiting.is_empty()).then(|| (address.clone(), waiting))
        };
        self.edits.iter().filter_map(of).collect()
    }

    /// The edits that were made more than once without a visible effect, by address and digest.
    pub fn in_vain(&self) -> BTreeMap<Address, BTreeSet<String>> {
        let of = |(address, edits): (&Address, &BTreeMap<String, Repeated>)| {
            let again = edits.iter().filter(|(_, it)| it.times > 1);
            let digests: BTreeSet<String> = again.map(|(digest, _)| digest.clone()).collect();
            (!digests.is_empty()).then(|| (address.clone(), digests))
        };
        self.edits.iter().filter_map(of).collect()
    }

    /// The earliest time at which such an edit is tried again.
    pub fn next_retry(&self, now: Instant) -> Option<Instant> {
        let edits = self.edits.values().flat_map(BTreeMap::values);
        edits.map(|edit| edit.until).filter(|until| *until > now).min()
    }

    /// Forgets addresses that no longer matter.
    pub fn retain(&mut self, matters: impl Fn(&Address) -> bool) {
        self.edits.retain(|address, _| matters(address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address::new("prod", "KmsKey", "studio")
    }

    fn wait(futile: &Futile, digest: &str, now: Instant) -> Option<Wait> {
        futile.waiting(now).get(&address())?.get(digest).cloned()
    }

    fn made(digest: &str, puts_back: bool) -> [(String, bool); 1] {
        [(digest.to_owned(), puts_back)]
    }

    #[tokio::test(start_paused = true)]
    async fn an_edit_without_effect_is_slowed_down_and_at_last_left_to_people() {
        let (mut futile, mut now) = (Futile::default(), Instant::now());
        futile.done(&address(), &made("a", false), false, now);
        assert_eq!(wait(&futile, "a", now), None);
        let mut pauses = Vec::new();
        for _ in 0..4 {
            futile.done(&address(), &made("a", false), false, now);
            let waits = wait(&futile, "a", now).expect("it waits");
            let until = futile.next_retry(now).expect("it is tried again");
            pauses.push(((until - now).as_secs(), waits.passes));
            now = until;
            assert_eq!(wait(&futile, "a", now), None);
        }
        assert_eq!(pauses, [(2, true), (4, true), (8, true), (16, false)]);
        for _ in 0..100 {
            futile.done(&address(), &made("a", false), false, now);
        }
        assert_eq!(futile.next_retry(now), Some(now + MAX_PAUSE));
    }

    #[tokio::test(start_paused = true)]
    async fn what_puts_back_never_pauses_for_longer_than_half_a_minute() {
        let (mut futile, now) = (Futile::default(), Instant::now());
        for _ in 0..100 {
            futile.done(&address(), &made("a", true), false, now);
        }
        assert_eq!(futile.next_retry(now), Some(now + put_back::MAX_PAUSE));
    }

    #[tokio::test(start_paused = true)]
    async fn another_edit_of_the_resource_goes_at_once_and_a_settled_one_is_forgotten() {
        let (mut futile, now) = (Futile::default(), Instant::now());
        futile.done(&address(), &made("a", false), false, now);
        futile.done(&address(), &made("a", false), false, now);
        assert_eq!(wait(&futile, "b", now), None);
        futile.settled(&address());
        assert_eq!(wait(&futile, "a", now), None);
        futile.done(&address(), &made("a", false), false, now);
        assert_eq!(wait(&futile, "a", now), None);
    }
}
