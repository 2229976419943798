//! What entries do: the first that fits a packet decides, by number (Amazon VPC guide, "Network
//! ACLs"). What none fits is denied.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    kind::table::{Tree, Wrong},
    model::Risk,
};

/// Protocols by the names that manifests may use, with their numbers (IANA).
const PROTOCOLS: [(&str, &str); 5] =
    [("all", "-1"), ("icmp", ICMP), ("tcp", "6"), ("udp", "17"), ("icmpv6", ICMP_V6)];
const ALL: &str = "-1";
const ICMP: &str = "1";
const ICMP_V6: &str = "58";
/// Protocols that have ports; EC2 drops those of any other.
const WITH_PORTS: [&str; 2] = ["6", "17"];
/// Every port.
const EVERY_PORT: (i64, i64) = (0, 65_535);
/// Entries of one direction and address family that every account can have, without the one that
/// denies the rest (Amazon VPC quotas).
const IN_EVERY_ACCOUNT: usize = 19;

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
    fn allows(&self) -> bool {
        self.action == "allow"
    }

    fn block(&self) -> Option<IpNet> {
        self.cidr.parse().ok()
    }

    fn is_of(&self, protocol: &str) -> bool {
        self.protocol == ALL || self.protocol == protocol
    }

    /// Whether it fits every packet that the other one fits.
    fn covers(&self, other: &Self) -> bool {
        let within = |(first, last): (i64, i64), all: Option<(i64, i64)>| {
            all.is_none_or(|(from, to)| from <= first && last <= to)
        };
        let of_type = |all: (i64, i64), one: Option<(i64, i64)>| {
            one.is_some_and(|one| {
                (all.0 == -1 || all.0 == one.0) && (all.1 == -1 || all.1 == one.1)
            })
        };
        let in_block = match (self.block(), other.block()) {
            (Some(own), Some(other)) => own.contains(&other),
            _ => false,
        };
        in_block
            && self.is_of(&other.protocol)
            && (self.protocol == ALL || within(other.ports.unwrap_or(EVERY_PORT), self.ports))
            && self.icmp.is_none_or(|all| of_type(all, other.icmp))
    }
}

/// An entry where it stands.
struct Rule {
    egress: bool,
    number: i64,
    block: Option<IpNet>,
    entry: Entry,
}

impl Rule {
    fn fits(&self, packet: &Packet) -> bool {
        let Entry { ports, icmp, .. } = &self.entry;
        self.egress == packet.egress
            && self.entry.is_of(&packet.protocol)
            && self.block.is_some_and(|block| block.contains(&packet.address))
            && ports.is_none_or(|(first, last)| (first..=last).contains(&packet.port))
            && icmp.is_none_or(|(kind, code)| {
                [-1, packet.port].contains(&kind) && [-1, packet.code].contains(&code)
            })
    }
}

/// The entries of a state, the lowest number first.
fn rules(entries: &Tree) -> Vec<Rule> {
    let rule = |(key, value): (&String, &Value)| {
        let ((egress, number), entry) = (parsed(key)?, Entry::deserialize(value).ok()?);
        Some(Rule { egress, number, block: entry.block(), entry })
    };
    let mut all: Vec<_> = entries.iter().filter_map(rule).collect();
    all.sort_by_key(|rule| rule.number);
    all
}

/// A packet that a probe stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Packet {
    egress: bool,
    protocol: String,
    address: IpAddr,
    /// Of ICMP the type.
    #[serde(default)]
    port: i64,
    /// Of ICMP the code.
    #[serde(default)]
    code: i64,
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
    let cidr = cidr(text("cidr"))?;
    let has_ports = WITH_PORTS.contains(&protocol.as_str());
    if ports.is_some() && !has_ports {
        return Err(Wrong::new("ports", "only tcp and udp have ports", "remove it"));
    }
    if protocol == ICMP_V6 && !cidr.contains(':') {
        let why = "EC2 takes icmpv6 in an IPv4 block for all of it, and drops the type";
        return Err(Wrong::new("cidr", why, "write an IPv6 block"));
    }
    let entry = Entry {
        action: text("action").to_owned(),
        icmp: icmp(members, &protocol)?,
        protocol,
        cidr,
        ports: has_ports.then(|| ports.map_or(Ok(EVERY_PORT), range)).transpose()?,
    };
    Ok((key(text("direction") == "egress", number), json!(entry)))
}

