//! The outcome of a step.

use std::fmt;

use serde::Serialize;

use crate::{
    kind::{Class, CloudError, erased::Edit},
    lease::Untenured,
    model::{Address, PhysicalId},
};

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Outcome {
    /// All of it was done.
    Done {
        /// The resource.
        id: PhysicalId,
    },
    /// A call failed; the rest of the step was not tried.
    Failed {
        /// How the loop treats the error.
        class: Class,
        /// The message.
        message: String,
    },
    /// Nothing (more) of it was sent: the plan was outdated, or the process may not write now.
    Skipped {
        /// Why.
        reason: SkipReason,
    },
}

/// Why a step, or the rest of it, was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum SkipReason {
    /// The settings have no such scope any more.
    NoScope,
    /// The brake is on.
    Brake {
        /// What engaged it.
        why: String,
    },
    /// No lease of this process allows it now.
    Lease {
        /// Why.
        why: Untenured,
    },
    /// The directory changed meanwhile; the next pass makes a new plan.
    DirectoryChanged,
    /// The plan is too old; the next pass makes a new plan.
    PlanTooOld,
    /// The guard, or the port, refused to send it.
    Refused {
        /// Why.
        why: String,
    },
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScope => f.write_str("there is no such scope"),
            Self::Brake { why } | Self::Refused { why } => f.write_str(why),
            Self::Lease { why } => why.fmt(f),
            Self::DirectoryChanged => {
                f.write_str("the directory has changed; the next pass makes a new plan")
            }
            Self::PlanTooOld => f.write_str("the plan is too old; the next pass makes a new one"),
        }
    }
}

/// What a failed call would have written.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// By keys, as [`Step::keys`] gives them.
    pub keys: &'a [String],
    /// Whether several edits shared the call, so that the edit that caused the failure is unknown.
    pub shared: bool,
}

impl StepResult {
    /// Whether an edit was made.
    pub fn has_written(&self, edit: &Edit) -> bool {
        edit.keys().iter().all(|key| self.wrote.contains(key))
    }

    /// Whether an edit was tried.
    pub fn has_tried(&self, edit: &Edit) -> bool {
        self.has_written(edit) || edit.keys().iter().all(|key| self.failed.contains(key))
    }

    /// What the failed call would have written.
    pub fn attempt(&self) -> Attempt<'_> {
        Attempt { keys: &self.failed, shared: self.shared }
    }
}

impl Outcome {
    /// The metric label.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::Skipped { .. } => "skipped",
        }
    }
}

/// The outcome of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    /// The manifest's address.
    pub address: Address,
    /// `create`, `edit` or `delete`.
    pub verb: &'static str,
    /// The step's cause: `drift`, `manifest`, …
    pub cause: &'static str,
    /// What was done, one line per edit.
    pub done: Vec<String>,
    /// What was written, by [`Step::keys`](crate::plan::Step::keys).
    #[serde(skip)]
    pub wrote: Vec<String>,
    /// What the failed call would have written, likewise.
    #[serde(skip)]
    pub failed: Vec<String>,
    /// Whether several edits shared the failed call.
    #[serde(skip)]
    pub shared: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// The error behind a failure, for pacing retries.
    #[serde(skip)]
    pub error: Option<CloudError>,
}
