//! What an engine learns from a pass for the next ones: all of it may be lost at any time.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::{
    apply::{Outcome, StepResult},
    pass::Engine,
};
use crate::{
    aws::{identity, lookup},
    manifest::Snapshot,
    model::{Address, Ownership, Seen},
    plan::{Live, Plan, Step, Verdict, gate::accounts},
};

impl Engine {
    /// Absence is counted only where the whole kind was seen.
    pub(super) fn note_observation(&mut self, snapshot: &Snapshot, live: &Live) {
        let now = Instant::now();
        for address in snapshot.documents.keys() {
            let key = (address.scope.clone(), address.kind.clone());
            let Some(Seen::All(resources)) = live.seen.get(&key) else { continue };
            let claimed = resources.iter().find(|resource| {
                matches!(Ownership::read(&resource.tags, &self.settings.owner), Ownership::Ours { address: found, .. } if found == *address)
            });
            match claimed {
                Some(resource) => self.pace.saw_present(address, &resource.id),
                None => self.pace.saw_absent(address, self.settings.settle_window, now),
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
                Some(first @ None) => *first = Some(want.clone()),
                Some(Some(first)) if first != want => {
                    inherited.remove(address);
                }
                _ => {}
            }
        }
    }

    pub(super) fn note_results(&mut self, plan: &Plan, results: &[StepResult]) {
        let now = Instant::now();
        for result in results {
            let address = &result.address;
            if !result.wrote.is_empty() {
                let want = plan.wants.get(address).map(String::as_str).unwrap_or_default();
                self.rewrites.wrote(address, want, result.wrote.iter().cloned(), now);
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
                    let steps = plan.steps.iter().filter(|step| step.address == *address);
                    // What failed earlier may still be waiting beside what was done now.
                    if !steps.clone().any(|step| matches!(step.verdict, Verdict::Waiting(_))) {
                        self.pace.done(address);
                    }
                    if result.verb == "delete" {
                        self.deletions.note(address, now);
                    }
                    let went =
                        |step: &&Step| step.verdict.goes() && !step.action.edits().is_empty();
                    for step in steps.filter(went) {
                        self.futile.done(address, &step.digest, now);
                    }
                }
                (_, Some(error)) => {
                    let want = plan.wants.get(address).map(String::as_str).unwrap_or_default();
                    self.pace.failed(address, want, &result.left, error, now);
                    if result.verb == "create" && error.class.may_have_happened() {
                        let creation = self.creation(address);
                        let window = self.settings.settle_window;
                        self.pace.unclear_create(address, creation, window, now);
                    }
                }
                _ => {}
            }
        }
        self.note_wants(plan);
        for address in &plan.in_sync {
            self.completing.remove(address);
            self.rewrites.shown(address);
            self.futile.settled(address);
            if let Some(want) = plan.wants.get(address) {
                self.converged.insert(address.clone(), want.clone());
            }
        }
        let known: BTreeSet<&Address> =
            plan.wants.keys().chain(plan.steps.iter().map(|step| &step.address)).collect();
        // What was seen, made or written before must not be forgotten because one pass could not read a kind.
        let documents = self.source.good().map(|good| &good.snapshot.documents);
        let matters = |address: &Address| {
            known.contains(address) || documents.is_some_and(|all| all.contains_key(address))
        };
        self.pace.retain(matters);
        self.rewrites.retain(matters);
        self.completing.retain(|address| known.contains(address));
        self.converged.retain(|address, _| matters(address));
        self.futile.retain(&known);
    }

    /// What planning a change of the organisation's policies needs, and no other pass; whether anything was learnt.
    pub(super) async fn learn_organization(&mut self, plan: &Plan, live: &mut Live) -> bool {
        let manager = self.learn_managers(plan, live).await;
        self.learn_trees(plan, live).await || manager
    }

    /// How many accounts a change concerns is counted in what the organisation is now. What cannot be read is unknown, and
    /// the gate holds what depends on it.
    async fn learn_trees(&self, plan: &Plan, live: &mut Live) -> bool {
        let depends = |step: &&Step| {
            accounts::depends_on_tree(step, &self.registry, &self.completing, &self.settings.gate)
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
            .filter(|step| step.address.kind == "ServiceControlPolicy")
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
