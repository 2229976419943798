//! Planning: a synchronous function of values. No `await`, no clock, no I/O.
//!
//! In order: resolve every manifest against what was observed, match it with the live resources
//! (`matching`), compare, and let the gate hold what people must see first ([`gate`]). What
//! cannot be done now is data (waiting, held, conflict, orphan) with a reason, never an error.

mod claims;
mod compare;
pub mod digest;
mod divide;
mod edits;
mod focus;
pub mod gate;
pub mod graph;
mod hold_reason;
mod inputs;
mod look;
mod matching;
mod obstacles;
mod order;
mod orphans;
mod pauses;
mod planner;
mod reason;
pub mod render;
mod rollout;
mod shown;
mod stages;
mod step;
pub mod symbolic;
mod tags;
#[cfg(test)]
mod tests;
mod unread;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::divide::delay;
pub(crate) use self::gate::counts_as_edit;
pub use self::{
    claims::{Claimed, Claims, Hidden, Inventory},
    compare::{Comparison, Settled, Touched},
    focus::Focus,
    hold_reason::HoldReason,
    inputs::{Assuming, Inputs, Limits, Memory, Organization, RoleToAssume},
    look::{Installation, Look},
    obstacles::{Obstacles, Question},
    planner::plan,
    reason::{ReportReason, Wait, WaitReason},
    rollout::{Rollout, Waves},
    shown::{Offered, Only, Shown},
    step::*,
};
use crate::{
    kind::LeftOut,
    model::{Address, Observed, Pause, PhysicalId, ScopedKind, Seen, Stop},
};

/// What one pass observed of AWS.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// The resources of each kind in each scope.
    pub seen: BTreeMap<ScopedKind, Seen<Vec<Observed<Value>>>>,
    /// Resources that exist in addition to [`Self::seen`] and could not be read.
    pub unread: BTreeMap<ScopedKind, Vec<crate::kind::Unread>>,
    /// What lookups can find.
    pub lookups: BTreeMap<(String, crate::kind::LookupKind), Seen<Vec<crate::kind::LookupItem>>>,
    /// The organization of each scope's account.
    pub organizations: BTreeMap<String, Seen<String>>,
}

/// A name, id or claim that belongs to somebody else, or to two resources: nothing is done until a
/// person decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// The manifest concerned.
    pub address: Address,
    /// `file:line:column` of the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The live resources concerned.
    pub ids: BTreeSet<PhysicalId>,
    /// What is wrong.
    pub why: String,
    /// A way out.
    pub help: String,
}

/// A claimed resource without a manifest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Orphan {
    /// The address in its claim.
    pub address: Address,
    /// The scope in which it was observed.
    pub scope: String,
    /// The live resource.
    pub id: PhysicalId,
}

/// A kind, or one resource of it, that could not be read in a scope: none of it is changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unknown {
    /// The scope.
    pub scope: String,
    /// The kind.
    pub kind: String,
    /// The one resource that could not be read; `None` if it is the whole kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PhysicalId>,
    /// Why.
    pub why: String,
    /// Whether AWS is working on it, so that a later pass can read it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passes: bool,
    /// The manifests that cannot be judged because of one resource. Empty for a whole kind: there
    /// it is all of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub concerns: BTreeSet<Address>,
}

impl Unknown {
    /// A kind that could not be read.
    pub fn kind(scope: &str, kind: &str, why: &str) -> Self {
        Self {
            scope: scope.to_owned(),
            kind: kind.to_owned(),
            id: None,
            why: why.to_owned(),
            passes: false,
            concerns: BTreeSet::new(),
        }
    }

    /// Whether this manifest cannot be judged because of it.
    pub fn covers(&self, address: &Address) -> bool {
        match self.id {
            None => self.scope == address.scope && self.kind == address.kind,
            Some(_) => self.concerns.contains(address),
        }
    }
}

/// What a pass would do, and what it would not do and why. Plain data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct Plan {
    /// Every step, with its verdict, by address.
    pub steps: Vec<Step>,
    /// Resources that belong to somebody else.
    pub conflicts: Vec<Conflict>,
    /// Claimed resources without a manifest.
    pub orphans: Vec<Orphan>,
    /// Kinds and single resources that could not be read.
    pub unknown: Vec<Unknown>,
    /// Manifests whose live resource is as wanted.
    pub in_sync: BTreeSet<Address>,
    /// Manifests that are not corrected for a while, because somebody else keeps undoing the
    /// corrections.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub frozen: BTreeSet<Address>,
    /// Manifests whose corrections somebody keeps undoing, with the number of identical corrections
    /// in a row.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contested: BTreeMap<Address, u32>,
    /// What people should know of live resources of manifests and no step changes, a sentence each:
    /// a route whose target is gone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<Address, Vec<String>>,
    /// What manifests name, or find, and AWS does not accept: it is left out of what is wanted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<Address, Vec<LeftOut>>,
    /// The pauses in force: what they cover is only reported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// Changes that have not reached every scope of their set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollouts: Vec<Rollout>,
    /// Why nothing is written at all, unless the settings ask for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stop>,
    /// Approvals that released nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused_approvals: Vec<UnusedApproval>,
    /// The fingerprints of what each manifest wants; they distinguish drift from a changed manifest
    /// in the next pass.
    #[serde(skip)]
    pub wants: BTreeMap<Address, Arc<Want>>,
}

