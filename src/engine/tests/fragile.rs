//! A kind that panics in the place that its manifest names.

use std::{collections::BTreeSet, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    aws::Access,
    kind::{
        Ask, Claimed, CloudError, Creation, Describe, Intent, Invalid, Kind, Population, Port,
        Profile, Refs, Removal, TagSpec, Writers,
    },
    model::{Observed, PhysicalId, Risk, Tags},
};

pub(super) struct Fragile;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    panics: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    panics: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Nothing;

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing")
    }
}

impl Describe for Nothing {
    fn key(&self) -> String {
        "nothing".to_owned()
    }

    fn risk(&self) -> Risk {
        Risk::NEUTRAL
    }
}

impl Kind for Fragile {
    const PROFILE: Profile = Profile {
        name: "Fragile",
        short: "fragile",
        about: "Panics.",
        claimed: Claimed::ByTags,
        creation: Creation::UniqueName,
        removal: Removal::Prunable,
        writers: Writers::Many,
        sweep: false,
        global: false,
    };
    type Spec = Spec;
    type State = State;
    type Change = Nothing;

    fn tags(_: &Spec) -> TagSpec {
        TagSpec::default()
    }

    fn resolve(spec: Spec, _: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
        assert!(spec.panics != "resolve", "panics on request");
        Ok(State { panics: spec.panics })
    }

    fn risk_of_creating(_: &State) -> Risk {
        Risk::NEUTRAL
    }

    fn diff(_: &State, _: &State) -> Vec<Nothing> {
        Vec::new()
    }

    fn effect(have: State, _: &Nothing) -> State {
        have
    }

    /// So that the port learns by its name what to do: names are all that an observation is asked
    /// about.
    fn natural_keys(state: &State) -> Vec<String> {
        vec![state.panics.clone()]
    }
}

pub(super) struct Panics;

impl Port<Fragile> for Panics {
    fn connect(_: &Access) -> Self {
        Self
    }

    async fn observe(&self, ask: &Ask) -> Result<Population<State>, CloudError> {
        let names: &BTreeSet<String> = &ask.natural_keys;
        assert!(!names.contains("observe"), "panics on request");
        Ok(Population::default())
    }

    async fn create(&self, want: &State, _: &Tags, _: &str) -> Result<PhysicalId, CloudError> {
        assert!(want.panics != "create", "panics on request");
        Ok("f-1".into())
    }

    async fn change(&self, _: &Observed<State>, _: &[Nothing]) -> Result<(), CloudError> {
        Ok(())
    }

    async fn tag(&self, _: &Observed<State>, _: &Tags) -> Result<(), CloudError> {
        Ok(())
    }

    async fn untag(&self, _: &Observed<State>, _: &[String]) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(&self, _: &Observed<State>, _: Option<&State>) -> Result<(), CloudError> {
        Ok(())
    }

    async fn obstacles(
        &self,
        _: &Observed<State>,
        _: Intent<'_, Nothing>,
    ) -> Result<Vec<String>, CloudError> {
        Ok(Vec::new())
    }
}
