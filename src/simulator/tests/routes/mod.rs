//! Route tables, their routes, and the targets of routes.

mod associations;
mod nat;

use super::*;
use aws_sdk_ec2::{
    operation::{
        create_route::builders::CreateRouteFluentBuilder,
        replace_route::builders::ReplaceRouteFluentBuilder,
    },
    types::{Filter, GatewayType, Route, RouteOrigin, RouteState, RouteTable, Tag},
};

const TRANSIT: &str = "tgw-0123456789abcdef0";

async fn table(ec2: &Client, vpc: &str) -> String {
    let answer = ec2.create_route_table().vpc_id(vpc).send().await.expect("a table");
    answer.route_table.and_then(|table| table.route_table_id).expect("its id")
}

async fn read(ec2: &Client, id: &str) -> RouteTable {
    let answer = ec2.describe_route_tables().route_table_ids(id).send().await.expect("tables");
    answer.route_tables.and_then(|tables| tables.into_iter().next()).expect("the table")
}

async fn main_table(ec2: &Client, vpc: &str) -> RouteTable {
    let main = Filter::builder().name("association.main").values("true").build();
    let here = Filter::builder().name("vpc-id").values(vpc).build();
    let call = ec2.describe_route_tables().filters(main).filters(here);
    let tables = call.send().await.expect("tables").route_tables.unwrap_or_default();
    let [table] = &tables[..] else { panic!("one main table: {tables:?}") };
    table.clone()
}

fn to<'t>(table: &'t RouteTable, destination: &str) -> Option<&'t Route> {
    table.routes().iter().find(|route| {
        let all = [
            route.destination_cidr_block(),
            route.destination_ipv6_cidr_block(),
            route.destination_prefix_list_id(),
        ];
        all.contains(&Some(destination))
    })
}

async fn state(ec2: &Client, table: &str, destination: &str) -> RouteState {
    let table = read(ec2, table).await;
    to(&table, destination).and_then(|route| route.state()).expect("a state").clone()
}

/// A call for a default route, without a target.
fn route(ec2: &Client, table: &str) -> CreateRouteFluentBuilder {
    ec2.create_route().route_table_id(table).destination_cidr_block("0.0.0.0/0")
}

fn replacement(ec2: &Client, table: &str) -> ReplaceRouteFluentBuilder {
    ec2.replace_route().route_table_id(table).destination_cidr_block("0.0.0.0/0")
}

/// An internet gateway, attached to the VPC if one is given.
async fn internet(ec2: &Client, vpc: Option<&str>) -> String {
    let answer = ec2.create_internet_gateway().send().await.expect("a gateway");
    let id = answer.internet_gateway.and_then(|it| it.internet_gateway_id).expect("its id");
    if let Some(vpc) = vpc {
        let call = ec2.attach_internet_gateway().internet_gateway_id(&id).vpc_id(vpc);
        call.send().await.expect("attached");
    }
    id
}

/// A virtual private gateway, attached to the VPC.
async fn private(ec2: &Client, vpc: &str) -> String {
    let answer = ec2.create_vpn_gateway().r#type(GatewayType::Ipsec1).send().await;
    let gateway = answer.expect("a gateway").vpn_gateway.expect("it");
    let id = gateway.vpn_gateway_id.expect("its id");
    let call = ec2.attach_vpn_gateway().vpn_gateway_id(&id).vpc_id(vpc);
    call.send().await.expect("attached");
    id
}

async fn interface(ec2: &Client, subnet: &str) -> String {
    let answer = ec2.create_network_interface().subnet_id(subnet).send().await;
    let interface = answer.expect("an interface").network_interface.expect("it");
    interface.network_interface_id.expect("its id")
}

async fn attach(ec2: &Client, interface: &str, instance: &str) -> String {
    let call = ec2.attach_network_interface().network_interface_id(interface);
    let answer = call.instance_id(instance).device_index(0).send().await.expect("attached");
    answer.attachment_id.expect("its id")
}

