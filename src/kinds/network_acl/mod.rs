//! Network ACLs: their entries and the subnets that they filter.
//!
//! Entries are exclusive: what no manifest names goes, but for the two that deny the rest and that
//! nobody can change. The first entry that fits a packet decides, by number, so the order of edits
//! matters: it is one in which no packet passes, for a moment, that neither side lets through.
//!
//! A subnet always has one ACL. One that another ACL of ours has is taken over at once; one that
//! leaves its ACL gets the default one of its VPC, and that waits while that one lets anything
//! through.

pub mod aws;
mod entries;
mod leaves;
mod operations;
#[cfg(test)]
mod tests;

pub use self::leaves::table;

/// The kind's name in manifests.
pub const NAME: &str = "NetworkAcl";
