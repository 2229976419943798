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
    /// The process has not read anything good since it began.
    pub blind: bool,
    /// The brake came with a call that was under way: that one may end.
    pub braking: bool,
    /// When the pass began, in the world's time.
    pub pass: Option<Duration>,
    /// When the process began.
    pub life: Duration,
    /// Listings of this pass whose last call failed: account and kind.
    pub unlisted: BTreeSet<(String, &'static str)>,
    /// Accounts whose caller identity was shown as another one.
    pub impostors: BTreeSet<String>,
    /// Creates whose answer was unclear, by address, with their time.
    pub unclear: BTreeMap<String, Duration>,
    /// Where AWS last said that each policy is attached.
    pub shown_at: BTreeMap<String, BTreeSet<String>>,
    /// Successful writes lately.
    pub lately: Vec<(Duration, String)>,
    /// What has been open although nothing was in the way.
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
