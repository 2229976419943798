//! Route tables; their routes are in [`routes`], and their associations in
//! [`route_associations`](super::route_associations).

use super::{
    errors::{dependency, done},
    gateways,
    listing::Listing,
    model::{Association, RouteTable},
    route_targets, routes,
    state::{Call, State},
    tags, tokens,
};
use crate::simulator::service::{Answer, ApiError};
use serde_json::{Value, json};

/// VPC quotas: route tables of a VPC, including the main one.
const MAX_TABLES: usize = 200;

const LISTING: Listing = Listing {
    set: "routeTableSet",
    key: "routeTableId",
    ids: Some("RouteTableId"),
    filters: &[
        ("route-table-id", "routeTableId"),
        ("vpc-id", "vpcId"),
        ("owner-id", "ownerId"),
        ("association.main", "associationSet/main"),
        ("association.gateway-id", "associationSet/gatewayId"),
        ("association.subnet-id", "associationSet/subnetId"),
        ("association.route-table-id", "associationSet/routeTableId"),
        ("association.route-table-association-id", "associationSet/routeTableAssociationId"),
        ("route.destination-cidr-block", "routeSet/destinationCidrBlock"),
        ("route.destination-ipv6-cidr-block", "routeSet/destinationIpv6CidrBlock"),
        ("route.destination-prefix-list-id", "routeSet/destinationPrefixListId"),
        ("route.egress-only-internet-gateway-id", "routeSet/egressOnlyInternetGatewayId"),
        ("route.gateway-id", "routeSet/gatewayId"),
        ("route.instance-id", "routeSet/instanceId"),
        ("route.nat-gateway-id", "routeSet/natGatewayId"),
        ("route.transit-gateway-id", "routeSet/transitGatewayId"),
        ("route.vpc-peering-connection-id", "routeSet/vpcPeeringConnectionId"),
        ("route.origin", "routeSet/origin"),
        ("route.state", "routeSet/state"),
    ],
    page: Some((5, 100)),
};

/// The main table of a new VPC.
pub(super) fn create_main(state: &mut State, vpc: &str, call: &mut Call<'_, '_>) {
    let id = call.context.ids.next("rtb");
    let table = RouteTable {
        vpc: vpc.into(),
        main_association: Some(call.context.ids.next("rtbassoc")),
        ..RouteTable::default()
    };
    state.route_tables.insert(id, table);
}

pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    if let Some(answer) = tokens::earlier(state, call)? {
        return Ok(answer);
    }
    let vpc = call.input.required("VpcId")?;
    state.vpc(vpc)?;
    if state.route_tables.values().filter(|table| table.vpc == vpc).count() >= MAX_TABLES {
        let message = "The maximum number of route tables has been reached.";
        return Err(ApiError::new("RouteTableLimitExceeded", message));
    }
    let new_tags = tags::on_create(call.input, "route-table")?;
    let id = call.context.ids.next("rtb");
    let table = RouteTable { vpc: vpc.into(), ..RouteTable::default() };
    state.route_tables.insert(id.clone(), table);
    state.tags.insert(id.clone(), new_tags);
    let answer = json!({
        "routeTable": shown(state, &id, call),
        "clientToken": call.input.text("ClientToken"),
    });
    tokens::keep(state, call, answer.clone());
    Ok(answer)
}

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let ids = state.route_tables.keys();
    let entries = ids.map(|id| shown(state, id, call)).collect();
    LISTING.answer(entries, call.input)
}

pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("RouteTableId")?;
    let table = state.route_table(id)?;
    if table.main_association.is_some() || !table.associations.is_empty() {
        let message = format!("The routeTable '{id}' has dependencies and cannot be deleted.");
        return Err(dependency(message));
    }
    for endpoint in state.endpoints.values_mut() {
        endpoint.route_tables.remove(id);
    }
    state.route_tables.remove(id);
    state.tags.remove(id);
    done()
}

fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let table = &state.route_tables[id];
    let propagating = table.propagating.iter().map(|gateway| json!({"gatewayId": gateway}));
    json!({
        "routeTableId": id,
        "vpcId": table.vpc,
        "ownerId": call.caller.account,
        "routeSet": shown_routes(state, id, call),
        "associationSet": shown_associations(state, id),
        "propagatingVgwSet": propagating.collect::<Vec<_>>(),
        "tagSet": tags::shown(state, id),
    })
}

/// All routes: local ones, callers' own, those of gateway endpoints, and propagated ones.
fn shown_routes(state: &State, id: &str, call: &Call<'_, '_>) -> Vec<Value> {
    let table = &state.route_tables[id];
    let mut shown = Vec::new();
    for (member, block) in routes::local(&state.vpcs[&table.vpc]) {
        let block = block.to_string();
        let mut route = match table.local.get(&block) {
            None => json!({"gatewayId": "local", "state": "active"}),
            Some(target) => Value::Object(route_targets::shown(state, &table.vpc, target, call)),
        };
        route["origin"] = "CreateRouteTable".into();
        route[member] = block.into();
        shown.push(route);
    }
    for (destination, route) in &table.routes {
        let mut it = Value::Object(route_targets::shown(state, &table.vpc, &route.target, call));
        it["origin"] = "CreateRoute".into();
        it[route.destination] = destination.as_str().into();
        shown.push(it);
    }
    let endpoints = routes::endpoint_routes(state, id, &call.caller.region);
    shown.extend(endpoints.map(|(list, endpoint)| {
        json!({
            "destinationPrefixListId": list,
            "gatewayId": endpoint,
            "state": "active",
            "origin": "CreateRoute",
        })
    }));
    shown.extend(gateways::propagated(state, table).into_iter().map(|(member, block, gateway)| {
        json!({
            member: block,
            "gatewayId": gateway,
            "state": "active",
            "origin": "EnableVgwRoutePropagation",
        })
    }));
    shown
}

fn shown_associations(state: &State, id: &str) -> Vec<Value> {
    let table = &state.route_tables[id];
    let main = table.main_association.iter().map(|association| {
        json!({
            "routeTableAssociationId": association,
            "routeTableId": id,
            "main": true,
            "associationState": {"state": "associated"},
        })
    });
    let ends = table.associations.iter().map(|(id_of_it, Association { end, phase })| {
        let member = if state.gateways.contains_key(end) { "gatewayId" } else { "subnetId" };
        json!({
            "routeTableAssociationId": id_of_it,
            "routeTableId": id,
            member: end,
            "main": false,
            "associationState": {"state": phase.name()},
        })
    });
    main.chain(ends).collect()
}
