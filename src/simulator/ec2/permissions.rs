//! Reads rules from requests, in the normal form that EC2 stores: protocols by name, blocks
//! canonical, and no ports if the protocol has none.

use super::{
    errors::unknown_id,
    model::{Peer, Permission, Ports},
    prefix_lists::weight,
    state::{Call, State},
};
use crate::simulator::{
    query::{Input, invalid, missing},
    service::ApiError,
};
use ipnet::{Ipv4Net, Ipv6Net};

/// A rule in a request.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub permission: Permission,
    pub description: Option<String>,
}

const MAX_DESCRIPTION_CHARACTERS: usize = 255;

/// The rules of the request, one for each peer of each permission. The members that describe a
/// single permission at the top of the request (older than `IpPermissions`) count as one more.
pub(super) fn drafts(
    state: &State,
    group: &str,
    call: &Call<'_, '_>,
) -> Result<Vec<Draft>, ApiError> {
    let mut drafts = Vec::new();
    for permission in call.input.list("IpPermissions") {
        drafts.extend(of_permission(state, group, permission, call)?);
    }
    if call.input.has("CidrIp") || call.input.has("IpProtocol") {
        let (protocol, ports) = protocol_and_ports(call.input)?;
        let peer = Peer::V4(v4_block(call.input.required("CidrIp")?)?);
        let permission = Permission { protocol, ports, peer };
        drafts.push(Draft { permission, description: None });
    }
    if drafts.is_empty() {
        return Err(missing("ipPermissions"));
    }
    for (index, draft) in drafts.iter().enumerate() {
        if drafts[..index].iter().any(|other| other.permission == draft.permission) {
            return Err(invalid("The same permission must not appear multiple times"));
        }
    }
    Ok(drafts)
}

fn of_permission(
    state: &State,
    group: &str,
    permission: Input<'_>,
    call: &Call<'_, '_>,
) -> Result<Vec<Draft>, ApiError> {
    let (protocol, ports) = protocol_and_ports(permission)?;
    let mut peers = Vec::new();
    for range in permission.list("IpRanges") {
        peers.push((Peer::V4(v4_block(range.required("CidrIp")?)?), range));
    }
    for range in permission.list("Ipv6Ranges") {
        peers.push((Peer::V6(v6_block(range.required("CidrIpv6")?)?), range));
    }
    for list in permission.list("PrefixListIds") {
        peers.push((prefix_list(state, list.required("PrefixListId")?, call)?, list));
    }
    for pair in permission.list("Groups") {
        let owner = pair.text("UserId");
        let id = pair.required("GroupId")?;
        peers.push((referenced(state, group, id, owner, call)?, pair));
    }
    if peers.is_empty() {
        return Err(missing("cidrIp"));
    }
    let drafts = peers.into_iter().map(|(peer, source)| {
        Ok(Draft {
            permission: Permission { protocol: protocol.clone(), ports, peer },
            description: description(source)?,
        })
    });
    drafts.collect()
}

/// The one rule of `SecurityGroupRuleRequest`.
pub(super) fn single(
    state: &State,
    group: &str,
    request: Input<'_>,
    call: &Call<'_, '_>,
) -> Result<Draft, ApiError> {
    let (protocol, ports) = protocol_and_ports(request)?;
    let mut peers = Vec::new();
    if let Some(block) = request.text("CidrIpv4") {
        peers.push(Peer::V4(v4_block(block)?));
    }
    if let Some(block) = request.text("CidrIpv6") {
        peers.push(Peer::V6(v6_block(block)?));
    }
    if let Some(list) = request.text("PrefixListId") {
        peers.push(prefix_list(state, list, call)?);
    }
    if let Some(id) = request.text("ReferencedGroupId") {
        // The request cannot name the account of a group.
        peers.push(referenced(state, group, id, Some(&call.caller.account), call)?);
    }
    let count = peers.len();
    let (Some(peer), 1) = (peers.pop(), count) else {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            "A security group rule has exactly one of CidrIpv4, CidrIpv6, PrefixListId and \
             ReferencedGroupId",
        ));
    };
    Ok(Draft {
        permission: Permission { protocol, ports, peer },
        description: description(request)?,
    })
}

/// The description; `None` if it is empty.
pub(super) fn description(source: Input<'_>) -> Result<Option<String>, ApiError> {
    let of_addresses = ["CidrIp", "CidrIpv6", "CidrIpv4"].iter().any(|member| source.has(member));
    description_of(source, of_addresses)
}

/// The API reference allows an ampersand for address ranges only.
pub(super) fn description_of(
    source: Input<'_>,
    of_addresses: bool,
) -> Result<Option<String>, ApiError> {
    let Some(text) = source.text("Description").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let punctuation = if of_addresses { "._-:/()#,@[]+=&;{}!$*" } else { "._-:/()#,@[]+=;{}!$*" };
    check_text("description", text, punctuation)?;
    Ok(Some(text.to_owned()))
}

