//! Who gets to know what.

use std::collections::BTreeSet;

use http::Uri;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Secret, SettingsError,
    check::{is_account, is_plain},
    error::value,
    file::is_region,
};

/// How urgent a notice is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// What happened as it should.
    Info,
    /// Somebody should look at it today.
    #[default]
    Warning,
    /// Somebody should look at it now.
    Critical,
}

impl Urgency {
    /// The word in settings and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Somebody who gets notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name: in logs and metrics.
    pub name: String,
    /// How they get there.
    pub channel: Channel,
    /// The least urgency that it gets.
    pub severity: Urgency,
    /// The scopes that it gets; empty: all, and what concerns the whole process.
    pub scopes: BTreeSet<String>,
    /// The kinds, likewise.
    pub kinds: BTreeSet<String>,
}

/// How notices get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Channel {
    /// An incoming webhook of Slack. Its address is the secret.
    Slack {
        /// Where the address is.
        url: Secret,
    },
    /// Any receiver of CloudEvents.
    Webhook {
        /// The address.
        url: String,
        /// The key of the signature.
        secret: Option<Secret>,
    },
    /// A standard topic of SNS.
    Sns {
        /// Its ARN.
        topic_arn: String,
    },
    /// A bus of EventBridge.
    EventBridge {
        /// Its ARN.
        bus_arn: String,
    },
}

impl Channel {
    /// What it takes to reach the receiver or to be believed by it, if that is a secret.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Slack { url } => Some(url),
            Self::Webhook { secret, .. } => secret.as_ref(),
            Self::Sns { .. } | Self::EventBridge { .. } => None,
        }
    }

    pub(super) fn secret_mut(&mut self) -> Option<&mut Secret> {
        match self {
            Self::Slack { url } => Some(url),
            Self::Webhook { secret, .. } => secret.as_mut(),
            Self::Sns { .. } | Self::EventBridge { .. } => None,
        }
    }
}

