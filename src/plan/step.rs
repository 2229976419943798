//! One change of one resource, why it is there, and what becomes of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    reason::{HoldReason, ReportReason, Wait, WaitReason},
    symbolic::{Symbols, symbolic},
};
use crate::{
    kind::{Line, erased::Edit},
    manifest::Origin,
    model::{Address, Observed, PhysicalId, Risk, ScopedKind, Tags},
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
        /// What it does, from nothing to the wanted state.
        risk: Risk,
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
    Held(Vec<HoldReason>),
    /// It is only reported: observe mode or paused.
    Reported(ReportReason),
}

impl Verdict {
    /// Whether it will be done.
    pub fn goes(&self) -> bool {
        matches!(self, Self::Go)
    }
}

/// An earlier failure of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holdoff {
    /// What was wanted when it failed; a changed manifest is tried at once.
    pub want: String,
    /// Why to wait.
    pub wait: Wait,
    /// The keys of what failed by itself, as [`Step::keys`] gives them.
    pub failed: BTreeSet<String>,
    /// Those of edits that shared a call that failed: which of them was the reason is not known.
    pub together: BTreeSet<String>,
}

/// What was written for an address before, and came undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrites {
    /// The fingerprint of what was wanted then.
    pub want: String,
    /// Why an edit, by its key, is not made once more now.
    pub frozen: BTreeMap<String, HoldReason>,
}

/// A want that this process saw in force on a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownWant {
    /// The resource.
    pub id: PhysicalId,
    /// The resolved want's state.
    pub state: Value,
    /// The resolved want's tags.
    pub tags: BTreeMap<String, Option<String>>,
}

/// Steps done within the last hour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// Deleted addresses, by scope and kind.
    pub deleted: BTreeMap<ScopedKind, BTreeSet<Address>>,
    /// Edited addresses that counted towards the limit, likewise.
    pub edited: BTreeMap<ScopedKind, BTreeSet<Address>>,
}

/// What this process did before that bears on what it may do now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// What was written again and again.
    pub rewrites: BTreeMap<Address, Rewrites>,
    /// What was put back a moment ago, by address and key of the edit, and how long to wait.
    pub paced: BTreeMap<(Address, String), Wait>,
    /// What had no effect, by address, and by key and digest of the edit.
    pub futile: BTreeMap<Address, BTreeMap<String, Wait>>,
    /// What was made more than once without being seen to have an effect, by address and digest of the edit.
    pub in_vain: BTreeMap<Address, BTreeSet<String>>,
    /// What was done within the last hour.
    pub recent: Recent,
    /// Against which addresses somebody is working, with the number of corrections of the same thing in a row.
    pub contested: BTreeMap<Address, u32>,
}

/// Who must not be locked out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lockout {
    /// palisade's own ARN in each scope: its role's, or a session's of it where only that is known.
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
    pub why: UnusedReason,
}

/// Why a consent released nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UnusedReason {
    /// Its end has passed.
    Expired,
    /// Its end lies more than seven days ahead.
    TooFarAhead,
    /// Its step was done: consent is for once.
    Spent,
    /// AWS has no call for its step.
    Impossible,
    /// Its step is not held now.
    NotHeld,
    /// No step has this digest now.
    NoSuchStep,
}

impl fmt::Display for UnusedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "it has expired",
            Self::TooFarAhead => "it expires more than 7 days ahead, and is ignored",
            Self::Spent => "its step was done, and consent is for once",
            Self::Impossible => "AWS has no call for that step; consent cannot help",
            Self::NotHeld => "that step is not held now",
            Self::NoSuchStep => "no step has this digest now: it is done, or it has changed since",
        })
    }
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
    /// Names exactly this step, for approval.
    pub digest: String,
    /// Whether an approval released it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approved: bool,
    /// The values that references gave, and their placeholders.
    #[serde(skip)]
    pub symbols: Symbols,
}

