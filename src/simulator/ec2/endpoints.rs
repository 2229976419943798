//! VPC endpoints: creating and describing them. Changing and deleting is in [`endpoint_changes`](super::endpoint_changes).

use super::super::query::{Input, invalid};
use super::super::service::{Answer, ApiError};
use super::super::sts::timestamp;
use super::listing::Listing;
use super::services::{self, EndpointService};
use super::{Call, State, route_tables, tags};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A VPC endpoint.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    pub vpc: String,
    pub service: String,
    pub kind: Kind,
    pub policy: Option<String>,
    pub route_tables: BTreeSet<String>,
    /// Subnet -> the network interface in it.
    pub subnets: BTreeMap<String, String>,
    pub groups: BTreeSet<String>,
    pub private_dns: bool,
    pub private_domain: Option<String>,
    /// `dnsOptions`, as far as AWS shows it.
    pub record_type: Option<String>,
    pub inbound_resolver_only: Option<bool>,
    pub created: f64,
    pub phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Gateway,
    Interface,
    GatewayLoadBalancer,
}

/// Where an endpoint is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    PendingAcceptance,
    /// Being created, until then.
    Creating(Duration),
    /// Being modified, until then.
    Modifying(Duration),
    Available,
    /// Being deleted, until then.
    Deleting(Duration),
    /// Kept only for client tokens that come again.
    Gone,
}

/// VPC quotas: interface endpoints of one VPC, gateway endpoints of one region, characters of a policy.
const MOST_INTERFACE: usize = 50;
const MOST_GATEWAY: usize = 20;
const LONGEST_POLICY: usize = 20_480;

/// What AWS attaches when no policy is given, with the line breaks it gives it back with.
const ALLOW_ALL: &str = "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \"Allow\", \n      \"Principal\": \"*\", \n      \"Resource\": \"*\"\n    }\n  ]\n}";

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

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "Gateway",
            Self::Interface => "Interface",
            Self::GatewayLoadBalancer => "GatewayLoadBalancer",
        }
    }

    /// The API's default is Gateway.
    fn parse(text: Option<&str>) -> Result<Self, ApiError> {
        match text {
            None | Some("Gateway") => Ok(Self::Gateway),
            Some("Interface") => Ok(Self::Interface),
            Some("GatewayLoadBalancer") => Ok(Self::GatewayLoadBalancer),
            Some(other) => Err(invalid(format!("Invalid value '{other}' for VpcEndpointType"))),
        }
    }

    /// Refuses parameters that this kind of endpoint does not have.
    pub(super) fn check_parameters(self, input: Input<'_>) -> Result<(), ApiError> {
        let foreign: &[&str] = match self {
            Self::Gateway => &["SubnetId", "SecurityGroupId", "SubnetConfiguration"],
            Self::Interface => &["RouteTableId"],
            Self::GatewayLoadBalancer => &["RouteTableId", "SecurityGroupId", "PolicyDocument"],
        };
        for parameter in foreign {
            for given in [(*parameter).to_owned(), format!("Add{parameter}"), format!("Remove{parameter}")] {
                if input.has(&given) && input.value()[&given] != "" {
                    return Err(parameter_error(format!(
                        "{given} is not supported for endpoints of type {}.",
                        self.name()
                    )));
                }
            }
        }
        if self != Self::Interface && input.flag("PrivateDnsEnabled")? == Some(true) {
            let message = format!("Private DNS can't be enabled for endpoints of type {}.", self.name());
            return Err(parameter_error(message));
        }
        Ok(())
    }
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::PendingAcceptance => "pendingAcceptance",
            Self::Creating(_) | Self::Modifying(_) => "pending",
            Self::Available => "available",
            Self::Deleting(_) => "deleting",
            Self::Gone => "deleted",
        }
    }
}

impl Endpoint {
    pub(super) fn is_gone(&self) -> bool {
        self.phase == Phase::Gone
    }

    /// Whether it is there and stays: what is being deleted holds no name and no route any more.
    pub(super) fn is_live(&self) -> bool {
        !matches!(self.phase, Phase::Deleting(_) | Phase::Gone)
    }

