//! One pass: load, observe, plan, gate, apply, report.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use tokio::{sync::Notify, time::Instant};

use super::{
    apply::{self, Audit, Fresh, Generation, Terms},
    consent,
    defect::contained,
    drift::{Drifts, Passed},
    futile::Futile,
    learn,
    observe::{Callers, Observation, Observers, Wanted},
    outcome::StepResult,
    pace::Pace,
    pauses::Halted,
    put_back::PutBack,
    report::{PendingDeletion, Report, epoch_seconds, scopes_report},
    rewrites::{LastHour, Memory},
    scopes::Scopes,
    source::Source,
};
use crate::{
    aws::{Brake, identity},
    kind::{CloudError, Creation, erased::Registry},
    manifest::{Loader, Snapshot},
    model::{Address, Seen, Stop},
    plan::{self, Action, KnownWant, Live, Lockout, Only, Past, Plan, Step, Wait, WaitReason},
    settings::{Mode, Settings},
};

/// Orphans of kinds that no manifest declares are looked for once in this many passes (an hour, with the
/// default interval): they are rare, and each look costs a listing.
const SWEEP_EVERY: u64 = 60;
/// The first of these passes: a process that has just begun has more urgent things to do.
const FIRST_SWEEP: u64 = 30;
/// A search that did not see everything is repeated in the next pass, so often at most: what may never be read is
/// not worth more.
const SWEEP_TRIES: u32 = 3;

/// How an engine is used.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Digests that the command line consents to.
    pub approve: BTreeSet<String>,
    /// What may be done at most.
    pub only: Option<Only>,
    /// Gets every plan right before it is carried out.
    pub announce: Option<fn(&Plan)>,
    /// Whether approved steps are carried out; `plan` says no, and its clients could not write anyway.
    pub write: bool,
    /// Whether every pass also looks for orphans of kinds that no manifest declares.
    pub sweep: bool,
    /// Whether passes go on without scopes that answer much later than the others, as the daemon's do: those are unknown until
    /// they have answered. Otherwise a pass waits for all.
    pub leaves_behind: bool,
}

