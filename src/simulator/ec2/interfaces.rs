//! Network interfaces, which keep groups and subnets from being deleted.

use super::{
    errors::{check_form, done, unknown_id},
    listing::Listing,
    model::{Group, Interface},
    state::{Call, State},
    tags,
};
use crate::simulator::{
    query::invalid,
    service::{Answer, ApiError},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The account with which the endpoint service manages its interfaces.
const ENDPOINT_REQUESTER: &str = "727180483921";
/// VPC quotas: security groups of one interface.
const MAX_GROUPS: usize = 5;

const LISTING: Listing = Listing {
    set: "networkInterfaceSet",
    key: "networkInterfaceId",
    ids: Some("NetworkInterfaceId"),
    filters: &[
        ("network-interface-id", "networkInterfaceId"),
        ("addresses.private-ip-address", "privateIpAddressesSet/privateIpAddress"),
        ("availability-zone", "availabilityZone"),
        ("availability-zone-id", "availabilityZoneId"),
        ("description", "description"),
        ("group-id", "groupSet/groupId"),
        ("group-name", "groupSet/groupName"),
        ("interface-type", "interfaceType"),
        ("mac-address", "macAddress"),
        ("owner-id", "ownerId"),
        ("private-ip-address", "privateIpAddress"),
        ("requester-id", "requesterId"),
        ("requester-managed", "requesterManaged"),
        ("source-dest-check", "sourceDestCheck"),
        ("status", "status"),
        ("subnet-id", "subnetId"),
        ("vpc-id", "vpcId"),
    ],
    page: Some((5, 1000)),
};

pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let subnet = call.input.required("SubnetId")?;
    let vpc = state.subnet(subnet)?.vpc.clone();
    let groups = state.groups_or_default(&call.input.texts("SecurityGroupId"), &vpc)?;
    let address = match call.input.text("PrivateIpAddress") {
        Some(text) => chosen_address(state, subnet, text)?,
        None => state.free_address(subnet)?,
    };
    let new_tags = tags::on_create(call.input, "network-interface")?;
    let id = call.context.ids.next("eni");
    let interface = Interface {
        subnet: subnet.into(),
        address,
        ipv6: None,
        groups,
        description: call.input.text("Description").unwrap_or_default().into(),
        endpoint: None,
        attached: None,
    };
    state.interfaces.insert(id.clone(), interface);
    state.tags.insert(id.clone(), new_tags);
    Ok(json!({
        "networkInterface": shown(state, &id, call),
        "clientToken": call.input.text("ClientToken"),
    }))
}

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let ids = state.interfaces.keys();
    let entries = ids.map(|id| shown(state, id, call)).collect();
    LISTING.answer(entries, call.input)
}

pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("NetworkInterfaceId")?;
    let interface = state.interfaces.get(id);
    let interface = interface.ok_or_else(|| unknown_id(id, "networkInterfaceId"))?;
    if let Some(endpoint) = &interface.endpoint {
        let message = format!("You are not allowed to manage '{id}': it belongs to {endpoint}.");
        return Err(ApiError::new("OperationNotPermitted", message));
    }
    if interface.attached.is_some() {
        return Err(invalid(format!("Network interface '{id}' is currently in use.")));
    }
    state.interfaces.remove(id);
    state.tags.remove(id);
    done()
}

/// Instances are not simulated: any well-formed id is accepted.
pub(super) fn attach(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("NetworkInterfaceId")?;
    let instance = call.input.required("InstanceId")?;
    check_form(instance, "instanceId")?;
    let attachment = call.context.ids.next("eni-attach");
    let interface = state.interfaces.get_mut(id);
    let interface = interface.ok_or_else(|| unknown_id(id, "networkInterfaceId"))?;
    if interface.attached.is_some() || interface.endpoint.is_some() {
        return Err(invalid(format!("Interface: [{id}] in use.")));
    }
    interface.attached = Some((instance.to_owned(), attachment.clone()));
    Ok(json!({"attachmentId": attachment}))
}

pub(super) fn detach(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let attachment = call.input.required("AttachmentId")?;
    let attached = |interface: &&mut Interface| {
        interface.attached.as_ref().is_some_and(|(_, id)| id == attachment)
    };
    let interface = state.interfaces.values_mut().find(attached).ok_or_else(|| {
        let message = format!("The network interface attachment ID '{attachment}' does not exist");
        ApiError::new("InvalidAttachmentID.NotFound", message)
    })?;
    interface.attached = None;
    done()
}

