//! One pass: load, observe, plan, gate, apply, report.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::Value;
use tokio::time::Instant;

use super::{
    apply::{self, Audit, Fresh, Generation, StepResult},
    consent,
    defect::contained,
    drift::{Drifts, Passed},
    futile::Futile,
    observe::{self, Callers, Observation, Wanted},
    pace::Pace,
    report::{PendingDeletion, Report},
    rewrites::{Deletions, Memory},
    scopes::Scopes,
    source::Source,
};
use crate::{
    aws::{Brake, identity},
    kind::{Creation, erased::Registry},
    manifest::{Loader, Snapshot},
    model::{Address, Observed, Ownership, Seen},
    plan::{self, Action, Live, Lockout, Past, Plan, Verdict, Wait},
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
    /// Whether approved steps are carried out; `plan` says no, and its clients could not write anyway.
    pub write: bool,
    /// Whether every pass also looks for orphans of kinds that no manifest declares.
    pub sweep: bool,
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
    pub(super) converged: BTreeMap<Address, String>,
    /// What was there to be wanted when this process began, as far as it has not been seen to change.
    pub(super) inherited: Option<BTreeMap<Address, Option<String>>>,
    drifts: Drifts,
    pub(super) completing: BTreeSet<Address>,
    pub(super) remembered: BTreeSet<(String, String)>,
    /// How often the search for orphans of undeclared kinds is still to be made.
    sweeps: u32,
    pub(super) organizations: BTreeMap<String, identity::Organization>,
    pub(super) rewrites: Memory,
    pub(super) deletions: Deletions,
    pub(super) passes: u64,
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
            converged: BTreeMap::new(),
            inherited: None,
            drifts: Drifts::default(),
            completing: BTreeSet::new(),
            remembered: BTreeSet::new(),
            sweeps: 0,
            organizations: BTreeMap::new(),
            rewrites: Memory::default(),
            deletions: Deletions::default(),
            passes: 0,
        }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
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

    /// When a failed or frozen step may be tried again.
    pub fn next_retry(&self) -> Option<Instant> {
        let now = Instant::now();
        let due =
            [self.pace.next_retry(now), self.futile.next_retry(now), self.rewrites.next_thaw(now)];
        due.into_iter().flatten().min()
    }

    /// Makes one pass.
    pub async fn pass(&mut self) -> Report {
        self.passes += 1;
        let begun = Instant::now();
        let started_at = epoch_seconds();
        let planned = self.generation.current();
        self.settings.reread_mode();
        self.load();
        let good = self.source.good().cloned();
        let (mut live, callers) = self.observe(good.as_ref().map(|good| &good.snapshot)).await;
        let (plan, results) = match &good {
            // Without a snapshot nothing is known to be wanted, so nothing can be planned.
            None => (Plan::default(), Vec::new()),
            Some(good) => {
                self.note_observation(&good.snapshot, &live);
                self.note_undeclared(&good.snapshot, &live);
                self.note_inherited(&good.snapshot);
                let mut plan = self.plan(&good.snapshot, &live, &callers, started_at);
                if self.learn_organization(&plan, &mut live).await {
                    plan = self.plan(&good.snapshot, &live, &callers, started_at);
                }
                self.slow_down_the_futile(&mut plan);
                self.look_for_obstacles(&mut plan).await;
                let fresh = Fresh {
                    brake: self.brake.clone(),
                    generation: self.generation.clone(),
                    planned,
                    observed: begun,
                };
                let results = self.apply(&plan, &fresh, good.revision.as_deref()).await;
                (plan, results)
            }
        };
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

    async fn observe(&mut self, snapshot: Option<&Snapshot>) -> (Live, Callers) {
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
        };
        let Observation { live, callers, all_swept } =
            observe::observe(&self.scopes, &wanted).await;
        self.sweeps = if all_swept { 0 } else { self.sweeps.saturating_sub(1) };
        self.remembered.extend(documents.keys().map(|a| (a.scope.clone(), a.kind.clone())));
        self.remembered.extend(with_ours(&live, &self.settings.owner));
        for (scope, seen) in &live.organizations {
            if let Seen::All(id) = seen {
                let management_account = live.management_accounts.get(scope).cloned();
                let known = identity::Organization { id: id.clone(), management_account };
                self.organizations.entry(scope.clone()).or_insert(known);
            }
        }
        (live, callers)
    }

    fn plan(&mut self, snapshot: &Snapshot, live: &Live, callers: &Callers, now: f64) -> Plan {
        let moment = Instant::now();
        let holdoffs = self.pace.failure_holdoffs(moment);
        let create_holdoffs = self.create_holdoffs(snapshot, moment);
        let mut approved = self.options.approve.clone();
        approved.extend(consent::valid(&snapshot.approvals, now));
        let past = Past {
            rewrites: self.rewrites.standing(moment),
            deletions: self.deletions.recent(moment),
        };
        let lockout = Lockout {
            callers: self.roles(callers),
            break_glass: self.settings.break_glass_roles.clone(),
        };
        let stopped = self.brake.why();
        let mut plan = plan::plan(&plan::Inputs {
            registry: &self.registry,
            owner: &self.settings.owner,
            documents: &snapshot.documents,
            approved: &approved,
            facts: self.scopes.facts(),
            live,
            holdoffs: &holdoffs,
            create_holdoffs: &create_holdoffs,
            given_up: &self.pace.given_up(),
            completing: &self.completing,
            predecessors: &self.pace.predecessors(),
            converged: &self.converged,
            inherited: self.inherited.as_ref().unwrap_or(&BTreeMap::new()),
            mode: self.settings.mode,
            prune: self.settings.prune,
            gate: &self.settings.gate,
            past: &past,
            lockout: &lockout,
            stopped: stopped.as_deref(),
        });
        plan.unused_approvals =
            consent::unused(&plan, &self.options.approve, &snapshot.approvals, now);
        plan
    }

    /// palisade's own role in every scope whose caller is known.
    fn roles(&self, callers: &Callers) -> BTreeMap<String, String> {
        callers
            .iter()
            .filter_map(|(scope, caller)| {
                let settings = self.settings.scopes.get(scope);
                let assumed = settings.and_then(|s| s.role.as_ref()).map(|r| r.role_arn.as_str());
                Some((scope.clone(), identity::role_arn(&caller.as_ref().ok()?.arn, assumed)))
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

    /// Makes those edits wait that were done before, just like this, and had no effect.
    fn slow_down_the_futile(&self, plan: &mut Plan) {
        let now = Instant::now();
        let mut stuck = BTreeSet::new();
        for step in plan.steps.iter_mut().filter(|step| step.verdict.goes()) {
            if let Some(wait) = self.futile.wait(&step.address, &step.digest, now) {
                if !wait.passes {
                    stuck.insert(plan::changes_first(&step.address));
                }
                step.verdict = Verdict::Waiting(vec![wait]);
            }
        }
        // What waits for an edit that will not come by itself does not go by itself either.
        for step in &mut plan.steps {
            let Verdict::Waiting(why) = &mut step.verdict else { continue };
            for wait in why.iter_mut().filter(|wait| stuck.contains(&wait.why)) {
                wait.passes = false;
            }
        }
    }

    /// Asks the kinds what stands in the way of the steps that would go, and makes those wait that
    /// cannot be done, so that a plan says so before anything is tried.
    async fn look_for_obstacles(&self, plan: &mut Plan) {
        for step in plan.steps.iter_mut().filter(|step| step.verdict.goes()) {
            let Some(port) = self.scopes.port(&step.address.scope, &step.address.kind) else {
                continue;
            };
            let mut found = Vec::new();
            match &step.action {
                Action::Create { .. } => continue,
                Action::Delete { have, .. } => match contained(port.obstacles(have, None)).await {
                    Ok(names) => found = names,
                    Err(error) => found.push(format!("cannot tell what is in the way: {error}")),
                },
                Action::Edit { have, edits } => {
                    for edit in edits.iter().filter(|edit| edit.inspect) {
                        match contained(port.obstacles(have, Some(edit))).await {
                            Ok(names) => found.extend(names),
                            Err(error) => {
                                found.push(format!("cannot tell what is in the way: {error}"));
                            }
                        }
                    }
                }
            }
            if !found.is_empty() {
                let what = if found.len() == 1 { "in the way" } else { "all in the way" };
                let why = format!("{what}: {}", found.join(", "));
                step.verdict = Verdict::Waiting(vec![Wait::lasting(why)]);
            }
        }
    }

    async fn apply(&self, plan: &Plan, fresh: &Fresh, revision: Option<&str>) -> Vec<StepResult> {
        if !self.options.write || self.settings.mode == Mode::Observe {
            return Vec::new();
        }
        let steps: Vec<_> = plan.go().collect();
        let audit = Audit { pass: self.passes, revision };
        apply::apply(&steps, &self.scopes, &self.registry, fresh, audit).await
    }
}

fn scopes_report(callers: &Callers) -> BTreeMap<String, Result<String, String>> {
    callers
        .iter()
        .map(|(scope, caller)| {
            let caller = caller.as_ref().map(|c| c.arn.clone()).map_err(ToString::to_string);
            (scope.clone(), caller)
        })
        .collect()
}

fn epoch_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// The kinds of which something that is ours was found: an orphan found once is looked for in every pass, so that it
/// is reported until it is gone.
fn with_ours(live: &Live, owner: &str) -> impl Iterator<Item = (String, String)> {
    let ours = move |seen: &Seen<Vec<Observed<Value>>>| {
        seen.all().is_some_and(|all| {
            let read = all.iter().map(|resource| Ownership::read(&resource.tags, owner));
            read.into_iter().any(|ownership| matches!(ownership, Ownership::Ours { .. }))
        })
    };
    live.seen.iter().filter(move |(_, seen)| ours(seen)).map(|(key, _)| key.clone())
}