/// The opposite of [`entry`].
pub(super) fn members(key: &str, value: &Value) -> Tree {
    let (Some((egress, number)), Ok(entry)) = (parsed(key), Entry::deserialize(value)) else {
        return Tree::new();
    };
    let Entry { action, protocol, cidr, ports, icmp } = entry;
    let named = PROTOCOLS.iter().find(|(_, known)| *known == protocol);
    let protocol = named.map_or(protocol.as_str(), |(name, _)| name);
    let direction = if egress { "egress" } else { "ingress" };
    let mut members = Tree::new();
    let mut say = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    say("direction", json!(direction));
    say("rule", json!(number));
    say("action", json!(action));
    say("protocol", json!(protocol));
    say("cidr", json!(cidr));
    if let Some((first, last)) = ports.filter(|ports| *ports != EVERY_PORT) {
        let range = if first == last { first.to_string() } else { format!("{first}-{last}") };
        say("ports", json!(range));
    }
    if let Some((kind, code)) = icmp.filter(|(kind, _)| *kind != -1) {
        say("icmpType", json!(kind));
        if code != -1 {
            say("icmpCode", json!(code));
        }
    }
    members
}

/// Type and code, of protocols that have them.
fn icmp(members: &Tree, protocol: &str) -> Result<Option<(i64, i64)>, Wrong> {
    let number = |name| members.get(name).and_then(Value::as_i64);
    let (kind, code) = (number("icmpType"), number("icmpCode"));
    if ![ICMP, ICMP_V6].contains(&protocol) {
        let named = [("icmpType", kind), ("icmpCode", code)].into_iter();
        let mut named = named.filter_map(|(name, said)| said.map(|_| name));
        return named.next().map_or(Ok(None), |name| {
            Err(Wrong::new(name, "only icmp and icmpv6 have types and codes", "remove it"))
        });
    }
    let (kind, code) = (kind.unwrap_or(-1), code.unwrap_or(-1));
    if kind == -1 && code != -1 {
        let why = "a code says nothing without its type";
        return Err(Wrong::new("icmpCode", why, "write icmpType too, or remove it"));
    }
    Ok(Some((kind, code)))
}

fn protocol(text: &str) -> Result<String, Wrong> {
    let is_named = |(name, number): &&(&str, &str)| [*name, *number].contains(&text);
    let named = PROTOCOLS.iter().find(is_named).map(|(_, number)| *number);
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
    let (Some((egress, number)), Ok(entry)) = (parsed(key), Entry::deserialize(value)) else {
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
        (None, Some((kind, -1))) => format!(" type {kind}"),
        (None, Some((kind, code))) => format!(" type {kind} code {code}"),
    };
    let Entry { action, cidr, .. } = &entry;
    format!("{direction} {number} {action} {protocol}{which} {way} {cidr}")
}

/// Packets that tell all states between two apart: one of each set of entries that fit the same
/// packet. They are looked for where blocks and ranges begin, and right after they end.
pub(super) fn probes(old: &Tree, new: &Tree) -> Vec<Value> {
    let mut found = Vec::new();
    let all: Vec<_> = rules(old).into_iter().chain(rules(new)).collect();
    for egress in [false, true] {
        let rules: Vec<_> = all.iter().filter(|rule| rule.egress == egress).collect();
        let mut seen = BTreeSet::new();
        for address in rules.iter().flat_map(|rule| edges(rule)).collect::<BTreeSet<_>>() {
            let has = |rule: &&&Rule| rule.block.is_some_and(|block| block.contains(&address));
            let here: Vec<&Rule> = rules.iter().filter(has).copied().collect();
            for (protocol, port, code) in sorts(&here) {
                let packet = Packet { egress, protocol, address, port, code };
                let fitting = |(index, rule): (usize, &&Rule)| rule.fits(&packet).then_some(index);
                let fitting: Vec<_> = rules.iter().enumerate().filter_map(fitting).collect();
                if !fitting.is_empty() && seen.insert(fitting) {
                    found.push(json!(packet));
                }
            }
        }
    }
    found
}