async fn associate(ec2: &Client, table: &str, subnet: &str) -> String {
    let call = ec2.associate_route_table().route_table_id(table).subnet_id(subnet);
    call.send().await.expect("associated").association_id.expect("its id")
}

#[tokio::test]
async fn the_same_token_gives_the_same_table_even_if_it_is_gone() {
    let ec2 = ec2(&Simulator::default());
    let (one, other) = (vpc(&ec2).await, vpc(&ec2).await);
    let call = |vpc: &str| ec2.create_route_table().vpc_id(vpc).client_token("t-1").send();
    let id = call(&one).await.expect("a table").route_table.and_then(|it| it.route_table_id);
    assert_eq!(code(call(&other).await), "IdempotentParameterMismatch");
    let id = id.expect("its id");
    ec2.delete_route_table().route_table_id(&id).send().await.expect("deleted");
    let again = call(&one).await.expect("a table").route_table.and_then(|it| it.route_table_id);
    assert_eq!(again.as_ref(), Some(&id));
    let gone = ec2.describe_route_tables().route_table_ids(id).send().await;
    assert_eq!(code(gone), "InvalidRouteTableID.NotFound");
}

#[tokio::test]
async fn tables_are_limited_in_each_vpc_including_the_main_one() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    for _ in 1..200 {
        table(&ec2, &vpc).await;
    }
    let refused = ec2.create_route_table().vpc_id(&vpc).send().await;
    assert_eq!(code(refused), "RouteTableLimitExceeded");
}

#[tokio::test]
async fn routes_are_limited_in_each_family() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let table = table(&ec2, &vpc).await;
    let call = |block: String| {
        route(&ec2, &table).destination_cidr_block(block).transit_gateway_id(TRANSIT)
    };
    let list = ec2.create_managed_prefix_list().prefix_list_name("offices").max_entries(3);
    let list = list.address_family("IPv4").send().await.expect("a list").prefix_list;
    let list = list.and_then(|list| list.prefix_list_id).expect("its id");
    let by_list = || {
        let call = ec2.create_route().route_table_id(&table).transit_gateway_id(TRANSIT);
        call.destination_prefix_list_id(&list).send()
    };
    for number in 0..48 {
        call(format!("192.168.{number}.0/24")).send().await.expect("a route");
    }
    // A prefix list counts with its maximum number of entries.
    assert_eq!(code(by_list().await), "RouteLimitExceeded");
    for number in 48..50 {
        call(format!("192.168.{number}.0/24")).send().await.expect("a route");
    }
    let refused = call("192.168.50.0/24".into()).send().await;
    assert_eq!(code(refused), "RouteLimitExceeded");
    let v6 = ec2.create_route().route_table_id(&table).destination_ipv6_cidr_block("::/0");
    let v6 = v6.egress_only_internet_gateway_id("eigw-0123456789abcdef0").send().await;
    v6.expect("the other family");
}

