//! Which endpoints the VPC of a domain has, and whether the domain's apps reach them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    baseline::{Breach, Facts, Reach, Rule, Severity, Wanted},
    kinds::{
        cloud_control::{self, ec2_subnet},
        sagemaker_domain::{
            self,
            baseline::{app_groups, is_vpc_only, vpc},
        },
        security_group::{
            self, Direction,
            baseline::{HTTPS, Listed, breach, group, to_everywhere},
        },
        vpc_endpoint::{
            self, State,
            baseline::{is_for, is_gateway},
        },
    },
};

/// The endpoints that a VpcOnly domain needs (SageMaker developer guide), with `sts` and `logs`,
/// which jobs and their logs use.
const NEEDED: [&str; 5] = ["sagemaker.api", "sagemaker.runtime", "s3", "sts", "logs"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "EP-01",
        severity: Severity::High,
        kind: sagemaker_domain::NAME,
        title: "The VPC of a VpcOnly domain has the endpoints that it needs",
        why: "Without them the traffic has to find another way out of the VPC, or Studio does not \
              work.",
        source: "SageMaker developer guide, \"Connect Studio in a VPC to external resources\" \
                 (VpcOnly); Security Hub EC2.55, EC2.56 (of \
                 ECR)",
        help: "declare an endpoint in the same VPC for each",
        reach: Reach::Manifest,
        check: needed,
    },
    Rule {
        id: "EP-05",
        severity: Severity::High,
        kind: vpc_endpoint::NAME,
        title: "The groups of an interface endpoint are managed and admit the domain's apps",
        why: "An unmanaged group may admit anything; apps that are not admitted have to use \
              another way.",
        source: "AWS PrivateLink guide, \"Security groups\" of interface endpoints; SageMaker \
                 developer guide, \"Connect to SageMaker Within your \
                 VPC\"",
        help: "refer to a group that a manifest declares and that admits the domain's groups on \
               tcp 443",
        reach: Reach::Manifest,
        check: groups,
    },
    Rule {
        id: "EP-06",
        severity: Severity::Low,
        kind: vpc_endpoint::NAME,
        title: "Interface endpoints are in every zone of a domain in their VPC",
        why: "What runs in a zone without one sends its traffic through another zone: it costs, \
              and stops with that zone.",
        source: "AWS PrivateLink guide, \"Subnets and Availability Zones\" of interface endpoints",
        help: "list a subnet of each zone of the domain under `subnets`",
        reach: Reach::Manifest,
        check: zones,
    },
    Rule {
        id: "EP-07",
        severity: Severity::High,
        kind: vpc_endpoint::NAME,
        title: "The S3 gateway endpoint of a domain's VPC has route tables",
        why: "A gateway endpoint without routes has no effect: S3 is reached another way or not at \
              all.",
        source: "Amazon VPC user guide, \"Gateway endpoints for Amazon S3\"; SageMaker developer \
                 guide, \"Connect Studio in a VPC to external \
                 resources\"",
        help: "name the private route tables under `routeTables`",
        reach: Reach::Manifest,
        check: route_tables,
    },
    Rule {
        id: "SG-08",
        severity: Severity::High,
        kind: security_group::NAME,
        title: "The group of interface endpoints admits tcp 443 from its clients, and nothing else",
        why: "An endpoint gives access to a service, which accepts only HTTPS.",
        source: "AWS PrivateLink guide, \"Security groups\" of interface endpoints; Security Hub \
                 EC2.18",
        help: "keep a group for endpoints alone, with `protocol: tcp, ports: 443` from the \
               clients' groups",
        reach: Reach::Manifest,
        check: endpoint_groups,
    },
];

fn needed(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    let mut endpoints: BTreeMap<Vpc<'_>, Vec<&State>> = BTreeMap::new();
    for endpoint in facts.of::<State>() {
        endpoints.entry(vpc_of(&endpoint)).or_default().push(endpoint.state);
    }
    for domain in facts.of::<sagemaker_domain::State>().filter(|it| is_vpc_only(it.state)) {
        let Some(vpc) = vpc(domain.state) else { continue };
        let there = endpoints.get(&(domain.address().scope.as_str(), vpc));
        let here =
            |service: &&&str| there.into_iter().flatten().any(|endpoint| is_for(endpoint, service));
        let missing: Vec<&str> = NEEDED.iter().filter(|service| !here(service)).copied().collect();
        if !missing.is_empty() {
            let why =
                format!("no manifest declares an endpoint in its VPC for {}", missing.join(", "));
            found.push(domain.breach("vpc", why));
        }
    }
    found
}

/// A VPC: the scope, and the id.
type Vpc<'f> = (&'f str, &'f str);

fn vpc_of<'f>(endpoint: &Wanted<'f, State>) -> Vpc<'f> {
    (&endpoint.address().scope, &endpoint.state.vpc)
}

