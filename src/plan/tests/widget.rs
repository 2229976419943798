//! A kind whose manifests say how its edits are, so that planning can be tested without what AWS's
//! own kinds want.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    aws::Access,
    kind::{
        Accepts, Ask, Claimed, Class, CloudError, Creation, Describe, Guarded, Intent, Invalid,
        Kind, Line, Population, Port, Profile, Reach, Refs, Removal, TagSpec, Target, Writers,
    },
    model::{
        Observed, PhysicalId, Risk, Tags,
        policy_document::{Dialect, PolicyDocument},
    },
};

/// `Widget`, which may be pruned, and `Keepsake`, which only a tombstone deletes; alike otherwise.
pub(super) struct Toy<const KEPT: bool>;

pub(super) type Widget = Toy<false>;
pub(super) type Keepsake = Toy<true>;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct Spec {
    /// A difference in `lock` tightens, in `label` is neutral, in `gate` loosens, in `engine` stops
    /// work, in `wire` tightens and cuts connections, in `policy` (the name of a condition key that
    /// a policy tests) replaces, in `frame` is impossible; a difference in `bomb` cannot be
    /// computed without a panic.
    parts: BTreeMap<String, String>,
    /// What AWS would allow once.
    title: Option<String>,
    /// What must be there before it.
    behind: Vec<Target>,
    /// What may follow later.
    beside: Vec<Target>,
    tags: TagSpec,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub(super) parts: BTreeMap<String, String>,
    pub(super) title: Option<String>,
    pub(super) gone: bool,
}

/// A part that gets another value.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Change {
    part: String,
    old: Option<String>,
    new: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "set {}", self.part)
    }
}

impl Describe for Change {
    fn key(&self) -> String {
        self.part.clone()
    }

    fn replaces_policy(&self) -> bool {
        self.part == "policy"
    }

    fn risk(&self) -> Risk {
        risk(&self.part)
    }

    fn lines(&self) -> Vec<Line> {
        vec![Line::change(&self.part, self.old.as_deref().unwrap_or("nothing"), &self.new)]
    }
}

fn risk(part: &str) -> Risk {
    match part {
        "lock" => Risk::TIGHTENS,
        "gate" => Risk::LOOSENS,
        "engine" => Risk::NEUTRAL.stopping_work(),
        "wire" => Risk::TIGHTENS.cutting_connections(),
        "policy" => Risk::REPLACES,
        "frame" => Risk::IMPOSSIBLE,
        _ => Risk::NEUTRAL,
    }
}

impl<const KEPT: bool> Kind for Toy<KEPT> {
    const PROFILE: Profile = Profile {
        name: if KEPT { "Keepsake" } else { "Widget" },
        short: if KEPT { "keep" } else { "widget" },
        about: "Has parts.",
        claimed: Claimed::ByTags,
        creation: Creation::Token,
        removal: if KEPT { Removal::TombstoneOnly } else { Removal::Prunable },
        writers: Writers::Many,
        sweep: true,
        global: false,
    };
    type Spec = Spec;
    type State = State;
    type Change = Change;

    fn tags(spec: &Spec) -> TagSpec {
        spec.tags.clone()
    }

    fn resolve(spec: Spec, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
        let Spec { mut parts, title, behind, beside, tags: _ } = spec;
        let accepts = Accepts::id_of("Widget");
        let wrong = |invalid| vec![invalid];
        let mut ids = Vec::new();
        for target in &behind {
            ids.push(refs.one("behind", target, accepts).map_err(wrong)?);
        }
        if ids.iter().any(|id| id == "w-unfit") {
            return Err(vec![Invalid::new("behind", "w-unfit carries nothing")]);
        }
        if !ids.is_empty() {
            parts.insert("behind".to_owned(), ids.join(" "));
        }
        for target in &beside {
            let id = refs.maybe("beside", target, accepts).map_err(wrong)?;
            parts.insert("beside".to_owned(), id);
        }
        Ok(State { parts, title, gone: false })
    }

    /// What tightens first, what is impossible last.
    fn diff(want: &State, have: &State) -> Vec<Change> {
        assert!(!want.parts.contains_key("bomb"), "panics on request");
        let mut changes: Vec<Change> = want
            .parts
            .iter()
            .filter(|(part, value)| have.parts.get(*part) != Some(value))
            .map(|(part, value)| Change {
                part: part.clone(),
                old: have.parts.get(part).cloned(),
                new: value.clone(),
            })
            .collect();
        let rank = |change: &Change| {
            let risk = risk(&change.part);
            (risk.impossible, risk.disrupts(), risk.access())
        };
        changes.sort_by_key(rank);
        changes
    }

    fn risk_of_creating(_: &State) -> Risk {
        Risk::LOOSENS
    }

    fn effect(mut have: State, change: &Change) -> State {
        have.parts.insert(change.part.clone(), change.new.clone());
        have
    }

    fn guards(state: &State) -> Vec<Guarded> {
        let tests = |key: &String| {
            let statement = serde_json::json!({"Effect": "Deny", "Action": "*", "Resource": "*",
                "Principal": "*", "Condition": {"StringEquals": {key: "yes"}}});
            let policy = serde_json::json!({"Version": "2012-10-17", "Statement": statement});
            let document = PolicyDocument::from_value(&policy, Dialect::KeyPolicy).ok();
            Guarded { document, reach: Reach::Key }
        };
        state.parts.get("policy").map(tests).into_iter().collect()
    }

    fn natural_keys(state: &State) -> Vec<String> {
        state.title.iter().map(|title| format!("title {title}")).collect()
    }

    fn is_gone(have: &State) -> bool {
        have.gone
    }
}

/// Planning asks no port anything.
pub(super) struct NoPort;

fn none<T>() -> Result<T, CloudError> {
    Err(CloudError::new("test:None", Class::Refused, "planning does not call AWS"))
}

impl<const KEPT: bool> Port<Toy<KEPT>> for NoPort {
    fn connect(_: &Access) -> Self {
        Self
    }

    async fn observe(&self, _: &Ask) -> Result<Population<State>, CloudError> {
        none()
    }

    async fn create(&self, _: &State, _: &Tags, _: &str) -> Result<PhysicalId, CloudError> {
        none()
    }

    async fn change(&self, _: &Observed<State>, _: &[Change]) -> Result<(), CloudError> {
        none()
    }

    async fn tag(&self, _: &Observed<State>, _: &Tags) -> Result<(), CloudError> {
        none()
    }

    async fn untag(&self, _: &Observed<State>, _: &[String]) -> Result<(), CloudError> {
        none()
    }

    async fn delete(&self, _: &Observed<State>, _: Option<&State>) -> Result<(), CloudError> {
        none()
    }

    async fn obstacles(
        &self,
        _: &Observed<State>,
        _: Intent<'_, Change>,
    ) -> Result<Vec<String>, CloudError> {
        none()
    }
}
