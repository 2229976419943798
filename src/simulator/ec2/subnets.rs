//! Subnets.

use super::{
    errors::{dependency, done},
    listing::Listing,
    model::Subnet,
    network_acls,
    resources::Attributes,
    state::{Call, State},
    subnet_attributes, tags,
    vpcs::zones,
};
use crate::simulator::{
    query::invalid,
    service::{Answer, ApiError},
};
use ipnet::{Ipv4Net, Ipv6Net};
use serde_json::{Value, json};
use std::net::Ipv4Addr;

const LISTING: Listing = Listing {
    set: "subnetSet",
    key: "subnetId",
    ids: Some("SubnetId"),
    filters: &[
        ("subnet-id", "subnetId"),
        ("vpc-id", "vpcId"),
        ("availability-zone", "availabilityZone"),
        ("availabilityZone", "availabilityZone"),
        ("availability-zone-id", "availabilityZoneId"),
        ("availabilityZoneId", "availabilityZoneId"),
        ("available-ip-address-count", "availableIpAddressCount"),
        ("cidr", "cidrBlock"),
        ("cidr-block", "cidrBlock"),
        ("cidrBlock", "cidrBlock"),
        ("default-for-az", "defaultForAz"),
        ("defaultForAz", "defaultForAz"),
        ("ipv6-native", "ipv6Native"),
        (
            "ipv6-cidr-block-association.ipv6-cidr-block",
            "ipv6CidrBlockAssociationSet/ipv6CidrBlock",
        ),
        ("map-public-ip-on-launch", "mapPublicIpOnLaunch"),
        ("owner-id", "ownerId"),
        ("state", "state"),
        ("subnet-arn", "subnetArn"),
    ],
    page: Some((5, 1000)),
};

pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let vpc_id = call.input.required("VpcId")?;
    let vpc = state.vpc(vpc_id)?.clone();
    let text = call.input.required("CidrBlock")?;
    let cidr = block(text)?;
    if !vpc.cidr.contains(&cidr) {
        let message = format!("The CIDR '{text}' is invalid.");
        return Err(ApiError::new("InvalidSubnet.Range", message));
    }
    let overlaps = |other: &Subnet| {
        other.vpc == vpc_id && (other.cidr.contains(&cidr) || cidr.contains(&other.cidr))
    };
    if state.subnets.values().any(overlaps) {
        let message = format!("The CIDR '{text}' conflicts with another subnet");
        return Err(ApiError::new("InvalidSubnet.Conflict", message));
    }
    let ipv6 = match call.input.text("Ipv6CidrBlock") {
        None => None,
        Some(text) => {
            let block = ipv6_block(text, vpc.ipv6)?;
            Some((block, call.context.ids.next("subnet-cidr-assoc")))
        }
    };
    let zone = zone(call)?;
    let new_tags = tags::on_create(call.input, "subnet")?;
    let id = call.context.ids.next("subnet");
    let vpc = vpc_id.to_owned();
    network_acls::associate_default(state, &id, &vpc);
    state
        .subnets
        .insert(id.clone(), Subnet { vpc, cidr, ipv6, zone, attributes: Attributes::new() });
    state.tags.insert(id.clone(), new_tags);
    Ok(json!({"subnet": shown(state, &id, call)}))
}

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let entries = state.subnets.keys().map(|id| shown(state, id, call)).collect();
    LISTING.answer(entries, call.input)
}

/// Its associations with a route table and a network ACL are removed with it.
pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("SubnetId")?;
    state.subnet(id)?;
    if state.interfaces.values().any(|interface| interface.subnet == id)
        || state.nat_gateways.values().any(|gateway| gateway.subnet == id)
    {
        let message = format!("The subnet '{id}' has dependencies and cannot be deleted.");
        return Err(dependency(message));
    }
    for table in state.route_tables.values_mut() {
        table.associations.retain(|_, association| association.end != id);
    }
    for acl in state.network_acls.values_mut() {
        acl.associations.retain(|_, subnet| subnet != id);
    }
    state.subnets.remove(id);
    state.tags.remove(id);
    done()
}

