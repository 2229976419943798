//! The fixed addresses of an interface endpoint, one for each of its subnets.
//!
//! EC2 shows them with the network interfaces only, which are read where a manifest names
//! addresses.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, Ipv6Addr},
};

use serde_json::{Value, json};

use super::{
    leaves::{ADDRESSES, modify},
    rules::INTERFACE,
};
use crate::{
    kind::{
        Invalid,
        table::{Absent, Check, Compare, Form, Gives, How, Leaf, Null, RiskOf, Tree, get, texts},
    },
    model::Risk,
};

/// The row.
pub(super) const FIXED: &str = "addresses";
/// More zones than any Region has.
const MAX: usize = 16;

/// EC2 replaces the network interface of a subnet whose address is set, which disconnects it for a
/// while (EC2 API reference, `SubnetConfiguration`).
pub(super) fn leaf() -> Leaf {
    let member = |path: &'static str, about: &'static str, form: Form| Leaf {
        null: Null::Absent,
        ..Leaf::harmless(path, about, form, How::Argument)
    };
    let subnet = Leaf {
        absent: Absent::Required("is missing".into(), "write the subnet's id".into()),
        null: Null::Refused,
        ..member("subnet", "The subnet, by its id.", Form::Text(Check::Form(wrong_subnet)))
    };
    let rows = vec![
        subnet,
        member(
            "ipv4",
            "The IPv4 address; required unless `ipAddressType` is `ipv6`.",
            Form::Text(Check::Form(wrong_ipv4)),
        ),
        member(
            "ipv6",
            "The IPv6 address; required where `ipAddressType` is `ipv6` or `dualstack`.",
            Form::Text(Check::Form(wrong_ipv6)),
        ),
    ];
    let of = Form::Group {
        name: "EndpointAddress".into(),
        about: "The addresses of an endpoint in one subnet.".into(),
        rows,
    };
    let too_many = ("{count} subnets; an endpoint has one a zone".into(), "name each once".into());
    Leaf {
        compare: Compare::Set,
        null: Null::Absent,
        risk: RiskOf::Always(Risk::NEUTRAL.cutting_connections()),
        gives: Gives::Nothing,
        ..Leaf::harmless(
            FIXED,
            "Fixed addresses of the network interfaces, one entry for each of `subnets`, which \
             must then be a list of\nids. Interface endpoints only. Where one changes, AWS \
             replaces the network interface, which cuts its\nconnections. Default: AWS chooses, \
             not managed.",
            Form::Items { of: Box::new(of), max: (MAX, too_many) },
            How::By(modify("set the addresses of the network interfaces")),
        )
    }
}

fn wrong_subnet(id: &str) -> Option<(&'static str, &'static str)> {
    let fits = id.strip_prefix("subnet-").is_some_and(|rest| !rest.is_empty());
    (!fits).then_some(("is not the id of a subnet", "write subnet-…"))
}

fn wrong_ipv4(address: &str) -> Option<(&'static str, &'static str)> {
    let fits = address.parse::<Ipv4Addr>().is_ok();
    (!fits).then_some(("is not an IPv4 address", "write one of the subnet, such as 10.0.0.10"))
}

fn wrong_ipv6(address: &str) -> Option<(&'static str, &'static str)> {
    let parsed: Option<Ipv6Addr> = address.parse().ok();
    match parsed {
        None => Some(("is not an IPv6 address", "write one of the subnet")),
        // EC2 shows one spelling.
        Some(parsed) if parsed.to_string() != address => Some((
            "is not in the usual spelling",
            "write it in lower case, and as short as it can be",
        )),
        Some(_) => None,
    }
}

/// What does not fit: each subnet of the endpoint has one entry, and an entry has an address of
/// each family that the endpoint has (EC2 API reference, `SubnetConfiguration`).
pub(super) fn problems(want: &Tree) -> Vec<Invalid> {
    let Some(entries) = get(want, FIXED).as_array() else { return Vec::new() };
    let mut problems = Vec::new();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let mut named = BTreeSet::new();
    let (v4, v6) = match get(want, ADDRESSES).as_str() {
        Some("dualstack") => (true, true),
        Some("ipv6") => (false, true),
        _ => (true, false),
    };
    for (index, entry) in entries.iter().enumerate() {
        let subnet = text(entry, "subnet");
        if subnet.is_empty() {
            let why = "is missing";
            let field = format!("{FIXED}[{index}].subnet");
            problems.push(Invalid::new(field, why).help("write the subnet's id"));
        }
        if !named.insert(subnet.clone()) {
            let why = format!("`{subnet}` has an entry already");
            problems.push(Invalid::new(format!("{FIXED}[{index}].subnet"), why).help("keep one"));
        }
        for (family, is_needed) in [("ipv4", v4), ("ipv6", v6)] {
            let field = format!("{FIXED}[{index}].{family}");
            let is_there = !text(entry, family).is_empty();
            if is_needed && !is_there {
                let why = "is missing; an endpoint with fixed addresses has one of each family";
                problems.push(Invalid::new(field, why).help("write it, or set `ipAddressType`"));
            } else if is_there && !is_needed {
                let why = "belongs to a family that the endpoint does not have";
                problems.push(Invalid::new(field, why).help("remove it, or set `ipAddressType`"));
            }
        }
    }
    let sets = get(want, "subnets").as_array().map_or(&[][..], Vec::as_slice);
    let is_list = sets.iter().all(|set| texts(set).count() == 1);
    let used: BTreeSet<String> = sets.iter().flat_map(texts).map(str::to_owned).collect();
    if !is_list || used != named {
        let why = "names other subnets than `subnets`";
        let help = "list the ids in `subnets`, and give each an entry here";
        problems.push(Invalid::new(FIXED, why).help(help));
    }
    problems
}

/// Leaves out the entries of subnets that are left out.
pub(super) fn keep(want: &mut Tree) {
    let used: BTreeSet<String> = get(want, "subnets")
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(texts)
        .map(str::to_owned)
        .collect();
    let is_known = !used.iter().any(|id| crate::kind::is_placeholder(id));
    if let (true, Some(Value::Array(entries))) = (is_known, want.get_mut(FIXED)) {
        entries.retain(|entry| entry["subnet"].as_str().is_some_and(|id| used.contains(id)));
    }
}

/// The entries that differ from the live ones: setting an address that is there already would
/// replace its network interface all the same.
pub(super) fn changed<'v>(new: &'v Value, old: &Value) -> Vec<&'v Value> {
    let old = old.as_array().map_or(&[][..], Vec::as_slice);
    let fits = |new: &Value| {
        old.iter().any(|live| {
            ["subnet", "ipv4", "ipv6"]
                .iter()
                .all(|name| new[*name].is_null() || new[*name] == live[*name])
        })
    };
    new.as_array().into_iter().flatten().filter(|entry| !fits(entry)).collect()
}

/// An entry as a live state has it.
pub(super) fn entry(subnet: &str, ipv4: Option<&str>, ipv6: Option<&str>) -> Value {
    let members = [("subnet", Some(subnet)), ("ipv4", ipv4), ("ipv6", ipv6)];
    let there =
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    Value::Object(there.collect())
}

/// The types of endpoints that have fixed addresses.
pub(super) const OF_TYPES: &[&str] = &[INTERFACE];
