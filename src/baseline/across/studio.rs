//! Whether Studio works in its VPC: names, groups, routes and keys on the way from its apps to the
//! services that they need.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    baseline::{Breach, Facts, Reach, Rule, Severity, Wanted},
    kinds::{
        cloud_control::{self, ec2_vpc},
        route_table::{self, Routes},
        sagemaker_domain::{
            self,
            baseline::{app_groups, is_vpc_only, vpc},
        },
        security_group::{
            Direction, Peer,
            baseline::{Group, HTTPS, group},
        },
        vpc_endpoint::{
            State,
            baseline::{is_for, is_gateway},
        },
    },
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "NET-06",
        severity: Severity::High,
        kind: ec2_vpc::NAME,
        title: "The VPC of a domain resolves the names of its endpoints",
        why: "Private DNS needs both: without it every SDK call leaves for the public address, and \
              hangs.",
        source: "AWS PrivateLink guide, \"Private DNS names\" of interface endpoints; SageMaker \
                 developer guide, \"Connect Studio in a VPC to external resources\"",
        help: "write `EnableDnsSupport: true` and `EnableDnsHostnames: true`",
        reach: Reach::Manifest,
        check: names,
    },
    Rule {
        id: "SMD-18",
        severity: Severity::High,
        kind: sagemaker_domain::NAME,
        title: "The apps of a VpcOnly domain may connect to the endpoints of its VPC",
        why: "Apps and SDKs hang while they start: nothing says that a group of theirs stops them.",
        source: "SageMaker developer guide, \"Connect Studio in a VPC to external resources\" \
                 (VpcOnly); AWS PrivateLink guide, \"Security groups\" of interface endpoints",
        help: "let a group of the apps send tcp 443 to the group of the endpoints",
        reach: Reach::Manifest,
        check: reached,
    },
    Rule {
        id: "EP-11",
        severity: Severity::High,
        kind: route_table::NAME,
        title: "Each table of a domain's subnets has the route to S3",
        why: "Data, images and models are in S3: a subnet without the route of the gateway \
              endpoint takes another way out of the VPC, or none.",
        source: "Amazon VPC user guide, \"Gateway endpoints for Amazon S3\"; SageMaker developer \
                 guide, \"Connect Studio in a VPC to external resources\"",
        help: "name the table under `routeTables` of the endpoint for S3",
        reach: Reach::Manifest,
        check: routes_to_s3,
    },
];

/// The VpcOnly domains, each with its scope and VPC.
fn domains<'f>(
    facts: &'f Facts<'_>,
) -> impl Iterator<Item = (Wanted<'f, sagemaker_domain::State>, &'f str, &'f str)> {
    let all = facts.of::<sagemaker_domain::State>().filter(|it| is_vpc_only(it.state));
    all.filter_map(|it| Some((it, it.address().scope.as_str(), vpc(it.state)?)))
}

fn endpoints<'f>(
    facts: &'f Facts<'_>,
    scope: &'f str,
    vpc: &'f str,
) -> impl Iterator<Item = Wanted<'f, State>> {
    facts.of::<State>().filter(move |it| it.address().scope == scope && it.state.vpc == vpc)
}

fn names(facts: &Facts<'_>) -> Vec<Breach> {
    let used: BTreeSet<&str> = domains(facts).map(|(_, _, vpc)| vpc).collect();
    let mut found = Vec::new();
    for vpc in cloud_control::baseline::all(facts, ec2_vpc::NAME) {
        if !facts.id_of(vpc.address()).is_some_and(|id| used.contains(id)) {
            continue;
        }
        // AWS's default of the first is on, and of the second off (EC2 API reference).
        for (name, default) in [("EnableDnsSupport", true), ("EnableDnsHostnames", false)] {
            if !vpc.state.property(name).as_bool().unwrap_or(default) {
                let why = "a domain is in it, and the names of its endpoints do not resolve there";
                found.push(vpc.breach(format!("properties.{name}"), why));
            }
        }
    }
    found
}

fn reached(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for (domain, scope, vpc) in domains(facts) {
        let apps: Vec<_> =
            app_groups(domain.state).iter().filter_map(|id| group(facts, id)).collect();
        if apps.is_empty() {
            continue;
        }
        let cut_off: Vec<&str> = endpoints(facts, scope, vpc)
            .filter(|endpoint| {
                let groups = endpoint.state.security_groups.as_ref();
                groups.is_some_and(|ids| !apps.iter().any(|apps| sends(apps.state, ids)))
            })
            .map(|endpoint| endpoint.address().name.as_str())
            .collect();
        if !cut_off.is_empty() {
            let why = format!("none of its groups may send tcp 443 to {}", cut_off.join(", "));
            found.push(domain.breach("defaultUserSettings.securityGroups", why));
        }
    }
    found
}

/// Whether a group lets its members connect to one of these on HTTPS.
fn sends(group: &Group, to: &BTreeSet<String>) -> bool {
    group.keeps_default(Direction::Egress)
        || group.of(Direction::Egress).any(|listed| {
            let there = match &listed.rule.peer {
                Peer::Group(other) => to.contains(&other.id),
                Peer::Myself => to.contains(&group.id),
                // The endpoints' addresses are not known.
                Peer::Cidr(_) | Peer::Pending(_) => true,
                Peer::PrefixList(_) => false,
            };
            there && listed.rule.traffic.covers(&HTTPS)
        })
}

fn routes_to_s3(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for (domain, scope, vpc) in domains(facts) {
        let mut subnets = BTreeSet::new();
        domain.state.at("subnets").into_iter().for_each(|it| named(it, &mut subnets));
        let gateways = || {
            endpoints(facts, scope, vpc).filter(|it| is_gateway(it.state) && is_for(it.state, "s3"))
        };
        let has_route = |id: &str| {
            gateways().any(|it| it.state.route_tables.as_ref().is_some_and(|all| all.contains(id)))
        };
        if gateways().next().is_none() {
            // EP-01 says so.
            continue;
        }
        for table in facts.of::<Routes>().filter(|it| it.address().scope == scope) {
            let used = table.state.subnets.iter().flatten();
            let is_used = used.map(String::as_str).any(|subnet| subnets.contains(subnet));
            if is_used && !facts.id_of(table.address()).is_some_and(has_route) {
                let why = format!("the subnets of {} have no route to S3", domain.address().name);
                found.push(table.breach("subnets", why));
            }
        }
    }
    found
}

/// The ids in a list, or in lists of alternatives.
fn named<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(id) => drop(found.insert(id)),
        Value::Array(all) => all.iter().for_each(|it| named(it, found)),
        _ => {}
    }
}
