//! Changes and deletions of VPC endpoints. AWS carries out one change of an endpoint at a time.

use super::{
    endpoints::{addresses, checked_policy, default_policy},
    errors::{done, parameter_error, unknown_id},
    model::{Endpoint, Kind, Phase},
    state::{Call, Ec2, State},
};
use crate::simulator::{
    query::{Input, missing},
    service::{Answer, ApiError},
};
use serde_json::json;
use std::collections::BTreeSet;

impl Ec2 {
    /// The owner of a service accepts a connection. False if no such endpoint waits for acceptance.
    pub fn accept_endpoint(&mut self, account: &str, region: &str, id: &str) -> bool {
        let key = (account.to_owned(), region.to_owned());
        let region = self.regions.get_mut(&key);
        let endpoint = region.and_then(|region| region.now.endpoints.get_mut(id));
        match endpoint {
            Some(endpoint) if endpoint.phase == Phase::PendingAcceptance => {
                endpoint.phase = Phase::Available;
                true
            }
            Some(_) | None => false,
        }
    }
}

/// All changes of the request together: groups, subnets and route tables are added and removed in
/// one step.
pub(super) fn modify(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("VpcEndpointId")?;
    let mut endpoint = find(state, id)?.clone();
    check_phase(id, endpoint.phase)?;
    endpoint.kind.check_parameters(call.input)?;
    modify_policy(&mut endpoint, call.input)?;
    modify_groups(state, &mut endpoint, call.input)?;
    modify_dns(state, &mut endpoint, id, call.input)?;
    for table in call.input.texts("RemoveRouteTableId") {
        state.route_table(table)?;
        endpoint.route_tables.remove(table);
    }
    for subnet in call.input.texts("RemoveSubnetId") {
        state.subnet(subnet)?;
        if let Some(interface) = endpoint.subnets.remove(subnet) {
            state.interfaces.remove(&interface);
        }
    }
    let groups = endpoint.groups.clone();
    replace_interfaces(state, id, &mut endpoint, call)?;
    for interface in endpoint.subnets.values() {
        if let Some(interface) = state.interfaces.get_mut(interface) {
            interface.groups.clone_from(&groups);
        }
    }
    // A change of a gateway endpoint is in force when the call returns; interfaces take time.
    if endpoint.kind != Kind::Gateway && endpoint.phase == Phase::Available {
        let until = call.context.complete_at(call.context.options.endpoint_pending);
        endpoint.phase = Phase::Modifying(until);
    }
    state.endpoints.insert(id.to_owned(), endpoint);
    state.add_subnets(id, &call.input.texts("AddSubnetId"), &groups, call)?;
    state.add_route_tables(id, &call.input.texts("AddRouteTableId"), call)?;
    done()
}

/// An address that is set replaces the network interface of its subnet by a new one (EC2 API
/// reference, `SubnetConfiguration`).
fn replace_interfaces(
    state: &mut State,
    id: &str,
    endpoint: &mut Endpoint,
    call: &mut Call<'_, '_>,
) -> Result<(), ApiError> {
    let configured = call.input.list("SubnetConfiguration");
    for subnet in configured.iter().filter_map(|entry| entry.text("SubnetId")) {
        let Some(old) = endpoint.subnets.get(subnet).cloned() else { continue };
        state.interfaces.remove(&old);
        let new = state.add_endpoint_interface(id, subnet, &endpoint.groups, call)?;
        endpoint.subnets.insert(subnet.to_owned(), new);
    }
    Ok(())
}

fn find<'s>(state: &'s State, id: &str) -> Result<&'s Endpoint, ApiError> {
    let endpoint = state.endpoints.get(id).filter(|endpoint| !endpoint.is_gone());
    endpoint.ok_or_else(|| unknown_id(id, "vpcEndpointId"))
}

fn check_phase(id: &str, phase: Phase) -> Result<(), ApiError> {
    match phase {
        Phase::Available | Phase::PendingAcceptance => Ok(()),
        Phase::Modifying(_) => Err(ApiError::new(
            "OperationInProgress",
            format!("VpcEndpoint modify operation in progress for {id}"),
        )),
        Phase::Creating(_)
        | Phase::Failing(_)
        | Phase::Failed
        | Phase::Deleting(_)
        | Phase::Gone => Err(ApiError::new(
            "IncorrectState",
            format!("The VPC endpoint {id} is not in a state in which it can be modified"),
        )),
    }
}