/// The loop's state: all of it can be lost at any time.
pub struct Engine {
    pub(super) settings: Settings,
    pub(super) registry: Arc<Registry>,
    pub(super) scopes: Scopes,
    pub(super) source: Source,
    pub(super) options: Options,
    pub(super) brake: Brake,
    pub(super) generation: Generation,
    pub(super) pace: Pace,
    pub(super) futile: Futile,
    pub(super) known_wants: BTreeMap<Address, KnownWant>,
    /// What was there to be wanted when this process began, as far as it has not been seen to change.
    pub(super) inherited: Option<BTreeMap<Address, Option<String>>>,
    drifts: Drifts,
    pub(super) completing: BTreeSet<Address>,
    pub(super) remembered: BTreeSet<(String, String)>,
    /// How often the search for orphans of undeclared kinds is still to be made.
    sweeps: u32,
    pub(super) organizations: BTreeMap<String, identity::Organization>,
    observers: Observers,
    pub(super) rewrites: Memory,
    pub(super) put_back: PutBack,
    /// Consents whose steps were done: consent is for once.
    pub(super) spent: BTreeSet<consent::Identity>,
    pub(super) last_hour: LastHour,
    pub(super) passes: u64,
    halted: Halted,
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
            settings,
            registry,
            scopes,
            source: Source::new(dir),
            options,
            brake,
            generation: Generation::default(),
            pace: Pace::default(),
            futile: Futile::default(),
            known_wants: BTreeMap::new(),
            inherited: None,
            drifts: Drifts::default(),
            completing: BTreeSet::new(),
            remembered: BTreeSet::new(),
            sweeps: 0,
            organizations: BTreeMap::new(),
            observers: Observers::default(),
            rewrites: Memory::default(),
            put_back: PutBack::default(),
            spent: BTreeSet::new(),
            last_hour: LastHour::default(),
            passes: 0,
            halted: Halted::default(),
        }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sets what the next passes may do at most.
    pub fn restrict(&mut self, only: Option<Only>) {
        self.options.only = only;
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        self.source.dir()
    }

    /// Whether a write would be sent now: not in observe mode, not for `plan`, not while the brake is on.
    pub fn may_write(&self) -> bool {
        self.options.write && self.settings.mode == Mode::Enforce && !self.brake.is_engaged()
    }

    /// Told that the directory may have changed, so that a plan for the old one is not carried on.
    pub fn generation(&self) -> Generation {
        self.generation.clone()
    }

    /// Told when a scope that a pass went on without has answered: then it is time for another one.
    pub fn answered(&self) -> Arc<Notify> {
        self.observers.answered()
    }

    /// When a failed or frozen step may be tried again, or a silent scope asked.
    pub fn next_retry(&self) -> Option<Instant> {
        let now = Instant::now();
        let due = [
            self.pace.next_retry(now),
            self.futile.next_retry(now),
            self.put_back.next_retry(now),
            self.rewrites.next_thaw(now),
            self.halted.next_end(),
            self.observers.next_try(now),
        ];
        due.into_iter().flatten().min()
    }

    /// Makes one pass.
    pub async fn pass(&mut self) -> Report {
        self.passes += 1;
        let begun = Instant::now();
        let started_at = epoch_seconds();
        let planned = self.generation.current();
        self.settings.reread_mode();
        self.halted.look(self.brake.halt());
        self.load();
        let good = self.source.good().cloned();
        let Observation { mut live, callers, since, .. } =
            self.observe(good.as_ref().map(|good| &good.snapshot)).await;
        let (mut plan, results) = match &good {
            // Without a snapshot nothing is known to be wanted, so nothing can be planned.
            None => (Plan::default(), Vec::new()),
            Some(good) => {
                self.note_observation(&good.snapshot, &live, &since);
                self.note_undeclared(&good.snapshot, &live);
                self.note_inherited(&good.snapshot);
                let mut plan = self.plan(&good.snapshot, &live, &callers, started_at);
                if self.learn_organization(&plan, &mut live).await {
                    plan = self.plan(&good.snapshot, &live, &callers, started_at);
                }
                self.look_for_obstacles(&mut plan).await;
                plan.take_turns();
                let fresh = Fresh {
                    brake: self.brake.clone(),
                    generation: self.generation.clone(),
                    planned,
                    observed: begun,
                    since: Arc::new(since),
                };
                if let Some(announce) = self.options.announce {
                    announce(&plan);
                }
                let results = self.apply(&plan, &fresh, good.revision.as_deref()).await;
                (plan, results)
            }
        };
        plan.pauses.clone_from(&self.halted.halt.pauses);
        plan.stopped = self.halted.halt.stop.clone().filter(|stop| *stop != Stop::Observe);
        let duration_seconds = begun.elapsed().as_secs_f64();
        let documents = good.iter().flat_map(|good| good.snapshot.documents.keys());
        let drifts = self.drifts.observe(&Passed {
            plan: &plan,
            results: &results,
            manifests: &documents.collect(),
            completing: &self.completing,
            pass: self.passes,
            began: started_at,
            ended: started_at + duration_seconds,
        });
        self.note_results(&plan, &results);
        Report {
            pass: self.passes,
            started_at,
            duration_seconds,
            revision: good.as_ref().and_then(|good| good.revision.clone()),
            source_age_seconds: good.as_ref().map(|good| good.at.elapsed().as_secs_f64()),
            problems: self.source.problems.clone(),
            warnings: self.source.warnings.clone(),
            warnings_changed: self.source.warnings_changed,
            scopes: scopes_report(&callers),
            pending_deletions: good.as_ref().map_or_else(Vec::new, |good| {
                PendingDeletion::find(&live, &good.snapshot, &self.settings.owner)
            }),
            manifests: good
                .map(|good| good.snapshot.documents.into_keys().collect())
                .unwrap_or_default(),
            plan,
            results,
            drifts,
        }
    }

    fn load(&mut self) {
        let loader = Loader {
            registry: &self.registry,
            settings: &self.settings,
            facts: self.scopes.facts(),
        };
        self.source.read(&loader);
    }

    async fn observe(&mut self, snapshot: Option<&Snapshot>) -> Observation {
        if self.passes % SWEEP_EVERY == FIRST_SWEEP {
            self.sweeps = SWEEP_TRIES;
        }
        let empty = BTreeMap::new();
        let documents = snapshot.map_or(&empty, |snapshot| &snapshot.documents);
        let wanted = Wanted {
            owner: &self.settings.owner,
            registry: &self.registry,
            documents,
            remembered: &self.remembered,
            sweep: self.options.sweep || self.sweeps > 0,
            predecessors: &self.pace.predecessors(),
            organizations: &self.organizations,
            patient: !self.options.leaves_behind,
        };
        let found = self.observers.observe(&self.scopes, &wanted).await;
        let live = &found.live;
        self.sweeps = if found.all_swept { 0 } else { self.sweeps.saturating_sub(1) };
        self.remembered.extend(documents.keys().map(|a| (a.scope.clone(), a.kind.clone())));
        self.remembered.extend(learn::with_ours(live, &self.settings.owner));
        for (scope, seen) in &live.organizations {
            if let Seen::All(id) = seen {
                let management_account = live.management_accounts.get(scope).cloned();
                let known = identity::Organization { id: id.clone(), management_account };
                self.organizations.entry(scope.clone()).or_insert(known);
            }
        }
        found
    }

    fn plan(&mut self, snapshot: &Snapshot, live: &Live, callers: &Callers, now: f64) -> Plan {
        let moment = Instant::now();
        let holdoffs = self.pace.failure_holdoffs(moment);
        let create_holdoffs = self.create_holdoffs(snapshot, moment);
        let approved = consent::valid(&self.options.approve, &snapshot.approvals, &self.spent, now);
        let past = Past {
            rewrites: self.rewrites.standing(moment),
            paced: self.put_back.paced(moment),
            futile: self.futile.waiting(moment),
            in_vain: self.futile.in_vain(),
            recent: self.last_hour.recent(moment),
        };
        let lockout = Lockout {
            callers: self.roles(callers),
            break_glass: self.settings.break_glass_roles.clone(),
        };
        // A pause of everything is a pause, for which nobody is waited.
        let stopped = self.halted.halt.stop.as_ref().map(ToString::to_string);
        let mut plan = plan::plan(&plan::Inputs {
            registry: &self.registry,
            owner: &self.settings.owner,
            documents: &snapshot.documents,
            approved: &approved,
            facts: self.scopes.facts(),
            live,
            wants: &BTreeMap::new(),
            holdoffs: &holdoffs,
            create_holdoffs: &create_holdoffs,
            given_up: &self.pace.given_up(),
            completing: &self.completing,
            predecessors: &self.pace.predecessors(),
            known_wants: &self.known_wants,
            inherited: self.inherited.as_ref().unwrap_or(&BTreeMap::new()),
            mode: self.settings.mode,
            prune: self.settings.prune,
            gate: &self.settings.gate,
            past: &past,
            lockout: &lockout,
            only: self.options.only.as_ref(),
            stopped: stopped.as_deref(),
            pauses: &self.halted.halt.pauses,
        });
        plan.contested = self.put_back.contested(moment);
        plan.unused_approvals =
            consent::unused(&plan, &self.options.approve, &snapshot.approvals, &self.spent, now);
        plan
    }

    /// palisade's own role in every scope where it is known.
    fn roles(&self, callers: &Callers) -> BTreeMap<String, String> {
        let caller = |scope: &str| Some(callers.get(scope)?.as_ref().ok()?.arn.as_str());
        let scopes = self.settings.scopes.iter();
        scopes
            .filter_map(|(name, scope)| {
                Some((name.clone(), scope.own_role(caller(name))?.to_owned()))
            })
            .collect()
    }

    fn create_holdoffs(&self, snapshot: &Snapshot, now: Instant) -> BTreeMap<Address, Wait> {
        let holdoff =
            |address: &Address| self.pace.create_holdoff(address, self.creation(address), now);
        let addresses = snapshot.documents.keys();
        addresses.filter_map(|address| Some((address.clone(), holdoff(address)?))).collect()
    }

    pub(super) fn creation(&self, address: &Address) -> Creation {
        self.registry.get(&address.kind).map_or(Creation::Unnamed, |kind| kind.profile().creation)
    }

    /// Asks the kinds what stands in the way of what would go, and makes wait what cannot be done, so that a plan says
    /// so before anything is tried. Other edits of the same resource go on.
    async fn look_for_obstacles(&self, plan: &mut Plan) {
        let mut steps = Vec::with_capacity(plan.steps.len());
        let mut stuck = BTreeSet::new();
        for step in std::mem::take(&mut plan.steps) {
            let found = self.obstacles(&step).await;
            if found.is_empty() {
                steps.push(step);
                continue;
            }
            stuck.insert(step.address.clone());
            steps.extend(step.held_up(&found));
        }
        plan.steps = steps;
        plan::wait_in_vain(plan, &stuck);
    }

    /// What stands in the way of a step, by the key of the edit.
    async fn obstacles(&self, step: &Step) -> BTreeMap<String, WaitReason> {
        let mut found = BTreeMap::new();
        let port = self.scopes.port(&step.address.scope, &step.address.kind);
        let (Some(port), true) = (port, step.verdict.goes()) else { return found };
        let mut note = |key: &str, names: Result<Vec<String>, CloudError>| {
            let reason = match names {
                Ok(names) if names.is_empty() => return,
                Ok(names) => WaitReason::Obstacles { found: names },
                Err(error) => WaitReason::ObstaclesUnread { why: error.to_string() },
            };
            found.insert(key.to_owned(), reason);
        };
        match &step.action {
            Action::Create { .. } => {}
            Action::Delete { have, .. } => {
                note(plan::DELETE_KEY, contained(port.obstacles(have, None)).await);
            }
            Action::Edit { have, edits } => {
                for edit in edits.iter().filter(|edit| edit.inspect) {
                    note(&edit.key, contained(port.obstacles(have, Some(edit))).await);
                }
            }
        }
        found
    }

    async fn apply(&self, plan: &Plan, fresh: &Fresh, revision: Option<&str>) -> Vec<StepResult> {
        if !self.options.write || self.settings.mode == Mode::Observe {
            return Vec::new();
        }
        let steps: Vec<_> = plan.go().collect();
        let audit = Audit { pass: self.passes, revision };
        let terms = Terms { fresh, audit, again: &self.put_back.lately(Instant::now()) };
        apply::apply(&steps, &self.scopes, &self.registry, terms).await
    }
}
