//! What an engine learns from a pass for the next ones: all of it may be lost at any time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::time::Instant;

use super::{
    consent,
    outcome::{Outcome, StepResult},
    pass::Engine,
};
use crate::{
    aws::{identity, lookup},
    kind::{
        Reach,
        erased::{Edit, ErasedKind},
    },
    manifest::Snapshot,
    model::{Address, Observed, Ownership, Seen},
    plan::{self, HoldReason, KnownWant, Live, Plan, Step, Verdict, Want, gate::accounts, unread},
};

impl Engine {
    /// Absence is counted only where the whole kind was seen: what could not be read may be the one that is missing.
    /// It counts from when it was read, which for a scope that answered late is before this pass.
    pub(super) fn note_observation(
        &mut self,
        snapshot: &Snapshot,
        live: &Live,
        since: &BTreeMap<String, Instant>,
    ) {
        for address in snapshot.documents.keys() {
            let key = (address.scope.clone(), address.kind.clone());
            let Some(Seen::All(resources)) = live.seen.get(&key) else { continue };
            let claimed = resources.iter().find(|resource| {
                matches!(Ownership::read(&resource.tags, &self.settings.owner), Ownership::Ours { address: found, .. } if found == *address)
            });
            let unread = unread::of(live, &address.scope, &address.kind);
            let hidden =
                unread.iter().find(|it| it.claim(&self.settings.owner).as_ref() == Some(address));
            match (claimed.map(|resource| &resource.id), hidden.map(|it| &it.id)) {
                (Some(id), None) | (None, Some(id)) => self.pace.saw_present(address, id),
                (Some(_), Some(_)) => {}
                (None, None) if !unread.is_empty() => {}
                (None, None) => {
                    let read = since.get(&address.scope).copied().unwrap_or_else(Instant::now);
                    self.pace.saw_absent(address, self.settings.settle_window, read);
                }
            }
        }
    }

    /// Claims without a manifest, after a good reading: a bad one says nothing about what is missing.
    pub(super) fn note_undeclared(&mut self, snapshot: &Snapshot, live: &Live) {
        if !self.source.problems.is_empty() {
            return;
        }
        let seen = live.seen.values().filter_map(Seen::all).flatten();
        let undeclared = seen
            .filter_map(|resource| match Ownership::read(&resource.tags, &self.settings.owner) {
                Ownership::Ours { address, .. } => Some(address),
                _ => None,
            })
            .filter(|address| !snapshot.documents.contains_key(address))
            .collect();
        self.pace.saw_undeclared(&undeclared, self.settings.settle_window, Instant::now());
    }

    /// What a directory says when the process begins may have been in force already, or never: until one of both is seen,
    /// nobody knows why something differs.
    pub(super) fn note_inherited(&mut self, snapshot: &Snapshot) {
        let present = || snapshot.documents.keys().map(|address| (address.clone(), None)).collect();
        let inherited = self.inherited.get_or_insert_with(present);
        inherited.retain(|address, _| snapshot.documents.contains_key(address));
    }

    fn note_wants(&mut self, plan: &Plan) {
        let Some(inherited) = &mut self.inherited else { return };
        for (address, want) in &plan.wants {
            match inherited.get_mut(address) {
                Some(first @ None) => *first = Some(want.fingerprint.clone()),
                Some(Some(first)) if *first != want.fingerprint => {
                    inherited.remove(address);
                }
                _ => {}
            }
        }
    }

    pub(super) fn note_results(&mut self, plan: &Plan, results: &[StepResult]) {
        let now = Instant::now();
        for result in results {
            self.note_result(plan, result, now);
        }
        self.note_wants(plan);
        let ids = self.pace.predecessors();
        for address in &plan.in_sync {
            self.completing.remove(address);
            self.rewrites.shown(address);
            self.futile.settled(address);
            if let (Some(want), Some(id)) = (plan.wants.get(address), ids.get(address)) {
                let Want { state, tags, .. } = want.clone();
                let known = KnownWant { id: id.clone(), state, tags };
                self.known_wants.insert(address.clone(), known);
            }
        }
        self.forget(plan, now);
    }

