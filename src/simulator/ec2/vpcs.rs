//! VPCs with their attributes, and the regions and zones they are in.

use super::{
    errors::{dependency, done},
    listing::Listing,
    model::{RouteTable, Vpc},
    network_acls, route_tables, security_groups,
    state::{Call, State},
    tags,
};
use crate::simulator::{
    query::{invalid, missing},
    service::{Answer, ApiError},
};
use ipnet::{Ipv4Net, Ipv6Net};
use serde_json::{Value, json};

const LISTING: Listing = Listing {
    set: "vpcSet",
    key: "vpcId",
    ids: Some("VpcId"),
    filters: &[
        ("vpc-id", "vpcId"),
        ("cidr", "cidrBlock"),
        ("cidr-block-association.cidr-block", "cidrBlockAssociationSet/cidrBlock"),
        ("cidr-block-association.association-id", "cidrBlockAssociationSet/associationId"),
        (
            "ipv6-cidr-block-association.ipv6-cidr-block",
            "ipv6CidrBlockAssociationSet/ipv6CidrBlock",
        ),
        ("dhcp-options-id", "dhcpOptionsId"),
        ("is-default", "isDefault"),
        ("owner-id", "ownerId"),
        ("state", "state"),
    ],
    page: Some((5, 1000)),
};

/// Creates a main route table, a default network ACL and a default security group with the VPC.
pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let cidr = vpc_block(call.input.required("CidrBlock")?)?;
    let new_tags = tags::on_create(call.input, "vpc")?;
    let ipv6 = match call.input.flag("AmazonProvidedIpv6CidrBlock")? {
        Some(true) => Some(amazon_ipv6(call.context.ids.number())),
        Some(false) | None => None,
    };
    let ids = &mut *call.context.ids;
    let id = ids.next("vpc");
    let vpc = Vpc {
        cidr,
        ipv6,
        associations: [ids.next("vpc-cidr-assoc"), ids.next("vpc-cidr-assoc")],
        dhcp_options: ids.next("dopt"),
        tenancy: call.input.text("InstanceTenancy").unwrap_or("default").into(),
        dns_support: true,
        dns_hostnames: false,
        address_metrics: false,
    };
    network_acls::create_default(state, &id, &vpc);
    state.vpcs.insert(id.clone(), vpc);
    state.tags.insert(id.clone(), new_tags);
    route_tables::create_main(state, &id, call);
    security_groups::create_default(state, &id, call);
    Ok(json!({"vpc": shown(state, &id, call)}))
}

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let entries = state.vpcs.keys().map(|id| shown(state, id, call)).collect();
    LISTING.answer(entries, call.input)
}

/// Deletes the default group, the default ACL and the main route table with the VPC; anything else
/// in it is an error.
pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("VpcId")?;
    state.vpc(id)?;
    let main = |table: &RouteTable| table.main_association.is_some();
    let occupied = state.subnets.values().any(|subnet| subnet.vpc == id)
        || state.groups.values().any(|group| group.vpc == id && group.name != "default")
        || state.group_vpcs.keys().any(|(_, vpc)| vpc == id)
        || state.route_tables.values().any(|table| table.vpc == id && !main(table))
        || state.network_acls.values().any(|acl| acl.vpc == id && !acl.default)
        || state.gateways.values().any(|gateway| gateway.vpc.as_deref() == Some(id))
        || state.endpoints.values().any(|endpoint| endpoint.vpc == id && !endpoint.is_gone());
    if occupied {
        let message = format!("The vpc '{id}' has dependencies and cannot be deleted.");
        return Err(dependency(message));
    }
    for gone in state.defaults_of(id) {
        state.route_tables.remove(&gone);
        state.network_acls.remove(&gone);
        state.tags.remove(&gone);
    }
    let groups = state.groups.iter().filter(|(_, group)| group.vpc == id);
    for group in groups.map(|(group, _)| group.clone()).collect::<Vec<_>>() {
        state.remove_group(&group);
    }
    state.vpcs.remove(id);
    state.tags.remove(id);
    done()
}

impl State {
    /// The route tables and network ACLs of a VPC.
    fn defaults_of(&self, vpc: &str) -> Vec<String> {
        let tables = self.route_tables.iter().filter(|(_, table)| table.vpc == vpc);
        let acls = self.network_acls.iter().filter(|(_, acl)| acl.vpc == vpc);
        tables.map(|(id, _)| id.clone()).chain(acls.map(|(id, _)| id.clone())).collect()
    }
}

/// One attribute in each call.
pub(super) fn modify_attribute(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("VpcId")?;
    state.vpc(id)?;
    let mut given = Vec::new();
    for name in ["EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics"] {
        if let Some(member) = call.input.member(name) {
            given.push((name, member.flag("Value")?.ok_or_else(|| missing("Value"))?));
        }
    }
    let [(name, value)] = given[..] else {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            "Exactly one VPC attribute has to be specified in a request",
        ));
    };
    if let Some(vpc) = state.vpcs.get_mut(id) {
        match name {
            "EnableDnsSupport" => vpc.dns_support = value,
            "EnableDnsHostnames" => vpc.dns_hostnames = value,
            _ => vpc.address_metrics = value,
        }
    }
    done()
}

/// A dedicated VPC becomes a default one; there is no way back (EC2 API reference).
pub(super) fn modify_tenancy(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("VpcId")?;
    state.vpc(id)?;
    let tenancy = call.input.required("InstanceTenancy")?;
    if tenancy != "default" {
        return Err(invalid(format!(
            "Value ({tenancy}) for parameter instanceTenancy is invalid."
        )));
    }
    if let Some(vpc) = state.vpcs.get_mut(id) {
        vpc.tenancy = tenancy.to_owned();
    }
    done()
}

