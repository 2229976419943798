//! Rules for VPC endpoints.

use super::{NAME as KIND, Policy, State};
use crate::{
    baseline::{
        Baseline, Breach, Facts, Reach, Rule, Severity, Wanted,
        documents::{self, Documented},
        statement::{self, Statement},
    },
    model::policy_document::{Admission, AttachedTo, PolicyDocument, Who},
};

/// The baseline of endpoints.
pub(super) const BASELINE: Baseline = Baseline::of::<State>(RULES);

const RULES: &[Rule] = &[
    Rule {
        id: "EP-02",
        severity: Severity::High,
        kind: KIND,
        title: "The endpoint policy is not full access",
        why: "AWS's default lets everybody do everything through the endpoint, with credentials \
              and resources of any account.",
        source: "AWS PrivateLink guide, \"Control access to VPC endpoints using endpoint \
                 policies\"; AWS whitepaper \"Building a Data Perimeter on AWS\"",
        help: "write a policy that allows the organization's principals what they need",
        reach: Reach::Manifest,
        check: full_access,
    },
    Rule {
        id: "EP-03",
        severity: Severity::High,
        kind: KIND,
        title: "The endpoint policy admits known principals only, and for S3 known resources only",
        why: "Otherwise data can leave through credentials of another account, or into buckets of \
              another account. A pattern such as `o-*` is every organization, `arn:aws:s3:::?*` \
              every bucket.",
        source: "AWS whitepaper \"Building a Data Perimeter on AWS\" (network perimeter); IAM user \
                 guide, aws:PrincipalOrgID and aws:ResourceOrgID",
        help: "add conditions on aws:PrincipalOrgID (or aws:PrincipalAccount), and for S3 on \
               aws:ResourceOrgID (or aws:ResourceAccount), with fixed values and without \
               `IfExists`",
        reach: Reach::Manifest,
        check: perimeter,
    },
    Rule {
        id: "EP-04",
        severity: Severity::Medium,
        kind: KIND,
        title: "Private DNS is on",
        why: "Without it SDKs resolve the public addresses, and bypass the endpoint and its \
              policy.",
        source: "AWS PrivateLink guide, \"Private DNS names\" of interface endpoints",
        help: "write `privateDns: true`",
        reach: Reach::Manifest,
        check: private_dns,
    },
    Rule {
        id: "EP-09",
        severity: Severity::Medium,
        kind: KIND,
        title: "An endpoint policy has no condition on aws:SourceIp",
        why: "Requests through an endpoint carry no public source address: the condition never \
              holds, or, negated, always.",
        source: "Amazon VPC user guide, \"Gateway endpoints for Amazon S3\"; IAM user guide, \
                 aws:SourceIp",
        help: "use aws:VpcSourceIp or aws:SourceVpce",
        reach: Reach::Manifest,
        check: source_ip,
    },
    Rule {
        id: "EP-10",
        severity: Severity::High,
        kind: KIND,
        title: "At a gateway endpoint principals are named by a condition",
        why: "In the policy of a gateway endpoint, an account in `Principal` means only the \
              account's root user: an Allow then admits no roles and users, and a Deny stops none.",
        source: "AWS PrivateLink guide, \"Control access to VPC endpoints using endpoint \
                 policies\" (principals for gateway endpoints)",
        help: "write `Principal: \"*\"`, and name accounts by aws:PrincipalAccount and roles by \
               aws:PrincipalArn in a condition",
        reach: Reach::Manifest,
        check: gateway_principals,
    },
    documents::actions::<State>("EP-ACT", KIND, "Actions of endpoint policies exist"),
    documents::conditions::<State>(
        "EP-CON",
        KIND,
        "Conditions of endpoint policies can hold and fail",
    ),
    documents::statements::<State>(
        "EP-STM",
        KIND,
        "Statements of endpoint policies mean what they look like",
    ),
    documents::everything::<State>(
        "EP-ALL",
        KIND,
        "No endpoint policy denies everything to everybody",
    ),
];

impl Documented for State {
    const FIELD: &'static str = "policy";

    fn document(&self) -> Option<&PolicyDocument> {
        match &self.policy {
            Some(Policy::Document(document)) => Some(document),
            Some(Policy::AllowAll | Policy::Unreadable(_)) | None => None,
        }
    }
}

