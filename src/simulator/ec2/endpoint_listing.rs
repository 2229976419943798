//! VPC endpoints as `DescribeVpcEndpoints` shows them.

use super::{
    listing::Listing,
    model::{Endpoint, Kind},
    state::{Call, State},
    tags,
};
use crate::simulator::{query::timestamp, service::Answer};
use serde_json::{Map, Value, json};

const LISTING: Listing = Listing {
    set: "vpcEndpointSet",
    key: "vpcEndpointId",
    ids: Some("VpcEndpointId"),
    filters: &[
        ("vpc-endpoint-id", "vpcEndpointId"),
        ("vpc-endpoint-state", "state"),
        ("vpc-endpoint-type", "vpcEndpointType"),
        ("vpc-id", "vpcId"),
        ("service-name", "serviceName"),
        ("service-region", "serviceRegion"),
        ("ip-address-type", "ipAddressType"),
    ],
    page: Some((1, 1000)),
};

/// Deleted endpoints are not shown, not even by id.
pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let there = state.endpoints.iter().filter(|(_, endpoint)| !endpoint.is_gone());
    let entries = there.map(|(id, _)| shown(state, id, call)).collect();
    LISTING.answer(entries, call.input)
}

pub(super) fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let endpoint = &state.endpoints[id];
    let groups: Value = endpoint
        .groups
        .iter()
        .map(|id| {
            let name = state.groups.get(id).map(|group| &group.name);
            json!({"groupId": id, "groupName": name})
        })
        .collect();
    let mut dns_options = Map::new();
    if let Some(record_type) = &endpoint.record_type {
        dns_options.insert("dnsRecordIpType".into(), record_type.as_str().into());
    }
    if let Some(inbound) = endpoint.inbound_resolver_only {
        dns_options.insert("privateDnsOnlyForInboundResolverEndpoint".into(), inbound.into());
    }
    if let Some((preference, domains)) = &endpoint.dns_preference {
        dns_options.insert("privateDnsPreference".into(), preference.as_str().into());
        dns_options.insert("privateDnsSpecifiedDomainSet".into(), domains.clone().into());
    }
    let lattice = |kind| endpoint.lattice.as_ref().filter(|_| endpoint.kind == kind);
    let service = Some(&endpoint.service).filter(|name| !name.is_empty());
    json!({
        "vpcEndpointId": id,
        "vpcEndpointType": endpoint.kind.name(),
        "vpcId": endpoint.vpc,
        "serviceName": service,
        "resourceConfigurationArn": lattice(Kind::Resource),
        "serviceNetworkArn": lattice(Kind::ServiceNetwork),
        "serviceRegion": call.caller.region,
        "state": endpoint.phase.name(),
        "policyDocument": endpoint.policy,
        "routeTableIdSet": endpoint.route_tables.iter().collect::<Vec<_>>(),
        "subnetIdSet": endpoint.subnets.keys().collect::<Vec<_>>(),
        "groupSet": groups,
        "ipAddressType": endpoint.address_type,
        "dnsOptions": dns_options,
        "privateDnsEnabled": endpoint.private_dns,
        "requesterManaged": false,
        "networkInterfaceIdSet": endpoint.subnets.values().collect::<Vec<_>>(),
        "dnsEntrySet": dns_entries(endpoint, id, &call.caller.region),
        "creationTimestamp": timestamp(endpoint.created),
        "ownerId": call.caller.account,
        "tagSet": tags::shown(state, id),
    })
}

/// The endpoint's own name and, with private DNS, the service's.
fn dns_entries(endpoint: &Endpoint, id: &str, region: &str) -> Value {
    if endpoint.kind != Kind::Interface {
        return json!([]);
    }
    let short: Vec<&str> = endpoint
        .service
        .split('.')
        .filter(|part| !["com", "amazonaws", "aws", region].contains(part))
        .collect();
    let own = format!("{id}.{}.{region}.vpce.amazonaws.com", short.join("."));
    let private = endpoint.private_domain.as_deref().filter(|_| endpoint.private_dns);
    let names = [own.as_str()].into_iter().chain(private);
    names.map(|name| json!({"dnsName": name, "hostedZoneId": "Z0000000SIMULATED"})).collect()
}
