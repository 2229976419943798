//! What people ask of one running process: to stop writing, in whole or in part.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Extent, Pause, Release,
    pause::{RELEASES_KEPT, moment},
};

/// What is over is forgotten after this time only, in seconds: another machine, whose clock may be
/// behind, still counts on it.
const CLOCKS_APART: u64 = 3600;

/// How the brake of a process was engaged: a metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Means {
    /// SIGUSR1.
    Signal,
    /// A command over the process's socket.
    Socket,
    /// A command on any machine, over the table of the memory.
    Remote,
    /// What the memory keeps of the brake cannot be read: it may have been on.
    Memory,
}

impl Means {
    /// The word, for metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Socket => "socket",
            Self::Remote => "remote",
            Self::Memory => "memory",
        }
    }
}

/// A brake that is on until somebody releases it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Engaged {
    /// How it was engaged.
    pub means: Means,
    /// By whom.
    pub by: String,
    /// Why, in its author's words.
    pub reason: String,
    /// Since when, in seconds since the epoch.
    pub since: u64,
}

impl fmt::Display for Engaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, reason, since, .. } = self;
        write!(f, "the brake is on since {}, engaged by {by}: {reason}", moment(*since))
    }
}

/// What one process must not write because people asked it, by signal or over its socket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Asked {
    /// The brake, if it is on.
    pub engaged: Option<Engaged>,
    /// Pauses, including those that are over.
    pub pauses: Vec<Pause>,
    /// Pauses that were ended early, recently.
    pub released: Vec<Release>,
}

impl Asked {
    /// Begins pauses. A pause of the same extent is replaced.
    pub fn begin(&mut self, pauses: &[Pause], now: u64) {
        self.tidy(now);
        self.pauses.retain(|old| pauses.iter().all(|new| new.extent != old.extent));
        self.pauses.extend(pauses.iter().cloned());
    }

    /// Ends the pauses of these extents and returns those that were in force.
    pub fn end(&mut self, extents: &[Extent], by: &str, now: u64) -> Vec<Pause> {
        self.tidy(now);
        let (over, left): (Vec<_>, Vec<_>) =
            self.pauses.drain(..).partition(|pause| extents.contains(&pause.extent));
        self.pauses = left;
        let release = |pause: &Pause| Release { pause: pause.clone(), by: by.to_owned(), at: now };
        let in_force: Vec<_> = over.into_iter().filter(|pause| !pause.is_over(now)).collect();
        self.released.extend(in_force.iter().map(release));
        in_force
    }

    /// Adds what others asked (`theirs`) since both sides agreed (`base`). What only one side has
    /// changed is as that side has it; where both have, less is written.
    pub fn merge(&mut self, base: &Self, theirs: &Self, now: u64) {
        let sides = [base, &*self, theirs];
        let engaged = merged(sides.map(|it| it.engaged.as_ref())).cloned();
        let both = theirs.pauses.iter().chain(&self.pauses).map(|pause| &pause.extent);
        let mut extents: Vec<&Extent> = Vec::new();
        for extent in both {
            if !extents.contains(&extent) {
                extents.push(extent);
            }
        }
        let of = |extent: &Extent| {
            merged(sides.map(|it| it.pauses.iter().find(|it| it.extent == *extent))).cloned()
        };
        let pauses: Vec<Pause> = extents.into_iter().filter_map(of).collect();
        let mut released = theirs.released.clone();
        released.extend(self.released.iter().filter(|it| !theirs.released.contains(it)).cloned());
        *self = Self { engaged, pauses, released };
        self.tidy(now);
    }

    /// Forgets what is over, so that it does not grow.
    fn tidy(&mut self, now: u64) {
        self.pauses.retain(|pause| !pause.is_over(now.saturating_sub(CLOCKS_APART)));
        self.released.retain(|release| now < release.at.saturating_add(RELEASES_KEPT));
    }
}

