//! Internet gateways and virtual private gateways, each attached to at most one VPC, and the routes
//! that the latter propagate into route tables.

use super::{
    errors::{dependency, done, unknown_id},
    listing::Listing,
    model::{Gateway, RouteTable},
    routes,
    state::{Call, Ec2, State},
    tags,
};
use crate::simulator::{
    query::invalid,
    service::{Answer, ApiError},
};
use ipnet::IpNet;
use serde_json::{Value, json};

const INTERNET: Listing = Listing {
    set: "internetGatewaySet",
    key: "internetGatewayId",
    ids: Some("InternetGatewayId"),
    filters: &[
        ("attachment.state", "attachmentSet/state"),
        ("attachment.vpc-id", "attachmentSet/vpcId"),
        ("internet-gateway-id", "internetGatewayId"),
        ("owner-id", "ownerId"),
    ],
    page: Some((5, 1000)),
};

const PRIVATE: Listing = Listing {
    set: "vpnGatewaySet",
    key: "vpnGatewayId",
    ids: Some("VpnGatewayId"),
    filters: &[
        ("attachment.state", "attachments/state"),
        ("attachment.vpc-id", "attachments/vpcId"),
        ("state", "state"),
        ("type", "type"),
        ("vpn-gateway-id", "vpnGatewayId"),
    ],
    page: None,
};

impl Ec2 {
    /// The far side of a VPN connection announces a range to a virtual private gateway. False if
    /// there is no such gateway or the text is not a range.
    pub fn announce_route(
        &mut self,
        account: &str,
        region: &str,
        gateway: &str,
        range: &str,
    ) -> bool {
        let key = (account.to_owned(), region.to_owned());
        let region = self.regions.get_mut(&key);
        let gateway = region.and_then(|region| region.now.gateways.get_mut(gateway));
        match (gateway, range.parse::<IpNet>()) {
            (Some(gateway), Ok(range)) => {
                gateway.learned.insert(range.trunc());
                true
            }
            _ => false,
        }
    }
}

impl State {
    /// A gateway of either kind.
    pub(super) fn gateway(&self, id: &str) -> Result<&Gateway, ApiError> {
        let member = if id.starts_with("vgw-") { "vpnGatewayId" } else { "internetGatewayId" };
        self.gateways.get(id).ok_or_else(|| unknown_id(id, member))
    }
}

/// The routes that gateways propagate to a table: the member of the range, the range, and the
/// gateway. Static routes for the same range take precedence, and so do local routes (VPC user
/// guide, "Route priority").
pub(super) fn propagated<'s>(
    state: &'s State,
    table: &'s RouteTable,
) -> Vec<(&'static str, String, &'s str)> {
    let mut found = Vec::<(&'static str, String, &str)>::new();
    let local = state.vpcs.get(&table.vpc).map(routes::local).unwrap_or_default();
    for (id, gateway) in &state.gateways {
        if !table.propagating.contains(id) || gateway.vpc.as_ref() != Some(&table.vpc) {
            continue;
        }
        for range in &gateway.learned {
            let text = range.to_string();
            let taken = table.routes.contains_key(&text)
                || local.iter().any(|(_, block)| block == range)
                || found.iter().any(|(_, other, _)| *other == text);
            if !taken {
                let member = match range {
                    IpNet::V4(_) => "destinationCidrBlock",
                    IpNet::V6(_) => "destinationIpv6CidrBlock",
                };
                found.push((member, text, id));
            }
        }
    }
    found
}

pub(super) fn create_internet(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = create(state, "igw", "internet-gateway", call)?;
    Ok(json!({"internetGateway": shown_internet(state, &id, call)}))
}

pub(super) fn create_private(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    if call.input.required("Type")? != "ipsec.1" {
        return Err(invalid("The type of a virtual private gateway is ipsec.1"));
    }
    let id = create(state, "vgw", "vpn-gateway", call)?;
    Ok(json!({"vpnGateway": shown_private(state, &id)}))
}

fn create(
    state: &mut State,
    prefix: &str,
    kind: &str,
    call: &mut Call<'_, '_>,
) -> Result<String, ApiError> {
    let new_tags = tags::on_create(call.input, kind)?;
    let id = call.context.ids.next(prefix);
    state.gateways.insert(id.clone(), Gateway::default());
    state.tags.insert(id.clone(), new_tags);
    Ok(id)
}

pub(super) fn describe_internet(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let ids = state.gateways.keys().filter(|id| id.starts_with("igw-"));
    INTERNET.answer(ids.map(|id| shown_internet(state, id, call)).collect(), call.input)
}

pub(super) fn describe_private(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let ids = state.gateways.keys().filter(|id| id.starts_with("vgw-"));
    PRIVATE.answer(ids.map(|id| shown_private(state, id)).collect(), call.input)
}

pub(super) fn attach_internet(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    attach(state, call.input.required("InternetGatewayId")?, call)?;
    done()
}

pub(super) fn attach_private(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let vpc = attach(state, call.input.required("VpnGatewayId")?, call)?;
    Ok(json!({"attachment": {"vpcId": vpc, "state": "attached"}}))
}

/// A gateway has one VPC, and a VPC one gateway of each kind.
fn attach(state: &mut State, id: &str, call: &Call<'_, '_>) -> Result<String, ApiError> {
    let vpc = call.input.required("VpcId")?;
    let gateway = state.gateway(id)?;
    state.vpc(vpc)?;
    if let Some(other) = &gateway.vpc {
        let message = format!("resource {id} is already attached to network {other}");
        return Err(ApiError::new("Resource.AlreadyAssociated", message));
    }
    let kind = &id[..4];
    let mut others = state.gateways.iter().filter(|(other, _)| other.starts_with(kind));
    if others.any(|(_, other)| other.vpc.as_deref() == Some(vpc)) {
        let noun = if kind == "igw-" { "an internet" } else { "a virtual private" };
        return Err(invalid(format!("Network {vpc} already has {noun} gateway attached")));
    }
    if let Some(gateway) = state.gateways.get_mut(id) {
        gateway.vpc = Some(vpc.to_owned());
    }
    Ok(vpc.to_owned())
}

pub(super) fn detach_internet(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("InternetGatewayId")?;
    detach(state, id, call, |vpc| {
        let message = format!("resource {id} is not attached to network {vpc}");
        ApiError::new("Gateway.NotAttached", message)
    })
}

pub(super) fn detach_private(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("VpnGatewayId")?;
    detach(state, id, call, |vpc| {
        let message =
            format!("The attachment with vpn gateway ID '{id}' and vpc ID '{vpc}' does not exist");
        ApiError::new("InvalidVpnGatewayAttachment.NotFound", message)
    })
}

/// Routes to it stay as blackholes. What happens to the route table of the gateway is not
/// documented; here the gateway stays attached.
fn detach(
    state: &mut State,
    id: &str,
    call: &Call<'_, '_>,
    not_attached: impl Fn(&str) -> ApiError,
) -> Answer {
    let vpc = call.input.required("VpcId")?;
    if state.gateway(id)?.vpc.as_deref() != Some(vpc) {
        return Err(not_attached(vpc));
    }
    if id.starts_with("igw-") && state.has_public_addresses(vpc) {
        let message = format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public \
             address(es) before detaching the gateway."
        );
        return Err(dependency(message));
    }
    let used = state.route_tables.values().any(|table| table.ends().any(|end| end == id));
    if used {
        return Err(dependency(format!("The gateway '{id}' is associated with a route table.")));
    }
    if let Some(gateway) = state.gateways.get_mut(id) {
        gateway.vpc = None;
    }
    for table in state.route_tables.values_mut() {
        table.propagating.remove(id);
    }
    done()
}

