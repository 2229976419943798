//! Monitors: judge every call against what is really there.
//!
//! They know palisade's contract, not its code: claims (tags), which addresses are declared, which may be deleted, what each
//! address should become in the end. Every rule is checked on every mutating call, so that it holds after every prefix of a
//! run, which is at every point where the process may die.
//!
//! | rule | what is judged |
//! |---|---|
//! | S1 ownership | what is changed carried our claim before the call, or is adopted by id; what is new carries it from birth |
//! | S2 place | the account is configured, and the caller identity that was shown is that account's |
//! | S3 no duplicate | one resource an address; no second create while an answer is unclear, nor soon after a start |
//! | S4 never weaker midway | what is there after a call was there before or is wanted; what was there and is wanted stays |
//! | S5 deletion | only of what may be deleted, keys with the days asked for |
//! | S6 input | nothing at all by a process that has not read any good input yet |
//! | S7 completeness | no create and no delete of a kind whose last listing in this pass failed |
//! | S8 freshness | only within a pass, and not long after it began |
//! | S10 bounded force | calls a pass, and repetitions of one call |
//! | S12 no self-lockout | no lockout check bypassed, no target without a control policy or without one that allows all where one did, no key that nobody may look after, no control policy that denies all, or what palisade needs for what it has |
//! | S14 brake | nothing after the brake |
//! | S15 holes | what somebody opened is closed while nothing permitted stands in the way; judged after each pass |

mod holes;
mod lockout;
mod rules;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Watch, Witnessed};

/// What a run may do.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// The installation's name in claims.
    pub owner: String,
    /// The accounts of its scopes.
    pub accounts: BTreeSet<String>,
    /// Addresses that are declared present: they may be created and changed.
    pub present: BTreeSet<String>,
    /// Addresses that may be deleted.
    pub deletable: BTreeSet<String>,
    /// Those of them that no manifest declares: not before a settle window has passed since the process began.
    pub undeclared: BTreeSet<String>,
    /// Ids that may be taken over without a claim.
    pub adoptable: BTreeSet<String>,
    /// What each address should become, as [`super::Truth::by_address`] words it; where an address is missing, S4 is not judged.
    pub wanted: BTreeMap<String, BTreeSet<String>>,
    /// The waiting period of deleted keys.
    pub key_window_days: i64,
    /// How long after a start a kind without token and unique name must not be created, and nothing be pruned.
    pub settle_window: Duration,
    /// Whether two processes run: then kinds without token and unique name may be there twice.
    pub two_writers: bool,
}

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// `S1`, …
    pub rule: &'static str,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.what)
    }
}

/// A monitor; clones share what they have seen.
#[derive(Debug, Clone, Default)]
pub struct Monitor(Arc<Mutex<Seen>>);

/// What a monitor has seen.
#[derive(Debug, Default)]
struct Seen {
    expect: Expectations,
    violations: Vec<Violation>,
    mutations: u64,
    in_pass: u64,
    braked: bool,
    /// The process has not read anything good since it began.
    blind: bool,
    /// The brake came with a call that was under way: that one may end.
    braking: bool,
    /// When the pass began, in the world's time.
    pass: Option<Duration>,
    /// When the process began.
    life: Duration,
    /// Listings of this pass whose last call failed: account and kind.
    unlisted: BTreeSet<(String, &'static str)>,
    /// Accounts whose caller identity was shown as another one.
    impostors: BTreeSet<String>,
    /// Creates whose answer was unclear, by address, with their time.
    unclear: BTreeMap<String, Duration>,
    /// Where AWS last said that each policy is attached.
    shown_at: BTreeMap<String, BTreeSet<String>>,
    /// Successful writes lately.
    lately: Vec<(Duration, String)>,
    /// What has been open although nothing was in the way.
    open: holes::Open,
}

impl Monitor {
    /// A monitor with these expectations.
    pub fn new(expect: Expectations) -> Self {
        Self(Arc::new(Mutex::new(Seen { expect, ..Seen::default() })))
    }

    /// From now on, this is expected.
    pub fn expect(&self, expect: Expectations) {
        self.seen().expect = expect;
    }

    /// A process begins: it knows nothing of earlier creates.
    pub fn life_begins(&self, now: Duration) {
        let mut seen = self.seen();
        seen.life = now;
        seen.unclear.clear();
        seen.pass = None;
        seen.blind = false;
        seen.open.forget();
    }

    /// The process that just began finds nothing in the directory that it may go by.
    pub fn begins_blind(&self) {
        self.seen().blind = true;
    }

    /// The directory says something good again.
    pub fn sees(&self) {
        self.seen().blind = false;
    }

    /// A pass begins.
    pub fn pass_begins(&self, now: Duration) {
        let mut seen = self.seen();
        seen.pass = Some(now);
        seen.in_pass = 0;
        seen.unlisted.clear();
        seen.impostors.clear();
    }

    /// A pass is over: nothing may be written until the next one.
    pub fn pass_ends(&self) {
        self.seen().pass = None;
    }

    /// The brake is engaged while a call is under way: from the next one on, nothing may be written.
    pub fn brake(&self) {
        self.seen().braking = true;
    }

    /// The brake is released.
    pub fn release(&self) {
        let mut seen = self.seen();
        (seen.braked, seen.braking) = (false, false);
    }

    /// The mutating calls so far.
    pub fn mutations(&self) -> u64 {
        self.seen().mutations
    }

    /// The rules broken so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.seen().violations.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Monitor {
    fn witness(&mut self, call: &Witnessed<'_>) {
        let mut seen = self.seen();
        seen.witness(call);
        seen.braked |= std::mem::take(&mut seen.braking);
    }
}
