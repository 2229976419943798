//! A scenario: manifests and hands, in stages. All stages but the last are history.

use palisade::{settings::Prune, simulator::World};

/// One or both of the scopes that scenarios use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `ml`: the platform's account.
    Ml,
    /// `org`: the organisation's management account.
    Org,
    /// Both, each through its role.
    Both,
}

/// What the directory says from now on, and what somebody did before.
#[derive(Clone, Default)]
pub struct Stage {
    /// Done by hand before the stage begins.
    pub hands: Option<fn(&mut World)>,
    /// The manifests, one YAML text. `@{Kind/name}` gives way to the id of the live resource of that name.
    pub manifests: String,
    /// `Kind/name` that may be deleted in this stage.
    pub deletable: &'static [&'static str],
    /// `Kind/name` (the live name) that may be taken over in this stage.
    pub adoptable: &'static [&'static str],
}

/// A scenario.
#[derive(Clone)]
pub struct Scenario {
    /// Its name, for `--scenario`.
    pub name: &'static str,
    /// The scopes.
    pub place: Place,
    /// What becomes of orphans.
    pub prune: Prune,
    /// The steps of the longest chain of references, where a step that waits for a settle window counts as one more.
    pub depth: u64,
    /// Whether the last stage comes while a process runs that has read the one before.
    pub live: bool,
    /// Stages; faults strike in the last.
    pub stages: Vec<Stage>,
    /// Done by hand in the last stage, each once everything is in order: what a process has seen in force is put back.
    /// Faults strike from the first of them on.
    pub attacks: Vec<fn(&mut World)>,
    /// Whether the gate has its default limits. Somebody consents to whatever it holds that does not put back.
    pub guarded: bool,
}

impl Scenario {
    pub fn new(name: &'static str, place: Place, depth: u64) -> Self {
        Self {
            name,
            place,
            prune: Prune::Never,
            depth,
            live: false,
            stages: Vec::new(),
            attacks: Vec::new(),
            guarded: false,
        }
    }

    /// Another stage with these manifests.
    pub fn then(mut self, manifests: impl Into<String>) -> Self {
        self.stages.push(Stage { manifests: manifests.into(), ..Stage::default() });
        self
    }

    /// Before the latest stage, somebody did this.
    pub fn by_hand(mut self, hands: fn(&mut World)) -> Self {
        self.latest().hands = Some(hands);
        self
    }

    /// In the latest stage, these may be deleted.
    pub fn deletes(mut self, addresses: &'static [&'static str]) -> Self {
        self.latest().deletable = addresses;
        self
    }

    /// In the latest stage, these may be taken over.
    pub fn adopts(mut self, names: &'static [&'static str]) -> Self {
        self.latest().adoptable = names;
        self
    }

    /// Orphans are deleted where their claim allows it.
    pub fn pruning(mut self) -> Self {
        self.prune = Prune::Automatic;
        self
    }

    /// The last stage comes while a process runs that has read the one before.
    pub fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// In the last stage, with the gate's default limits, somebody does this once everything is in order.
    pub fn attacked(mut self, hands: fn(&mut World)) -> Self {
        self.attacks.push(hands);
        self.guarded = true;
        self
    }

    /// In every stage the gate has its default limits: somebody consents to what it holds.
    pub fn guarded(mut self) -> Self {
        self.guarded = true;
        self
    }

    fn latest(&mut self) -> &mut Stage {
        self.stages.last_mut().expect("a scenario has a stage before it is refined")
    }
}
