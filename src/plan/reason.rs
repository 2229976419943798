//! Why a step waits, is held, or is only reported: values, from which sentences are made for people. Nothing in
//! palisade reads the sentences.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::gate::{accounts::TooMany, lockout::LockoutReason};
use crate::{
    kind::Unresolved,
    model::{Address, HeldRisk, Pause, PhysicalId},
};

/// Why a step waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// The reason.
    pub reason: WaitReason,
    /// Whether it ends without anybody doing anything (AWS finishes, a window passes, another step is done).
    pub passes: bool,
}

impl Wait {
    /// Ends by itself.
    pub fn passing(reason: WaitReason) -> Self {
        Self { reason, passes: true }
    }

    /// Ends when something outside changes.
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
    /// This plan creates what it refers to.
    CreatedFirst {
        /// What is created.
        address: Address,
    },
    /// This plan takes over what it refers to.
    AdoptedFirst {
        /// What is adopted.
        address: Address,
    },
    /// What it refers to has changes to be made before anything new stands behind it.
    ChangesFirst {
        /// What has changes.
        address: Address,
    },
    /// AWS is still working on the resource.
    Settling {
        /// AWS's word for it.
        state: String,
    },
    /// The last try failed.
    Failed {
        /// What AWS answered.
        message: String,
        /// Seconds until the next try; none if only a changed manifest or account is worth another.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_seconds: Option<u64>,
    },
    /// AWS accepted the same edit before, and the resource is as it was.
    Futile {
        /// How often.
        times: u32,
        /// Seconds until the next try.
        retry_seconds: u64,
    },
    /// Something else in AWS stands in the way.
    Obstacles {
        /// What, by name.
        found: Vec<String>,
    },
    /// Whether something stands in the way could not be read.
    ObstaclesUnread {
        /// What AWS answered.
        why: String,
    },
    /// The resource it adopts does not exist.
    AdoptionMissing {
        /// The id in the manifest.
        id: PhysicalId,
    },
    /// It was created, and AWS does not show it yet.
    NotVisible {
        /// The new id.
        id: PhysicalId,
    },
    /// A create got an unclear answer: it may exist.
    UnclearCreate,
    /// Nothing in AWS would stop a second one, so it is created once two looks agree that there is none.
    SecondLook,
    /// Something of the kind could not be read: it may be the one that is meant.
    Unread {
        /// The resource that could not be read.
        id: PhysicalId,
        /// What AWS answered.
        why: String,
    },
    /// An edit that comes before it is not made now.
    Earlier {
        /// The key of that edit.
        key: String,
    },
    /// The other step of this resource is made first.
    Turn,
    /// The same was put back a moment ago; it is put back again after a pause.
    Paced {
        /// How often it was put back.
        times: u32,
        /// Seconds until then.
        retry_seconds: u64,
    },
    /// The manifest is gone in one reading of the directory; deletion needs a second one.
    SecondReading,
    /// It was not among what the plan showed: it is shown and asked for again.
    NotShown,
    /// It is not in the saved plan that is carried out.
    NotSaved,
    /// Only steps that were consented to by their digest are done.
    NotChosen,
}

impl WaitReason {
    /// Whether an error of AWS is behind it.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Futile { .. } | Self::ObstaclesUnread { .. })
    }

    /// The same for everybody who compares reasons over time: seconds that count down are left out.
    #[must_use]
    pub fn steady(&self) -> Self {
        let mut steady = self.clone();
        match &mut steady {
            Self::Failed { retry_seconds, .. } => *retry_seconds = None,
            Self::Futile { retry_seconds, .. } | Self::Paced { retry_seconds, .. } => {
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
                write!(f, "failed, tried again in {seconds} s: {message}")
            }
            Self::Failed { message, retry_seconds: None } => write!(f, "failed: {message}"),
            Self::Futile { times, retry_seconds } => write!(
                f,
                "failed, tried again in {retry_seconds} s: AWS accepted this {times} times, and it is still \
                 as before"
            ),
            Self::Obstacles { found } => {
                let what = if found.len() == 1 { "in the way" } else { "all in the way" };
                write!(f, "{what}: {}", found.join(", "))
            }
            Self::ObstaclesUnread { why } => {
                write!(f, "what may be in the way could not be read: {why}")
            }
            Self::AdoptionMissing { id } => write!(f, "{id}, which it adopts, does not exist"),
            Self::NotVisible { id } => write!(f, "created as {id}, which AWS does not show yet"),
            Self::UnclearCreate => f.write_str("an earlier create got an unclear answer"),
            Self::SecondLook => f.write_str(
                "nothing in AWS would stop a second one: it is created once two looks, a settle window \
                 apart, agree that there is none",
            ),
            Self::Unread { id, why } => {
                write!(
                    f,
                    "{id} could not be read, and until it can be, none of its kind is created, adopted or \
                     deleted: {why}"
                )
            }
            Self::Earlier { key } => write!(f, "\"{key}\" must be done first"),
            Self::Turn => f.write_str("the resource's other changes are made first"),
            Self::Paced { times, retry_seconds } => write!(
                f,
                "put back {times} times and undone each time; put back again in {retry_seconds} s"
            ),
            Self::SecondReading => f.write_str(
                "its manifest is gone: it is deleted once a second reading of the directory, a settle \
                 window later, agrees",
            ),
            Self::NotChosen => f.write_str("only what was consented to is done"),
            Self::NotShown => f.write_str("the plan did not show it; it is shown and asked for again"),
            Self::NotSaved => f.write_str(
                "the saved plan does not hold it: it has changed since, or came later; make a new plan",
            ),
        }
    }
}

