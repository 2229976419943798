//! What the engine keeps.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    manifest::SourceFile,
    model::{Address, PhysicalId},
};

/// Wants that were seen in force.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KnownWants {
    /// By address.
    pub wants: BTreeMap<Address, Remembered>,
}

/// One want that was seen in force: enough to recognise it, not to restore it. What is restored is
/// always what the manifest says now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Remembered {
    /// The resource.
    pub id: PhysicalId,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The state with the digest of each text in its place.
    pub wish: Value,
    /// The digest of the tags.
    pub tags: String,
}

/// Approvals that were used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approvals {
    /// Each of them.
    pub spent: Vec<SpentApproval>,
}

/// An approval that was used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SpentApproval {
    /// The digest of its step.
    pub digest: String,
    /// When it expires, in seconds since the epoch: with the digest, its identity.
    pub expires: u64,
}

/// How far changes have come in sets with waves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Waves {
    /// By set.
    pub sets: BTreeMap<String, WaveProgress>,
    /// The files of earlier states of the directory that are in force somewhere. They are read
    /// again as those of the directory are, with every check.
    pub versions: Vec<Vec<SourceFile>>,
}

/// How far a change has come in a set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WaveProgress {
    /// The last wave that was reached, counted from 0.
    pub open: usize,
    /// The set's scopes.
    pub scopes: BTreeSet<String>,
    /// What is in force in scopes that were not reached.
    pub behind: BTreeMap<String, Before>,
}

/// What is in force in a scope that a change has not come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Before {
    /// Nobody knows.
    Unknown,
    /// The version at this place in [`Waves::versions`].
    Version(usize),
}

/// The last good reading of the directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LastSnapshot {
    /// The directory as given: another one has nothing to do with it.
    pub directory: String,
    /// The fingerprint of the settings that manifests depend on: with others they say something
    /// that nobody has accepted.
    pub settings: String,
    /// Its Git revision.
    pub revision: Option<String>,
    /// When it was read, in seconds since the epoch.
    pub read_at: f64,
    /// The files. They are read again as those of the directory are, with every check.
    pub files: Vec<SourceFile>,
}
