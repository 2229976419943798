//! Route tables as EC2 shows them.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    Route, RouteOrigin, RouteState, RouteTable, RouteTableAssociation,
    RouteTableAssociationStateCode as AssociationState,
};
use serde_json::json;

use super::{
    super::{
        leaves::{INTERFACES, LOCAL, MAIN},
        routes::PREFIX_LIST,
    },
    LIST, LOCAL_TARGET, Tables,
};
use crate::{
    kind::{
        Class, CloudError,
        table::{ACCOUNT, Found, IDLE, NOTES, PARTITION, Service as _, Tree},
    },
    model::{Observed, Phase, PhysicalId, Tags},
};

impl Tables {
    /// A table as a whole.
    pub(super) fn found(&self, table: RouteTable) -> Result<Found, CloudError> {
        let unnamed = || CloudError::new(LIST, Class::Unknown, "a table without id");
        let id = table.route_table_id.clone().map(PhysicalId).ok_or_else(unnamed)?;
        let tags = table.tags().iter();
        let tags: Tags =
            tags.filter_map(|tag| Some((tag.key.clone()?, tag.value.clone()?))).collect();
        let is_main = table.associations().iter().any(|it| it.main() == Some(true));
        let used: Vec<_> = table.associations().iter().filter(|it| is_in_force(it)).collect();
        let subnets: BTreeSet<_> = used.iter().filter_map(|it| it.subnet_id.clone()).collect();
        let gateways: BTreeSet<_> = used.iter().filter_map(|it| it.gateway_id.clone()).collect();
        let propagating = table.propagating_vgws().iter();
        let propagating: BTreeSet<_> = propagating.filter_map(|it| it.gateway_id()).collect();
        let mut routes: Tree = table
            .routes()
            .iter()
            .filter_map(target)
            .map(|(to, via)| (to.to_owned(), json!(via)))
            .collect();
        routes.sort_keys();
        let interfaces = table.routes().iter().filter_map(interface);
        let interfaces: Tree =
            interfaces.map(|(to, interface)| (to.to_owned(), json!(interface))).collect();
        let local = table.routes().iter().filter(|route| is_local(route));
        let local: Vec<_> = local.filter_map(ends).map(|(to, _)| to).collect();
        let state = json!({
            "vpc": table.vpc_id,
            "routes": routes,
            "propagating": propagating,
            "subnets": subnets,
            "gateways": gateways,
            LOCAL: local,
            MAIN: is_main,
            // Subnets without a table of their own have the main one, and new ones get it.
            IDLE: used.is_empty() && !is_main,
            INTERFACES: interfaces,
            NOTES: table.routes().iter().filter_map(lost).collect::<Vec<_>>(),
            PARTITION: self.facts.partition,
            ACCOUNT: self.facts.account,
        });
        let observed = Observed {
            id: id.clone(),
            arn: self.arn(&id).unwrap_or_default(),
            tags: tags.clone(),
            phase: Phase::Ready,
            state,
        };
        let names = subnets.into_iter().chain(gateways).collect();
        Ok(Found { names, tags: Some(tags), whole: Some(observed), ..Found::of(id) })
    }
}

/// Whether a subnet or gateway uses the table by it, or is about to (EC2 API reference,
/// `RouteTableAssociationState`).
fn is_in_force(association: &RouteTableAssociation) -> bool {
    let state = association.association_state().and_then(|it| it.state());
    let over = [
        AssociationState::Disassociating,
        AssociationState::Disassociated,
        AssociationState::Failed,
    ];
    !state.is_some_and(|state| over.contains(state))
}

/// Destination and target of a route.
pub(super) fn ends(route: &Route) -> Option<(&str, &str)> {
    let to = route
        .destination_cidr_block()
        .or(route.destination_ipv6_cidr_block())
        .or(route.destination_prefix_list_id())?;
    let via = [
        route.gateway_id(),
        route.nat_gateway_id(),
        route.transit_gateway_id(),
        route.vpc_peering_connection_id(),
        route.egress_only_internet_gateway_id(),
        route.carrier_gateway_id(),
        route.local_gateway_id(),
        route.core_network_arn(),
        route.odb_network_arn(),
        // An instance reads back with its interface, whichever of both the route was made with.
        route.instance_id(),
        route.network_interface_id(),
    ];
    // A target of a sort that is not known here must not look like none.
    Some((to, via.into_iter().flatten().next().unwrap_or("(unknown)")))
}

/// Destination and target of a route that a manifest can name; nothing of one that AWS puts in
/// itself.
fn target(route: &Route) -> Option<(&str, &str)> {
    let is_own = matches!(
        route.origin(),
        None | Some(RouteOrigin::CreateRoute | RouteOrigin::CreateRouteTable)
    );
    ends(route).filter(|end| is_own && end.1 != LOCAL_TARGET && !is_of_endpoint(end))
}

/// Destination and network interface of a route that leads to an instance.
fn interface(route: &Route) -> Option<(&str, &str)> {
    route.instance_id()?;
    let (to, _) = target(route)?;
    Some((to, route.network_interface_id()?))
}

/// What is said of a route that leads nowhere: its target is gone, or not attached (EC2 API
/// reference, `Route`). It stands all the same, and another target is for people to choose.
fn lost(route: &Route) -> Option<String> {
    let (to, via) = target(route).filter(|_| route.state() == Some(&RouteState::Blackhole))?;
    Some(format!("the route to {to} leads nowhere: {via} is gone, or not attached"))
}

/// Whether a gateway endpoint put a route in.
pub(super) fn is_of_endpoint((to, via): &(&str, &str)) -> bool {
    to.starts_with(PREFIX_LIST) && via.starts_with("vpce-")
}

/// Whether it came with the table: then it leads to the VPC itself, unless somebody made it lead
/// elsewhere.
fn is_local(route: &Route) -> bool {
    route.origin() == Some(&RouteOrigin::CreateRouteTable)
}
