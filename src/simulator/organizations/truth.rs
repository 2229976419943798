//! Policies of the organization as they really are.

use std::collections::{BTreeMap, BTreeSet};

use super::{lost_permissions::denies_all, tree::Organization};
use crate::{
    kinds::{
        account_placement,
        organizations_policy::{
            ai_services_opt_out_policy, backup_policy, declarative_policy_ec2,
            resource_control_policy, service_control_policy, tag_policy,
        },
    },
    simulator::{
        api::{Holes, Kind, Repeated},
        truth::{Thing, Truth},
    },
};

/// What monitors watch in Organizations.
pub(super) const KINDS: &[Kind] = &[
    of_type(
        service_control_policy::NAME,
        &[("Type", SERVICE_CONTROL_POLICY), ("Filter", SERVICE_CONTROL_POLICY)],
    ),
    of_type(
        resource_control_policy::NAME,
        &[("Type", "RESOURCE_CONTROL_POLICY"), ("Filter", "RESOURCE_CONTROL_POLICY")],
    ),
    of_type(
        declarative_policy_ec2::NAME,
        &[("Type", "DECLARATIVE_POLICY_EC2"), ("Filter", "DECLARATIVE_POLICY_EC2")],
    ),
    of_type(tag_policy::NAME, &[("Type", "TAG_POLICY"), ("Filter", "TAG_POLICY")]),
    of_type(
        ai_services_opt_out_policy::NAME,
        &[("Type", "AISERVICES_OPT_OUT_POLICY"), ("Filter", "AISERVICES_OPT_OUT_POLICY")],
    ),
    of_type(backup_policy::NAME, &[("Type", "BACKUP_POLICY"), ("Filter", "BACKUP_POLICY")]),
    Kind {
        name: account_placement::NAME,
        list: "ListAccounts",
        narrowed_by: &[],
        told_by: &[],
        create: "CreateAccount",
        created: &["/CreateAccountStatus/AccountId"],
        delete: "CloseAccount",
        repeated: Repeated::Name,
        vital: &[],
        lost: |_| None,
        holes: Holes { added: &[], whole: &[], missing: &[] },
    },
];

/// The kind of units in palisade's words.
const UNIT: &str = crate::kinds::cloud_control::organizations_organizational_unit::NAME;

const SERVICE_CONTROL_POLICY: &str = "SERVICE_CONTROL_POLICY";

/// The policies of one type. All types share their operations.
const fn of_type(name: &'static str, told_by: &'static [(&'static str, &'static str)]) -> Kind {
    Kind {
        name,
        list: "ListPolicies",
        narrowed_by: &[],
        told_by,
        create: "CreatePolicy",
        created: &["/Policy/PolicySummary/Id"],
        delete: "DeletePolicy",
        repeated: Repeated::Name,
        // The management account is not restricted by its own policies.
        vital: &[],
        lost: denies_all,
        holes: Holes { added: &["content "], whole: &[], missing: &["attached "] },
    }
}

/// The kind of the policies of a type; `None` for a type that palisade does not manage.
fn kind_of(policy_type: &str) -> Option<&'static str> {
    let kind = KINDS.iter().find(|kind| kind.told_by.iter().any(|(_, it)| *it == policy_type));
    kind.map(|kind| kind.name)
}

/// Adds all policies created by customers, the places of all accounts, and the number of service
/// control policies at each root, unit and account.
pub(super) fn add_truth(state: &Organization, truth: &mut Truth) {
    for (id, policy) in state.policies.iter().filter(|(_, policy)| !policy.aws_managed) {
        let Some(kind) = kind_of(&policy.policy_type) else { continue };
        let mut facts = BTreeSet::from([
            format!("name {}", policy.name),
            format!("description {}", policy.description),
            format!("content {}", policy.content),
        ]);
        let attached = state.attachments.iter().filter(|(policy, _)| policy == id);
        facts.extend(attached.map(|(_, target)| format!("attached {target}")));
        let tags = state.tags.get(id).cloned().unwrap_or_default();
        let account = state.management.clone();
        truth.things.insert(id.clone(), Thing { kind, account, tags, facts });
    }
    for (id, account) in &state.accounts {
        let thing = Thing {
            kind: account_placement::NAME,
            account: state.management.clone(),
            tags: state.tags.get(id).cloned().unwrap_or_default(),
            facts: [format!("in {}", account.parent)].into(),
        };
        truth.things.insert(id.clone(), thing);
    }
    for (id, unit) in &state.units {
        let thing = Thing {
            kind: UNIT,
            account: state.management.clone(),
            tags: state.tags.get(id).cloned().unwrap_or_default(),
            facts: [format!("in {}", unit.parent), format!("name {}", unit.name)].into(),
        };
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
