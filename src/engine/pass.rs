//! One pass: load, observe, plan, gate, apply, report.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{
    apply::{self, Audit, Terms},
    audits::Audits,
    base::{self, Base, Ground},
    fleet::Fleet,
    fresh::{Fresh, Generation, Readings},
    hints::{Standing, matched},
    history::History,
    learn::Learnt,
    listen::Listening,
    live::{Links, Live, links_of, live_of},
    observe::{Observation, Observers, Wanted},
    options::Options,
    outcome::StepResult,
    pauses::Halted,
    planning::{Planning, loader, writes},
    remember::Remembering,
    report::{Changed, PendingDeletion, Phases, Report, epoch_seconds},
    rollout::Rollouts,
    scopes::Scopes,
    setup::Setup,
    source::{Good, Source},
};
use crate::{
    aws::{Brake, identity},
    kind::erased::Registry,
    manifest::Snapshot,
    memory::Memory,
    model::{Address, ScopedKind, Seen},
    plan::{Claims, Comparison, Focus, Look, Only, Organization, Plan},
    settings::Settings,
};

/// Orphans of kinds that no manifest declares are searched for once in this many passes (an hour,
/// with the default interval): they are rare, and each search costs a listing per kind.
const SWEEP_EVERY: u64 = 60;
/// The first of these passes: a new process has more urgent things to do.
const FIRST_SWEEP: u64 = 30;
/// An incomplete search is repeated in the next pass, at most this many times: some kinds may never
/// be readable.
const SWEEP_TRIES: u32 = 3;

/// What stops writing.
pub(super) struct Control {
    pub(super) brake: Brake,
    pub(super) generation: Generation,
    pub(super) halted: Halted,
    /// Whether a pass is under way that writes, or has written.
    pub(super) writing: watch::Sender<bool>,
}

/// Where to search for resources that no manifest declares.
#[derive(Default)]
struct Search {
    /// Kinds and scopes that had a manifest, or resources of this installation, earlier in this
    /// process.
    remembered: BTreeSet<ScopedKind>,
    /// How many more times the search for orphans of undeclared kinds is to be made.
    sweeps: u32,
}

/// The state of the loop: all of it can be lost at any time.
pub struct Engine {
    pub(super) setup: Setup,
    pub(super) source: Source,
    pub(super) control: Control,
    pub(super) learnt: Learnt,
    search: Search,
    observers: Observers,
    fleet: Fleet,
    pub(super) rollouts: Rollouts,
    pub(super) audits: Audits,
    pub(super) history: History,
    pub(super) remembering: Option<Remembering>,
    live: Live,
    links: Links,
    /// The snapshot that they are of.
    linked: Option<Arc<Snapshot>>,
    pub(super) passes: u64,
    /// Those that looked at everything.
    full_passes: u64,
    pub(super) listening: Option<Listening>,
    /// What the last full pass saw, for passes that look at a part of it again.
    pub(super) standing: Option<Standing>,
}

/// What one pass planned and did.
#[derive(Default)]
pub(super) struct Made {
    pub(super) plan: Plan,
    pub(super) results: Vec<StepResult>,
    pub(super) pending_deletions: Vec<PendingDeletion>,
    pub(super) live: Live,
    pub(super) comparison: Option<Box<Comparison>>,
    pub(super) standing: Option<Standing>,
    pub(super) phases: Phases,
}

/// The start of a pass, and the snapshot it uses.
pub(super) struct Begun {
    pub(super) at: Instant,
    /// In seconds since the epoch.
    pub(super) epoch: f64,
    pub(super) generation: u64,
}

