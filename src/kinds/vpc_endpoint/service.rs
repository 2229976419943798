//! The names of services, from a table.

use std::sync::LazyLock;

use super::rules::{GATEWAY, INTERFACE};
use crate::manifest::did_you_mean;

/// One service of AWS.
struct Service {
    short: &'static str,
    /// Other short names that people use for the same service.
    others: Vec<&'static str>,
    /// `{region}` is the Region that the service is in; not every name has one.
    template: String,
    gateway: bool,
    interface: bool,
    /// Regions whose names begin differently, and how: the whole name, or what comes before the
    /// Region.
    elsewhere: Vec<(&'static str, &'static str)>,
}

static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| {
    let lines = include_str!("services.txt").lines();
    lines.filter(|line| !line.starts_with('#')).filter_map(row).collect()
});

fn row(line: &'static str) -> Option<Service> {
    let mut words = line.split_whitespace();
    let (short, template, types) = (words.next()?, words.next()?, words.next()?);
    let (mut others, mut elsewhere) = (Vec::new(), Vec::new());
    for word in words {
        match (word.strip_prefix('='), word.split_once(':')) {
            (Some(other), _) => others.push(other),
            (None, Some(exception)) => elsewhere.push(exception),
            (None, None) => {}
        }
    }
    let template = match template {
        "-" => format!("com.amazonaws.{{region}}.{short}"),
        whole => whole.to_owned(),
    };
    let (gateway, interface) = (types.contains('G'), types.contains('I'));
    Some(Service { short, others, template, gateway, interface, elsewhere })
}

impl Service {
    fn is_called(&self, short: &str) -> bool {
        self.short == short || self.others.contains(&short)
    }

    fn is_of(&self, endpoint_type: &str) -> bool {
        match endpoint_type {
            GATEWAY => self.gateway,
            INTERFACE => self.interface,
            _ => false,
        }
    }

    fn full_name(&self, region: &str, endpoint_type: &str) -> String {
        // In the China Regions S3's interface endpoints have a name of their own, its gateway
        // endpoints the usual one (eksctl issue 3081).
        let exception = self.elsewhere.iter().find(|(there, _)| *there == region);
        match exception.filter(|_| endpoint_type != GATEWAY) {
            Some((_, whole)) if whole.contains(region) => (*whole).to_owned(),
            Some((_, prefix)) => format!("{prefix}.{region}.{}", self.short),
            None => self.template.replace("{region}", region),
        }
    }
}

/// The prefixes of full names in all partitions.
const FULL_NAME_PREFIXES: [&str; 7] =
    ["com.", "cn.com.", "aws.", "eu.amazonaws.", "gov.", "uk.adc-e.", "api.aws."];

fn is_full(service: &str, region: &str) -> bool {
    FULL_NAME_PREFIXES.iter().any(|start| service.starts_with(start))
        || service.split('.').any(|part| part == region)
}

/// The full name of `service` in `region`: full names stay as they are, and a short name that is
/// not in the table follows the usual rule, which applies in every partition.
pub(super) fn full_name(service: &str, region: &str, endpoint_type: &str) -> String {
    if is_full(service, region) {
        return service.to_owned();
    }
    match SERVICES.iter().find(|it| it.is_called(service)) {
        Some(known) => known.full_name(region, endpoint_type),
        None => format!("com.amazonaws.{region}.{service}"),
    }
}

/// What the table says about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// The service exists for this type of endpoint, or is an endpoint service of somebody else,
    /// which a table cannot contain.
    Known,
    /// The service exists for other types of endpoint only.
    OtherType,
    /// No such service; the name that was probably meant, if one is similar.
    Unknown(Option<String>),
}