/// `ResetPolicy` is for gateway endpoints only.
fn modify_policy(endpoint: &mut Endpoint, input: Input<'_>) -> Result<(), ApiError> {
    let reset = input.flag("ResetPolicy")? == Some(true);
    let document = input.text("PolicyDocument").filter(|text| !text.is_empty());
    match (reset, document) {
        (false, None) => {}
        (true, Some(_)) => {
            return Err(ApiError::new(
                "InvalidParameterCombination",
                "ResetPolicy and PolicyDocument cannot be used together",
            ));
        }
        (true, None) if endpoint.kind == Kind::Gateway => endpoint.policy = Some(default_policy()),
        (true, None) => {
            return Err(parameter_error("ResetPolicy is supported for gateway endpoints only."));
        }
        (false, Some(_)) if endpoint.policy.is_none() => {
            let message =
                format!("The service {} does not support endpoint policies.", endpoint.service);
            return Err(parameter_error(message));
        }
        (false, Some(text)) => endpoint.policy = Some(checked_policy(text)?),
    }
    Ok(())
}

/// An interface endpoint always keeps at least one group.
fn modify_groups(state: &State, endpoint: &mut Endpoint, input: Input<'_>) -> Result<(), ApiError> {
    let mut groups: BTreeSet<&str> = endpoint.groups.iter().map(String::as_str).collect();
    let (removed, added) =
        (input.texts("RemoveSecurityGroupId"), input.texts("AddSecurityGroupId"));
    if removed.is_empty() && added.is_empty() {
        return Ok(());
    }
    groups.extend(added);
    for group in removed {
        state.group(group)?;
        groups.remove(group);
    }
    if groups.is_empty() {
        return Err(parameter_error(
            "An interface endpoint must have at least one security group.",
        ));
    }
    let groups: Vec<&str> = groups.into_iter().collect();
    endpoint.groups = state.groups_or_default(&groups, &endpoint.vpc)?;
    Ok(())
}

fn modify_dns(
    state: &State,
    endpoint: &mut Endpoint,
    id: &str,
    input: Input<'_>,
) -> Result<(), ApiError> {
    let records = input.member("DnsOptions").and_then(|options| options.text("DnsRecordIpType"));
    let family = input.text("IpAddressType");
    if family.is_some() || records.is_some() {
        let family = family.unwrap_or(&endpoint.address_type);
        let check = |records| addresses(endpoint.kind, &endpoint.service, family, records);
        // Records that the request does not set stay if the address type allows them.
        let changed = match records {
            None => check(endpoint.record_type.as_deref()).or_else(|_| check(None)),
            asked => check(asked),
        };
        (endpoint.address_type, endpoint.record_type) = changed?;
    }
    if let Some(options) = input.member("DnsOptions")
        && let Some(inbound) = options.flag("PrivateDnsOnlyForInboundResolverEndpoint")?
    {
        endpoint.inbound_resolver_only = Some(inbound);
    }
    let Some(wanted) = input.flag("PrivateDnsEnabled")? else {
        return Ok(());
    };
    // Terraform makes a new endpoint for that; the error is not documented.
    if endpoint.kind.is_lattice() && wanted != endpoint.private_dns {
        let kind = endpoint.kind.name();
        return Err(parameter_error(format!("PrivateDnsEnabled cannot be changed for {kind}.")));
    }
    if wanted && endpoint.phase == Phase::PendingAcceptance {
        let message =
            format!("Private DNS can be enabled only after the endpoint {id} is accepted");
        return Err(ApiError::new("IncorrectState", message));
    }
    if wanted && endpoint.private_domain.is_none() {
        return Err(parameter_error(format!(
            "Private DNS can't be enabled because the service {} does not provide a private DNS \
             name.",
            endpoint.service
        )));
    }
    endpoint.private_dns = wanted;
    state.check_private_dns(endpoint, Some(id))
}

/// The status is always 200: failures are in the list of the answer.
pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let ids = call.input.texts("VpcEndpointId");
    if ids.is_empty() {
        return Err(missing("VpcEndpointId"));
    }
    let until = call.context.complete_at(call.context.options.endpoint_deleting);
    let mut unsuccessful = Vec::new();
    for id in ids {
        match state.endpoints.get_mut(id).filter(|endpoint| !endpoint.is_gone()) {
            Some(endpoint) if endpoint.is_live() => endpoint.phase = Phase::Deleting(until),
            Some(_) => {}
            None => unsuccessful.push(json!({
                "resourceId": id,
                "error": {
                    "code": "InvalidVpcEndpoint.NotFound",
                    "message": format!("The VpcEndpoint Id '{id}' does not exist"),
                },
            })),
        }
    }
    Ok(json!({"unsuccessful": unsuccessful}))
}