impl Step {
    pub(crate) fn new(
        address: &Address,
        origin: Option<&Origin>,
        cause: Cause,
        action: Action,
        verdict: Verdict,
    ) -> Self {
        let digest = digest(address, &action, &Symbols::new());
        Self {
            address: address.clone(),
            origin: origin.map(ToString::to_string),
            cause,
            action,
            verdict,
            digest,
            approved: false,
            symbols: Symbols::new(),
        }
    }

    /// The same step, digested with placeholders in place of what references gave.
    #[must_use]
    pub(crate) fn with_symbols(mut self, symbols: &Symbols) -> Self {
        self.digest = digest(&self.address, &self.action, symbols);
        self.symbols.clone_from(symbols);
        self
    }

    /// The same step with these edits of a live resource only.
    pub(super) fn part(&self, edits: Vec<Edit>, verdict: Verdict) -> Self {
        let Some(have) = self.action.have().cloned() else { return self.clone() };
        let action = Action::Edit { have, edits };
        let digest = digest(&self.address, &action, &self.symbols);
        Self { action, verdict, digest, ..self.clone() }
    }

    /// What it writes, by keys that stay the same when the same thing has to be written again.
    pub fn keys(&self) -> Vec<String> {
        match &self.action {
            Action::Create { .. } => vec![CREATE_KEY.to_owned()],
            Action::Edit { edits, .. } => edits.iter().flat_map(Edit::keys).cloned().collect(),
            Action::Delete { .. } => vec![DELETE_KEY.to_owned()],
        }
    }

    /// Everything it risks.
    pub fn risk(&self) -> Risk {
        match &self.action {
            Action::Create { risk, .. } => *risk,
            Action::Delete { .. } => Risk::TIGHTENS.stopping_work(),
            Action::Edit { edits, .. } => edits.iter().map(|edit| edit.risk).collect(),
        }
    }

    /// The same step where something stands in the way of edits with these keys, or of its deletion: they wait, and
    /// the others go on.
    pub(super) fn held_up(self, found: &BTreeMap<String, WaitReason>) -> Vec<Self> {
        let waits = |key: &str| found.get(key).cloned().map(Wait::lasting);
        if let Action::Edit { .. } = self.action {
            return super::delay(self, |edit| waits(&edit.key).into_iter().collect());
        }
        let waiting: Vec<Wait> = self.keys().iter().filter_map(|key| waits(key)).collect();
        vec![Self { verdict: Verdict::Waiting(waiting), ..self }]
    }

    /// Whether some of it puts back what somebody else changed.
    pub fn puts_something_back(&self) -> bool {
        self.action.edits().iter().any(|edit| edit.puts_back)
    }
}

/// The key of a create among the keys of edits.
pub const CREATE_KEY: &str = "create";
/// The key of a deletion among the keys of edits.
pub const DELETE_KEY: &str = "delete";

/// Names a step by all that it would send, and to what; what references gave is named by its placeholder, so that
/// consent holds before and after the value is known.
fn digest(address: &Address, action: &Action, symbols: &Symbols) -> String {
    let content = match action {
        Action::Create { want, tags, .. } => serde_json::json!(["create", want, tags]),
        Action::Edit { have, edits } => {
            let bodies: Vec<_> = edits.iter().map(|edit| &edit.body).collect();
            serde_json::json!(["edit", have.id, bodies])
        }
        Action::Delete { have, want } => serde_json::json!(["delete", have.id, want]),
    };
    fingerprint(&format!("{address} {}", symbolic(&content, symbols)))
}

/// Names what one edit would send to a resource, whatever else is sent with it.
pub fn edit_digest(edit: &Edit) -> String {
    fingerprint(&format!("{} {}", edit.key, serde_json::json!(edit.body)))
}

/// A short name for a text: the first 12 hex digits of its SHA-256.
pub fn fingerprint(text: &str) -> String {
    let mut digits = hex::encode(Sha256::digest(text.as_bytes()));
    digits.truncate(12);
    digits
}
