//! What CloudTrail records of the calls that change resources of a type: those of the service,
//! whoever makes them. Where somebody uses Cloud Control, or CloudFormation, its handlers make
//! these calls in their name; the call of Cloud Control itself is recorded in addition, which the
//! catalogue knows for all types.
//!
//! No record of most of these calls is public: they have the members of their API, as CloudTrail
//! writes those. A shape that is not so concerns the whole type.
//!
//! A record names a resource by what the service calls it, which is not always the identifier of
//! Cloud Control: both are brought into one form (`id`).

mod buckets;
mod data;
mod identity;
mod networks;
#[cfg(test)]
mod tests;
mod watching;

use crate::events::{Records, arn_rest};

/// What is recorded of a type.
pub(super) fn of(name: &str) -> Option<Records> {
    let groups = [buckets::ALL, data::ALL, identity::ALL, networks::ALL, watching::ALL];
    let mut all = groups.into_iter().flatten();
    all.find(|(of, _)| *of == name).map(|(_, records)| *records)
}

/// A name that is not an ARN, and not empty.
fn plain(text: &str) -> Option<String> {
    (!text.is_empty() && !text.starts_with("arn:")).then(|| text.to_owned())
}

/// The name in an ARN of this service and type, or a name.
fn part(text: &str, service: &str, resource: &str) -> Option<String> {
    arn_rest(text, service, resource).and_then(plain)
}

/// An ARN of this service.
fn whole(text: &str, service: &str) -> Option<String> {
    let is_of_it = text.starts_with("arn:") && text.split(':').nth(2) == Some(service);
    is_of_it.then(|| text.to_owned())
}

/// Of an identifier in several parts the last.
fn last(text: &str) -> &str {
    text.rsplit('|').next().unwrap_or_default()
}

/// A bucket, by its name or ARN.
fn bucket(text: &str) -> Option<String> {
    match text.split_once(":s3:::") {
        Some((_, name)) => plain(name),
        None => plain(text),
    }
}

/// A queue, by the account and the name at the end of its URL: the hosts in URLs differ.
fn queue(text: &str) -> Option<String> {
    if text.starts_with("arn:") {
        return None;
    }
    let (rest, name) = text.rsplit_once('/')?;
    let account = rest.rsplit('/').next()?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && !name.is_empty()).then(|| format!("{account}/{name}"))
}

/// An organizational unit, `ou-ab12-11111111`.
fn unit(text: &str) -> Option<String> {
    let id = text.rsplit('/').next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (id.starts_with("ou-") && id.bytes().all(plain)).then(|| id.to_owned())
}

/// An alarm, by its name or ARN.
fn alarm(text: &str) -> Option<String> {
    match text.split_once(":alarm:") {
        Some((_, name)) => plain(name),
        None => plain(text),
    }
}

/// A log group, by its name or ARN, which may end with `:*`.
fn log_group(text: &str) -> Option<String> {
    let name = text.split_once(":log-group:").map_or(text, |(_, name)| name);
    plain(name.trim_end_matches(":*"))
}

/// A rule of EventBridge, by its name or ARN; the one on a bus of that name is its equal.
fn rule(text: &str) -> Option<String> {
    let rest = arn_rest(text, "events", "rule")?;
    plain(rest.rsplit('/').next().unwrap_or_default())
}

/// The one hub of an account and Region, by its ARN or the account.
fn hub(text: &str) -> Option<String> {
    let is_other = text.starts_with("arn:") && !text.contains(":hub/");
    (!is_other).then(|| "hub".to_owned())
}
