//! Permissions that palisade loses through control policies.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    kinds::organizations_policy::{resource_control_policy, service_control_policy},
    model::claim::OWNER_TAG,
    simulator::{
        api::Kind,
        statements::{acts_on, statements, strings},
        truth::{Thing, Truth},
    },
};

/// What palisade lost through a call: the last policy of a target, or calls that palisade needs for
/// its resources.
pub(super) fn taken(before: &Truth, after: &Truth, kinds: &[&Kind]) -> Vec<String> {
    let bare = after.control_policies.iter().find(|(_, count)| **count == 0);
    let bare = bare.map(|(target, _)| format!("no service control policy is left on {target}"));
    bare.into_iter().chain(newly_denied(before, after, kinds)).collect()
}

/// Why nobody can do anything because of a policy in this state.
pub(super) fn denies_all(policy: &Thing) -> Option<&'static str> {
    let everything = |it: &Value| {
        it["Effect"] == "Deny"
            && it.get("Condition").is_none()
            && strings(&it["Action"]).contains(&"*")
            && strings(&it["Resource"]).contains(&"*")
    };
    let attached = policy.facts_of("attached").next().is_some();
    let denies = policy.facts_of("content").flat_map(statements).any(|it| everything(&it));
    (attached && denies)
        .then_some("an attached policy denies everything to everybody, including palisade")
}

/// The calls that control policies deny to palisade after a call but did not deny before
/// it.
fn newly_denied(before: &Truth, after: &Truth, kinds: &[&Kind]) -> Option<String> {
    let nothing = after.control_policies.keys().find(|target| {
        before.control_policies.contains_key(*target)
            && allows_all(before, target)
            && !allows_all(after, target)
    });
    if let Some(target) = nothing {
        return Some(format!("{target} no longer has a policy that allows everything"));
    }
    let earlier = denied(before, kinds);
    let now = denied(after, kinds).into_iter().find(|it| !earlier.contains(it))?;
    Some(format!("{} is denied to everybody, including palisade", now.1))
}

/// Whether a root, unit or account has FullAWSAccess or an equivalent policy.
fn allows_all(truth: &Truth, target: &str) -> bool {
    let here: Vec<&Thing> =
        policies(truth).filter(|it| it.facts_of("attached").any(|one| one == target)).collect();
    let all = truth.control_policies.get(target).copied().unwrap_or_default();
    let everything = |it: &Value| {
        it["Effect"] == "Allow"
            && it.get("Condition").is_none()
            && strings(&it["Action"]).contains(&"*")
            && strings(&it["Resource"]).contains(&"*")
    };
    // Policies that no customer created are FullAWSAccess.
    all > here.len()
        || here
            .iter()
            .any(|it| it.facts_of("content").flat_map(statements).any(|one| everything(&one)))
}

/// The calls that a policy denies to everybody in accounts where palisade has resources for them,
/// by policy.
fn denied<'t>(truth: &'t Truth, kinds: &[&Kind]) -> BTreeSet<(&'t String, &'static str)> {
    let deny = |it: &Thing| {
        [service_control_policy::NAME, resource_control_policy::NAME].contains(&it.kind)
    };
    let managers: BTreeSet<&str> =
        truth.things.values().filter(|it| deny(it)).map(|it| it.account.as_str()).collect();
    let claimed = |kind: &str, concerns: &dyn Fn(&str) -> bool| {
        truth.things.values().any(|it| {
            it.kind == kind
                && it.tags.contains_key(OWNER_TAG)
                && !managers.contains(it.account.as_str())
                && concerns(&it.account)
        })
    };
    let mut found = BTreeSet::new();
    for (id, policy) in truth.things.iter().filter(|(_, it)| deny(it)) {
        let targets: Vec<&str> = policy.facts_of("attached").collect();
        let concerns = |account: &str| {
            targets.iter().any(|it| *it == account || it.starts_with("r-") || it.starts_with("ou-"))
        };
        let denials: Vec<Value> = policy
            .facts_of("content")
            .flat_map(statements)
            .filter(|it| it["Effect"] == "Deny" && it.get("Condition").is_none())
            .filter(|it| strings(&it["Resource"]).contains(&"*"))
            .collect();
        for kind in kinds {
            let taken = kind.vital.iter().find(|call| denials.iter().any(|it| acts_on(it, call)));
            if let Some(call) = taken.filter(|_| claimed(kind.name, &concerns)) {
                found.insert((id, *call));
            }
        }
    }
    found
}

/// The service control policies.
fn policies(truth: &Truth) -> impl Iterator<Item = &Thing> {
    truth.things.values().filter(|it| it.kind == service_control_policy::NAME)
}
