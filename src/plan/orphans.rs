//! Claimed resources without a manifest, and kinds that could not be read.

use serde_json::Value;

use super::{
    Action, Cause, HoldReason, Orphan, ReportReason, Step, Unknown, Verdict, Wait, WaitReason,
    planner::Planner, unread,
};
use crate::{
    kind::{Removal, erased::ErasedKind},
    model::{Address, Deletion, Observed, Ownership, Seen},
    settings::{Mode, Prune},
};

impl Planner<'_> {
    pub(super) fn orphans(&mut self) {
        let inputs = self.inputs;
        for ((scope, kind_name), seen) in &inputs.live.seen {
            let (Seen::All(resources), Some(kind)) = (seen, inputs.registry.get(kind_name)) else {
                continue;
            };
            for resource in resources {
                let Ownership::Ours { address, deletion } =
                    Ownership::read(&resource.tags, inputs.owner)
                else {
                    continue;
                };
                let elsewhere =
                    address.scope != *scope && inputs.facts.contains_key(&address.scope);
                if inputs.documents.contains_key(&address)
                    || elsewhere
                    || kind.is_gone(&resource.state).unwrap_or(false)
                {
                    continue;
                }
                // A claim that names another kind was not written by palisade; its step would go to that kind's port.
                if address.scope == *scope && address.kind == *kind_name {
                    self.prune(&address, resource, deletion, kind);
                }
                self.plan.orphans.push(Orphan {
                    address,
                    scope: scope.clone(),
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
        let inputs = self.inputs;
        // An empty tree means that something is wrong with the tree, not that everything should go.
        if inputs.prune == Prune::Never
            || deletion == Deletion::Retain
            || kind.profile().removal == Removal::TombstoneOnly
            || inputs.documents.is_empty()
        {
            return;
        }
        let verdict = match (inputs.mode, inputs.prune, self.failed_lately(address, "")) {
            (Mode::Observe, ..) => Verdict::Reported(ReportReason::SettingsObserve),
            _ if inputs.stopped.is_some() => {
                let why = inputs.stopped.unwrap_or_default().to_owned();
                Verdict::Reported(ReportReason::Brake { why })
            }
            (_, _, Some(why)) => Verdict::Waiting(vec![why]),
            (_, Prune::Held, _) => Verdict::Held(vec![HoldReason::Prune]),
            _ if !inputs.given_up.contains(address) => {
                Verdict::Waiting(vec![Wait::passing(WaitReason::SecondReading)])
            }
            _ => Verdict::Go,
        };
        let action = Action::Delete { have: resource.clone(), want: None };
        self.plan.steps.push(Step::new(address, None, Cause::Prune, action, verdict));
    }

    pub(super) fn unknown(&mut self) {
        for ((scope, kind), seen) in &self.inputs.live.seen {
            if let Seen::Unknown(why) = seen {
                self.plan.unknown.push(Unknown::kind(scope, kind, why));
            }
        }
        self.plan.unknown.extend(unread::entries(self.inputs));
    }
}
