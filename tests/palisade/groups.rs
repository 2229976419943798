//! Rules of security groups for what is elsewhere, or not known now: groups of other accounts, prefix lists,
//! references and lookups.

use std::time::Duration;

use palisade::{
    engine::Engine,
    simulator::{Fault, example},
};
use serde_json::{Value, json};

use crate::world::{World, conflict, list, string, until_quiet, waiting};

/// The account at the far side of the peering.
const FAR: &str = "444455556666";
const APPS: &str = "ml-prod/SecurityGroup/apps";

fn manifest(name: &str, vpc: &str, ingress: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: {name}}}\n\
         spec:\n  vpc: {{lookup: {{tags: {{Name: {vpc}}}}}}}\n  ingress: {ingress}\n  egress: []\n"
    )
}

/// The group `apps` in the VPC `ml`, with these rules.
fn apps(ingress: &str) -> String {
    manifest("apps", "ml", ingress)
}

fn https_from(peer: &str, description: &str) -> String {
    format!("[{{description: {description}, protocol: tcp, ports: 443, from: [{peer}]}}]")
}

/// The ingress rules of a group, as EC2 answers them: ports, peer, description.
fn ingress(world: &World, group: &str) -> Vec<String> {
    let filter = json!([{"Name": "group-id", "Value": [world.group(group)]}]);
    let rules = world.ec2("DescribeSecurityGroupRules", &json!({"Filter": filter}));
    let mut lines: Vec<_> = list(&rules, "securityGroupRuleSet")
        .iter()
        .filter(|rule| rule["isEgress"] == false)
        .map(|rule| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let referenced = text(&rule["referencedGroupInfo"]["groupId"]);
            let peer = text(&rule["cidrIpv4"]) + &text(&rule["prefixListId"]) + &referenced;
            format!("{} {peer} {}", rule["fromPort"], text(&rule["description"]))
        })
        .collect();
    lines.sort();
    lines
}

/// Somebody lets a peer in to `apps`.
fn let_in(world: &World, port: u16, peer: &Value) {
    let mut permission =
        json!({"IpProtocol": "tcp", "FromPort": port.to_string(), "ToPort": port.to_string()});
    permission.as_object_mut().unwrap().extend(peer.as_object().unwrap().clone());
    let input = json!({"GroupId": world.group("apps"), "IpPermissions": [permission]});
    world.ec2("AuthorizeSecurityGroupIngress", &input);
}

fn from_addresses(block: &str) -> Value {
    json!({"IpRanges": [{"CidrIp": block}]})
}

fn from_group(id: &str) -> Value {
    json!({"Groups": [{"GroupId": id}]})
}

/// A group of somebody else in the VPC `ml`.
fn somebodys_group(world: &World, name: &str) -> String {
    let input = json!({"GroupName": name, "GroupDescription": "x", "VpcId": world.vpc()});
    string(&world.ec2("CreateSecurityGroup", &input), "groupId")
}

fn prefix_list(world: &World, most: u32) -> String {
    let input = json!({"PrefixListName": "offices", "AddressFamily": "IPv4", "MaxEntries": most.to_string()});
    string(&world.ec2("CreateManagedPrefixList", &input)["prefixList"], "prefixListId")
}

async fn in_order(world: &World) -> Engine {
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    engine
}

/// The other account's VPC, peered with `ml`.
struct Peered {
    peering: String,
    group: String,
}

fn far(world: &World, operation: &str, input: &Value) -> Value {
    let answer = world.simulator.act(FAR, example::REGION, "ec2", operation, input);
    answer.unwrap_or_else(|error| panic!("{operation}: {error}"))
}

fn peered(world: &World) -> Peered {
    let vpc = far(world, "CreateVpc", &json!({"CidrBlock": "10.99.0.0/16"}));
    let vpc = string(&vpc["vpc"], "vpcId");
    let group = json!({"GroupName": "clients", "GroupDescription": "x", "VpcId": vpc});
    let group = string(&far(world, "CreateSecurityGroup", &group), "groupId");
    let request = json!({"VpcId": world.vpc(), "PeerVpcId": vpc, "PeerOwnerId": FAR});
    let peering = world.ec2("CreateVpcPeeringConnection", &request);
    let peering = string(&peering["vpcPeeringConnection"], "vpcPeeringConnectionId");
    let accept = json!({"VpcPeeringConnectionId": peering});
    far(world, "AcceptVpcPeeringConnection", &accept);
    Peered { peering, group }
}

