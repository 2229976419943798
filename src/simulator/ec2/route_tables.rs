//! Route tables: the local route, callers' routes, and those that gateway endpoints put in.

use super::{
    errors::{dependency, done, unknown_id},
    listing::Listing,
    model::{Route, RouteTable},
    prefix_lists,
    state::{Call, State},
    tags,
};
use crate::simulator::{
    query::{invalid, missing},
    service::{Answer, ApiError},
};
use ipnet::{Ipv4Net, Ipv6Net};
use serde_json::{Map, Value, json};

/// Parameter of `CreateRoute` -> member of the answer.
const DESTINATIONS: &[(&str, &str)] = &[
    ("DestinationCidrBlock", "destinationCidrBlock"),
    ("DestinationIpv6CidrBlock", "destinationIpv6CidrBlock"),
    ("DestinationPrefixListId", "destinationPrefixListId"),
];
/// A gateway load balancer endpoint is written as `VpcEndpointId` and read back as `gatewayId`.
const TARGETS: &[(&str, &str)] = &[
    ("GatewayId", "gatewayId"),
    ("VpcEndpointId", "gatewayId"),
    ("NatGatewayId", "natGatewayId"),
    ("TransitGatewayId", "transitGatewayId"),
    ("VpcPeeringConnectionId", "vpcPeeringConnectionId"),
    ("NetworkInterfaceId", "networkInterfaceId"),
    ("InstanceId", "instanceId"),
    ("EgressOnlyInternetGatewayId", "egressOnlyInternetGatewayId"),
];

const LISTING: Listing = Listing {
    set: "routeTableSet",
    key: "routeTableId",
    ids: Some("RouteTableId"),
    filters: &[
        ("route-table-id", "routeTableId"),
        ("vpc-id", "vpcId"),
        ("owner-id", "ownerId"),
        ("association.main", "associationSet/main"),
        ("association.subnet-id", "associationSet/subnetId"),
        ("association.route-table-id", "associationSet/routeTableId"),
        ("association.route-table-association-id", "associationSet/routeTableAssociationId"),
        ("route.destination-cidr-block", "routeSet/destinationCidrBlock"),
        ("route.destination-ipv6-cidr-block", "routeSet/destinationIpv6CidrBlock"),
        ("route.destination-prefix-list-id", "routeSet/destinationPrefixListId"),
        ("route.gateway-id", "routeSet/gatewayId"),
        ("route.nat-gateway-id", "routeSet/natGatewayId"),
        ("route.transit-gateway-id", "routeSet/transitGatewayId"),
        ("route.vpc-peering-connection-id", "routeSet/vpcPeeringConnectionId"),
        ("route.origin", "routeSet/origin"),
        ("route.state", "routeSet/state"),
    ],
    page: Some((5, 100)),
};

/// The table that comes with a VPC.
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
    let vpc = call.input.required("VpcId")?;
    state.vpc(vpc)?;
    let new_tags = tags::on_create(call.input, "route-table")?;
    let id = call.context.ids.next("rtb");
    let table = RouteTable { vpc: vpc.into(), ..RouteTable::default() };
    state.route_tables.insert(id.clone(), table);
    state.tags.insert(id.clone(), new_tags);
    Ok(json!({
        "routeTable": shown(state, &id, call),
        "clientToken": call.input.text("ClientToken"),
    }))
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

/// Subnets only, and only one table for each: another association has to be replaced, not added.
pub(super) fn associate(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let table_id = call.input.required("RouteTableId")?;
    let subnet_id = call.input.required("SubnetId")?;
    let vpc = state.route_table(table_id)?.vpc.clone();
    if state.subnet(subnet_id)?.vpc != vpc {
        return Err(ApiError::new(
            "InvalidParameterValue",
            format!("Route table {table_id} and subnet {subnet_id} belong to different networks"),
        ));
    }
    let associated = |(id, table): (&String, &RouteTable)| {
        let mut entries = table.associations.iter();
        let found = entries.find(|(_, subnet)| *subnet == subnet_id);
        found.map(|(association, _)| (id.clone(), association.clone()))
    };
    let association = match state.route_tables.iter().find_map(associated) {
        Some((table, association)) if table == table_id => association,
        Some(_) => {
            let message = format!(
                "the specified association for route table {table_id} conflicts with an existing association"
            );
            return Err(ApiError::new("Resource.AlreadyAssociated", message));
        }
        None => call.context.ids.next("rtbassoc"),
    };
    if let Some(table) = state.route_tables.get_mut(table_id) {
        table.associations.insert(association.clone(), subnet_id.into());
    }
    Ok(json!({"associationId": association, "associationState": {"state": "associated"}}))
}

