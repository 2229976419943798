//! Rules for VPC endpoints.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Breach, Reach, Rule, Severity,
    facts::{Facts, Group, Wanted},
    sagemaker_domain, security_group,
    statement::{self, Statement},
};
use crate::{
    kinds::{
        sagemaker_domain::NAME as DOMAIN,
        vpc_endpoint::{self, Policy, State},
    },
    model::policy_document::{Admission, AttachedTo, Who},
};

const KIND: &str = vpc_endpoint::NAME;

/// What a VpcOnly domain cannot do without (SageMaker developer guide), and `sts` and `logs`, which jobs and their
/// logs go through.
const NEEDED: [&str; 5] = ["sagemaker.api", "sagemaker.runtime", "s3", "sts", "logs"];
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "EP-01",
        severity: Severity::High,
        kind: DOMAIN,
        title: "The VPC of a VpcOnly domain has the endpoints that it needs",
        why: "Without them the traffic has to find another way out of the VPC, or Studio does not work.",
        source: "SageMaker developer guide, \"Connect Studio in a VPC to external resources\" (VpcOnly); Security Hub \
                 EC2.55, EC2.56 (of ECR)",
        help: "add a VpcEndpoint in the same VPC for each",
        reach: Reach::Manifest,
        check: needed,
    },
    Rule {
        id: "EP-02",
        severity: Severity::High,
        kind: KIND,
        title: "The endpoint policy is not full access",
        why: "AWS's default lets everybody do everything through the endpoint, with credentials and resources of any \
              account.",
        source: "AWS PrivateLink guide, \"Control access to VPC endpoints using endpoint policies\"; AWS whitepaper \
                 \"Building a Data Perimeter on AWS\"",
        help: "write a policy that allows the organisation's principals what they need",
        reach: Reach::Manifest,
        check: full_access,
    },
    Rule {
        id: "EP-03",
        severity: Severity::High,
        kind: KIND,
        title: "The endpoint policy lets in known principals only, and to S3 known resources only",
        why: "Otherwise credentials of another account carry data out, or buckets of another account take it in. A \
              pattern such as `o-*` is every organisation, `arn:aws:s3:::?*` every bucket.",
        source: "AWS whitepaper \"Building a Data Perimeter on AWS\" (network perimeter); IAM user guide, \
                 aws:PrincipalOrgID and aws:ResourceOrgID",
        help: "add conditions on aws:PrincipalOrgID (or aws:PrincipalAccount), and for S3 on aws:ResourceOrgID (or \
               aws:ResourceAccount), with fixed values and without `IfExists`",
        reach: Reach::Manifest,
        check: perimeter,
    },
    Rule {
        id: "EP-04",
        severity: Severity::Medium,
        kind: KIND,
        title: "Private DNS is on",
        why: "Without it SDKs resolve the public addresses, and go around the endpoint and its policy.",
        source: "AWS PrivateLink guide, \"Private DNS names\" of interface endpoints",
        help: "write `privateDns: true`",
        reach: Reach::Manifest,
        check: private_dns,
    },
    Rule {
        id: "EP-05",
        severity: Severity::High,
        kind: KIND,
        title: "The groups of an interface endpoint are managed, and let the domain's apps in",
        why: "A group of somebody else may let in anything; one that does not let the apps in makes them look for \
              another way.",
        source: "AWS PrivateLink guide, \"Security groups\" of interface endpoints; SageMaker developer guide, \"Connect \
                 to SageMaker Within your VPC\"",
        help: "refer to a SecurityGroup manifest that lets the domain's groups in on tcp 443",
        reach: Reach::Manifest,
        check: groups,
    },
    Rule {
        id: "EP-07",
        severity: Severity::High,
        kind: KIND,
        title: "The S3 gateway endpoint of a domain's VPC has route tables",
        why: "A gateway endpoint that no route leads to is none: S3 is reached another way or not at all.",
        source: "Amazon VPC user guide, \"Gateway endpoints for Amazon S3\"; SageMaker developer guide, \"Connect Studio \
                 in a VPC to external resources\"",
        help: "name the private route tables under `routeTables`",
        reach: Reach::Manifest,
        check: route_tables,
    },
    Rule {
        id: "EP-09",
        severity: Severity::Medium,
        kind: KIND,
        title: "An endpoint policy does not ask for aws:SourceIp",
        why: "Requests through an endpoint carry no public source address: the condition never holds, or, negated, \
              always.",
        source: "Amazon VPC user guide, \"Gateway endpoints for Amazon S3\"; IAM user guide, aws:SourceIp",
        help: "use aws:VpcSourceIp or aws:SourceVpce",
        reach: Reach::Manifest,
        check: source_ip,
    },
    Rule {
        id: "EP-10",
        severity: Severity::High,
        kind: KIND,
        title: "At a gateway endpoint principals are named by a condition",
        why: "A gateway endpoint takes an account in `Principal` for the account's root user alone: an Allow then lets no \
              role and no user through, and a Deny stops none.",
        source: "AWS PrivateLink guide, \"Control access to VPC endpoints using endpoint policies\" (principals for \
                 gateway endpoints)",
        help: "write `Principal: \"*\"`, and name accounts by aws:PrincipalAccount and roles by aws:PrincipalArn in a \
               condition",
        reach: Reach::Manifest,
        check: gateway_principals,
    },
];