    /// Whether its routes are in its route tables.
    pub(super) fn routes(&self) -> bool {
        self.kind == Kind::Gateway && self.is_live()
    }
}

/// Lets time pass; gives the endpoints that are gone since.
pub(super) fn settle(endpoints: &mut BTreeMap<String, Endpoint>, elapsed: Duration) -> Vec<String> {
    let mut gone = Vec::new();
    for (id, endpoint) in endpoints {
        match endpoint.phase {
            Phase::Creating(until) | Phase::Modifying(until) if elapsed >= until => {
                endpoint.phase = Phase::Available;
            }
            Phase::Deleting(until) if elapsed >= until => {
                endpoint.phase = Phase::Gone;
                endpoint.subnets.clear();
                gone.push(id.clone());
            }
            _ => {}
        }
    }
    gone
}

/// The same client token with the same request gives the endpoint it made before, even if that one is gone.
pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let token = call.input.text("ClientToken").map(str::to_owned);
    let mut request = call.input.value().clone();
    if let Value::Object(members) = &mut request {
        members.remove("ClientToken");
        members.remove("DryRun");
    }
    if let Some((earlier, id)) = token.as_ref().and_then(|token| state.tokens.get(token)) {
        if *earlier != request {
            let message = "The client token you have provided is associated with a resource for which the parameters differ";
            return Err(ApiError::new("IdempotentParameterMismatch", message));
        }
        return Ok(created(state, id, token.as_deref(), call));
    }
    let new_tags = tags::on_create(call.input, "vpc-endpoint")?;
    let endpoint = requested(state, call)?;
    check_quota(state, &endpoint)?;
    let groups = endpoint.groups.clone();
    let id = call.context.ids.next("vpce");
    state.endpoints.insert(id.clone(), endpoint);
    state.add_subnets(&id, &subnets_asked_for(call.input), &groups, call)?;
    state.add_route_tables(&id, &call.input.texts("RouteTableId"), call)?;
    state.tags.insert(id.clone(), new_tags);
    if let Some(token) = &token {
        state.tokens.insert(token.clone(), (request, id.clone()));
    }
    Ok(created(state, &id, token.as_deref(), call))
}

fn created(state: &State, id: &str, token: Option<&str>, call: &Call<'_, '_>) -> Value {
    json!({"vpcEndpoint": shown(state, id, call), "clientToken": token})
}

/// The endpoint the request describes, checked, without subnets and route tables.
fn requested(state: &State, call: &Call<'_, '_>) -> Result<Endpoint, ApiError> {
    let input = call.input;
    let kind = Kind::parse(input.text("VpcEndpointType"))?;
    let vpc = input.required("VpcId")?;
    state.vpc(vpc)?;
    let service = services::find(input.required("ServiceName")?, kind, call)?;
    kind.check_parameters(input)?;
    let groups = match kind {
        Kind::Interface => state.groups_or_default(&input.texts("SecurityGroupId"), vpc)?,
        Kind::Gateway | Kind::GatewayLoadBalancer => BTreeSet::new(),
    };
    let dns = input.member("DnsOptions");
    let inbound = dns.map(|dns| dns.flag("PrivateDnsOnlyForInboundResolverEndpoint")).transpose()?.flatten();
    let record_type = dns.and_then(|dns| dns.text("DnsRecordIpType"));
    let pending = call.context.elapsed + call.context.options.endpoint_pending;
    let endpoint = Endpoint {
        vpc: vpc.into(),
        kind,
        policy: policy(input, &service)?,
        route_tables: BTreeSet::new(),
        subnets: BTreeMap::new(),
        groups,
        private_dns: private_dns(input, &service)?,
        private_domain: service.private_domain.clone(),
        record_type: match kind {
            Kind::Interface => Some(record_type.unwrap_or("ipv4").to_owned()),
            Kind::Gateway | Kind::GatewayLoadBalancer => record_type.map(str::to_owned),
        },
        inbound_resolver_only: inbound.or_else(|| is_s3_interface(&service).then_some(true)),
        created: call.context.now,
        phase: match service.acceptance {
            true => Phase::PendingAcceptance,
            false => Phase::Creating(pending),
        },
        service: service.name,
    };
    state.check_private_dns(&endpoint, None)?;
    Ok(endpoint)
}

