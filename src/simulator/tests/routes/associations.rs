//! The route tables of subnets and gateways, and propagated routes.

use super::*;
use crate::simulator::{Effect, Fault};

#[tokio::test]
async fn a_subnet_changes_its_table_in_one_step_and_without_one_uses_the_main_table() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let (one, other) = (table(&ec2, &vpc).await, table(&ec2, &vpc).await);
    let old = associate(&ec2, &one, &subnet).await;
    let second = ec2.associate_route_table().route_table_id(&other).subnet_id(&subnet);
    assert_eq!(code(second.send().await), "Resource.AlreadyAssociated");
    let replace = |association: &str, table: &str| {
        let call = ec2.replace_route_table_association().association_id(association);
        call.route_table_id(table).send()
    };
    let answer = replace(&old, &other).await.expect("replaced");
    let new = answer.new_association_id.expect("its id");
    assert_ne!(new, old);
    assert_eq!(read(&ec2, &one).await.associations(), []);
    let shown = read(&ec2, &other).await;
    let [association] = shown.associations() else { panic!("one association: {shown:?}") };
    assert_eq!(association.route_table_association_id(), Some(new.as_str()));
    assert_eq!(association.subnet_id(), Some(subnet.as_str()));
    let word = association.association_state().and_then(|it| it.state()).expect("a state");
    assert_eq!(word.as_str(), "associated");
    let same = replace(&new, &other).await.expect("nothing to do");
    assert_eq!(same.new_association_id(), Some(new.as_str()));
    assert_eq!(code(replace(&old, &other).await), "InvalidAssociationID.NotFound");
    let missing = replace(&new, "rtb-0123456789abcdef0").await;
    assert_eq!(code(missing), "InvalidRouteTableID.NotFound");
    let far = table(&ec2, &super::super::vpc(&ec2).await).await;
    assert_eq!(code(replace(&new, &far).await), "InvalidParameterValue");
    let delete = ec2.delete_route_table().route_table_id(&other).send();
    assert_eq!(code(delete.await), "DependencyViolation");
    let disassociate = || ec2.disassociate_route_table().association_id(&new).send();
    disassociate().await.expect("disassociated");
    assert_eq!(code(disassociate().await), "InvalidAssociationID.NotFound");
    ec2.delete_route_table().route_table_id(&other).send().await.expect("deleted");
}

#[tokio::test]
async fn the_main_table_is_swapped_by_replacing_its_association_which_cannot_be_removed() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let old = main_table(&ec2, &vpc).await;
    let association = old.associations()[0].route_table_association_id().expect("its id");
    let refused = ec2.disassociate_route_table().association_id(association).send().await;
    assert_eq!(code(refused), "InvalidParameterValue");
    let new = table(&ec2, &vpc).await;
    let call = ec2.replace_route_table_association().association_id(association);
    let answer = call.route_table_id(&new).send().await.expect("replaced");
    let main = main_table(&ec2, &vpc).await;
    assert_eq!(main.route_table_id(), Some(new.as_str()));
    let shown = main.associations()[0].route_table_association_id();
    assert_eq!(shown, answer.new_association_id());
    assert_ne!(shown, Some(association));
    let delete = |id: &str| ec2.delete_route_table().route_table_id(id).send();
    assert_eq!(code(delete(&new).await), "DependencyViolation");
    // The former main table is now an ordinary one, and keeps its VPC.
    assert_eq!(code(ec2.delete_vpc().vpc_id(&vpc).send().await), "DependencyViolation");
    delete(old.route_table_id().expect("its id")).await.expect("deleted");
    ec2.delete_vpc().vpc_id(&vpc).send().await.expect("deleted");
}

#[tokio::test]
async fn the_association_of_a_subnet_is_deleted_with_it() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let id = table(&ec2, &vpc).await;
    associate(&ec2, &id, &subnet).await;
    ec2.delete_subnet().subnet_id(subnet).send().await.expect("deleted");
    assert_eq!(read(&ec2, &id).await.associations(), []);
    ec2.delete_route_table().route_table_id(id).send().await.expect("deleted");
}

