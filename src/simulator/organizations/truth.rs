//! Service control policies as they really are.

use std::collections::{BTreeMap, BTreeSet};

use super::Organizations;
use crate::{kinds::service_control_policy, simulator::truth::Thing};

const SERVICE_CONTROL_POLICY: &str = "SERVICE_CONTROL_POLICY";

impl Organizations {
    /// Adds every policy that a customer made.
    pub(in crate::simulator) fn tell(&self, things: &mut BTreeMap<String, Thing>) {
        let state = self.state.now();
        let own = state.policies.iter().filter(|(_, policy)| {
            !policy.aws_managed && policy.policy_type == SERVICE_CONTROL_POLICY
        });
        for (id, policy) in own {
            let mut facts = BTreeSet::from([
                format!("name {}", policy.name),
                format!("description {}", policy.description),
                format!("content {}", policy.content),
            ]);
            let attached = state.attachments.iter().filter(|(policy, _)| policy == id);
            facts.extend(attached.map(|(_, target)| format!("attached {target}")));
            let tags = state.tags.get(id).cloned().unwrap_or_default();
            let account = state.management.clone();
            things.insert(
                id.clone(),
                Thing { kind: service_control_policy::NAME, account, tags, facts },
            );
        }
    }

    /// How many service control policies are attached to each root, unit and account.
    pub fn attached_counts(&self) -> BTreeMap<String, usize> {
        let state = self.state.now();
        let count = |node: &String| {
            let here = state.attachments.iter().filter(|(_, target)| target == node);
            here.filter(|(policy, _)| {
                let policy = state.policies.get(policy);
                policy.is_some_and(|policy| policy.policy_type == SERVICE_CONTROL_POLICY)
            })
            .count()
        };
        state.nodes().into_iter().map(|node| (node.clone(), count(&node))).collect()
    }
}
