//! Spaces of Studio: where one user, or several, work with an app and a volume of their own.
//!
//! A space's volume goes with it, and with the volume what people keep there. So a space goes only
//! by a tombstone, and never while an app runs in it. Spaces that no manifest names are left alone:
//! users make them.

pub mod aws;
mod baseline;
mod leaves;
mod operations;
mod records;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::leaves::table;
use crate::kind::table::Tree;

/// What its manifests call it.
pub const NAME: &str = "Space";

/// Its name in the domain.
const SPACE_NAME: &str = "spaceName";
/// The profile that it belongs to, as `domain/name`.
const OWNER: &str = "owner";
/// Who can work in it.
const SHARING: &str = "sharingType";
/// What Studio shows as its name.
const DISPLAY_NAME: &str = "displayName";
/// Its settings.
const SETTINGS: &str = "spaceSettings";
/// Settings that no update may have in it, changed or not: AWS answers "Updating AppType for Space
/// is not supported" even if it is the same (terraform-provider-aws#38370).
const AT_CREATION: [&str; 2] = ["spaceSettings.appType", "spaceSettings.spaceManagedResources"];

/// A space's state, for rules that look at its leaves by their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(Tree);
