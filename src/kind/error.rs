//! What can go wrong at the seam, in palisade's own words.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::text;

/// A value in a manifest that is invalid, whatever AWS says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Invalid {
    /// Path below `spec`, e.g. `ingress[2].ports`.
    pub field: String,
    /// What is wrong with it.
    pub why: String,
    /// How to fix it, if there is a general way.
    pub help: Option<String>,
}

impl Invalid {
    /// A problem with a field.
    pub fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: field.into(), why: why.into(), help: None }
    }

    /// Adds how to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<text::Refused> for Invalid {
    fn from(refused: text::Refused) -> Self {
        Self { field: refused.field, why: refused.why, help: Some(refused.help) }
    }
}

/// What an error from AWS means for the loop. Drives back-off, the report and the metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Class {
    /// Too many calls; the same call may be made later.
    Throttled,
    /// Not allowed: a permission, a policy, expired or missing credentials.
    Denied,
    /// The resource does not exist.
    Missing,
    /// The resource to be created already exists.
    Duplicate,
    /// AWS is busy with the same resource (asynchronous state, concurrent modification): retry
    /// soon.
    Busy,
    /// Something else uses it; the message names what. The change waits and is never forced.
    Blocked,
    /// The input is wrong: no retry until the manifest changes or a long time has passed.
    Rejected,
    /// A quota is exhausted.
    Limit,
    /// The service failed or could not be reached, and certainly did nothing.
    Unavailable,
    /// It may or may not have taken effect: a time-out or a server fault after the request was
    /// sent.
    Ambiguous,
    /// The process must not write now (observe mode, brake, stop): nothing was sent.
    Refused,
    /// An unclassified code. Treated like [`Class::Ambiguous`].
    Unknown,
}

impl Class {
    /// The name shown to people and used as a metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Missing => "missing",
            Self::Duplicate => "duplicate",
            Self::Busy => "busy",
            Self::Blocked => "blocked",
            Self::Rejected => "rejected",
            Self::Limit => "limit",
            Self::Unavailable => "unavailable",
            Self::Ambiguous => "ambiguous",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the call may have taken effect although it failed.
    pub fn may_have_happened(self) -> bool {
        matches!(self, Self::Ambiguous | Self::Unknown)
    }
}

/// What an error code of one service means, if the codes that all services share do not cover it or
/// mean something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// The service, as operations name it (`kms`).
    pub service: &'static str,
    /// The code.
    pub code: &'static str,
    /// The operations whose answers have this meaning; all of them if there are none.
    pub operations: &'static [&'static str],
    /// Words of which the message must contain one, ignoring case; any message if there are none.
    pub says: &'static [&'static str],
    /// What it means.
    pub class: Class,
}

impl Meaning {
    /// With any message.
    pub(crate) const fn of(service: &'static str, code: &'static str, class: Class) -> Self {
        Self { service, code, operations: &[], says: &[], class }
    }

    /// Only in answers to these operations.
    pub(crate) const fn answering(self, operations: &'static [&'static str]) -> Self {
        Self { operations, ..self }
    }

    /// Only with a message that contains one of these words.
    pub(crate) const fn saying(self, says: &'static [&'static str]) -> Self {
        Self { says, ..self }
    }

    /// Whether it applies to this answer of its service.
    pub fn fits(&self, operation: &str, code: &str, message: &str) -> bool {
        if !self.operations.is_empty() && !self.operations.contains(&operation) {
            return false;
        }
        let message = message.to_ascii_lowercase();
        let said = |words: &str| message.contains(&words.to_ascii_lowercase());
        self.code == code && (self.says.is_empty() || self.says.iter().any(|words| said(words)))
    }
}

/// A failed AWS call. The SDK's own error types stop at the port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CloudError {
    /// `service:Operation`, e.g. `ec2:CreateSecurityGroup`.
    pub operation: &'static str,
    /// What it means for the loop.
    pub class: Class,
    /// AWS's error code, if the answer had one.
    pub code: Option<String>,
    /// AWS's message (shortened), or ours.
    pub message: String,
    /// AWS's request id, for support and CloudTrail.
    pub request_id: Option<String>,
}

impl CloudError {
    /// An error that palisade itself reports about a call (no answer from AWS, or none needed).
    pub fn new(operation: &'static str, class: Class, message: impl Into<String>) -> Self {
        Self { operation, class, code: None, message: message.into(), request_id: None }
    }

    /// Something that prevents a change, e.g. the network interfaces that still use a group.
    pub fn blocked(operation: &'static str, by: &[String]) -> Self {
        Self::new(operation, Class::Blocked, by.join(", "))
    }

    /// Whether AWS answered with this code.
    pub fn is_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        match &self.code {
            Some(code) => write!(f, " answered {code} ({})", self.class.as_str())?,
            None => write!(f, " {}", self.class.as_str())?,
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}