pub(super) fn describe_attribute(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("VpcId")?;
    let vpc = state.vpc(id)?;
    let name = call.input.required("Attribute")?;
    let value = match name {
        "enableDnsSupport" => vpc.dns_support,
        "enableDnsHostnames" => vpc.dns_hostnames,
        "enableNetworkAddressUsageMetrics" => vpc.address_metrics,
        _ => return Err(invalid(format!("Value ({name}) for parameter attribute is invalid."))),
    };
    Ok(json!({"vpcId": id, name: {"value": value}}))
}

pub(super) fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let vpc = &state.vpcs[id];
    let ipv6 = vpc.ipv6.map(|block| {
        json!({
            "associationId": vpc.associations[1],
            "ipv6CidrBlock": block.to_string(),
            "ipv6CidrBlockState": {"state": "associated"},
            "networkBorderGroup": call.caller.region,
            "ipv6Pool": "Amazon",
        })
    });
    json!({
        "vpcId": id,
        "ownerId": call.caller.account,
        "state": "available",
        "cidrBlock": vpc.cidr.to_string(),
        "cidrBlockAssociationSet": [{
            "associationId": vpc.associations[0],
            "cidrBlock": vpc.cidr.to_string(),
            "cidrBlockState": {"state": "associated"},
        }],
        "ipv6CidrBlockAssociationSet": ipv6.into_iter().collect::<Vec<_>>(),
        "dhcpOptionsId": vpc.dhcp_options,
        "instanceTenancy": vpc.tenancy,
        "isDefault": false,
        "tagSet": tags::shown(state, id),
    })
}

/// VPC user guide: from a /16 to a /28, in canonical form.
fn vpc_block(text: &str) -> Result<Ipv4Net, ApiError> {
    let block: Ipv4Net = text.parse().map_err(|_| {
        invalid(format!(
            "Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        ))
    })?;
    if (16..=28).contains(&block.prefix_len()) {
        return Ok(block.trunc());
    }
    Err(ApiError::new("InvalidVpc.Range", format!("The CIDR '{text}' is invalid.")))
}

/// A /56 from the documentation prefix.
fn amazon_ipv6(number: u64) -> Ipv6Net {
    let bits = (0x2001_0db8_u128 << 96) | (u128::from(number & 0xff_ffff) << 72);
    Ipv6Net::new_assert(bits.into(), 56)
}

/// The three zones of every region here, with ids that mean the same place in every account.
pub(super) fn zones(region: &str) -> [(String, String); 3] {
    let short = short_region(region);
    ["a", "b", "c"].map(|letter| {
        let number = letter.as_bytes()[0] - b'a' + 1;
        (format!("{region}{letter}"), format!("{short}-az{number}"))
    })
}

/// `eu-west-1` is `euw1` in zone ids, `ap-southeast-2` is `apse2`.
fn short_region(region: &str) -> String {
    let shorten = |part: &str| match part {
        "northeast" => "ne".to_owned(),
        "northwest" => "nw".to_owned(),
        "southeast" => "se".to_owned(),
        "southwest" => "sw".to_owned(),
        "north" | "south" | "east" | "west" | "central" | "gov" => part[..1].to_owned(),
        _ => part.to_owned(),
    };
    region.split('-').map(shorten).collect()
}

const ZONES: Listing = Listing {
    set: "availabilityZoneInfo",
    key: "zoneName",
    ids: Some("ZoneName"),
    filters: &[
        ("zone-name", "zoneName"),
        ("zone-id", "zoneId"),
        ("zone-type", "zoneType"),
        ("region-name", "regionName"),
        ("group-name", "groupName"),
        ("opt-in-status", "optInStatus"),
        ("state", "zoneState"),
    ],
    page: None,
};

pub(super) fn describe_zones(_state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let region = &call.caller.region;
    let ids = call.input.texts("ZoneId");
    let entries = zones(region)
        .into_iter()
        .filter(|(_, id)| ids.is_empty() || ids.contains(&id.as_str()))
        .map(|(name, id)| {
            json!({
                "zoneName": name,
                "zoneId": id,
                "zoneState": "available",
                "zoneType": "availability-zone",
                "regionName": region,
                "groupName": format!("{region}-zg-1"),
                "networkBorderGroup": region,
                "optInStatus": "opt-in-not-required",
                "messageSet": [],
            })
        })
        .collect();
    ZONES.answer(entries, call.input)
}

/// The regions without opt-in.
const REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

const REGION_LISTING: Listing = Listing {
    set: "regionInfo",
    key: "regionName",
    ids: Some("RegionName"),
    filters: &[
        ("region-name", "regionName"),
        ("endpoint", "regionEndpoint"),
        ("opt-in-status", "optInStatus"),
    ],
    page: None,
};

pub(super) fn describe_regions(_state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let entries = REGIONS.iter().map(|region| {
        json!({
            "regionName": region,
            "regionEndpoint": format!("ec2.{region}.amazonaws.com"),
            "optInStatus": "opt-in-not-required",
        })
    });
    REGION_LISTING.answer(entries.collect(), call.input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_ids_shorten_the_region_as_aws_does() {
        for (region, zone) in [
            ("eu-west-1", "euw1-az1"),
            ("us-east-1", "use1-az1"),
            ("ap-southeast-2", "apse2-az1"),
            ("us-gov-west-1", "usgw1-az1"),
        ] {
            assert_eq!(zones(region)[0].1, zone);
        }
    }
}
