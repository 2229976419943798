//! Routes: created, replaced and deleted by callers, and those of gateway endpoints.

use super::{
    errors::{done, unknown_id},
    model::{Family, Route, RouteTable, Target, TargetKind, Vpc},
    prefix_lists, route_targets,
    state::{Call, State},
};
use crate::simulator::{
    query::{invalid, missing},
    service::{Answer, ApiError},
};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// VPC quotas: routes of a table that are not propagated, counted separately for IPv4 and IPv6.
/// Whether the local route counts is not documented; here it does not.
const MAX_ROUTES: i64 = 50;

/// AWS's error code if there is no route to replace. Users expected `InvalidRoute.NotFound`, which
/// `DeleteRoute` returns, and observed this one (getmoto/moto#6425).
const NOTHING_TO_REPLACE: &str = "InvalidParameterValue";

/// AWS's error code for a destination that allows only an interface or a similar target.
const UNSUPPORTED: &str =
    "Route target is not supported. This route only supports interface and instance targets.";

/// Ranges for which no route is allowed, as a whole or in part (VPC user guide, "Route table
/// considerations").
const RESERVED: &[&str] = &["169.254.168.0/22", "fd00:ec2::/32"];

/// The only IPv6 range that can be routed to a NAT gateway (VPC user guide, "DNS64 and NAT64").
const NAT64: &str = "64:ff9b::/96";

/// Parameter of `CreateRoute` -> member of the answer.
const DESTINATIONS: &[(&str, &str)] = &[
    ("DestinationCidrBlock", "destinationCidrBlock"),
    ("DestinationIpv6CidrBlock", "destinationIpv6CidrBlock"),
    ("DestinationPrefixListId", "destinationPrefixListId"),
];

/// The destination in a request, in canonical form.
struct Destination {
    member: &'static str,
    text: String,
    /// `None` for a prefix list.
    block: Option<IpNet>,
}

pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let table_id = call.input.required("RouteTableId")?;
    let table = state.route_table(table_id)?;
    let destination = destination(state, call)?;
    let target = route_targets::requested(state, table_id, table, call)?;
    check(state, table, &destination, &target, call)?;
    let text = &destination.text;
    let vpc = state.vpc(&table.vpc)?;
    let taken = is_local(vpc, text)
        || table.routes.contains_key(text)
        || endpoint_routes(state, table_id, &call.caller.region).any(|(list, _)| list == *text);
    if taken {
        let message = format!("The route identified by {text} already exists.");
        return Err(ApiError::new("RouteAlreadyExists", message));
    }
    check_quota(state, table_id, &destination, call)?;
    let route = Route { destination: destination.member, target };
    if let Some(table) = state.route_tables.get_mut(table_id) {
        table.routes.insert(destination.text, route);
    }
    done()
}

/// In one step: the destination always has a route. A local route can get another target and later
/// `local` again; routes of endpoints and propagated routes cannot be replaced.
pub(super) fn replace(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let table_id = call.input.required("RouteTableId")?;
    let table = state.route_table(table_id)?;
    let Destination { text, .. } = &destination(state, call)?;
    let local = is_local(state.vpc(&table.vpc)?, text);
    if !local && !table.routes.contains_key(text) {
        let message = format!(
            "There is no route defined for '{text}' in the route table. Use CreateRoute instead."
        );
        return Err(ApiError::new(NOTHING_TO_REPLACE, message));
    }
    if call.input.flag("LocalTarget")? == Some(true) {
        return reset(state, table_id, text, local, call);
    }
    let target = route_targets::requested(state, table_id, table, call)?;
    check(state, table, &destination(state, call)?, &target, call)?;
    if let Some(table) = state.route_tables.get_mut(table_id) {
        if local {
            table.local.insert(text.clone(), target);
        } else if let Some(route) = table.routes.get_mut(text) {
            route.target = target;
        }
    }
    done()
}

