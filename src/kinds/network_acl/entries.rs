//! What entries do: the first that fits a packet decides, by number (Amazon VPC guide, "Network
//! ACLs"). What none fits is denied.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    kind::table::{Tree, Wrong},
    model::Risk,
};

/// Protocols by the names that manifests may use, with their numbers (IANA).
const PROTOCOLS: [(&str, &str); 5] =
    [("all", "-1"), ("icmp", "1"), ("tcp", "6"), ("udp", "17"), ("icmpv6", "58")];
const ALL: &str = "-1";
/// Protocols that have ports.
const WITH_PORTS: [&str; 2] = ["6", "17"];
/// Protocols that have types.
const WITH_TYPES: [&str; 2] = ["1", "58"];
/// Every port.
const EVERY_PORT: (i64, i64) = (0, 65_535);

/// An entry in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// `allow` or `deny`.
    pub action: String,
    /// The number, as a text; `-1` is every protocol.
    pub protocol: String,
    /// The block that packets come from, or go to.
    pub cidr: String,
    /// First and last port; of protocols without ports none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<(i64, i64)>,
    /// ICMP type and code, -1 for every one; of other protocols none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icmp: Option<(i64, i64)>,
}

impl Entry {
    fn read(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }

    fn allows(&self) -> bool {
        self.action == "allow"
    }

    fn fits(&self, packet: &Packet) -> bool {
        let in_block =
            self.cidr.parse::<IpNet>().is_ok_and(|block| block.contains(&packet.address));
        let in_ports = self.ports.is_none_or(|(first, last)| (first..=last).contains(&packet.port));
        let of_type = self.icmp.is_none_or(|(kind, _)| kind == -1 || kind == packet.port);
        let protocol = self.protocol == ALL || self.protocol == packet.protocol;
        protocol && in_block && in_ports && of_type
    }
}

/// A packet that a probe stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Packet {
    egress: bool,
    protocol: String,
    address: IpAddr,
    /// Of ICMP the type.
    port: i64,
}

/// The key of an entry: numbers of one length stand in their order.
pub(super) fn key(egress: bool, number: i64) -> String {
    format!("{} {number:05}", if egress { "egress" } else { "ingress" })
}

/// Direction and number of a key.
pub(super) fn parsed(key: &str) -> Option<(bool, i64)> {
    let (direction, number) = key.split_once(' ')?;
    Some((direction == "egress", number.parse().ok()?))
}

/// Entries as manifests have them.
pub(super) fn examples() -> Vec<Tree> {
    let entry = |rule: i64, action: &str, protocol: &str, ports: Option<&str>, cidr: &str| {
        let mut members = Tree::from_iter([
            ("direction".to_owned(), json!("ingress")),
            ("rule".to_owned(), json!(rule)),
            ("action".to_owned(), json!(action)),
            ("protocol".to_owned(), json!(protocol)),
            ("cidr".to_owned(), json!(cidr)),
        ]);
        if let Some(ports) = ports {
            members.insert("ports".to_owned(), json!(ports));
        }
        members
    };
    vec![
        entry(100, "allow", "tcp", Some("443"), "10.0.0.0/8"),
        entry(100, "deny", "tcp", Some("443"), "10.0.0.0/8"),
        entry(100, "allow", "tcp", Some("400-500"), "10.1.0.0/16"),
        entry(200, "allow", "all", None, "10.0.0.0/8"),
        entry(200, "deny", "all", None, "10.1.0.0/16"),
        entry(300, "allow", "tcp", Some("443"), "0.0.0.0/0"),
    ]
}

/// Key and value of an entry in a manifest.
pub(super) fn entry(members: &Tree) -> Result<(String, Value), Wrong> {
    let text = |name| members.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = members.get("rule").and_then(Value::as_i64).unwrap_or_default();
    let protocol = protocol(text("protocol"))?;
    let ports = members.get("ports").and_then(Value::as_str);
    let types = members.get("icmpType").and_then(Value::as_i64);
    let has_ports = WITH_PORTS.contains(&protocol.as_str());
    let has_types = WITH_TYPES.contains(&protocol.as_str());
    if ports.is_some() && !has_ports {
        return Err(Wrong::new("ports", "only tcp and udp have ports", "remove it"));
    }
    if types.is_some() && !has_types {
        return Err(Wrong::new("icmpType", "only icmp and icmpv6 have types", "remove it"));
    }
    let entry = Entry {
        action: text("action").to_owned(),
        protocol,
        cidr: cidr(text("cidr"))?,
        ports: has_ports.then(|| ports.map_or(Ok(EVERY_PORT), range)).transpose()?,
        icmp: has_types.then(|| (types.unwrap_or(-1), -1)),
    };
    Ok((key(text("direction") == "egress", number), json!(entry)))
}

fn protocol(text: &str) -> Result<String, Wrong> {
    let named = PROTOCOLS.iter().find(|(name, _)| *name == text).map(|(_, number)| *number);
    let number = text.parse::<u8>().ok().map(|number| number.to_string());
    let wrong = || {
        let names: Vec<_> = PROTOCOLS.iter().map(|(name, _)| *name).collect();
        let help = format!("write {}, or the number of a protocol", names.join(", "));
        Wrong::new("protocol", format!("`{text}` is not a protocol"), help)
    };
    named.map(str::to_owned).or(number).ok_or_else(wrong)
}