/// Somebody who gets notices: by Slack, a webhook, SNS or EventBridge.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Target")]
pub(super) struct FileTarget {
    /// Its name in logs and metrics.
    name: String,
    /// An incoming webhook of Slack.
    slack: Option<FileSlack>,
    /// A receiver of CloudEvents.
    webhook: Option<FileWebhook>,
    /// A topic of SNS, for mails and pagers.
    sns: Option<FileSns>,
    /// A bus of EventBridge, which gets CloudEvents.
    event_bridge: Option<FileEventBridge>,
    /// The least urgency that it gets.
    #[serde(default)]
    severity: Urgency,
    /// Only what is about these scopes.
    #[serde(default)]
    scopes: BTreeSet<String>,
    /// Only what is about these kinds.
    #[serde(default)]
    kinds: BTreeSet<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Slack")]
struct FileSlack {
    /// Where the address of the webhook is, which is a secret.
    url: Secret,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Webhook")]
struct FileWebhook {
    /// Its address; encrypted, unless it is on this machine.
    url: String,
    /// Where the key of the signature is.
    secret: Option<Secret>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Sns")]
struct FileSns {
    /// The ARN of a standard topic. The process's own credentials publish to it.
    #[schemars(extend("examples" = ["arn:aws:sns:eu-west-1:111122223333:on-call"]))]
    topic_arn: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "EventBridge")]
struct FileEventBridge {
    /// The ARN of a bus. The process's own credentials put events on it.
    #[schemars(extend("examples" = ["arn:aws:events:eu-west-1:111122223333:event-bus/ops"]))]
    bus_arn: String,
}

/// Checks all targets.
pub(super) fn targets(
    file: Vec<FileTarget>,
    scopes: impl Fn(&str) -> bool,
) -> Result<Vec<Target>, SettingsError> {
    let mut names = BTreeSet::new();
    let mut targets = Vec::new();
    for (index, target) in file.into_iter().enumerate() {
        let field = |part: &str| format!("notify[{index}].{part}");
        let name = target.name.clone();
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_plain) {
            let why = format!("`{name}` is not a name");
            return Err(value(field("name"), why, "use 1 to 64 letters, digits, `-`, `_` or `.`"));
        }
        if !names.insert(name.clone()) {
            return Err(value(field("name"), format!("`{name}` is there twice"), "rename one"));
        }
        if let Some(unknown) = target.scopes.iter().find(|scope| !scopes(scope)) {
            let why = format!("`{unknown}` is not a scope of these settings");
            return Err(value(field("scopes"), why, "name one of `scopes`"));
        }
        targets.push(target.check(field)?);
    }
    Ok(targets)
}

impl FileTarget {
    fn check(self, field: impl Fn(&str) -> String) -> Result<Target, SettingsError> {
        let channel = match (self.slack, self.webhook, self.sns, self.event_bridge) {
            (Some(slack), None, None, None) => Channel::Slack { url: slack.url },
            (None, Some(webhook), None, None) => {
                check_url(&webhook.url)
                    .map_err(|why| value(field("webhook.url"), why, "use https://HOST/PATH"))?;
                Channel::Webhook { url: webhook.url, secret: webhook.secret }
            }
            (None, None, Some(sns), None) => {
                check_topic(&sns.topic_arn).map_err(|(why, help)| {
                    value(field("sns.topicArn"), format!("`{}` {why}", sns.topic_arn), help)
                })?;
                Channel::Sns { topic_arn: sns.topic_arn }
            }
            (None, None, None, Some(bus)) => {
                if !is_arn(&bus.bus_arn, "events", "event-bus/") {
                    let why = format!("`{}` is not the ARN of a bus", bus.bus_arn);
                    let help = "write arn:aws:events:REGION:ACCOUNT:event-bus/NAME";
                    return Err(value(field("eventBridge.busArn"), why, help));
                }
                Channel::EventBridge { bus_arn: bus.bus_arn }
            }
            _ => {
                let why = "not exactly one of `slack`, `webhook`, `sns` and `eventBridge`";
                return Err(value(field("slack"), why, "give one of them"));
            }
        };
        if let Some(why) = channel.secret().and_then(Secret::wrong) {
            let part = if matches!(channel, Channel::Slack { .. }) {
                "slack.url"
            } else {
                "webhook.secret"
            };
            let help = "write its whole ARN, with the six characters at its end";
            return Err(value(field(&format!("{part}.secretsManager")), why, help));
        }
        let Self { name, severity, scopes, kinds, .. } = self;
        Ok(Target { name, channel, severity, scopes, kinds })
    }
}

fn check_topic(arn: &str) -> Result<(), (&'static str, &'static str)> {
    if !is_arn(arn, "sns", "") {
        Err(("is not the ARN of a topic", "write arn:aws:sns:REGION:ACCOUNT:NAME"))
    } else if arn.ends_with(".fifo") {
        Err(("is a FIFO topic, which nobody can read mails of", "name a standard topic"))
    } else {
        Ok(())
    }
}

/// Whether a text is the ARN of one resource of a service whose name follows this.
fn is_arn(arn: &str, service: &str, before: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [start, _, of, region, account, resource] = parts[..] else { return false };
    let name = resource.strip_prefix(before).unwrap_or_default();
    let plain = |b: u8| is_plain(b) || b == b'/';
    let is_named = !name.is_empty() && name.bytes().all(plain);
    start == "arn" && of == service && is_region(region) && is_account(account) && is_named
}

/// What the accounts look like travels encrypted, except within this machine.
///
/// # Errors
/// Why it is not an address to send to.
pub fn check_url(url: &str) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|_| "not a URL".to_owned())?;
    let host = uri.host().ok_or("no host")?;
    let local = host == "localhost" || host == "127.0.0.1" || host == "[::1]";
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if local => Ok(()),
        Some("http") => Err("not encrypted".to_owned()),
        _ => Err("not a URL of https".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Overrides, Settings};

    fn target(target: &str) -> Result<Channel, (String, String)> {
        let text = format!("owner: x\nnotify: [{{name: a, {target}}}]\n");
        let settings = Settings::parse(&text, &Overrides::default());
        let settings = settings.map_err(|error| (error.field, error.why))?;
        Ok(settings.notify[0].channel.clone())
    }

    #[test]
    fn topics_and_buses_are_named_by_their_arns() {
        let topic_arn = "arn:aws:sns:eu-west-1:111122223333:on-call".to_owned();
        let found = target(&format!("sns: {{topicArn: \"{topic_arn}\"}}"));
        assert_eq!(found, Ok(Channel::Sns { topic_arn }));
        let bus_arn = "arn:aws-cn:events:cn-north-1:111122223333:event-bus/ops".to_owned();
        let found = target(&format!("eventBridge: {{busArn: \"{bus_arn}\"}}"));
        assert_eq!(found, Ok(Channel::EventBridge { bus_arn }));
        for (wrong, field) in [
            ("sns: {topicArn: on-call}", "sns.topicArn"),
            ("sns: {topicArn: 'arn:aws:sns:eu-west-1:111122223333:a.fifo'}", "sns.topicArn"),
            ("sns: {topicArn: 'arn:aws:sqs:eu-west-1:111122223333:a'}", "sns.topicArn"),
            ("sns: {topicArn: 'arn:aws:sns:eu-west-1:111122223333:*'}", "sns.topicArn"),
            (
                "eventBridge: {busArn: 'arn:aws:events:eu-west-1:1:event-bus/a'}",
                "eventBridge.busArn",
            ),
            ("eventBridge: {busArn: default}", "eventBridge.busArn"),
            ("sns: {topicArn: a}, eventBridge: {busArn: b}", "slack"),
            ("slack: {url: {secretsManager: slack}}", "slack.url.secretsManager"),
            (
                "webhook: {url: 'https://a', secret: {secretsManager: 'arn:x'}}",
                "webhook.secret.secretsManager",
            ),
        ] {
            let (named, why) = target(wrong).unwrap_err();
            assert_eq!(named, format!("notify[0].{field}"), "{wrong}: {why}");
        }
    }
}