pub(super) fn delete_internet(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("InternetGatewayId")?;
    let message = format!("The internetGateway '{id}' has dependencies and cannot be deleted.");
    delete(state, id, dependency(message))
}

pub(super) fn delete_private(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("VpnGatewayId")?;
    delete(state, id, ApiError::new("IncorrectState", format!("The vpnGateway '{id}' is in use.")))
}

fn delete(state: &mut State, id: &str, attached: ApiError) -> Answer {
    if state.gateway(id)?.vpc.is_some() {
        return Err(attached);
    }
    state.gateways.remove(id);
    state.tags.remove(id);
    done()
}

pub(super) fn enable_propagation(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let (table_id, id) = propagation(state, call)?;
    let table = state.route_table(table_id)?;
    if state.gateway(id)?.vpc.as_ref() != Some(&table.vpc) {
        let message = format!("resource {id} is not attached to network {}", table.vpc);
        return Err(ApiError::new("Gateway.NotAttached", message));
    }
    if table.ends().any(|end| state.gateways.contains_key(end)) {
        let message =
            format!("Route propagation is not supported in the gateway route table {table_id}.");
        return Err(invalid(message));
    }
    if let Some(table) = state.route_tables.get_mut(table_id) {
        table.propagating.insert(id.to_owned());
    }
    done()
}

pub(super) fn disable_propagation(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let (table_id, id) = propagation(state, call)?;
    if let Some(table) = state.route_tables.get_mut(table_id) {
        table.propagating.remove(id);
    }
    done()
}

/// The table and the virtual private gateway of the request; both must exist.
fn propagation<'i>(state: &State, call: &Call<'i, '_>) -> Result<(&'i str, &'i str), ApiError> {
    let table = call.input.required("RouteTableId")?;
    let gateway = call.input.required("GatewayId")?;
    state.route_table(table)?;
    let private = state.gateways.contains_key(gateway) && gateway.starts_with("vgw-");
    if !private {
        return Err(unknown_id(gateway, "vpnGatewayId"));
    }
    Ok((table, gateway))
}

/// An internet gateway's attachment is `available` (EC2 API reference,
/// `InternetGatewayAttachment`).
fn shown_internet(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let vpc = state.gateways.get(id).and_then(|gateway| gateway.vpc.as_ref());
    let attachments = vpc.map(|vpc| json!({"vpcId": vpc, "state": "available"}));
    json!({
        "internetGatewayId": id,
        "ownerId": call.caller.account,
        "attachmentSet": attachments.into_iter().collect::<Vec<_>>(),
        "tagSet": tags::shown(state, id),
    })
}

fn shown_private(state: &State, id: &str) -> Value {
    let vpc = state.gateways.get(id).and_then(|gateway| gateway.vpc.as_ref());
    let attachments = vpc.map(|vpc| json!({"vpcId": vpc, "state": "attached"}));
    json!({
        "vpnGatewayId": id,
        "state": "available",
        "type": "ipsec.1",
        "amazonSideAsn": 64_512,
        "attachments": attachments.into_iter().collect::<Vec<_>>(),
        "tagSet": tags::shown(state, id),
    })
}
