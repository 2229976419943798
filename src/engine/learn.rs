//! What the engine remembers from a pass for the next ones: all of it may be lost at any time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{
    consent,
    drift::Drifts,
    futile::Futile,
    organizations::ReadMove,
    outcome::{Outcome, StepResult},
    pace::Pace,
    put_back::PutBack,
    rewrites::{LastHour, Memory},
    setup::Setup,
    source::Source,
};
use crate::{
    aws::identity,
    kind::erased::Edit,
    manifest::{Approval, Snapshot},
    model::Address,
    plan::{self, Action, Claims, Consent, KnownWant, Past, Plan, Step, Verdict, Waves},
};

/// What this process remembers.
#[derive(Default)]
pub(super) struct Learnt {
    pub(super) pace: Pace,
    pub(super) futile: Futile,
    pub(super) known_wants: BTreeMap<Address, KnownWant>,
    /// The manifests that existed when this process began, as far as they have not been seen to
    /// change.
    pub(super) inherited: BTreeMap<Address, Option<String>>,
    /// Whether there were any manifests yet.
    began: bool,
    pub(super) drifts: Drifts,
    pub(super) completing: BTreeSet<Address>,
    pub(super) organizations: BTreeMap<String, identity::Organization>,
    /// What moves with the accounts that are to move.
    pub(super) moves: BTreeMap<Address, ReadMove>,
    /// The sets with waves, and where differences wait for one.
    pub(super) waves: Waves,
    pub(super) rewrites: Memory,
    pub(super) put_back: PutBack,
    /// Approvals whose steps were carried out: an approval is used once.
    pub(super) spent: BTreeSet<consent::Identity>,
    /// Whether it is unknown which approvals were used before the start.
    pub(super) approvals_lost: bool,
    /// Addresses at which an approved step was begun that goes on over several passes.
    begun: BTreeSet<Address>,
    /// Addresses whose creation was approved, until they are seen in sync.
    consented: BTreeMap<Address, Consent>,
    last_hour: LastHour,
}

impl Learnt {
    /// When a failed or frozen step may be tried again.
    pub(super) fn next_retry(&self, now: Instant) -> Option<Instant> {
        let due = [
            self.pace.next_retry(now),
            self.futile.next_retry(now),
            self.put_back.next_retry(now),
            self.rewrites.next_thaw(now),
        ];
        due.into_iter().flatten().min()
    }

    /// What was done before, as far as it limits what may be done now.
    pub(super) fn past(&mut self, now: Instant) -> Past {
        Past {
            rewrites: self.rewrites.standing(now),
            paced: self.put_back.paced(now),
            futile: self.futile.waiting(now),
            in_vain: self.futile.in_vain(),
            recent: self.last_hour.recent(now),
            contested: self.put_back.contested(now),
            begun: self.begun.clone(),
            consented: self.consented.clone(),
        }
    }

    /// A missing resource counts as absent only if the whole kind was read, because one that could
    /// not be read may be the missing one. It counts from the time of reading, which is before this
    /// pass for a scope that answered late.
    pub(super) fn note_observation(
        &mut self,
        snapshot: &Snapshot,
        claims: &Claims<'_>,
        since: &BTreeMap<String, Instant>,
        window: Duration,
    ) {
        for address in snapshot.documents.keys() {
            let at = address.scoped_kind();
            let Some(inventory) = claims.of(&at) else { continue };
            let hidden = claims.hidden(&at);
            let unread = hidden.and_then(|hidden| hidden.of(address)).map(|it| &it.id);
            let whole = inventory.of(address).next().map(|claimed| &claimed.resource.id);
            match (whole, unread) {
                (Some(id), None) | (None, Some(id)) => self.pace.saw_present(address, id),
                (Some(_), Some(_)) => {}
                (None, None) if hidden.is_some() => {}
                (None, None) => {
                    let read = since.get(&address.scope).copied().unwrap_or_else(Instant::now);
                    self.pace.saw_absent(address, window, read);
                }
            }
        }
    }

    /// Claims without a manifest, after a successful reading of the directory: a failed one says
    /// nothing about what is missing.
    pub(super) fn note_undeclared(
        &mut self,
        snapshot: &Snapshot,
        claims: &Claims<'_>,
        window: Duration,
    ) {
        let seen = claims.inventories().flat_map(|(_, inventory)| inventory.all());
        let undeclared = seen
            .filter_map(|claimed| claimed.address())
            .filter(|address| !snapshot.documents.contains_key(address))
            .cloned()
            .collect();
        self.pace.saw_undeclared(&undeclared, window, Instant::now());
    }

    /// The manifests present when the process begins may have been in force already or never: until
    /// one of both is seen, the cause of a difference is unknown.
    pub(super) fn note_inherited(&mut self, snapshot: &Snapshot) {
        if !self.began {
            self.began = true;
            self.inherited =
                snapshot.documents.keys().map(|address| (address.clone(), None)).collect();
        }
        self.inherited.retain(|address, _| snapshot.documents.contains_key(address));
    }

    /// If it is unknown which approvals were used, those of the first good reading were.
    pub(super) fn note_approvals(&mut self, source: &Source) {
        let read = source.good().filter(|_| self.approvals_lost && source.problems.is_empty());
        let Some(good) = read else { return };
        self.approvals_lost = false;
        self.spent.extend(good.snapshot.approvals.iter().map(consent::identity));
    }

    fn note_wants(&mut self, plan: &Plan) {
        for (address, want) in &plan.wants {
            match self.inherited.get_mut(address) {
                Some(first @ None) => *first = Some(want.fingerprint.clone()),
                Some(Some(first)) if *first != want.fingerprint => {
                    self.inherited.remove(address);
                }
                _ => {}
            }
        }
    }

