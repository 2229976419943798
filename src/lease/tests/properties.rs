//! Whatever is lost or late: no two processes ever believe that they hold a lease, and the fence
//! only grows.

use proptest::prelude::*;

use super::{ME, OTHER, record, s, terms};
use crate::lease::state::{Moment, Record, Watched};

/// What happens next. The numbers of processes are 0 and 1.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// Time passes.
    Wait(u64),
    /// A process reads the item.
    Read(usize),
    /// A process renews its lease, or takes one that is free or expired.
    Write(usize, Fate),
    /// A process gives its lease back.
    Release(usize, Fate),
    /// A write that is on its way arrives.
    Arrive,
}

/// What becomes of a write.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It arrives, and is answered.
    Answered,
    /// It arrives, and the answer is lost.
    Unanswered,
    /// It arrives later, without an answer.
    Late,
    /// It never arrives.
    Gone,
}

/// A conditional write that is on its way.
#[derive(Debug, Clone)]
struct Write {
    expected: Option<String>,
    new: Record,
    counts: bool,
}

#[derive(Debug, Default)]
struct Table {
    item: Option<Record>,
    late: Vec<Write>,
}

impl Table {
    fn apply(&mut self, write: &Write) -> Option<Record> {
        if self.item.as_ref().map(|it| &it.version) != write.expected.as_ref() {
            return None;
        }
        let fence = self.item.as_ref().map_or(0, |it| it.fence) + u64::from(write.counts);
        let new = Record { fence, ..write.new.clone() };
        self.item = Some(new.clone());
        Some(new)
    }
}

struct World {
    now: Moment,
    table: Table,
    processes: [Watched; 2],
    versions: u64,
}

impl World {
    fn write(&mut self, who: usize, releases: bool, fate: Fate) {
        let process = &self.processes[who];
        let name = [ME, OTHER][who];
        let own = process.ours().map(|tenure| tenure.record.clone());
        if process.is_doubted() || (releases && own.is_none()) {
            return;
        }
        self.versions += 1;
        let version = format!("{name}/{}", self.versions);
        let new = Record { released: releases, ..record(name, 0, &version) };
        let write = match own {
            Some(held) => Write { expected: Some(held.version), new, counts: false },
            None => {
                let free = matches!(process.lease, crate::lease::Lease::Free { .. });
                if !free && !process.is_expired(s(60), self.now) {
                    return;
                }
                let expected = match &process.lease {
                    crate::lease::Lease::Free { record, .. } => {
                        record.as_ref().map(|it| it.version.clone())
                    }
                    crate::lease::Lease::Others { record, .. } => Some(record.version.clone()),
                    _ => return,
                };
                Write { expected, new, counts: true }
            }
        };
        let process = &mut self.processes[who];
        process.sends(&version, self.now);
        if releases {
            process.gives_up();
        }
        match fate {
            Fate::Answered => match self.table.apply(&write) {
                Some(record) => drop(process.wrote(record, self.now, self.now)),
                None => process.refused(&version),
            },
            Fate::Unanswered => {
                self.table.apply(&write);
                process.unanswered();
            }
            Fate::Late => {
                self.table.late.push(write);
                process.unanswered();
            }
            Fate::Gone => process.unanswered(),
        }
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Wait(seconds) => self.now += s(seconds),
            Event::Read(who) => {
                self.processes[who].saw(self.table.item.clone(), self.now);
            }
            Event::Write(who, fate) => self.write(who, false, fate),
            Event::Release(who, fate) => self.write(who, true, fate),
            Event::Arrive if self.table.late.is_empty() => {}
            Event::Arrive => {
                let write = self.table.late.remove(0);
                self.table.apply(&write);
            }
        }
    }

    /// Those who believe that they may write.
    fn holders(&self) -> Vec<u64> {
        let may = |process: &&Watched| {
            !process.is_doubted()
                && process.ours().is_some_and(|it| it.left(self.now) > terms().needed)
        };
        let holders = self.processes.iter().filter(may);
        holders.filter_map(|it| it.ours()).map(|it| it.record.fence).collect()
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Answered),
        1 => Just(Fate::Unanswered),
        1 => Just(Fate::Late),
        1 => Just(Fate::Gone),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let who = 0_usize..2;
    prop_oneof![
        3 => (0_u64..40).prop_map(Event::Wait),
        4 => who.clone().prop_map(Event::Read),
        5 => (who.clone(), fate()).prop_map(|(who, fate)| Event::Write(who, fate)),
        1 => (who, fate()).prop_map(|(who, fate)| Event::Release(who, fate)),
        1 => Just(Event::Arrive),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nobody_writes_besides_the_holder_and_the_fence_only_grows(
        events in prop::collection::vec(event(), 1..80),
    ) {
        let mut world = World {
            now: s(0),
            table: Table::default(),
            processes: [Watched::default(), Watched::default()],
            versions: 0,
        };
        // The fence of the last process that could write: the next one must have a higher one.
        let (mut last, mut fence) = (None, 0);
        for event in events {
            world.step(event);
            let holders = world.holders();
            prop_assert!(holders.len() <= 1, "{:?}", world.processes);
            if let Some(now) = holders.first().copied() {
                let who = world.processes.iter().position(|it| {
                    it.ours().is_some_and(|it| it.record.fence == now)
                });
                prop_assert!(now > fence || (now == fence && who == last), "{now} after {fence}");
                (last, fence) = (who, now);
            }
            let kept = world.table.item.as_ref().map_or(0, |it| it.fence);
            prop_assert!(kept >= fence, "the table counts {kept}, somebody wrote with {fence}");
        }
    }
}