fn cidr(text: &str) -> Result<String, Wrong> {
    let Ok(block) = text.parse::<IpNet>() else {
        let why = format!("`{text}` is not a CIDR block");
        return Err(Wrong::new("cidr", why, "write a block such as 10.0.0.0/8 or ::/0"));
    };
    if block.trunc() != block {
        let why = format!("`{text}` has bits behind its prefix, which EC2 drops");
        return Err(Wrong::new("cidr", why, format!("write {}", block.trunc())));
    }
    Ok(block.to_string())
}

fn range(text: &str) -> Result<(i64, i64), Wrong> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| text.trim().parse::<u16>().ok().map(i64::from);
    match (port(first), port(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => {
            let why = format!("`{text}` is neither a port nor a range of ports");
            Err(Wrong::new("ports", why, "write 443, or 1024-65535"))
        }
    }
}

/// An entry on one line.
pub(super) fn shown(key: &str, value: &Value) -> String {
    let (Some((egress, number)), Some(entry)) = (parsed(key), Entry::read(value)) else {
        return format!("{key} {value}");
    };
    let (direction, way) = if egress { ("egress", "to") } else { ("ingress", "from") };
    let named = PROTOCOLS.iter().find(|(_, number)| *number == entry.protocol);
    let protocol = named.map_or(entry.protocol.as_str(), |(name, _)| *name);
    let which = match (entry.ports, entry.icmp) {
        (Some(EVERY_PORT), _) | (None, None) => String::new(),
        (Some((first, last)), _) if first == last => format!(" {first}"),
        (Some((first, last)), _) => format!(" {first}-{last}"),
        (None, Some((-1, _))) => String::new(),
        (None, Some((kind, _))) => format!(" type {kind}"),
    };
    let Entry { action, cidr, .. } = &entry;
    format!("{direction} {number} {action} {protocol}{which} {way} {cidr}")
}

/// Packets that tell all states between two apart: of each direction and protocol, where blocks and
/// ranges begin and right after they end.
pub(super) fn probes(old: &Tree, new: &Tree) -> Vec<Value> {
    let all = old.iter().chain(new.iter());
    let all: Vec<_> =
        all.filter_map(|(key, value)| Some((parsed(key)?.0, Entry::read(value)?))).collect();
    let mut found = Vec::new();
    for egress in [false, true] {
        let entries: Vec<&Entry> =
            all.iter().filter(|(of, _)| *of == egress).map(|(_, entry)| entry).collect();
        let addresses = unique(entries.iter().flat_map(|entry| edges(&entry.cidr)).collect());
        let named = entries.iter().map(|entry| entry.protocol.clone());
        // Stands for every protocol that no entry names.
        let protocols = unique(named.filter(|it| it != ALL).chain(["254".to_owned()]).collect());
        for (address, protocol) in
            addresses.iter().flat_map(|address| protocols.iter().map(move |it| (address, it)))
        {
            let of = |entry: &&&Entry| entry.protocol == *protocol;
            let which = entries.iter().filter(of).flat_map(|entry| {
                let (first, last) = entry.ports.or(entry.icmp).unwrap_or(EVERY_PORT);
                [first.max(0), last.max(first) + 1]
            });
            for port in unique(which.chain([0]).collect()) {
                let (address, protocol) = (*address, protocol.clone());
                found.push(json!(Packet { egress, protocol, address, port }));
            }
        }
    }
    found
}

fn unique<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all.dedup();
    all
}

/// Where a block begins, and the address after it.
fn edges(cidr: &str) -> Vec<IpAddr> {
    let Ok(block) = cidr.parse::<IpNet>() else { return Vec::new() };
    let after: Option<IpAddr> = match block.broadcast() {
        IpAddr::V4(last) => u32::from(last).checked_add(1).map(|it| Ipv4Addr::from(it).into()),
        IpAddr::V6(last) => u128::from(last).checked_add(1).map(|it| Ipv6Addr::from(it).into()),
    };
    [Some(block.network()), after].into_iter().flatten().collect()
}

/// Whether a packet passes: what an entry lets through, or nothing.
pub(super) fn outcome(entries: &Tree, probe: &Value) -> Option<String> {
    let packet = Packet::deserialize(probe).ok()?;
    let first = entries
        .iter()
        .filter_map(|(key, value)| Some((parsed(key)?, Entry::read(value)?)))
        .filter(|((egress, _), entry)| *egress == packet.egress && entry.fits(&packet))
        .min_by_key(|((_, number), _)| *number);
    first.filter(|(_, entry)| entry.allows()).map(|_| "passes".to_owned())
}

/// An entry that allows lets through and one that denies stops, wherever they stand. An ACL keeps no
/// connections: what is stopped stops at once.
pub(super) fn risk(_: &str, old: Option<&Value>, new: Option<&Value>, _: [&Tree; 2]) -> Risk {
    let allows = |value: Option<&Value>| value.and_then(Entry::read).map(|entry| entry.allows());
    match (allows(old), allows(new)) {
        (None, Some(true)) | (Some(false), None) | (Some(false), Some(true)) => Risk::LOOSENS,
        (None, Some(false)) | (Some(true), None) | (Some(true), Some(false)) => {
            Risk::TIGHTENS.cutting_connections()
        }
        _ => Risk::REPLACES.cutting_connections(),
    }
}