#[tokio::test]
async fn a_route_has_one_destination_in_canonical_form_and_one_target() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let id = table(&ec2, &vpc).await;
    let to_transit = || ec2.create_route().route_table_id(&id).transit_gateway_id(TRANSIT);
    for (call, expected) in [
        (to_transit(), "MissingParameter"),
        (
            to_transit().destination_cidr_block("0.0.0.0/0").destination_ipv6_cidr_block("::/0"),
            "InvalidParameterCombination",
        ),
        (to_transit().destination_cidr_block("::/0"), "InvalidParameterValue"),
        (to_transit().destination_ipv6_cidr_block("0.0.0.0/0"), "InvalidParameterValue"),
        (to_transit().destination_cidr_block("169.254.169.0/24"), "InvalidParameterValue"),
        (
            to_transit().destination_prefix_list_id("pl-0123456789abcdef0"),
            "InvalidPrefixListID.NotFound",
        ),
        (route(&ec2, &id), "InvalidParameterCombination"),
        (
            route(&ec2, &id).transit_gateway_id(TRANSIT).instance_id("i-0123456789abcdef0"),
            "InvalidParameterCombination",
        ),
        (
            route(&ec2, &id).egress_only_internet_gateway_id("eigw-0123456789abcdef0"),
            "InvalidParameterValue",
        ),
    ] {
        let input = format!("{:?}", call.as_input());
        assert_eq!(code(call.send().await), expected, "{input}");
    }
    let call = to_transit().destination_cidr_block("100.68.0.18/18").send().await;
    call.expect("a route");
    let call = to_transit().destination_ipv6_cidr_block("64:ff9b::1/96").send().await;
    call.expect("a route");
    let table = read(&ec2, &id).await;
    assert!(to(&table, "100.68.0.0/18").is_some(), "{table:?}");
    assert!(to(&table, "64:ff9b::/96").is_some(), "{table:?}");
}

#[tokio::test]
async fn a_simulated_target_must_exist_and_any_other_must_have_a_valid_id() {
    let ec2 = ec2(&Simulator::default());
    let table = table(&ec2, &vpc(&ec2).await).await;
    let call = || route(&ec2, &table);
    for (call, expected) in [
        (call().gateway_id("igw-0123456789abcdef0"), "InvalidGatewayID.NotFound"),
        (call().gateway_id(TRANSIT), "InvalidGatewayID.NotFound"),
        (
            call().network_interface_id("eni-0123456789abcdef0"),
            "InvalidNetworkInterfaceID.NotFound",
        ),
        (call().instance_id("i-0123456789abcdef0"), "InvalidInstanceID.NotFound"),
        (call().vpc_endpoint_id("vpce-0123456789abcdef0"), "InvalidVpcEndpointId.NotFound"),
        (
            call().vpc_peering_connection_id("pcx-0123456789abcdef0"),
            "InvalidVpcPeeringConnectionID.NotFound",
        ),
        (call().nat_gateway_id("igw-0123456789abcdef0"), "NatGatewayMalformed"),
        (call().transit_gateway_id("tgw-x"), "InvalidTransitGatewayID.Malformed"),
        (call().core_network_arn("core-1"), "InvalidParameterValue"),
    ] {
        let input = format!("{:?}", call.as_input());
        assert_eq!(code(call.send().await), expected, "{input}");
    }
    call().transit_gateway_id("tgw-0123456789abcdef0").send().await.expect("a route");
}

#[tokio::test]
async fn an_internet_gateway_is_a_target_for_the_vpc_that_it_is_attached_to() {
    let ec2 = ec2(&Simulator::default());
    let (here, there) = (vpc(&ec2).await, vpc(&ec2).await);
    let table = table(&ec2, &here).await;
    let gateway = internet(&ec2, None).await;
    let call = || route(&ec2, &table).gateway_id(&gateway).send();
    assert_eq!(code(call().await), "InvalidParameterValue");
    let attach =
        |vpc: &str| ec2.attach_internet_gateway().internet_gateway_id(&gateway).vpc_id(vpc).send();
    let detach =
        |vpc: &str| ec2.detach_internet_gateway().internet_gateway_id(&gateway).vpc_id(vpc).send();
    assert_eq!(code(detach(&here).await), "Gateway.NotAttached");
    attach(&there).await.expect("attached");
    assert_eq!(code(call().await), "InvalidParameterValue");
    assert_eq!(code(attach(&here).await), "Resource.AlreadyAssociated");
    detach(&there).await.expect("detached");
    attach(&here).await.expect("attached");
    call().await.expect("a route");
    assert_eq!(state(&ec2, &table, "0.0.0.0/0").await, RouteState::Active);
    detach(&here).await.expect("detached");
    assert_eq!(state(&ec2, &table, "0.0.0.0/0").await, RouteState::Blackhole);
}

