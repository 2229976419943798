//! Where to look: what events name, gathered until it is looked at. However many events there are,
//! what is kept is bounded, and looking is spaced: at once the first time, then 2, 4, 8 … 30
//! seconds apart while events of a kind come faster than that, so that a flood costs no more than
//! the ordinary passes. One that comes after the pause is over is looked at at once, too; but no
//! more than a number of times in a row, because events can come slowly and without end.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::Instant;

use super::own::Own;
use crate::model::ScopedKind;

/// More resources than these are read as a whole kind.
const MAX_IDS: usize = 50;
/// Events kept by themselves until they are looked at; beyond that it is the whole kind.
const MAX_PENDING: usize = 500;
/// The time between two looks at a kind while events keep coming, the first and the longest.
const FIRST_GAP: Duration = Duration::from_secs(2);
const LONGEST_GAP: Duration = Duration::from_secs(30);
/// Looks at once in a row, each of which is earned again in the longest gap.
const SPARE: u32 = 20;
/// Reads may lag behind the event: a resource in which nothing differs is looked at again after
/// these times, and then left to the full pass.
const AGAIN: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(10)];

/// What to look at, by kind.
pub type Hints = BTreeMap<ScopedKind, Hint>;

/// What to look at of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hint {
    /// The resources; `None` stands for all of them.
    pub ids: Option<BTreeSet<String>>,
    /// How many times the same has been looked at.
    pub looks: usize,
}

/// What has not been looked at.
#[derive(Debug, Default)]
pub(super) struct Marks {
    kinds: BTreeMap<ScopedKind, Mark>,
    later: Vec<Later>,
}

#[derive(Debug)]
struct Mark {
    pending: Vec<Pending>,
    /// Whether there were more than can be kept by themselves, at the time of the latest.
    flooded: Option<Instant>,
    next: Instant,
    gap: Duration,
    /// Looks at once that are left, and since when they are counted.
    spare: u32,
    since: Instant,
}

#[derive(Debug, Clone)]
struct Pending {
    ids: Option<BTreeSet<String>>,
    request_id: Option<String>,
    since: Instant,
}

#[derive(Debug)]
struct Later {
    at: ScopedKind,
    hint: Hint,
    due: Instant,
}

impl Marks {
    /// Notes an event.
    pub(super) fn note(
        &mut self,
        at: &ScopedKind,
        ids: Option<BTreeSet<String>>,
        request_id: Option<&str>,
        now: Instant,
    ) {
        let mark = self.kinds.entry(at.clone()).or_insert_with(|| Mark::new(now));
        if mark.pending.len() >= MAX_PENDING {
            mark.flooded = Some(now);
            return;
        }
        let request_id = request_id.map(str::to_owned);
        mark.pending.push(Pending { ids, request_id, since: now });
    }

    /// When there is something to look at.
    pub(super) fn due(&self) -> Option<Instant> {
        let waiting = self.kinds.values().filter(|mark| mark.is_marked()).map(|mark| mark.next);
        waiting.chain(self.later.iter().map(|later| later.due)).min()
    }

    /// Takes what is due. What this process did itself is not looked at.
    pub(super) fn take(&mut self, own: &Own, now: Instant) -> Hints {
        let mut hints = Hints::new();
        for (at, mark) in &mut self.kinds {
            if mark.next > now || !mark.is_marked() {
                continue;
            }
            let flooded = mark.flooded.take().is_some();
            let mine = |it: &Pending| it.request_id.as_deref().is_some_and(|id| own.has(id));
            let all: Vec<Pending> = mark.pending.drain(..).filter(|it| !mine(it)).collect();
            if all.is_empty() && !flooded {
                continue;
            }
            let came_late = !flooded && all.iter().all(|it| it.since >= mark.next);
            mark.space(came_late, now);
            let ids = if flooded { None } else { together(all.into_iter().map(|it| it.ids)) };
            hints.insert(at.clone(), Hint { ids, looks: 0 });
        }
        let (due, later) =
            std::mem::take(&mut self.later).into_iter().partition(|it| it.due <= now);
        self.later = later;
        for Later { at, hint, .. } in due {
            let known = hints.remove(&at);
            let looks = known.as_ref().map_or(hint.looks, |known| known.looks.min(hint.looks));
            let ids = together(known.map(|known| known.ids).into_iter().chain([hint.ids]));
            hints.insert(at, Hint { ids, looks });
        }
        hints
    }