/// The statements of the endpoints' own policies, with the callers that each admits.
fn each_statement(
    facts: &Facts<'_>,
    wrong: impl Fn(&Wanted<'_, State>, &Statement, &Admission) -> Option<String>,
) -> Vec<Breach> {
    let attached = |endpoint: &State| {
        if is_gateway(endpoint) { AttachedTo::GatewayEndpoint } else { AttachedTo::Endpoint }
    };
    documents::each_statement(facts, attached, wrong)
}

/// Whether it is for this service of AWS, `sagemaker.api`.
pub(crate) fn is_for(state: &State, service: &str) -> bool {
    // com.amazonaws.eu-west-1.sagemaker.api; aws.sagemaker.eu-west-1.studio
    let name = state.service.strip_prefix("cn.").unwrap_or(&state.service);
    name.splitn(4, '.').nth(3) == Some(service)
}

/// Whether it is reached by routes.
pub(crate) fn is_gateway(state: &State) -> bool {
    state.endpoint_type == "Gateway"
}

/// Whether it is for buckets, of whichever kind.
fn leads_to_s3(state: &State) -> bool {
    ["s3", "s3-fips", "s3express"].iter().any(|service| is_for(state, service))
        || state.service.ends_with(".s3-global.accesspoint")
}

/// The policy that the endpoint has, if that is AWS's default. `null` says that the service accepts
/// no policy: then AWS also allows everything. An endpoint service of somebody else never accepts
/// one.
fn default_policy(state: &State) -> Option<&'static str> {
    match &state.policy {
        Some(Policy::AllowAll) => Some("lets everybody do everything"),
        None if state.endpoint_type == "Interface" && !state.service.contains(".vpce.") => Some(
            "is not managed, and AWS's default lets everybody do everything; so does a service \
             that accepts no policy",
        ),
        Some(Policy::Document(_) | Policy::Unreadable(_)) | None => None,
    }
}

fn full_access(facts: &Facts<'_>) -> Vec<Breach> {
    let defaults = facts.of::<State>().filter_map(|endpoint| {
        default_policy(endpoint.state).map(|why| endpoint.breach("policy", why))
    });
    let mut found: Vec<_> = defaults.collect();
    found.extend(each_statement(facts, |_, statement, admission| {
        let everything = statement.allows
            && admission.identities == Who::Everybody
            && !admission.resources_known()
            // An action of no service, so only a wildcard over services matches it.
            && statement.is_about("no-service:NoAction")
            && !statement.conditions.iter().any(statement::Condition::binds);
        everything.then(|| {
            let why = "allows everything to everybody, whatever the other statements say";
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
        // The principal of URLs that AWS itself signed (layers of container images) is not known.
        let reads_known_things = admission.resources_known() && statement.only_reads();
        if admission.identities == Who::Everybody && !reads_known_things {
            return Some(statement::explained(
                "admits principals of every account",
                &admission.untied,
            ));
        }
        // The VPC does not control what AWS's services request, and known principals with a tag are
        // an exception that their own administrators make (AWS whitepaper "Building a Data
        // Perimeter on AWS", and its sample policies).
        let excepted = admission.identities.is_nobody() || admission.marked;
        (leads_to_s3(endpoint.state) && !admission.resources_known() && !excepted).then(|| {
            let wrong = "leads to buckets of every account";
            statement::explained(wrong, &admission.open_resources)
        })
    })
}

/// Everything except `*`: an account means its root user there, and nothing else is documented.
fn gateway_principals(facts: &Facts<'_>) -> Vec<Breach> {
    each_statement(facts, |endpoint, statement, _| {
        if !is_gateway(endpoint.state) || statement.all_principals_but {
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
            (false, _) => "does not certainly mean anybody",
        };
        let names = named.join(", ");
        Some(format!("names {names} as principal: at a gateway endpoint that {effect}"))
    })
}

fn private_dns(facts: &Facts<'_>) -> Vec<Breach> {
    facts
        .of::<State>()
        // An endpoint service of somebody else may not have a name of its own.
        .filter(|e| e.state.private_dns == Some(false) && !e.state.service.contains(".vpce."))
        .map(|endpoint| {
            endpoint.breach(
                "privateDns",
                "the service's usual names resolve to other \
                                                       addresses",
            )
        })
        .collect()
}

fn source_ip(facts: &Facts<'_>) -> Vec<Breach> {
    each_statement(facts, |_, statement, _| {
        let asks = statement.conditions.iter().any(|c| c.is_on(&["aws:sourceip"]));
        let why = "has a condition on aws:SourceIp, which has no meaning through an endpoint";
        asks.then(|| why.to_owned())
    })
}