#[tokio::test]
async fn a_gateway_has_one_vpc_and_a_vpc_one_gateway_and_neither_can_be_deleted_alone() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let gateway = internet(&ec2, Some(&vpc)).await;
    let other = internet(&ec2, None).await;
    let second = ec2.attach_internet_gateway().internet_gateway_id(&other).vpc_id(&vpc);
    assert_eq!(code(second.send().await), "InvalidParameterValue");
    let filter = Filter::builder().name("attachment.vpc-id").values(&vpc).build();
    let found = ec2.describe_internet_gateways().filters(filter).send().await.expect("gateways");
    let [shown] = found.internet_gateways() else { panic!("one gateway: {found:?}") };
    assert_eq!(shown.internet_gateway_id(), Some(gateway.as_str()));
    let word = shown.attachments()[0].state().expect("a state").as_str();
    assert_eq!(word, "available");
    let delete = || ec2.delete_internet_gateway().internet_gateway_id(&gateway).send();
    assert_eq!(code(delete().await), "DependencyViolation");
    assert_eq!(code(ec2.delete_vpc().vpc_id(&vpc).send().await), "DependencyViolation");
    let call = ec2.detach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc);
    call.send().await.expect("detached");
    ec2.create_tags()
        .resources(&gateway)
        .tags(Tag::builder().key("a").value("1").build())
        .send()
        .await
        .expect("tags");
    delete().await.expect("deleted");
    assert_eq!(code(delete().await), "InvalidInternetGatewayID.NotFound");
    ec2.delete_vpc().vpc_id(&vpc).send().await.expect("deleted");
}