/// The domains, with the groups of their apps, by their VPC: no endpoint looks at those of others.
fn clients<'f>(facts: &'f Facts<'_>) -> BTreeMap<Vpc<'f>, Vec<(&'f str, BTreeSet<String>)>> {
    let mut clients: BTreeMap<Vpc<'_>, Vec<_>> = BTreeMap::new();
    for domain in facts.of::<sagemaker_domain::State>() {
        let Some(vpc) = vpc(domain.state) else { continue };
        let there = clients.entry((&domain.address().scope, vpc)).or_default();
        there.push((domain.address().name.as_str(), app_groups(domain.state)));
    }
    clients
}

fn groups(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    let clients = clients(facts);
    for endpoint in facts.of::<State>() {
        let Some(ids) = &endpoint.state.security_groups else { continue };
        let managed: Vec<_> = ids.iter().filter_map(|id| group(facts, id)).collect();
        if managed.len() < ids.len() {
            let why = "names a group that no manifest declares, so it is unknown what it admits";
            found.push(endpoint.breach("securityGroups", why));
            continue;
        }
        for (domain, apps) in clients.get(&vpc_of(&endpoint)).into_iter().flatten() {
            if !apps.is_empty() && !managed.iter().any(|group| group.state.admits_https(apps)) {
                let why = format!("none of its groups admits the apps of {domain} on tcp 443");
                found.push(endpoint.breach("securityGroups", why));
            }
        }
    }
    found
}

/// Subnets that are found by lookups, and those whose zone no manifest says, are judged by nobody.
fn zones(facts: &Facts<'_>) -> Vec<Breach> {
    let zones: BTreeMap<&str, &str> = cloud_control::baseline::all(facts, ec2_subnet::NAME)
        .filter_map(|it| {
            let zone = it.state.property("AvailabilityZone").as_str()?;
            Some((facts.id_of(it.address())?, zone))
        })
        .collect();
    let of = |subnets: &BTreeSet<&str>| -> Option<BTreeSet<&str>> {
        subnets.iter().map(|id| zones.get(id).copied()).collect()
    };
    let mut domains: BTreeMap<Vpc<'_>, Vec<(&str, BTreeSet<&str>)>> = BTreeMap::new();
    for domain in facts.of::<sagemaker_domain::State>() {
        let listed = domain.state.at("subnets").and_then(Value::as_array);
        let subnets: Option<BTreeSet<&str>> =
            listed.and_then(|all| all.iter().map(Value::as_str).collect());
        if let (Some(vpc), Some(subnets)) = (vpc(domain.state), subnets) {
            let there = domains.entry((&domain.address().scope, vpc)).or_default();
            there.push((&domain.address().name, subnets));
        }
    }
    let mut found = Vec::new();
    for endpoint in facts.of::<State>().filter(|it| it.state.endpoint_type == "Interface") {
        let Some(sets) = &endpoint.state.subnets else { continue };
        let own: BTreeSet<&str> = sets.iter().flatten().map(String::as_str).collect();
        for (name, subnets) in domains.get(&vpc_of(&endpoint)).into_iter().flatten() {
            let (Some(needed), Some(covered)) = (of(subnets), of(&own)) else { continue };
            let missing: Vec<&str> = needed.difference(&covered).copied().collect();
            if !missing.is_empty() {
                let zones = missing.join(", ");
                let why = format!("none of its subnets is in {zones}, where {name} is");
                found.push(endpoint.breach("subnets", why));
            }
        }
    }
    found
}

fn route_tables(facts: &Facts<'_>) -> Vec<Breach> {
    let none = |endpoint: &Wanted<'_, State>| match endpoint.written("routeTables") {
        None | Some(Value::Null) => true,
        Some(Value::Array(tables)) => tables.is_empty(),
        Some(_) => false,
    };
    let clients = clients(facts);
    facts
        .of::<State>()
        .filter(|it| is_gateway(it.state) && is_for(it.state, "s3"))
        .filter(|endpoint| clients.contains_key(&vpc_of(endpoint)))
        .filter(none)
        .map(|endpoint| endpoint.breach("routeTables", "names no route table"))
        .collect()
}

fn endpoint_groups(facts: &Facts<'_>) -> Vec<Breach> {
    let ids: BTreeSet<&String> = facts
        .of::<State>()
        .flat_map(|endpoint| endpoint.state.security_groups.iter().flatten())
        .collect();
    let mut found = Vec::new();
    for group in ids.into_iter().filter_map(|id| group(facts, id)) {
        let rules: Vec<&Listed> = group.state.of(Direction::Ingress).collect();
        let everywhere = to_everywhere(&rules, |_| true);
        for (number, listed) in rules.into_iter().enumerate() {
            let rule = &listed.rule;
            let ranges = everywhere.iter().find(|(part, _)| *part == number);
            if rule.traffic != HTTPS || ranges.is_some() {
                let peer = ranges.map_or_else(|| rule.peer.to_string(), |(_, all)| all.clone());
                let why = format!(
                    "admits {} from {peer} to interface endpoints, which need only tcp 443 from \
                     their clients",
                    rule.traffic
                );
                found.push(breach(group, listed, why));
            }
        }
        if group.state.state.ingress.is_none() {
            let why = "is the group of interface endpoints, and its ingress is not managed";
            found.push(group.breach("ingress", why));
        }
    }
    found
}
