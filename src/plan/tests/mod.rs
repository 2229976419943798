//! Planning with kinds made for the tests: manifests as text and live resources as values in, a
//! plan out.

mod choices;
mod comparing;
mod deletion;
mod dependencies;
mod differences;
mod focus;
mod graph;
mod ids;
mod laws;
mod markdown;
mod matching;
mod orphans;
mod pauses;
mod render;
mod steps;
mod tags;
mod unread;
mod verdicts;
mod widget;

use std::sync::Arc;

use serde_json::json;

use self::widget::{Keepsake, NoPort, State, Widget};
use super::*;
use crate::{
    kind::{ScopeFacts, erased::Registry},
    manifest::{Document, Documents, Loader},
    model::{Claim, Deletion, Fence, Halt, Ownership, Phase, Stop, Tags},
    settings::{GateLimits, Mode, Overrides, Prune, Settings},
};

const OWNER: &str = "ml";

/// A manifest as text; `spec` is what stands between the braces.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) kind: &'static str,
    pub(super) scope: &'static str,
    pub(super) name: &'static str,
    pub(super) lifecycle: &'static str,
    pub(super) spec: &'static str,
}

/// A `Widget` in scope `prod`.
fn widget(name: &'static str, spec: &'static str) -> Manifest {
    Manifest { kind: "Widget", scope: "prod", name, lifecycle: "", spec }
}

/// Like [`widget`], of the kind that only a tombstone deletes.
fn keepsake(name: &'static str, spec: &'static str) -> Manifest {
    Manifest { kind: "Keepsake", ..widget(name, spec) }
}

impl Manifest {
    fn lifecycle(self, lifecycle: &'static str) -> Self {
        Self { lifecycle, ..self }
    }

    fn scope(self, scope: &'static str) -> Self {
        Self { scope, ..self }
    }

    fn text(&self) -> String {
        let Self { kind, scope, name, lifecycle, spec } = self;
        format!(
            "---\napiVersion: palisade.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}, \
             scope: {scope}}}\n\
             lifecycle: {{{lifecycle}}}\nspec: {{{spec}}}\n"
        )
    }
}

/// A live resource that nobody claims.
fn stray(id: &str, parts: &[(&str, &str)]) -> Observed<Value> {
    let parts = parts.iter().map(|(part, value)| ((*part).into(), (*value).into())).collect();
    let state = State { parts, ..State::default() };
    Observed {
        id: id.into(),
        arn: format!("arn:{id}"),
        tags: Tags::new(),
        phase: Phase::Ready,
        state: serde_json::to_value(state).unwrap(),
    }
}

/// A live resource that carries the claim of `prod/Widget/name`.
fn ours(id: &str, name: &str, parts: &[(&str, &str)]) -> Observed<Value> {
    claimed_by(OWNER, &at(name), stray(id, parts))
}

fn claimed_by(owner: &str, address: &Address, resource: Observed<Value>) -> Observed<Value> {
    let claim = Claim { owner: owner.into(), address: address.clone(), deletion: Deletion::Retain };
    Observed { tags: claim.tags(), ..resource }
}

fn titled(title: &str, mut resource: Observed<Value>) -> Observed<Value> {
    resource.state["title"] = json!(title);
    resource
}

fn gone(mut resource: Observed<Value>) -> Observed<Value> {
    resource.state["gone"] = json!(true);
    resource
}

/// A state that its own kind cannot read back.
fn garbled(mut resource: Observed<Value>) -> Observed<Value> {
    resource.state["parts"] = json!(7);
    resource
}

fn in_phase(phase: Phase, resource: Observed<Value>) -> Observed<Value> {
    Observed { phase, ..resource }
}

/// The address of a widget in `prod`.
fn at(name: &str) -> Address {
    Address::new("prod", "Widget", name)
}

/// Everything that a plan depends on; each test changes what it is about.
struct World {
    registry: Registry,
    documents: Documents,
    approved: BTreeSet<String>,
    facts: BTreeMap<String, ScopeFacts>,
    live: Live,
    holdoffs: BTreeMap<Address, Holdoff>,
    create_holdoffs: BTreeMap<Address, Wait>,
    given_up: BTreeSet<Address>,
    completing: BTreeSet<Address>,
    predecessors: BTreeMap<Address, PhysicalId>,
    known_wants: BTreeMap<Address, KnownWant>,
    inherited: BTreeMap<Address, Option<String>>,
    mode: Mode,
    prune: Prune,
    past: Past,
    only: Option<Only>,
    focus: Option<Focus>,
    stopped: Option<Stop>,
    pauses: Vec<Pause>,
    waves: Waves,
}

impl World {
    /// The manifest of this name, to be changed.
    fn document(&mut self, name: &str) -> &mut Document {
        Arc::make_mut(self.documents.get_mut(&at(name)).unwrap())
    }

    /// Two empty accounts, and these manifests.
    fn of(manifests: impl IntoIterator<Item = Manifest>) -> Self {
        let fact = |name: &str| ScopeFacts {
            name: name.into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        };
        let facts: BTreeMap<_, _> =
            ["prod", "test"].map(|name| (name.to_owned(), fact(name))).into();
        let seen = facts.keys().flat_map(|scope| {
            ["Keepsake", "Widget"].map(|kind| (ScopedKind::new(scope, kind), Seen::All(Vec::new())))
        });
        let registry = registry();
        Self {
            documents: load(&registry, &facts, manifests),
            registry,
            live: Live { seen: seen.collect(), ..Live::default() },
            facts,
            approved: BTreeSet::new(),
            holdoffs: BTreeMap::new(),
            create_holdoffs: BTreeMap::new(),
            given_up: BTreeSet::new(),
            completing: BTreeSet::new(),
            predecessors: BTreeMap::new(),
            known_wants: BTreeMap::new(),
            inherited: BTreeMap::new(),
            mode: Mode::Enforce,
            prune: Prune::Never,
            past: Past::default(),
            only: None,
            focus: None,
            stopped: None,
            pauses: Vec::new(),
            waves: Waves::default(),
        }
    }