#[tokio::test]
async fn a_gateway_uses_a_table_that_keeps_incoming_traffic_in_the_vpc() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let (id, outward) = (table(&ec2, &vpc).await, table(&ec2, &vpc).await);
    let gateway = internet(&ec2, None).await;
    let call = |table: &str| ec2.associate_route_table().route_table_id(table);
    let associate = |table: &str| call(table).gateway_id(&gateway).send();
    assert_eq!(code(associate(&id).await), "InvalidParameterValue");
    let attach = ec2.attach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc);
    attach.send().await.expect("attached");
    route(&ec2, &outward).transit_gateway_id(TRANSIT).send().await.expect("a route");
    assert_eq!(code(associate(&outward).await), "InvalidParameterValue");
    let both = call(&id).gateway_id(&gateway).subnet_id(&subnet).send().await;
    assert_eq!(code(both), "InvalidParameterCombination");
    assert_eq!(code(call(&id).send().await), "MissingParameter");
    let missing = call(&id).gateway_id("igw-0123456789abcdef0").send().await;
    assert_eq!(code(missing), "InvalidInternetGatewayID.NotFound");
    let association = associate(&id).await.expect("associated").association_id.expect("its id");
    let filter = Filter::builder().name("association.gateway-id").values(&gateway).build();
    let found = ec2.describe_route_tables().filters(filter).send().await.expect("tables");
    assert_eq!(found.route_tables()[0].route_table_id(), Some(id.as_str()));
    assert_eq!(
        code(route(&ec2, &id).transit_gateway_id(TRANSIT).send().await),
        "InvalidParameterValue"
    );
    let own = interface(&ec2, &subnet).await;
    let inward = ec2.create_route().route_table_id(&id).destination_cidr_block("10.0.0.0/24");
    inward.network_interface_id(own).send().await.expect("a route");
    let replace = ec2.replace_route_table_association().association_id(&association);
    assert_eq!(code(replace.route_table_id(&outward).send().await), "InvalidParameterValue");
    let detach = || ec2.detach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc).send();
    assert_eq!(code(detach().await), "DependencyViolation");
    ec2.disassociate_route_table().association_id(association).send().await.expect("gone");
    detach().await.expect("detached");
}

#[tokio::test]
async fn a_private_gateway_propagates_learned_routes_unless_there_is_a_static_one() {
    let simulator = Simulator::default();
    let ec2 = ec2(&simulator);
    let vpc = vpc(&ec2).await;
    let id = table(&ec2, &vpc).await;
    let gateway = private(&ec2, &vpc).await;
    simulator.with(|world| {
        for range in ["172.16.0.0/12", "192.168.0.1/16", "10.0.0.0/16"] {
            assert!(world.ec2.announce_route(ACCOUNT, REGION, &gateway, range));
        }
        assert!(!world.ec2.announce_route(ACCOUNT, REGION, "vgw-1", "172.16.0.0/12"));
    });
    let enable = |gateway: &str| {
        let call = ec2.enable_vgw_route_propagation().route_table_id(&id);
        call.gateway_id(gateway).send()
    };
    assert_eq!(code(enable("vgw-0123456789abcdef0").await), "InvalidVpnGatewayID.NotFound");
    let far = private(&ec2, &super::super::vpc(&ec2).await).await;
    assert_eq!(code(enable(&far).await), "Gateway.NotAttached");
    enable(&gateway).await.expect("enabled");
    let own = ec2.create_route().route_table_id(&id).destination_cidr_block("192.168.0.0/16");
    own.transit_gateway_id(TRANSIT).send().await.expect("a route");
    let shown = read(&ec2, &id).await;
    assert_eq!(shown.propagating_vgws()[0].gateway_id(), Some(gateway.as_str()));
    let route = to(&shown, "172.16.0.0/12").expect("the route");
    assert_eq!(route.origin(), Some(&RouteOrigin::EnableVgwRoutePropagation));
    assert_eq!(route.gateway_id(), Some(gateway.as_str()));
    assert_eq!(to(&shown, "192.168.0.0/16").and_then(|it| it.transit_gateway_id()), Some(TRANSIT));
    assert_eq!(shown.routes().len(), 3);
    let delete = ec2.delete_route().route_table_id(&id).destination_cidr_block("172.16.0.0/12");
    assert_eq!(code(delete.send().await), "InvalidRoute.NotFound");
    let edge = ec2.associate_route_table().route_table_id(&id).gateway_id(&gateway);
    assert_eq!(code(edge.send().await), "InvalidParameterValue");
    let call = ec2.disable_vgw_route_propagation().route_table_id(&id).gateway_id(&gateway);
    call.send().await.expect("disabled");
    assert_eq!(read(&ec2, &id).await.routes().len(), 2);
}

