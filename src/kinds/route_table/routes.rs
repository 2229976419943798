//! What routes do: the most specific one that fits an address decides (Amazon VPC guide, "Route
//! priority").

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::{
    kind::{
        is_placeholder,
        table::{Tree, Wrong},
    },
    model::Risk,
};

/// The prefixes of targets' ids, and what each is (EC2 API reference, `CreateRoute`).
pub(super) const TARGETS: [(&str, &str); 11] = [
    ("igw-", "internet gateway"),
    ("eigw-", "egress-only internet gateway"),
    ("nat-", "NAT gateway"),
    ("tgw-", "transit gateway"),
    ("vgw-", "virtual private gateway"),
    ("pcx-", "VPC peering connection"),
    ("vpce-", "Gateway Load Balancer endpoint"),
    ("eni-", "network interface"),
    ("i-", "instance"),
    ("cagw-", "carrier gateway"),
    ("lgw-", "local gateway"),
];
/// What is in the ARNs of targets that are named by their ARN, and what each is (EC2 API reference,
/// `CreateRoute`; service authorization reference, resource types of AWS Network Manager and of
/// Oracle Database@AWS).
const TARGETS_BY_ARN: [(&str, &str); 2] =
    [(CORE_NETWORK, "core network"), (ODB_NETWORK, "ODB network")];
/// In the ARN of a core network.
const CORE_NETWORK: &str = ":core-network/";
/// In the ARN of an ODB network.
const ODB_NETWORK: &str = ":odb-network/";
/// Routes of one address family that every account can have (Amazon VPC quotas).
const IN_EVERY_ACCOUNT: usize = 50;
/// How the ids of prefix lists begin.
pub(super) const PREFIX_LIST: &str = "pl-";

/// Routes as manifests write them.
pub(super) fn examples() -> Vec<Tree> {
    let route = |(to, via): (&str, &str)| {
        Tree::from_iter([("to".to_owned(), json!(to)), ("via".to_owned(), json!(via))])
    };
    [
        ("0.0.0.0/0", "nat-0123456789abcdef0"),
        ("0.0.0.0/0", "igw-0123456789abcdef0"),
        ("10.0.0.0/8", "tgw-0123456789abcdef0"),
        ("10.0.0.0/8", "nat-0123456789abcdef0"),
        ("10.1.0.0/16", "pcx-0123456789abcdef0"),
        ("10.1.0.0/16", "tgw-0123456789abcdef0"),
        ("::/0", "eigw-0123456789abcdef0"),
        ("pl-0123456789abcdef0", "vgw-0123456789abcdef0"),
    ]
    .map(route)
    .into()
}

/// Destination and target of a route in a manifest.
pub(super) fn entry(members: &Tree) -> Result<(String, Value), Wrong> {
    let text = |name| members.get(name).and_then(Value::as_str).unwrap_or_default();
    let (to, via) = (text("to"), text("via"));
    if !is_placeholder(via) && sort(via).is_none() {
        let known: Vec<_> = TARGETS.iter().map(|(prefix, _)| format!("`{prefix}…`")).collect();
        let help = format!(
            "write an id: {}; the ARN of a core network or an ODB network; or a reference to an \
             endpoint",
            known.join(", ")
        );
        return Err(Wrong::new("via", format!("`{via}` is not the id of a target"), help));
    }
    Ok((destination(to)?, json!(via)))
}

/// What a target is, by its id or ARN.
pub(super) fn sort(via: &str) -> Option<&'static str> {
    let goes_on = |rest: &str| !rest.is_empty();
    let by_id = |(prefix, _): &&(&str, &str)| via.strip_prefix(prefix).is_some_and(goes_on);
    let by_arn = |(part, _): &&(&str, &str)| {
        via.starts_with("arn:") && via.split_once(part).is_some_and(|(_, rest)| goes_on(rest))
    };
    let found = TARGETS.iter().find(by_id).or_else(|| TARGETS_BY_ARN.iter().find(by_arn));
    found.map(|(_, what)| *what)
}

/// Whether the target is a core network.
pub(super) fn is_core_network(via: &str) -> bool {
    via.contains(CORE_NETWORK)
}

/// Whether the target is an ODB network.
pub(super) fn is_odb_network(via: &str) -> bool {
    via.contains(ODB_NETWORK)
}

