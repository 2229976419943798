//! One change of one resource, its cause, and its verdict.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    hold_reason::HoldReason,
    inputs::Assuming,
    reason::{ReportReason, Wait, WaitReason},
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
    /// One create call, with claim and tags in it.
    Create {
        /// The wanted state.
        want: Value,
        /// Claim and tags.
        tags: Tags,
        /// The client token, where the call takes one.
        token: String,
        /// The wanted state, rendered for people.
        lines: Vec<Line>,
        /// The risk of going from nothing to the wanted state.
        risk: Risk,
    },
    /// Edits in order; the first failure ends the step.
    Edit {
        /// The live resource as observed.
        have: Observed<Value>,
        /// The edits.
        edits: Vec<Edit>,
    },
    /// Deletion.
    Delete {
        /// The live resource as observed.
        have: Observed<Value>,
        /// The tombstone's spec, if it has one.
        want: Option<Value>,
    },
}

impl Action {
    /// The verb, for metric labels and messages.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
        }
    }

    /// The live resource, if there is one.
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

/// Why a step exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The manifest is new, or changed.
    Manifest,
    /// It differs since before this process began, or since the resource was not observed: whether
    /// the manifest or the live resource was changed is unknown.
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
    /// Somebody takes the claim off, so that palisade does not own the resource any more.
    Release,
}

impl Cause {
    /// The word for people and metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Unknown => "unknown origin",
            Self::Drift => "drift",
            Self::Adoption => "adoption",
            Self::Tombstone => "tombstone",
            Self::Prune => "prune",
            Self::Release => "release",
        }
    }
}

/// What happens to a step in this pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "is", content = "why")]
pub enum Verdict {
    /// It will be carried out.
    Go,
    /// It waits for something else.
    Waiting(Vec<Wait>),
    /// The gate holds it until a person approves it.
    Held(Vec<HoldReason>),
    /// It is only reported: observe mode, paused, or the brake.
    Reported(ReportReason),
}

impl Verdict {
    /// Whether it will be carried out.
    pub fn goes(&self) -> bool {
        matches!(self, Self::Go)
    }
}

/// An earlier failure of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holdoff {
    /// The fingerprint of what was wanted when it failed; a changed manifest is tried at once.
    pub want: String,
    /// The wait.
    pub wait: Wait,
    /// The keys of what failed on its own, as returned by [`Step::keys`].
    pub failed: BTreeSet<String>,
    /// The keys of edits that shared a call that failed: which of them caused it is unknown.
    pub together: BTreeSet<String>,
}

/// Writes to an address that were undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrites {
    /// The fingerprint of what was wanted then.
    pub want: String,
    /// Why an edit, by its key, is not made again now.
    pub frozen: BTreeMap<String, HoldReason>,
}

/// A want that was seen in force on a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownWant {
    /// The resource.
    pub id: PhysicalId,
    /// Its fingerprint.
    pub fingerprint: String,
    /// What it was.
    pub form: KnownForm,
}

/// What is known of a want that was in force.
#[derive(Debug, Clone, PartialEq)]
pub enum KnownForm {
    /// All of it: this process saw it.
    Whole(Arc<super::Want>),
    /// What the memory keeps: enough to recognise it.
    Digests {
        /// The state, in the form in which wants are compared, with the digest of each text.
        wish: Value,
        /// The digest of the tags.
        tags: String,
    },
}

impl KnownWant {
    /// A want that was seen in force on this resource now.
    pub fn seen(id: PhysicalId, want: Arc<super::Want>) -> Self {
        Self { id, fingerprint: want.fingerprint.clone(), form: KnownForm::Whole(want) }
    }
}

/// Steps carried out within the last hour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// Deleted addresses, by scope and kind.
    pub deleted: BTreeMap<ScopedKind, BTreeSet<Address>>,
    /// Edited addresses that counted towards the limit, likewise.
    pub edited: BTreeMap<ScopedKind, BTreeSet<Address>>,
}

/// What this process did before, as far as it limits what it may do now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// Writes that were repeated.
    pub rewrites: BTreeMap<Address, Rewrites>,
    /// Recent corrections, by address and key of the edit, and how long to wait before repeating
    /// them.
    pub paced: BTreeMap<(Address, String), Wait>,
    /// Edits without effect, by address, and by key and digest of the edit.
    pub futile: BTreeMap<Address, BTreeMap<String, Wait>>,
    /// Edits that were made more than once without a visible effect, by address and digest of the
    /// edit.
    pub in_vain: BTreeMap<Address, BTreeSet<String>>,
    /// Steps within the last hour.
    pub recent: Recent,
    /// Addresses whose corrections somebody keeps undoing, with the number of identical corrections
    /// in a row.
    pub contested: BTreeMap<Address, u32>,
    /// Addresses at which an approved step was begun that goes on over several passes.
    pub begun: BTreeSet<Address>,
    /// Addresses whose creation was approved, until they are seen in sync.
    pub consented: BTreeMap<Address, Consent>,
}

/// The approval of a creation. A create shows every leaf of what is wanted, so that its approval is
/// for whatever adds these to the new resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The digest of what was wanted then ([`Want::digest`](super::Want::digest)).
    pub want: String,
    /// The digest that was approved.
    pub digest: String,
}

/// The principals that must keep access.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lockout {
    /// palisade's own ARN in each scope: that of its role, or of a session if only that is known.
    pub callers: BTreeMap<String, String>,
    /// The break-glass roles of the settings.
    pub break_glass: BTreeSet<String>,
    /// The roles of scopes, and the identity that must be able to assume them.
    pub assuming: Assuming,
}

