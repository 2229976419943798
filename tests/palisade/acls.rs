//! Network ACLs: which packets enter and leave subnets, and which ACL filters which subnet.

use palisade::{
    plan::Cause,
    simulator::{Deed, Effect, Fault, example},
};
use serde_json::{Value, json};

use crate::world::{World, conflict, held, list, steps, string, until_quiet, waiting};

const PRIVATE: &str = "ml-prod/NetworkAcl/private";
const WEB: &str =
    "{direction: ingress, rule: 200, action: allow, protocol: tcp, ports: '443', cidr: 10.0.0.0/8}";
const NO_SSH: &str =
    "{direction: ingress, rule: 100, action: deny, protocol: tcp, ports: '22', cidr: 0.0.0.0/0}";

fn manifest(name: &str, lifecycle: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: NetworkAcl\nmetadata: {{name: {name}, scope: ml-prod}}\n\
         lifecycle: {{{lifecycle}}}\nspec: {{vpc: {{lookup: {{tags: {{Name: ml}}}}}}, {spec}}}\n"
    )
}

fn acl(name: &str, spec: &str) -> String {
    manifest(name, "", spec)
}

/// The ACLs that a filter finds.
fn acls(world: &World, name: &str, value: &str) -> Vec<Value> {
    let filter = json!([{"Name": name, "Value": [value]}]);
    list(&world.ec2("DescribeNetworkAcls", &json!({"Filter": filter})), "networkAclSet")
}

/// The id of the ACL of ours.
fn id(world: &World, name: &str) -> String {
    let found = acls(world, "tag:palisade:address", &format!("ml-prod/NetworkAcl/{name}"));
    assert_eq!(found.len(), 1, "ACLs {name}");
    string(&found[0], "networkAclId")
}

fn default_acl(world: &World) -> String {
    let all = acls(world, "default", "true");
    let own = all.iter().find(|acl| acl["vpcId"] == world.vpc());
    string(own.expect("a default ACL"), "networkAclId")
}

/// Id of the ACL that filters a subnet, and of the association.
fn filtering(world: &World, subnet: &str) -> (String, String) {
    let found = acls(world, "association.subnet-id", subnet);
    let own = list(&found[0], "associationSet");
    let own = own.iter().find(|it| it["subnetId"] == subnet).expect("an association");
    (string(&found[0], "networkAclId"), string(own, "networkAclAssociationId"))
}

fn subnet(world: &World, block: &str) -> String {
    let made = world.ec2("CreateSubnet", &json!({"VpcId": world.vpc(), "CidrBlock": block}));
    string(&made["subnet"], "subnetId")
}

fn everything(acl: &str, rule: &str) -> Value {
    json!({
        "NetworkAclId": acl, "RuleNumber": rule, "Egress": "false", "Protocol": "-1",
        "RuleAction": "allow", "CidrBlock": "0.0.0.0/0",
    })
}

/// An ACL with two entries that filters one subnet, and the subnet.
async fn settled() -> (World, palisade::engine::Engine, String) {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    let own = subnet(&world, "10.20.192.0/24");
    let spec = format!("entries: [{NO_SSH}, {WEB}], subnets: [{own}], tags: {{team: ml}}");
    world.write("main.yaml", acl("private", &spec));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let entry = "CreateNetworkAclEntry";
    assert_eq!(world.writes(), ["CreateNetworkAcl", entry, entry, "ReplaceNetworkAclAssociation"]);
    (world, engine, own)
}

#[tokio::test(start_paused = true)]
async fn every_drift_costs_exactly_the_calls_that_undo_it() {
    let (world, mut engine, own) = settled().await;
    let acl = id(&world, "private");
    let ssh = json!({"NetworkAclId": acl, "RuleNumber": "100", "Egress": "false"});
    let (_, association) = filtering(&world, &own);
    let away = json!({"AssociationId": association, "NetworkAclId": default_acl(&world)});
    let retag = json!({"ResourceId": [acl], "Tag": [{"Key": "team", "Value": "somebody"}]});
    for (operation, input, undoes) in [
        ("CreateNetworkAclEntry", everything(&acl, "50"), "DeleteNetworkAclEntry"),
        ("ReplaceNetworkAclEntry", everything(&acl, "200"), "ReplaceNetworkAclEntry"),
        ("DeleteNetworkAclEntry", ssh, "CreateNetworkAclEntry"),
        ("ReplaceNetworkAclAssociation", away, "ReplaceNetworkAclAssociation"),
        ("CreateTags", retag, "CreateTags"),
    ] {
        world.ec2(operation, &input);
        world.writes();
        let report = engine.pass().await;
        assert_eq!(world.writes(), [undoes], "{operation}");
        assert!(steps(&report, PRIVATE).iter().all(|step| step.cause == Cause::Drift));
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), [""; 0], "{operation}");
    }
    assert_eq!(filtering(&world, &own).0, acl);
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_finds_everything_in_order_lists_acls_once() {
    let (world, mut engine, _) = settled().await;
    until_quiet(&mut engine).await.in_order();
    world.calls();
    until_quiet(&mut engine).await.in_order();
    let reads = world.reads();
    assert_eq!(reads["ec2:DescribeNetworkAcls"], 1, "{reads:?}");
}

#[tokio::test(start_paused = true)]
async fn more_entries_than_the_quota_are_refused_before_the_first_write() {
    let entries: Vec<_> = (1..=20).map(|rule| WEB.replace("200", &rule.to_string())).collect();
    let world = World::with(&acl("private", &format!("entries: [{}]", entries.join(", "))));
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    let [problem] = &report.problems[..] else { panic!("{:?}", report.problems) };
    assert_eq!(problem.path, "spec.entries");
    world.write("main.yaml", acl("private", &format!("entries: [{}]", entries[1..].join(", "))));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes().len(), 1 + 19);
}

