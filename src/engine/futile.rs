//! Edits that AWS accepts and that change nothing: a server that drops a member it does not know, a
//! value that it spells in another way, a list that lags, or somebody who sets it back at once.
//!
//! A pass that did something is followed by the next one at once. Without a memory of its own such an edit
//! would go round as fast as AWS answers. Pure: time comes in as a value.

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

/// The same edit is made this many times in a row before it is slowed down: once, and once more, since the
/// first look after it may have been too early.
const AT_ONCE: u32 = 2;
/// The first pause; each is twice the one before.
const FIRST: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST: Duration = Duration::from_hours(1);
/// Up to this pause the edit may yet show (EC2 and KMS document seconds of lag); after it nothing is
/// expected to happen without a person.
const PASSES: Duration = Duration::from_secs(8);

/// The edits that were made again and again, by address and digest of the edit.
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
    /// Notes that edits were made, each named by a digest of what was sent. What puts back is never slowed down for
    /// longer than [`put_back::LONGEST`]: an edit without effect looks just like somebody who undoes it at once.
    pub fn done(&mut self, address: &Address, made: &[(String, bool)], now: Instant) {
        let edits = self.edits.entry(address.clone()).or_default();
        for (digest, puts_back) in made {
            let times = edits.get(digest).map_or(0, |earlier| earlier.times).saturating_add(1);
            let doublings = times.saturating_sub(AT_ONCE).min(16);
            let longest = if *puts_back { put_back::LONGEST } else { LONGEST };
            let pause = if times < AT_ONCE {
                Duration::ZERO
            } else {
                (FIRST * 2_u32.pow(doublings)).min(longest)
            };
            edits.insert(digest.clone(), Repeated { times, pause, until: now + pause });
        }
        // Something else was sent meanwhile: the resource does change.
        edits.retain(|digest, _| made.iter().any(|(it, _)| it == digest));
    }

    /// Notes that a resource is as wanted.
    pub fn settled(&mut self, address: &Address) {
        self.edits.remove(address);
    }

    /// Why exactly these edits have to wait. Another edit of the same resource does not: something else has
    /// changed, and may be dangerous.
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

    /// The edits that were made more than once and not seen to have an effect, by address and digest.
    pub fn in_vain(&self) -> BTreeMap<Address, BTreeSet<String>> {
        let of = |(address, edits): (&Address, &BTreeMap<String, Repeated>)| {
            let again = edits.iter().filter(|(_, it)| it.times > 1);
            let digests: BTreeSet<String> = again.map(|(digest, _)| digest.clone()).collect();
            (!digests.is_empty()).then(|| (address.clone(), digests))
        };
        self.edits.iter().filter_map(of).collect()
    }

    /// The earliest moment at which such an edit is tried again.
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
        futile.done(&address(), &made("a", false), now);
        assert_eq!(wait(&futile, "a", now), None);
        let mut pauses = Vec::new();
        for _ in 0..4 {
            futile.done(&address(), &made("a", false), now);
            let waits = wait(&futile, "a", now).expect("it waits");
            let until = futile.next_retry(now).expect("it is tried again");
            pauses.push(((until - now).as_secs(), waits.passes));
            now = until;
            assert_eq!(wait(&futile, "a", now), None);
        }
        assert_eq!(pauses, [(2, true), (4, true), (8, true), (16, false)]);
        for _ in 0..100 {
            futile.done(&address(), &made("a", false), now);
        }
        assert_eq!(futile.next_retry(now), Some(now + LONGEST));
    }

    #[tokio::test(start_paused = true)]
    async fn what_puts_back_never_pauses_for_longer_than_half_a_minute() {
        let (mut futile, now) = (Futile::default(), Instant::now());
        for _ in 0..100 {
            futile.done(&address(), &made("a", true), now);
        }
        assert_eq!(futile.next_retry(now), Some(now + put_back::LONGEST));
    }

    #[tokio::test(start_paused = true)]
    async fn another_edit_of_the_resource_goes_at_once_and_a_settled_one_is_forgotten() {
        let (mut futile, now) = (Futile::default(), Instant::now());
        futile.done(&address(), &made("a", false), now);
        futile.done(&address(), &made("a", false), now);
        assert_eq!(wait(&futile, "b", now), None);
        futile.settled(&address());
        assert_eq!(wait(&futile, "a", now), None);
        futile.done(&address(), &made("a", false), now);
        assert_eq!(wait(&futile, "a", now), None);
    }
}
