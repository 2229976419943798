//! User profiles of Studio: who may work in a domain, and what differs for one of them.
//!
//! A profile's settings win over its domain's; only its security groups add to them. So only what a
//! manifest names is compared and sent. AWS makes profiles by itself (for people that Identity
//! Center assigns to a domain, and for spaces): those that no manifest names are left alone.

pub mod aws;
pub(crate) mod baseline;
mod leaves;
mod operations;
mod records;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::leaves::table;
use crate::kind::table::Tree;

/// What its manifests call it.
pub const NAME: &str = "UserProfile";

/// Its name in the domain.
const USER_NAME: &str = "userProfileName";
/// Which user of the directory it is for.
const USER: &str = "singleSignOnUserValue";
/// What that is.
const IDENTIFIER: &str = "singleSignOnUserIdentifier";
/// Its settings.
pub(crate) const SETTINGS: &str = "userSettings";

/// A profile's state, for rules that look at its leaves by their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(pub(crate) Tree);
