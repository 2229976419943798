//! Where subnets lead.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    baseline::{Breach, Facts, Reach, Rule, Severity, Wanted},
    kinds::{
        cloud_control::{self, baseline::Declared, ec2_nat_gateway, ec2_subnet, ec2_vpc},
        route_table::{self, Routes},
    },
};

/// The tag by which a subnet says who reaches it: `public`, `private`, or `isolated`, which reaches
/// nobody outside of the VPC either.
const TIER: &str = "tier";
/// The tag by which a subnet says how what is in it reaches other networks: `none`, `nat`, `tgw`.
const EGRESS: &str = "egress";
/// Everywhere.
const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "NET-01",
        severity: Severity::High,
        kind: route_table::NAME,
        title: "Private subnets reach no internet gateway",
        why: "What has a public address in such a subnet is reached from everywhere, past the NAT \
              gateway and the endpoints.",
        source: "SageMaker developer guide, \"Connect Studio in a VPC to external resources\"; \
                 Amazon VPC user guide, \"VPC with servers in private subnets and NAT\"",
        help: "lead the route to a NAT gateway or a transit gateway, or leave it out; or tag the \
               subnet `tier: public`",
        reach: Reach::Manifest,
        check: leading_out,
    },
    Rule {
        id: "NET-02",
        severity: Severity::High,
        kind: route_table::NAME,
        title: "Private subnets leave the VPC as they say, through NAT or a transit gateway only",
        why: "A way out that nobody decided on takes data past the endpoints and their policies.",
        source: "SageMaker developer guide, \"Connect Studio in a VPC to external resources\"; \
                 Amazon VPC user guide, \"Example routing options\"",
        help: "tag the subnet `egress: nat` or `egress: tgw` as its table leads, or leave the \
               route out; without the tag there is none",
        reach: Reach::Manifest,
        check: leaving,
    },
    Rule {
        id: "NAT-01",
        severity: Severity::High,
        kind: ec2_nat_gateway::NAME,
        title: "A NAT gateway is in a public subnet",
        why: "In a private one it has no way out itself, or a route to an internet gateway makes \
              that subnet public.",
        source: "Amazon VPC user guide, \"NAT gateways\"",
        help: "put it in a subnet tagged `tier: public`",
        reach: Reach::Manifest,
        check: |facts| {
            let subnets = subnets(facts);
            let inside = cloud_control::baseline::all(facts, ec2_nat_gateway::NAME).filter(|nat| {
                let subnet = nat.state.property("SubnetId").as_str();
                subnet.and_then(|id| subnets.get(id)).is_some_and(is_private)
            });
            inside.map(|it| it.breach("properties.SubnetId", "its subnet is private")).collect()
        },
    },
    Rule {
        id: "NAT-02",
        severity: Severity::High,
        kind: route_table::NAME,
        title: "Isolated subnets have no route to a NAT gateway",
        why: "What is isolated there has a way to the internet all the same.",
        source: "Amazon VPC user guide, \"NAT gateways\"; AWS whitepaper \"SageMaker Studio \
                 Administration Best Practices\", network management",
        help: "leave the route out, or no longer tag the subnet `tier: isolated` or `egress: none`",
        reach: Reach::Manifest,
        check: |facts| {
            each(facts, |table, subnet| {
                let to = ways(table).find(|(_, via)| is_isolated(subnet) && sort(via) == "nat")?.0;
                let name = &subnet.address().name;
                Some(format!("subnet {name} is isolated, and {to} leads to a NAT gateway"))
            })
        },
    },
    Rule {
        id: "RT-01",
        severity: Severity::Medium,
        kind: route_table::NAME,
        title: "Only declared subnets of one tier use a route table",
        why: "A subnet that nobody looked at leads where the table leads, and one table for \
              private and public subnets leads both out.",
        source: "Amazon VPC user guide, \"Configure route tables\" (subnet route tables)",
        help: "list declared subnets of one tier under `subnets`, `[]` for none, and give others \
               a table of their own",
        reach: Reach::Manifest,
        check: used,
    },
];

type Subnet<'f> = Wanted<'f, Declared>;

/// The subnets that manifests declare, by their ids.
fn subnets<'f>(facts: &'f Facts<'_>) -> BTreeMap<&'f str, Subnet<'f>> {
    let all = cloud_control::baseline::all(facts, ec2_subnet::NAME);
    all.filter_map(|subnet| Some((facts.id_of(subnet.address())?, subnet))).collect()
}

/// The value of a tag of a subnet.
fn tag<'f>(subnet: &Subnet<'f>, name: &str) -> Option<&'f str> {
    subnet.written("tags")?.get(name)?.as_str()
}

