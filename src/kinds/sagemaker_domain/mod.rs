//! SageMaker AI domains: the place where Studio runs.
//!
//! A domain holds the users' files, and its settings form a deep tree to most of which AWS adds
//! defaults of its own. So only leaves that the manifest names are compared and sent; what AWS fixes at
//! creation is shown and never replaced; what it refuses to change while apps run waits, with the
//! apps' names, and holds nothing else up.

mod arns;
pub mod aws;
pub(crate) mod baseline;
mod change;
mod diff;
mod errors;
mod leaf;
mod operations;
mod resolve;
mod risk;
mod rules;
pub mod settings;
mod spec;
mod state;
mod tree;

#[cfg(test)]
mod tests;

pub use self::{
    change::{Change, Update},
    leaf::{Leaf, Written},
    spec::*,
    state::State,
    tree::LeafEdit,
};
use crate::{
    baseline::Baseline,
    kind::{Claimed, Creation, Invalid, Kind, Meaning, Profile, Refs, Removal, TagSpec, Writers},
    model::Risk,
    operations::OfKind,
};

/// The kind.
#[derive(Debug)]
pub struct SageMakerDomain;

/// What its manifests call it.
pub const NAME: &str = "SageMakerDomain";

impl Kind for SageMakerDomain {
    const PROFILE: Profile = Profile {
        name: NAME,
        short: "domain",
        about: "A SageMaker AI domain with the settings that its users and spaces start from.",
        claimed: Claimed::ByTags,
        // There is no client token, and no document says that AWS refuses a second domain of a name.
        creation: Creation::Unnamed,
        // It holds the users' files and profiles.
        removal: Removal::TombstoneOnly,
        // An update of a domain that is updating fails, but domains do not block each other.
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
        resolve::resolve(spec, refs)
    }

    fn diff(want: &State, have: &State) -> Vec<Change> {
        diff::diff(want, have)
    }

    fn joins(earlier: &Change, later: &Change) -> bool {
        matches!(
            (earlier, later),
            (Change::Update(_), Change::Update(_))
                | (Change::UpdateWithoutApps(_), Change::UpdateWithoutApps(_))
        )
    }

    /// People can work there, with the roles and in the networks that it names.
    fn risk_of_creating(_want: &State) -> Risk {
        Risk::LOOSENS
    }

    fn effect(have: State, change: &Change) -> State {
        diff::effect(have, change)
    }

    fn natural_keys(state: &State) -> Vec<String> {
        state.text(state::DOMAIN_NAME).map(str::to_owned).into_iter().collect()
    }
}
