//! What a run may do, and what it did that it may not.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use crate::simulator::truth::Owner;

/// What a run may do.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// Whose resources may be changed.
    pub owner: Owner,
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
    /// What each address should become, as [`crate::simulator::Truth::by_address`] words it; where an address is missing, S4 is not judged.
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

/// The beginning of a fact, for a sentence.
pub(super) fn short(fact: &str) -> String {
    fact.chars().take(160).collect()
}