/// Resets the target of a local route.
fn reset(
    state: &mut State,
    table_id: &str,
    destination: &str,
    local: bool,
    call: &Call<'_, '_>,
) -> Answer {
    if route_targets::is_requested(call) {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            "The request must contain exactly one target",
        ));
    }
    if !local {
        let message = format!("The route identified by {destination} is not a local route");
        return Err(invalid(message));
    }
    if let Some(table) = state.route_tables.get_mut(table_id) {
        table.local.remove(destination);
    }
    done()
}

/// Removes a caller's route; local routes and those of endpoints cannot be removed this way.
pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let table_id = call.input.required("RouteTableId")?;
    let table = state.route_table(table_id)?;
    let Destination { member, text, .. } = destination(state, call)?;
    if is_local(state.vpc(&table.vpc)?, &text) {
        return Err(invalid(format!("cannot remove local route {text} in route table {table_id}")));
    }
    if endpoint_routes(state, table_id, &call.caller.region).any(|(list, _)| list == text) {
        return Err(invalid(format!("cannot remove VPC endpoint route {text}")));
    }
    let table = state.route_tables.get_mut(table_id);
    if table.and_then(|table| table.routes.remove(&text)).is_some() {
        return done();
    }
    let noun = match member {
        "destinationCidrBlock" => "destination-cidr-block",
        "destinationIpv6CidrBlock" => "destination-ipv6-cidr-block",
        _ => "destination-prefix-list-id",
    };
    let message = format!("no route with {noun} {text} in route table {table_id}");
    Err(ApiError::new("InvalidRoute.NotFound", message))
}

/// The prefix list and endpoint of each route that gateway endpoints added to a table.
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

/// The destinations of a VPC's local routes.
pub(super) fn local(vpc: &Vpc) -> Vec<(&'static str, IpNet)> {
    let v4 = [("destinationCidrBlock", IpNet::V4(vpc.cidr))];
    let v6 = vpc.ipv6.map(|block| ("destinationIpv6CidrBlock", IpNet::V6(block)));
    v4.into_iter().chain(v6).collect()
}

fn is_local(vpc: &Vpc, destination: &str) -> bool {
    local(vpc).iter().any(|(_, block)| block.to_string() == destination)
}

/// Checks one route of a table that gateways use: it may only lead to middlebox targets, and only
/// for addresses of the VPC (VPC user guide, "Gateway route tables"). The error code is not
/// documented.
pub(super) fn check_edge(vpc: &Vpc, destination: &str, kind: TargetKind) -> Result<(), ApiError> {
    let block: Option<IpNet> = destination.parse().ok();
    let inside = |block: IpNet| local(vpc).iter().any(|(_, all)| all.contains(&block));
    let fits = matches!(kind, TargetKind::Endpoint | TargetKind::Interface);
    if fits && block.is_some_and(inside) {
        return Ok(());
    }
    Err(invalid(format!("The route to {destination} is not supported in a gateway route table.")))
}

/// Whether a route of the table may have this destination and this target.
fn check(
    state: &State,
    table: &RouteTable,
    destination: &Destination,
    target: &Target,
    call: &Call<'_, '_>,
) -> Result<(), ApiError> {
    let vpc = state.vpc(&table.vpc)?;
    if table.ends().any(|end| state.gateways.contains_key(end)) {
        check_edge(vpc, &destination.text, target.kind)?;
    }
    let family = match destination.block {
        Some(IpNet::V4(_)) => Family::V4,
        Some(IpNet::V6(_)) => Family::V6,
        None => weight(state, &destination.text, call).1,
    };
    let nat64 = destination.block.is_some_and(|block| is_within(block, NAT64));
    let carries = match target.kind {
        TargetKind::EgressOnly => family == Family::V6,
        TargetKind::Carrier => family == Family::V4,
        TargetKind::Nat => family == Family::V4 || nat64,
        _ => true,
    };
    if !carries {
        let to = &destination.text;
        return Err(invalid(format!("The route to {to} is not supported by its target.")));
    }
    let Some(block) = destination.block else { return Ok(()) };
    if RESERVED.iter().any(|range| is_within(block, range)) {
        return Err(invalid(format!("The destination CIDR block {block} is reserved.")));
    }
    check_inside(state, &table.vpc, vpc, block, target.kind)
}