/// Protocol, port and code of packets that entries can tell apart.
fn sorts(rules: &[&Rule]) -> Vec<(String, i64, i64)> {
    let named: BTreeSet<&str> = rules.iter().map(|rule| rule.entry.protocol.as_str()).collect();
    // Stands for every protocol that no entry names.
    let mut other = (0..=u8::MAX).rev().map(|number| number.to_string());
    let other = other.find(|number| !named.contains(number.as_str()));
    let protocols = named.iter().filter(|it| **it != ALL).map(|it| (*it).to_owned());
    let mut found = Vec::new();
    for protocol in protocols.chain(other) {
        let of: Vec<_> = rules.iter().filter(|rule| rule.entry.protocol == protocol).collect();
        let ranges = of.iter().filter_map(|rule| rule.entry.ports);
        let kinds = of.iter().filter_map(|rule| rule.entry.icmp.map(|(kind, _)| (kind, kind)));
        let codes = of.iter().filter_map(|rule| rule.entry.icmp.map(|(_, code)| (code, code)));
        let (ports, codes) = (ends(ranges.chain(kinds)), ends(codes));
        let pairs = ports.iter().flat_map(|port| codes.iter().map(move |code| (*port, *code)));
        found.extend(pairs.map(|(port, code)| (protocol.clone(), port, code)));
    }
    found
}

/// Where ranges begin, and right after they end.
fn ends(ranges: impl Iterator<Item = (i64, i64)>) -> BTreeSet<i64> {
    ranges.flat_map(|(first, last)| [first.max(0), last + 1]).chain([0]).collect()
}

/// Where a block begins, and the address after it.
fn edges(rule: &Rule) -> Vec<IpAddr> {
    let Some(block) = rule.block else { return Vec::new() };
    let after: Option<IpAddr> = match block.broadcast() {
        IpAddr::V4(last) => u32::from(last).checked_add(1).map(|it| Ipv4Addr::from(it).into()),
        IpAddr::V6(last) => u128::from(last).checked_add(1).map(|it| Ipv6Addr::from(it).into()),
    };
    [Some(block.network()), after].into_iter().flatten().collect()
}

/// Whether each packet passes: what an entry lets through, or nothing.
pub(super) fn outcomes(entries: &Tree, probes: &[Value]) -> Vec<Option<String>> {
    let rules = rules(entries);
    let outcome = |probe: &Value| {
        let packet = Packet::deserialize(probe).ok()?;
        let first = rules.iter().find(|rule| rule.fits(&packet))?;
        first.entry.allows().then(|| "passes".to_owned())
    };
    probes.iter().map(outcome).collect()
}

/// Whether no direction has more entries of one address family than every account can have.
pub(super) fn fits(entries: &Tree) -> bool {
    counts(entries).all(|(_, count)| count <= IN_EVERY_ACCOUNT)
}

/// How many entries each direction and address family has.
pub(super) fn counts(entries: &Tree) -> impl Iterator<Item = (String, usize)> {
    let each = [(false, false), (false, true), (true, false), (true, true)].into_iter();
    each.map(|(egress, v6)| {
        let is_v6 = |value: &Value| value["cidr"].as_str().is_some_and(|cidr| cidr.contains(':'));
        let of = entries.iter().filter(|(key, value)| {
            parsed(key).is_some_and(|(direction, _)| direction == egress) && is_v6(value) == v6
        });
        let direction = if egress { "egress" } else { "ingress" };
        (format!("{direction} entries for {}", if v6 { "IPv6" } else { "IPv4" }), of.count())
    })
}

/// An entry that allows lets through and one that denies stops, wherever they stand. An ACL keeps
/// no connections: what is stopped stops at once.
pub(super) fn risk(_: &str, old: Option<&Value>, new: Option<&Value>, _: [&Tree; 2]) -> Risk {
    let closing = Risk::TIGHTENS.cutting_connections();
    let read = |value: Option<&Value>| value.and_then(|value| Entry::deserialize(value).ok());
    match (read(old), read(new)) {
        (None, Some(entry)) if old.is_none() => {
            if entry.allows() {
                Risk::LOOSENS
            } else {
                closing
            }
        }
        (Some(entry), None) => {
            if entry.allows() {
                closing
            } else {
                Risk::LOOSENS
            }
        }
        (Some(old), Some(new)) => match (old.allows(), new.allows()) {
            (true, false) => closing,
            (false, true) => Risk::LOOSENS,
            // The same for less, or for more.
            (allows, _) if old.covers(&new) => {
                if allows {
                    closing
                } else {
                    Risk::LOOSENS
                }
            }
            (allows, _) if new.covers(&old) => {
                if allows {
                    Risk::LOOSENS
                } else {
                    closing
                }
            }
            _ => Risk::REPLACES.cutting_connections(),
        },
        // What one does that does not read is not known.
        _ => Risk::REPLACES.cutting_connections(),
    }
}
