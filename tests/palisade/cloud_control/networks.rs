//! A network through Cloud Control, with what other kinds refer to of it.

use palisade::{
    settings::{Overrides, Settings},
    simulator::example,
};

use super::*;

const VPC: &str = "AWS::EC2::VPC";

fn one(kind: &str, name: &str, properties: &str) -> String {
    manifest(kind, name, "", &format!("{{properties: {{{properties}}}}}"))
}

/// A VPC with a public and a private subnet, a NAT gateway, routes, an ACL and a flow log.
fn whole() -> String {
    let zone = "AvailabilityZone: eu-west-1a";
    [
        network(CIDR),
        one("AWS::EC2::InternetGateway", "out", ""),
        one(
            "AWS::EC2::VPCGatewayAttachment",
            "out",
            "VpcId: \"${AWS::EC2::VPC/ml}\", InternetGatewayId: \"${AWS::EC2::InternetGateway/out}\"",
        ),
        one(
            "AWS::EC2::Subnet",
            "public",
            &format!("VpcId: \"${{AWS::EC2::VPC/ml}}\", CidrBlock: 10.60.0.0/24, MapPublicIpOnLaunch: false, {zone}"),
        ),
        one(
            "AWS::EC2::Subnet",
            "private",
            &format!("VpcId: \"${{AWS::EC2::VPC/ml}}\", CidrBlock: 10.60.1.0/24, MapPublicIpOnLaunch: false, {zone}"),
        ),
        one("AWS::EC2::EIP", "nat", "Domain: vpc"),
        one(
            "AWS::EC2::NatGateway",
            "nat",
            "SubnetId: \"${AWS::EC2::Subnet/public}\", AllocationId: \"${AWS::EC2::EIP/nat.AllocationId}\"",
        ),
        manifest(
            "RouteTable",
            "public",
            "",
            "{vpc: {ref: ml}, routes: [{to: 0.0.0.0/0, via: {ref: AWS::EC2::InternetGateway/out}}], subnets: [{ref: public}]}",
        ),
        manifest(
            "RouteTable",
            "private",
            "",
            "{vpc: {ref: ml}, routes: [{to: 0.0.0.0/0, via: {ref: AWS::EC2::NatGateway/nat}}], subnets: [{ref: private}]}",
        ),
        manifest(
            "NetworkAcl",
            "private",
            "",
            "{vpc: {ref: ml}, subnets: [{ref: private}], entries: [{direction: ingress, rule: 100, action: allow, protocol: all, cidr: 10.60.0.0/16}]}",
        ),
        one("AWS::Logs::LogGroup", "flow", "LogGroupName: /ml/flow, RetentionInDays: 365"),
        one(
            "AWS::EC2::FlowLog",
            "ml",
            "ResourceId: \"${AWS::EC2::VPC/ml}\", ResourceType: VPC, TrafficType: ALL, \
             LogGroupName: \"${AWS::Logs::LogGroup/flow}\", \
             DeliverLogsPermissionArn: \"arn:aws:iam::111122223333:role/flow-logs\"",
        ),
    ]
    .concat()
}

/// Somebody consents to which table and which ACL subnets use.
fn unheld(mut world: World) -> World {
    let text = format!("{}gate: {{holdRisks: []}}\n", example::SETTINGS);
    world.settings = Settings::parse(&text, &Overrides::default()).expect("settings");
    world
}

fn only(world: &World, operation: &str, set: &str) -> Value {
    let all = list(&world.ec2(operation, &json!({})), set);
    assert_eq!(all.len(), 1, "{operation}: {all:?}");
    all[0].clone()
}

#[tokio::test(start_paused = true)]
async fn a_whole_network_is_made_from_nothing_in_the_order_that_it_needs() {
    let world = unheld(World::with(&whole()));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    let report = engine.pass().await;
    assert!(report.plan.steps.is_empty(), "{:?}", report.plan.steps);
    let nat = only(&world, "DescribeNatGateways", "natGatewaySet");
    let address = only(&world, "DescribeAddresses", "addressesSet");
    assert_eq!(nat["natGatewayAddressSet"][0]["allocationId"], address["allocationId"]);
    let gateway = only(&world, "DescribeInternetGateways", "internetGatewaySet");
    assert_eq!(gateway["attachmentSet"][0]["state"], "available");
    let flow_log = only(&world, "DescribeFlowLogs", "flowLogSet");
    assert_eq!(flow_log["logGroupName"], "/ml/flow");
    let tables = list(&world.ec2("DescribeRouteTables", &json!({})), "routeTableSet");
    let ways: Vec<String> = tables
        .iter()
        .flat_map(|table| list(table, "routeSet"))
        .filter(|route| route["destinationCidrBlock"] == "0.0.0.0/0")
        .map(|route| string(&route, "state"))
        .collect();
    assert_eq!(ways, ["active", "active"]);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changes_of_a_network_is_put_back() {
    let world = unheld(World::with(&whole()));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    world.writes();
    let ours = json!({"Filter": [{"Name": "vpc-id", "Value": [networks(&world)[0]["vpcId"]]}]});
    let subnets = list(&world.ec2("DescribeSubnets", &ours), "subnetSet");
    for subnet in &subnets {
        let open =
            json!({"SubnetId": subnet["subnetId"], "MapPublicIpOnLaunch": {"Value": "true"}});
        world.ec2("ModifySubnetAttribute", &open);
    }
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["UpdateResource", "UpdateResource"]);
    let now = list(&world.ec2("DescribeSubnets", &ours), "subnetSet");
    assert!(now.iter().all(|subnet| subnet["mapPublicIpOnLaunch"] == false), "{now:?}");
}

