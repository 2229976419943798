//! Compares the table of operations with the facts: the table grants what AWS checks.

use serde_json::Value;

use super::*;
use crate::operations::{Grant, On, Operation, Said, When, all, resource_of};

/// The names in the reference of a grant's resource types.
fn sorts(on: On) -> Vec<&'static str> {
    let adopted = match on {
        On::Adopted(kind) => resource_of(kind),
        _ => None,
    };
    on.types().iter().chain(&adopted).map(|it| it.sort).collect()
}

fn grants() -> impl Iterator<Item = &'static Grant> {
    all().flat_map(Operation::grants)
}

#[test]
fn there_are_facts_for_every_action_and_nothing_else() {
    let ours: BTreeSet<&str> = grants().map(|grant| grant.action).collect();
    let known: BTreeSet<&str> = FACTS.actions.keys().map(String::as_str).collect();
    assert_eq!(ours, known);
}

/// Lists that name no resource. The reference knows the resource of the calls that name one, and
/// does not say what the others are checked on: everything covers both readings.
const LISTS: [&str; 3] =
    ["bedrock:ListGuardrails", "ce:GetAnomalyMonitors", "ce:GetAnomalySubscriptions"];

#[test]
fn every_grant_is_for_resources_that_its_action_is_checked_on() {
    for grant in grants() {
        let facts = &FACTS.actions[grant.action];
        if grant.on == On::Anything {
            // Since 2026 the reference lists a policy for CreatePolicy, which does not exist before
            // the call.
            // Account Management names the account as a resource that need not be named.
            let fits = facts.resources.is_empty()
                || grant.action == "organizations:CreatePolicy"
                || grant.action.starts_with("account:")
                || LISTS.contains(&grant.action);
            assert!(fits, "{grant:?}");
            continue;
        }
        let listed = |sort: &&str| facts.resources.contains_key(*sort);
        assert!(sorts(grant.on).iter().all(listed), "{grant:?}");
    }
}

#[test]
fn every_resource_that_is_always_checked_has_a_grant() {
    for row in all() {
        for action in row.grants().map(|grant| grant.action).collect::<BTreeSet<_>>() {
            let of_action = || row.grants().filter(|grant| grant.action == action);
            if of_action().any(|grant| grant.on == On::Anything) {
                continue;
            }
            let granted: BTreeSet<&str> = of_action().flat_map(|grant| sorts(grant.on)).collect();
            for (sort, resource) in &FACTS.actions[action].resources {
                assert!(
                    !resource.required || granted.contains(sort.as_str()),
                    "{} {action}: {sort}",
                    row.name
                );
            }
        }
    }
}

#[test]
fn every_condition_is_on_a_key_that_the_request_carries() {
    for grant in grants() {
        for when in grant.when {
            let key = match when {
                When::Owned | When::NobodyElses => "aws:ResourceTag/palisade:owner",
                When::Claims | When::StaysOurs => "aws:RequestTag/palisade:owner",
                When::KeepsOwner => "aws:TagKeys",
                When::CreatedByEc2 => "ec2:CreateAction",
                When::Bounded => "iam:PermissionsBoundary",
                When::Says(Said { key, .. }) => key,
                When::WaitsLongEnough => "kms:ScheduleKeyDeletionPendingWindowInDays",
            };
            let sort = sorts(grant.on).first().copied();
            assert_eq!(carries(grant.action, sort, key), Carried::Yes, "{grant:?} {key}");
        }
    }
}

/// Actions that the reference lists for an operation and that its row does not grant, with the
/// reason.
const NOT_GRANTED: &[(&str, &str, &str)] = &[
    ("ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags", "rules get no tags"),
    ("ec2:AuthorizeSecurityGroupEgress", "ec2:CreateTags", "rules get no tags"),
    ("ec2:CreateVpcEndpoint", "ec2:DescribeVpcs", "observed anyway"),
    ("ec2:CreateVpcEndpoint", "ec2:DescribeSubnets", "observed anyway"),
    ("ec2:CreateVpcEndpoint", "ec2:DescribeSecurityGroups", "the console's habit"),
    ("kms:CreateKey", "kms:PutKeyPolicy", "granted for keys that are ours by its own row"),
];

#[test]
fn every_further_action_of_an_operation_is_granted_or_has_a_reason_not_to_be() {
    let data: Value = serde_json::from_str(include_str!("../authorization.json")).unwrap();
    let mut seen = 0;
    for (operation, further) in data["also"].as_object().unwrap() {
        let (service, name) = operation.split_once(':').unwrap();
        for action in further.as_object().unwrap().keys() {
            seen += 1;
            let rows = all().filter(|row| (row.service, row.name) == (service, name));
            let granted = rows.flat_map(Operation::grants).any(|grant| grant.action == action);
            let excused = NOT_GRANTED.iter().any(|it| it.0 == operation && it.1 == action);
            assert!(granted != excused, "{operation} {action}");
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn a_key_is_carried_absent_or_unknown() {
    for (action, sort, key, carried) in [
        ("kms:PutKeyPolicy", Some("key"), "kms:CallerAccount", Carried::Yes),
        ("kms:PutKeyPolicy", Some("key"), "kms:BypassPolicyLockoutSafetyCheck", Carried::Yes),
        ("kms:DescribeKey", Some("key"), "kms:BypassPolicyLockoutSafetyCheck", Carried::No),
        ("kms:ListAliases", None, "kms:CallerAccount", Carried::No),
        ("kms:CreateGrant", Some("key"), "kms:EncryptionContext:app", Carried::Yes),
        ("kms:PutKeyPolicy", Some("key"), "kms:EncryptionContext:app", Carried::No),
        ("kms:PutKeyPolicy", Some("key"), "AWS:resourcetag/Team", Carried::Yes),
        ("kms:ListKeys", None, "aws:ResourceTag/team", Carried::No),
        ("ec2:CreateVpcEndpoint", Some("vpc-endpoint"), "aws:RequestTag/x", Carried::Yes),
        ("ec2:CreateVpcEndpoint", Some("vpc"), "aws:RequestTag/x", Carried::No),
        ("ec2:CreateVpcEndpoint", Some("vpc-endpoint"), "aws:ResourceTag/x", Carried::Unknown),
        ("ec2:DescribeVpcs", None, "ec2:Region", Carried::Yes),
        ("ec2:DescribeVpcs", None, "ec2:Vpc", Carried::No),
        ("ec2:DescribeVpcs", None, "ec2:KeyOfNextYear", Carried::Unknown),
        ("ec2:DescribeVpcs", None, "aws:SourceVpce", Carried::Unknown),
        ("ec2:RunInstances", None, "ec2:Region", Carried::Unknown),
    ] {
        assert_eq!(carries(action, sort, key), carried, "{action} {sort:?} {key}");
    }
}

#[test]
fn some_actions_never_carry_the_account_of_a_resource() {
    for (action, expected) in [
        ("ec2:CreateVpcEndpoint", true),
        ("route53:AssociateVPCWithHostedZone", true),
        ("ec2:ModifyVpcEndpoint", false),
        ("kms:PutKeyPolicy", false),
    ] {
        assert_eq!(has_no_resource_account(action), expected, "{action}");
    }
}