fn is_for(state: &State, service: &str) -> bool {
    // com.amazonaws.eu-west-1.sagemaker.api; aws.sagemaker.eu-west-1.studio
    let name = state.service.strip_prefix("cn.").unwrap_or(&state.service);
    name.splitn(4, '.').nth(3) == Some(service)
}

fn needed(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for domain in facts.domains.iter().filter(|d| sagemaker_domain::is_vpc_only(&d.state)) {
        let Some(vpc) = sagemaker_domain::vpc(&domain.state) else { continue };
        let here = |service: &&&str| {
            facts.endpoints.iter().any(|endpoint| {
                endpoint.address().scope == domain.address().scope
                    && endpoint.state.vpc == vpc
                    && is_for(&endpoint.state, service)
            })
        };
        let missing: Vec<&str> = NEEDED.iter().filter(|service| !here(service)).copied().collect();
        if !missing.is_empty() {
            let why =
                format!("no manifest declares an endpoint in its VPC for {}", missing.join(", "));
            found.push(domain.breach("vpc", why));
        }
    }
    found
}

fn is_gateway(state: &State) -> bool {
    state.endpoint_type == "Gateway"
}

/// Whether buckets are behind it, of whichever kind.
fn leads_to_s3(state: &State) -> bool {
    ["s3", "s3-fips", "s3express"].iter().any(|service| is_for(state, service))
        || state.service.ends_with(".s3-global.accesspoint")
}

/// The statements of the endpoint's own policy, with who passes them.
fn policy(endpoint: &Wanted<'_, State>) -> Vec<(Statement, Admission)> {
    let attached = if is_gateway(&endpoint.state) {
        AttachedTo::GatewayEndpoint
    } else {
        AttachedTo::Endpoint
    };
    match &endpoint.state.policy {
        Some(Policy::Document(document)) => statement::admitted(document, attached),
        Some(Policy::AllowAll | Policy::Unreadable(_)) | None => Vec::new(),
    }
}

fn each_statement(
    facts: &Facts<'_>,
    wrong: impl Fn(&Wanted<'_, State>, &Statement, &Admission) -> Option<String>,
) -> Vec<Breach> {
    let mut found = Vec::new();
    for endpoint in &facts.endpoints {
        for (statement, admission) in policy(endpoint) {
            if let Some(why) = wrong(endpoint, &statement, &admission) {
                found.push(endpoint.breach(format!("policy.{}", statement.field), why));
            }
        }
    }
    found
}

/// The policy that an endpoint is left with, where that is AWS's default. `null` says that the service takes no policy:
/// then AWS lets everything through all the same. A service of somebody else never takes one.
fn default_policy(state: &State) -> Option<&'static str> {
    match &state.policy {
        Some(Policy::AllowAll) => Some("lets everybody do everything"),
        None if state.endpoint_type == "Interface" && !state.service.contains(".vpce.") => Some(
            "is not managed, and AWS's default lets everybody do everything; so does a service that takes no policy",
        ),
        Some(Policy::Document(_) | Policy::Unreadable(_)) | None => None,
    }
}

fn full_access(facts: &Facts<'_>) -> Vec<Breach> {
    let defaults = facts.endpoints.iter().filter_map(|endpoint| {
        default_policy(&endpoint.state).map(|why| endpoint.breach("policy", why))
    });
    let mut found: Vec<_> = defaults.collect();
    found.extend(each_statement(facts, |_, statement, admission| {
        let everything = statement.allows
            && admission.identities == Who::Everybody
            && !admission.resources_known()
            // An action of no service: only a wildcard over services is about it.
            && statement.is_about("no-service:NoAction")
            && !statement.conditions.iter().any(statement::Condition::binds);
        everything.then(|| {
            let why = "allows everybody everything, whatever the other statements say";
            statement::explained(why, &admission.untied)
        })
    }));
    found
}

