//! KMS keys: customer managed. palisade creates them with key material of KMS's own (origin
//! `AWS_KMS`), and as replicas of multi-Region keys; those with another origin can be adopted.
//!
//! A key has no name and its creation accepts no client token, so its identity is the claim in its
//! tags, written by the call that creates it. People find it by its aliases: they are unique in an
//! account's Region, but anybody with permission can point them elsewhere, so an alias proves
//! nothing.
//!
//! What is encrypted under a key is lost with it. A key is therefore never replaced: a field that
//! AWS cannot change is shown as impossible, and if a key is pending deletion although its manifest
//! exists, the deletion is cancelled and no second key is created.
//!
//! What narrows access comes first, and what widens it comes last. While a key is disabled,
//! everything that KMS allows for a disabled key is done: a key that should be enabled is enabled
//! when its policy and aliases are right, and a key that should be disabled is disabled before its
//! policy is widened. The rows define this call by call.

pub mod aws;
pub(crate) mod baseline;
mod errors;
mod grants;
mod leaves;
mod material;
mod operations;
mod records;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

pub use self::leaves::table;
pub(crate) use self::operations::RESOURCE;
use crate::model::policy_document::{Dialect, PolicyDocument};

/// The kind's name in manifests.
pub const NAME: &str = "KmsKey";

/// A key's state, wanted or live, for code that uses its members by name. Every member is the row
/// of its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Its aliases, each `alias/…`.
    pub aliases: Option<BTreeSet<String>>,
    /// Its description; empty is none.
    pub description: Option<String>,
    /// Its key policy. Absent from a live key only if what KMS returned is not a policy document.
    #[serde(serialize_with = "bare", deserialize_with = "read")]
    pub policy: Option<PolicyDocument>,
    /// Wanted: the principals of other accounts that may have grants. Live: the grants of such
    /// principals, by id; absent if they were not read.
    pub foreign_grants: Option<Value>,
    /// Automatic rotation. Absent from a live key if it cannot be set or not be known: keys that
    /// are not symmetric encryption keys, replicas of multi-Region keys, keys that are pending
    /// deletion.
    pub rotation: Option<Rotation>,
    /// Whether it can be used.
    pub enabled: Option<bool>,
    /// Its key material, as KMS calls it. Immutable.
    pub key_spec: Option<String>,
    /// Its purpose, as KMS calls it. Immutable.
    pub key_usage: Option<String>,
    /// The origin of its key material, as KMS calls it. Immutable.
    pub origin: Option<String>,
    /// Whether it can be replicated to other Regions. Immutable.
    pub multi_region: Option<bool>,
    /// The ARN of the primary key that it is a replica of. Immutable.
    pub replica_of: Option<String>,
    /// Days between scheduling its deletion and the deletion. Only wanted, never observed.
    pub deletion_window_days: Option<u16>,
    /// Live: it is pending deletion, which can be cancelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pending_deletion: bool,
    /// Live: aliases that some manifest wants and that point to another key of ours, by alias, with
    /// the id of that key. An alias that points to a key that is not ours is a conflict instead.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elsewhere: BTreeMap<String, String>,
    /// Live: what people should know of it and no edit changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The partition that it is in: the meaning of an account id in its policy depends on it.
    pub partition: String,
    /// The account that it is in.
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

/// Serializes a policy as its bare document, so that a plan shows it as one.
fn bare<S: Serializer>(policy: &Option<PolicyDocument>, serializer: S) -> Result<S::Ok, S::Error> {
    policy.as_ref().map(PolicyDocument::as_value).serialize(serializer)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PolicyDocument>, D::Error> {
    let document = Option::<Value>::deserialize(deserializer)?;
    let document = document.map(|value| PolicyDocument::from_value(&value, Dialect::KeyPolicy));
    document.transpose().map_err(D::Error::custom)
}
