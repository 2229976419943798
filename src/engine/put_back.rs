//! Repeated corrections of the same change: never frozen, only paced. Pure: times are arguments.
//!
//! Somebody who keeps opening the same hole must not win by being persistent, nor use up palisade's
//! calls. Pacing is per edit: another hole of the same resource is closed at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    model::Address,
    plan::{Wait, WaitReason},
};

/// The longest pause between two corrections of the same thing, and therefore the longest time that
/// a hole stays open if somebody keeps opening it.
pub const MAX_PAUSE: Duration = Duration::from_secs(30);
/// After this long without a correction the count starts again.
const RESET_AFTER: Duration = Duration::from_mins(10);
/// From this many corrections of the same thing on, somebody is deliberately undoing them.
const CONTESTED: u32 = 3;

/// Recent corrections.
#[derive(Debug, Default)]
pub struct PutBack(BTreeMap<(Address, String), Repeated>);

#[derive(Debug, Clone, Copy)]
struct Repeated {
    times: u32,
    last: Instant,
}

impl Repeated {
    /// No pause after the first time, then 1, 2, 4, … seconds.
    fn pause(self) -> Duration {
        match self.times {
            0 | 1 => Duration::ZERO,
            times => MAX_PAUSE.min(Duration::from_secs(1 << (times - 2).min(16))),
        }
    }

    fn until(self) -> Instant {
        self.last + self.pause()
    }
}

impl PutBack {
    /// Records that an edit corrected something; returns how many times it has done so.
    pub fn done(&mut self, address: &Address, key: &str, now: Instant) -> u32 {
        let entry = (address.clone(), key.to_owned());
        let earlier = self.0.get(&entry).filter(|it| now.duration_since(it.last) < RESET_AFTER);
        let times = earlier.map_or(0, |it| it.times).saturating_add(1);
        self.0.insert(entry, Repeated { times, last: now });
        times
    }

    /// The corrections that must not be repeated yet.
    pub fn paced(&self, now: Instant) -> BTreeMap<(Address, String), Wait> {
        let paced = self.0.iter().filter(|(_, it)| now < it.until());
        let wait = |it: &Repeated| {
            let retry_seconds = (it.until() - now).as_secs().max(1);
            Wait::passing(WaitReason::Paced { times: it.times, retry_seconds })
        };
        paced.map(|(key, it)| (key.clone(), wait(it))).collect()
    }

    /// The corrections made a short while ago: repeating them may use only a part of the rate
    /// budget.
    pub fn lately(&self, now: Instant) -> BTreeSet<(Address, String)> {
        let lately = self.0.iter().filter(|(_, it)| now.duration_since(it.last) < RESET_AFTER);
        lately.map(|(key, _)| key.clone()).collect()
    }

    /// The addresses whose corrections somebody keeps undoing, with the number of corrections.
    pub fn contested(&self, now: Instant) -> BTreeMap<Address, u32> {
        let mut found: BTreeMap<Address, u32> = BTreeMap::new();
        for ((address, _), it) in &self.0 {
            if it.times >= CONTESTED && now.duration_since(it.last) < RESET_AFTER {
                let most = found.entry(address.clone()).or_default();
                *most = it.times.max(*most);
            }
        }
        found
    }

    /// The earliest time at which a correction is repeated.
    pub fn next_retry(&self, now: Instant) -> Option<Instant> {
        self.0.values().map(|it| it.until()).filter(|until| *until > now).min()
    }

    /// Forgets expired corrections and addresses that no longer matter.
    pub fn retain(&mut self, matters: impl Fn(&Address) -> bool, now: Instant) {
        self.0.retain(|(address, _), it| {
            matters(address) && now.duration_since(it.last) < RESET_AFTER
        });
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
        assert!(put_back.lately(now + RESET_AFTER).is_empty());
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
        assert!(put_back.contested(now + RESET_AFTER).is_empty());
        assert_eq!(put_back.done(&address(), "revoke ssh", now + RESET_AFTER), 1);
        put_back.retain(|_| false, now);
        assert!(put_back.0.is_empty());
    }
}
