//! What a run may do, and the violations.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use crate::simulator::truth::Owner;

/// What a run may do.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// The owner whose resources may be changed.
    pub owner: Owner,
    /// The accounts of its scopes.
    pub accounts: BTreeSet<String>,
    /// Addresses that are declared present: their resources may be created and changed.
    pub present: BTreeSet<String>,
    /// Addresses that may be deleted.
    pub deletable: BTreeSet<String>,
    /// Those of the deletable addresses that no manifest declares: they may be deleted only after
    /// the settle window since the start of the process.
    pub undeclared: BTreeSet<String>,
    /// Ids that may be changed without a claim.
    pub adoptable: BTreeSet<String>,
    /// The wanted facts of each address, in the words of [`crate::simulator::Truth::by_address`];
    /// S4 is not checked for missing addresses.
    pub wanted: BTreeMap<String, BTreeSet<String>>,
    /// The waiting period of deleted keys.
    pub key_window_days: i64,
    /// How long after a start nothing may be pruned, and kinds with neither token nor unique name
    /// must not be created.
    pub settle_window: Duration,
    /// Whether two processes run: then kinds with neither token nor unique name may have
    /// duplicates.
    pub two_writers: bool,
}

/// A violation of a rule.
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

/// The beginning of a fact, for a message.
pub(super) fn short(fact: &str) -> String {
    fact.chars().take(160).collect()
}
