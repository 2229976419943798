//! Why a step waits, is held, or is only reported: data, from which messages for people are made.
//! No code in palisade reads the messages.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::HoldReason;
use crate::{
    kind::Unresolved,
    lease::Untenured,
    model::{Address, Pause, PhysicalId},
};

/// Why a step waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// The reason.
    pub reason: WaitReason,
    /// Whether it ends without a person (AWS finishes, a window passes, another step is carried
    /// out).
    pub passes: bool,
}

impl Wait {
    /// A wait that ends by itself.
    pub fn passing(reason: WaitReason) -> Self {
        Self { reason, passes: true }
    }

    /// A wait that ends when something outside palisade changes.
    pub fn lasting(reason: WaitReason) -> Self {
        Self { reason, passes: false }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

/// The reason of a [`Wait`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
#[non_exhaustive]
pub enum WaitReason {
    /// A reference or lookup has no value yet.
    Unresolved(Unresolved),
    /// This plan creates the resource it refers to.
    CreatedFirst {
        /// The resource to be created.
        address: Address,
    },
    /// This plan adopts the resource it refers to.
    AdoptedFirst {
        /// The resource to be adopted.
        address: Address,
    },
    /// The resource it refers to has changes that must be made before anything new uses it.
    ChangesFirst {
        /// The resource with the changes.
        address: Address,
    },
    /// AWS is still working on the resource.
    Settling {
        /// The state as AWS names it.
        state: String,
    },
    /// The last attempt failed.
    Failed {
        /// The error message.
        message: String,
        /// Seconds until the next attempt; `None` if only a changed manifest or account makes
        /// another attempt worthwhile.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_seconds: Option<u64>,
    },
    /// AWS says that something that it names does not exist, and has said so for longer than a new
    /// resource takes to become known.
    NotThere {
        /// The error message.
        message: String,
        /// Seconds until the next attempt.
        retry_seconds: u64,
    },
    /// AWS accepted the same edit before, and the resource did not change.
    Futile {
        /// The number of attempts.
        times: u32,
        /// Seconds until the next attempt.
        retry_seconds: u64,
    },
    /// Another AWS resource prevents it.
    Obstacles {
        /// The obstacles, by name.
        found: Vec<String>,
    },
    /// The obstacles could not be read.
    ObstaclesUnread {
        /// The error message.
        why: String,
    },
    /// The resource to be adopted does not exist.
    AdoptionMissing {
        /// The id in the manifest.
        id: PhysicalId,
    },
    /// It was created, and AWS does not list it yet.
    NotVisible {
        /// The new id.
        id: PhysicalId,
    },
    /// A create ended without a clear answer: the resource may exist.
    UnclearCreate,
    /// AWS would accept a second resource like it, so it is created only once two observations
    /// agree that it does not exist.
    SecondLook,
    /// A resource of the kind could not be read: it may be the one that is missing.
    Unread {
        /// The resource that could not be read.
        id: PhysicalId,
        /// The error message.
        why: String,
    },
    /// This part of the resource could not be read.
    PartUnread {
        /// The part, as it is written in manifests.
        part: String,
        /// The error message.
        why: String,
    },
    /// An earlier edit of the resource is not made now.
    Earlier {
        /// The key of that edit.
        key: String,
    },
    /// It is a stop for other edits, and all of those wait.
    Unneeded,
    /// The other step of this resource is carried out first.
    Turn,
    /// It is approved, and the memory cannot record that the approval is used: a restart could use
    /// it again.
    ApprovalNotKept,
    /// The same edit was made a moment ago; it is repeated after a pause.
    Paced {
        /// The number of times it was made.
        times: u32,
        /// Seconds until it is repeated.
        retry_seconds: u64,
    },
    /// The manifest is missing in one reading of the directory; a deletion needs a second one.
    SecondReading,
    /// Once it waits for nothing else, the gate will hold it.
    WillBeHeld {
        /// Why.
        why: Vec<HoldReason>,
    },
    /// The displayed plan did not contain it: it is shown, and a person is asked.
    NotShown,
    /// The saved plan that is being applied does not contain it.
    NotSaved,
    /// Only approved digests are carried out.
    NotChosen,
    /// Only a pass that has looked at everything does it.
    FullPass,
}

impl WaitReason {
    /// Whether the cause is an error from AWS.
    pub fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::Failed { .. }
                | Self::Futile { .. }
                | Self::ObstaclesUnread { .. }
                | Self::PartUnread { .. }
        )
    }

    /// The reason without countdowns, for comparing reasons over time.
    #[must_use]
    pub fn steady(&self) -> Self {
        let mut steady = self.clone();
        match &mut steady {
            Self::Failed { retry_seconds, .. } => *retry_seconds = None,
            Self::Futile { retry_seconds, .. }
            | Self::Paced { retry_seconds, .. }
            | Self::NotThere { retry_seconds, .. } => {
                *retry_seconds = 0;
            }
            _ => {}
        }
        steady
    }
}

