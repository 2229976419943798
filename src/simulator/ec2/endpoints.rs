//! VPC endpoints: their kinds, and how they are created.

use super::{
    endpoint_listing::shown,
    errors::parameter_error,
    lattice,
    model::{Endpoint, Kind, Phase},
    services::{self, EndpointService},
    state::{Call, State},
    tags, tokens,
};
use crate::simulator::{
    grammar::{self, Language},
    query::{Input, invalid},
    service::{Answer, ApiError},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// VPC quotas: interface endpoints of one VPC, gateway endpoints of one region, characters of a
/// policy.
const MAX_INTERFACE_ENDPOINTS: usize = 50;
const MAX_GATEWAY_ENDPOINTS: usize = 20;
const MAX_POLICY_CHARACTERS: usize = 20_480;

/// The policy that AWS attaches if none is given, with the line breaks of its answers.
const ALLOW_ALL: &str = "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \
                         \"Effect\": \"Allow\", \n      \"Principal\": \"*\", \n      \
                         \"Resource\": \"*\"\n    }\n  ]\n}";

impl Kind {
    /// The API's default is Gateway.
    fn parse(text: Option<&str>) -> Result<Self, ApiError> {
        match text {
            None | Some("Gateway") => Ok(Self::Gateway),
            Some("Interface") => Ok(Self::Interface),
            Some("GatewayLoadBalancer") => Ok(Self::GatewayLoadBalancer),
            Some("Resource") => Ok(Self::Resource),
            Some("ServiceNetwork") => Ok(Self::ServiceNetwork),
            Some(other) => Err(invalid(format!("Invalid value '{other}' for VpcEndpointType"))),
        }
    }

    /// Refuses parameters that this kind of endpoint does not have.
    pub(super) fn check_parameters(self, input: Input<'_>) -> Result<(), ApiError> {
        let foreign: &[&str] = match self {
            Self::Gateway => &["SubnetId", "SecurityGroupId", "SubnetConfiguration"],
            Self::Interface => &["RouteTableId"],
            Self::GatewayLoadBalancer => &["RouteTableId", "SecurityGroupId", "PolicyDocument"],
            Self::Resource => {
                &["RouteTableId", "PolicyDocument", "ServiceName", "ServiceNetworkArn"]
            }
            Self::ServiceNetwork => {
                &["RouteTableId", "PolicyDocument", "ServiceName", "ResourceConfigurationArn"]
            }
        };
        for parameter in foreign {
            for given in
                [(*parameter).to_owned(), format!("Add{parameter}"), format!("Remove{parameter}")]
            {
                if input.has(&given) && input.value()[&given] != "" {
                    return Err(parameter_error(format!(
                        "{given} is not supported for endpoints of type {}.",
                        self.name()
                    )));
                }
            }
        }
        if !self.has_groups() && input.flag("PrivateDnsEnabled")? == Some(true) {
            let message =
                format!("Private DNS can't be enabled for endpoints of type {}.", self.name());
            return Err(parameter_error(message));
        }
        Ok(())
    }
}

/// The same client token with the same request returns the endpoint of the first request, even if
/// it has been deleted.
pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    if let Some(Value::String(id)) = tokens::earlier(state, call)? {
        return Ok(created(state, &id, call));
    }
    let new_tags = tags::on_create(call.input, "vpc-endpoint")?;
    let endpoint = requested(state, call)?;
    check_quota(state, &endpoint)?;
    let groups = endpoint.groups.clone();
    let id = call.context.ids.next("vpce");
    state.endpoints.insert(id.clone(), endpoint);
    state.add_subnets(&id, &requested_subnets(call.input), &groups, call)?;
    state.add_route_tables(&id, &call.input.texts("RouteTableId"), call)?;
    state.tags.insert(id.clone(), new_tags);
    tokens::keep(state, call, id.as_str().into());
    Ok(created(state, &id, call))
}

fn created(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let token = call.input.text("ClientToken");
    json!({"vpcEndpoint": shown(state, id, call), "clientToken": token})
}

