//! The result of an observation: everything, or nothing that may be acted on.

use serde::{Deserialize, Serialize};

use super::{PhysicalId, Tags};

/// The result of observing one kind in one scope in one pass.
///
/// Nothing is partly known: a failed page, a refused call or a time-out makes the whole kind
/// unknown for the pass, and nothing unknown is created, edited or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seen<T> {
    /// Every page was read, in this pass, in the right account.
    All(T),
    /// It could not be read; the reason is a message.
    Unknown(String),
}

impl<T> Seen<T> {
    /// The value, if it was observed.
    pub fn all(&self) -> Option<&T> {
        match self {
            Self::All(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

/// One live resource as it was observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed<S> {
    /// Its id.
    pub id: PhysicalId,
    /// Its ARN, which `${Kind/name.arn}` resolves to.
    pub arn: String,
    /// All its tags, read in this pass.
    pub tags: Tags,
    /// Its condition.
    pub phase: Phase,
    /// Its state in the kind's canonical type.
    pub state: S,
}

/// The condition of a live resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// It can be edited and referred to.
    Ready,
    /// AWS is still working on it (the state as AWS names it): nothing is sent until that is over.
    Settling(String),
    /// AWS reports that it failed (AWS's reason): shown, not edited.
    Failed(String),
    /// It is being deleted, and the deletion can be cancelled; only the kind's own edits apply,
    /// tags cannot be written.
    Restorable {
        /// The state as AWS names it.
        state: String,
        /// When AWS deletes it, in seconds since the epoch, if AWS has set the time.
        until: Option<u64>,
    },
}