#[tokio::test]
async fn an_instance_is_read_back_with_its_interface_and_an_interface_with_its_instance() {
    const INSTANCE: &str = "i-0123456789abcdef0";
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let id = table(&ec2, &vpc).await;
    let own = interface(&ec2, &subnet).await;
    // An unattached interface leads nowhere.
    route(&ec2, &id).network_interface_id(&own).send().await.expect("a route");
    assert_eq!(state(&ec2, &id, "0.0.0.0/0").await, RouteState::Blackhole);
    let attachment = attach(&ec2, &own, INSTANCE).await;
    let call = ec2.create_route().route_table_id(&id).destination_cidr_block("192.168.0.0/16");
    call.instance_id(INSTANCE).send().await.expect("a route");
    let shown = read(&ec2, &id).await;
    for destination in ["0.0.0.0/0", "192.168.0.0/16"] {
        let route = to(&shown, destination).expect("the route");
        assert_eq!(route.instance_id(), Some(INSTANCE));
        assert_eq!(route.instance_owner_id(), Some(ACCOUNT));
        assert_eq!(route.network_interface_id(), Some(own.as_str()));
        assert_eq!(route.state(), Some(&RouteState::Active));
    }
    let delete = || ec2.delete_network_interface().network_interface_id(&own).send();
    assert_eq!(code(delete().await), "InvalidParameterValue");
    attach(&ec2, &interface(&ec2, &subnet).await, INSTANCE).await;
    let several = replacement(&ec2, &id).instance_id(INSTANCE).send().await;
    assert_eq!(code(several), "InvalidInstanceID");
    ec2.detach_network_interface().attachment_id(attachment).send().await.expect("detached");
    delete().await.expect("deleted");
    assert_eq!(state(&ec2, &id, "0.0.0.0/0").await, RouteState::Blackhole);
    let far = super::subnet(&ec2, &super::vpc(&ec2).await, "10.0.0.0/24", "eu-west-1a").await;
    let far = interface(&ec2, &far).await;
    let refused = replacement(&ec2, &id).network_interface_id(far).send().await;
    assert_eq!(code(refused), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_for_a_gateway_load_balancer_is_read_back_as_a_gateway() {
    const SERVICE: &str = "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0";
    let simulator = simulator_with(|options| {
        options.acceptance_required.insert(SERVICE.into());
    });
    let ec2 = ec2(&simulator);
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let id = table(&ec2, &vpc).await;
    let call = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(SERVICE).subnet_ids(&subnet);
    let call = call.vpc_endpoint_type(VpcEndpointType::GatewayLoadBalancer);
    let endpoint = call.send().await.expect("an endpoint").vpc_endpoint;
    let endpoint = endpoint.and_then(|it| it.vpc_endpoint_id).expect("its id");
    route(&ec2, &id).vpc_endpoint_id(&endpoint).send().await.expect("a route");
    let shown = read(&ec2, &id).await;
    assert_eq!(to(&shown, "0.0.0.0/0").and_then(|it| it.gateway_id()), Some(endpoint.as_str()));
    let other = interface_endpoint(&ec2, &vpc, "com.amazonaws.eu-west-1.kms").await;
    let refused = replacement(&ec2, &id).vpc_endpoint_id(other).send().await;
    assert_eq!(code(refused), "RouteNotSupported");
    ec2.delete_vpc_endpoints().vpc_endpoint_ids(&endpoint).send().await.expect("deleted");
    assert_eq!(state(&ec2, &id, "0.0.0.0/0").await, RouteState::Blackhole);
}

#[tokio::test]
async fn a_route_to_a_peering_leads_nowhere_until_it_is_accepted_and_after_it_is_deleted() {
    let ec2 = ec2(&Simulator::default());
    let (here, there) = (vpc(&ec2).await, vpc(&ec2).await);
    let (id, foreign) = (table(&ec2, &here).await, table(&ec2, &vpc(&ec2).await).await);
    let call = ec2.create_vpc_peering_connection().vpc_id(&here).peer_vpc_id(&there);
    let peering = call.send().await.expect("a peering").vpc_peering_connection;
    let peering = peering.and_then(|it| it.vpc_peering_connection_id).expect("its id");
    let refused = route(&ec2, &foreign).vpc_peering_connection_id(&peering).send().await;
    assert_eq!(code(refused), "InvalidParameterValue");
    route(&ec2, &id).vpc_peering_connection_id(&peering).send().await.expect("a route");
    assert_eq!(state(&ec2, &id, "0.0.0.0/0").await, RouteState::Blackhole);
    let call = ec2.accept_vpc_peering_connection().vpc_peering_connection_id(&peering);
    call.send().await.expect("accepted");
    assert_eq!(state(&ec2, &id, "0.0.0.0/0").await, RouteState::Active);
    let call = ec2.delete_vpc_peering_connection().vpc_peering_connection_id(&peering);
    call.send().await.expect("deleted");
    assert_eq!(state(&ec2, &id, "0.0.0.0/0").await, RouteState::Blackhole);
}

#[tokio::test]
async fn a_route_is_replaced_in_one_step_if_there_is_one() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let id = table(&ec2, &vpc).await;
    let to_transit = || replacement(&ec2, &id).transit_gateway_id(TRANSIT);
    assert_eq!(code(to_transit().send().await), "InvalidParameterValue");
    let gateway = internet(&ec2, Some(&vpc)).await;
    route(&ec2, &id).gateway_id(gateway).send().await.expect("a route");
    to_transit().send().await.expect("replaced");
    let shown = read(&ec2, &id).await;
    let route = to(&shown, "0.0.0.0/0").expect("the route");
    assert_eq!((route.gateway_id(), route.transit_gateway_id()), (None, Some(TRANSIT)));
    assert_eq!(route.origin(), Some(&RouteOrigin::CreateRoute));
    for (call, expected) in [
        (replacement(&ec2, &id), "InvalidParameterCombination"),
        (replacement(&ec2, &id).local_target(true), "InvalidParameterValue"),
        (to_transit().gateway_id("igw-0123456789abcdef0"), "InvalidParameterCombination"),
        (to_transit().route_table_id("rtb-0123456789abcdef0"), "InvalidRouteTableID.NotFound"),
    ] {
        let input = format!("{:?}", call.as_input());
        assert_eq!(code(call.send().await), expected, "{input}");
    }
    let delete = || {
        let call = ec2.delete_route().route_table_id(&id);
        call.destination_cidr_block("0.0.0.0/0").send()
    };
    delete().await.expect("deleted");
    assert_eq!(code(delete().await), "InvalidRoute.NotFound");
}

#[tokio::test]
async fn the_local_route_can_change_its_target_and_back_but_cannot_be_deleted() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let own = interface(&ec2, &subnet).await;
    let id = table(&ec2, &vpc).await;
    let local = || replacement(&ec2, &id).destination_cidr_block("10.0.0.0/16");
    let refused = local().transit_gateway_id("tgw-0123456789abcdef0").send().await;
    assert_eq!(code(refused), "InvalidParameterValue");
    local().network_interface_id(&own).send().await.expect("replaced");
    let shown = read(&ec2, &id).await;
    let route = to(&shown, "10.0.0.0/16").expect("the route");
    assert_eq!(route.network_interface_id(), Some(own.as_str()));
    assert_eq!(route.origin(), Some(&RouteOrigin::CreateRouteTable));
    let both = local().local_target(true).network_interface_id(&own).send().await;
    assert_eq!(code(both), "InvalidParameterCombination");
    local().local_target(true).send().await.expect("reset");
    let shown = read(&ec2, &id).await;
    assert_eq!(to(&shown, "10.0.0.0/16").and_then(|it| it.gateway_id()), Some("local"));
    let delete = ec2.delete_route().route_table_id(&id).destination_cidr_block("10.0.0.0/16");
    assert_eq!(code(delete.send().await), "InvalidParameterValue");
    let create = || ec2.create_route().route_table_id(&id).network_interface_id(&own);
    let again = create().destination_cidr_block("10.0.0.0/16").send().await;
    assert_eq!(code(again), "RouteAlreadyExists");
}