impl From<Unresolved> for WaitReason {
    fn from(unresolved: Unresolved) -> Self {
        Self::Unresolved(unresolved)
    }
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unresolved(unresolved) => unresolved.fmt(f),
            Self::CreatedFirst { address } => write!(f, "{address} is created first"),
            Self::AdoptedFirst { address } => write!(f, "{address} is adopted first"),
            Self::ChangesFirst { address } => {
                write!(f, "{address} has changes to be made first")
            }
            Self::Settling { state } => write!(f, "AWS is still working on it ({state})"),
            Self::Failed { message, retry_seconds: Some(seconds) } => {
                write!(f, "failed, next attempt in {seconds} s: {message}")
            }
            Self::Failed { message, retry_seconds: None } => write!(f, "failed: {message}"),
            Self::NotThere { message, retry_seconds } => write!(
                f,
                "AWS does not have what it names, which is looked for again in {retry_seconds} s: \
                 {message}"
            ),
            Self::Futile { times, retry_seconds } => write!(
                f,
                "failed, next attempt in {retry_seconds} s: AWS accepted this change {times} \
                 times, and the resource is unchanged"
            ),
            Self::Obstacles { found } => {
                let what = if found.len() == 1 { "blocked by" } else { "blocked by all of these" };
                write!(f, "{what}: {}", found.join(", "))
            }
            Self::ObstaclesUnread { why } => {
                write!(f, "whether other resources block this could not be read: {why}")
            }
            Self::AdoptionMissing { id } => {
                write!(f, "the resource to adopt, {id}, does not exist")
            }
            Self::NotVisible { id } => write!(f, "created as {id}, which AWS does not list yet"),
            Self::UnclearCreate => f.write_str(
                "an earlier create ended without a clear answer, so \
                the resource may exist",
            ),
            Self::SecondLook => f.write_str(
                "AWS would accept a duplicate: it is created once two observations, a settle \
                 window apart, do not find it",
            ),
            Self::Unread { id, why } => {
                write!(
                    f,
                    "{id} could not be read; until it can be, no resource of its kind is created, \
                     adopted or deleted: {why}"
                )
            }
            Self::PartUnread { part, why } => {
                write!(f, "{part} could not be read, and is not changed: {why}")
            }
            Self::Earlier { key } => write!(f, "\"{key}\" must be done first"),
            Self::Unneeded => f.write_str("the changes that it is for wait themselves"),
            Self::Turn => f.write_str("the resource's other changes are made first"),
            Self::ApprovalNotKept => f.write_str(
                "it is approved, but the memory cannot record that the approval is used; see the \
                 log",
            ),
            Self::Paced { times, retry_seconds } => write!(
                f,
                "corrected {times} times and undone each time; corrected again in {retry_seconds} s"
            ),
            Self::SecondReading => f.write_str(
                "its manifest is gone: it is deleted if the manifest is still missing when the \
                 directory is read again after the settle window",
            ),
            Self::WillBeHeld { why } => {
                let why: Vec<String> = why.iter().map(ToString::to_string).collect();
                write!(f, "it will be held then: {}", why.join("; "))
            }
            Self::FullPass => f.write_str("the next full pass does it, which looks at everything"),
            Self::NotChosen => f.write_str("not approved: only approved steps are carried out"),
            Self::NotShown => f.write_str(
                "it was not in the plan that was shown: it is shown, and \
                needs confirmation",
            ),
            Self::NotSaved => f.write_str(
                "it is not in the saved plan, because something changed since: make a new plan",
            ),
        }
    }
}

/// Why a step is only reported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
#[non_exhaustive]
pub enum ReportReason {
    /// The settings' mode is observe.
    SettingsObserve,
    /// The manifest's lifecycle mode is observe.
    ManifestObserves,
    /// The manifest is paused.
    Paused,
    /// The brake is on.
    Brake {
        /// What engaged it.
        why: String,
    },
    /// A pause covers it.
    Pause {
        /// Who paused it, until when and why.
        pause: Pause,
    },
    /// This process may not write in its scope, which processes share.
    Lease {
        /// Why.
        why: Untenured,
    },
}

impl fmt::Display for ReportReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SettingsObserve => f.write_str("the settings say observe"),
            Self::ManifestObserves => f.write_str("its lifecycle says observe"),
            Self::Paused => f.write_str("paused"),
            Self::Brake { why } => f.write_str(why),
            Self::Pause { pause } => pause.fmt(f),
            Self::Lease { why } => why.fmt(f),
        }
    }
}
