//! Passes that look again at what events name, and at nothing else.
//!
//! Such a pass is smaller on purpose. It plans on what the last full pass saw, with what it has
//! read again in its place, and edits only resources that the full pass matched with their
//! manifests, as long as the directory is the same. It creates, deletes, adopts and prunes nothing:
//! what that needs to know (everything there is), only a full pass knows. Gate, limits, pacing and
//! brake are those of every pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::future::join_all;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    apply::{Audit, Terms},
    fresh::Readings,
    observe::{self, Callers, Wanted},
    pass::{self, Begun, Engine, Made},
    pipeline::{Answers, Questions, Read, Scope},
    planning::{Planning, writes},
    report::Report,
};
use crate::{
    events::{Hint, Hints, Hub},
    kind::{erased::Registry, table::Table},
    manifest::Snapshot,
    model::{Address, Observed, PhysicalId, ScopedKind, Seen},
    plan::{
        Action, Cause, Claims, Live, Look, Organization, Plan, Step, Verdict, Wait, WaitReason,
    },
};

/// The live resources of kinds.
type Kinds = BTreeMap<ScopedKind, Seen<Vec<Observed<Value>>>>;

/// What a full pass that changed nothing saw.
pub(super) struct Standing {
    pub(super) live: Live,
    pub(super) callers: Callers,
    pub(super) managers: BTreeMap<String, String>,
    pub(super) readings: Arc<Readings>,
    /// The directory that it used.
    pub(super) generation: u64,
    /// The resource of each manifest that has exactly one.
    pub(super) ids: BTreeMap<Address, PhysicalId>,
}

/// What came of hints.
#[derive(Debug)]
pub enum Hinted {
    /// There was nothing to look at.
    Nothing,
    /// What they name cannot be looked at by itself now: a full pass is due.
    FullPass,
    /// It was looked at.
    Looked {
        /// As of any pass; what was not read again is as the last full pass saw it.
        report: Arc<Report>,
        /// Whether something is left that only a full pass may do.
        full_pass: bool,
    },
}

/// The resource of each manifest that has exactly one.
pub(super) fn matched(look: &Look<'_>) -> BTreeMap<Address, PhysicalId> {
    let one = |address: &Address| {
        let mut of = look.claims.of(&address.scoped_kind())?.of(address);
        let (one, more) = (of.next()?, of.next());
        more.is_none().then(|| (address.clone(), one.resource.id.clone()))
    };
    look.documents.keys().filter_map(one).collect()
}

impl Standing {
    /// What of the hints is about resources that the full pass matched.
    fn known(&self, hints: Hints, hub: &Hub) -> Hints {
        let known = |(at, hint): (ScopedKind, Hint)| {
            let mut ours = self.ids.iter().filter(|(address, _)| at.covers(address));
            let Some(ids) = hint.ids else {
                return ours.next().map(|_| (at, Hint { ids: None, looks: hint.looks }));
            };
            let ids: BTreeSet<String> = ours
                .filter(|(address, id)| ids.contains(&hub.name_of(&address.kind, id.as_str())))
                .map(|(_, id)| id.0.clone())
                .collect();
            (!ids.is_empty()).then_some((at, Hint { ids: Some(ids), looks: hint.looks }))
        };
        hints.into_iter().filter_map(known).collect()
    }

    /// Puts what was read again in the place of what was seen; returns what the full pass saw of
    /// kinds that could not be read, and the manifests whose resources were read.
    fn take(
        &mut self,
        reads: BTreeMap<ScopedKind, Read>,
        hints: &Hints,
        registry: &Registry,
    ) -> (Kinds, BTreeSet<Address>) {
        let (mut unread_kinds, mut read) = (BTreeMap::new(), BTreeSet::new());
        for (at, (seen, unread)) in reads {
            let Some(hint) = hints.get(&at) else { continue };
            let new = match seen {
                Seen::All(new) => new,
                Seen::Unknown(why) => {
                    if let Some(before) = self.live.seen.insert(at.clone(), Seen::Unknown(why)) {
                        unread_kinds.insert(at, before);
                    }
                    continue;
                }
            };
            let hidden: BTreeSet<&PhysicalId> = unread.iter().map(|it| &it.id).collect();
            let asked = |id: &PhysicalId| {
                !hidden.contains(id)
                    && hint.ids.as_ref().is_none_or(|ids| ids.contains(id.as_str()))
            };
            let ours = self.ids.iter().filter(|(address, id)| at.covers(address) && asked(id));
            read.extend(ours.map(|(address, _)| address.clone()));
            let before = self.live.seen.remove(&at);
            let before = before.and_then(|seen| match seen {
                Seen::All(all) => Some(all),
                Seen::Unknown(_) => None,
            });
            let merged = merged(before.unwrap_or_default(), new, &asked, hint, &at, registry);
            if hint.ids.is_none() {
                self.live.unread.insert(at.clone(), unread);
            }
            self.live.seen.insert(at, Seen::All(merged));
        }
        (unread_kinds, read)
    }
}

