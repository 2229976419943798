//! The directory that `init` writes becomes true, stays true for few reads, and does so from wherever it was left.

use std::{collections::BTreeMap, time::Duration};

use palisade::engine::Report;
use serde_json::json;

use crate::world::{World, list, string, until_quiet};

/// What a quiet pass may read: the formula, with the numbers of the shipped directory.
fn allowed() -> BTreeMap<String, usize> {
    const KEYS: usize = 2;
    const POLICIES: usize = 9;
    const DOMAINS: usize = 1;
    let calls = [
        // One for each scope.
        ("sts:GetCallerIdentity", 2),
        // One page of up to 1,000.
        ("ec2:DescribeSecurityGroups", 1),
        ("ec2:DescribeVpcEndpoints", 1),
        // One for each sort of thing looked up.
        ("ec2:DescribeVpcs", 1),
        ("ec2:DescribeSubnets", 1),
        ("ec2:DescribeRouteTables", 1),
        ("ec2:DescribeManagedPrefixLists", 1),
        ("ec2:DescribeVpcEndpointServices", 1),
        // One page of up to 100, and four calls a key.
        ("kms:ListAliases", 1),
        ("kms:DescribeKey", KEYS),
        ("kms:GetKeyPolicy", KEYS),
        ("kms:GetKeyRotationStatus", KEYS),
        ("kms:ListResourceTags", KEYS),
        // One page of up to 20, three calls a policy of ours, and one for each level of `ou:/Workloads/ML`.
        ("organizations:ListPolicies", 1),
        ("organizations:DescribePolicy", POLICIES),
        ("organizations:ListTagsForResource", POLICIES),
        ("organizations:ListTargetsForPolicy", POLICIES),
        ("organizations:ListRoots", 1),
        ("organizations:ListOrganizationalUnitsForParent", 2),
        // One list, and two calls a domain.
        ("sagemaker:ListDomains", 1),
        ("sagemaker:DescribeDomain", DOMAINS),
        ("sagemaker:ListTags", DOMAINS),
    ];
    calls.map(|(call, count)| (call.to_owned(), count)).into()
}

/// The first pass of a process asks for the organisation's id in each scope whose manifests name it.
fn allowed_at_first() -> BTreeMap<String, usize> {
    let mut allowed = allowed();
    allowed.insert("organizations:DescribeOrganization".to_owned(), 1);
    allowed
}

fn in_order(report: &Report) {
    assert!(report.is_converged(), "{}", palisade::plan::render::text(&report.plan));
}

#[tokio::test(start_paused = true)]
async fn the_shipped_directory_is_applied_and_a_second_pass_writes_nothing() {
    let world = World::baseline();
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let last = quiet.in_order();
    assert_eq!(last.manifests.len(), 26);
    assert_eq!(last.plan.in_sync.len(), 26);
    assert!(world.writes().len() > 26);
    for _ in 0..3 {
        in_order(&engine.pass().await);
        assert_eq!(world.writes(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_pass_reads_no_more_than_the_formula_call_by_call() {
    let (world, mut engine) = World::applied().await;
    in_order(&engine.pass().await);
    assert_eq!(world.reads(), allowed());
}

#[tokio::test(start_paused = true)]
async fn a_new_process_reads_little_more_in_its_first_pass_and_writes_nothing() {
    let (world, engine) = World::applied().await;
    drop(engine);
    let mut fresh = world.engine().await;
    in_order(&fresh.pass().await);
    let calls = world.simulator.calls();
    assert!(calls.iter().all(|call| !call.mutating));
    assert_eq!(world.reads(), allowed_at_first());
    in_order(&fresh.pass().await);
    assert_eq!(world.reads(), allowed());
}

#[tokio::test(start_paused = true)]
async fn an_organizational_unit_one_level_deeper_costs_one_read_more() {
    let (world, mut engine) = World::applied().await;
    let level = |parent: &str| {
        let units =
            world.organizations("ListOrganizationalUnitsForParent", &json!({"ParentId": parent}));
        string(&list(&units, "OrganizationalUnits")[0], "Id")
    };
    let ml = level(&level(&world.root()));
    let deeper = json!({"ParentId": ml, "Name": "Training"});
    world.organizations("CreateOrganizationalUnit", &deeper);
    let file = "organization/protect-cloudtrail.yaml";
    world.edit(file, "targets: [root]", "targets: [root, \"ou:/Workloads/ML/Training\"]");
    until_quiet(&mut engine).await.in_order();
    world.calls();
    in_order(&engine.pass().await);
    let mut allowed = allowed();
    allowed.insert("organizations:ListOrganizationalUnitsForParent".into(), 3);
    assert_eq!(world.reads(), allowed);
}

/// Names of everything there is, to find duplicates by.
fn census(world: &World) -> Vec<String> {
    let mut names = Vec::new();
    for group in list(&world.ec2("DescribeSecurityGroups", &json!({})), "securityGroupInfo") {
        names.push(format!("group {}", group["groupName"]));
    }
    for endpoint in list(&world.ec2("DescribeVpcEndpoints", &json!({})), "vpcEndpointSet") {
        names.push(format!("endpoint {}", endpoint["serviceName"]));
    }
    for alias in list(&world.kms("ListAliases", &json!({})), "Aliases") {
        names.push(format!("alias {}", alias["AliasName"]));
    }
    names.push(format!("{} keys", world.keys()));
    let filter = json!({"Filter": "SERVICE_CONTROL_POLICY"});
    for policy in list(&world.organizations("ListPolicies", &filter), "Policies") {
        names.push(format!("policy {}", policy["Name"]));
    }
    for domain in list(&world.sagemaker("ListDomains", &json!({})), "Domains") {
        names.push(format!("domain {}", domain["DomainName"]));
    }
    names.sort();
    names
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ends_after_every_pass_gets_there_without_duplicates() {
    let (reference, _) = World::applied().await;
    let world = World::baseline();
    for _ in 0..16 {
        // Two passes a life: a key needs two observations of the same process.
        for _ in 0..2 {
            let mut engine = world.engine().await;
            let first = engine.pass().await;
            assert_eq!(first.failures().count(), 0, "{:?}", first.results);
            tokio::time::advance(Duration::from_secs(2)).await;
            let _ = engine.pass().await;
        }
    }
    in_order(&world.engine().await.pass().await);
    assert_eq!(census(&world), census(&reference));
}

#[tokio::test(start_paused = true)]
async fn a_restart_after_any_pass_converges_to_the_same_world() {
    let (reference, _) = World::applied().await;
    let expected = census(&reference);
    let passes = {
        let world = World::baseline();
        until_quiet(&mut world.engine().await).await.reports.len()
    };
    for lived in 1..passes {
        let world = World::baseline();
        let mut first = world.engine().await;
        for _ in 0..lived {
            let _ = first.pass().await;
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        drop(first);
        until_quiet(&mut world.engine().await).await.in_order();
        assert_eq!(census(&world), expected, "after {lived} passes");
    }
}
