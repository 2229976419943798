//! From a live group back to a spec. Rules of equal description and traffic are one entry, and so
//! are those that differ in ports only.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    peer::{OtherGroup, Peer},
    peers::PEERS,
    quota::{DEFAULT_QUOTA, Quota},
    rule::Direction,
    state::{Rules, State},
    traffic::{Messages, Ports, Traffic},
};
use crate::{
    kind::{Accepts, LookupKind, Naming, Written, table::Tree},
    kinds::cloud_control::ec2_vpc,
};

/// An entry of a manifest, without ports and peers: what must be equal in the rules of one entry.
type Head = (String, &'static str, Option<Messages>, Option<u8>);

/// What a manifest says about this group.
pub(super) fn written(have: &State, by: &dyn Naming) -> Written {
    let mut spec = Tree::new();
    let name = have.group_name.as_deref().unwrap_or_default();
    if name != by.name() && !name.is_empty() {
        spec.insert("groupName".to_owned(), json!(by.text(name)));
    }
    if let Some(description) = have.description.as_deref().filter(|text| !text.is_empty()) {
        spec.insert("description".to_owned(), json!(by.text(description)));
    }
    if let Some(vpc) = &have.vpc {
        let accepts = Accepts::id_or_lookup(ec2_vpc::NAME, LookupKind::Vpc);
        spec.insert("vpc".to_owned(), by.target(accepts, vpc));
    }
    for direction in Direction::BOTH {
        if let Some(rules) = have.rules_of(direction) {
            spec.insert(direction.as_str().to_owned(), entries(rules, direction, by));
        }
    }
    if let Some(quota) = raised(have) {
        spec.insert("ruleQuota".to_owned(), json!(quota));
    }
    Written { spec, left_out: Vec::new() }
}

/// The quota that the group shows to have been raised. Prefix lists count with their entries, which
/// are not known here.
fn raised(have: &State) -> Option<u32> {
    let weights = BTreeMap::new();
    let quota = Quota { limit: DEFAULT_QUOTA, weights: &weights };
    let counts = Direction::BOTH.into_iter().filter_map(|direction| have.rules_of(direction));
    let counts = counts.flat_map(|rules| quota.count(rules.0.keys().map(|rule| &rule.peer), 1));
    counts.max().filter(|count| *count > DEFAULT_QUOTA)
}

fn entries(rules: &Rules, direction: Direction, by: &dyn Naming) -> Value {
    let mut peers: BTreeMap<(Head, Option<Ports>), BTreeSet<&Peer>> = BTreeMap::new();
    for (rule, description) in &rules.0 {
        let description = description.clone().unwrap_or_default();
        let (protocol, ports, messages, number) = parts(rule.traffic);
        let head = (description, protocol, messages, number);
        peers.entry((head, ports)).or_default().insert(&rule.peer);
    }
    let mut merged: BTreeMap<(Head, BTreeSet<&Peer>), BTreeSet<Ports>> = BTreeMap::new();
    for ((head, ports), peers) in peers {
        merged.entry((head, peers)).or_default().extend(ports);
    }
    let entry = |((head, peers), ports): ((Head, BTreeSet<&Peer>), BTreeSet<Ports>)| {
        let (description, protocol, messages, number) = head;
        let mut entry = Tree::new();
        if !description.is_empty() {
            entry.insert("description".to_owned(), json!(by.text(&description)));
        }
        let protocol = number.map_or(json!(protocol), |number| json!(number));
        entry.insert("protocol".to_owned(), protocol);
        if !ports.is_empty() {
            let all: Vec<Value> = ports.into_iter().map(port).collect();
            let ports = if let [one] = &all[..] { one.clone() } else { json!(all) };
            entry.insert("ports".to_owned(), ports);
        }
        if let Some(messages) = messages {
            entry.insert("icmp".to_owned(), icmp(messages));
        }
        let peers = peers.into_iter().map(|it| peer(it, by));
        entry.insert(direction.preposition().to_owned(), peers.collect());
        Value::Object(entry)
    };
    merged.into_iter().map(entry).collect()
}

fn parts(traffic: Traffic) -> (&'static str, Option<Ports>, Option<Messages>, Option<u8>) {
    match traffic {
        Traffic::All => ("all", None, None, None),
        Traffic::Tcp(ports) => ("tcp", Some(ports), None, None),
        Traffic::Udp(ports) => ("udp", Some(ports), None, None),
        Traffic::Icmp(messages) => ("icmp", None, Some(messages), None),
        Traffic::Icmpv6(messages) => ("icmpv6", None, Some(messages), None),
        Traffic::Other(number) => ("", None, None, Some(number)),
    }
}

fn port(ports: Ports) -> Value {
    match ports {
        Ports::ALL => json!("all"),
        Ports { from, to } if from == to => json!(from),
        Ports { from, to } => json!(format!("{from}-{to}")),
    }
}

fn icmp(messages: Messages) -> Value {
    match messages {
        Messages::All => json!({}),
        Messages::Type(kind) => json!({"type": kind}),
        Messages::Code(kind, code) => json!({"type": kind, "code": code}),
    }
}

fn peer(peer: &Peer, by: &dyn Naming) -> Value {
    match peer {
        Peer::Group(OtherGroup { id, account, .. }) => {
            let named = by.target(PEERS, id);
            match account {
                Some(account) if named.is_string() => json!(format!("{account}/{id}")),
                _ => named,
            }
        }
        Peer::PrefixList(id) => by.target(PEERS, id),
        other => json!(other.to_string()),
    }
}