/// An approval that released nothing in this pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnusedApproval {
    /// Its digest.
    pub digest: String,
    /// `file:line:column`; `None` if it was given on the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Why it released nothing.
    pub why: UnusedReason,
}

/// Why an approval released nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UnusedReason {
    /// It has expired.
    Expired,
    /// It expires more than seven days ahead.
    TooFarAhead,
    /// Its step was carried out: an approval is used once.
    Spent,
    /// AWS has no call for its step.
    Impossible,
    /// The settings let no manifest do what its step would do.
    Final,
    /// Its step is not held at the moment.
    NotHeld,
    /// Its step waits for an earlier one of the same resource, which is not approved and does not
    /// go.
    Behind,
    /// No step has this digest at the moment.
    NoSuchStep,
}

impl fmt::Display for UnusedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "it has expired",
            Self::TooFarAhead => "it expires more than 7 days ahead, so it is ignored",
            Self::Spent => "its step was carried out, and an approval is used only once",
            Self::Impossible => "AWS has no call for that step, so approving it has no effect",
            Self::Final => "the settings let no manifest do that, so approving it has no effect",
            Self::NotHeld => "that step is not held now",
            Self::Behind => {
                "that step waits for other changes of its resource that do not go: approve \
                 them too, or add --all"
            }
            Self::NoSuchStep => {
                "no step has this digest now: the step was carried out, or has \
                changed since"
            }
        })
    }
}

/// One change of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The manifest's address.
    pub address: Address,
    /// `file:line:column` of the manifest; `None` for orphans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Its cause.
    pub cause: Cause,
    /// What it does.
    pub action: Action,
    /// What happens to it.
    pub verdict: Verdict,
    /// Identifies exactly this step, for approval.
    pub digest: String,
    /// Whether an approval released it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approved: bool,
    /// The values of references, and their placeholders.
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

    /// The same step, with a digest in which placeholders replace the values of references.
    #[must_use]
    pub(crate) fn with_symbols(mut self, symbols: &Symbols) -> Self {
        self.digest = digest(&self.address, &self.action, symbols);
        self.symbols.clone_from(symbols);
        self
    }

    /// The same step with only these edits of the live resource.
    pub(super) fn part(&self, edits: Vec<Edit>, verdict: Verdict) -> Self {
        let Some(have) = self.action.have().cloned() else { return self.clone() };
        let action = Action::Edit { have, edits };
        let digest = digest(&self.address, &action, &self.symbols);
        Self { action, verdict, digest, ..self.clone() }
    }

    /// What it writes, by keys that stay the same when the same thing is written again.
    pub fn keys(&self) -> Vec<String> {
        match &self.action {
            Action::Create { .. } => vec![CREATE_KEY.to_owned()],
            Action::Edit { edits, .. } => edits.iter().flat_map(Edit::keys).cloned().collect(),
            Action::Delete { .. } => vec![DELETE_KEY.to_owned()],
        }
    }

    /// All its risks.
    pub fn risk(&self) -> Risk {
        match &self.action {
            Action::Create { risk, .. } => *risk,
            Action::Delete { .. } => Risk::TIGHTENS.stopping_work(),
            Action::Edit { edits, .. } => edits.iter().map(|edit| edit.risk).collect(),
        }
    }

    /// The same step with the edits (or the deletion) that have obstacles waiting, and the others
    /// carried out.
    pub(super) fn held_up(self, found: &BTreeMap<String, WaitReason>) -> Vec<Self> {
        let wait = |reason: WaitReason| match reason {
            WaitReason::Settling { .. } => Wait::passing(reason),
            _ => Wait::lasting(reason),
        };
        let waits = |key: &str| found.get(key).cloned().map(wait);
        if let Action::Edit { .. } = self.action {
            return super::delay(self, |edit| waits(&edit.key).into_iter().collect());
        }
        let waiting: Vec<Wait> = self.keys().iter().filter_map(|key| waits(key)).collect();
        vec![Self { verdict: Verdict::Waiting(waiting), ..self }]
    }

    /// Whether the gate holds it.
    pub fn is_held(&self) -> bool {
        matches!(self.verdict, Verdict::Held(_))
    }

    /// Whether an approval releases it: it is held, and not because it is never done.
    pub fn can_be_approved(&self) -> bool {
        let is_final = |why: &[HoldReason]| why.iter().any(HoldReason::is_final);
        match &self.verdict {
            Verdict::Held(why) => !self.risk().impossible && !is_final(why),
            Verdict::Go | Verdict::Waiting(_) | Verdict::Reported(_) => false,
        }
    }

    /// Whether some of it restores what somebody else changed.
    pub fn puts_something_back(&self) -> bool {
        self.action.edits().iter().any(|edit| edit.puts_back)
    }
}

/// The key of a create, among the keys of edits.
pub const CREATE_KEY: &str = "create";
/// The key of a deletion, among the keys of edits.
pub const DELETE_KEY: &str = "delete";

/// A digest of the resource and of everything that is sent to it. Placeholders replace the values
/// of references, so that an approval holds before and after the value is known.
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

/// A digest of what one edit sends to a resource, whatever else is sent with it.
pub fn edit_digest(edit: &Edit) -> String {
    fingerprint(&format!("{} {}", edit.key, serde_json::json!(edit.body)))
}

/// The first 12 hex digits of a text's SHA-256.
pub fn fingerprint(text: &str) -> String {
    let mut digits = hex::encode(Sha256::digest(text.as_bytes()));
    digits.truncate(12);
    digits
}
