//! Policies of AWS Organizations of every type, and where they are attached: sister kinds with one
//! implementation, which differ by a value ([`PolicyType`]).
//!
//! Organizations stores a policy's text as it was sent. The text of a control policy is compared
//! strictly: everything beyond white space and the order of object keys is a difference. A
//! management policy is compared by what it sets. A policy has one text for all its targets (one
//! UpdatePolicy replaces it everywhere at once), and each attachment is one call.

pub mod ai_services_opt_out_policy;
pub mod aws;
pub mod backup_policy;
mod change;
mod content;
pub mod declarative_policy_ec2;
mod errors;
mod operations;
mod order;
mod place;
mod policy_type;
mod records;
pub mod resource_control_policy;
pub mod service_control_policy;
mod spec;
pub mod tag_policy;
#[cfg(test)]
mod tests;
mod written;

use std::{
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    change::{Change, Replaced, Update},
    content::Content,
    place::{Over, attachments_over_limit},
    policy_type::{DefaultPolicy, Language, PolicyType, Sister},
    spec::Spec,
};
pub use super::organization::Place;
use crate::{
    baseline::Baseline,
    kind::{
        Claimed, Creation, Doctor, Guarded, Intent, Invalid, Kind, Meaning, Naming, Profile, Reach,
        Refs, Removal, TagSpec, Together, Writers, Written, erased::Registry,
    },
    model::{Risk, policy_document::Dialect},
    operations::OfKind,
};

/// The kind of the policies of one type.
#[derive(Debug)]
pub struct Policy<S>(PhantomData<fn() -> S>);

/// Adds the kinds of all types.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    fn add<S: Sister>(registry: Registry) -> Registry {
        registry.with::<Policy<S>, aws::Live<S>>()
    }
    let registry = add::<service_control_policy::ServiceControl>(registry);
    let registry = add::<resource_control_policy::ResourceControl>(registry);
    let registry = add::<declarative_policy_ec2::DeclarativeEc2>(registry);
    let registry = add::<tag_policy::Tag>(registry);
    let registry = add::<ai_services_opt_out_policy::AiServicesOptOut>(registry);
    add::<backup_policy::Backup>(registry)
}

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

/// A policy, wanted or live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The policy's name, unique among the policies of its type in the organization.
    pub name: String,
    /// Its description, empty for none; `None` is not managed.
    pub description: Option<String>,
    /// Its text. Always present in a wanted state; `None` in a live one whose text palisade cannot
    /// read, which differs from every wanted text.
    pub content: Option<Content>,
    /// The ids of the roots, organizational units and accounts that it is attached to; `None` is
    /// not managed.
    pub targets: Option<BTreeSet<String>>,
    /// What other attachments mean. It is only wanted, and never compared.
    pub attachments: Attachments,
}

impl<S: Sister> Kind for Policy<S> {
    const PROFILE: Profile = Profile {
        name: S::TYPE.name,
        short: S::TYPE.short,
        about: S::TYPE.about,
        claimed: Claimed::ByTags,
        creation: Creation::UniqueName,
        removal: Removal::TombstoneOnly,
        writers: Writers::One,
        sweep: false,
        global: true,
    };
    const CONCERNS_ORGANIZATION: bool = true;
    const OPERATIONS: OfKind = Self::CALLS;
    const ERRORS: &'static [Meaning] = errors::ERRORS;
    const DOCTOR: Doctor = S::TYPE.doctor;
    const BASELINE: Baseline = S::TYPE.baseline;
    const TOGETHER: Option<Together<State>> = Some(together::<S>);
    type Spec = Spec<S>;
    type State = State;
    type Change = Change;

    fn tags(spec: &Spec<S>) -> TagSpec {
        spec.tags().clone()
    }

    fn resolve(spec: Spec<S>, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
        spec.resolve(refs)
    }

    fn diff(want: &State, have: &State) -> Vec<Change> {
        order::diff(want, have)
    }

    fn joins(earlier: &Change, later: &Change) -> bool {
        matches!((earlier, later), (Change::Update(_), Change::Update(_)))
    }

    /// Without attachments it has no effect.
    fn risk_of_creating(want: &State) -> Risk {
        order::risk_of_creating(want)
    }

    fn effect(have: State, change: &Change) -> State {
        change.effect(have)
    }

    fn written(have: &State, by: &dyn Naming) -> Written {
        written::written(have, &S::TYPE, by)
    }

    fn called(have: &State) -> Option<String> {
        Some(have.name.clone())
    }

    fn natural_keys(state: &State) -> Vec<String> {
        vec![state.name.clone()]
    }

    fn guards(state: &State) -> Vec<Guarded> {
        let targets = state.targets.clone().unwrap_or_default();
        let reach = match S::TYPE.language {
            Language::Control(Dialect::ResourceControlPolicy) => Reach::Resources(targets),
            Language::Control(_) => Reach::Accounts(targets),
            Language::Management(_) => Reach::Settings(targets),
        };
        let document = state.content.as_ref().and_then(Content::document).cloned();
        vec![Guarded { document, reach }]
    }

    fn concerns(have: &State, intent: &Intent<'_, Change>, completing: bool) -> BTreeSet<String> {
        let live = have.targets.clone().unwrap_or_default();
        match intent {
            Intent::Delete => live,
            Intent::Change(change) => change.concerns(live, completing),
        }
    }
}

/// More policies on a target than AWS allows.
fn together<S: Sister>(wanted: &BTreeMap<String, State>) -> Vec<(String, Invalid)> {
    let over = attachments_over_limit(wanted.values(), &S::TYPE);
    let mut problems = Vec::new();
    for (name, state) in wanted {
        for target in state.targets.iter().flatten() {
            if let Some(Over { names, limit }) = over.get(target.as_str()) {
                let own = match S::TYPE.default.name() {
                    Some(name) if *limit < S::TYPE.max_per_target => format!(" besides {name}"),
                    _ => String::new(),
                };
                let why = format!(
                    "{} policies are to be attached to {target}, and AWS allows {limit}{own}: \
                     {}",
                    names.len(),
                    names.join(", ")
                );
                let help = "merge policies, or attach some of them further down";
                problems.push((name.clone(), Invalid::new("targets", why).help(help)));
            }
        }
    }
    problems
}