/// Why the gate holds a step until a person consents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
#[non_exhaustive]
pub enum HoldReason {
    /// It has risks that the settings hold.
    Risk {
        /// Which.
        risks: Vec<HeldRisk>,
    },
    /// Too many of a kind in a scope.
    Mass {
        /// `edit` or `delete`.
        verb: String,
        /// How many would be.
        wished: usize,
        /// How many were within the last hour.
        done: usize,
        /// Of how many.
        all: usize,
        /// How many may be.
        limit: usize,
    },
    /// A change of the organisation's policies concerns too many accounts.
    Accounts(TooMany),
    /// It would lock somebody out who must not be.
    Lockout {
        /// Whom, from what.
        reason: LockoutReason,
    },
    /// Somebody else keeps undoing it.
    Undone {
        /// The key of the edit.
        key: String,
        /// How often it was made.
        times: usize,
        /// For how many minutes.
        since_minutes: u64,
        /// After how many minutes it is tried once more.
        retry_minutes: u64,
    },
    /// AWS reports that the resource failed.
    Failed {
        /// AWS's reason.
        why: String,
    },
    /// AWS has no call for it.
    Impossible,
    /// An edit that comes before it is held.
    Earlier {
        /// The key of that edit.
        key: String,
    },
    /// The manifest is gone, and the settings ask for consent before pruning.
    Prune,
    /// A defect in palisade: what was read or planned cannot be read back.
    Defect {
        /// What.
        what: String,
    },
}

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Risk { risks } => {
                let words: Vec<_> = risks.iter().map(|risk| risk.as_str()).collect();
                write!(f, "it {}, and the settings hold that", words.join(" and "))
            }
            Self::Mass { verb, wished, done, all, limit } => {
                let changed = if verb == "delete" { "deleted" } else { "edited" };
                match done {
                    0 => write!(f, "{wished} of {all} would be {changed}; {limit} may within an hour"),
                    _ => write!(
                        f,
                        "{wished} more of {all} would be {changed}, after {done} within an hour; {limit} may"
                    ),
                }
            }
            Self::Accounts(reason) => reason.fmt(f),
            Self::Lockout { reason } => reason.fmt(f),
            Self::Undone { key, times, since_minutes, retry_minutes } => write!(
                f,
                "somebody else keeps undoing it: \"{key}\" was done {times} times since {since_minutes} min \
                 ago, and came undone each time; CloudTrail says by whom. Left alone for {retry_minutes} min \
                 more, then tried once"
            ),
            Self::Failed { why } => write!(f, "AWS reports it failed: {why}"),
            Self::Impossible => f.write_str(
                "AWS cannot change this on a live resource, and palisade never replaces one; set the \
                 manifest back, or move to a new resource by hand",
            ),
            Self::Earlier { key } => write!(f, "\"{key}\", which comes before it, is held"),
            Self::Prune => f.write_str("its manifest is gone; pruning needs consent"),
            Self::Defect { what } => write!(f, "palisade itself failed here: {what}"),
        }
    }
}

/// Why a step is only reported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
#[non_exhaustive]
pub enum ReportReason {
    /// The settings say observe.
    SettingsObserve,
    /// The manifest's lifecycle says observe.
    ManifestObserves,
    /// The manifest's lifecycle says paused.
    Paused,
    /// The brake is on.
    Brake {
        /// Who or what engaged it.
        why: String,
    },
    /// People hold it still for a while.
    Pause {
        /// Who, until when and why.
        pause: Pause,
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
        }
    }
}