/// The endpoint in the request, checked, without subnets and route tables.
fn requested(state: &State, call: &Call<'_, '_>) -> Result<Endpoint, ApiError> {
    let input = call.input;
    let kind = Kind::parse(input.text("VpcEndpointType"))?;
    let vpc = input.required("VpcId")?;
    state.vpc(vpc)?;
    kind.check_parameters(input)?;
    let lattice = lattice::target(kind, input)?;
    let service = if kind.is_lattice() {
        lattice::service(kind)
    } else {
        services::find(input.required("ServiceName")?, kind, call)?
    };
    let groups = if kind.has_groups() {
        state.groups_or_default(&input.texts("SecurityGroupId"), vpc)?
    } else {
        BTreeSet::new()
    };
    let private_dns = private_dns(input, &service)?;
    let dns = input.member("DnsOptions");
    let inbound =
        dns.map(|dns| dns.flag("PrivateDnsOnlyForInboundResolverEndpoint")).transpose()?.flatten();
    let (address_type, record_type) = addresses(
        kind,
        &service.name,
        input.text("IpAddressType").unwrap_or("ipv4"),
        dns.and_then(|dns| dns.text("DnsRecordIpType")),
    )?;
    let pending = call.context.complete_at(call.context.options.endpoint_pending);
    let endpoint = Endpoint {
        vpc: vpc.into(),
        kind,
        lattice,
        dns_preference: lattice::preference(kind, private_dns, dns)?,
        policy: policy(input, &service)?,
        route_tables: BTreeSet::new(),
        subnets: BTreeMap::new(),
        groups,
        private_dns,
        private_domain: service.private_domain.clone(),
        address_type,
        record_type,
        inbound_resolver_only: inbound.or_else(|| is_s3_interface(&service).then_some(true)),
        created: call.context.now,
        phase: match service.acceptance {
            _ if call.context.options.endpoints_fail || call.context.failure().is_some() => {
                Phase::Failing(pending)
            }
            true => Phase::PendingAcceptance,
            false => Phase::Creating(pending),
        },
        service: service.name,
    };
    state.check_private_dns(&endpoint, None)?;
    Ok(endpoint)
}

/// The address type and the DNS records of an endpoint; the records follow from the address type by
/// default. A gateway endpoint has `service-defined`, which never changes for DynamoDB (AWS
/// PrivateLink guide, "Gateway endpoints", IP address type and DNS record IP type).
pub(super) fn addresses(
    kind: Kind,
    service: &str,
    addresses: &str,
    records: Option<&str>,
) -> Result<(String, Option<String>), ApiError> {
    if !["ipv4", "dualstack", "ipv6"].contains(&addresses) {
        return Err(parameter_error(format!("Invalid IpAddressType '{addresses}'")));
    }
    let default = match kind {
        Kind::Gateway => Some("service-defined"),
        Kind::Interface => Some(addresses),
        Kind::GatewayLoadBalancer | Kind::Resource | Kind::ServiceNetwork => None,
    };
    let fits = |records: &str| match records {
        _ if kind == Kind::Gateway && service.ends_with(".dynamodb") => {
            records == "service-defined"
        }
        "service-defined" => true,
        _ => addresses == "dualstack" || records == addresses,
    };
    match records.or(default) {
        Some(records) if !fits(records) => Err(parameter_error(format!(
            "DnsRecordIpType {records} is not supported with IpAddressType {addresses} for \
             {service}"
        ))),
        records => Ok((addresses.to_owned(), records.map(str::to_owned))),
    }
}

/// Private DNS of interface endpoints is on unless the request or the service disables it.
fn private_dns(input: Input<'_>, service: &EndpointService) -> Result<bool, ApiError> {
    let possible = service.kind == Kind::Interface && service.private_domain.is_some();
    match input.flag("PrivateDnsEnabled")? {
        given if service.kind.is_lattice() => Ok(given.unwrap_or(true)),
        Some(true) if !possible => Err(parameter_error(format!(
            "Private DNS can't be enabled because the service {} does not provide a private DNS \
             name.",
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

/// A policy within the quota, returned unchanged.
pub(in crate::simulator) fn checked_policy(text: &str) -> Result<String, ApiError> {
    let refused = |message: &str| ApiError::new("InvalidPolicyDocument", message);
    if text.chars().count() > MAX_POLICY_CHARACTERS {
        return Err(refused("The policy document is too large."));
    }
    match grammar::check(text, Language::Endpoint, "") {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(refused("The Policy Document is not valid.")),
    }
}

fn is_s3_interface(service: &EndpointService) -> bool {
    service.kind == Kind::Interface && service.name.ends_with(".s3")
}

/// `SubnetId` and the subnets of `SubnetConfiguration`, each once.
pub(super) fn requested_subnets<'i>(input: Input<'i>) -> Vec<&'i str> {
    let configured = input.list("SubnetConfiguration");
    let configured = configured.iter().filter_map(|entry| entry.text("SubnetId"));
    let all: BTreeSet<&'i str> = input.texts("SubnetId").into_iter().chain(configured).collect();
    all.into_iter().collect()
}

fn check_quota(state: &State, new: &Endpoint) -> Result<(), ApiError> {
    let live = state.endpoints.values().filter(|endpoint| endpoint.is_live());
    let (count, max) = match new.kind {
        Kind::Gateway => {
            (live.filter(|endpoint| endpoint.kind == Kind::Gateway).count(), MAX_GATEWAY_ENDPOINTS)
        }
        Kind::Interface | Kind::GatewayLoadBalancer | Kind::Resource | Kind::ServiceNetwork => {
            let here =
                live.filter(|endpoint| endpoint.kind != Kind::Gateway && endpoint.vpc == new.vpc);
            (here.count(), MAX_INTERFACE_ENDPOINTS)
        }
    };
    if count < max {
        return Ok(());
    }
    let message = "The maximum number of VPC endpoints has been reached.";
    Err(ApiError::new("VpcEndpointLimitExceeded", message))
}
