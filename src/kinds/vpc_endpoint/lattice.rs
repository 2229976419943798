//! Endpoints of Amazon VPC Lattice: to one resource of somebody's network (`Resource`), or to all
//! services and resources of a service network (`ServiceNetwork`).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::rules::{NETWORK, RESOURCE};
use crate::{
    kind::{
        Invalid,
        table::{Check, Compare, Form, Gives, How, Leaf, RiskOf, Tree, get, texts},
    },
    model::Risk,
};

/// The row with the ARN of a resource configuration.
pub(super) const CONFIGURATION: &str = "resourceConfiguration";
/// The row with the ARN of a service network.
pub(super) const SERVICE_NETWORK: &str = "serviceNetwork";
/// The row that says which private names resolve to the endpoint.
pub(super) const PREFERENCE: &str = "privateDnsPreference";
/// The row with the names that the preference leaves to the manifest.
pub(super) const DOMAINS: &str = "privateDnsSpecifiedDomains";
/// The most names (CloudFormation and Terraform refuse more).
const MAX_DOMAINS: usize = 10;
/// The preferences that leave names to the manifest (EC2 API reference, `DnsOptionsSpecification`).
const WITH_DOMAINS: [&str; 2] =
    ["VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS", "SPECIFIED_DOMAINS_ONLY"];
/// AWS accepts a change of these and does nothing, or refuses it
/// (aws-controllers-k8s/ec2-controller, hooks of VPC endpoints; Terraform AWS provider,
/// `aws_vpc_endpoint`: both make a new endpoint).
const FIXED: &str = "which AWS fixes when an endpoint is created";

/// Whether an endpoint of this type leads to a resource or a service network.
pub(super) fn is_of(endpoint_type: &str) -> bool {
    [RESOURCE, NETWORK].contains(&endpoint_type)
}

/// The rows.
pub(super) fn configuration() -> Leaf {
    Leaf::harmless(
        CONFIGURATION,
        "The ARN of the resource configuration that the endpoint leads to. Resource endpoints \
         only, and required\nthere. Immutable.",
        Form::Text(Check::Form(|arn| wrong(arn, ":resourceconfiguration/"))),
        How::Fixed(FIXED.into()),
    )
}

pub(super) fn service_network() -> Leaf {
    Leaf::harmless(
        SERVICE_NETWORK,
        "The ARN of the service network that the endpoint leads to. ServiceNetwork endpoints only, \
         and required\nthere. Immutable.",
        Form::Text(Check::Form(|arn| wrong(arn, ":servicenetwork/"))),
        How::Fixed(FIXED.into()),
    )
}

pub(super) fn preference() -> Leaf {
    let form = Form::word(
        "PrivateDnsPreference",
        "Which custom domain names resolve to the endpoint inside the VPC.",
        &[
            ("ALL_DOMAINS", "All that the provider names."),
            ("VERIFIED_DOMAINS_ONLY", "Those that the provider has verified."),
            (
                "VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS",
                "Those, and the ones in `privateDnsSpecifiedDomains`.",
            ),
            ("SPECIFIED_DOMAINS_ONLY", "The ones in `privateDnsSpecifiedDomains`."),
        ],
        None,
    );
    let leaf = Leaf::harmless(
        PREFERENCE,
        "Which of the provider's domain names resolve to the endpoint. Resource and ServiceNetwork \
         endpoints\nwith `privateDns: true` only. Default: AWS's choice, not managed. Immutable.",
        form,
        How::Fixed(FIXED.into()),
    );
    leaf.risking(RiskOf::Always(Risk::REPLACES), Gives::Something)
}

pub(super) fn domains() -> Leaf {
    let form = Form::Set {
        of: Check::Form(wrong_domain),
        max: MAX_DOMAINS,
        too_many: (
            "{count} domain names; an endpoint takes {max}".into(),
            "use wildcards such as *.example.com".into(),
        ),
    };
    let leaf = Leaf::harmless(
        DOMAINS,
        "The domain names that resolve to the endpoint, 1 to 10; with a `privateDnsPreference` \
         that names\nspecified domains only, and required there. Immutable.",
        form,
        How::Fixed(FIXED.into()),
    );
    Leaf { compare: Compare::Set, ..leaf }.risking(RiskOf::Always(Risk::REPLACES), Gives::Something)
}

fn wrong(arn: &str, part: &str) -> Option<(&'static str, &'static str)> {
    let fits = arn.starts_with("arn:")
        && arn.contains(":vpc-lattice:")
        && arn.split_once(part).is_some_and(|(_, id)| !id.is_empty());
    let help = "write it whole, as Amazon VPC Lattice shows it";
    (!fits).then_some(("is not the ARN of what this type of endpoint leads to", help))
}

fn wrong_domain(name: &str) -> Option<(&'static str, &'static str)> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let rest = name.strip_prefix("*.").unwrap_or(name);
    let fits = !rest.is_empty()
        && name.len() <= 255
        && rest.chars().all(plain)
        && rest.split('.').all(|label| (1..=63).contains(&label.len()));
    (!fits).then_some(("is not a domain name", "write one such as db.example.com or *.example.com"))
}

/// What does not fit together in an endpoint of this type (EC2 API reference, `CreateVpcEndpoint`
/// and `DnsOptionsSpecification`).
pub(super) fn problems(want: &Tree, endpoint_type: &str) -> Vec<Invalid> {
    let mut problems = Vec::new();
    for (of, leaf) in [(RESOURCE, CONFIGURATION), (NETWORK, SERVICE_NETWORK)] {
        if of == endpoint_type && get(want, leaf).is_null() {
            let why = format!("an endpoint of type {of} needs it");
            problems.push(Invalid::new(leaf, why).help("write the ARN of what it leads to"));
        }
    }
    let preference = get(want, PREFERENCE).as_str();
    let is_on = *get(want, "privateDns") == json!(true);
    for leaf in [PREFERENCE, DOMAINS] {
        if !get(want, leaf).is_null() && !is_on {
            let why = "says which private names resolve to the endpoint, and private DNS is off";
            problems.push(Invalid::new(leaf, why).help("write `privateDns: true`, or remove it"));
        }
    }
    let takes_domains = preference.is_some_and(|word| WITH_DOMAINS.contains(&word));
    let has_domains = texts(get(want, DOMAINS)).next().is_some();
    let with = WITH_DOMAINS.join(" or ");
    if takes_domains && !has_domains {
        let why = format!("`{}` needs the domain names", preference.unwrap_or_default());
        problems
            .push(Invalid::new(DOMAINS, why).help("name 1 to 10, or choose another preference"));
    }
    if !get(want, DOMAINS).is_null() && !takes_domains {
        let why = format!("is for the preferences {with}");
        let help = format!("set `{PREFERENCE}` to one of them, or remove it");
        problems.push(Invalid::new(DOMAINS, why).help(help));
    }
    problems
}

/// The names as a live state has them. With all domains AWS shows `*`, which nobody names
/// (hashicorp/terraform-provider-aws issue 45537).
pub(super) fn live_domains(names: Option<Vec<String>>) -> Value {
    let names: BTreeSet<String> =
        names.unwrap_or_default().into_iter().filter(|name| name != "*").collect();
    json!(names)
}
