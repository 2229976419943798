//! Where a scope's events come from.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Scope, SettingsError, check::is_account, error::value, file::duration};
use crate::kind::ScopeFacts;

/// The queue to which EventBridge delivers what CloudTrail records in a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQueue {
    /// The URL of the queue.
    pub queue_url: String,
    /// The Region whose events it carries, which is its own.
    pub region: String,
    /// The time between two heartbeats, if palisade sends any.
    pub heartbeat: Option<Duration>,
}

/// The shortest and the longest time between two heartbeats.
const HEARTBEATS: [Duration; 2] = [Duration::from_mins(1), Duration::from_hours(24)];
/// What stands for the account and the Region of a scope in the settings of a set.
const ACCOUNT: &str = "${scope.account}";
const REGION: &str = "${scope.region}";

impl EventQueue {
    /// Its ARN.
    pub fn arn(&self, partition: &str) -> Option<String> {
        let (rest, name) = self.queue_url.rsplit_once('/')?;
        let account = rest.rsplit('/').next()?;
        Some(format!("arn:{partition}:sqs:{}:{account}:{name}", self.region))
    }

    /// What two URLs of one queue have in common: AWS's hosts have several names in a Region.
    fn identity(&self) -> Option<(&str, &str, &str)> {
        let (_, rest) = self.queue_url.split_once("://")?;
        let (host, rest) = rest.split_once('/')?;
        let (account, name) = rest.rsplit_once('/')?;
        Some((if is_host_of_aws(host) { &self.region } else { host }, account, name))
    }
}

/// Each message of a queue goes to one reader only.
///
/// # Errors
/// Two scopes have the same queue.
pub(super) fn one_reader(scopes: &BTreeMap<String, Scope>) -> Result<(), SettingsError> {
    let mut readers = BTreeMap::new();
    for (name, scope) in scopes {
        let Some(events) = &scope.events else { continue };
        if let Some(other) = readers.insert(events.identity(), name) {
            let why = format!("scope {other} reads this queue, and each message comes once");
            let field = format!("scopes.{name}.events.queueUrl");
            return Err(value(field, why, "give each scope a queue of its own"));
        }
    }
    Ok(())
}

fn is_host_of_aws(host: &str) -> bool {
    [".amazonaws.com", ".amazonaws.com.cn"].iter().any(|end| host.ends_with(end))
}

/// The queue of a scope's events.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Events")]
pub(super) struct FileEvents {
    /// The URL of the queue, which no other scope and no other process reads. In a set of scopes
    /// `${scope.account}` and `${scope.region}` stand for those of each scope.
    #[schemars(extend("examples" = [
        "https://sqs.eu-west-1.amazonaws.com/111122223333/palisade-events"
    ]))]
    queue_url: String,
    /// The Region of the queue, if it is not the scope's: the events of Organizations are in
    /// us-east-1.
    #[schemars(extend("examples" = ["us-east-1"]))]
    region: Option<String>,
    /// The time between two heartbeats: a dry run of EC2 that changes nothing, and whose event must
    /// come back. Without it only palisade's own writes prove that events arrive.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>", extend("examples" = ["5m"]))]
    heartbeat: Option<Duration>,
}

impl FileEvents {
    /// Whether there are heartbeats.
    pub(super) fn beats(&self) -> bool {
        self.heartbeat.is_some()
    }

    /// For one scope of a set.
    pub(super) fn of_scope(&self, account: &str, region: &str) -> Self {
        let queue_url = self.queue_url.replace(ACCOUNT, account).replace(REGION, region);
        Self { queue_url, ..self.clone() }
    }

    /// Checks them for a set, before its accounts are known.
    pub(super) fn check_for_set(
        &self,
        field: &dyn Fn(&str) -> String,
        regions: &[String],
        is_region: impl Fn(&str) -> bool,
    ) -> Result<(), SettingsError> {
        if !self.queue_url.contains(ACCOUNT) {
            let why = format!("`{}` names the queue of one account", self.queue_url);
            let help = "each scope has a queue in its own account: write ${scope.account} in it, \
                        and ${scope.region}";
            return Err(value(field("events.queueUrl"), why, help));
        }
        if regions.len() > 1 && (self.region.is_some() || !self.queue_url.contains(REGION)) {
            let why = "the scopes of an account would share a queue, and each message comes once";
            let help = "write ${scope.region} in the URL, and no `events.region`";
            return Err(value(field("events.queueUrl"), why, help));
        }
        for region in regions {
            let one = self.of_scope(ScopeFacts::UNKNOWN_ACCOUNT, region);
            one.check(field, region, ScopeFacts::UNKNOWN_ACCOUNT, &is_region)?;
        }
        Ok(())
    }

