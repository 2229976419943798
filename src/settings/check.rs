//! Checks of values.

use std::collections::BTreeSet;

use super::{SettingsError, error::value};

pub(super) fn break_glass(
    arns: Vec<String>,
    partitions: &BTreeSet<&str>,
) -> Result<BTreeSet<String>, SettingsError> {
    for (index, arn) in arns.iter().enumerate() {
        if role_account(arn).is_none() || arn.contains(['*', '?']) {
            return Err(value(
                format!("breakGlassRoles[{index}]"),
                format!("`{arn}` is not the ARN of a role"),
                "write it whole, such as arn:aws:iam::111122223333:role/break-glass",
            ));
        }
        let named = role_partition(arn);
        if !partitions.contains(named) {
            // Such a role does not exist, so that nobody would be protected.
            let right = partitions.iter().copied().collect::<Vec<_>>().join(", ");
            return Err(value(
                format!("breakGlassRoles[{index}]"),
                format!("`{arn}` is in partition `{named}`, which no scope is in"),
                format!("write the partition after `arn:`: {right}"),
            ));
        }
    }
    Ok(arns.into_iter().collect())
}

/// The partition in an ARN.
pub(super) fn role_partition(arn: &str) -> &str {
    arn.split(':').nth(1).unwrap_or_default()
}

/// The account in a role's ARN.
pub(super) fn role_account(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "iam", "", account, resource]
            if is_account(account)
                && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty()) =>
        {
            Some(account)
        }
        _ => None,
    }
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn check_owner(owner: &str) -> Result<(), SettingsError> {
    if owner.is_empty() || owner.len() > 64 || !owner.bytes().all(is_plain) {
        let why = format!("`{owner}` cannot be written into every claim");
        return Err(value("owner", why, "use 1 to 64 letters, digits, `-`, `_` or `.`"));
    }
    Ok(())
}

/// The characters of owners and scope names: they are part of claims, and every service's tags
/// allow these.
pub(super) fn is_plain(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')
}

pub(super) fn percent(field: &str, given: Option<u32>, default: u32) -> Result<u32, SettingsError> {
    match given.unwrap_or(default) {
        percent @ 0..=100 => Ok(percent),
        percent => Err(value(field, format!("{percent} is not a percentage"), "0 to 100")),
    }
}

pub(super) fn check_organization(id: Option<&String>) -> Result<(), SettingsError> {
    let right = |id: &&String| {
        id.strip_prefix("o-").is_some_and(|rest| {
            (10..=32).contains(&rest.len())
                && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
    };
    match id.filter(|id| !right(id)) {
        None => Ok(()),
        Some(id) => Err(value(
            "organization",
            format!("`{id}` is not the id of an organization"),
            "write o- and 10 to 32 lower-case letters and digits, or remove the setting to let \
             palisade ask AWS",
        )),
    }
}

pub(super) fn check_listen(listen: &str) -> Result<(), SettingsError> {
    let port = listen
        .rsplit_once(':')
        .and_then(|(host, port)| (!host.is_empty()).then(|| port.parse::<u16>().ok()).flatten());
    match port {
        Some(_) => Ok(()),
        None => Err(value(
            "server.listen",
            format!("`{listen}` is not HOST:PORT"),
            "127.0.0.1:9464 is the default; [::1]:9464 for IPv6",
        )),
    }
}
