//! What EC2 says about an endpoint, in palisade's words.

use aws_sdk_ec2::types::{UnsuccessfulItem, VpcEndpoint as Endpoint};

use super::super::{EndpointType, Policy, State, VpcEndpoint, singles};
use crate::{
    aws::lookup,
    kind::{Ask, Class, CloudError, Kind as _, ScopeFacts},
    model::{Observed, Phase, PhysicalId, claim::OWNER_TAG, policy_document::Context},
};

/// A live endpoint; `None` if it is as good as gone, or an AWS service's own.
pub(super) fn observed(
    endpoint: Endpoint,
    facts: &ScopeFacts,
) -> Result<Option<Observed<State>>, CloudError> {
    // The SDK's enum expects other capitals than the service sends: only the text is reliable.
    let word = endpoint.state.as_ref().map(|state| state.as_str().to_owned()).unwrap_or_default();
    let gone = ["deleting", "deleted"].iter().any(|gone| word.eq_ignore_ascii_case(gone));
    if gone || endpoint.requester_managed == Some(true) {
        return Ok(None);
    }
    let id = endpoint.vpc_endpoint_id.clone().ok_or_else(|| {
        CloudError::new("ec2:DescribeVpcEndpoints", Class::Unknown, "an endpoint without id")
    })?;
    let arn =
        format!("arn:{}:ec2:{}:{}:vpc-endpoint/{id}", facts.partition, facts.region, facts.account);
    Ok(Some(Observed {
        id: PhysicalId(id),
        arn,
        phase: phase(&word, &endpoint),
        tags: lookup::tags(endpoint.tags.clone()),
        state: state(endpoint, facts),
    }))
}

/// A word that nobody knows is waited for, like the known ones of work in progress.
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

fn state(endpoint: Endpoint, facts: &ScopeFacts) -> State {
    let context = Context { partition: facts.partition.clone(), account: facts.account.clone() };
    let dns = endpoint.dns_options;
    let groups = endpoint.groups.unwrap_or_default();
    // Some partitions leave the type of gateway endpoints empty.
    let endpoint_type = endpoint
        .vpc_endpoint_type
        .map(|word| word.as_str().to_owned())
        .filter(|word| !word.is_empty())
        .unwrap_or_else(|| EndpointType::Gateway.as_str().to_owned());
    // What is on is shown; an interface that shows nothing has it off.
    let inbound_only = (endpoint_type == EndpointType::Interface.as_str()).then(|| {
        dns.as_ref()
            .and_then(|dns| dns.private_dns_only_for_inbound_resolver_endpoint)
            .unwrap_or(false)
    });
    let policy = endpoint.policy_document.filter(|text| !text.trim().is_empty());
    State {
        endpoint_type,
        service: endpoint.service_name.unwrap_or_default(),
        service_region: Some(endpoint.service_region.unwrap_or_else(|| facts.region.clone())),
        vpc: endpoint.vpc_id.unwrap_or_default(),
        subnets: Some(singles(endpoint.subnet_ids.unwrap_or_default())),
        security_groups: Some(groups.into_iter().filter_map(|group| group.group_id).collect()),
        route_tables: Some(endpoint.route_table_ids.unwrap_or_default().into_iter().collect()),
        private_dns: Some(endpoint.private_dns_enabled.unwrap_or(false)),
        dns_record_ip_type: dns
            .as_ref()
            .and_then(|dns| dns.dns_record_ip_type.as_ref())
            .map(|word| word.as_str().to_owned()),
        private_dns_only_for_inbound_resolver_endpoint: inbound_only,
        ip_address_type: endpoint.ip_address_type.map(|word| word.as_str().to_owned()),
        policy: policy.map(|text| Policy::read(&text, &context)),
        partition: context.partition,
        account: context.account,
    }
}

/// Ours, adopted, or in the way of something wanted.
pub(super) fn is_asked_for(live: &Observed<State>, ask: &Ask) -> bool {
    live.tags.get(OWNER_TAG) == Some(&ask.owner)
        || ask.adopt.contains(&live.id)
        || ask.remembered.contains(&live.id)
        || VpcEndpoint::natural_keys(&live.state).iter().any(|key| ask.natural_keys.contains(key))
}

/// One entry of a list of failures. That the endpoint is gone already is none.
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
