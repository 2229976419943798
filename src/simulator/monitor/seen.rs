//! What a monitor has seen.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    expect::{Expectations, Violation},
    holes::{Open, holes},
};
use crate::simulator::truth::Truth;

/// What a monitor has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub expect: Expectations,
    pub violations: Vec<Violation>,
    pub mutations: u64,
    pub in_pass: u64,
    pub braked: bool,
    /// The process has not read any valid input since it started.
    pub blind: bool,
    /// The brake was engaged during a call, which may finish.
    pub braking: bool,
    /// When the pass began, in the world's time.
    pub pass: Option<Duration>,
    /// When the process started.
    pub started: Duration,
    /// Listings of this pass whose last call failed: account and kind.
    pub unlisted: BTreeSet<(String, &'static str)>,
    /// Accounts for which another caller identity was shown.
    pub impostors: BTreeSet<String>,
    /// Creates with an unclear outcome, by address, with their time.
    pub unclear: BTreeMap<String, Duration>,
    /// The targets at which AWS last showed each policy.
    pub shown_at: BTreeMap<String, BTreeSet<String>>,
    /// Recent successful writes.
    pub lately: Vec<(Duration, String)>,
    /// Holes that are open although nothing prevents closing them.
    pub open: Open,
}

impl Seen {
    /// Whether a call closed something that was open and not wanted.
    pub(super) fn closes(&self, before: &Truth, after: &Truth) -> bool {
        let owner = &self.expect.owner;
        let (before, after) = (before.by_address(owner), after.by_address(owner));
        self.expect.wanted.iter().any(|(address, wanted)| {
            let open = |truth: &BTreeMap<String, BTreeSet<String>>| {
                truth.get(address).map(|found| holes(found, wanted)).unwrap_or_default()
            };
            open(&before).difference(&open(&after)).next().is_some()
        })
    }
}
