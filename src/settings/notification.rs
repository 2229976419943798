//! Who gets to know what.

use std::collections::BTreeSet;

use http::Uri;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Secret, SettingsError, check::is_plain, error::value};

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
}

impl Channel {
    pub(super) fn secret_mut(&mut self) -> Option<&mut Secret> {
        match self {
            Self::Slack { url } => Some(url),
            Self::Webhook { secret, .. } => secret.as_mut(),
        }
    }
}

/// Somebody who gets notices, either by Slack or by a webhook.
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
        let channel = match (self.slack, self.webhook) {
            (Some(slack), None) => Channel::Slack { url: slack.url },
            (None, Some(webhook)) => {
                check_url(&webhook.url)
                    .map_err(|why| value(field("webhook.url"), why, "use https://HOST/PATH"))?;
                Channel::Webhook { url: webhook.url, secret: webhook.secret }
            }
            _ => {
                let why = "not exactly one of `slack` and `webhook`";
                return Err(value(field("slack"), why, "give one of them"));
            }
        };
        let Self { name, severity, scopes, kinds, .. } = self;
        Ok(Target { name, channel, severity, scopes, kinds })
    }
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