/// One thing as both sides had it, as we have it and as they have it; none if it does not stop
/// anything.
fn merged<T: PartialEq>([base, ours, theirs]: [Option<&T>; 3]) -> Option<&T> {
    if ours == base {
        theirs
    } else if theirs == base {
        ours
    } else {
        ours.or(theirs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(scope: &str, until: u64) -> Pause {
        let extent = Extent::Scope(scope.into());
        Pause { extent, until, reason: "incident".into(), by: "ann".into(), since: 1 }
    }

    #[test]
    fn a_pause_of_the_same_extent_is_replaced_and_what_is_over_is_forgotten() {
        let mut asked = Asked::default();
        asked.begin(&[pause("a", 100), pause("b", 20)], 10);
        asked.begin(&[pause("a", 200)], 30);
        assert_eq!(asked.pauses, [pause("b", 20), pause("a", 200)]);
        assert_eq!(asked.end(&[Extent::Scope("b".into())], "bob", 40), []);
        assert_eq!(asked.end(&[Extent::Scope("a".into())], "bob", 40), [pause("a", 200)]);
        assert_eq!(asked.released.len(), 1);
        asked.begin(&[pause("c", 50)], 45);
        asked.begin(&[], 50 + CLOCKS_APART.max(RELEASES_KEPT));
        assert_eq!(asked, Asked::default());
    }

    fn engaged(by: &str) -> Option<Engaged> {
        let (means, by, reason) = (Means::Remote, by.to_owned(), "INC-7".to_owned());
        Some(Engaged { means, by, reason, since: 1 })
    }

    #[test]
    fn what_one_side_changed_is_taken_over_and_where_both_did_less_is_written() {
        let brake = |by: Option<&str>| by.and_then(engaged);
        for (base, ours, theirs, merged) in [
            (None, None, Some("ann"), Some("ann")),
            (None, Some("bob"), None, Some("bob")),
            (Some("ann"), Some("ann"), None, None),
            (Some("ann"), None, Some("ann"), None),
            (Some("ann"), None, None, None),
            // One released it, and the other engaged it anew.
            (Some("ann"), None, Some("eve"), Some("eve")),
            (None, Some("bob"), Some("ann"), Some("bob")),
        ] {
            let of = |by| Asked { engaged: brake(by), ..Asked::default() };
            let mut asked = of(ours);
            asked.merge(&of(base), &of(theirs), 10);
            assert_eq!(asked, of(merged), "{base:?} {ours:?} {theirs:?}");
        }
    }

    #[test]
    fn pauses_are_merged_one_by_one() {
        let of = |pauses: &[Pause]| Asked { pauses: pauses.to_vec(), ..Asked::default() };
        let base = of(&[pause("a", 100), pause("b", 100), pause("c", 100)]);
        // Here b was ended and d begun, there c was ended and a prolonged.
        let mut ours = of(&[pause("a", 100), pause("c", 100), pause("d", 100)]);
        let theirs = of(&[pause("a", 200), pause("b", 100)]);
        ours.merge(&base, &theirs, 10);
        assert_eq!(ours.pauses, [pause("a", 200), pause("d", 100)]);
        let mut same = base.clone();
        same.merge(&base, &theirs, 10);
        assert_eq!(same, theirs);
    }

    #[test]
    fn a_clock_that_is_ahead_ends_no_pause_of_another_machine() {
        let base = Asked { pauses: vec![pause("a", 100)], ..Asked::default() };
        let mut ours = base.clone();
        ours.merge(&base, &base, 100 + CLOCKS_APART - 1);
        assert_eq!(ours, base);
        ours.begin(&[pause("b", 9000)], 200);
        assert_eq!(ours.pauses.len(), 2);
    }

    #[test]
    fn it_says_since_when_by_whom_and_why() {
        let engaged = Engaged {
            means: Means::Signal,
            by: "SIGUSR1".into(),
            reason: "no reason given".into(),
            since: 1_764_417_780,
        };
        assert_eq!(
            engaged.to_string(),
            "the brake is on since 2025-11-29T12:03:00Z, engaged by SIGUSR1: no reason given"
        );
    }
}
