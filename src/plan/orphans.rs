//! Claimed resources without a manifest, and kinds that could not be read.

use serde_json::Value;

use super::{
    Action, Cause, Claimed, HoldReason, Inputs, Look, Orphan, ReportReason, Step, Unknown, Verdict,
    Wait, WaitReason, planner::Planner, unread,
};
use crate::{
    kind::{Removal, erased::ErasedKind},
    model::{Address, Deletion, Observed, Ownership, Seen},
    settings::{Mode, Prune},
};

impl Planner<'_> {
    pub(super) fn orphans(&mut self) {
        let Look { documents, claims, installation, .. } = self.inputs.look;
        for (at, inventory) in claims.inventories() {
            let Some(kind) = self.inputs.look.kind(&at.kind) else { continue };
            for Claimed { resource, ownership } in inventory.all() {
                let Ownership::Ours { address, deletion } = ownership else { continue };
                let elsewhere =
                    address.scope != at.scope && installation.facts.contains_key(&address.scope);
                if documents.contains_key(address)
                    || elsewhere
                    || kind.is_gone(&resource.state).unwrap_or(false)
                {
                    continue;
                }
                // A claim that names another kind was not written by palisade, and the deletion
                // would go to that kind's port.
                if at.covers(address) {
                    self.prune(address, resource, *deletion, kind);
                }
                self.plan.orphans.push(Orphan {
                    address: address.clone(),
                    scope: at.scope.clone(),
                    id: resource.id.clone(),
                });
            }
        }
    }

    fn prune(
        &mut self,
        address: &Address,
        resource: &Observed<Value>,
        deletion: Deletion,
        kind: &dyn ErasedKind,
    ) {
        let Inputs { look, memory, limits, .. } = *self.inputs;
        // An empty directory means that the checkout is broken, not that everything should be
        // deleted.
        if limits.prune == Prune::Never
            || deletion == Deletion::Retain
            || kind.profile().removal != Removal::Prunable
            || look.documents.is_empty()
        {
            return;
        }
        let verdict = match (limits.mode, limits.prune, self.failed_lately(address, "")) {
            (Mode::Observe, ..) => Verdict::Reported(ReportReason::SettingsObserve),
            _ if limits.halt.stop.is_some() => {
                let why = limits.halt.stop.as_ref().map(ToString::to_string).unwrap_or_default();
                Verdict::Reported(ReportReason::Brake { why })
            }
            (_, _, Some(why)) => Verdict::Waiting(vec![why]),
            (_, Prune::Held, _) => Verdict::Held(vec![HoldReason::Prune]),
            _ if !memory.given_up.contains(address) => {
                Verdict::Waiting(vec![Wait::passing(WaitReason::SecondReading)])
            }
            _ => Verdict::Go,
        };
        let action = Action::Delete { have: resource.clone(), want: None };
        self.plan.steps.push(Step::new(address, None, Cause::Prune, action, verdict));
    }

    pub(super) fn unknown(&mut self) {
        for (at, seen) in self.inputs.look.claims.seen() {
            if let Seen::Unknown(why) = seen {
                self.plan.unknown.push(Unknown::kind(&at.scope, &at.kind, why));
            }
        }
        self.plan.unknown.extend(unread::entries(self.inputs));
    }
}