/// Whether the manifest says that the internet does not reach it.
fn is_private(subnet: &Subnet<'_>) -> bool {
    matches!(tag(subnet, TIER), Some("private" | "isolated"))
}

/// Whether the manifest says that it reaches nothing outside of the VPC.
fn is_isolated(subnet: &Subnet<'_>) -> bool {
    tag(subnet, TIER) == Some("isolated") || tag(subnet, EGRESS) == Some("none")
}

/// The routes of a table: destination and target.
fn ways(table: &Routes) -> impl Iterator<Item = (&str, &str)> {
    let all = table.routes.iter().flatten();
    all.filter_map(|(to, via)| Some((to.as_str(), via.as_str()?)))
}

/// The sort of a target, by the beginning of its id.
fn sort(via: &str) -> &str {
    via.split('-').next().unwrap_or_default()
}

/// A breach of each table, at its routes, for each declared subnet that uses it and for which
/// `wrong` returns a reason.
fn each(facts: &Facts<'_>, wrong: impl Fn(&Routes, &Subnet<'_>) -> Option<String>) -> Vec<Breach> {
    let subnets = subnets(facts);
    let mut found = Vec::new();
    for table in facts.of::<Routes>() {
        let users = table.state.subnets.iter().flatten();
        let users = users.filter_map(|id| subnets.get(id.as_str()));
        found.extend(users.filter_map(|subnet| {
            wrong(table.state, subnet).map(|why| table.breach("routes", why))
        }));
    }
    found
}

fn leading_out(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, |table, subnet| {
        let mut out = ways(table).filter(|(to, via)| EVERYWHERE.contains(to) && sort(via) == "igw");
        let (to, _) = out.next().filter(|_| is_private(subnet))?;
        Some(format!("private subnets reach an internet gateway ({to})"))
    })
}

fn leaving(facts: &Facts<'_>) -> Vec<Breach> {
    each(facts, |table, subnet| {
        let said = tag(subnet, EGRESS);
        if !is_private(subnet) && said.is_none() {
            return None;
        }
        let name = &subnet.address().name;
        let out = || ways(table).filter(|(to, _)| EVERYWHERE.contains(to));
        let other = out().find(|(_, via)| match sort(via) {
            // NET-01 is about those.
            "igw" => false,
            // NAT-02 is about these.
            "nat" if is_isolated(subnet) => false,
            way @ ("nat" | "tgw") => said != Some(way),
            _ => true,
        });
        let says =
            said.map_or_else(|| "nothing of `egress`".to_owned(), |it| format!("`egress: {it}`"));
        if let Some((to, via)) = other {
            return Some(format!("{to} leads to {}-…, and subnet {name} says {says}", sort(via)));
        }
        let way = said.filter(|way| *way != "none")?;
        let is_there = table.routes.is_none() || out().any(|(_, via)| sort(via) == way);
        (!is_there).then(|| format!("subnet {name} says {says}, and no route leads there"))
    })
}

/// A network that manifests declare has no other subnets than those that they declare.
fn used(facts: &Facts<'_>) -> Vec<Breach> {
    let subnets = subnets(facts);
    let networks = cloud_control::baseline::all(facts, ec2_vpc::NAME);
    let networks: BTreeSet<&str> = networks.filter_map(|vpc| facts.id_of(vpc.address())).collect();
    let mut found = Vec::new();
    for table in facts.of::<Routes>() {
        let declared = networks.contains(table.state.vpc.as_str());
        let written = table.written("subnets").and_then(Value::as_array);
        for (number, id) in written.into_iter().flatten().enumerate() {
            let id = id.as_str().filter(|id| id.starts_with("subnet-"));
            if let Some(id) = id.filter(|id| declared && !subnets.contains_key(id)) {
                let why = format!("no manifest declares {id}");
                found.push(table.breach(format!("subnets[{number}]"), why));
            }
        }
        let Routes { subnets: users, gateways, .. } = table.state;
        if declared && users.is_none() && gateways.is_none() {
            found.push(table.breach("subnets", "which subnets use the table is not managed"));
        }
        let users = users.iter().flatten().filter_map(|id| subnets.get(id.as_str()));
        let tiers: BTreeSet<&str> = users.filter_map(|subnet| tag(subnet, TIER)).collect();
        if tiers.len() > 1 {
            let tiers = tiers.into_iter().collect::<Vec<_>>().join(" and ");
            found.push(table.breach("subnets", format!("{tiers} subnets use one table")));
        }
    }
    found
}
