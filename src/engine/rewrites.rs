//! Detects another writer: fields that were written repeatedly and undone after they had been seen
//! in sync. Pure: times are arguments. (Writes that never become visible have another cause: see
//! `futile`.)
//!
//! Counting is per field, not per resource: somebody who opens a different hole each time is
//! corrected each time, and only a field that is set back to the same value has two owners. After a
//! freeze one more attempt is made; if that is undone as well, the next freeze is twice as long.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    model::Address,
    plan::{HoldReason, Recent, Rewrites},
};

/// This many writes of one field within [`WINDOW`] mean another writer: a mistake is made once,
/// perhaps twice.
const MAX_WRITES: usize = 3;
/// A person at a console, or a tool that runs every few minutes, comes back within this time.
const WINDOW: Duration = Duration::from_mins(10);
/// The first freeze: long enough for people to notice, short enough to end by itself.
const FREEZE: Duration = Duration::from_mins(10);
/// Freezes double up to 2 hours 40 minutes.
const DOUBLINGS: u32 = 4;
/// After this long without a write the count starts again.
const RESET_AFTER: Duration = Duration::from_hours(6);
/// How long steps count towards the limits ([`LastHour`]).
const HOUR: Duration = Duration::from_hours(1);

/// What was written recently.
#[derive(Debug, Default)]
pub struct Memory(BTreeMap<Address, History>);

#[derive(Debug, Default)]
struct History {
    want: String,
    fields: BTreeMap<String, Field>,
}

#[derive(Debug, Default)]
struct Field {
    written: VecDeque<Instant>,
    first: Option<Instant>,
    times: usize,
    /// Whether it was seen in sync since the last write.
    shown: bool,
    freezes: u32,
    frozen_until: Option<Instant>,
}

impl Field {
    fn write(&mut self, now: Instant) {
        if self.written.back().is_some_and(|last| now.duration_since(*last) >= RESET_AFTER) {
            *self = Self::default();
        }
        // The same write again before the first one was visible counts as one write.
        if !self.shown && self.written.pop_back().is_some() {
            self.written.push_back(now);
            return;
        }
        self.shown = false;
        while self.written.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
            self.written.pop_front();
        }
        self.written.push_back(now);
        self.first.get_or_insert(now);
        self.times += 1;
        let enough = if self.freezes == 0 { MAX_WRITES } else { 1 };
        if self.written.len() >= enough {
            self.frozen_until = Some(now + FREEZE * 2_u32.pow(self.freezes.min(DOUBLINGS)));
            self.freezes += 1;
        }
    }

    fn frozen(&self, key: &str, now: Instant) -> Option<HoldReason> {
        let until = self.frozen_until.filter(|until| now < *until)?;
        Some(HoldReason::Undone {
            key: key.to_owned(),
            times: self.times,
            since_minutes: self.first.map_or(0, |first| minutes(now.duration_since(first))),
            retry_minutes: minutes(until - now),
        })
    }
}

/// Minutes, rounded up.
fn minutes(time: Duration) -> u64 {
    time.as_secs().div_ceil(60)
}

impl Memory {
    /// Records that fields of a resource were written; `want` is the fingerprint of what was
    /// wanted.
    pub fn wrote(
        &mut self,
        address: &Address,
        want: &str,
        fields: impl IntoIterator<Item = String>,
        now: Instant,
    ) {
        let history = self.0.entry(address.clone()).or_default();
        if history.want != want {
            *history = History { want: want.to_owned(), fields: BTreeMap::new() };
        }
        for field in fields {
            history.fields.entry(field).or_default().write(now);
        }
        history.fields.retain(|_, field| {
            field.written.back().is_some_and(|last| now.duration_since(*last) < RESET_AFTER)
        });
    }

    /// Records that a resource is as wanted.
    pub fn shown(&mut self, address: &Address) {
        for field in self.0.get_mut(address).into_iter().flat_map(|all| all.fields.values_mut()) {
            field.shown = true;
        }
    }

    /// The fields that must not be written again now.
    pub fn standing(&self, now: Instant) -> BTreeMap<Address, Rewrites> {
        let of = |(address, history): (&Address, &History)| {
            let fields = history.fields.iter();
            let frozen: BTreeMap<_, _> = fields
                .filter_map(|(name, field)| Some((name.clone(), field.frozen(name, now)?)))
                .collect();
            let some = !frozen.is_empty();
            some.then(|| (address.clone(), Rewrites { want: history.want.clone(), frozen }))
        };
        self.0.iter().filter_map(of).collect()
    }

    /// The earliest time at which a freeze ends.
    pub fn next_thaw(&self, now: Instant) -> Option<Instant> {
        let fields = self.0.values().flat_map(|history| history.fields.values());
        fields.filter_map(|field| field.frozen_until).filter(|until| *until > now).min()
    }

    /// Forgets addresses that no longer matter.
    pub fn retain(&mut self, matters: impl Fn(&Address) -> bool) {
        self.0.retain(|address, _| matters(address));
    }
}