#[tokio::test]
async fn a_route_within_the_vpc_is_for_a_whole_subnet_and_leads_to_a_middlebox() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let own = interface(&ec2, &subnet).await;
    let gateway = internet(&ec2, Some(&vpc)).await;
    let id = table(&ec2, &vpc).await;
    let call = |block: &str| ec2.create_route().route_table_id(&id).destination_cidr_block(block);
    let part = call("10.0.0.0/25").network_interface_id(&own).send().await;
    assert_eq!(code(part), "InvalidParameterValue");
    let outside = call("10.0.0.0/24").gateway_id(gateway).send().await;
    assert_eq!(code(outside), "InvalidParameterValue");
    call("10.0.0.0/24").network_interface_id(own).send().await.expect("a route");
}

#[tokio::test]
async fn the_routes_of_a_gateway_endpoint_are_neither_replaced_nor_deleted() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let id = table(&ec2, &vpc).await;
    let call = ec2.create_vpc_endpoint().vpc_id(&vpc).route_table_ids(&id);
    let call = call.service_name("com.amazonaws.eu-west-1.s3").send().await;
    call.expect("an endpoint");
    let shown = read(&ec2, &id).await;
    let list = shown.routes()[1].destination_prefix_list_id().expect("a prefix list");
    let create = ec2.create_route().route_table_id(&id).destination_prefix_list_id(list);
    assert_eq!(code(create.transit_gateway_id(TRANSIT).send().await), "RouteAlreadyExists");
    let replace = ec2.replace_route().route_table_id(&id).destination_prefix_list_id(list);
    assert_eq!(code(replace.transit_gateway_id(TRANSIT).send().await), "InvalidParameterValue");
    let delete = ec2.delete_route().route_table_id(&id).destination_prefix_list_id(list);
    assert_eq!(code(delete.send().await), "InvalidParameterValue");
}