fn destination(to: &str) -> Result<String, Wrong> {
    if is_placeholder(to) || to.strip_prefix(PREFIX_LIST).is_some_and(|id| !id.is_empty()) {
        return Ok(to.to_owned());
    }
    let Ok(block) = to.parse::<IpNet>() else {
        let help = "write a CIDR block such as 0.0.0.0/0, or the id of a prefix list";
        return Err(Wrong::new("to", format!("`{to}` is not a destination"), help));
    };
    if block.trunc() != block {
        let why = format!("`{to}` has bits behind its prefix, which EC2 drops");
        return Err(Wrong::new("to", why, format!("write {}", block.trunc())));
    }
    Ok(block.to_string())
}

/// The opposite of [`entry`].
pub(super) fn members(to: &str, via: &Value) -> Tree {
    Tree::from_iter([("to".to_owned(), json!(to)), ("via".to_owned(), via.clone())])
}

/// A route on one line.
pub(super) fn shown(to: &str, via: &Value) -> String {
    let via = via.as_str().unwrap_or_default();
    match sort(via) {
        Some(what) => format!("{to} to {what} {via}"),
        None => format!("{to} to {via}"),
    }
}

/// Addresses that tell all states between two apart: where a block begins, and where one that lies
/// in it ends. What is behind a prefix list is not known: it is a destination of its own.
pub(super) fn probes(old: &Tree, new: &Tree) -> Vec<Value> {
    let mut all = Vec::new();
    for to in old.keys().chain(new.keys()) {
        match to.parse::<IpNet>() {
            Ok(block) => {
                all.push(json!(block.network().to_string()));
                all.extend(after(&block).map(|address| json!(address.to_string())));
            }
            Err(_) => all.push(json!(to)),
        }
    }
    all.sort_by_cached_key(Value::to_string);
    all.dedup();
    all
}

fn after(block: &IpNet) -> Option<IpAddr> {
    match block.broadcast() {
        IpAddr::V4(last) => u32::from(last).checked_add(1).map(|it| Ipv4Addr::from(it).into()),
        IpAddr::V6(last) => u128::from(last).checked_add(1).map(|it| Ipv6Addr::from(it).into()),
    }
}

/// Where each address is routed.
pub(super) fn outcomes(routes: &Tree, probes: &[Value]) -> Vec<Option<String>> {
    let block = |(to, via): (&String, &Value)| Some((to.parse::<IpNet>().ok()?, via.clone()));
    let blocks: Vec<_> = routes.iter().filter_map(block).collect();
    let outcome = |probe: &Value| {
        let probe = probe.as_str().unwrap_or_default();
        let target = match probe.parse::<IpAddr>() {
            Err(_) => routes.get(probe),
            Ok(address) => {
                let fitting = blocks.iter().filter(|(block, _)| block.contains(&address));
                fitting.max_by_key(|(block, _)| block.prefix_len()).map(|(_, via)| via)
            }
        };
        target.and_then(Value::as_str).map(str::to_owned)
    };
    probes.iter().map(outcome).collect()
}

/// Whether no address family has more routes than every account can have.
pub(super) fn fits(routes: &Tree) -> bool {
    let (v6, other): (Vec<_>, Vec<_>) = routes.keys().partition(|to| to.contains(':'));
    [v6, other].iter().all(|family| family.len() <= IN_EVERY_ACCOUNT)
}

/// A route that comes may divert what a wider one takes elsewhere; what one that goes has taken may
/// go there then.
pub(super) fn risk(to: &str, old: Option<&Value>, new: Option<&Value>, around: [&Tree; 2]) -> Risk {
    let target = old.or(new);
    let own = to.parse::<IpNet>().ok();
    let is_wider = |(other, via): (&String, &Value)| {
        // The content of a prefix list is not known.
        let covers = || match (own, other.parse::<IpNet>()) {
            (Some(own), Ok(other)) => other.contains(&own),
            _ => true,
        };
        other != to && Some(via) != target && covers()
    };
    let has_wider = around.into_iter().flatten().any(is_wider);
    match (old, new) {
        (None, _) if has_wider => Risk::REPLACES.cutting_connections(),
        (None, _) => Risk::LOOSENS,
        (Some(_), None) if has_wider => Risk::REPLACES.cutting_connections(),
        (Some(_), None) => Risk::TIGHTENS.cutting_connections(),
        (Some(_), Some(_)) => Risk::REPLACES.cutting_connections(),
    }
}
