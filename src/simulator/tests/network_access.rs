//! The permissions of calls on route tables and network ACLs, and what monitors see of them.

use super::*;
use crate::model::policy_document::{Dialect, PolicyDocument};
use serde_json::{Value, json};

/// A world with a VPC, a subnet, a route table that the subnet uses, and a network ACL, all made by
/// an administrator; and their ids.
struct Scene {
    simulator: Simulator,
    vpc: String,
    subnet: String,
    table: String,
    acl: String,
}

/// Carries out a call as an administrator, and returns the text at this pointer of its answer.
fn act(simulator: &Simulator, operation: &str, input: &Value, at: &str) -> String {
    let answer = simulator.act(ACCOUNT, REGION, "ec2", operation, input).expect(operation);
    answer.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn scene() -> Scene {
    let everything = r#"{"Version":"2012-10-17","Statement":
        [{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let policy = PolicyDocument::parse(everything, Dialect::IdentityPolicy).expect("a policy");
    let simulator = simulator_with(|options| {
        options.permissions.insert(ACCOUNT.into(), vec![policy]);
    });
    let make = |operation: &str, input: Value, at: &str| act(&simulator, operation, &input, at);
    let vpc = make("CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}), "/vpc/vpcId");
    let input = json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"});
    let subnet = make("CreateSubnet", input, "/subnet/subnetId");
    let table = make("CreateRouteTable", json!({"VpcId": vpc}), "/routeTable/routeTableId");
    let acl = make("CreateNetworkAcl", json!({"VpcId": vpc}), "/networkAcl/networkAclId");
    for id in [&subnet, &table, &acl] {
        let tag = json!([{"Key": "is", "Value": &id[..3]}]);
        make("CreateTags", json!({"ResourceId": [id], "Tag": tag}), "");
    }
    let input = json!({"RouteTableId": table, "SubnetId": subnet});
    make("AssociateRouteTable", input, "");
    Scene { simulator, vpc, subnet, table, acl }
}

impl Scene {
    /// What was judged since the last call: the action, the kind of the resource, and its tag.
    fn judged(&self) -> Vec<String> {
        let judged = self.simulator.with(|world| std::mem::take(&mut world.judged));
        let words = judged.iter().map(|judged| {
            let request = &judged.request;
            let resource = request.resource.rsplit(':').next().unwrap_or_default();
            let tag = request.context.get("aws:resourcetag/is").and_then(|it| it.first());
            let tag = tag.map(|tag| format!(" ({tag})")).unwrap_or_default();
            format!("{} {}{tag}", request.action, resource.split('/').next().unwrap_or_default())
        });
        words.collect()
    }

    fn association(&self, operation: &str, set: &str, filter: &str, at: &str) -> String {
        let filter = json!([{"Name": filter, "Value": [self.subnet]}]);
        let found =
            self.simulator.act(ACCOUNT, REGION, "ec2", operation, &json!({ "Filter": filter }));
        let found = found.expect("a list");
        let mut all = found[set][0]["associationSet"].as_array().into_iter().flatten();
        let of_it = all.find(|it| it["subnetId"] == json!(self.subnet)).expect("an association");
        of_it[at].as_str().expect("its id").to_owned()
    }

    fn facts(&self, id: &str) -> Vec<String> {
        let truth = self.simulator.with(|world| world.truth());
        truth.things[id].facts.iter().cloned().collect()
    }
}

#[tokio::test]
async fn calls_on_route_tables_are_judged_for_the_table_and_what_uses_it() {
    let scene = scene();
    let ec2 = ec2(&scene.simulator);
    let call = ec2.create_route().route_table_id(&scene.table).destination_cidr_block("0.0.0.0/0");
    call.transit_gateway_id("tgw-0123456789abcdef0").send().await.expect("a route");
    assert_eq!(scene.judged(), ["ec2:CreateRoute route-table (rtb)"]);
    let new = ec2.create_route_table().vpc_id(&scene.vpc).send().await.expect("a table");
    let new = new.route_table.and_then(|it| it.route_table_id).expect("its id");
    assert_eq!(scene.judged(), ["ec2:CreateRouteTable route-table", "ec2:CreateRouteTable vpc"]);
    let (set, at) = ("routeTableSet", "routeTableAssociationId");
    let old = scene.association("DescribeRouteTables", set, "association.subnet-id", at);
    let call = ec2.replace_route_table_association().association_id(old).route_table_id(&new);
    let new = call.send().await.expect("replaced").new_association_id.expect("its id");
    let expected = ["route-table", "subnet (sub)"];
    assert_eq!(scene.judged(), expected.map(|it| format!("ec2:ReplaceRouteTableAssociation {it}")));
    ec2.disassociate_route_table().association_id(new).send().await.expect("disassociated");
    assert_eq!(scene.judged(), expected.map(|it| format!("ec2:DisassociateRouteTable {it}")));
}

#[tokio::test]
async fn calls_on_network_acls_are_judged_for_the_acl_and_the_subnet() {
    let scene = scene();
    let ec2 = ec2(&scene.simulator);
    let call = ec2.delete_network_acl_entry().network_acl_id(&scene.acl).rule_number(1);
    assert_eq!(code(call.egress(false).send().await), "InvalidNetworkAclEntry.NotFound");
    assert_eq!(scene.judged(), ["ec2:DeleteNetworkAclEntry network-acl (acl)"]);
    let tag = aws_sdk_ec2::types::Tag::builder().key("a").value("1").build();
    let tags = aws_sdk_ec2::types::TagSpecification::builder()
        .resource_type(aws_sdk_ec2::types::ResourceType::NetworkAcl)
        .tags(tag)
        .build();
    let call = ec2.create_network_acl().vpc_id(&scene.vpc).tag_specifications(tags);
    call.send().await.expect("an ACL");
    let expected = [
        "ec2:CreateNetworkAcl network-acl",
        "ec2:CreateNetworkAcl vpc",
        "ec2:CreateTags network-acl",
    ];
    assert_eq!(scene.judged(), expected);
    let (set, at) = ("networkAclSet", "networkAclAssociationId");
    let old = scene.association("DescribeNetworkAcls", set, "association.subnet-id", at);
    let call = ec2.replace_network_acl_association().association_id(old);
    call.network_acl_id(&scene.acl).send().await.expect("replaced");
    let expected = ["network-acl (acl)", "subnet (sub)"];
    assert_eq!(scene.judged(), expected.map(|it| format!("ec2:ReplaceNetworkAclAssociation {it}")));
}

#[test]
fn monitors_see_every_route_and_entry_and_what_uses_them() {
    let scene = scene();
    let Scene { simulator, vpc, subnet, table, acl } = &scene;
    let transit = "tgw-0123456789abcdef0";
    let route = json!({
        "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "TransitGatewayId": transit
    });
    act(simulator, "CreateRoute", &route, "");
    let entry = json!({
        "NetworkAclId": acl, "RuleNumber": "100", "Egress": "false", "Protocol": "6",
        "RuleAction": "allow", "CidrBlock": "10.0.0.0/8", "PortRange": {"From": "443", "To": "443"}
    });
    act(simulator, "CreateNetworkAclEntry", &entry, "");
    let expected = [
        format!("association {subnet}"),
        "main false".to_owned(),
        format!("route 0.0.0.0/0 transitGatewayId {transit}"),
        format!("vpc {vpc}"),
    ];
    assert_eq!(scene.facts(table), expected);
    let expected =
        ["allow ingress 100 6 443-443 10.0.0.0/8", "default false", &format!("vpc {vpc}")];
    assert_eq!(scene.facts(acl), expected);
    let (set, at) = ("networkAclSet", "networkAclAssociationId");
    let old = scene.association("DescribeNetworkAcls", set, "association.subnet-id", at);
    let change = json!({"AssociationId": old, "NetworkAclId": acl});
    act(simulator, "ReplaceNetworkAclAssociation", &change, "");
    assert!(scene.facts(acl).contains(&format!("association {subnet}")));
    // The route that a gateway endpoint adds to a table belongs to the endpoint.
    let before = scene.facts(table);
    let endpoint = json!({
        "VpcId": vpc, "ServiceName": "com.amazonaws.eu-west-1.s3", "RouteTableId": [table]
    });
    act(simulator, "CreateVpcEndpoint", &endpoint, "");
    assert_eq!(scene.facts(table), before);
}