/// For interface endpoints private DNS is on unless the request or the service says otherwise.
fn private_dns(input: Input<'_>, service: &EndpointService) -> Result<bool, ApiError> {
    let possible = service.kind == Kind::Interface && service.private_domain.is_some();
    match input.flag("PrivateDnsEnabled")? {
        Some(true) if !possible => Err(parameter_error(format!(
            "Private DNS can't be enabled because the service {} does not provide a private DNS name.",
            service.name
        ))),
        Some(wanted) => Ok(wanted),
        None => Ok(possible),
    }
}

fn policy(input: Input<'_>, service: &EndpointService) -> Result<Option<String>, ApiError> {
    match input.text("PolicyDocument").filter(|text| !text.is_empty()) {
        Some(_) if !service.takes_policy => Err(parameter_error(format!(
            "The service {} does not support endpoint policies.",
            service.name
        ))),
        Some(text) => checked_policy(text).map(Some),
        None => Ok(service.takes_policy.then(default_policy)),
    }
}

pub(super) fn default_policy() -> String {
    ALLOW_ALL.to_owned()
}

/// A JSON object with statements, within the quota; given back as it came.
pub(super) fn checked_policy(text: &str) -> Result<String, ApiError> {
    let refused = |message: &str| ApiError::new("InvalidPolicyDocument", message);
    if text.chars().count() > LONGEST_POLICY {
        return Err(refused("The policy document is too large."));
    }
    let document: Value = serde_json::from_str(text).map_err(|_| refused("Policy document is not valid JSON."))?;
    match document.get("Statement") {
        Some(Value::Array(_) | Value::Object(_)) => Ok(text.to_owned()),
        _ => Err(refused("The policy document has no statement.")),
    }
}

fn is_s3_interface(service: &EndpointService) -> bool {
    service.kind == Kind::Interface && service.name.ends_with(".s3")
}

/// `SubnetId` and the subnets of `SubnetConfiguration`, each once.
pub(super) fn subnets_asked_for<'i>(input: Input<'i>) -> Vec<&'i str> {
    let configured = input.list("SubnetConfiguration");
    let configured = configured.iter().filter_map(|entry| entry.text("SubnetId"));
    let all: BTreeSet<&'i str> = input.texts("SubnetId").into_iter().chain(configured).collect();
    all.into_iter().collect()
}

pub(super) fn parameter_error(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameter", message)
}

fn check_quota(state: &State, new: &Endpoint) -> Result<(), ApiError> {
    let live = state.endpoints.values().filter(|endpoint| endpoint.is_live());
    let (count, most) = match new.kind {
        Kind::Gateway => (live.filter(|endpoint| endpoint.kind == Kind::Gateway).count(), MOST_GATEWAY),
        Kind::Interface | Kind::GatewayLoadBalancer => {
            let here = live.filter(|endpoint| endpoint.kind != Kind::Gateway && endpoint.vpc == new.vpc);
            (here.count(), MOST_INTERFACE)
        }
    };
    if count < most {
        return Ok(());
    }
    let message = "The maximum number of VPC endpoints has been reached.";
    Err(ApiError::new("VpcEndpointLimitExceeded", message))
}

impl State {
    /// Whether private DNS can be as the endpoint wants it, in its VPC and beside the other endpoints.
    pub(super) fn check_private_dns(&self, endpoint: &Endpoint, id: Option<&str>) -> Result<(), ApiError> {
        if !endpoint.private_dns {
            return Ok(());
        }
        let vpc = self.vpc(&endpoint.vpc)?;
        if !vpc.dns_support || !vpc.dns_hostnames {
            return Err(parameter_error(format!(
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {}",
                endpoint.vpc
            )));
        }
        let in_vpc = || {
            let others = self.endpoints.iter().filter(|(other, _)| Some(other.as_str()) != id);
            others
                .map(|(_, other)| other)
                .filter(|other| other.is_live() && other.vpc == endpoint.vpc && other.service == endpoint.service)
        };
        if in_vpc().any(|other| other.private_dns) {
            return Err(parameter_error(format!(
                "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {} in the VPC {}",
                endpoint.private_domain.as_deref().unwrap_or_default(),
                endpoint.vpc
            )));
        }
        let needs_gateway = endpoint.inbound_resolver_only == Some(true);
        if needs_gateway && !in_vpc().any(|other| other.kind == Kind::Gateway) {
            return Err(parameter_error(format!(
                "To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC {} must have a gateway endpoint for the service.",
                endpoint.vpc
            )));
        }
        Ok(())
    }

