//! Service control policies of AWS Organizations, and where they are attached.
//!
//! Organizations stores a policy's text as it was sent, so the text is compared strictly: everything
//! beyond white space and the order of object keys is a difference. A policy has one text for all its
//! targets (one UpdatePolicy replaces it everywhere at once), and each attachment is one call.

pub mod aws;
pub(crate) mod baseline;
mod change;
mod doctor;
mod errors;
mod operations;
mod order;
mod place;
mod spec;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    change::{Change, Replaced, Update},
    place::{Place, attachments_over_limit},
    spec::Spec,
};
use crate::{
    baseline::Baseline,
    kind::{
        Claimed, Creation, Doctor, Guarded, Intent, Invalid, Kind, Meaning, Profile, Reach, Refs,
        Removal, TagSpec, Writers,
    },
    model::{
        Risk,
        policy_document::{self, Context, PolicyDocument},
    },
    operations::OfKind,
};

/// How many service control policies can be attached to one root, organizational unit or account,
/// `FullAWSAccess` included (raised from 5 on 15 May 2026 with the size).
pub const MAX_PER_TARGET: usize = 10;

/// The name of the policy that AWS attaches everywhere; it cannot be edited.
const FULL_AWS_ACCESS: &str = "FullAWSAccess";

/// The kind.
#[derive(Debug)]
pub struct ServiceControlPolicy;

/// Whether attachments that the manifest does not name are drift.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Attachments {
    /// Attached to the named targets and nowhere else.
    #[default]
    Exclusive,
    /// Attached at least to the named targets.
    Additive,
}

/// A policy as it is wanted or as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The policy's name, unique among the service control policies of the organisation.
    pub name: String,
    /// Its description, empty for none; `None` is not managed.
    pub description: Option<String>,
    /// Its text. Always there in a wanted state; `None` in a live one whose text palisade cannot read,
    /// which counts as different from every wanted text.
    pub content: Option<PolicyDocument>,
    /// The ids of the roots, organizational units and accounts it is attached to; `None` is not managed.
    pub targets: Option<BTreeSet<String>>,
    /// What other attachments mean. Nothing live corresponds to it and it is never compared.
    pub attachments: Attachments,
}

/// A service control policy names no principals, so partition and account mean nothing for it.
pub(super) fn context() -> Context {
    Context { partition: String::new(), account: String::new() }
}

/// Whether two texts are the same to Organizations.
fn same_text(a: Option<&PolicyDocument>, b: Option<&PolicyDocument>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => policy_document::equivalent(a, b, &context()),
        (None, None) => true,
        _ => false,
    }
}

/// What its manifests call it.
pub const NAME: &str = "ServiceControlPolicy";

impl Kind for ServiceControlPolicy {
    const PROFILE: Profile = Profile {
        name: NAME,
        short: "scp",
        about: "A service control policy of AWS Organizations and the places it is attached to.",
        claimed: Claimed::ByTags,
        creation: Creation::UniqueName,
        removal: Removal::TombstoneOnly,
        writers: Writers::One,
        sweep: false,
    };
    const CONCERNS_ORGANIZATION: bool = true;
    const OPERATIONS: OfKind = operations::OPERATIONS;
    const ERRORS: &'static [Meaning] = errors::ERRORS;
    const DOCTOR: Doctor = doctor::DOCTOR;
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
        order::diff(want, have)
    }

    fn joins(earlier: &Change, later: &Change) -> bool {
        matches!((earlier, later), (Change::Update(_), Change::Update(_)))
    }

    /// Attached nowhere it does nothing.
    fn risk_of_creating(want: &State) -> Risk {
        order::risk_of_creating(want)
    }

    fn effect(have: State, change: &Change) -> State {
        change.effect(have)
    }

    fn together(wanted: &BTreeMap<String, State>) -> Vec<(String, Invalid)> {
        let over = attachments_over_limit(wanted.values());
        let mut problems = Vec::new();
        for (name, state) in wanted {
            for target in state.targets.iter().flatten() {
                if let Some(policies) = over.get(target.as_str()) {
                    let why = format!(
                        "{} policies are to be attached to {target}, and AWS allows {MAX_PER_TARGET}: {}",
                        policies.len(),
                        policies.join(", ")
                    );
                    let help = "merge policies, or attach some of them further down";
                    problems.push((name.clone(), Invalid::new("targets", why).help(help)));
                }
            }
        }
        problems
    }

    fn natural_keys(state: &State) -> Vec<String> {
        vec![state.name.clone()]
    }

    fn guards(state: &State) -> Vec<Guarded> {
        let targets = state.targets.clone().unwrap_or_default();
        vec![Guarded { document: state.content.clone(), reach: Reach::Accounts(targets) }]
    }

    fn concerns(have: &State, intent: &Intent<'_, Change>, completing: bool) -> BTreeSet<String> {
        let live = have.targets.clone().unwrap_or_default();
        match intent {
            Intent::Delete => live,
            Intent::Change(change) => change.concerns(live, completing),
        }
    }
}