/// The resources of a kind, those that were asked for as they are now.
fn merged(
    before: Vec<Observed<Value>>,
    new: Vec<Observed<Value>>,
    asked: &dyn Fn(&PhysicalId) -> bool,
    hint: &Hint,
    at: &ScopedKind,
    registry: &Registry,
) -> Vec<Observed<Value>> {
    if hint.ids.is_none() {
        return new;
    }
    let table = registry.get(&at.kind).and_then(|kind| kind.table());
    let facts = table.map(Table::facts_about_others).unwrap_or_default();
    let mut new: BTreeMap<PhysicalId, Observed<Value>> =
        new.into_iter().filter(|it| asked(&it.id)).map(|it| (it.id.clone(), it)).collect();
    let mut all = Vec::with_capacity(before.len());
    for old in before {
        if !asked(&old.id) {
            all.push(old);
            continue;
        }
        // One that is not there any more is missing now.
        let Some(mut now) = new.remove(&old.id) else { continue };
        if let (Value::Object(then), Value::Object(now)) = (&old.state, &mut now.state) {
            for fact in &facts {
                if let (false, Some(value)) = (now.contains_key(&**fact), then.get(&**fact)) {
                    now.insert(fact.to_string(), value.clone());
                }
            }
        }
        all.push(now);
    }
    all
}

impl Engine {
    /// Looks at what events have named since the last time, if anything is due.
    pub async fn hint_pass(&mut self) -> Hinted {
        let Some(hub) = self.hub() else { return Hinted::Nothing };
        let hints = hub.take(Instant::now());
        if hints.is_empty() {
            return Hinted::Nothing;
        }
        let current = self.generation().current();
        let standing = self.standing.take().filter(|standing| standing.generation == current);
        let good = self.source.good().cloned();
        let (Some(mut standing), Some(good)) = (standing, good) else {
            hub.give_back(&hints, Instant::now());
            return Hinted::FullPass;
        };
        let hints = standing.known(hints, &hub);
        if hints.is_empty() {
            self.standing = Some(standing);
            return Hinted::Nothing;
        }
        let begun = self.begin();
        let (reads, readings) = self.look_again(&mut standing, &hints, &good.snapshot).await;
        let (unread, read) = standing.take(reads, &hints, &self.setup.registry);
        let (made, full_pass) =
            self.make_again(&standing, &good.snapshot, readings, &read, &begun).await;
        let report = self.report(&begun, &standing.callers, made, Some(&read)).await;
        self.control.writing.send_replace(false);
        follow_up(&hub, &hints, &report, &standing);
        standing.live.seen.extend(unread);
        self.standing = Some(standing);
        Hinted::Looked { report: Arc::new(report), full_pass }
    }

    /// Reads again what the hints name.
    async fn look_again(
        &self,
        standing: &mut Standing,
        hints: &Hints,
        snapshot: &Snapshot,
    ) -> (BTreeMap<ScopedKind, Read>, Readings) {
        let setup = &self.setup;
        let (predecessors, nothing) = (self.learnt.pace.predecessors(), BTreeSet::new());
        let wanted = Wanted {
            owner: &setup.settings.owner,
            registry: &setup.registry,
            documents: &[&snapshot.documents],
            remembered: &nothing,
            sweep: false,
            predecessors: &predecessors,
            organizations: &self.learnt.organizations,
            wait_for_all: true,
        };
        let asking = observe::questions(&setup.scopes, &wanted);
        let asking = asking.into_iter().filter_map(|(name, questions)| {
            let questions = narrowed(questions, &name, hints)?;
            let scope = Scope {
                connected: Arc::clone(setup.scopes.get(&name)?),
                registry: Arc::clone(&setup.registry),
                organization: self.learnt.organizations.get(&name).cloned(),
            };
            let lookups = standing.live.lookups.iter().filter(|((scope, _), _)| *scope == name);
            let lookups = lookups.map(|((_, kind), seen)| (*kind, seen.clone())).collect();
            Some(async move { (name, scope.ask_again(questions, lookups).await) })
        });
        let answers: Vec<(String, Answers)> = join_all(asking.collect::<Vec<_>>()).await;
        let (mut reads, mut readings) = (BTreeMap::new(), Readings::new());
        for (name, answer) in answers {
            readings.insert(name.clone(), (answer.since, answer.since + answer.took));
            standing.callers.insert(name.clone(), answer.caller);
            for (kind, read) in answer.kinds {
                reads.insert(ScopedKind::new(&name, kind), read);
            }
        }
        (reads, readings)
    }