/// Length and characters of the names and descriptions of groups and rules.
pub(super) fn check_text(what: &str, text: &str, punctuation: &str) -> Result<(), ApiError> {
    let allowed = |letter: char| {
        letter.is_ascii_alphanumeric() || letter == ' ' || punctuation.contains(letter)
    };
    if text.chars().count() <= MAX_DESCRIPTION_CHARACTERS && text.chars().all(allowed) {
        return Ok(());
    }
    Err(invalid(format!(
        "Invalid security group {what}. Valid {what}s are strings less than 256 characters from \
         the following set: a-zA-Z0-9. \
         {punctuation}"
    )))
}

/// The normal name of the protocol, and the ports if it has ports: EC2 ignores them for all other
/// protocols.
fn protocol_and_ports(source: Input<'_>) -> Result<(String, Ports), ApiError> {
    let protocol = protocol(source.required("IpProtocol")?)?;
    let given = (source.integer("FromPort")?, source.integer("ToPort")?);
    let ports = match protocol.as_str() {
        "tcp" | "udp" => Some(port_range(given)?),
        "icmp" => Some(icmp(given)?),
        "icmpv6" => Some(icmp((given.0.or(Some(-1)), given.1.or(Some(-1))))?),
        _ => None,
    };
    Ok((protocol, ports))
}

fn protocol(text: &str) -> Result<String, ApiError> {
    let lower = text.to_ascii_lowercase();
    let name = match lower.as_str() {
        "tcp" | "6" => "tcp",
        "udp" | "17" => "udp",
        "icmp" | "1" => "icmp",
        "icmpv6" | "58" => "icmpv6",
        "-1" => "-1",
        other => {
            return match other.parse::<u8>() {
                Ok(number) => Ok(number.to_string()),
                Err(_) => Err(invalid(format!(
                    "Invalid value '{text}' for IP protocol. Unknown protocol."
                ))),
            };
        }
    };
    Ok(name.to_owned())
}

fn port_range(given: (Option<i64>, Option<i64>)) -> Result<(i64, i64), ApiError> {
    let (Some(from), Some(to)) = given else {
        let message =
            "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.";
        return Err(invalid(message));
    };
    if (0..=65_535).contains(&from) && (from..=65_535).contains(&to) {
        return Ok((from, to));
    }
    Err(invalid(format!("Invalid TCP/UDP port range ({from}:{to})")))
}

/// Type and code; -1 means every type, and then also every code.
fn icmp(given: (Option<i64>, Option<i64>)) -> Result<(i64, i64), ApiError> {
    let (Some(kind), Some(code)) = given else {
        return Err(invalid(
            "Invalid value 'Must specify both ICMP type and code.' for portRange.",
        ));
    };
    let in_range = (-1..=255).contains(&kind) && (-1..=255).contains(&code);
    if in_range && (kind != -1 || code == -1) {
        return Ok((kind, code));
    }
    Err(invalid(format!("ICMP type/code ({kind}:{code}) is not valid")))
}

/// The canonical block, which begins at the address of the network, so that `/0` on any address
/// means everywhere.
fn v4_block(text: &str) -> Result<Ipv4Net, ApiError> {
    let block: Result<Ipv4Net, _> = text.parse();
    block.map(|block| block.trunc()).map_err(|_| invalid(format!("CIDR block {text} is malformed")))
}

fn v6_block(text: &str) -> Result<Ipv6Net, ApiError> {
    let block: Result<Ipv6Net, _> = text.parse();
    block.map(|block| block.trunc()).map_err(|_| invalid(format!("CIDR block {text} is malformed")))
}

fn prefix_list(state: &State, id: &str, call: &Call<'_, '_>) -> Result<Peer, ApiError> {
    match weight(state, call.caller, id) {
        Some(_) => Ok(Peer::PrefixList(id.to_owned())),
        None => Err(unknown_id(id, "prefixListId")),
    }
}

/// A group of the same VPC, or at the far side of a peering, named with or without its account.
fn referenced(
    state: &State,
    group: &str,
    id: &str,
    owner: Option<&str>,
    call: &Call<'_, '_>,
) -> Result<Peer, ApiError> {
    let vpc = &state.group(group)?.vpc;
    let far = call.far.get(vpc, id);
    let account = far.map_or(&call.caller.account, |far| &far.account);
    if owner.is_some_and(|owner| owner != account) {
        return Err(unknown_id(id, "groupId"));
    }
    if far.is_none() {
        state.group_in(id, vpc)?;
    }
    Ok(Peer::Group(id.to_owned()))
}
