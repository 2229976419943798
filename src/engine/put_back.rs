//! Putting back again and again: never frozen, only paced. Pure: time comes in as a value.
//!
//! Somebody who opens the same hole once more as soon as it is closed must not win by being stubborn, nor may palisade
//! spend its calls on that alone. The edit is the unit: another hole of the same resource is closed at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    model::Address,
    plan::{Wait, WaitReason},
};

/// The longest pause between two corrections of the same thing: so long may a hole stay open that somebody opens
/// without end.
pub const LONGEST: Duration = Duration::from_secs(30);
/// After this long without a correction the next one is the first again.
const PEACE: Duration = Duration::from_mins(10);
/// From this many corrections of the same thing on, somebody is working against it.
const CONTESTED: u32 = 3;

/// What was put back lately.
#[derive(Debug, Default)]
pub struct PutBack(BTreeMap<(Address, String), Repeated>);

#[derive(Debug, Clone, Copy)]
struct Repeated {
    times: u32,
    last: Instant,
}

impl Repeated {
    /// Nothing after the first time, then 1, 2, 4, … seconds.
    fn pause(self) -> Duration {
        match self.times {
            0 | 1 => Duration::ZERO,
            times => LONGEST.min(Duration::from_secs(1 << (times - 2).min(16))),
        }
    }

    fn until(self) -> Instant {
        self.last + self.pause()
    }
}

impl PutBack {
    /// Notes that an edit put something back; how often it has done so by now.
    pub fn done(&mut self, address: &Address, key: &str, now: Instant) -> u32 {
        let entry = (address.clone(), key.to_owned());
        let earlier = self.0.get(&entry).filter(|it| now.duration_since(it.last) < PEACE);
        let times = earlier.map_or(0, |it| it.times).saturating_add(1);
        self.0.insert(entry, Repeated { times, last: now });
        times
    }

    /// What is not put back again just now.
    pub fn paced(&self, now: Instant) -> BTreeMap<(Address, String), Wait> {
        let paced = self.0.iter().filter(|(_, it)| now < it.until());
        let wait = |it: &Repeated| {
            let retry_seconds = (it.until() - now).as_secs().max(1);
            Wait::passing(WaitReason::Paced { times: it.times, retry_seconds })
        };
        paced.map(|(key, it)| (key.clone(), wait(it))).collect()
    }

    /// What was put back a short while ago: putting it back once more is limited to a part of the rate budget.
    pub fn lately(&self, now: Instant) -> BTreeSet<(Address, String)> {
        let lately = self.0.iter().filter(|(_, it)| now.duration_since(it.last) < PEACE);
        lately.map(|(key, _)| key.clone()).collect()
    }

    /// The addresses against which somebody is working, with the number of corrections.
    pub fn contested(&self, now: Instant) -> BTreeMap<Address, u32> {
        let mut found: BTreeMap<Address, u32> = BTreeMap::new();
        for ((address, _), it) in &self.0 {
            if it.times >= CONTESTED && now.duration_since(it.last) < PEACE {
                let most = found.entry(address.clone()).or_default();
                *most = it.times.max(*most);
            }
        }
        found
    }

    /// The earliest moment at which something is put back again.
    pub fn next_retry(&self, now: Instant) -> Option<Instant> {
        self.0.values().map(|it| it.until()).filter(|until| *until > now).min()
    }

    /// Forgets what is over and addresses that no longer matter.
    pub fn retain(&mut self, matters: impl Fn(&Address) -> bool, now: Instant) {
        self.0.retain(|(address, _), it| matters(address) && now.duration_since(it.last) < PEACE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address::new("prod", "SecurityGroup", "apps")
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_is_put_back_after_0_1_2_4_up_to_30_seconds_and_never_given_up() {
        let (mut put_back, mut now) = (PutBack::default(), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..10 {
            put_back.done(&address(), "revoke ssh", now);
            let until = put_back.next_retry(now).unwrap_or(now);
            pauses.push((until - now).as_secs());
            now = until;
            assert!(put_back.paced(now).is_empty());
        }
        assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 30, 30, 30, 30]);
        assert_eq!(put_back.contested(now), [(address(), 10)].into());
        assert_eq!(put_back.lately(now), [(address(), "revoke ssh".to_owned())].into());
        assert!(put_back.lately(now + PEACE).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn something_else_is_put_back_at_once_and_peace_is_forgotten() {
        let (mut put_back, now) = (PutBack::default(), Instant::now());
        for _ in 0..3 {
            put_back.done(&address(), "revoke ssh", now);
        }
        let paced = put_back.paced(now);
        assert!(paced.contains_key(&(address(), "revoke ssh".into())));
        assert!(!paced.contains_key(&(address(), "revoke rdp".into())));
        assert!(put_back.contested(now + PEACE).is_empty());
        assert_eq!(put_back.done(&address(), "revoke ssh", now + PEACE), 1);
        put_back.retain(|_| false, now);
        assert!(put_back.0.is_empty());
    }
}
