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
    lists::OfCustomers,
};
use crate::{
    aws::lookup,
    kind::{
        Class, CloudError,
        table::{ACCOUNT, Found, IDLE, NOTES, PARTITION, Service as _, Tree},
    },
    kinds::subnets::aws::whole,
    model::PhysicalId,
};

impl Tables {
    /// A table as a whole.
    pub(super) fn whole(
        &self,
        table: RouteTable,
        lists: &OfCustomers,
    ) -> Result<Found, CloudError> {
        let unnamed = || CloudError::new(LIST, Class::Unknown, "a table without id");
        let id = table.route_table_id.clone().map(PhysicalId).ok_or_else(unnamed)?;
        let tags = lookup::tags(table.tags.clone());
        let is_main = table.associations().iter().any(|it| it.main() == Some(true));
        let used: Vec<_> = table.associations().iter().filter(|it| is_in_force(it)).collect();
        let subnets: BTreeSet<_> = used.iter().filter_map(|it| it.subnet_id.clone()).collect();
        let gateways: BTreeSet<_> = used.iter().filter_map(|it| it.gateway_id.clone()).collect();
        let propagating = table.propagating_vgws().iter();
        let propagating: BTreeSet<_> = propagating.filter_map(|it| it.gateway_id()).collect();
        let mut routes: Tree = table
            .routes()
            .iter()
            .filter_map(|route| target(route, lists))
            .map(|(to, via)| (to.to_owned(), json!(via)))
            .collect();
        routes.sort_keys();
        let interfaces = table.routes().iter().filter_map(|route| interface(route, lists));
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
            NOTES: table.routes().iter().filter_map(|route| lost(route, lists)).collect::<Vec<_>>(),
            PARTITION: self.facts.partition,
            ACCOUNT: self.facts.account,
        });
        let names = subnets.into_iter().chain(gateways).collect();
        let arn = self.arn(&id).unwrap_or_default();
        Ok(Found { names, ..whole(id, arn, tags, state) })
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
fn target<'r>(route: &'r Route, lists: &OfCustomers) -> Option<(&'r str, &'r str)> {
    let is_own = matches!(
        route.origin(),
        None | Some(RouteOrigin::CreateRoute | RouteOrigin::CreateRouteTable)
    );
    ends(route).filter(|end| is_own && end.1 != LOCAL_TARGET && !lists.is_of_endpoint(end))
}

/// Destination and network interface of a route that leads to an instance.
fn interface<'r>(route: &'r Route, lists: &OfCustomers) -> Option<(&'r str, &'r str)> {
    route.instance_id()?;
    let (to, _) = target(route, lists)?;
    Some((to, route.network_interface_id()?))
}

/// What is said of a route that leads nowhere: its target is gone, or not attached (EC2 API
/// reference, `Route`). It stands all the same, and another target is for people to choose.
fn lost(route: &Route, lists: &OfCustomers) -> Option<String> {
    let is_lost = |_: &(&str, &str)| route.state() == Some(&RouteState::Blackhole);
    let (to, via) = target(route, lists).filter(is_lost)?;
    Some(format!("the route to {to} leads nowhere: {via} is gone, or not attached"))
}

/// Whether a route leads by a prefix list to an endpoint, of whichever type.
pub(super) fn leads_to_endpoint((to, via): &(&str, &str)) -> bool {
    to.starts_with(PREFIX_LIST) && via.starts_with("vpce-")
}

/// Whether it came with the table: then it leads to the VPC itself, unless somebody made it lead
/// elsewhere.
fn is_local(route: &Route) -> bool {
    route.origin() == Some(&RouteOrigin::CreateRouteTable)
}