#[tokio::test(start_paused = true)]
async fn a_group_of_another_account_is_quiet_described_in_place_and_revoked_however_it_is_written()
{
    for account in ["", "444455556666/"] {
        let world = World::empty();
        let Peered { group, .. } = peered(&world);
        let peer = format!("{account}{group}");
        world.write("apps.yaml", apps(&https_from(&peer, "one")));
        let mut engine = in_order(&world).await;
        for _ in 0..3 {
            assert!(engine.pass().await.is_converged());
        }
        assert_eq!(world.writes(), [""; 0], "{peer}");

        world.edit("apps.yaml", "description: one", "description: two");
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), ["UpdateSecurityGroupRuleDescriptionsIngress"], "{peer}");
        assert_eq!(ingress(&world, "apps"), [format!("443 {group} two")]);

        let_in(&world, 22, &from_group(&group));
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"], "{peer}");
        assert_eq!(ingress(&world, "apps"), [format!("443 {group} two")]);

        world.write("apps.yaml", apps("[]"));
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"], "{peer}");
        assert_eq!(ingress(&world, "apps"), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_account_written_or_left_out_is_no_change_and_both_are_one_rule() {
    let world = World::empty();
    let Peered { group, .. } = peered(&world);
    world.write("apps.yaml", apps(&https_from(&group, "one")));
    let mut engine = in_order(&world).await;
    world.write("apps.yaml", apps(&https_from(&format!("444455556666/{group}"), "one")));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
    let both = format!("{group}, 444455556666/{group}");
    world.write("apps.yaml", apps(&https_from(&both, "one")));
    let report = until_quiet(&mut engine).await;
    let problems = format!("{:?}", report.last().problems);
    assert!(problems.contains("is already at ingress[0].from[0]"), "{problems}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_far_group_that_is_gone_is_answered_without_its_account_and_changes_nothing() {
    for peering_too in [false, true] {
        let world = World::empty();
        let Peered { peering, group } = peered(&world);
        world.write("apps.yaml", apps(&https_from(&group, "one")));
        let mut engine = in_order(&world).await;
        far(&world, "DeleteSecurityGroup", &json!({"GroupId": group}));
        if peering_too {
            world.ec2("DeleteVpcPeeringConnection", &json!({"VpcPeeringConnectionId": peering}));
        }
        for _ in 0..3 {
            assert!(engine.pass().await.is_converged());
        }
        assert_eq!(world.writes(), [""; 0]);
        // It is still described and revoked by the rule's own id.
        world.edit("apps.yaml", "description: one", "description: two");
        until_quiet(&mut engine).await.in_order();
        world.write("apps.yaml", apps("[]"));
        until_quiet(&mut engine).await.in_order();
        assert_eq!(
            world.writes(),
            ["UpdateSecurityGroupRuleDescriptionsIngress", "RevokeSecurityGroupIngress"]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_vpc_that_is_tagged_alike_keeps_no_hole_open() {
    let world = World::with(&apps(&https_from("10.0.0.0/8", "clients")));
    let mut engine = in_order(&world).await;
    let_in(&world, 22, &from_addresses("0.0.0.0/0"));
    let second = world.ec2("CreateVpc", &json!({"CidrBlock": "10.77.0.0/16"}));
    let second = string(&second["vpc"], "vpcId");
    let tag = json!({"ResourceId": [second], "Tag": [{"Key": "Name", "Value": "ml"}]});
    world.ec2("CreateTags", &tag);
    let report = until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"]);
    assert_eq!(ingress(&world, "apps"), ["443 10.0.0.0/8 clients"]);
    let why = waiting(report.last(), APPS);
    assert!(why.contains("2 VPCs match Name=ml"), "{why}");
    assert!(report.last().plan.conflicts.is_empty());
    world.ec2("DeleteTags", &tag);
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_created_or_adopted_while_its_vpc_is_not_certain() {
    let world = World::empty();
    let theirs = somebodys_group(&world, "theirs");
    let adopted = manifest("theirs", "nowhere", "[]");
    let adopted = adopted.replace("spec:", &format!("lifecycle: {{adopt: {theirs}}}\nspec:"));
    world.write("main.yaml", manifest("new", "nowhere", "[]") + &adopted);
    let mut engine = world.engine().await;
    let report = until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
    for name in ["new", "theirs"] {
        let why = waiting(report.last(), &format!("ml-prod/SecurityGroup/{name}"));
        assert!(why.contains("no VPC matches Name=nowhere"), "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_for_a_group_that_does_not_exist_makes_no_other_group_welcome() {
    let clients = https_from("{ref: clients}", "clients");
    let absent = manifest("clients", "nowhere", "[]");
    let world = World::with(&(apps(&clients) + &absent));
    let Peered { group, .. } = peered(&world);
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await;
    let somebody = somebodys_group(&world, "somebodys");
    let_in(&world, 443, &from_group(&somebody));
    let_in(&world, 443, &from_group(&group));
    world.writes();
    let report = until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"]);
    assert_eq!(ingress(&world, "apps"), [""; 0]);
    let shown = palisade::plan::render::text(&report.last().plan);
    assert!(
        shown.contains("authorize ingress tcp 443 from (known after apply: SecurityGroup/clients)"),
        "{shown}"
    );
    let why = waiting(report.last(), APPS);
    assert!(why.contains("ml-prod/SecurityGroup/clients"), "{why}");
    // Once it is there, the rule is too.
    world.edit("main.yaml", "nowhere", "ml");
    until_quiet(&mut engine).await.in_order();
    assert_eq!(ingress(&world, "apps"), [format!("443 {} clients", world.group("clients"))]);
}

#[tokio::test(start_paused = true)]
async fn a_rule_for_a_group_that_ec2_does_not_take_costs_nobody_access_and_keeps_no_hole_open() {
    let world = World::with(&apps(&https_from("10.1.0.0/16", "clients")));
    let mut engine = in_order(&world).await;
    let vpc = world.ec2("CreateVpc", &json!({"CidrBlock": "10.99.0.0/16"}));
    let input = json!({
        "GroupName": "far", "GroupDescription": "x", "VpcId": string(&vpc["vpc"], "vpcId"),
    });
    let without_peering = string(&world.ec2("CreateSecurityGroup", &input), "groupId");
    let absent = "sg-0123456789abcdef0";
    for peer in [absent, &without_peering, &format!("444455556666/{absent}")] {
        world.write("main.yaml", apps(&https_from(peer, "clients")));
        for _ in 0..5 {
            engine.pass().await;
            tokio::time::advance(Duration::from_secs(31)).await;
        }
        assert_eq!(ingress(&world, "apps"), ["443 10.1.0.0/16 clients"], "{peer}");
        let_in(&world, 22, &from_addresses("0.0.0.0/0"));
        engine.pass().await;
        assert_eq!(ingress(&world, "apps"), ["443 10.1.0.0/16 clients"], "{peer}");
    }
    let group = somebodys_group(&world, "clients");
    world.write("main.yaml", apps(&https_from(&group, "clients")));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(ingress(&world, "apps"), [format!("443 {group} clients")]);
}

#[tokio::test(start_paused = true)]
async fn a_rule_for_a_group_whose_claim_is_gone_stays_also_after_a_restart() {
    let clients = manifest("clients", "ml", "[]");
    let world = World::with(&(apps(&https_from("{ref: clients}", "clients")) + &clients));
    let mut engine = in_order(&world).await;
    let group = world.group("clients");
    let owner = json!({"ResourceId": [group], "Tag": [{"Key": "palisade:owner"}]});
    world.ec2("DeleteTags", &owner);
    let_in(&world, 443, &from_group(&somebodys_group(&world, "somebodys")));
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"]);
    let mut restarted = world.engine().await;
    let report = until_quiet(&mut restarted).await;
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(report.last().plan.conflicts[0].ids, [group.as_str().into()].into());
    assert_eq!(ingress(&world, "apps"), [format!("443 {group} clients")]);
}

#[tokio::test(start_paused = true)]
async fn groups_that_name_each_other_are_adopted_together_without_a_rule_revoked() {
    let world = World::empty();
    let (a, b) = (somebodys_group(&world, "apps"), somebodys_group(&world, "clients"));
    for (group, peer) in [(&a, &b), (&b, &a)] {
        let permission = json!({
            "IpProtocol": "tcp", "FromPort": "443", "ToPort": "443",
            "Groups": [{"GroupId": peer, "Description": "each other"}],
        });
        let input = json!({"GroupId": group, "IpPermissions": [permission]});
        world.ec2("AuthorizeSecurityGroupIngress", &input);
        let everything = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
        world.ec2(
            "RevokeSecurityGroupEgress",
            &json!({"GroupId": group, "IpPermissions": everything}),
        );
    }
    let adopting = |name: &str, peer: &str, id: &str| {
        let text = manifest(name, "ml", &https_from(&format!("{{ref: {peer}}}"), "each other"));
        text.replace("spec:", &format!("lifecycle: {{adopt: {id}}}\nspec:"))
    };
    world.write("main.yaml", adopting("apps", "clients", &a) + &adopting("clients", "apps", &b));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateTags", "CreateTags"]);
}

#[tokio::test(start_paused = true)]
async fn a_prefix_list_that_does_not_fit_revokes_nothing_however_it_is_written() {
    for written in ["id", "lookup"] {
        let world = World::with(&apps(&https_from("10.1.0.0/16", "offices")));
        let mut engine = in_order(&world).await;
        let id = prefix_list(&world, 100);
        let peer = if written == "id" { &*id } else { "{lookup: {name: offices}}" };
        world.write("main.yaml", apps(&https_from(peer, "offices")));
        let report = until_quiet(&mut engine).await;
        assert_eq!(world.writes(), [""; 0], "{written}");
        let why = conflict(report.last(), APPS);
        assert!(why.contains("100 rules count for IPv4, and 60 fit"), "{why}");
        assert_eq!(ingress(&world, "apps"), ["443 10.1.0.0/16 offices"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_prefix_list_that_could_not_be_read_delays_its_own_rule_only() {
    let world = World::with(&apps(&https_from("10.1.0.0/16", "offices")));
    let mut engine = in_order(&world).await;
    let id = prefix_list(&world, 40);
    world.write("main.yaml", apps(&https_from(&format!("10.1.0.0/16, {id}"), "offices")));
    let_in(&world, 22, &from_addresses("0.0.0.0/0"));
    let denied = Fault::reject("DescribeManagedPrefixLists", "UnauthorizedOperation", "no");
    world.simulator.inject(denied);
    let report = until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"]);
    let why = waiting(report.last(), APPS);
    assert!(why.contains("prefix lists could not be read"), "{why}");
    world.simulator.clear_faults();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["AuthorizeSecurityGroupIngress"]);
    // A rule that is there needs no size.
    let denied = Fault::reject("DescribeManagedPrefixLists", "UnauthorizedOperation", "no");
    world.simulator.inject(denied);
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_ampersand_in_the_description_of_addresses_is_kept_by_ec2() {
    let rules = r#"
    - {description: "DNS & NTP of the office", protocol: udp, ports: 53, from: [10.9.0.0/16]}
    - {description: "R&D over IPv6", protocol: tcp, ports: 443, from: ["2001:db8:9::/48"]}"#;
    let world = World::with(&apps(rules));
    let mut engine = in_order(&world).await;
    assert!(engine.pass().await.is_converged());
    assert!(ingress(&world, "apps")[1].ends_with("DNS & NTP of the office"));
    world.edit("main.yaml", "DNS & NTP", "DNS & time");
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdateSecurityGroupRuleDescriptionsIngress"]);
}

/// Another VPC, `batch`, with a subnet.
fn second_vpc(world: &World) -> (String, String) {
    let tags = json!([{"ResourceType": "vpc", "Tag": [{"Key": "Name", "Value": "batch"}]}]);
    let input = json!({"CidrBlock": "10.77.0.0/16", "TagSpecification": tags});
    let vpc = string(&world.ec2("CreateVpc", &input)["vpc"], "vpcId");
    let input = json!({"VpcId": vpc, "CidrBlock": "10.77.0.0/24"});
    let subnet = string(&world.ec2("CreateSubnet", &input)["subnet"], "subnetId");
    (vpc, subnet)
}

/// The group `apps`, used in these VPCs too.
fn shared(vpcs: &str) -> String {
    format!("{}  associatedVpcs: {vpcs}\n", apps("[]"))
}

const BATCH: &str = "[{lookup: {tags: {Name: batch}}}]";

/// The VPCs that the group `apps` is associated with, each with the state.
fn associations(world: &World) -> Vec<String> {
    let all = world.ec2("DescribeSecurityGroupVpcAssociations", &json!({}));
    let all = list(&all, "securityGroupVpcAssociationSet");
    all.iter().map(|it| format!("{} {}", string(it, "vpcId"), string(it, "state"))).collect()
}

#[tokio::test(start_paused = true)]
async fn a_group_is_used_in_the_vpcs_that_its_manifest_names_and_in_no_others() {
    let world = World::empty();
    let (batch, _) = second_vpc(&world);
    world.write("apps.yaml", shared(BATCH));
    let mut engine = in_order(&world).await;
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(associations(&world), [format!("{batch} associated")]);
    world.writes();
    // Somebody shares it further.
    let input = json!({"CidrBlock": "10.78.0.0/16"});
    let third = string(&world.ec2("CreateVpc", &input)["vpc"], "vpcId");
    world
        .ec2("AssociateSecurityGroupVpc", &json!({"GroupId": world.group("apps"), "VpcId": third}));
    tokio::time::advance(Duration::from_secs(2)).await;
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DisassociateSecurityGroupVpc"]);
    // What a manifest does not name is not read, and not changed.
    world.write("apps.yaml", apps("[]"));
    world.calls();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.reads().get("ec2:DescribeSecurityGroupVpcAssociations"), None);
    world.write("apps.yaml", shared("null"));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DisassociateSecurityGroupVpc"]);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(associations(&world).is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_association_that_a_network_interface_uses_stays_and_the_interface_is_named() {
    let world = World::empty();
    let (batch, subnet) = second_vpc(&world);
    world.write("apps.yaml", shared(BATCH));
    let mut engine = in_order(&world).await;
    tokio::time::advance(Duration::from_secs(2)).await;
    let input = json!({"SubnetId": subnet, "SecurityGroupId": [world.group("apps")]});
    let made = world.ec2("CreateNetworkInterface", &input);
    let interface = string(&made["networkInterface"], "networkInterfaceId");
    world.writes();
    world.write("apps.yaml", shared("[]"));
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    assert!(waiting(&report, APPS).contains(&interface));
    world.ec2("DeleteNetworkInterface", &json!({"NetworkInterfaceId": interface}));
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DisassociateSecurityGroupVpc"]);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(!associations(&world).contains(&format!("{batch} associated")));
}

#[tokio::test(start_paused = true)]
async fn rules_are_corrected_while_associations_cannot_be_read() {
    let world = World::empty();
    second_vpc(&world);
    world.write("apps.yaml", shared(BATCH));
    let mut engine = in_order(&world).await;
    let open = json!([{"IpProtocol": "tcp", "FromPort": "22", "ToPort": "22", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    let input = json!({"GroupId": world.group("apps"), "IpPermissions": open});
    world.ec2("AuthorizeSecurityGroupIngress", &input);
    world.writes();
    let denied =
        Fault::reject("DescribeSecurityGroupVpcAssociations", "UnauthorizedOperation", "no");
    world.simulator.inject(denied.times(100));
    let report = engine.pass().await;
    assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"]);
    assert!(waiting(&report, APPS).contains("associatedVpcs could not be read"));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_group_leaves_its_vpcs_first() {
    let world = World::empty();
    second_vpc(&world);
    world.write("apps.yaml", shared(BATCH));
    let mut engine = in_order(&world).await;
    tokio::time::advance(Duration::from_secs(2)).await;
    world.writes();
    let gone = shared(BATCH).replace("spec:", "lifecycle: {state: absent}\nspec:");
    world.write("apps.yaml", gone);
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["DisassociateSecurityGroupVpc"]);
    // AWS takes its time for an association to end, and a later pass asks again.
    tokio::time::advance(Duration::from_mins(1)).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DeleteSecurityGroup"]);
    assert!(world.groups("apps").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_group_is_deleted_where_its_associations_cannot_be_read() {
    let world = World::empty();
    world.write("apps.yaml", shared("[]"));
    let mut engine = in_order(&world).await;
    let unknown = Fault::reject("DescribeSecurityGroupVpcAssociations", "InvalidAction", "unknown");
    world.simulator.inject(unknown.times(100));
    let gone = shared("[]").replace("spec:", "lifecycle: {state: absent}\nspec:");
    world.write("apps.yaml", gone);
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["DeleteSecurityGroup"]);
    assert!(world.groups("apps").is_empty());
}