#[tokio::test(start_paused = true)]
async fn another_gateway_than_the_wanted_one_is_replaced_and_a_missing_one_attached() {
    let attachment = one(
        "AWS::EC2::VPCGatewayAttachment",
        "out",
        "VpcId: \"${AWS::EC2::VPC/ml}\", InternetGatewayId: \"${AWS::EC2::InternetGateway/out}\"",
    );
    let gateway = one("AWS::EC2::InternetGateway", "out", "");
    let world = World::with(&format!("{}{gateway}{attachment}", network(CIDR)));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    let gateway = only(&world, "DescribeInternetGateways", "internetGatewaySet");
    let vpc = networks(&world)[0]["vpcId"].clone();
    let filter = json!([{"Name": "attachment.vpc-id", "Value": [vpc]}]);
    let attached = || {
        let input = json!({"Filter": filter});
        list(&world.ec2("DescribeInternetGateways", &input), "internetGatewaySet")
    };
    assert_eq!(attached()[0]["internetGatewayId"], gateway["internetGatewayId"]);
    let ours = json!({"InternetGatewayId": gateway["internetGatewayId"], "VpcId": vpc});
    world.ec2("DetachInternetGateway", &ours);
    let theirs = world.ec2("CreateInternetGateway", &json!({}));
    let theirs = theirs["internetGateway"]["internetGatewayId"].clone();
    world.ec2("AttachInternetGateway", &json!({"InternetGatewayId": theirs, "VpcId": vpc}));
    world.writes();
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["UpdateResource"]);
    assert_eq!(attached()[0]["internetGatewayId"], gateway["internetGatewayId"]);
    world.ec2("DetachInternetGateway", &ours);
    a_while(120).await;
    world.writes();
    in_the_end(&mut engine).await;
    assert_eq!(world.writes(), ["CreateResource"]);
    assert_eq!(attached()[0]["internetGatewayId"], gateway["internetGatewayId"]);
}

#[tokio::test(start_paused = true)]
async fn the_attachment_of_a_vpc_of_somebody_else_is_not_touched() {
    let attachment = one(
        "AWS::EC2::VPCGatewayAttachment",
        "out",
        "VpcId: vpc-0123456789abcdef0, InternetGatewayId: igw-0123456789abcdef0",
    );
    let world = World::with(&attachment);
    let report = world.engine().await.pass().await;
    let problems = format!("{:?}", report.problems);
    assert!(problems.contains("refers to 0 manifests"), "{problems}");
}

#[tokio::test(start_paused = true)]
async fn an_address_is_found_by_its_claim_after_a_restart_and_released_by_a_tombstone() {
    let world = World::with(&one("AWS::EC2::EIP", "nat", "Domain: vpc"));
    until_quiet(&mut world.engine().await).await.in_order();
    assert_eq!(world.writes(), ["CreateResource"]);
    until_quiet(&mut world.engine().await).await.in_order();
    assert_eq!(world.writes(), [""; 0], "another process finds it");
    world.write(
        "main.yaml",
        manifest("AWS::EC2::EIP", "nat", "state: absent", "{properties: {Domain: vpc}}"),
    );
    until_quiet(&mut world.engine().await).await;
    assert_eq!(world.writes(), ["DeleteResource"]);
    assert_eq!(list(&world.ec2("DescribeAddresses", &json!({})), "addressesSet").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_vpc_stays_while_anything_of_it_is_there() {
    let world = unheld(World::with(&whole()));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    world.write(
        "main.yaml",
        manifest(VPC, "ml", "state: absent", "{properties: {CidrBlock: 10.60.0.0/16}}"),
    );
    world.writes();
    until_quiet(&mut world.engine().await).await;
    assert_eq!(networks(&world).len(), 1, "EC2 refuses it");
}
