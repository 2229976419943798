//! Converts EC2's description of an endpoint to a state.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    DnsRecordIpType, IpAddressType, UnsuccessfulItem, VpcEndpoint as Endpoint,
};
use serde_json::{Value, json};

use super::{
    super::{
        lattice::{CONFIGURATION, DOMAINS, PREFERENCE, SERVICE_NETWORK, live_domains},
        policy,
        rules::{GATEWAY, INTERFACE, natural_keys},
    },
    interfaces::INTERFACES,
};
use crate::{
    aws::lookup,
    kind::{
        Class, CloudError, ScopeFacts,
        table::{Found, Tree, singles},
    },
    model::{Observed, Phase, PhysicalId, policy_document::Context},
};

/// A live endpoint; `None` if it is being deleted or gone, or belongs to an AWS service.
pub(super) fn found(endpoint: Endpoint, facts: &ScopeFacts) -> Result<Option<Found>, CloudError> {
    // The SDK's enum expects other capitals than the service sends: only the text is reliable.
    let word = endpoint.state.as_ref().map(|state| state.as_str().to_owned()).unwrap_or_default();
    let gone = ["deleting", "deleted"].iter().any(|gone| word.eq_ignore_ascii_case(gone));
    if gone || endpoint.requester_managed == Some(true) {
        return Ok(None);
    }
    let id = endpoint.vpc_endpoint_id.clone().map(PhysicalId).ok_or_else(|| {
        CloudError::new("ec2:DescribeVpcEndpoints", Class::Unknown, "an endpoint without id")
    })?;
    let (phase, tags) = (phase(&word, &endpoint), lookup::tags(endpoint.tags.clone()));
    let state = state(endpoint, facts);
    let names = natural_keys(&state).into_iter().collect();
    let arn = arn(&id, facts);
    let whole = Observed { id: id.clone(), arn, phase, tags, state: Value::Object(state) };
    Ok(Some(Found { names, whole: Some(whole), ..Found::of(id) }))
}

pub(super) fn arn(id: &PhysicalId, facts: &ScopeFacts) -> String {
    let ScopeFacts { partition, region, account, .. } = facts;
    format!("arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{id}")
}

/// An unknown state is waited for, like the known ones of work in progress.
fn phase(word: &str, endpoint: &Endpoint) -> Phase {
    let lower = word.to_ascii_lowercase();
    match lower.as_str() {
        "available" => Phase::Ready,
        "failed" | "rejected" | "expired" => {
            let error = endpoint.last_error.as_ref();
            let parts = [
                error.and_then(|error| error.code.clone()),
                error.and_then(|error| error.message.clone()),
                endpoint.failure_reason.clone(),
            ];
            let why: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
            Phase::Failed(if why.is_empty() {
                lower
            } else {
                format!("{lower}: {}", why.join(": "))
            })
        }
        _ => Phase::Settling(word.to_owned()),
    }
}

/// Every leaf, in the order of the rows.
fn state(endpoint: Endpoint, facts: &ScopeFacts) -> Tree {
    let ScopeFacts { partition, region, account, .. } = facts.clone();
    let context = Context { partition: partition.clone(), account: account.clone() };
    let groups = endpoint.groups.unwrap_or_default().into_iter().filter_map(|it| it.group_id);
    // In some partitions the type of gateway endpoints is empty.
    let endpoint_type = endpoint.vpc_endpoint_type.map(|word| word.as_str().to_owned());
    let endpoint_type =
        endpoint_type.filter(|word| !word.is_empty()).unwrap_or_else(|| GATEWAY.to_owned());
    let dns = endpoint.dns_options;
    let shown = dns.as_ref().and_then(|it| it.private_dns_only_for_inbound_resolver_endpoint);
    // What is on is shown; an interface endpoint that shows nothing has it off.
    let inbound_only = (endpoint_type == INTERFACE).then(|| shown.unwrap_or(false));
    let records = dns.as_ref().and_then(|it| it.dns_record_ip_type.as_ref());
    let preference = dns.as_ref().and_then(|it| it.private_dns_preference.clone());
    let domains = dns.as_ref().and_then(|it| it.private_dns_specified_domains.clone());
    let policy = endpoint.policy_document.filter(|text| !text.trim().is_empty());
    let members = [
        ("type", json!(endpoint_type)),
        ("service", json!(endpoint.service_name.unwrap_or_default())),
        ("serviceRegion", json!(endpoint.service_region.unwrap_or(region))),
        (CONFIGURATION, json!(endpoint.resource_configuration_arn)),
        (SERVICE_NETWORK, json!(endpoint.service_network_arn)),
        ("vpc", json!(endpoint.vpc_id.unwrap_or_default())),
        ("policy", policy.map(|text| policy::read(&text, &context)).unwrap_or_default()),
        ("securityGroups", json!(groups.collect::<BTreeSet<_>>())),
        ("subnets", singles(endpoint.subnet_ids.unwrap_or_default())),
        (INTERFACES, json!(endpoint.network_interface_ids.unwrap_or_default())),
        (
            "routeTables",
            json!(endpoint.route_table_ids.map(BTreeSet::from_iter).unwrap_or_default()),
        ),
        ("privateDns", json!(endpoint.private_dns_enabled.unwrap_or(false))),
        (PREFERENCE, json!(preference)),
        (DOMAINS, live_domains(domains)),
        ("privateDnsOnlyForInboundResolverEndpoint", json!(inbound_only)),
        ("dnsRecordIpType", json!(records.map(DnsRecordIpType::as_str))),
        ("ipAddressType", json!(endpoint.ip_address_type.as_ref().map(IpAddressType::as_str))),
        ("partition", json!(partition)),
        ("account", json!(account)),
    ];
    members.into_iter().map(|(leaf, value)| (leaf.to_owned(), value)).collect()
}

/// One entry of a list of failures. An endpoint that is already gone is not a failure.
pub(super) fn failure(operation: &'static str, item: UnsuccessfulItem) -> Result<(), CloudError> {
    let (code, message) = item.error.map_or((None, None), |error| (error.code, error.message));
    let code = code.unwrap_or_default();
    let class = match code.as_str() {
        _ if code.ends_with(".NotFound") => return Ok(()),
        "DependencyViolation" => Class::Blocked,
        "IncorrectState" | "InvalidState" | "OperationInProgress" => Class::Busy,
        "RequestLimitExceeded" => Class::Throttled,
        "UnauthorizedOperation" | "OperationNotPermitted" | "AuthFailure" => Class::Denied,
        _ if code.starts_with("InvalidParameter") => Class::Rejected,
        _ => Class::Unknown,
    };
    Err(CloudError {
        operation,
        class,
        code: Some(code),
        message: message.unwrap_or_default(),
        request_id: None,
    })
}
