//! VPC endpoints: the zones of services, fixed addresses, and what VPC Lattice shares.

use std::collections::{BTreeMap, BTreeSet};

use palisade::{
    kind::LeftOut,
    simulator::{Fault, Options},
};
use serde_json::{Value, json};

use crate::world::{World, held, list, string, until_quiet, waiting};

const STS: &str = "com.amazonaws.eu-west-1.sts";
const ADDRESS: &str = "ml-prod/VpcEndpoint/sts";

fn manifest(spec: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: gate, scope: ml-prod}}\n\
         spec: {{vpc: {{lookup: {{tags: {{Name: ml}}}}}}, ingress: [], egress: []}}\n\
         ---\napiVersion: palisade.dev/v1alpha1\nkind: VpcEndpoint\nmetadata: {{name: sts, scope: ml-prod}}\n\
         spec: {{vpc: {{lookup: {{tags: {{Name: ml}}}}}}, securityGroups: [{{ref: gate}}], {spec}}}\n"
    )
}

const PRIVATE: &str =
    "type: Interface, service: sts, policy: default, subnets: {lookup: {tags: {tier: private}}}";

/// A world in which STS exists in these zones only.
fn world(zones: &[&str]) -> World {
    let zones: BTreeSet<String> = zones.iter().map(|zone| (*zone).to_owned()).collect();
    let service_zones = BTreeMap::from([(STS.to_owned(), zones)]);
    World::over(Options { service_zones, ..Options::default() })
}

/// The private subnets, each with its zone.
fn private(world: &World) -> BTreeMap<String, String> {
    let filter = json!([{"Name": "tag:tier", "Value": ["private"]}]);
    let found = list(&world.ec2("DescribeSubnets", &json!({"Filter": filter})), "subnetSet");
    let of = |it: &Value| (string(it, "subnetId"), string(it, "availabilityZoneId"));
    found.iter().map(of).collect()
}