    /// Plans on it, and carries out what such a pass may do.
    async fn make_again(
        &mut self,
        standing: &Standing,
        snapshot: &Snapshot,
        readings: Readings,
        read: &BTreeSet<Address>,
        begun: &Begun,
    ) -> (Made, bool) {
        let ended = Instant::now();
        let Self { setup, control, learnt, source, remembering, rollouts, .. } = self;
        let predecessors = learnt.pace.predecessors();
        let claims = Claims::read(&standing.live, &setup.settings.owner)
            .adopting(&snapshot.documents, &setup.registry);
        let documents = &snapshot.documents;
        let look =
            Look::new(setup.installation(), documents, &standing.live, claims, &predecessors);
        let mut planning = Planning {
            setup,
            control,
            snapshot,
            look: &look,
            predecessors: &predecessors,
            fence: setup.fence(&standing.callers),
            lockout: setup.lockout(&standing.callers),
            organization: Organization {
                ids: learnt.organization_ids(&setup.settings),
                managers: standing.managers.clone(),
                ..Organization::default()
            },
            now: begun.epoch,
        };
        let mut plan = planning.whole(learnt).await;
        let full_pass = restrict(&mut plan, read, standing);
        plan.rollouts = rollouts.shown();
        if let Some(remembering) = remembering.as_mut().filter(|_| writes(setup)) {
            remembering.before(&mut plan, learnt, source).await;
        }
        // What was not read again is as old as the full pass; nothing of it is written.
        let mut ages = standing.readings.as_ref().clone();
        ages.extend(readings);
        let fresh = control.fresh(begun, ended, &Arc::new(ages));
        let revision = source.good().and_then(|good| good.revision.clone());
        let audit = Audit { pass: self.passes(), revision: revision.as_deref() };
        let again = self.learnt.put_back.lately(Instant::now());
        let watcher = None;
        let terms = Terms { fresh: &fresh, audit, again: &again, watcher };
        if writes(&self.setup) && plan.go().next().is_some() {
            self.control.writing.send_replace(true);
        }
        let results = pass::apply(&plan, &self.setup, terms).await;
        (Made { plan, results, ..Made::default() }, full_pass)
    }
}

/// Of the questions to a scope those that the hints ask.
fn narrowed(mut questions: Questions, scope: &str, hints: &Hints) -> Option<Questions> {
    questions.lookups.clear();
    questions.organization = false;
    let hint = |kind: &str| hints.get(&ScopedKind::new(scope, kind));
    questions.named.retain(|named| hint(&named.address.kind).is_some());
    questions.asks.retain(|kind, ask| {
        let Some(hint) = hint(kind) else { return false };
        let ids = hint.ids.iter().flatten();
        ask.only = hint.ids.is_some().then(|| ids.map(|id| id.as_str().into()).collect());
        true
    });
    (!questions.asks.is_empty()).then_some(questions)
}

/// Leaves what such a pass may do, and says whether something else would have been done.
fn restrict(plan: &mut Plan, read: &BTreeSet<Address>, standing: &Standing) -> bool {
    let may = |step: &Step| match &step.action {
        Action::Edit { have, .. } => {
            step.cause == Cause::Drift
                && read.contains(&step.address)
                && standing.ids.get(&step.address) == Some(&have.id)
        }
        Action::Create { .. } | Action::Delete { .. } => false,
    };
    let mut others = false;
    for step in &mut plan.steps {
        if step.verdict.goes() && !may(step) {
            others = true;
            step.verdict = Verdict::Waiting(vec![Wait::passing(WaitReason::FullPass)]);
        }
    }
    others
}

/// What was written is looked at once more at once, and what did not differ after some seconds,
/// because a read may be older than the change.
fn follow_up(hub: &Hub, hints: &Hints, report: &Report, standing: &Standing) {
    let now = Instant::now();
    let wrote = report.results.iter().filter(|result| !result.wrote.is_empty());
    let wrote: BTreeSet<&Address> = wrote.map(|result| &result.address).collect();
    for (at, hint) in hints {
        let here = wrote.iter().filter(|address| at.covers(address));
        let ids: BTreeSet<String> =
            here.filter_map(|address| standing.ids.get(*address)).map(|id| id.0.clone()).collect();
        if ids.is_empty() {
            hub.again(at, hint, false, now);
        } else {
            hub.again(at, &Hint { ids: Some(ids), looks: 0 }, true, now);
        }
    }
}