impl State {
    /// The groups in the request, all of this VPC; the VPC's default group if there are none.
    pub(super) fn groups_or_default(
        &self,
        ids: &[&str],
        vpc: &str,
    ) -> Result<BTreeSet<String>, ApiError> {
        if ids.len() > MAX_GROUPS {
            let message =
                format!("The maximum number of security groups per interface is {MAX_GROUPS}");
            return Err(ApiError::new("SecurityGroupsPerInterfaceLimitExceeded", message));
        }
        for id in ids {
            self.group_in(id, vpc)?;
        }
        if !ids.is_empty() {
            return Ok(ids.iter().map(|id| (*id).to_owned()).collect());
        }
        let default = |(_, group): &(&String, &Group)| group.vpc == vpc && group.name == "default";
        let found = self.groups.iter().find(default);
        Ok(found.map(|(id, _)| id.clone()).into_iter().collect())
    }

    /// Puts an endpoint's interface into a subnet.
    pub(super) fn add_endpoint_interface(
        &mut self,
        endpoint: &str,
        subnet: &str,
        groups: &BTreeSet<String>,
        call: &mut Call<'_, '_>,
    ) -> Result<String, ApiError> {
        let configured = call.input.list("SubnetConfiguration");
        let mut configured = configured.iter().filter(|it| it.text("SubnetId") == Some(subnet));
        let chosen = configured.next();
        let address = match chosen.and_then(|it| it.text("Ipv4")) {
            Some(text) => chosen_address(self, subnet, text)?,
            None => self.free_address(subnet)?,
        };
        let ipv6 = match chosen.and_then(|it| it.text("Ipv6")) {
            Some(text) => Some(chosen_ipv6(self, subnet, text)?),
            None => None,
        };
        let id = call.context.ids.next("eni");
        let interface = Interface {
            subnet: subnet.into(),
            address,
            ipv6,
            groups: groups.clone(),
            description: format!("VPC Endpoint Interface {endpoint}"),
            endpoint: Some(endpoint.into()),
            attached: None,
        };
        self.interfaces.insert(id.clone(), interface);
        Ok(id)
    }
}

/// An address of the subnet's IPv6 block.
fn chosen_ipv6(state: &State, subnet: &str, text: &str) -> Result<Ipv6Addr, ApiError> {
    let address: Ipv6Addr = text
        .parse()
        .map_err(|_| invalid(format!("invalid value for parameter address: {text}")))?;
    let block = state.subnet(subnet)?.ipv6.as_ref().map(|(block, _)| *block);
    if block.is_some_and(|block| block.contains(&address)) {
        return Ok(address);
    }
    Err(invalid(format!("Address {text} does not fall within the subnet's address range")))
}

fn chosen_address(state: &State, subnet: &str, text: &str) -> Result<Ipv4Addr, ApiError> {
    let address: Ipv4Addr = text
        .parse()
        .map_err(|_| invalid(format!("invalid value for parameter address: {text}")))?;
    if !state.subnet(subnet)?.cidr.contains(&address) {
        return Err(invalid(format!(
            "Address {text} does not fall within the subnet's address range"
        )));
    }
    let taken = |other: &Interface| other.subnet == subnet && other.address == address;
    if state.interfaces.values().any(taken) {
        let message = format!("Address {text} is in use.");
        return Err(ApiError::new("InvalidIPAddress.InUse", message));
    }
    Ok(address)
}

fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let interface = &state.interfaces[id];
    let subnet = &state.subnets[&interface.subnet];
    let managed = interface.endpoint.is_some();
    let groups: Value = interface
        .groups
        .iter()
        .map(|id| {
            let name = state.groups.get(id).map(|group| &group.name);
            json!({"groupId": id, "groupName": name})
        })
        .collect();
    let attachment = interface.attached.as_ref().map(|(instance, attachment)| {
        json!({"attachmentId": attachment, "instanceId": instance, "status": "attached"})
    });
    let [_, b, c, d] = interface.address.octets();
    json!({
        "networkInterfaceId": id,
        "subnetId": interface.subnet,
        "vpcId": subnet.vpc,
        "availabilityZone": subnet.zone.0,
        "availabilityZoneId": subnet.zone.1,
        "description": interface.description,
        "ownerId": call.caller.account,
        "requesterId": if managed { ENDPOINT_REQUESTER } else { call.caller.account.as_str() },
        "requesterManaged": managed,
        "status": if managed || attachment.is_some() { "in-use" } else { "available" },
        "attachment": attachment,
        "macAddress": format!("06:00:0a:{b:02x}:{c:02x}:{d:02x}"),
        "privateIpAddress": interface.address.to_string(),
        "privateIpAddressesSet": [
            {"privateIpAddress": interface.address.to_string(), "primary": true},
        ],
        "ipv6AddressesSet": interface.ipv6.iter().map(|it| json!({"ipv6Address": it.to_string()}))
            .collect::<Vec<_>>(),
        "sourceDestCheck": true,
        "groupSet": groups,
        "interfaceType": if managed { "vpc_endpoint" } else { "interface" },
        "tagSet": tags::shown(state, id),
    })
}
