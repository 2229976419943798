//! Endpoints to resources and service networks of VPC Lattice. What they lead to is not simulated:
//! every well-formed ARN exists.

use super::{errors::parameter_error, model::Kind, services::EndpointService};
use crate::simulator::{query::Input, service::ApiError};

/// The most specified domains.
const MAX_DOMAINS: usize = 10;

/// The ARN that the endpoint leads to, if its kind leads to one.
pub(super) fn target(kind: Kind, input: Input<'_>) -> Result<Option<String>, ApiError> {
    let (member, part) = match kind {
        Kind::Resource => ("ResourceConfigurationArn", ":resourceconfiguration/"),
        Kind::ServiceNetwork => ("ServiceNetworkArn", ":servicenetwork/"),
        Kind::Gateway | Kind::Interface | Kind::GatewayLoadBalancer => return Ok(None),
    };
    let arn = input.required(member)?;
    if arn.starts_with("arn:") && arn.contains(":vpc-lattice:") && arn.contains(part) {
        return Ok(Some(arn.to_owned()));
    }
    Err(parameter_error(format!("The {member} {arn} is invalid.")))
}

/// The properties that a service would have.
pub(super) fn service(kind: Kind) -> EndpointService {
    EndpointService {
        name: String::new(),
        kind,
        private_domain: None,
        takes_policy: false,
        acceptance: false,
    }
}

/// Which private names resolve to the endpoint; all of them by default, which AWS shows as `*`
/// (hashicorp/terraform-provider-aws issue 45537).
pub(super) fn preference(
    kind: Kind,
    private_dns: bool,
    options: Option<Input<'_>>,
) -> Result<Option<(String, Vec<String>)>, ApiError> {
    let given = options.and_then(|options| options.text("PrivateDnsPreference"));
    let domains = options.map(|options| options.texts("PrivateDnsSpecifiedDomain"));
    let domains = domains.unwrap_or_default();
    let possible = kind.is_lattice() && private_dns;
    if !possible {
        return match given {
            Some(_) => Err(parameter_error("PrivateDnsPreference requires private DNS")),
            None => Ok(None),
        };
    }
    let takes_domains = match given {
        None | Some("ALL_DOMAINS" | "VERIFIED_DOMAINS_ONLY") => false,
        Some("VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS" | "SPECIFIED_DOMAINS_ONLY") => true,
        Some(other) => {
            return Err(parameter_error(format!("Invalid PrivateDnsPreference '{other}'")));
        }
    };
    if takes_domains == domains.is_empty() || domains.len() > MAX_DOMAINS {
        return Err(parameter_error("PrivateDnsSpecifiedDomains do not fit PrivateDnsPreference"));
    }
    let word = given.unwrap_or("ALL_DOMAINS").to_owned();
    let domains = match word.as_str() {
        "ALL_DOMAINS" => vec!["*".to_owned()],
        _ => domains.into_iter().map(str::to_owned).collect(),
    };
    Ok(Some((word, domains)))
}
