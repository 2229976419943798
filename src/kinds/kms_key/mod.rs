//! KMS keys: customer managed, with key material of AWS KMS's own (origin `AWS_KMS`).
//!
//! A key has no name and its creation takes no client token, so its identity is the claim in its tags,
//! written by the very call that creates it. Aliases are how people find it: unique in an account's
//! Region, but anybody who may can point them elsewhere, so an alias proves nothing.
//!
//! What is encrypted under a key is lost with it. A key is therefore never replaced: a field that AWS
//! cannot change is shown as impossible, and a key that is pending deletion although its manifest stands
//! is called back, never twinned.

pub mod aws;
pub(crate) mod baseline;
mod change;
mod diff;
mod errors;
mod operations;
mod policy;
mod spec;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(crate) use self::operations::RESOURCE;
pub use self::{
    change::Change,
    spec::{KeySpec, KeyUsage, RotationSpec, Spec},
};
use crate::{
    baseline::Baseline,
    kind::{
        Creation, Guarded, Invalid, Kind, Meaning, Profile, Reach, Refs, Removal, TagSpec, Writers,
    },
    model::{Risk, policy_document::PolicyDocument},
    operations::OfKind,
};

/// The kind `KmsKey`.
#[derive(Debug, Clone, Copy)]
pub struct KmsKey;

/// A key, wanted or live.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Its aliases, each `alias/…`.
    pub aliases: Option<BTreeSet<String>>,
    /// Its description; empty is none.
    pub description: Option<String>,
    /// Its key policy. Absent from a live key only if what KMS returned is not a policy document.
    #[serde(with = "policy::bare")]
    pub policy: Option<PolicyDocument>,
    /// Automatic rotation. Absent from a live key where it cannot be set or not be known: keys that are
    /// not symmetric encryption keys, replicas of multi-Region keys, keys that are pending deletion.
    pub rotation: Option<Rotation>,
    /// Whether it can be used.
    pub enabled: Option<bool>,
    /// What key material it has, in KMS's words. Immutable.
    pub key_spec: Option<String>,
    /// What it is for, in KMS's words. Immutable.
    pub key_usage: Option<String>,
    /// Where its key material comes from, in KMS's words. Immutable.
    pub origin: Option<String>,
    /// Whether it can be replicated to other Regions. Immutable.
    pub multi_region: Option<bool>,
    /// Days between asking for its deletion and the deletion. Only wanted, never observed.
    pub deletion_window_days: Option<u16>,
    /// Live: it is on its way out and can be called back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pending_deletion: bool,
    /// Live: aliases that some manifest wants and that point to another key of ours, by alias, with the
    /// id of that key. An alias that points to a key that is not ours is a conflict instead.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elsewhere: BTreeMap<String, String>,
    /// The partition it is in: what an account id in its policy stands for depends on it.
    pub partition: String,
    /// The account it is in.
    pub account: String,
}

/// Automatic rotation of the key material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    /// Whether KMS rotates it.
    pub enabled: bool,
    /// Days between rotations, if it is rotated.
    pub period_days: Option<u16>,
}

/// What its manifests call it.
pub const NAME: &str = "KmsKey";

impl Kind for KmsKey {
    const HIDDEN: &'static [&'static str] = &["partition", "account", "origin"];
    const PROFILE: Profile = Profile {
        name: NAME,
        short: "kms",
        about: "A customer managed KMS key with its policy, aliases and rotation.",
        creation: Creation::Unnamed,
        removal: Removal::TombstoneOnly,
        writers: Writers::Many,
        sweep: true,
    };
    const OPERATIONS: OfKind = operations::OPERATIONS;
    const ERRORS: &'static [Meaning] = errors::ERRORS;
    const BASELINE: Baseline = baseline::BASELINE;
    type Spec = Spec;
    type State = State;
    type Change = Change;

    fn tags(spec: &Spec) -> TagSpec {
        spec.tags.clone()
    }

    fn resolve(spec: Spec, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
        spec::resolve(spec, refs)
    }

    fn diff(want: &State, have: &State) -> Vec<Change> {
        diff::diff(want, have)
    }

    /// The key policy hands out access to whatever is encrypted under the key from now on.
    fn risk_of_creating(_want: &State) -> Risk {
        Risk::LOOSENS
    }

    fn effect(have: State, change: &Change) -> State {
        change::effect(have, change)
    }

    fn natural_keys(state: &State) -> Vec<String> {
        state.aliases.iter().flatten().cloned().collect()
    }

    fn is_gone(have: &State) -> bool {
        have.pending_deletion
    }

    fn guards(state: &State) -> Vec<Guarded> {
        let guarded = |document| Guarded { document: Some(document), reach: Reach::Key };
        state.policy.clone().map(guarded).into_iter().collect()
    }
}
