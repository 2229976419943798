//! Rollouts: changes that reach the accounts of a set wave by wave.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use super::{Cause, HoldReason, Inputs, Step};

/// How far a change of a set's manifests has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// The set.
    pub set: String,
    /// The last wave that was reached, counted from 1.
    pub wave: usize,
    /// The number of waves.
    pub waves: usize,
    /// The number of scopes that were reached.
    pub reached: usize,
    /// The scopes that were not reached yet: the earlier manifests are in force there.
    pub behind: BTreeSet<String>,
    /// Those of them of which nobody knows the earlier manifests: whatever differs there is held.
    pub unknown: BTreeSet<String>,
    /// The scopes that were reached and are not as their manifests say.
    pub failing: BTreeSet<String>,
    /// The number of failing scopes that do not stop the rollout.
    pub failures: usize,
    /// When the next wave begins if everything stays in sync, in seconds from now; `None` while it
    /// does not.
    pub next_in: Option<u64>,
}

impl Rollout {
    /// Whether it goes on only when the scopes that were reached become as wanted.
    pub fn is_stopped(&self) -> bool {
        self.next_in.is_none()
    }
}

impl fmt::Display for Rollout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { set, wave, waves, reached, behind, .. } = self;
        let behind = behind.len();
        let plural = if *reached == 1 { "scope" } else { "scopes" };
        write!(
            f,
            "set {set}: wave {wave} of {waves}, {reached} {plural} reached, {behind} not yet"
        )?;
        match self.next_in {
            Some(0) => f.write_str("; the next wave begins")?,
            Some(seconds @ 1..120) => write!(f, "; the next wave in {seconds} s")?,
            Some(seconds) => write!(f, "; the next wave in {} min", seconds.div_ceil(60))?,
            None => f.write_str("; the next wave waits")?,
        }
        if !self.failing.is_empty() {
            write!(f, "; not in sync: {}", some(&self.failing))?;
        }
        if !self.unknown.is_empty() {
            let unknown = some(&self.unknown);
            write!(
                f,
                "; what was in force before is unknown, and differences are held: {unknown}"
            )?;
        }
        Ok(())
    }
}

/// The first names of a list that may be long.
fn some(names: &BTreeSet<String>) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let more = names.len() - shown.len();
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{rest}", shown.join(", "))
}

/// What the gate needs to know of waves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waves {
    /// The sets that have waves.
    pub sets: BTreeSet<String>,
    /// Scopes that a change may not have reached, and of which nobody knows what was in force
    /// before: the number of their wave, counted from 1, by scope and set.
    pub unreached: BTreeMap<String, BTreeMap<String, usize>>,
}

/// Why a step waits for a wave: it is in a scope that the change has not reached, and the earlier
/// manifests are unknown. Where the manifest was in force already, it is drift, and no change.
pub(super) fn reason(step: &Step, inputs: &Inputs<'_>) -> Option<HoldReason> {
    if matches!(step.cause, Cause::Drift | Cause::Release) {
        return None;
    }
    let sets = inputs.limits.waves.unreached.get(&step.address.scope)?;
    let (set, wave) = match inputs.look.documents.get(&step.address) {
        Some(document) => sets.get_key_value(document.set.as_deref()?)?,
        // A manifest that is gone may have been one of the set.
        None => sets.iter().next()?,
    };
    Some(HoldReason::Wave { set: set.clone(), wave: *wave })
}
