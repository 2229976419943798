//! Who has which permission set of Identity Center in an account.
//!
//! A permission set alone gives nobody anything; its assignments do. Those of an account are
//! exclusive: one that no manifest names is taken away. They cannot be tagged, so a manifest adopts
//! the account by its number, and removing the manifest leaves everything as it is.
//!
//! AWS works on each assignment for a while after it has accepted the request. Meanwhile the edit
//! of this assignment waits and the others go on; what a request says in the end is read in later
//! passes ([`aws`]).

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
pub const NAME: &str = "PermissionSetAssignment";