    fn note_result(&mut self, plan: &Plan, result: &StepResult, now: Instant) {
        let address = &result.address;
        let want =
            plan.wants.get(address).map(|want| want.fingerprint.as_str()).unwrap_or_default();
        if !result.wrote.is_empty() {
            self.rewrites.wrote(address, want, result.wrote.iter().cloned(), now);
        }
        let step = plan.go().find(|step| step.address == *address);
        if let Some(step) = step {
            self.note_edits(step, result, now);
            if step.approved && matches!(result.outcome, Outcome::Done { .. }) {
                self.spend(&step.digest.clone());
            }
        }
        match (&result.outcome, &result.error) {
            (Outcome::Done { id }, _) if result.verb == "create" => {
                self.pace.created(address, id.clone(), now);
                self.completing.insert(address.clone());
                // What is still missing of it is the manifest's doing.
                if let Some(inherited) = &mut self.inherited {
                    inherited.remove(address);
                }
            }
            (Outcome::Done { .. }, _) => {
                // What failed earlier may still be waiting beside what was done now.
                let waits = |step: &Step| matches!(step.verdict, Verdict::Waiting(_));
                if !plan.steps.iter().any(|step| step.address == *address && waits(step)) {
                    self.pace.done(address);
                }
                if result.verb == "delete" {
                    self.last_hour.deleted(address, now);
                }
            }
            (_, Some(error)) => {
                self.pace.failed(address, want, result.attempt(), error, now);
                if result.verb == "create" && error.class.may_have_happened() {
                    let creation = self.creation(address);
                    let window = self.settings.settle_window;
                    self.pace.unclear_create(address, creation, window, now);
                }
            }
            _ => {}
        }
    }

    /// Consent is for once: what was consented to again, until another moment, counts again.
    fn spend(&mut self, digest: &str) {
        self.spent.insert((digest.to_owned(), None));
        let approvals = self.source.good().map_or(&[][..], |good| &good.snapshot.approvals);
        let given = approvals.iter().filter(|approval| approval.digest == *digest);
        self.spent.extend(given.map(consent::identity));
    }

    /// What edits were made, for the paces of the next ones and for the limit on edits.
    fn note_edits(&mut self, step: &Step, result: &StepResult, now: Instant) {
        let address = &step.address;
        let made: Vec<&Edit> =
            step.action.edits().iter().filter(|edit| result.has_written(edit)).collect();
        if made.is_empty() {
            return;
        }
        let digests: Vec<_> =
            made.iter().map(|edit| (plan::edit_digest(edit), edit.puts_back)).collect();
        self.futile.done(address, &digests, now);
        for edit in made.iter().filter(|edit| edit.puts_back) {
            let keys = edit.keys().iter();
            let times =
                keys.map(|key| self.put_back.done(address, key, now)).max().unwrap_or_default();
            if times > 1 {
                tracing::warn!(
                    address = %address,
                    times,
                    "{address}: \"{}\" was undone and is put back again (correction {times})",
                    edit.summary
                );
            }
        }
        if plan::counts_as_edit(step).is_some() && !self.completing.contains(address) {
            self.last_hour.edited(address, now);
        }
    }

    /// Forgets what no longer matters. What was seen, made or written before must not be forgotten because one pass
    /// could not read a kind.
    fn forget(&mut self, plan: &Plan, now: Instant) {
        let known: BTreeSet<&Address> =
            plan.wants.keys().chain(plan.steps.iter().map(|step| &step.address)).collect();
        let documents = self.source.good().map(|good| &good.snapshot.documents);
        let matters = |address: &Address| {
            known.contains(address) || documents.is_some_and(|all| all.contains_key(address))
        };
        self.pace.retain(matters);
        self.rewrites.retain(matters);
        self.put_back.retain(matters, now);
        self.known_wants.retain(|address, _| matters(address));
        self.completing.retain(matters);
        self.futile.retain(matters);
    }

    /// What planning a change of the organisation's policies needs, and no other pass; whether anything was learnt.
    pub(super) async fn learn_organization(&mut self, plan: &Plan, live: &mut Live) -> bool {
        let manager = self.learn_managers(plan, live).await;
        let tree = self.learn_trees(plan, live).await;
        self.learn_full_access(plan, live).await || tree || manager
    }

    fn concerns_organization(&self, step: &Step) -> bool {
        self.registry.get(&step.address.kind).is_some_and(ErasedKind::concerns_organization)
    }