fn perimeter(facts: &Facts<'_>) -> Vec<Breach> {
    each_statement(facts, |endpoint, statement, admission| {
        if !statement.allows {
            return None;
        }
        // URLs that AWS itself signed (layers of container images) come from nobody known.
        let reads_known_things = admission.resources_known() && statement.only_reads();
        if admission.identities == Who::Everybody && !reads_known_things {
            return Some(statement::explained(
                "lets in principals of every account",
                &admission.untied,
            ));
        }
        // What AWS's services ask for is not the VPC's to choose; and known principals with a tag are an exception that
        // their own administrators make (AWS whitepaper "Building a Data Perimeter on AWS", and its sample policies).
        let excepted = admission.identities.is_nobody() || admission.marked;
        (leads_to_s3(&endpoint.state) && !admission.resources_known() && !excepted).then(|| {
            let wrong = "leads to buckets of every account";
            statement::explained(wrong, &admission.open_resources)
        })
    })
}

/// Whatever is not `*`: an account is its root user there, and nothing else is documented.
fn gateway_principals(facts: &Facts<'_>) -> Vec<Breach> {
    each_statement(facts, |endpoint, statement, _| {
        if !is_gateway(&endpoint.state) || statement.all_principals_but {
            return None;
        }
        let named: Vec<&str> = statement
            .aws
            .iter()
            .chain(&statement.services)
            .map(String::as_str)
            .filter(|name| *name != "*")
            .collect();
        if named.is_empty() {
            return None;
        }
        let accounts = named.iter().all(|name| name.ends_with(":root") || !name.contains(':'));
        let effect = match (accounts, statement.allows) {
            (true, true) => "lets the root user through and nobody else",
            (true, false) => "stops the root user and nobody else",
            (false, _) => "is not sure to mean anybody",
        };
        let names = named.join(", ");
        Some(format!("names {names} as principal: at a gateway endpoint that {effect}"))
    })
}

fn private_dns(facts: &Facts<'_>) -> Vec<Breach> {
    facts
        .endpoints
        .iter()
        // A service of somebody else may have no name of its own.
        .filter(|e| e.state.private_dns == Some(false) && !e.state.service.contains(".vpce."))
        .map(|endpoint| endpoint.breach("privateDns", "the service's usual names lead elsewhere"))
        .collect()
}

/// The groups of the apps of all domains in an endpoint's VPC.
fn clients(facts: &Facts<'_>, endpoint: &Wanted<'_, State>) -> Vec<(String, BTreeSet<String>)> {
    facts
        .domains
        .iter()
        .filter(|domain| {
            domain.address().scope == endpoint.address().scope
                && sagemaker_domain::vpc(&domain.state) == Some(endpoint.state.vpc.as_str())
        })
        .map(|domain| (domain.address().name.clone(), sagemaker_domain::app_groups(&domain.state)))
        .collect()
}

fn groups(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for endpoint in &facts.endpoints {
        let Some(ids) = &endpoint.state.security_groups else { continue };
        let managed: Vec<&Group<'_>> = ids.iter().filter_map(|id| facts.group(id)).collect();
        if managed.len() < ids.len() {
            let why = "names a group that no manifest declares: what it lets in is not known";
            found.push(endpoint.breach("securityGroups", why));
            continue;
        }
        for (domain, apps) in clients(facts, endpoint) {
            if !apps.is_empty()
                && !managed.iter().any(|group| security_group::lets_in_https(group, &apps))
            {
                let why = format!("none of its groups lets in the apps of {domain} on tcp 443");
                found.push(endpoint.breach("securityGroups", why));
            }
        }
    }
    found
}

fn route_tables(facts: &Facts<'_>) -> Vec<Breach> {
    let none = |endpoint: &&Wanted<'_, State>| match endpoint.written("routeTables") {
        None | Some(Value::Null) => true,
        Some(Value::Array(tables)) => tables.is_empty(),
        Some(_) => false,
    };
    facts
        .endpoints
        .iter()
        .filter(|e| is_gateway(&e.state) && is_for(&e.state, "s3"))
        .filter(|endpoint| !clients(facts, endpoint).is_empty())
        .filter(none)
        .map(|endpoint| endpoint.breach("routeTables", "names no route table"))
        .collect()
}

fn source_ip(facts: &Facts<'_>) -> Vec<Breach> {
    each_statement(facts, |_, statement, _| {
        let asks = statement.conditions.iter().any(|c| c.is_on(&["aws:sourceip"]));
        let why = "has a condition on aws:SourceIp, which means nothing through an endpoint";
        asks.then(|| why.to_owned())
    })
}
