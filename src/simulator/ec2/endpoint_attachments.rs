//! The attachments of a VPC endpoint in its VPC: private DNS names, interfaces in subnets, routes
//! in route tables.

use super::{
    errors::parameter_error,
    model::{Endpoint, Kind},
    routes,
    state::{Call, State},
};
use crate::simulator::service::ApiError;
use std::collections::BTreeSet;

impl State {
    /// Whether the endpoint can have private DNS in its VPC, given the other endpoints.
    pub(super) fn check_private_dns(
        &self,
        endpoint: &Endpoint,
        id: Option<&str>,
    ) -> Result<(), ApiError> {
        if !endpoint.private_dns {
            return Ok(());
        }
        let vpc = self.vpc(&endpoint.vpc)?;
        if !vpc.dns_support || !vpc.dns_hostnames {
            return Err(parameter_error(format!(
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC \
                 attributes set to true for {}",
                endpoint.vpc
            )));
        }
        // The names of VPC Lattice are their provider's.
        if endpoint.kind.is_lattice() {
            return Ok(());
        }
        let in_vpc = || {
            let others = self.endpoints.iter().filter(|(other, _)| Some(other.as_str()) != id);
            others.map(|(_, other)| other).filter(|other| {
                other.is_live() && other.vpc == endpoint.vpc && other.service == endpoint.service
            })
        };
        if in_vpc().any(|other| other.private_dns) {
            return Err(parameter_error(format!(
                "private-dns-enabled cannot be set because there is already a conflicting DNS \
                 domain for {} in the VPC {}",
                endpoint.private_domain.as_deref().unwrap_or_default(),
                endpoint.vpc
            )));
        }
        let needs_gateway = endpoint.inbound_resolver_only == Some(true);
        if needs_gateway && !in_vpc().any(|other| other.kind == Kind::Gateway) {
            return Err(parameter_error(format!(
                "To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC {} must have a \
                 gateway endpoint for the service.",
                endpoint.vpc
            )));
        }
        Ok(())
    }

    /// Adds subnets to an endpoint: subnets of its VPC, one in each zone.
    pub(super) fn add_subnets(
        &mut self,
        id: &str,
        subnets: &[&str],
        groups: &BTreeSet<String>,
        call: &mut Call<'_, '_>,
    ) -> Result<(), ApiError> {
        for subnet in subnets {
            let endpoint = &self.endpoints[id];
            let new = self.subnet(subnet)?;
            if new.vpc != endpoint.vpc {
                return Err(parameter_error(format!(
                    "The subnet {subnet} is not in the VPC {}",
                    endpoint.vpc
                )));
            }
            if endpoint.subnets.contains_key(*subnet) {
                continue;
            }
            let zones = call.context.options.service_zones.get(&endpoint.service);
            if zones.is_some_and(|zones| !zones.contains(&new.zone.1)) {
                return Err(parameter_error(format!(
                    "The VPC endpoint service {} does not support the availability zone of the \
                     subnet: {subnet}.",
                    endpoint.service
                )));
            }
            let same_zone = |other: &String| {
                self.subnets.get(other).is_some_and(|other| other.zone == new.zone)
            };
            if endpoint.subnets.keys().any(same_zone) {
                let message = format!(
                    "Found another VPC endpoint subnet in the availability zone of {subnet}."
                );
                return Err(ApiError::new("DuplicateSubnetsInSameZone", message));
            }
            if endpoint.kind == Kind::GatewayLoadBalancer && !endpoint.subnets.is_empty() {
                return Err(parameter_error(
                    "A Gateway Load Balancer endpoint has one subnet only.",
                ));
            }
            let interface = self.add_endpoint_interface(id, subnet, groups, call)?;
            if let Some(endpoint) = self.endpoints.get_mut(id) {
                endpoint.subnets.insert((*subnet).to_owned(), interface);
            }
        }
        Ok(())
    }

    /// Adds the route of a gateway endpoint to route tables, each of which has one route to a
    /// service.
    pub(super) fn add_route_tables(
        &mut self,
        id: &str,
        tables: &[&str],
        call: &Call<'_, '_>,
    ) -> Result<(), ApiError> {
        let region = &call.caller.region;
        for table in tables {
            let endpoint = &self.endpoints[id];
            if self.route_table(table)?.vpc != endpoint.vpc {
                return Err(parameter_error(format!(
                    "The route table {table} is not in the VPC {}",
                    endpoint.vpc
                )));
            }
            let service = &endpoint.service;
            let other = routes::endpoint_routes(self, table, region)
                .find(|(_, other)| *other != id && self.endpoints[*other].service == *service);
            if let Some((list, _)) = other {
                let message = format!(
                    "route table {table} already has a route with destination-prefix-list-id {list}"
                );
                return Err(ApiError::new("RouteAlreadyExists", message));
            }
            if let Some(endpoint) = self.endpoints.get_mut(id) {
                endpoint.route_tables.insert((*table).to_owned());
            }
        }
        Ok(())
    }
}