    /// Puts an endpoint into subnets: of its VPC, and one in each zone.
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
                return Err(parameter_error(format!("The subnet {subnet} is not in the VPC {}", endpoint.vpc)));
            }
            if endpoint.subnets.contains_key(*subnet) {
                continue;
            }
            let same_zone = |other: &String| self.subnets.get(other).is_some_and(|other| other.zone == new.zone);
            if endpoint.subnets.keys().any(same_zone) {
                let message = format!("Found another VPC endpoint subnet in the availability zone of {subnet}.");
                return Err(ApiError::new("DuplicateSubnetsInSameZone", message));
            }
            if endpoint.kind == Kind::GatewayLoadBalancer && !endpoint.subnets.is_empty() {
                return Err(parameter_error("A Gateway Load Balancer endpoint has one subnet only."));
            }
            let interface = self.add_endpoint_interface(id, subnet, groups, call)?;
            if let Some(endpoint) = self.endpoints.get_mut(id) {
                endpoint.subnets.insert((*subnet).to_owned(), interface);
            }
        }
        Ok(())
    }

    /// Puts a gateway endpoint's route into route tables: one route to a service in each.
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
                return Err(parameter_error(format!("The route table {table} is not in the VPC {}", endpoint.vpc)));
            }
            let service = &endpoint.service;
            let other = route_tables::endpoint_routes(self, table, region)
                .find(|(_, other)| *other != id && self.endpoints[*other].service == *service);
            if let Some((list, _)) = other {
                let message = format!("route table {table} already has a route with destination-prefix-list-id {list}");
                return Err(ApiError::new("RouteAlreadyExists", message));
            }
            if let Some(endpoint) = self.endpoints.get_mut(id) {
                endpoint.route_tables.insert((*table).to_owned());
            }
        }
        Ok(())
    }
}

/// What is gone is not shown, not even by id.
pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let there = state.endpoints.iter().filter(|(_, endpoint)| !endpoint.is_gone());
    let entries = there.map(|(id, _)| shown(state, id, call)).collect();
    LISTING.answer(entries, call.input)
}

fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let endpoint = &state.endpoints[id];
    let groups: Value = endpoint
        .groups
        .iter()
        .map(|group| json!({"groupId": group, "groupName": state.groups.get(group).map(|group| &group.name)}))
        .collect();
    let mut dns_options = Map::new();
    if let Some(record_type) = &endpoint.record_type {
        dns_options.insert("dnsRecordIpType".into(), record_type.as_str().into());
    }
    if let Some(inbound) = endpoint.inbound_resolver_only {
        dns_options.insert("privateDnsOnlyForInboundResolverEndpoint".into(), inbound.into());
    }
    json!({
        "vpcEndpointId": id,
        "vpcEndpointType": endpoint.kind.name(),
        "vpcId": endpoint.vpc,
        "serviceName": endpoint.service,
        "serviceRegion": call.caller.region,
        "state": endpoint.phase.name(),
        "policyDocument": endpoint.policy,
        "routeTableIdSet": endpoint.route_tables.iter().collect::<Vec<_>>(),
        "subnetIdSet": endpoint.subnets.keys().collect::<Vec<_>>(),
        "groupSet": groups,
        "ipAddressType": "ipv4",
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
    let short: Vec<&str> = endpoint.service.split('.').filter(|part| !["com", "amazonaws", "aws", region].contains(part)).collect();
    let own = format!("{id}.{}.{region}.vpce.amazonaws.com", short.join("."));
    let private = endpoint.private_domain.as_deref().filter(|_| endpoint.private_dns);
    let names = [own.as_str()].into_iter().chain(private);
    names
        .map(|name| json!({"dnsName": name, "hostedZoneId": "Z0000000SIMULATED"}))
        .collect()
}