    /// Whether AWS's own policy goes on allowing what a policy that goes away allowed.
    async fn learn_full_access(&self, plan: &Plan, live: &mut Live) -> bool {
        let mut learnt = false;
        for step in plan.steps.iter().filter(|step| is_locked_out(step)) {
            let kind = self.registry.get(&step.address.kind);
            let (Some(kind), Some(have)) = (kind, step.action.have()) else { continue };
            let Some(connected) = self.scopes.get(&step.address.scope) else { continue };
            for guarded in kind.guards(&have.state).unwrap_or_default() {
                let Reach::Accounts(targets) = guarded.reach else { continue };
                for target in targets {
                    // What cannot be read is not there, and the step stays held.
                    if lookup::has_full_access(&connected.access, &target).await.unwrap_or(false) {
                        let found = live.full_access.entry(step.address.scope.clone()).or_default();
                        learnt |= found.insert(target);
                    }
                }
            }
        }
        learnt
    }

    /// How many accounts a change concerns is counted in what the organisation is now. What cannot be read is unknown, and
    /// the gate holds what depends on it.
    async fn learn_trees(&self, plan: &Plan, live: &mut Live) -> bool {
        let known = accounts::Known { completing: &self.completing, wants: &self.known_wants };
        let depends = |step: &&Step| {
            accounts::depends_on_tree(step, &self.registry, known, &self.settings.gate)
                || self.concerns_organization(step) && is_locked_out(step)
        };
        let scopes: BTreeSet<&str> =
            plan.steps.iter().filter(depends).map(|step| step.address.scope.as_str()).collect();
        let mut learnt = false;
        for scope in scopes {
            let Some(connected) = self.scopes.get(scope) else { continue };
            let tree = match lookup::tree(&connected.access).await {
                Ok(tree) => Seen::All(tree),
                Err(error) => Seen::Unknown(error.to_string()),
            };
            live.organization_trees.insert(scope.to_owned(), tree);
            learnt = true;
        }
        learnt
    }

    /// Whom a service control policy concerns depends on which account manages the organisation. That is
    /// asked once in a process, and only when such a policy is about to change; whether anything was
    /// learnt. What cannot be read stays unknown, and then the gate assumes the worst.
    async fn learn_managers(&mut self, plan: &Plan, live: &mut Live) -> bool {
        let scopes: BTreeSet<&str> = plan
            .steps
            .iter()
            .filter(|step| self.concerns_organization(step))
            .map(|step| step.address.scope.as_str())
            .filter(|scope| !live.management_accounts.contains_key(*scope))
            .collect();
        let mut learnt = false;
        for scope in scopes {
            let found = match (self.organizations.get(scope), self.scopes.get(scope)) {
                (Some(known), _) => known.clone(),
                (None, None) => continue,
                (None, Some(connected)) => match identity::organization(&connected.access).await {
                    Ok(found) => found,
                    Err(error) => {
                        tracing::warn!("{scope}: who manages the organisation is unknown: {error}");
                        continue;
                    }
                },
            };
            if let Some(manager) = &found.management_account {
                live.management_accounts.insert(scope.to_owned(), manager.clone());
                learnt = true;
            }
            self.organizations.insert(scope.to_owned(), found);
        }
        learnt
    }
}

/// Whether the step is held because it would lock somebody out.
fn is_locked_out(step: &Step) -> bool {
    let lockout = |why: &HoldReason| matches!(why, HoldReason::Lockout { .. });
    matches!(&step.verdict, Verdict::Held(why) if why.iter().any(lockout))
}

/// The kinds of which something that is ours was found: an orphan found once is looked for in every pass, so that it
/// is reported until it is gone.
pub(super) fn with_ours(live: &Live, owner: &str) -> impl Iterator<Item = (String, String)> {
    let ours = move |seen: &Seen<Vec<Observed<Value>>>| {
        seen.all().is_some_and(|all| {
            let read = all.iter().map(|resource| Ownership::read(&resource.tags, owner));
            read.into_iter().any(|ownership| matches!(ownership, Ownership::Ours { .. }))
        })
    };
    let whole = live.seen.iter().filter(move |(_, seen)| ours(seen)).map(|(key, _)| key.clone());
    let unread = live
        .unread
        .iter()
        .filter(move |(_, unread)| unread.iter().any(|resource| resource.claim(owner).is_some()));
    whole.chain(unread.map(|(key, _)| key.clone()))
}