/// The steps of the last hour that count towards the gate's limits.
#[derive(Debug, Default)]
pub struct LastHour {
    deleted: VecDeque<(Instant, Address)>,
    edited: VecDeque<(Instant, Address)>,
}

impl LastHour {
    /// Records a deletion.
    pub fn deleted(&mut self, address: &Address, now: Instant) {
        self.deleted.push_back((now, address.clone()));
    }

    /// Records an edit that counts.
    pub fn edited(&mut self, address: &Address, now: Instant) {
        self.edited.push_back((now, address.clone()));
    }

    /// The steps of the last hour, by scope and kind.
    pub fn recent(&mut self, now: Instant) -> Recent {
        let by_kind = |steps: &mut VecDeque<(Instant, Address)>| {
            while steps.front().is_some_and(|(at, _)| now.duration_since(*at) >= HOUR) {
                steps.pop_front();
            }
            let mut found: BTreeMap<_, BTreeSet<Address>> = BTreeMap::new();
            for (_, address) in steps.iter() {
                found.entry(address.scoped_kind()).or_default().insert(address.clone());
            }
            found
        };
        Recent { deleted: by_kind(&mut self.deleted), edited: by_kind(&mut self.edited) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn address() -> Address {
        Address::new("prod", "KmsKey", "studio")
    }

    struct Fixture(Memory, Instant);

    impl Fixture {
        fn new() -> Self {
            Self(Memory::default(), Instant::now())
        }

        /// Written, and seen in order afterwards.
        fn write(&mut self, field: &str, at: Duration) {
            self.0.wrote(&address(), "w", [field.to_owned()], self.1 + at);
            self.0.shown(&address());
        }

        fn frozen(&self, field: &str, at: Duration) -> Option<String> {
            let standing = self.0.standing(self.1 + at);
            standing.get(&address())?.frozen.get(field).map(ToString::to_string)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_third_write_of_one_field_within_ten_minutes_freezes_it_and_it_thaws_by_itself() {
        let mut fixture = Fixture::new();
        for at in [0, 1] {
            fixture.write("policy", MINUTE * at);
            assert_eq!(fixture.frozen("policy", MINUTE * at), None);
        }
        fixture.write("policy", MINUTE * 2);
        let why = fixture.frozen("policy", MINUTE * 3).unwrap();
        assert!(why.contains("3 times in the last 3 min"), "{why}");
        assert_eq!(fixture.0.next_thaw(fixture.1 + MINUTE * 3), Some(fixture.1 + MINUTE * 12));
        assert_eq!(fixture.frozen("policy", MINUTE * 12), None);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_freeze_one_more_try_decides_and_the_next_freeze_is_twice_as_long() {
        let mut fixture = Fixture::new();
        (0..3).for_each(|at| fixture.write("policy", MINUTE * at));
        fixture.write("policy", MINUTE * 12);
        assert!(fixture.frozen("policy", MINUTE * 31).is_some());
        assert_eq!(fixture.frozen("policy", MINUTE * 32), None);
    }

    #[tokio::test(start_paused = true)]
    async fn writes_that_are_far_apart_or_of_other_fields_or_values_do_not_freeze() {
        let mut fixture = Fixture::new();
        (0..9).for_each(|round| fixture.write("policy", MINUTE * 6 * round));
        assert_eq!(fixture.frozen("policy", MINUTE * 49), None);
        let mut fixture = Fixture::new();
        for (at, field) in (0..).zip(["a", "b", "c", "d"]) {
            fixture.write(field, MINUTE * at);
            assert_eq!(fixture.frozen(field, MINUTE * 5), None);
        }
        let mut fixture = Fixture::new();
        for at in 0..4_u32 {
            fixture.0.wrote(&address(), &at.to_string(), ["x".to_owned()], fixture.1 + MINUTE * at);
            fixture.0.shown(&address());
        }
        assert_eq!(fixture.frozen("x", MINUTE * 5), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_was_never_visible_does_not_count() {
        let mut fixture = Fixture::new();
        for at in 0..9 {
            fixture.0.wrote(&address(), "w", ["policy".to_owned()], fixture.1 + MINUTE * at);
        }
        assert_eq!(fixture.frozen("policy", MINUTE * 9), None);
    }

    #[tokio::test(start_paused = true)]
    async fn deletions_and_edits_count_for_an_hour_each_address_once() {
        let (mut steps, start) = (LastHour::default(), Instant::now());
        let other = Address::new("prod", "KmsKey", "logs");
        steps.deleted(&address(), start);
        steps.deleted(&other, start + HOUR / 2);
        steps.edited(&address(), start);
        steps.edited(&address(), start + HOUR / 4);
        let key = address().scoped_kind();
        let mut counts = |at| {
            let recent = steps.recent(start + at);
            let of = |all: &BTreeMap<_, BTreeSet<_>>| all.get(&key).map_or(0, BTreeSet::len);
            (of(&recent.deleted), of(&recent.edited))
        };
        assert_eq!(counts(HOUR / 2), (2, 1));
        assert_eq!(counts(HOUR), (1, 1));
        assert_eq!(counts(HOUR * 2), (0, 0));
    }
}