impl Engine {
    /// An engine for one directory.
    pub fn new(
        settings: Settings,
        registry: Arc<Registry>,
        scopes: Scopes,
        dir: &Path,
        options: Options,
        brake: Brake,
    ) -> Self {
        Self {
            setup: Setup { settings, registry, scopes, options },
            source: Source::new(dir),
            control: Control {
                brake,
                generation: Generation::default(),
                halted: Halted::default(),
                writing: watch::Sender::new(false),
            },
            learnt: Learnt::default(),
            search: Search::default(),
            observers: Observers::default(),
            fleet: Fleet::default(),
            rollouts: Rollouts::default(),
            audits: Audits::default(),
            history: History::default(),
            remembering: None,
            live: Live::default(),
            links: Links::default(),
            linked: None,
            passes: 0,
            full_passes: 0,
            listening: None,
            standing: None,
        }
    }

    /// Recalls what the memory kept, before the first pass, and keeps what is learnt from now on.
    pub async fn recall(&mut self, memory: Memory) {
        let now = epoch_seconds();
        let place = format!("memory in {}", memory.place());
        let settings = &self.setup.settings;
        let (remembering, kept) =
            Remembering::recall(memory, settings, self.source.dir(), now).await;
        self.remembering = Some(remembering);
        self.learnt.known_wants.extend(kept.wants);
        self.learnt.spent.extend(kept.spent);
        self.learnt.approvals_lost = kept.approvals_lost;
        self.history = kept.history.unwrap_or_default();
        self.learnt.drifts.go_on_after(self.history.timeline().last_number());
        self.history.start(now, &place);
        self.rollouts.recall(kept.snapshot.clone(), kept.waves);
        let loader = loader(&self.setup);
        self.source.recall(&loader, kept.snapshot, now);
    }

