//! Network ACLs: their entries and the subnets that they filter.
//!
//! Entries are exclusive: what no manifest names goes, but for the two that deny the rest and that
//! nobody can change. The first entry that fits a packet decides, by number, so the order of edits
//! matters: it is one in which no packet passes, for a moment, that neither side lets through.
//!
//! A subnet always has one ACL. It is taken over at once from the default one of its VPC, or from
//! another one of ours; from anybody else's it is not taken. One that no manifest wants here any
//! more stays: the default ACL, to which others give such subnets back, may let everything through.
//!
//! The default ACL itself can be adopted. EC2 never deletes it.

pub mod aws;
mod baseline;
mod entries;
mod errors;
mod leaves;
mod operations;
mod records;
#[cfg(test)]
mod tests;

pub use self::leaves::table;

/// The kind's name in manifests.
pub const NAME: &str = "NetworkAcl";
