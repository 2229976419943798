//! S12: who is shut out by a policy as it stands after a call. Plain reading of the JSON, not palisade's evaluator: what judges
//! must not share the mistakes of what is judged.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    kinds::{kms_key, sagemaker_domain, security_group, service_control_policy, vpc_endpoint},
    simulator::{Thing, Truth},
};

/// What palisade cannot do without at a key: with less it can neither tell whose it is nor put it right. (By hand, from the KMS
/// API; not from the product's table.)
const AT_KEYS: [&str; 7] = [
    "kms:CancelKeyDeletion",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:TagResource",
];

/// What palisade cannot do without in an account, by the kind that it has there.
const IN_ACCOUNTS: [(&str, &[&str]); 4] = [
    (
        security_group::NAME,
        &["ec2:DescribeSecurityGroups", "ec2:RevokeSecurityGroupIngress", "ec2:CreateTags"],
    ),
    (vpc_endpoint::NAME, &["ec2:DescribeVpcEndpoints", "ec2:ModifyVpcEndpoint"]),
    (kms_key::NAME, &["kms:ListKeys", "kms:ListResourceTags", "kms:PutKeyPolicy"]),
    (
        sagemaker_domain::NAME,
        &["sagemaker:DescribeDomain", "sagemaker:UpdateDomain", "iam:PassRole"],
    ),
];

/// What palisade has lost by a call of a service.
pub(super) fn lost(service: &str, before: &Truth, after: &Truth) -> Vec<String> {
    let changed = after.things.iter().filter(|(id, thing)| before.things.get(*id) != Some(*thing));
    let wrong = changed.filter_map(|(id, thing)| {
        shut_out(before.things.get(id), thing).map(|what| format!("{id}: {what}"))
    });
    let starved = starved(before, after).filter(|_| service == "organizations");
    wrong.chain(starved).collect()
}

/// What is wrong with a thing after a call that was not wrong before it.
pub(super) fn shut_out(before: Option<&Thing>, after: &Thing) -> Option<&'static str> {
    let wrong = |thing: &Thing| match thing.kind {
        kms_key::NAME => not_governed(thing),
        service_control_policy::NAME => denies_all(thing)
            .then_some("an attached policy denies everything to everybody, palisade included"),
        _ => None,
    };
    if before.is_some_and(|before| wrong(before).is_some()) { None } else { wrong(after) }
}

/// What the service control policies take from palisade after a call that they did not take before it.
fn starved(before: &Truth, after: &Truth) -> Option<String> {
    let nothing = after.control_policies.keys().find(|target| {
        before.control_policies.contains_key(*target)
            && allows_all(before, target)
            && !allows_all(after, target)
    });
    if let Some(target) = nothing {
        return Some(format!("no policy on {target} allows everything any more"));
    }
    let earlier = denied(before);
    let now = denied(after).into_iter().find(|it| !earlier.contains(it))?;
    Some(format!("everybody is denied {}, palisade included", now.1))
}

/// Whether FullAWSAccess, or a policy like it, is on a root, unit or account.
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
    // Those that no customer made are FullAWSAccess.
    all > here.len()
        || here
            .iter()
            .any(|it| it.facts_of("content").flat_map(statements).any(|one| everything(&one)))
}

/// Calls that a policy denies to everybody in accounts where palisade has something to make them about, by policy.
fn denied(truth: &Truth) -> BTreeSet<(&String, &'static str)> {
    let managers: BTreeSet<&str> = policies(truth).map(|it| it.account.as_str()).collect();
    let claimed = |kind: &str, concerns: &dyn Fn(&str) -> bool| {
        truth.things.values().any(|it| {
            it.kind == kind
                && it.tags.contains_key(crate::model::claim::OWNER_TAG)
                && !managers.contains(it.account.as_str())
                && concerns(&it.account)
        })
    };
    let mut found = BTreeSet::new();
    for (id, policy) in
        truth.things.iter().filter(|(_, it)| it.kind == service_control_policy::NAME)
    {
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
        for (kind, calls) in IN_ACCOUNTS {
            let taken = calls.iter().find(|call| denials.iter().any(|it| acts_on(it, call)));
            if let Some(call) = taken.filter(|_| claimed(kind, &concerns)) {
                found.insert((id, *call));
            }
        }
    }
    found
}

fn policies(truth: &Truth) -> impl Iterator<Item = &Thing> {
    truth.things.values().filter(|it| it.kind == service_control_policy::NAME)
}

/// Why the account, or a principal of it, can no longer look after a key.
fn not_governed(key: &Thing) -> Option<&'static str> {
    let own = |statement: &Value| {
        let principals = strings(&statement["Principal"]["AWS"]);
        statement["Principal"] == "*"
            || principals.iter().any(|it| *it == "*" || it.contains(&format!(":{}:", key.account)))
            || principals.contains(&key.account.as_str())
    };
    let statements: Vec<Value> = key.facts_of("policy").flat_map(statements).collect();
    let has = |effect: &str, action: &str, conditional: bool| {
        let of_effect = statements.iter().filter(|it| it["Effect"] == effect && own(it));
        of_effect
            .filter(|it| acts_on(it, action))
            .any(|it| conditional || it.get("Condition").is_none())
    };
    let may = |action: &str| has("Allow", action, true) && !has("Deny", action, false);
    if !may("kms:PutKeyPolicy") {
        return Some("nobody of the account may change the key's policy");
    }
    let others = AT_KEYS.iter().all(|action| may(action));
    (!others).then_some("nobody of the account may look after the key")
}

fn denies_all(policy: &Thing) -> bool {
    let everything = |it: &Value| {
        it["Effect"] == "Deny"
            && it.get("Condition").is_none()
            && strings(&it["Action"]).contains(&"*")
            && strings(&it["Resource"]).contains(&"*")
    };
    policy.facts_of("attached").next().is_some()
        && policy.facts_of("content").flat_map(statements).any(|it| everything(&it))
}

fn statements(policy: &str) -> Vec<Value> {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    match &policy["Statement"] {
        Value::Array(all) => all.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a statement names an action, or a pattern that ends in `*` and begins like it.
fn acts_on(statement: &Value, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    strings(&statement["Action"]).into_iter().any(|pattern| {
        let pattern = pattern.to_ascii_lowercase();
        pattern.strip_suffix('*').map_or(pattern == action, |start| action.starts_with(start))
    })
}
