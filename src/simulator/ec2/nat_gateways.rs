//! NAT gateways: public ones have an address and need an internet gateway.
//!
//! A deleted one is gone at once, where EC2 shows it for about an hour as `deleted`; so is one that
//! could not be made.

use super::{
    errors::{done, unknown_id},
    listing::Listing,
    resources::NatGateway,
    state::{Call, State},
    tags, tokens,
};
use crate::simulator::{
    query::{invalid, missing},
    service::{Answer, ApiError},
};
use serde_json::{Value, json};

/// Addresses of a gateway in addition to the first one (Amazon VPC quotas, by default).
const MORE: usize = 1;

const LISTING: Listing = Listing {
    set: "natGatewaySet",
    key: "natGatewayId",
    ids: Some("NatGatewayId"),
    filters: &[
        ("nat-gateway-id", "natGatewayId"),
        ("state", "state"),
        ("subnet-id", "subnetId"),
        ("vpc-id", "vpcId"),
    ],
    page: Some((5, 1000)),
};

pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    if let Some(answer) = tokens::earlier(state, call)? {
        return Ok(answer);
    }
    let subnet = call.input.required("SubnetId")?;
    let vpc = state.subnet(subnet)?.vpc.clone();
    let private_address = state.free_address(subnet)?.to_string();
    let mut addresses: Vec<&str> = call.input.text("AllocationId").into_iter().collect();
    addresses.extend(call.input.texts("SecondaryAllocationId"));
    match call.input.text("ConnectivityType").unwrap_or("public") {
        "public" => can_be_public(state, &vpc, &addresses)?,
        "private" if addresses.is_empty() => {}
        "private" => return Err(invalid("A private NAT gateway has no elastic IP addresses")),
        other => return Err(invalid(format!("Value ({other}) for parameter connectivityType"))),
    }
    let new_tags = tags::on_create(call.input, "natgateway")?;
    let gateway = NatGateway {
        vpc,
        subnet: subnet.to_owned(),
        addresses: addresses.into_iter().map(str::to_owned).collect(),
        private_address,
        created: call.context.now,
    };
    let id = call.context.ids.next("nat");
    state.nat_gateways.insert(id.clone(), gateway);
    state.tags.insert(id.clone(), new_tags);
    let answer = json!({"natGateway": shown(state, &id)});
    tokens::keep(state, call, answer.clone());
    Ok(answer)
}

/// EC2 makes a gateway without a way out, which then fails (VPC user guide, "NAT gateway creation
/// fails"); here it is refused.
fn can_be_public(state: &State, vpc: &str, addresses: &[&str]) -> Result<(), ApiError> {
    if addresses.is_empty() {
        return Err(missing("AllocationId"));
    }
    if addresses.len() > 1 + MORE {
        let message = "The maximum number of addresses of a NAT gateway has been reached.";
        return Err(ApiError::new("NatGatewayLimitExceeded", message));
    }
    for id in addresses {
        state.address(id)?;
        if state.user_of(id).is_some() {
            let message = format!("Elastic IP address [{id}] is already associated");
            return Err(ApiError::new("Resource.AlreadyAssociated", message));
        }
    }
    let mut gateways = state.gateways.iter().filter(|(id, _)| id.starts_with("igw-"));
    if gateways.any(|(_, gateway)| gateway.vpc.as_deref() == Some(vpc)) {
        return Ok(());
    }
    let message = format!("Network {vpc} has no Internet gateway attached");
    Err(ApiError::new("Gateway.NotAttached", message))
}

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let entries = state.nat_gateways.keys().map(|id| shown(state, id)).collect();
    LISTING.answer(entries, call.input)
}

/// Routes to it stay as blackholes.
pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("NatGatewayId")?;
    state.nat_gateway(id)?;
    state.nat_gateways.remove(id);
    state.tags.remove(id);
    Ok(json!({"natGatewayId": id}))
}

/// Another address of a public gateway.
pub(super) fn associate(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("NatGatewayId")?;
    let gateway = state.nat_gateway(id)?.clone();
    let new = call.input.texts("AllocationId");
    if !gateway.is_public() {
        return Err(invalid("A private NAT gateway has no elastic IP addresses"));
    }
    if let Some(first) = gateway.addresses.first() {
        let all: Vec<&str> = gateway.addresses.iter().map(String::as_str).collect();
        let free = [&[first.as_str()], &new[..]].concat();
        if all.len() + new.len() > 1 + MORE {
            let message = "The maximum number of addresses of a NAT gateway has been reached.";
            return Err(ApiError::new("NatGatewayLimitExceeded", message));
        }
        can_be_public(state, &gateway.vpc, &free[1..])?;
    }
    if let Some(gateway) = state.nat_gateways.get_mut(id) {
        gateway.addresses.extend(new.into_iter().map(str::to_owned));
    }
    done()
}

/// The first address stays.
pub(super) fn disassociate(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("NatGatewayId")?;
    let first = state.nat_gateway(id)?.addresses.first().cloned();
    let gone = call.input.texts("AssociationId");
    if first.is_some_and(|first| gone.contains(&first.as_str())) {
        return Err(invalid("The primary address cannot be disassociated"));
    }
    if let Some(gateway) = state.nat_gateways.get_mut(id) {
        gateway.addresses.retain(|address| !gone.contains(&address.as_str()));
    }
    done()
}

impl State {
    /// A NAT gateway.
    pub(super) fn nat_gateway(&self, id: &str) -> Result<&NatGateway, ApiError> {
        self.nat_gateways.get(id).ok_or_else(|| unknown_id(id, "natGatewayId"))
    }

    /// Whether something in a VPC has a public address.
    pub(super) fn has_public_addresses(&self, vpc: &str) -> bool {
        self.nat_gateways.values().any(|gateway| gateway.vpc == vpc && gateway.is_public())
    }
}

/// The association of an address is named by its allocation here.
fn shown(state: &State, id: &str) -> Value {
    let gateway = &state.nat_gateways[id];
    let own =
        json!({"privateIp": gateway.private_address, "isPrimary": true, "status": "succeeded"});
    let public = gateway.addresses.iter().enumerate().map(|(index, allocation)| {
        json!({
            "allocationId": allocation,
            "associationId": allocation,
            "publicIp": state.addresses.get(allocation),
            "privateIp": gateway.private_address,
            "isPrimary": index == 0,
            "status": "succeeded",
        })
    });
    let addresses: Vec<Value> = if gateway.is_public() { public.collect() } else { vec![own] };
    json!({
        "natGatewayId": id,
        "vpcId": gateway.vpc,
        "subnetId": gateway.subnet,
        "state": "available",
        "connectivityType": if gateway.is_public() { "public" } else { "private" },
        "availabilityMode": "zonal",
        "createTime": crate::simulator::query::timestamp(gateway.created),
        "natGatewayAddressSet": addresses,
        "tagSet": tags::shown(state, id),
    })
}
