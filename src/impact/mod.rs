//! What a change of policies would have done to calls of the past.
//!
//! ```text
//! files, LookupEvents -> records -> actions, resource, context -> both policies -> tally -> report
//! ```
//!
//! A record of CloudTrail does not hold everything that a policy asks about. What it does not say
//! is unknown (`context`, `resource`, `actions`), policies are evaluated in three values, and what
//! depends on something unknown is reported as that, with what is missing: never as denied, and
//! never as not affected. Files are read as streams and calls that a policy cannot tell apart are
//! evaluated once, so that memory does not grow with their number.

mod actions;
mod analyst;
mod context;
mod files;
mod gunzip;
mod judge;
mod parameters;
mod policy;
mod record;
mod records;
mod report;
mod resource;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use self::{
    analyst::{Analyst, Known},
    files::{FileError, of_files},
    judge::Effect,
    policy::{Attached, Policy},
    report::{Covered, Group, Impact, OfPolicy, OnResource},
    tally::Tally,
};
use crate::model::OrganizationTree;

/// What is known about the organization and its accounts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ground {
    /// The id of the organization, to which the accounts belong.
    pub organization: Option<String>,
    /// The accounts of the settings.
    pub accounts: BTreeSet<String>,
    /// The management account, if it is known: no control policy affects it.
    pub managers: BTreeSet<String>,
    /// The places of all accounts, if they were read.
    pub tree: Option<OrganizationTree>,
    /// Accounts of which somebody says that the targets of control policies are above them.
    pub below: BTreeSet<String>,
}
