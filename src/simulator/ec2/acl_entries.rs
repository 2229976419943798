//! The entries of network ACLs. They are numbered, the first match decides, and the last entries
//! deny everything.

use super::{
    errors::done,
    model::{AclEntry, NetworkAcl, Vpc},
    state::{Call, State},
};
use crate::simulator::{
    query::{Input, invalid, missing},
    service::{Answer, ApiError},
};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// VPC quotas: entries in one direction, counted separately for IPv4 and IPv6, including the last
/// one.
const MAX_ENTRIES: usize = 20;

/// The numbers that a caller may use (EC2 API reference, `CreateNetworkAclEntry`).
const NUMBERS: std::ops::RangeInclusive<i64> = 1..=32_766;

/// The numbers of the last entries, which deny everything else, for IPv4 and IPv6.
const LAST: [i64; 2] = [32_767, 32_768];

/// The numbers of the entries of a new default ACL, for IPv4 and IPv6 (VPC user guide, "Default
/// network ACL").
const FIRST: [i64; 2] = [100, 101];

const TCP: &str = "6";
const UDP: &str = "17";
const ICMP: &str = "1";
const ICMP_V6: &str = "58";
const ALL: &str = "-1";

/// The entries of a default ACL.
pub(super) fn allow_all(vpc: &Vpc) -> BTreeMap<(bool, i64), AclEntry> {
    let both = [true, false].into_iter();
    both.flat_map(|egress| {
        everywhere(vpc)
            .zip(FIRST)
            .map(move |(block, number)| ((egress, number), everything(block, true)))
    })
    .collect()
}

fn everything(block: IpNet, allow: bool) -> AclEntry {
    AclEntry { protocol: ALL.to_owned(), allow, block, ports: None, icmp: None }
}

/// All addresses of the VPC's address families.
fn everywhere(vpc: &Vpc) -> impl Iterator<Item = IpNet> + use<> {
    let v6 = vpc.ipv6.map(|_| IpNet::V6(Ipv6Net::default()));
    [IpNet::V4(Ipv4Net::default())].into_iter().chain(v6)
}

/// All entries, including those that cannot be changed.
pub(super) fn shown(acl: &NetworkAcl, vpc: &Vpc) -> Vec<Value> {
    let mut shown = Vec::new();
    for egress in [true, false] {
        let own = acl.entries.iter().filter(|((direction, _), _)| *direction == egress);
        shown.extend(own.map(|((_, number), entry)| shown_entry(*number, egress, entry)));
        let last = everywhere(vpc).zip(LAST);
        shown.extend(
            last.map(|(block, number)| shown_entry(number, egress, &everything(block, false))),
        );
    }
    shown
}

fn shown_entry(number: i64, egress: bool, entry: &AclEntry) -> Value {
    let member = match entry.block {
        IpNet::V4(_) => "cidrBlock",
        IpNet::V6(_) => "ipv6CidrBlock",
    };
    json!({
        "ruleNumber": number,
        "protocol": entry.protocol,
        "ruleAction": if entry.allow { "allow" } else { "deny" },
        "egress": egress,
        member: entry.block.to_string(),
        "portRange": entry.ports.map(|(from, to)| json!({"from": from, "to": to})),
        "icmpTypeCode": entry.icmp.map(|(kind, code)| json!({"type": kind, "code": code})),
    })
}

pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("NetworkAclId")?;
    let acl = state.network_acl(id)?;
    let key = key(call)?;
    let entry = entry(call)?;
    if acl.entries.contains_key(&key) {
        let message = format!("The network acl entry identified by {} already exists.", key.1);
        return Err(ApiError::new("NetworkAclEntryAlreadyExists", message));
    }
    check_quota(acl, key, &entry)?;
    if let Some(acl) = state.network_acls.get_mut(id) {
        acl.entries.insert(key, entry);
    }
    done()
}

/// In one step: the entry is never absent.
pub(super) fn replace(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("NetworkAclId")?;
    let acl = state.network_acl(id)?;
    let key = key(call)?;
    let entry = entry(call)?;
    if !acl.entries.contains_key(&key) {
        return Err(unknown(key));
    }
    check_quota(acl, key, &entry)?;
    if let Some(acl) = state.network_acls.get_mut(id) {
        acl.entries.insert(key, entry);
    }
    done()
}

pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("NetworkAclId")?;
    state.network_acl(id)?;
    let key = key(call)?;
    let acl = state.network_acls.get_mut(id);
    acl.and_then(|acl| acl.entries.remove(&key)).ok_or_else(|| unknown(key))?;
    done()
}

fn unknown((egress, number): (bool, i64)) -> ApiError {
    let direction = if egress { "egress" } else { "ingress" };
    let message = format!("no {direction} entry with number {number}");
    ApiError::new("InvalidNetworkAclEntry.NotFound", message)
}