    pub(super) fn check(
        self,
        field: &dyn Fn(&str) -> String,
        region: &str,
        account: &str,
        is_region: impl Fn(&str) -> bool,
    ) -> Result<EventQueue, SettingsError> {
        let Self { queue_url, region: own, heartbeat } = self;
        if !is_queue(&queue_url) {
            let why = format!("`{queue_url}` is not the URL of a queue");
            let help = "write it as SQS shows it, such as \
                        https://sqs.eu-west-1.amazonaws.com/111122223333/palisade-events";
            return Err(value(field("events.queueUrl"), why, help));
        }
        let region = own.unwrap_or_else(|| region.to_owned());
        if !is_region(&region) {
            let why = format!("`{region}` is not a Region");
            return Err(value(field("events.region"), why, "write its code, such as us-east-1"));
        }
        if let Err((why, help)) = belongs(&queue_url, &region, account) {
            return Err(value(field("events.queueUrl"), why, help));
        }
        if let Some(every) = heartbeat.filter(|it| !(HEARTBEATS[0]..=HEARTBEATS[1]).contains(it)) {
            let why = format!("{}s is not between 1m and 24h", every.as_secs());
            let help = "5m says within ten minutes that events do not arrive any more";
            return Err(value(field("events.heartbeat"), why, help));
        }
        Ok(EventQueue { queue_url, region, heartbeat })
    }
}

/// Whether a queue is of the scope's account and of the Region whose events it is to carry, and at
/// AWS is reached over TLS. A queue at another address, such as an emulator's, has no Region in its
/// name.
fn belongs(url: &str, region: &str, account: &str) -> Result<(), (String, &'static str)> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let mut parts = rest.split('/');
    let host = parts.next().unwrap_or_default();
    let of = parts.next().unwrap_or_default();
    if account != of {
        let why = format!("`{url}` is a queue of another account than the scope's");
        return Err((why, "each scope reads a queue of its own account, with its own role"));
    }
    let is_of_aws = is_host_of_aws(host);
    if is_of_aws && scheme != "https" {
        return Err((format!("`{url}` is not encrypted"), "write https instead of http"));
    }
    if is_of_aws && !host.split('.').any(|part| part == region) {
        let why = format!("`{url}` is not a queue in {region}");
        return Err((why, "write the queue's Region as `events.region`, or another queue"));
    }
    Ok(())
}

/// Whether it is a URL that ends with an account and a name.
fn is_queue(url: &str) -> bool {
    let Some((_, rest)) =
        url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http"))
    else {
        return false;
    };
    let mut parts = rest.rsplit('/');
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let name = parts.next().is_some_and(|it| (1..=80).contains(&it.len()) && it.bytes().all(plain));
    name && parts.next().is_some_and(is_account)
        && parts.next().is_some_and(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_belongs_to_the_scopes_account_and_region() {
        let url = "https://sqs.eu-west-1.amazonaws.com/111122223333/q";
        let cn = "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q";
        let own = "111122223333";
        assert!(belongs(url, "eu-west-1", own).is_ok());
        assert!(belongs(cn, "cn-north-1", own).is_ok());
        assert!(belongs("http://localhost:4566/111122223333/q", "eu-west-1", own).is_ok());
        for (url, region, account) in [
            (url, "us-east-1", own),
            (url, "eu-west", own),
            (url, "eu-west-1", "444455556666"),
            ("http://sqs.eu-west-1.amazonaws.com/111122223333/q", "eu-west-1", own),
        ] {
            assert!(belongs(url, region, account).is_err(), "{url} {region} {account:?}");
        }
    }

    #[test]
    fn two_names_of_a_queue_are_one_queue() {
        let queue = |url: &str| EventQueue {
            queue_url: url.to_owned(),
            region: "eu-west-1".to_owned(),
            heartbeat: None,
        };
        let one = queue("https://sqs.eu-west-1.amazonaws.com/111122223333/q");
        let same = queue("https://eu-west-1.queue.amazonaws.com/111122223333/q");
        let other = queue("https://sqs.eu-west-1.amazonaws.com/111122223333/other");
        assert_eq!(one.identity(), same.identity());
        assert_ne!(one.identity(), other.identity());
    }

    #[test]
    fn a_queue_is_named_by_its_url() {
        for (url, right) in [
            ("https://sqs.eu-west-1.amazonaws.com/111122223333/palisade-events", true),
            ("http://localhost:4566/111122223333/q", true),
            ("arn:aws:sqs:eu-west-1:111122223333:palisade-events", false),
            ("palisade-events", false),
            ("https://sqs.eu-west-1.amazonaws.com/palisade-events", false),
            ("https://sqs.eu-west-1.amazonaws.com/111122223333/", false),
            ("https:///111122223333/q", false),
        ] {
            assert_eq!(is_queue(url), right, "{url}");
        }
    }
}
