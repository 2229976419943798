//! Records in the audit log when people stop writing, in whole or in part, and when that ends.

use std::{collections::BTreeSet, fmt, time::Duration};

use tokio::time::Instant;

use super::history::History;
use crate::{
    model::{Extent, Halt, Pause, Stop, pause::moment},
    settings::now,
};

/// What was halted when it was last checked.
#[derive(Debug, Default)]
pub(super) struct Halted {
    /// What is halted now.
    pub(super) halt: Halt,
    known: BTreeSet<Pause>,
    stop: Option<Stop>,
}

/// A change of what is halted.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Turn {
    Begun(Pause),
    /// It ended by itself.
    Over(Pause),
    /// Somebody ended it; by whom, if the brake file says so.
    Released(Pause, Option<String>),
    Stopped(Stop),
    Resumed(Stop),
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begun(pause) => write!(f, "{}: {pause}", pause.extent),
            Self::Over(pause) => {
                write!(f, "{}: the pause is over ({pause})", pause.extent)
            }
            Self::Released(pause, by) => {
                let by = by.as_deref().unwrap_or("somebody");
                write!(f, "{}: {by} ended the pause ({pause})", pause.extent)
            }
            Self::Stopped(stop) => write!(f, "all writing is stopped: {stop}"),
            Self::Resumed(stop) => write!(f, "writing is no longer stopped ({stop})"),
        }
    }
}

impl Turn {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Begun(_) => "pause_begun",
            Self::Over(_) => "pause_over",
            Self::Released(..) => "pause_released",
            Self::Stopped(_) => "stopped",
            Self::Resumed(_) => "resumed",
        }
    }

    fn pause(&self) -> Option<&Pause> {
        match self {
            Self::Begun(pause) | Self::Over(pause) | Self::Released(pause, _) => Some(pause),
            Self::Stopped(_) | Self::Resumed(_) => None,
        }
    }

    fn log(&self) {
        let pause = self.pause();
        tracing::warn!(
            target: "palisade::audit",
            event = self.as_str(),
            extent = pause.map(|pause| pause.extent.to_string()),
            by = pause.map(|pause| pause.by.as_str()),
            reason = pause.map(|pause| pause.reason.as_str()),
            until = pause.map(|pause| moment(pause.until)),
            "{self}"
        );
    }
}

impl Halted {
    /// Updates to what is halted now, and logs the changes.
    pub(super) fn look(&mut self, halt: Halt, history: &mut History, at: f64) {
        for turn in self.turns(&halt, now()) {
            turn.log();
            let address = turn.pause().and_then(|pause| match &pause.extent {
                Extent::Address(address) => Some(address.clone()),
                Extent::Everything | Extent::Scope(_) => None,
            });
            let ends = !matches!(turn, Turn::Begun(_) | Turn::Stopped(_));
            history.halt(at, address, ends, turn.to_string());
        }
        self.halt = halt;
    }

    fn turns(&mut self, halt: &Halt, now: u64) -> Vec<Turn> {
        let mut turns = Vec::new();
        // Observe mode is a setting, not an incident.
        let stop = halt.stop.clone().filter(|stop| *stop != Stop::Observe);
        if stop != self.stop {
            turns.extend(self.stop.take().map(Turn::Resumed));
            turns.extend(stop.clone().map(Turn::Stopped));
        }
        self.stop = stop;
        if matches!(halt.stop, Some(Stop::BrakeFile { .. })) {
            // The pauses cannot be read; that does not mean that they have ended.
            return turns;
        }
        let pauses: BTreeSet<Pause> = halt.pauses.iter().cloned().collect();
        for gone in self.known.difference(&pauses) {
            let release = halt.released.iter().find(|release| release.pause == *gone);
            turns.push(match release {
                None if gone.is_over(now) => Turn::Over(gone.clone()),
                release => Turn::Released(gone.clone(), release.map(|it| it.by.clone())),
            });
        }
        turns.extend(pauses.difference(&self.known).cloned().map(Turn::Begun));
        self.known = pauses;
        turns
    }

    /// When the first of the pauses ends.
    pub(super) fn next_end(&self) -> Option<Instant> {
        let until = self.halt.pauses.iter().map(|pause| pause.until).min()?;
        Instant::now().checked_add(Duration::from_secs(until.saturating_sub(now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Release;

    fn pause(scope: &str, until: u64) -> Pause {
        let extent = Extent::Scope(scope.into());
        Pause { extent, until, reason: "incident".into(), by: "ann".into(), since: 1 }
    }

    fn paused(pauses: &[Pause]) -> Halt {
        Halt { pauses: pauses.to_vec(), ..Halt::default() }
    }

    #[test]
    fn a_pause_is_logged_once_when_it_begins_and_once_when_it_is_over() {
        let mut halted = Halted::default();
        let a = pause("a", 100);
        assert_eq!(halted.turns(&paused(std::slice::from_ref(&a)), 50), [Turn::Begun(a.clone())]);
        assert_eq!(halted.turns(&paused(std::slice::from_ref(&a)), 60), []);
        assert_eq!(halted.turns(&paused(&[]), 100), [Turn::Over(a)]);
        assert_eq!(halted.turns(&paused(&[]), 101), []);
    }

    #[test]
    fn who_ended_a_pause_early_is_logged() {
        let mut halted = Halted::default();
        let (a, b) = (pause("a", 100), pause("b", 100));
        halted.turns(&paused(&[a.clone(), b.clone()]), 50);
        let release = Release { pause: a.clone(), by: "bob".into(), at: 60 };
        let halt = Halt { released: vec![release], ..paused(&[]) };
        let turns = halted.turns(&halt, 61);
        assert_eq!(turns, [Turn::Released(a, Some("bob".into())), Turn::Released(b, None)]);
        assert!(turns[0].to_string().contains("bob ended the pause (paused by ann"));
    }

    #[test]
    fn a_longer_pause_takes_the_place_of_a_shorter_one() {
        let mut halted = Halted::default();
        let (short, long) = (pause("a", 100), pause("a", 200));
        halted.turns(&paused(std::slice::from_ref(&short)), 50);
        let release = Turn::Released(short, None);
        assert_eq!(
            halted.turns(&paused(std::slice::from_ref(&long)), 60),
            [release, Turn::Begun(long)]
        );
    }

    #[test]
    fn a_brake_file_that_cannot_be_read_ends_no_pause() {
        let mut halted = Halted::default();
        let a = pause("a", 100);
        halted.turns(&paused(std::slice::from_ref(&a)), 50);
        let stop = Stop::BrakeFile { path: "f".into(), why: "exists".into() };
        let closed = Halt { stop: Some(stop.clone()), ..Halt::default() };
        assert_eq!(halted.turns(&closed, 60), [Turn::Stopped(stop.clone())]);
        assert_eq!(halted.turns(&closed, 61), []);
        assert_eq!(halted.turns(&paused(&[a]), 62), [Turn::Resumed(stop)]);
    }

    #[test]
    fn observe_mode_is_not_an_incident() {
        let mut halted = Halted::default();
        let observing = Halt { stop: Some(Stop::Observe), ..Halt::default() };
        assert_eq!(halted.turns(&observing, 50), []);
    }
}