#[tokio::test]
async fn a_private_gateway_is_a_target_while_it_is_attached_and_can_be_deleted_afterwards() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let id = table(&ec2, &vpc).await;
    let gateway = private(&ec2, &vpc).await;
    route(&ec2, &id).gateway_id(&gateway).send().await.expect("a route");
    let enable = || {
        let call = ec2.enable_vgw_route_propagation().route_table_id(&id);
        call.gateway_id(&gateway).send()
    };
    enable().await.expect("enabled");
    let delete = || ec2.delete_vpn_gateway().vpn_gateway_id(&gateway).send();
    assert_eq!(code(delete().await), "IncorrectState");
    let detach = || ec2.detach_vpn_gateway().vpn_gateway_id(&gateway).vpc_id(&vpc).send();
    detach().await.expect("detached");
    assert_eq!(code(detach().await), "InvalidVpnGatewayAttachment.NotFound");
    let shown = read(&ec2, &id).await;
    assert_eq!(shown.propagating_vgws(), []);
    assert_eq!(state(&ec2, &id, "0.0.0.0/0").await, RouteState::Blackhole);
    let found = ec2.describe_vpn_gateways().vpn_gateway_ids(&gateway).send().await;
    assert_eq!(found.expect("gateways").vpn_gateways()[0].vpc_attachments(), []);
    delete().await.expect("deleted");
    assert_eq!(code(enable().await), "InvalidVpnGatewayID.NotFound");
}

async fn association_state(ec2: &Client, table: &str) -> Option<String> {
    let table = read(ec2, table).await;
    let state = table.associations().first().and_then(|it| it.association_state());
    state.and_then(|it| it.state()).map(|word| word.as_str().to_owned())
}

#[tokio::test(start_paused = true)]
async fn an_association_takes_time_or_fails_because_of_a_fault() {
    let simulator = Simulator::default();
    let ec2 = ec2(&simulator);
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let (id, other) = (table(&ec2, &vpc).await, table(&ec2, &vpc).await);
    let stalled = |operation: &str| {
        let stall = Effect::Stall(Duration::from_secs(10));
        simulator.inject(Fault::new(operation, stall).nth(1));
    };
    stalled("AssociateRouteTable");
    let association = associate(&ec2, &id, &subnet).await;
    assert_eq!(association_state(&ec2, &id).await.as_deref(), Some("associating"));
    pass(10).await;
    assert_eq!(association_state(&ec2, &id).await.as_deref(), Some("associated"));
    stalled("DisassociateRouteTable");
    let call = ec2.disassociate_route_table().association_id(&association);
    call.send().await.expect("disassociated");
    assert_eq!(association_state(&ec2, &id).await.as_deref(), Some("disassociating"));
    pass(10).await;
    assert_eq!(association_state(&ec2, &id).await, None);
    simulator.inject(Fault::new("AssociateRouteTable", Effect::FailLater).nth(1));
    let association = associate(&ec2, &id, &subnet).await;
    assert_eq!(association_state(&ec2, &id).await.as_deref(), Some("failed"));
    let truth = simulator.with(|world| world.truth());
    assert!(!truth.things[&id].facts.contains(&format!("association {subnet}")));
    let call = ec2.replace_route_table_association().association_id(association);
    call.route_table_id(&other).send().await.expect("replaced");
    assert_eq!(association_state(&ec2, &other).await.as_deref(), Some("associated"));
}
