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

use crate::{model::Address, plan::Wait};

/// So often the same edit is done in a row before it is slowed down: once, and once more, since the
/// first look after it may have been too early.
const AT_ONCE: u32 = 2;
/// The first pause; each is twice the one before.
const FIRST: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST: Duration = Duration::from_hours(1);
/// Up to this pause the edit may yet show (EC2 and KMS document seconds of lag); after it nothing is
/// expected to happen without a person.
const PASSES: Duration = Duration::from_secs(8);

/// The edits that were done again and again.
#[derive(Debug, Default)]
pub struct Futile {
    edits: BTreeMap<Address, Repeated>,
}

#[derive(Debug)]
struct Repeated {
    digest: String,
    times: u32,
    pause: Duration,
    until: Instant,
}

impl Futile {
    /// Notes that an edit was done; `digest` names what was sent, to what.
    pub fn done(&mut self, address: &Address, digest: &str, now: Instant) {
        let times = match self.edits.get(address) {
            Some(earlier) if earlier.digest == digest => earlier.times.saturating_add(1),
            _ => 1,
        };
        let doublings = times.saturating_sub(AT_ONCE).min(16);
        let pause = if times < AT_ONCE {
            Duration::ZERO
        } else {
            (FIRST * 2_u32.pow(doublings)).min(LONGEST)
        };
        let repeated = Repeated { digest: digest.to_owned(), times, pause, until: now + pause };
        self.edits.insert(address.clone(), repeated);
    }

    /// Notes that a resource is as wanted.
    pub fn settled(&mut self, address: &Address) {
        self.edits.remove(address);
    }

    /// Why exactly this edit has to wait. Another edit of the same resource does not: something else has
    /// changed, and may be dangerous.
    pub fn wait(&self, address: &Address, digest: &str, now: Instant) -> Option<Wait> {
        let edit = self.edits.get(address)?;
        if edit.digest != digest || now >= edit.until {
            return None;
        }
        let seconds = (edit.until - now).as_secs().max(1);
        let why = format!(
            "failed, tried again in {seconds} s: AWS accepted this {} times, and it is still as before",
            edit.times
        );
        Some(Wait { why, passes: edit.pause <= PASSES })
    }

    /// The earliest moment at which such an edit is tried again.
    pub fn next_retry(&self, now: Instant) -> Option<Instant> {
        self.edits.values().map(|edit| edit.until).filter(|until| *until > now).min()
    }

    /// Forgets addresses that no longer matter.
    pub fn retain(&mut self, wanted: &BTreeSet<&Address>) {
        self.edits.retain(|address, _| wanted.contains(address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address::new("prod", "KmsKey", "studio")
    }

    #[tokio::test(start_paused = true)]
    async fn an_edit_without_effect_is_slowed_down_and_at_last_left_to_people() {
        let (mut futile, mut now) = (Futile::default(), Instant::now());
        futile.done(&address(), "a", now);
        assert_eq!(futile.wait(&address(), "a", now), None);
        let mut pauses = Vec::new();
        for _ in 0..4 {
            futile.done(&address(), "a", now);
            let wait = futile.wait(&address(), "a", now).expect("it waits");
            let until = futile.next_retry(now).expect("it is tried again");
            pauses.push(((until - now).as_secs(), wait.passes));
            now = until;
            assert_eq!(futile.wait(&address(), "a", now), None);
        }
        assert_eq!(pauses, [(2, true), (4, true), (8, true), (16, false)]);
        for _ in 0..100 {
            futile.done(&address(), "a", now);
        }
        assert_eq!(futile.next_retry(now), Some(now + LONGEST));
    }

    #[tokio::test(start_paused = true)]
    async fn another_edit_of_the_resource_goes_at_once_and_a_settled_one_is_forgotten() {
        let (mut futile, now) = (Futile::default(), Instant::now());
        futile.done(&address(), "a", now);
        futile.done(&address(), "a", now);
        assert_eq!(futile.wait(&address(), "b", now), None);
        futile.settled(&address());
        assert_eq!(futile.wait(&address(), "a", now), None);
        futile.done(&address(), "a", now);
        assert_eq!(futile.wait(&address(), "a", now), None);
    }
}