/// What a manifest wants, resolved.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Want {
    /// Fingerprint of the state and the tags.
    pub fingerprint: String,
    /// The same fingerprint, with placeholders for the values of references.
    pub digest: String,
    /// The state.
    pub state: Value,
    /// The tags; `None` means that the key must be absent.
    pub tags: BTreeMap<String, Option<String>>,
    /// The placeholders for the values of references in it, by value.
    pub symbols: BTreeMap<String, String>,
}

impl Plan {
    /// The steps that will be carried out.
    pub fn go(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.verdict.goes())
    }

    /// The steps of one address. Steps are sorted by address.
    pub fn steps_of(&self, address: &Address) -> &[Step] {
        let begin = self.steps.partition_point(|step| step.address < *address);
        let end = self.steps.partition_point(|step| step.address <= *address);
        &self.steps[begin..end]
    }

    /// The pause that covers an address, if any.
    pub fn pause_of(&self, address: &Address) -> Option<&Pause> {
        self.pauses.iter().find(|pause| pause.extent.covers(address))
    }

    /// Whether anything differs from the manifests.
    pub fn has_changes(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Whether something stays as it is until a person acts. Paused and observed manifests do not
    /// count: people want them that way.
    pub fn needs_a_person(&self) -> bool {
        self.conflicts.iter().any(|conflict| self.pause_of(&conflict.address).is_none())
            || self.stuck().next().is_some()
    }

    /// The steps that are not carried out until a person acts.
    pub fn stuck(&self) -> impl Iterator<Item = &Step> {
        let coming = self.coming();
        self.steps.iter().filter(move |step| match &step.verdict {
            Verdict::Go => false,
            Verdict::Held(_) => true,
            Verdict::Waiting(why) => why.iter().any(|wait| !comes(wait, &coming)),
            Verdict::Reported(reason) => matches!(reason, ReportReason::Brake { .. }),
        })
    }

    /// The resources all of whose steps are carried out, in this pass or in a later one, without a
    /// person.
    fn coming(&self) -> BTreeSet<&Address> {
        let mut stuck: BTreeSet<&Address> =
            self.conflicts.iter().map(|conflict| &conflict.address).collect();
        loop {
            let (before, all) = (stuck.len(), self.steps.iter().map(|step| &step.address));
            let coming: BTreeSet<&Address> = all.filter(|it| !stuck.contains(it)).collect();
            stuck.extend(self.steps.iter().filter_map(|step| match &step.verdict {
                Verdict::Go => None,
                Verdict::Waiting(why) if why.iter().all(|wait| comes(wait, &coming)) => None,
                _ => Some(&step.address),
            }));
            if stuck.len() == before {
                return coming;
            }
        }
    }

    /// The number of steps with a certain verdict.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            conflicts: self.conflicts.len(),
            orphans: self.orphans.len(),
            unknown: self.unknown.len(),
            in_sync: self.in_sync.len(),
            ..Counts::default()
        };
        for step in &self.steps {
            match (&step.verdict, &step.action) {
                (Verdict::Go, Action::Create { .. }) => counts.create += 1,
                (Verdict::Go, Action::Edit { .. }) => counts.edit += 1,
                (Verdict::Go, Action::Delete { .. }) => counts.delete += 1,
                (Verdict::Waiting(_), _) => counts.waiting += 1,
                (Verdict::Held(_), _) => counts.held += 1,
                (Verdict::Reported(_), _) => counts.reported += 1,
            }
        }
        counts
    }
}

/// Whether a wait ends without a person, given the resources that will exist.
fn comes(wait: &Wait, coming: &BTreeSet<&Address>) -> bool {
    match &wait.reason {
        WaitReason::CreatedFirst { address }
        | WaitReason::AdoptedFirst { address }
        | WaitReason::ChangesFirst { address } => wait.passes || coming.contains(address),
        WaitReason::NotChosen | WaitReason::Earlier { .. } => true,
        WaitReason::WillBeHeld { .. } => false,
        _ => wait.passes,
    }
}

/// A plan in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Resources to create.
    pub create: usize,
    /// Resources to edit.
    pub edit: usize,
    /// Resources to delete.
    pub delete: usize,
    /// Steps that need something else first.
    pub waiting: usize,
    /// Steps that need approval.
    pub held: usize,
    /// Steps that are only reported.
    pub reported: usize,
    /// Conflicts.
    pub conflicts: usize,
    /// Orphans.
    pub orphans: usize,
    /// Kinds and single resources that could not be read.
    pub unknown: usize,
    /// Manifests in sync.
    pub in_sync: usize,
}
