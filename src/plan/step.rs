//! One change of one resource, why it is there, and what becomes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    kind::{Line, erased::Edit},
    manifest::Origin,
    model::{Address, Observed, Risk, Tags},
};

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "verb")]
pub enum Action {
    /// One create call with claim and tags in it.
    Create {
        /// The wanted state.
        want: Value,
        /// Claim and tags.
        tags: Tags,
        /// The client token, where the call takes one.
        token: String,
        /// The wanted state for people.
        lines: Vec<Line>,
    },
    /// Edits in order; the first failure ends the step.
    Edit {
        /// The live resource as seen.
        have: Observed<Value>,
        /// What to do with it.
        edits: Vec<Edit>,
    },
    /// Deletion.
    Delete {
        /// The live resource as seen.
        have: Observed<Value>,
        /// The tombstone's spec, if it has one.
        want: Option<Value>,
    },
}

impl Action {
    /// The verb, as metric label and in messages.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
        }
    }

    /// The live resource, if there is one already.
    pub fn have(&self) -> Option<&Observed<Value>> {
        match self {
            Self::Create { .. } => None,
            Self::Edit { have, .. } | Self::Delete { have, .. } => Some(have),
        }
    }

    /// The edits, if any.
    pub fn edits(&self) -> &[Edit] {
        match self {
            Self::Edit { edits, .. } => edits,
            _ => &[],
        }
    }
}

/// Why a step is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The manifest is new, or changed.
    Manifest,
    /// It differs since before this process began, or since it was not looked at: whether the manifest was changed or the live
    /// resource is not known.
    #[serde(rename = "unknown origin")]
    Unknown,
    /// The live resource changed although the manifest did not.
    Drift,
    /// The manifest adopts the live resource.
    Adoption,
    /// The manifest is a tombstone.
    Tombstone,
    /// The manifest is gone and pruning is on.
    Prune,
}

impl Cause {
    /// The word for people and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Unknown => "unknown origin",
            Self::Drift => "drift",
            Self::Adoption => "adoption",
            Self::Tombstone => "tombstone",
            Self::Prune => "prune",
        }
    }
}

/// What becomes of a step in this pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "is", content = "why")]
pub enum Verdict {
    /// It will be done.
    Go,
    /// It needs something else first.
    Waiting(Vec<Wait>),
    /// The gate stopped it until a person consents.
    Held(Vec<String>),
    /// It is only reported: observe mode or paused.
    Reported(String),
}

impl Verdict {
    /// Whether it will be done.
    pub fn goes(&self) -> bool {
        matches!(self, Self::Go)
    }
}

/// Why a step waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wait {
    /// For people.
    pub why: String,
    /// Whether it ends without anybody doing anything (AWS finishes, a window passes, another step is done).
    pub passes: bool,
}

impl Wait {
    /// Ends by itself.
    pub fn passing(why: impl Into<String>) -> Self {
        Self { why: why.into(), passes: true }
    }

    /// Ends when something outside changes.
    pub fn lasting(why: impl Into<String>) -> Self {
        Self { why: why.into(), passes: false }
    }
}

/// An earlier failure of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holdoff {
    /// What was wanted when it failed; a changed manifest is tried at once.
    pub want: String,
    /// Why to wait.
    pub wait: Wait,
    /// What failed or was not tried any more, as [`Step::fields`] names it.
    pub fields: BTreeSet<String>,
}

/// What was written for an address before, and came undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrites {
    /// The fingerprint of what was wanted then.
    pub want: String,
    /// Why a field, as [`Step::fields`] names it, is not written once more now.
    pub frozen: BTreeMap<String, String>,
}

/// What this process did before that bears on what it may do now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// What was written again and again.
    pub rewrites: BTreeMap<Address, Rewrites>,
    /// Deletions of the last hour, by scope and kind.
    pub deletions: BTreeMap<(String, String), usize>,
}

/// Who must not be locked out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lockout {
    /// palisade's own ARN in each scope, a role's rather than its session's.
    pub callers: BTreeMap<String, String>,
    /// The break-glass roles of the settings.
    pub break_glass: BTreeSet<String>,
}

/// A consent that released nothing in this pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnusedApproval {
    /// Its digest.
    pub digest: String,
    /// Where it stands; none if it came by the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Why it released nothing.
    pub why: String,
}

/// One change of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Whose.
    pub address: Address,
    /// Where the manifest stands; none for orphans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Why.
    pub cause: Cause,
    /// What.
    pub action: Action,
    /// What becomes of it.
    pub verdict: Verdict,
    /// What was left out for now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<String>,
    /// Names exactly this step, for approval.
    pub digest: String,
    /// Whether an approval released it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approved: bool,
}

impl Step {
    pub(crate) fn new(
        address: &Address,
        origin: Option<&Origin>,
        cause: Cause,
        action: Action,
        verdict: Verdict,
    ) -> Self {
        let digest = digest(address, &action);
        Self {
            address: address.clone(),
            origin: origin.map(ToString::to_string),
            cause,
            action,
            verdict,
            later: Vec::new(),
            digest,
            approved: false,
        }
    }

    /// The same step with these edits of a live resource only.
    pub(super) fn part(&self, edits: Vec<Edit>, verdict: Verdict) -> Self {
        let Some(have) = self.action.have().cloned() else { return self.clone() };
        let action = Action::Edit { have, edits };
        Self { digest: digest(&self.address, &action), action, verdict, ..self.clone() }
    }

    /// What it writes, as names that stay the same when the same thing has to be written again.
    pub fn fields(&self) -> Vec<String> {
        match &self.action {
            Action::Create { .. } => vec!["its existence".to_owned()],
            Action::Edit { edits, .. } => edits.iter().map(|edit| edit.summary.clone()).collect(),
            Action::Delete { have, .. } => vec![format!("the deletion of {}", have.id)],
        }
    }

    /// The riskiest thing in it.
    pub fn risk(&self) -> Risk {
        match &self.action {
            Action::Create { .. } => Risk::Neutral,
            Action::Delete { .. } => Risk::Disrupts,
            Action::Edit { edits, .. } => {
                edits.iter().map(|edit| edit.risk).max().unwrap_or(Risk::Neutral)
            }
        }
    }
}

/// Names a step by all that it would send, and to what.
pub(super) fn digest(address: &Address, action: &Action) -> String {
    let content = match action {
        Action::Create { want, tags, .. } => serde_json::json!(["create", want, tags]),
        Action::Edit { have, edits } => {
            let bodies: Vec<_> = edits.iter().map(|edit| &edit.body).collect();
            serde_json::json!(["edit", have.id, bodies])
        }
        Action::Delete { have, want } => serde_json::json!(["delete", have.id, want]),
    };
    fingerprint(&format!("{address} {content}"))
}

/// A short name for a text: the first 12 hex digits of its SHA-256.
pub fn fingerprint(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
