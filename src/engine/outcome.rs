//! What became of a step.

use std::fmt;

use serde::Serialize;

use crate::{
    kind::{Class, CloudError, erased::Edit},
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
        /// What it means for the loop.
        class: Class,
        /// For people.
        message: String,
    },
    /// Nothing (more) of it was sent: the plan was no longer fresh, or the process may not write now.
    Skipped {
        /// Why.
        reason: SkipReason,
    },
}

/// Why a step, or the rest of it, was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum SkipReason {
    /// The settings no longer have its scope.
    NoScope,
    /// The brake is on.
    Brake {
        /// Who or what engaged it.
        why: String,
    },
    /// The directory changed meanwhile; the next pass plans anew.
    DirectoryChanged,
    /// The plan is too old; the next pass plans anew.
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
            Self::DirectoryChanged => {
                f.write_str("the directory changed meanwhile; the next pass plans anew")
            }
            Self::PlanTooOld => f.write_str("the plan is too old; the next pass plans anew"),
        }
    }
}

/// What a call that failed would have written.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// By keys, as [`Step::keys`] gives them.
    pub keys: &'a [String],
    /// Whether several edits shared the call, so that nobody knows which of them was the reason.
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

    /// What the call that failed would have written.
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

/// What became of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    /// Whose.
    pub address: Address,
    /// `create`, `edit` or `delete`.
    pub verb: &'static str,
    /// Why it was done: `drift`, `manifest`, …
    pub cause: &'static str,
    /// What was done, one line an edit.
    pub done: Vec<String>,
    /// What was written, by [`Step::keys`](crate::plan::Step::keys).
    #[serde(skip)]
    pub wrote: Vec<String>,
    /// What the call that failed would have written, likewise.
    #[serde(skip)]
    pub failed: Vec<String>,
    /// Whether several edits shared the call that failed.
    #[serde(skip)]
    pub shared: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// The error behind a failure, for the pace.
    #[serde(skip)]
    pub error: Option<CloudError>,
}
