//! Routes to NAT gateways, which are in one VPC and go.

use super::*;
use crate::simulator::example::{Hands, text};
use serde_json::json;

/// A NAT gateway without a way out, in a new subnet.
fn private(hands: &Hands<'_>, vpc: &str) -> (String, String) {
    let subnet = json!({"VpcId": vpc, "CidrBlock": "10.0.9.0/24"});
    let subnet = hands.call("CreateSubnet", &subnet).expect("a subnet");
    let subnet = text(&subnet, "/subnet/subnetId").expect("its id").to_owned();
    let input = json!({"SubnetId": subnet, "ConnectivityType": "private"});
    let made = hands.call("CreateNatGateway", &input).expect("a gateway");
    (text(&made, "/natGateway/natGatewayId").expect("its id").to_owned(), subnet)
}

#[tokio::test]
async fn a_route_leads_to_a_nat_gateway_of_its_vpc_and_nowhere_once_that_is_gone() {
    let simulator = Simulator::default();
    let (client, hands) = (ec2(&simulator), Hands::ec2(&simulator));
    let (vpc, other) = (vpc(&client).await, vpc(&client).await);
    let (id, far) = (table(&client, &vpc).await, table(&client, &other).await);
    let (nat, subnet) = private(&hands, &vpc);
    let to_nat = |table: &str| route(&client, table).nat_gateway_id(&nat);
    assert_eq!(code(to_nat(&far).send().await), "InvalidParameterValue");
    let unknown = route(&client, &id).nat_gateway_id("nat-0123456789abcdef0").send().await;
    assert_eq!(code(unknown), "NatGatewayNotFound");
    to_nat(&id).send().await.expect("a route");
    let v6 = client.create_route().route_table_id(&id).nat_gateway_id(&nat);
    let everywhere = v6.clone().destination_ipv6_cidr_block("::/0").send().await;
    assert_eq!(code(everywhere), "InvalidParameterValue", "it translates to IPv4 only");
    v6.destination_ipv6_cidr_block("64:ff9b::/96").send().await.expect("a route");
    assert_eq!(state(&client, &id, "0.0.0.0/0").await, RouteState::Active);
    let full = hands.call("DeleteSubnet", &json!({"SubnetId": subnet})).expect_err("in use");
    assert_eq!(full.code, "DependencyViolation");
    hands.call("DeleteNatGateway", &json!({"NatGatewayId": nat})).expect("deleted");
    assert_eq!(state(&client, &id, "0.0.0.0/0").await, RouteState::Blackhole);
    hands.call("DeleteSubnet", &json!({"SubnetId": subnet})).expect("empty");
}