/// The subnets of the endpoint.
fn subnets(world: &World) -> Vec<String> {
    let endpoint = world.endpoint("sts");
    let ids = endpoint["subnetIdSet"].as_array().into_iter().flatten();
    ids.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The addresses of the endpoint, by subnet.
fn addresses(world: &World) -> BTreeMap<String, String> {
    let filter = json!([{"Name": "interface-type", "Value": ["vpc_endpoint"]}]);
    let found = world.ec2("DescribeNetworkInterfaces", &json!({"Filter": filter}));
    let of = |it: &Value| (string(it, "subnetId"), string(it, "privateIpAddress"));
    list(&found, "networkInterfaceSet").iter().map(of).collect()
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_created_without_the_subnets_in_zones_of_which_its_service_is_not() {
    let world = world(&["euw1-az1"]);
    world.write("main.yaml", manifest(PRIVATE));
    let here: Vec<String> =
        private(&world).into_iter().filter(|(_, zone)| zone == "euw1-az1").map(|it| it.0).collect();
    let away: Vec<String> =
        private(&world).into_iter().filter(|(_, zone)| zone != "euw1-az1").map(|it| it.0).collect();
    assert!(!here.is_empty() && !away.is_empty());
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let report = quiet.in_order();
    assert_eq!(subnets(&world), here);
    // It is said while it is so, as a value and as a sentence.
    let left_out = &report.plan.left_out[&ADDRESS.parse().expect("an address")];
    let ids: BTreeSet<&String> = left_out
        .iter()
        .flat_map(|it| match it {
            LeftOut::Zone { ids, .. } => ids,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, away.iter().collect());
    let text = palisade::plan::render::text(&report.plan);
    assert!(text.contains("does not exist in the Availability Zone"), "{text}");
    let plan = serde_json::to_value(&report.plan).expect("JSON");
    assert_eq!(plan["leftOut"][ADDRESS][0]["because"], "zone");
    // A quiet pass writes nothing.
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_whose_service_is_in_no_zone_of_its_subnets_waits_and_is_not_tried() {
    let world = world(&["euw1-az3"]);
    world.write("main.yaml", manifest(PRIVATE));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    assert!(waiting(quiet.last(), ADDRESS).contains("none is in an Availability Zone of"));
    assert!(quiet.last().plan.needs_a_person());
    assert!(!world.writes().contains(&"CreateVpcEndpoint".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_created_while_the_zones_of_a_service_cannot_be_read() {
    let world = World::empty();
    world.write("main.yaml", manifest(PRIVATE));
    let denied = Fault::reject("DescribeVpcEndpointServices", "UnauthorizedOperation", "no");
    world.simulator.inject(denied);
    let mut engine = world.engine().await;
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    assert!(waiting(&report, ADDRESS).contains("endpoint services could not be read"));
    assert!(!world.writes().contains(&"CreateVpcEndpoint".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn fixed_addresses_are_set_at_once_and_set_again_only_with_consent() {
    let world = World::empty();
    let own: Vec<(String, String)> = private(&world)
        .into_iter()
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .map(|(id, zone)| (zone, id))
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .collect();
    let [(_, first), (_, second), ..] = &own[..] else { panic!("two zones") };
    let block = |id: &str| {
        let found = world.ec2("DescribeSubnets", &json!({"SubnetId": [id]}));
        let block = string(&list(&found, "subnetSet")[0], "cidrBlock");
        block.rsplit_once('.').expect("a block").0.to_owned()
    };
    let (one, two) = (format!("{}.40", block(first)), format!("{}.41", block(second)));
    let spec = |one: &str| {
        manifest(&format!(
            "type: Interface, service: sts, policy: default, subnets: [{first}, {second}], \
             addresses: [{{subnet: {first}, ipv4: {one}}}, {{subnet: {second}, ipv4: {two}}}]"
        ))
    };
    world.write("main.yaml", spec(&one));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let wanted = BTreeMap::from([(first.clone(), one.clone()), (second.clone(), two.clone())]);
    assert_eq!(addresses(&world), wanted);
    let other = format!("{}.50", block(first));
    world.write("main.yaml", spec(&other));
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    let (step, _) = held(&report, ADDRESS);
    assert_eq!(step.keys(), ["addresses"]);
    let digest = step.digest.clone();
    world.writes();
    until_quiet(&mut world.engine_approving(&[&digest]).await).await.in_order();
    assert_eq!(world.writes(), ["ModifyVpcEndpoint"]);
    let wanted = BTreeMap::from([(first.clone(), other), (second.clone(), two)]);
    assert_eq!(addresses(&world), wanted, "the other interface keeps its address");
}

#[tokio::test(start_paused = true)]
async fn interfaces_are_read_only_where_a_manifest_names_addresses() {
    let world = World::empty();
    world.write("main.yaml", manifest(PRIVATE));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.calls();
    until_quiet(&mut engine).await.in_order();
    let reads = world.reads();
    assert_eq!(reads.get("ec2:DescribeNetworkInterfaces"), None, "{reads:?}");
    assert_eq!(reads["ec2:DescribeVpcEndpointServices"], 1, "{reads:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_to_a_resource_is_created_with_its_names_and_its_groups_are_put_back() {
    let world = World::empty();
    const ARN: &str =
        "arn:aws:vpc-lattice:eu-west-1:444455556666:resourceconfiguration/rcfg-0123456789abcdef0";
    let spec = format!(
        "type: Resource, resourceConfiguration: \"{ARN}\", subnets: {{lookup: {{tags: {{tier: private}}}}}}, \
         privateDns: true, privateDnsPreference: SPECIFIED_DOMAINS_ONLY, \
         privateDnsSpecifiedDomains: [db.example.com]"
    );
    world.write("main.yaml", manifest(&spec));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let filter = json!([{"Name": "vpc-endpoint-type", "Value": ["Resource"]}]);
    let live = || {
        let found = world.ec2("DescribeVpcEndpoints", &json!({"Filter": filter}));
        list(&found, "vpcEndpointSet").remove(0)
    };
    assert_eq!(string(&live(), "resourceConfigurationArn"), ARN);
    assert_eq!(live()["dnsOptions"]["privateDnsSpecifiedDomainSet"], json!(["db.example.com"]));
    let other = json!({"GroupName": "other", "GroupDescription": "x", "VpcId": world.vpc()});
    let other = string(&world.ec2("CreateSecurityGroup", &other), "groupId");
    let id = string(&live(), "vpcEndpointId");
    world.ec2("ModifyVpcEndpoint", &json!({"VpcEndpointId": id, "AddSecurityGroupId": [other]}));
    tokio::time::advance(std::time::Duration::from_secs(2)).await;
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["ModifyVpcEndpoint"]);
    assert_eq!(list(&live(), "groupSet").len(), 1);
}
