//! Service control policies as they really are.

use std::collections::{BTreeMap, BTreeSet};

use super::{lost_permissions::denies_all, tree::Organization};
use crate::{
    kinds::service_control_policy,
    simulator::{
        api::{Holes, Kind, Repeated},
        truth::{Thing, Truth},
    },
};

/// What monitors watch in Organizations.
pub(super) const KINDS: &[Kind] = &[Kind {
    name: service_control_policy::NAME,
    list: "ListPolicies",
    narrowed_by: &[],
    create: "CreatePolicy",
    created: &["/Policy/PolicySummary/Id"],
    delete: "DeletePolicy",
    repeated: Repeated::Name,
    // The management account is not restricted by its own policies.
    vital: &[],
    lost: denies_all,
    holes: Holes { added: &["content "], whole: &[], missing: &["attached "] },
}];

const SERVICE_CONTROL_POLICY: &str = "SERVICE_CONTROL_POLICY";

/// Adds all policies created by customers, and the number of policies at each root, unit and
/// account.
pub(super) fn add_truth(state: &Organization, truth: &mut Truth) {
    let own = state
        .policies
        .iter()
        .filter(|(_, policy)| !policy.aws_managed && policy.policy_type == SERVICE_CONTROL_POLICY);
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
        let thing = Thing { kind: service_control_policy::NAME, account, tags, facts };
        truth.things.insert(id.clone(), thing);
    }
    truth.control_policies.extend(attached_counts(state));
}

/// The number of service control policies at each root, unit and account.
fn attached_counts(state: &Organization) -> BTreeMap<String, usize> {
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
