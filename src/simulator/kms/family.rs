//! Which Regions a multi-Region key is in.

use std::collections::BTreeSet;

/// The Regions of a multi-Region key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Family {
    /// The Region of the primary key.
    pub primary: String,
    /// The Regions of the replicas.
    pub replicas: BTreeSet<String>,
}