    pub(super) fn note_results(
        &mut self,
        plan: &Plan,
        results: &[StepResult],
        setup: &Setup,
        source: &Source,
    ) {
        let now = Instant::now();
        for result in results {
            self.note_result(plan, result, setup, now);
        }
        let approvals = source.good().map_or(&[][..], |good| &good.snapshot.approvals);
        self.spend(plan, results, approvals);
        self.note_wants(plan);
        let ids = self.pace.predecessors();
        for address in &plan.in_sync {
            self.completing.remove(address);
            self.begun.remove(address);
            self.consented.remove(address);
            self.rewrites.shown(address);
            self.futile.settled(address);
            if let (Some(want), Some(id)) = (plan.wants.get(address), ids.get(address)) {
                let known = KnownWant::seen(id.clone(), Arc::clone(want));
                self.known_wants.insert(address.clone(), known);
            }
        }
        self.forget(plan, source, now);
    }

    fn note_result(&mut self, plan: &Plan, result: &StepResult, setup: &Setup, now: Instant) {
        let address = &result.address;
        let want =
            plan.wants.get(address).map(|want| want.fingerprint.as_str()).unwrap_or_default();
        if !result.wrote.is_empty() {
            self.rewrites.wrote(address, want, result.wrote.iter().cloned(), now);
        }
        if let Some(step) = plan.steps_of(address).iter().find(|step| step.verdict.goes()) {
            self.note_edits(step, result, now);
        }
        match (&result.outcome, &result.error) {
            (Outcome::Done { id }, _) if result.verb == "create" => {
                self.pace.created(address, id.clone(), now);
                self.completing.insert(address.clone());
                // Completing it is part of the manifest's change.
                self.inherited.remove(address);
            }
            (Outcome::Done { .. }, _) => {
                // Edits that failed earlier may still be waiting.
                let waits = |step: &Step| matches!(step.verdict, Verdict::Waiting(_));
                if !plan.steps_of(address).iter().any(waits) {
                    self.pace.done(address);
                }
                if result.verb == "delete" {
                    self.last_hour.deleted(address, now);
                }
            }
            (_, Some(error)) => {
                self.pace.failed(address, want, result.attempt(), error, now);
                if result.verb == "create" && error.class.may_have_happened() {
                    let window = setup.settings.settle_window;
                    self.pace.unclear_create(address, setup.creation(address), window, now);
                }
            }
            _ => {}
        }
    }

    /// An approval is used once: the same digest with another expiry counts again.
    fn spend(&mut self, plan: &Plan, results: &[StepResult], approvals: &[Approval]) {
        let done = results.iter().filter(|it| matches!(it.outcome, Outcome::Done { .. }));
        for result in done {
            let mut going = plan.steps_of(&result.address).iter().filter(|it| it.verdict.goes());
            let Some(step) = going.next().filter(|step| step.approved) else { continue };
            self.spent.insert((step.digest.clone(), None));
            if let (Action::Create { .. }, Some(want)) =
                (&step.action, plan.wants.get(&step.address))
            {
                let consent = Consent { want: want.digest.clone(), digest: step.digest.clone() };
                self.consented.insert(step.address.clone(), consent);
            }
            if step.action.edits().iter().any(|edit| edit.stage.is_some()) {
                self.begun.insert(step.address.clone());
            }
            let given = approvals.iter().filter(|approval| approval.digest == step.digest);
            self.spent.extend(given.map(consent::identity));
        }
    }

    /// Records the edits that were made, for pacing the next ones and for the limit on edits.
    fn note_edits(&mut self, step: &Step, result: &StepResult, now: Instant) {
        let address = &step.address;
        let made: Vec<&Edit> =
            step.action.edits().iter().filter(|edit| result.has_written(edit)).collect();
        if made.is_empty() {
            return;
        }
        let digests: Vec<_> =
            made.iter().map(|edit| (plan::edit_digest(edit), edit.puts_back)).collect();
        // What is stopped and started in turns is not changed by that.
        let in_turns = made.iter().any(|edit| edit.stage.is_some());
        self.futile.done(address, &digests, in_turns, now);
        for edit in made.iter().filter(|edit| edit.puts_back) {
            let keys = edit.keys().iter();
            let times =
                keys.map(|key| self.put_back.done(address, key, now)).max().unwrap_or_default();
            if times > 1 {
                tracing::warn!(
                    address = %address,
                    times,
                    "{address}: \"{}\" was undone and is corrected again (correction {times})",
                    edit.summary
                );
            }
        }
        if plan::counts_as_edit(step).is_some() && !self.completing.contains(address) {
            self.last_hour.edited(address, now);
        }
    }

    /// Forgets what no longer matters, but not because one pass could not read a kind.
    fn forget(&mut self, plan: &Plan, source: &Source, now: Instant) {
        let known: BTreeSet<&Address> =
            plan.wants.keys().chain(plan.steps.iter().map(|step| &step.address)).collect();
        let documents = source.good().map(|good| &good.snapshot.documents);
        let matters = |address: &Address| {
            known.contains(address) || documents.is_some_and(|all| all.contains_key(address))
        };
        self.pace.retain(matters);
        self.rewrites.retain(matters);
        self.put_back.retain(matters, now);
        // Before the first good reading it is unknown what matters.
        if source.good().is_some() {
            self.known_wants.retain(|address, _| matters(address));
        }
        self.completing.retain(matters);
        self.begun.retain(matters);
        self.consented.retain(|address, _| matters(address));
        self.futile.retain(matters);
    }
}
