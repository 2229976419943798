//! The inputs of planning, and the questions to AWS about the steps that would be carried out.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::{
    consent, defect::contained, learn::Learnt, options::Options, pass::Control, setup::Setup,
};
use crate::{
    kind::Class,
    manifest::{Loader, Snapshot},
    model::{Address, Fence, PhysicalId},
    plan::{
        self, Inputs, Limits, Lockout, Look, Memory, Obstacles, Organization, Plan, Wait,
        WaitReason,
    },
    settings::Mode,
};

/// The inputs of planning in one pass.
pub(super) struct Planning<'a> {
    pub(super) setup: &'a Setup,
    pub(super) control: &'a Control,
    pub(super) snapshot: &'a Snapshot,
    pub(super) look: &'a Look<'a>,
    pub(super) predecessors: &'a BTreeMap<Address, PhysicalId>,
    pub(super) fence: Fence,
    pub(super) lockout: Lockout,
    pub(super) organization: Organization,
    /// In seconds since the epoch.
    pub(super) now: f64,
}

impl Planning<'_> {
    /// Plans with the given view and what was learnt.
    pub(super) fn plan(&self, learnt: &mut Learnt) -> Plan {
        let moment = Instant::now();
        let past = learnt.past(moment);
        let Options { approve, only, focus, .. } = &self.setup.options;
        let (settings, approvals) = (&self.setup.settings, &self.snapshot.approvals);
        let spent = &learnt.spent;
        let mut plan = plan::plan(&Inputs {
            look: self.look,
            memory: Memory {
                holdoffs: &learnt.pace.failure_holdoffs(moment),
                create_holdoffs: &self.create_holdoffs(learnt, moment),
                given_up: &learnt.pace.given_up(),
                completing: &learnt.completing,
                predecessors: self.predecessors,
                known_wants: &learnt.known_wants,
                inherited: &learnt.inherited,
                past: &past,
            },
            limits: Limits {
                mode: settings.mode,
                prune: settings.prune,
                gate: &settings.gate,
                fence: &self.fence,
                lockout: &self.lockout,
                approved: &consent::valid(approve, approvals, spent, self.now),
                only: only.as_ref(),
                focus: focus.as_ref(),
                halt: &self.control.halted.halt,
                waves: &learnt.waves,
            },
            organization: &self.organization,
        });
        plan.unused_approvals = consent::unused(&plan, approve, approvals, spent, self.now);
        if focus.is_some() {
            // What is approved in Git may be a step that is left out.
            plan.unused_approvals.retain(|unused| unused.origin.is_none());
        }
        plan
    }

    /// Plans, asks AWS what only some plans depend on, plans again if that told something, and
    /// looks for obstacles.
    pub(super) async fn whole(&mut self, learnt: &mut Learnt) -> Plan {
        let mut plan = self.plan(learnt);
        let Self { setup, organization, lockout, .. } = self;
        if learnt.learn_organization(&plan, setup, organization, lockout).await {
            plan = self.plan(learnt);
        }
        plan.settle(&obstacles(&plan, self.setup).await);
        if let Some(leases) = self.control.brake.leases().filter(|_| writes(self.setup)) {
            plan.leave_to_others(|scope| leases.allow(scope).err());
        }
        plan
    }

    fn create_holdoffs(&self, learnt: &Learnt, now: Instant) -> BTreeMap<Address, Wait> {
        let holdoff = |address: &Address| {
            learnt.pace.create_holdoff(address, self.setup.creation(address), now)
        };
        let addresses = self.snapshot.documents.keys();
        addresses.filter_map(|address| Some((address.clone(), holdoff(address)?))).collect()
    }
}

/// Asks the kinds for obstacles to the steps that would be carried out.
async fn obstacles(plan: &Plan, Setup { scopes, registry, .. }: &Setup) -> Obstacles {
    let mut found = Obstacles::new();
    for question in plan.questions() {
        let address = question.address;
        let Some(port) = scopes.port(registry, &address.scope, &address.kind) else { continue };
        let reason = match contained(port.obstacles(question.have, question.edit)).await {
            Ok(names) if names.is_empty() => continue,
            Ok(names) => WaitReason::Obstacles { found: names },
            Err(error) if error.class == Class::Busy => {
                WaitReason::Settling { state: error.message }
            }
            Err(error) => WaitReason::ObstaclesUnread { why: error.to_string() },
        };
        let of_step = found.entry(address.clone()).or_default();
        of_step.insert(question.key().to_owned(), reason);
    }
    found
}

pub(super) fn loader(setup: &Setup) -> Loader<'_> {
    let Setup { registry, settings, scopes, .. } = setup;
    Loader { registry, settings, facts: scopes.facts() }
}

/// Whether steps are carried out, unless the brake is on.
pub(super) fn writes(setup: &Setup) -> bool {
    setup.options.write && setup.settings.mode == Mode::Enforce
}