impl State {
    /// The lowest free address of the subnet. AWS reserves the first four and the last.
    pub(super) fn free_address(&self, subnet_id: &str) -> Result<Ipv4Addr, ApiError> {
        let subnet = self.subnet(subnet_id)?;
        let first = u32::from(subnet.cidr.network()).saturating_add(4);
        let last = u32::from(subnet.cidr.broadcast());
        let taken: Vec<Ipv4Addr> = self
            .interfaces
            .values()
            .filter(|interface| interface.subnet == subnet_id)
            .map(|interface| interface.address)
            .collect();
        (first..last).map(Ipv4Addr::from).find(|address| !taken.contains(address)).ok_or_else(
            || {
                ApiError::new(
                    "InsufficientFreeAddressesInSubnet",
                    format!(
                        "There are not enough free addresses in subnet '{subnet_id}' to satisfy \
                         the requested number of interfaces."
                    ),
                )
            },
        )
    }
}

fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let subnet = &state.subnets[id];
    let given = |member: &str| subnet_attributes::shown(&subnet.attributes, member);
    let taken = state.interfaces.values().filter(|interface| interface.subnet == id).count();
    let all = 1_usize << (32 - subnet.cidr.prefix_len());
    let ipv6 = subnet.ipv6.as_ref().map(|(block, association)| {
        json!({
            "associationId": association,
            "ipv6CidrBlock": block.to_string(),
            "ipv6CidrBlockState": {"state": "associated"},
        })
    });
    json!({
        "subnetId": id,
        "subnetArn": call.arn("subnet", id),
        "state": "available",
        "vpcId": subnet.vpc,
        "ownerId": call.caller.account,
        "cidrBlock": subnet.cidr.to_string(),
        "ipv6CidrBlockAssociationSet": ipv6.into_iter().collect::<Vec<_>>(),
        "availableIpAddressCount": all.saturating_sub(5 + taken),
        "availabilityZone": subnet.zone.0,
        "availabilityZoneId": subnet.zone.1,
        "defaultForAz": false,
        "mapPublicIpOnLaunch": given("mapPublicIpOnLaunch"),
        "mapCustomerOwnedIpOnLaunch": false,
        "assignIpv6AddressOnCreation": given("assignIpv6AddressOnCreation"),
        "enableDns64": given("enableDns64"),
        "ipv6Native": false,
        "privateDnsNameOptionsOnLaunch": {
            "hostnameType": given("hostnameType"),
            "enableResourceNameDnsARecord": given("enableResourceNameDnsARecord"),
            "enableResourceNameDnsAAAARecord": given("enableResourceNameDnsAAAARecord"),
        },
        "tagSet": tags::shown(state, id),
    })
}

/// VPC user guide: from a /16 to a /28, in canonical form.
fn block(text: &str) -> Result<Ipv4Net, ApiError> {
    let block: Ipv4Net = text.parse().map_err(|_| {
        invalid(format!(
            "Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        ))
    })?;
    if (16..=28).contains(&block.prefix_len()) {
        return Ok(block.trunc());
    }
    let message = format!("The CIDR '{text}' is invalid.");
    Err(ApiError::new("InvalidSubnet.Range", message))
}

fn ipv6_block(text: &str, vpc: Option<Ipv6Net>) -> Result<Ipv6Net, ApiError> {
    let block: Option<Ipv6Net> = text.parse().ok();
    block
        .map(|block| block.trunc())
        .filter(|block| vpc.is_some_and(|vpc| vpc.contains(block)))
        .ok_or_else(|| {
            let message = format!("The CIDR '{text}' is invalid.");
            ApiError::new("InvalidSubnet.Range", message)
        })
}

/// The zone in the request, by name or id, or the first of the region.
fn zone(call: &Call<'_, '_>) -> Result<(String, String), ApiError> {
    let name = call.input.text("AvailabilityZone");
    let id = call.input.text("AvailabilityZoneId");
    zones(&call.caller.region)
        .into_iter()
        .find(|zone| name.is_none_or(|name| name == zone.0) && id.is_none_or(|id| id == zone.1))
        .ok_or_else(|| {
            invalid(format!(
                "Value ({}) for parameter availabilityZone is invalid. Subnets can currently only \
                 be created in the region's zones.",
                name.or(id).unwrap_or_default()
            ))
        })
}