#[tokio::test(start_paused = true)]
async fn the_default_acl_is_taken_over_by_its_id_only_and_never_deleted() {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    let default = default_acl(&world);
    let adopt = format!("adopt: {default}");
    world.write("main.yaml", manifest("default", &adopt, "entries: null"));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let mut writes = world.writes();
    writes.sort();
    assert_eq!(writes, ["CreateTags", "DeleteNetworkAclEntry", "DeleteNetworkAclEntry"]);
    assert_eq!(id(&world, "default"), default);
    world.ec2("CreateNetworkAclEntry", &everything(&default, "100"));
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DeleteNetworkAclEntry"]);
    let gone = format!("{adopt}, state: absent");
    world.write("main.yaml", manifest("default", &gone, "entries: null"));
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    assert!(waiting(&report, "ml-prod/NetworkAcl/default").contains("the default ACL"));
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_new_acl_that_takes_subnets_waits_for_consent_as_a_whole() {
    let world = World::empty();
    let own = subnet(&world, "10.20.192.0/24");
    let spec = format!("entries: [{WEB}], subnets: [{own}]");
    world.write("main.yaml", acl("private", &spec));
    let mut engine = world.engine().await;
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    let (step, _) = held(&report, PRIVATE);
    assert_eq!(step.action.verb(), "create");
    assert_eq!(world.writes(), [""; 0]);
    // Without subnets nobody is cut off.
    world.write("main.yaml", acl("private", &format!("entries: [{WEB}]")));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateNetworkAcl", "CreateNetworkAclEntry"]);
    world.write("main.yaml", acl("private", &spec));
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    let (step, _) = held(&report, PRIVATE);
    assert_eq!(world.writes(), [""; 0]);
    let mut engine = world.engine_approving(&[&step.digest]).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["ReplaceNetworkAclAssociation"]);
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_somebody_filters_is_a_conflict_and_stays_there() {
    let world = World::empty();
    let own = subnet(&world, "10.20.192.0/24");
    let made = world.ec2("CreateNetworkAcl", &json!({"VpcId": world.vpc()}));
    let theirs = string(&made["networkAcl"], "networkAclId");
    let (_, association) = filtering(&world, &own);
    let moving = json!({"AssociationId": association, "NetworkAclId": theirs});
    world.ec2("ReplaceNetworkAclAssociation", &moving);
    world.writes();
    world.write("main.yaml", acl("private", &format!("subnets: [{own}]")));
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    assert!(!conflict(&report, PRIVATE).is_empty());
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(filtering(&world, &own).0, theirs);
}

#[tokio::test(start_paused = true)]
async fn a_subnet_goes_from_one_acl_of_ours_to_another_in_one_call() {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    let own = subnet(&world, "10.20.192.0/24");
    let both = |first: &str, second: &str| {
        let [first, second] =
            [first, second].map(|subnets| format!("entries: null, subnets: [{subnets}]"));
        format!("{}{}", acl("first", &first), acl("second", &second))
    };
    world.write("main.yaml", both(&own, ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.write("main.yaml", both("", &own));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["ReplaceNetworkAclAssociation"]);
    assert_eq!(filtering(&world, &own).0, id(&world, "second"));
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_leaves_the_list_stays_and_a_hole_is_closed_all_the_same() {
    let (world, mut engine, own) = settled().await;
    let spec = format!("entries: [{NO_SSH}, {WEB}], subnets: null, tags: {{team: ml}}");
    world.write("main.yaml", acl("private", &spec));
    let acl = id(&world, "private");
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    held(&report, PRIVATE);
    assert_eq!(world.writes(), [""; 0]);
    world.ec2("CreateNetworkAclEntry", &everything(&acl, "50"));
    world.writes();
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["DeleteNetworkAclEntry"]);
    assert_eq!(filtering(&world, &own).0, acl);
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_somebody_moves_meanwhile_stays_where_they_put_it() {
    let mut world = World::empty();
    world.settings.gate.hold_risks.clear();
    let own = subnet(&world, "10.20.192.0/24");
    world.write("main.yaml", acl("private", &format!("entries: [{WEB}]")));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let made = world.ec2("CreateNetworkAcl", &json!({"VpcId": world.vpc()}));
    let theirs = string(&made["networkAcl"], "networkAclId");
    let (_, association) = filtering(&world, &own);
    let moving = json!({"AssociationId": association, "NetworkAclId": theirs});
    world.writes();
    // Between the listing and the call: the second look is for the association.
    let deed = Deed::new(move |world| {
        let (account, region) = (example::ML_ACCOUNT, example::REGION);
        world.act(account, region, "ec2", "ReplaceNetworkAclAssociation", &moving).expect("moved");
    });
    world.simulator.inject(Fault::new("DescribeNetworkAcls", Effect::Meanwhile(deed)).nth(2));
    world.write("main.yaml", acl("private", &format!("entries: [{WEB}], subnets: [{own}]")));
    until_quiet(&mut engine).await;
    assert_eq!(filtering(&world, &own).0, theirs);
}

#[tokio::test(start_paused = true)]
async fn entries_that_swap_their_numbers_are_replaced_in_place() {
    let (world, mut engine, _) = settled().await;
    let swapped = [WEB.replace("200", "100"), NO_SSH.replace("100", "200")];
    let spec = format!("entries: [{}], tags: {{team: ml}}", swapped.join(", "));
    world.write("main.yaml", acl("private", &spec));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["ReplaceNetworkAclEntry", "ReplaceNetworkAclEntry"]);
}
