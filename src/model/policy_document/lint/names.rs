//! The syntax of names.

pub(super) use crate::model::policy_document::canonical::is_account_id;

/// AWS's partitions (botocore's endpoint data).
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

pub(super) fn is_partition(name: &str) -> bool {
    PARTITIONS.contains(&name)
}

/// Whether the text has a wildcard.
pub(super) fn is_wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// `AROA…` (role) or `AIDA…` (user), as the IAM user guide lists the prefixes of unique ids.
pub(super) fn is_unique_id(principal: &str) -> bool {
    (principal.starts_with("AROA") || principal.starts_with("AIDA"))
        && principal.len() >= 16
        && principal.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// A name in IAM: `[\w+=,.@-]+` (IAM API reference).
pub(super) fn is_iam_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

/// The domains of service principals, one or two per partition.
const SERVICE_DOMAINS: [&str; 7] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
    ".amazonaws.eu",
];

/// `sagemaker.amazonaws.com`, `logs.eu-west-1.amazonaws.com`.
pub(super) fn is_service_principal(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    SERVICE_DOMAINS.iter().any(|domain| {
        name.strip_suffix(domain).is_some_and(|service| service.split('.').all(label))
    })
}