    /// Adds a live widget to `prod`.
    fn with(self, resource: Observed<Value>) -> Self {
        self.with_in("prod", "Widget", resource)
    }

    fn with_in(mut self, scope: &str, kind: &str, resource: Observed<Value>) -> Self {
        match self.live.seen.get_mut(&ScopedKind::new(scope, kind)) {
            Some(Seen::All(resources)) => resources.push(resource),
            other => panic!("{other:?}"),
        }
        self
    }

    /// An earlier attempt at what the manifests say now failed, at these fields.
    fn failed(mut self, name: &str, fields: &[&str]) -> Self {
        let want = self.plan().wants.get(&at(name)).cloned().unwrap_or_default();
        let want = want.fingerprint.clone();
        let failed = fields.iter().map(|&field| field.to_owned()).collect();
        let holdoff = Holdoff { want, wait: refused(), failed, together: BTreeSet::new() };
        self.holdoffs.insert(at(name), holdoff);
        self
    }

    /// What the manifests say now was live already.
    fn seen_in_order(mut self) -> Self {
        let plan = self.plan();
        for (address, want) in plan.wants {
            let found = self.live.seen.values().filter_map(Seen::all).flatten();
            let ids = found.filter(|it| {
                matches!(Ownership::read(&it.tags, OWNER), Ownership::Ours { address: of, .. } if of == address)
            });
            let id = ids.map(|it| it.id.clone()).next().unwrap_or_else(|| "gone".into());
            self.known_wants.insert(address, KnownWant::seen(id, want));
        }
        self
    }

    fn plan(&self) -> Plan {
        let installation =
            Installation { registry: &self.registry, owner: OWNER, facts: &self.facts };
        let claims = Claims::read(&self.live, OWNER).adopting(&self.documents, &self.registry);
        let look = Look::new(installation, &self.documents, &self.live, claims, &self.predecessors);
        plan(&Inputs {
            look: &look,
            memory: Memory {
                holdoffs: &self.holdoffs,
                create_holdoffs: &self.create_holdoffs,
                given_up: &self.given_up,
                completing: &self.completing,
                predecessors: &self.predecessors,
                known_wants: &self.known_wants,
                inherited: &self.inherited,
                past: &self.past,
            },
            limits: Limits {
                mode: self.mode,
                prune: self.prune,
                gate: &GateLimits::default(),
                fence: &Fence::default(),
                lockout: &Lockout::default(),
                approved: &self.approved,
                only: self.only.as_ref(),
                focus: self.focus.as_ref(),
                halt: &Halt {
                    stop: self.stopped.clone(),
                    pauses: self.pauses.clone(),
                    ..Halt::default()
                },
                waves: &self.waves,
            },
            organization: &Organization::default(),
        })
    }

    /// The plan's only step.
    fn step(&self) -> Step {
        let mut steps = self.plan().steps;
        assert_eq!(steps.len(), 1, "{steps:?}");
        steps.remove(0)
    }

    /// The plan's only conflict; nothing else is done or in sync.
    fn conflict(&self) -> Conflict {
        let mut plan = self.plan();
        assert!(plan.steps.is_empty() && plan.in_sync.is_empty(), "{plan:?}");
        assert_eq!(plan.conflicts.len(), 1, "{plan:?}");
        plan.conflicts.remove(0)
    }
}

fn registry() -> Registry {
    Registry::default().with::<Widget, NoPort>().with::<Keepsake, NoPort>()
}

/// What the manifests say; their scopes are `prod` and `test`.
pub(super) fn load(
    registry: &Registry,
    facts: &BTreeMap<String, ScopeFacts>,
    manifests: impl IntoIterator<Item = Manifest>,
) -> Documents {
    let text: String = manifests.into_iter().map(|manifest| manifest.text()).collect();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("all.yaml"), text).unwrap();
    let scope = "{account: '111122223333', region: eu-west-1}";
    let settings = format!("{{owner: {OWNER}, scopes: {{prod: {scope}, test: {scope}}}}}");
    let settings = Settings::parse(&settings, &Overrides::default()).unwrap();
    let loader = Loader { registry, settings: &settings, facts };
    loader.load(dir.path()).unwrap().documents
}

/// What the steps' edits are called, in order.
fn keys(steps: &[Step]) -> Vec<String> {
    steps.iter().flat_map(Step::keys).collect()
}

/// An earlier try failed, in a way that time does not heal.
fn refused() -> Wait {
    let message = "AWS refused it".to_owned();
    Wait::lasting(WaitReason::Failed { message, retry_seconds: None })
}

fn settling(state: &str) -> Wait {
    Wait::passing(WaitReason::Settling { state: state.to_owned() })
}

/// Why a step waits.
fn waits(step: &Step) -> Vec<Wait> {
    match &step.verdict {
        Verdict::Waiting(why) => why.clone(),
        other => panic!("does not wait: {other:?}"),
    }
}

/// Why a step is held.
fn held(step: &Step) -> String {
    match &step.verdict {
        Verdict::Held(why) => why.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        other => panic!("not held: {other:?}"),
    }
}
