//! What an observation gave: all of it, or nothing that may be acted on.

use serde::{Deserialize, Serialize};

use super::{PhysicalId, Tags};

/// The result of observing one kind in one scope in one pass.
///
/// There is no "partly": a failed page, a refused call or a time-out makes the whole kind
/// unknown for the pass, and on the unknown nothing is created, edited or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seen<T> {
    /// Every page was read, in this pass, in the right account.
    All(T),
    /// It could not be read; the reason is for people.
    Unknown(String),
}

impl<T> Seen<T> {
    /// The value, if it was seen.
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
    /// The id AWS gave it.
    pub id: PhysicalId,
    /// Its ARN; what `${Kind/name.arn}` yields.
    pub arn: String,
    /// All its tags, read in this pass.
    pub tags: Tags,
    /// Whether it can be worked with now.
    pub phase: Phase,
    /// Its state in the kind's canonical type.
    pub state: S,
}

/// Whether a live resource can be worked with now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Edits and references are fine.
    Ready,
    /// AWS is still working on it (the word AWS uses): nothing is sent until that is over.
    Settling(String),
    /// AWS gave up on it (its reason): shown, not edited.
    Failed(String),
    /// It is on its way out but can be called back; only the kind's own edits apply, tags cannot be written.
    Restorable(String),
}
