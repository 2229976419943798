//! The forms of names in policies.

use aws_smithy_types::date_time::{DateTime, Format};

const PARTITIONS: &str = "aws aws-cn aws-us-gov aws-iso aws-iso-b aws-iso-e aws-iso-f aws-eusc";

pub(super) fn is_partition(name: &str) -> bool {
    PARTITIONS.split(' ').any(|known| known == name)
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Names of IAM, separated by slashes; wildcards are not allowed.
fn is_path(path: &str) -> bool {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    path.split('/').all(|name| !name.is_empty() && name.chars().all(legal))
}

/// Everybody, an account, or the ARN of a root, user, role or session. Whether it exists is not
/// checked.
pub(super) fn is_principal(name: &str) -> bool {
    if name == "*" || is_account(name) {
        return true;
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else {
        return false;
    };
    let fits = match (service, resource.split_once('/')) {
        ("iam", None) => resource == "root",
        ("iam", Some(("role" | "user", path))) => is_path(path),
        ("sts", Some(("assumed-role", path))) => is_path(path) && path.matches('/').count() == 1,
        ("sts", Some(("federated-user", path))) => is_path(path),
        _ => false,
    };
    fits && is_partition(partition) && is_account(account)
}

/// Whether a principal's name is not an ARN of another partition.
pub(super) fn is_of_partition(name: &str, partition: &str) -> bool {
    name.strip_prefix("arn:")
        .is_none_or(|rest| rest.strip_prefix(partition).is_some_and(|rest| rest.starts_with(':')))
}

/// The unique id that stands for a deleted principal.
pub(super) fn is_unique_id(name: &str) -> bool {
    ["AROA", "AIDA"].iter().any(|prefix| name.starts_with(prefix))
        && name.len() > 15
        && name.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

/// `SERVICE.amazonaws.com`, `SERVICE.REGION.amazonaws.com`, and the suffixes of other partitions.
pub(super) fn is_service(name: &str) -> bool {
    const DOMAINS: &str = "amazonaws.com amazonaws.com.cn c2s.ic.gov sc2s.sgov.gov cloud.adc-e.uk \
                           csp.hci.ic.gov amazonaws.eu";
    DOMAINS.split(' ').any(|domain| {
        let service = name.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
        service.is_some_and(|service| {
            service.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            })
        })
    })
}

/// A date in ISO 8601, or seconds since 1970.
pub(super) fn is_date(text: &str) -> bool {
    let zeroed = match text.split_once('T') {
        None if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => return true,
        None => format!("{text}T00:00:00Z"),
        // Without seconds.
        Some((day, clock)) if clock.len() == 6 && clock.ends_with('Z') => {
            format!("{day}T{}:00Z", &clock[..5])
        }
        Some(_) => text.to_owned(),
    };
    DateTime::from_str(&zeroed, Format::DateTimeWithOffset).is_ok()
}