/// A route inside the VPC must be for a whole subnet and lead to a middlebox target (VPC user
/// guide, "Route table concepts").
fn check_inside(
    state: &State,
    vpc_id: &str,
    vpc: &Vpc,
    block: IpNet,
    kind: TargetKind,
) -> Result<(), ApiError> {
    let whole = local(vpc).iter().any(|(_, all)| *all == block);
    if !whole && !local(vpc).iter().any(|(_, all)| all.contains(&block)) {
        return Ok(());
    }
    if !kind.is_middlebox() {
        return Err(invalid(UNSUPPORTED));
    }
    let mut subnets = state.subnets.values().filter(|subnet| subnet.vpc == vpc_id);
    let of_subnet = subnets.any(|subnet| {
        let v6 = subnet.ipv6.as_ref().map(|(block, _)| IpNet::V6(*block));
        block == IpNet::V4(subnet.cidr) || Some(block) == v6
    });
    if whole || of_subnet {
        return Ok(());
    }
    Err(invalid(format!(
        "The destination CIDR block {block} is within the VPC and not the CIDR block of a subnet."
    )))
}

/// As in rules, a prefix list counts with its maximum number of entries (VPC quotas).
fn check_quota(
    state: &State,
    table_id: &str,
    new: &Destination,
    call: &Call<'_, '_>,
) -> Result<(), ApiError> {
    let (size, family) = weight(state, &new.text, call);
    let own = state.route_table(table_id)?.routes.keys().map(|text| weight(state, text, call));
    let lists = endpoint_routes(state, table_id, &call.caller.region);
    let lists = lists.map(|(list, _)| weight(state, &list, call));
    let same = own.chain(lists).filter(|(_, other)| *other == family);
    if same.map(|(size, _)| size).sum::<i64>() + size <= MAX_ROUTES {
        return Ok(());
    }
    let message = "The maximum number of routes has been reached.";
    Err(ApiError::new("RouteLimitExceeded", message))
}

/// The number of routes that a destination counts as, and in which family.
fn weight(state: &State, destination: &str, call: &Call<'_, '_>) -> (i64, Family) {
    match destination.parse() {
        Ok(IpNet::V4(_)) => (1, Family::V4),
        Ok(IpNet::V6(_)) => (1, Family::V6),
        Err(_) => prefix_lists::weight(state, call.caller, destination).unwrap_or((1, Family::V4)),
    }
}

fn is_within(block: IpNet, range: &str) -> bool {
    range.parse::<IpNet>().is_ok_and(|range| range.contains(&block))
}

/// The one destination that the request names.
fn destination(state: &State, call: &Call<'_, '_>) -> Result<Destination, ApiError> {
    let given = DESTINATIONS
        .iter()
        .filter_map(|(parameter, member)| call.input.text(parameter).map(|text| (*member, text)));
    let (member, text) = match &given.collect::<Vec<_>>()[..] {
        [] => return Err(missing("destinationCidrBlock")),
        [one] => *one,
        [(one, _), (other, _), ..] => {
            let message = format!("The parameter {one} cannot be used with the parameter {other}");
            return Err(ApiError::new("InvalidParameterCombination", message));
        }
    };
    let block = match member {
        "destinationCidrBlock" => text.parse::<Ipv4Net>().ok().map(IpNet::V4),
        "destinationIpv6CidrBlock" => text.parse::<Ipv6Net>().ok().map(IpNet::V6),
        _ => {
            prefix_lists::weight(state, call.caller, text)
                .ok_or_else(|| unknown_id(text, "prefixListId"))?;
            return Ok(Destination { member, text: text.to_owned(), block: None });
        }
    };
    let block = block
        .map(|block| block.trunc())
        .ok_or_else(|| invalid(format!("Value ({text}) for parameter {member} is invalid.")))?;
    Ok(Destination { member, text: block.to_string(), block: Some(block) })
}