    /// Puts back what could not be looked at.
    pub(super) fn give_back(&mut self, hints: &Hints, now: Instant) {
        for (at, hint) in hints {
            self.note(at, hint.ids.clone(), None, now);
        }
    }

    /// Looks at something once more: at once after a write, to see its effect; and a few seconds
    /// later where nothing differed.
    pub(super) fn again(&mut self, at: &ScopedKind, hint: &Hint, wrote: bool, now: Instant) {
        let due = if wrote {
            now
        } else {
            let Some(pause) = AGAIN.get(hint.looks) else { return };
            now + *pause
        };
        let looks = if wrote { AGAIN.len() } else { hint.looks + 1 };
        let hint = Hint { ids: hint.ids.clone(), looks };
        match self.later.iter_mut().find(|it| it.at == *at && it.due == due) {
            Some(known) => known.hint.ids = together([known.hint.ids.take(), hint.ids]),
            None => self.later.push(Later { at: at.clone(), hint, due }),
        }
    }

    /// A full pass that began then has looked at everything noted before. What is to be looked at
    /// again later stays: it waits because reads may lag behind, as that pass's may have.
    pub(super) fn covered(&mut self, began: Instant) {
        for mark in self.kinds.values_mut() {
            mark.pending.retain(|it| it.since > began);
            mark.flooded = mark.flooded.filter(|since| *since > began);
        }
        self.later.retain(|it| it.due > began);
    }
}

impl Mark {
    fn new(now: Instant) -> Self {
        let (pending, flooded) = (Vec::new(), None);
        Self { pending, flooded, next: now, gap: FIRST_GAP, spare: SPARE, since: now }
    }

    /// Sets the time of the next look: later and later while events come faster than looks, and as
    /// at first after a while of quiet, or for one that came when the pause was over.
    fn space(&mut self, came_late: bool, now: Instant) {
        while self.since + LONGEST_GAP <= now && self.spare < SPARE {
            self.since += LONGEST_GAP;
            self.spare += 1;
        }
        if self.spare >= SPARE {
            self.since = now;
        }
        let quiet = now.saturating_duration_since(self.next) > LONGEST_GAP;
        if quiet {
            self.gap = FIRST_GAP;
        } else if came_late && self.gap > FIRST_GAP && self.spare > 0 {
            self.spare -= 1;
            self.gap = FIRST_GAP;
        }
        self.next = now + self.gap;
        self.gap = LONGEST_GAP.min(self.gap * 2);
    }

    fn is_marked(&self) -> bool {
        !self.pending.is_empty() || self.flooded.is_some()
    }
}

