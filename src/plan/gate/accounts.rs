//! How many accounts a change of an organization policy concerns.
//!
//! Changes from the directory count even if they only tighten: moving a guardrail from an
//! organizational unit to the root can stop every account at once. Closed accounts do not count,
//! and the management account is never concerned by control policies (Organizations user guide,
//! "SCP effects on permissions").

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use super::masses;
use crate::{
    kind::{
        Guarded, Reach,
        erased::{Registry, Undecodable},
    },
    model::{Address, OrganizationTree, Seen},
    plan::{Action, Cause, Inputs, Step, Verdict},
    settings::GateLimits,
};

/// One account may always be concerned: a change has to start somewhere.
const FLOOR: usize = 1;

/// Why a change of an organization policy is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "accounts")]
pub enum TooMany {
    /// More accounts than one change may concern.
    Accounts {
        /// The open member accounts below the targets that the change touches.
        concerned: usize,
        /// The open member accounts of the organization.
        of: usize,
        /// The number of them that one change may concern.
        limit: usize,
    },
    /// The accounts that it concerns are unknown; it may be all of them.
    Unknown {
        /// Why they could not be read, if they were asked for.
        why: Option<String>,
    },
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accounts { concerned, of, limit } => write!(
                f,
                "it concerns {concerned} of {of} accounts of the organization, and one change may \
                 concern {limit} (gate.accountsPercent): try it on fewer accounts first, or \
                 approve this step"
            ),
            Self::Unknown { why } => {
                f.write_str(
                    "the number of accounts it concerns is unknown, so it may be all of them",
                )?;
                match why {
                    Some(why) => write!(f, ": {why}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Why the step concerns more accounts than a change from the directory may; empty if it does not.
pub(super) fn reasons(step: &Step, inputs: &Inputs<'_>) -> Vec<TooMany> {
    let Inputs { look, memory, limits, organization } = inputs;
    let registry = look.installation.registry;
    let places = match places(step, registry, memory.completing, limits.gate) {
        Ok(places) => places,
        Err(defect) => return vec![TooMany::Unknown { why: Some(defect.to_string()) }],
    };
    if !may_be_too_many(&places) {
        return Vec::new();
    }
    match organization.trees.get(&step.address.scope) {
        Some(Seen::All(tree)) => {
            let manager = organization.managers.get(&step.address.scope);
            let manager = manager.filter(|_| !concerns_manager(step, registry));
            count(tree, &places, manager.map(String::as_str), limits.gate).into_iter().collect()
        }
        Some(Seen::Unknown(why)) => vec![TooMany::Unknown { why: Some(why.clone()) }],
        None => vec![TooMany::Unknown { why: None }],
    }
}

/// Whether the management account is concerned too. Limits of permissions never concern it;
/// settings of a root or unit are those of every account below.
fn concerns_manager(step: &Step, registry: &Registry) -> bool {
    let state = match &step.action {
        Action::Create { want, .. } => want,
        Action::Edit { have, .. } | Action::Delete { have, .. } => &have.state,
    };
    let guards = registry.get(&step.address.kind).map(|kind| kind.guards(state));
    let sets = |it: &Guarded| matches!(it.reach, Reach::Settings(_));
    guards.is_some_and(|guards| guards.is_ok_and(|guards| guards.iter().any(sets)))
}

/// Whether the verdict on the step depends on the organization's tree, which must then be read.
pub fn depends_on_tree(
    step: &Step,
    registry: &Registry,
    completing: &BTreeSet<Address>,
    limits: &GateLimits,
) -> bool {
    matches!(step.verdict, Verdict::Go | Verdict::Held(_))
        && places(step, registry, completing, limits).is_ok_and(|places| may_be_too_many(&places))
}

/// Whether the change comes from the directory. Undoing somebody else's change of a policy that was
/// seen in sync does not: the accounts are concerned already.
fn comes_from_directory(step: &Step) -> bool {
    step.cause != Cause::Drift
}

/// The targets in the organization that count. Attaching a policy counts from wherever it was
/// attached before, and from nowhere too, unless this process created the policy and completes that
/// (`completing`): what another process created may have been wanted nowhere, or somewhere else.
fn places(
    step: &Step,
    registry: &Registry,
    completing: &BTreeSet<Address>,
    limits: &GateLimits,
) -> Result<BTreeSet<String>, Undecodable> {
    let unlimited = masses::most(limits.accounts_percent, 0, FLOOR).is_none();
    let Some(kind) = registry.get(&step.address.kind) else { return Ok(BTreeSet::new()) };
    if unlimited || !comes_from_directory(step) {
        return Ok(BTreeSet::new());
    }
    match &step.action {
        // A policy is created unattached.
        Action::Create { .. } => Ok(BTreeSet::new()),
        Action::Edit { have, edits } => {
            kind.concerns(&have.state, Some(edits), completing.contains(&step.address))
        }
        Action::Delete { have, .. } => kind.concerns(&have.state, None, false),
    }
}

/// Whether more than [`FLOOR`] accounts can be below these targets, whatever the shape of the
/// organization.
fn may_be_too_many(places: &BTreeSet<String>) -> bool {
    let account = |id: &String| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
    places.len() > FLOOR || places.iter().any(|place| !account(place))
}

fn count(
    tree: &OrganizationTree,
    places: &BTreeSet<String>,
    manager: Option<&str>,
    limits: &GateLimits,
) -> Option<TooMany> {
    let mut members = tree.open();
    let mut concerned: BTreeSet<&str> = &tree.below(places) & &members;
    if let Some(manager) = manager {
        members.remove(manager);
        concerned.remove(manager);
    }
    let (concerned, of) = (concerned.len(), members.len());
    let limit = masses::most(limits.accounts_percent, of, FLOOR)?;
    (concerned > limit).then_some(TooMany::Accounts { concerned, of, limit })
}