/// What the table says about `service`, as the manifest writes it.
pub(super) fn standing(service: &str, region: &str, endpoint_type: &str) -> Standing {
    if is_endpoint_service(service) {
        return Standing::Known;
    }
    let full = is_full(service, region);
    let found = SERVICES.iter().find(|it| {
        if full { it.full_name(region, endpoint_type) == service } else { it.is_called(service) }
    });
    match found {
        Some(known) if known.is_of(endpoint_type) => return Standing::Known,
        Some(_) => return Standing::OtherType,
        None => {}
    }
    let near = if full {
        let names: Vec<_> = SERVICES.iter().map(|it| it.full_name(region, endpoint_type)).collect();
        // The Region is a large part of a full name, so only what follows it shows which name was
        // meant.
        let meant = did_you_mean(service, names.iter().map(String::as_str));
        meant.map(str::to_owned)
    } else {
        let others = SERVICES.iter().flat_map(|it| it.others.iter().copied());
        did_you_mean(service, SERVICES.iter().map(|it| it.short).chain(others)).map(str::to_owned)
    };
    Standing::Unknown(near)
}

/// Whether it is an AWS service that has gateway endpoints in addition to interface endpoints.
pub(super) fn has_gateway_endpoints(full_name: &str) -> bool {
    !is_endpoint_service(full_name) && matches!(short_name(full_name), "s3" | "dynamodb")
}

/// Whether the service is Amazon S3.
pub(super) fn is_s3(full_name: &str) -> bool {
    !is_endpoint_service(full_name) && short_name(full_name) == "s3"
}

/// Whether it is an endpoint service of somebody else and not AWS's own: its owner may have to
/// accept the endpoint first.
pub(super) fn is_endpoint_service(full_name: &str) -> bool {
    full_name.contains("amazonaws.vpce.")
}

fn short_name(full_name: &str) -> &str {
    full_name.rsplit('.').next().unwrap_or(full_name)
}

/// How to fix a name that is invalid.
pub(super) const HELP: &str = "write its short name, such as sagemaker.api, or its full name";

/// What is wrong with the name, if anything, and how to fix it.
pub(super) fn wrong(service: &str) -> Option<(&'static str, &'static str)> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let why = if service.is_empty() {
        "is empty"
    } else if !service.chars().all(plain) {
        "has a character that no service name has (letters, digits, `.`, `-` and `_` do)"
    } else if service.split('.').any(str::is_empty) {
        "has an empty part between its dots"
    } else {
        return None;
    };
    Some((why, HELP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows = include_str!("services.txt").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(SERVICES.len(), rows.count());
        for it in SERVICES.iter() {
            assert!(it.gateway || it.interface, "{}", it.short);
            let name = it.full_name("eu-west-1", INTERFACE);
            assert!(is_full(&name, "eu-west-1") && wrong(&name).is_none(), "{name}");
            assert!(!is_full(it.short, "eu-west-1"), "{} is a short name", it.short);
        }
    }

    #[test]
    fn an_unknown_name_is_reported_with_a_suggestion() {
        let unknown = |near: &str| Standing::Unknown(Some(near.to_owned()));
        let of = |name: &str| standing(name, "eu-west-1", INTERFACE);
        assert_eq!(of("sagemaker.api"), Standing::Known);
        assert_eq!(of("com.amazonaws.eu-west-1.sagemaker.api"), Standing::Known);
        assert_eq!(of("sagemaker.studio"), Standing::Known);
        assert_eq!(of("com.amazonaws.vpce.eu-west-1.vpce-svc-0123"), Standing::Known);
        assert_eq!(of("secretmanager"), unknown("secretsmanager"));
        assert_eq!(
            of("com.amazonaws.eu-west-1.secretmanager"),
            unknown("com.amazonaws.eu-west-1.secretsmanager")
        );
        // The studio's name begins otherwise.
        assert!(matches!(of("com.amazonaws.eu-west-1.studio"), Standing::Unknown(_)));
        assert_eq!(of("quantum-teleport"), Standing::Unknown(None));
        assert_eq!(standing("kms", "eu-west-1", GATEWAY), Standing::OtherType);
        assert_eq!(standing("s3", "eu-west-1", GATEWAY), Standing::Known);
    }
}