fn together(all: impl IntoIterator<Item = Option<BTreeSet<String>>>) -> Option<BTreeSet<String>> {
    let mut ids = BTreeSet::new();
    for some in all {
        ids.extend(some?);
        if ids.len() > MAX_IDS {
            return None;
        }
    }
    Some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> ScopedKind {
        ScopedKind::new("prod", "SecurityGroup")
    }

    fn ids(names: &[&str]) -> Option<BTreeSet<String>> {
        Some(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn the_first_event_is_looked_at_at_once_and_events_are_taken_together() {
        let (mut marks, own, now) = (Marks::default(), Own::default(), Instant::now());
        assert_eq!(marks.due(), None);
        marks.note(&at(), ids(&["sg-1"]), None, now);
        marks.note(&at(), ids(&["sg-2"]), None, now);
        assert_eq!(marks.due(), Some(now));
        let hints = marks.take(&own, now);
        assert_eq!(hints[&at()], Hint { ids: ids(&["sg-1", "sg-2"]), looks: 0 });
        assert_eq!(marks.due(), None);
        marks.note(&at(), None, None, now);
        assert_eq!(marks.due(), Some(now + FIRST_GAP));
        assert!(marks.take(&own, now).is_empty());
        assert_eq!(marks.take(&own, now + FIRST_GAP)[&at()].ids, None);
    }

    #[test]
    fn a_flood_costs_a_few_looks_and_little_memory() {
        let (mut marks, own, start) = (Marks::default(), Own::default(), Instant::now());
        let mut looks = 0;
        for number in 0..10_000_u32 {
            let now = start + Duration::from_millis(u64::from(number) * 6);
            marks.note(&at(), ids(&[&format!("sg-{number}")]), None, now);
            looks += marks.take(&own, now).len();
        }
        assert!(marks.kinds[&at()].pending.len() <= MAX_PENDING);
        assert_eq!(looks, 5, "after 0, 2, 6, 14 and 30 seconds");
        let hints = marks.take(&own, start + Duration::from_mins(5));
        assert_eq!(hints[&at()].ids, None, "too many for reads one by one");
    }

    #[test]
    fn changes_that_come_slowly_are_each_looked_at_at_once_and_not_without_end() {
        let (mut marks, own, mut now) = (Marks::default(), Own::default(), Instant::now());
        let mut waited = Vec::new();
        for number in 0..100 {
            marks.note(&at(), ids(&[&format!("sg-{number}")]), None, now);
            let due = marks.due().unwrap();
            waited.push(due.saturating_duration_since(now));
            assert_eq!(marks.take(&own, due.max(now)).len(), 1);
            now = due.max(now) + Duration::from_secs(5);
        }
        let at_once = waited.iter().take_while(|it| it.is_zero()).count();
        assert!((SPARE as usize..40).contains(&at_once), "{at_once}");
        assert!(waited[90..].iter().any(|it| *it >= Duration::from_secs(20)), "{waited:?}");
    }

    #[test]
    fn what_this_process_did_is_not_looked_at() {
        let (mut marks, own, now) = (Marks::default(), Own::default(), Instant::now());
        marks.note(&at(), ids(&["sg-1"]), Some("r-1"), now);
        marks.note(&at(), ids(&["sg-2"]), Some("r-2"), now);
        // The answer came after the event.
        own.note("prod", "EC2", "CreateTags", "r-1");
        assert_eq!(marks.take(&own, now)[&at()].ids, ids(&["sg-2"]));
        marks.note(&at(), None, Some("r-1"), now + FIRST_GAP);
        assert!(marks.take(&own, now + FIRST_GAP).is_empty());
    }

    #[test]
    fn a_full_pass_covers_what_was_noted_before_it_began() {
        let (mut marks, own, now) = (Marks::default(), Own::default(), Instant::now());
        marks.note(&at(), ids(&["sg-1"]), None, now);
        let began = now + Duration::from_secs(1);
        marks.note(&at(), ids(&["sg-2"]), None, began + Duration::from_secs(1));
        marks.covered(began);
        let hints = marks.take(&own, began + Duration::from_secs(2));
        assert_eq!(hints[&at()].ids, ids(&["sg-2"]));
    }

    #[test]
    fn a_full_pass_before_the_time_of_a_second_look_does_not_stand_for_it() {
        let (mut marks, own, now) = (Marks::default(), Own::default(), Instant::now());
        marks.again(&at(), &Hint { ids: ids(&["sg-1"]), looks: 0 }, false, now);
        marks.covered(now + Duration::from_secs(1));
        assert_eq!(marks.due(), Some(now + AGAIN[0]));
        assert_eq!(marks.take(&own, now + AGAIN[0])[&at()].ids, ids(&["sg-1"]));
        marks.again(&at(), &Hint { ids: ids(&["sg-1"]), looks: 0 }, false, now);
        marks.covered(now + AGAIN[0]);
        assert_eq!(marks.due(), None);
    }

    #[test]
    fn what_does_not_differ_is_looked_at_twice_more_and_what_was_written_once() {
        let (mut marks, own, now) = (Marks::default(), Own::default(), Instant::now());
        let mut hint = Hint { ids: ids(&["sg-1"]), looks: 0 };
        let mut time = now;
        for pause in AGAIN {
            marks.again(&at(), &hint, false, time);
            time += pause;
            assert_eq!(marks.due(), Some(time));
            hint = marks.take(&own, time).remove(&at()).unwrap();
        }
        marks.again(&at(), &hint, false, time);
        assert_eq!(marks.due(), None);
        marks.again(&at(), &Hint { ids: None, looks: 0 }, true, time);
        assert_eq!(marks.due(), Some(time));
        let hint = marks.take(&own, time).remove(&at()).unwrap();
        marks.again(&at(), &hint, false, time);
        assert_eq!(marks.due(), None);
    }
}
