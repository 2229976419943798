//! Why a process may not write in a scope now.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a process may not write in a scope, as far as leases are concerned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum Untenured {
    /// Another process holds the lease.
    Held {
        /// The process.
        by: String,
    },
    /// Nobody holds it.
    Free,
    /// It was not read yet.
    Unread,
    /// It was held by another process, and its time is over.
    Expired {
        /// The process.
        by: String,
    },
    /// This process holds it, and too little of its time is left for a call.
    TimeShort,
    /// The call belongs to no scope.
    NoScope,
}

impl fmt::Display for Untenured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { by } => write!(f, "{by} holds the lease of its scope, and writes there"),
            Self::Free => f.write_str("this process does not hold the lease of its scope"),
            Self::Unread => f.write_str("the lease of its scope has not been read yet"),
            Self::Expired { by } => {
                write!(f, "the lease of its scope is taken over from {by}")
            }
            Self::TimeShort => f.write_str(
                "too little time is left of the lease of its scope; it continues after the next \
                 renewal",
            ),
            Self::NoScope => f.write_str("it belongs to no scope, so no lease allows it"),
        }
    }
}