/// The key of the entry in the request: its direction and its number.
fn key(call: &Call<'_, '_>) -> Result<(bool, i64), ApiError> {
    let number = call.input.integer("RuleNumber")?.ok_or_else(|| missing("ruleNumber"))?;
    let egress = call.input.flag("Egress")?.ok_or_else(|| missing("egress"))?;
    if NUMBERS.contains(&number) {
        return Ok((egress, number));
    }
    Err(invalid(format!("Value ({number}) for parameter ruleNumber is invalid.")))
}

/// The entry in the request, with only the members that apply to its protocol (EC2 API reference,
/// `CreateNetworkAclEntry`).
fn entry(call: &Call<'_, '_>) -> Result<AclEntry, ApiError> {
    let input = call.input;
    let protocol = protocol(input.required("Protocol")?)?;
    let allow = match input.required("RuleAction")? {
        "allow" => true,
        "deny" => false,
        other => {
            return Err(invalid(format!("Value ({other}) for parameter ruleAction is invalid.")));
        }
    };
    let block = block(input)?;
    let (mut ports, mut icmp) = (None, None);
    match (protocol.as_str(), block) {
        (TCP | UDP, _) => ports = Some(port_range(input)?),
        (ICMP, _) | (ICMP_V6, IpNet::V6(_)) => icmp = Some(type_and_code(input)?),
        _ => {}
    }
    Ok(AclEntry { protocol, allow, block, ports, icmp })
}

/// A protocol number: the names are only accepted by other tools.
fn protocol(text: &str) -> Result<String, ApiError> {
    match text.parse::<u8>() {
        Ok(number) => Ok(number.to_string()),
        Err(_) if text == ALL => Ok(ALL.to_owned()),
        Err(_) => {
            Err(invalid(format!("Invalid value '{text}' for IP protocol. Unknown protocol.")))
        }
    }
}

/// The range in the request, in canonical form.
fn block(input: Input<'_>) -> Result<IpNet, ApiError> {
    let (member, text, block) = match (input.text("CidrBlock"), input.text("Ipv6CidrBlock")) {
        (None, None) => return Err(missing("cidrBlock")),
        (Some(_), Some(_)) => {
            return Err(ApiError::new(
                "InvalidParameterCombination",
                "The parameter cidrBlock cannot be used with the parameter ipv6CidrBlock",
            ));
        }
        (Some(text), None) => ("cidrBlock", text, text.parse::<Ipv4Net>().ok().map(IpNet::V4)),
        (None, Some(text)) => ("ipv6CidrBlock", text, text.parse::<Ipv6Net>().ok().map(IpNet::V6)),
    };
    block.map(|block| block.trunc()).ok_or_else(|| {
        invalid(format!(
            "Value ({text}) for parameter {member} is invalid. This is not a valid CIDR block."
        ))
    })
}

fn port_range(input: Input<'_>) -> Result<(i64, i64), ApiError> {
    let (from, to) = pair(input, "PortRange", ["From", "To"])?;
    let from = from.ok_or_else(|| missing("portRange.from"))?;
    let to = to.ok_or_else(|| missing("portRange.to"))?;
    if (0..=65_535).contains(&from) && (from..=65_535).contains(&to) {
        return Ok((from, to));
    }
    Err(invalid(format!("Invalid TCP/UDP port range ({from}:{to})")))
}

/// -1 means every type, and then also every code.
fn type_and_code(input: Input<'_>) -> Result<(i64, i64), ApiError> {
    let (kind, code) = pair(input, "Icmp", ["Type", "Code"])?;
    let kind = kind.ok_or_else(|| missing("icmpTypeCode.type"))?;
    let code = code.ok_or_else(|| missing("icmpTypeCode.code"))?;
    let in_range = (-1..=255).contains(&kind) && (-1..=255).contains(&code);
    if in_range && (kind != -1 || code == -1) {
        return Ok((kind, code));
    }
    Err(invalid(format!("ICMP type/code ({kind}:{code}) is not valid")))
}

type Pair = (Option<i64>, Option<i64>);

fn pair(input: Input<'_>, member: &str, [one, other]: [&str; 2]) -> Result<Pair, ApiError> {
    match input.member(member) {
        None => Ok((None, None)),
        Some(pair) => Ok((pair.integer(one)?, pair.integer(other)?)),
    }
}

fn check_quota(acl: &NetworkAcl, key: (bool, i64), new: &AclEntry) -> Result<(), ApiError> {
    let same = acl.entries.iter().filter(|(other, entry)| {
        let v4 = |block: IpNet| matches!(block, IpNet::V4(_));
        **other != key && other.0 == key.0 && v4(entry.block) == v4(new.block)
    });
    // The new entry and the last one.
    if same.count() + 2 <= MAX_ENTRIES {
        return Ok(());
    }
    let message = "The maximum number of network ACL entries has been reached.";
    Err(ApiError::new("NetworkAclEntryLimitExceeded", message))
}