pub(super) fn create_route(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let table_id = call.input.required("RouteTableId")?;
    let table = state.route_table(table_id)?;
    let (member, destination) = destination(call)?;
    let given = |(parameter, target): &(&'static str, &'static str)| {
        call.input.text(parameter).map(|id| (*target, id.to_owned()))
    };
    let targets: Vec<_> = TARGETS.iter().filter_map(given).collect();
    let [(target, id)] = &targets[..] else {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            "The request must contain exactly one target",
        ));
    };
    let vpc = state.vpc(&table.vpc)?;
    let local = destination == vpc.cidr.to_string();
    let endpoint = |prefix_list: &str| {
        endpoint_routes(state, table_id, &call.caller.region).any(|(list, _)| list == prefix_list)
    };
    if local || table.routes.contains_key(&destination) || endpoint(&destination) {
        let message = format!("The route identified by {destination} already exists.");
        return Err(ApiError::new("RouteAlreadyExists", message));
    }
    let route = Route { destination: member, target, id: id.clone() };
    if let Some(table) = state.route_tables.get_mut(table_id) {
        table.routes.insert(destination, route);
    }
    done()
}

/// Removes a caller's route; the local one and the endpoints' cannot be removed this way.
pub(super) fn delete_route(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let table_id = call.input.required("RouteTableId")?;
    state.route_table(table_id)?;
    let (_, destination) = destination(call)?;
    if endpoint_routes(state, table_id, &call.caller.region).any(|(list, _)| list == destination) {
        let message = format!("cannot remove VPC endpoint route {destination}");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    let table = state.route_tables.get_mut(table_id);
    if table.and_then(|table| table.routes.remove(&destination)).is_some() {
        done()
    } else {
        let message = format!("no route with destination {destination} in route table {table_id}");
        Err(ApiError::new("InvalidRoute.NotFound", message))
    }
}

/// The prefix list and endpoint of every route that gateway endpoints have put into a table.
pub(super) fn endpoint_routes<'s>(
    state: &'s State,
    table: &'s str,
    region: &'s str,
) -> impl Iterator<Item = (String, &'s str)> {
    let here = state
        .endpoints
        .iter()
        .filter(move |(_, endpoint)| endpoint.routes() && endpoint.route_tables.contains(table));
    here.filter_map(move |(id, endpoint)| {
        let short = endpoint.service.rsplit('.').next()?;
        Some((prefix_lists::of_service(region, short)?, id.as_str()))
    })
}

/// Which destination the request names, in canonical form.
fn destination(call: &Call<'_, '_>) -> Result<(&'static str, String), ApiError> {
    let given = |(parameter, member): &(&'static str, &'static str)| {
        call.input.text(parameter).map(|text| (*member, text))
    };
    let (member, text) =
        DESTINATIONS.iter().find_map(given).ok_or_else(|| missing("destinationCidrBlock"))?;
    let canonical = match member {
        "destinationCidrBlock" => {
            text.parse::<Ipv4Net>().ok().map(|block| block.trunc().to_string())
        }
        "destinationIpv6CidrBlock" => {
            text.parse::<Ipv6Net>().ok().map(|block| block.trunc().to_string())
        }
        _ if text.starts_with("pl-") => Some(text.to_owned()),
        _ => return Err(unknown_id(text, "prefixListId")),
    };
    canonical
        .map(|canonical| (member, canonical))
        .ok_or_else(|| invalid(format!("Value ({text}) for parameter {member} is invalid.")))
}

fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let table = &state.route_tables[id];
    let vpc = &state.vpcs[&table.vpc];
    let local = |member: &str, block: String| json!({member: block, "gatewayId": "local", "state": "active", "origin": "CreateRouteTable"});
    let mut routes = vec![local("destinationCidrBlock", vpc.cidr.to_string())];
    routes.extend(vpc.ipv6.map(|block| local("destinationIpv6CidrBlock", block.to_string())));
    routes.extend(table.routes.iter().map(|(destination, route)| {
        let mut shown = Map::new();
        shown.insert(route.destination.into(), destination.as_str().into());
        shown.insert(route.target.into(), route.id.as_str().into());
        shown.insert("state".into(), "active".into());
        shown.insert("origin".into(), "CreateRoute".into());
        Value::Object(shown)
    }));
    routes.extend(endpoint_routes(state, id, &call.caller.region).map(|(list, endpoint)| {
        json!({"destinationPrefixListId": list, "gatewayId": endpoint, "state": "active", "origin": "CreateRoute"})
    }));
    let associated = json!({"state": "associated"});
    let main = table.main_association.iter().map(|association| {
        json!({"routeTableAssociationId": association, "routeTableId": id, "main": true, "associationState": associated})
    });
    let subnets = table.associations.iter().map(|(association, subnet)| {
        json!({"routeTableAssociationId": association, "routeTableId": id, "subnetId": subnet, "main": false, "associationState": associated})
    });
    json!({
        "routeTableId": id,
        "vpcId": table.vpc,
        "ownerId": call.caller.account,
        "routeSet": routes,
        "associationSet": main.chain(subnets).collect::<Vec<_>>(),
        "propagatingVgwSet": [],
        "tagSet": tags::shown(state, id),
    })
}