    /// What happened.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The live resources of the latest pass, if the options ask for them.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The references between the manifests in force, if [`Options::shows_live`].
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.setup.settings
    }

    /// Limits what the next passes may do.
    pub fn restrict(&mut self, only: Option<Only>) {
        self.setup.options.only = only;
    }

    /// Approves these steps from the next pass on, as if they had been approved from the beginning.
    pub fn approve(&mut self, digests: impl IntoIterator<Item = String>) {
        self.setup.options.approve.extend(digests);
    }

    /// The manifests that the passes are about, if not all of them.
    pub fn focus(&self) -> Option<&Focus> {
        self.setup.options.focus.as_ref()
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        self.source.dir()
    }

    /// Whether a write would be sent now: not in observe mode, not for `plan`, not while the brake
    /// is on.
    pub fn may_write(&self) -> bool {
        writes(&self.setup) && !self.control.brake.is_engaged()
    }

    /// How many passes there were.
    pub(super) fn passes(&self) -> u64 {
        self.passes
    }

    /// Notified that the directory may have changed, so that a plan for the old one is abandoned.
    pub fn generation(&self) -> Generation {
        self.control.generation.clone()
    }

    /// Whether a pass is under way that writes, or has written and still takes note of it. Any
    /// other can be dropped.
    pub fn writing(&self) -> watch::Receiver<bool> {
        self.control.writing.subscribe()
    }

    /// Notified when a scope that a pass continued without has answered: then another pass is due.
    pub fn answered(&self) -> Arc<Notify> {
        self.observers.answered()
    }

    /// When a failed or frozen step may be tried again, or an unresponsive scope asked.
    pub fn next_retry(&self) -> Option<Instant> {
        let now = Instant::now();
        let due = [
            self.learnt.next_retry(now),
            self.control.halted.next_end(),
            self.observers.next_try(now),
            self.rollouts.next(&self.setup.settings),
        ];
        due.into_iter().flatten().min()
    }

    /// Makes one pass that looks at everything.
    pub async fn pass(&mut self) -> Report {
        self.full_passes += 1;
        let begun = self.begin();
        if self.fleet.follow(&mut self.setup).await {
            self.standing = None;
            if let Some(listening) = &mut self.listening {
                listening.follow(&self.setup.settings, &self.setup.scopes);
            }
        }
        self.share();
        self.load();
        let reading = begun.at.elapsed();
        let good = self.source.good().cloned();
        let (base, base_problems) =
            Base::read(self.setup.options.base.as_deref(), &loader(&self.setup));
        let observing = Instant::now();
        let observation = self.observe(good.as_ref(), base.as_ref()).await;
        let (callers, observed) = (observation.callers.clone(), observing.elapsed());
        self.identify(&callers);
        let mut made = self.make(good.as_ref(), base.as_ref(), observation, &begun).await;
        made.phases = Phases { reading, observing: observed, ..made.phases };
        self.live = std::mem::take(&mut made.live);
        if self.setup.options.shows_live {
            self.link(good.as_ref());
        }
        let standing = made.standing.take();
        let mut report = self.report(&begun, &callers, made, None).await;
        report.base_problems = base_problems;
        let quiet = report.changed() == Changed::No;
        self.standing = standing.filter(|_| quiet && self.listening.is_some());
        if let Some(listening) = &self.listening {
            listening.hub.covered(begun.at);
        }
        self.control.writing.send_replace(false);
        report
    }

    /// The references of another snapshot.
    fn link(&mut self, good: Option<&Good>) {
        let snapshot = good.map(|good| Arc::clone(&good.snapshot));
        let same = match (&self.linked, &snapshot) {
            (Some(before), Some(now)) => Arc::ptr_eq(before, now),
            _ => false,
        };
        if !same {
            self.links = snapshot.as_deref().map(links_of).unwrap_or_default();
            self.linked = snapshot;
        }
    }

    fn load(&mut self) {
        let Self { setup, source, learnt, rollouts, .. } = self;
        source.read(&loader(setup));
        if !setup.options.all_waves {
            source.roll_out(&loader(setup), rollouts);
            learnt.waves = rollouts.waves(&setup.settings);
        }
        learnt.note_approvals(source);
    }

    async fn observe(&mut self, good: Option<&Good>, base: Option<&Base>) -> Observation {
        let Self { setup, learnt, search, observers, .. } = self;
        if self.full_passes % SWEEP_EVERY == FIRST_SWEEP {
            search.sweeps = SWEEP_TRIES;
        }
        let documents = base::observed(good, base, setup.options.focus.as_ref());
        let documents: Vec<_> = documents.iter().map(|it| &**it).collect();
        let wanted = Wanted {
            owner: &setup.settings.owner,
            registry: &setup.registry,
            documents: &documents,
            remembered: &search.remembered,
            sweep: setup.options.sweep || search.sweeps > 0,
            predecessors: &learnt.pace.predecessors(),
            organizations: &learnt.organizations,
            wait_for_all: !setup.options.leaves_behind,
        };
        let observation = observers.observe(&setup.scopes, &wanted).await;
        search.sweeps = if observation.all_swept { 0 } else { search.sweeps.saturating_sub(1) };
        let kinds = documents.iter().flat_map(|all| all.keys().map(Address::scoped_kind));
        search.remembered.extend(kinds);
        for (scope, seen) in &observation.live.organizations {
            if let Seen::All(id) = seen {
                let management_account = observation.managers.get(scope).cloned();
                let known = identity::Organization { id: id.clone(), management_account };
                learnt.organizations.entry(scope.clone()).or_insert(known);
            }
        }
        observation
    }

    /// Plans and, if this process writes, applies. The observations are combined once, however many
    /// times they are planned on.
    async fn make(
        &mut self,
        good: Option<&Good>,
        base: Option<&Base>,
        observation: Observation,
        begun: &Begun,
    ) -> Made {
        let Observation { live, callers, managers, since, ended, .. } = observation;
        let read = Instant::now();
        let nothing = BTreeMap::new();
        let documents = good.map_or(&nothing, |good| &good.snapshot.documents);
        let claims = Claims::read(&live, &self.setup.settings.owner)
            .adopting(documents, &self.setup.registry);
        self.search.remembered.extend(claims.with_ours().cloned());
        tokio::task::yield_now().await;
        let Some(good) = good else {
            // Without a snapshot no wants are known, so nothing can be planned.
            let mut plan = Plan::default();
            plan.note_halt(&self.control.halted.halt);
            return Made { plan, ..Made::default() };
        };
        let Self { setup, control, learnt, source, remembering, fleet, rollouts, .. } = self;
        let window = setup.settings.settle_window;
        learnt.note_observation(&good.snapshot, &claims, &since, window);
        if source.problems.is_empty() {
            learnt.note_undeclared(&good.snapshot, &claims, window);
        }
        learnt.note_inherited(&good.snapshot);
        let predecessors = learnt.pace.predecessors();
        let look = Look::new(setup.installation(), documents, &live, claims, &predecessors);
        let mut planning = Planning {
            setup,
            control,
            snapshot: &good.snapshot,
            look: &look,
            predecessors: &predecessors,
            fence: setup.fence(&callers),
            lockout: setup.lockout(&callers),
            organization: Organization {
                ids: learnt.organization_ids(&setup.settings),
                managers: managers.clone(),
                ..Organization::default()
            },
            now: begun.epoch,
        };
        let mut plan = planning.whole(learnt).await;
        plan.unknown.extend(fleet.unknown(setup));
        plan.rollouts = rollouts.note(&setup.settings, &good.snapshot, &plan, Instant::now());
        let took = read.elapsed();
        let mut comparison = None;
        if let Some(base) = base {
            let (live, since) = (&live, &since);
            let Planning { fence, lockout, organization, now, .. } = planning;
            let ground = Ground { setup, control, live, since, fence, lockout, organization, now };
            comparison = Some(Box::new(base.compare(ground, &plan, documents).await));
        }
        if let Some(remembering) = remembering.as_mut().filter(|_| writes(setup)) {
            remembering.before(&mut plan, learnt, source).await;
        }
        let readings = Arc::new(readings(since, &ended));
        let fresh = control.fresh(begun, read, &readings);
        let watcher = setup.options.watcher.as_deref();
        if let Some(watcher) = watcher {
            watcher.begin(&plan);
        }
        let pending_deletions = PendingDeletion::find(&look.claims, &good.snapshot);
        let shown = if setup.options.shows_live { live_of(&look.claims) } else { Live::default() };
        let audit = Audit { pass: self.passes, revision: good.revision.as_deref() };
        let again = learnt.put_back.lately(Instant::now());
        let terms = Terms { fresh: &fresh, audit, again: &again, watcher };
        // Between planning, which waits for nobody, and writing a process that is stopped ends.
        tokio::task::yield_now().await;
        if writes(setup) && plan.go().next().is_some() {
            control.writing.send_replace(true);
        }
        let results = apply(&plan, setup, terms).await;
        let ids = matched(&look);
        drop(look);
        let generation = begun.generation;
        let standing = Some(Standing { live, callers, managers, readings, generation, ids });
        let phases = Phases { planning: took, ..Phases::default() };
        Made { plan, results, pending_deletions, live: shown, comparison, standing, phases }
    }
}

impl Control {
    /// The conditions that must hold before each write of a pass. Everything that its plan is about
    /// had been read at `read`.
    pub(super) fn fresh(&self, begun: &Begun, read: Instant, readings: &Arc<Readings>) -> Fresh {
        Fresh {
            brake: self.brake.clone(),
            generation: self.generation.clone(),
            planned: begun.generation,
            observed: begun.at,
            read,
            readings: Arc::clone(readings),
        }
    }
}

/// When observing each scope began and ended.
pub(super) fn readings(
    since: BTreeMap<String, Instant>,
    ended: &BTreeMap<String, Instant>,
) -> Readings {
    let both = |(scope, began): (String, Instant)| {
        let ended = ended.get(&scope).copied().unwrap_or(began);
        (scope, (began, ended))
    };
    since.into_iter().map(both).collect()
}

/// Carries out what a plan lets go, if this process writes.
pub(super) async fn apply(plan: &Plan, setup: &Setup, terms: Terms<'_>) -> Vec<StepResult> {
    if !writes(setup) {
        return Vec::new();
    }
    let steps: Vec<_> = plan.go().collect();
    apply::apply(&steps, &setup.scopes, &setup.registry, terms).await
}
