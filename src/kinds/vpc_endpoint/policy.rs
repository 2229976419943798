//! An endpoint's policy, for code that reads states.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use super::leaves::allow_all;
use crate::{
    kind::table::{unreadable, why_unreadable},
    model::policy_document::{Context, Dialect, PolicyDocument},
};

/// The policy of an endpoint. Stored as the document itself, as `default`, or with the reason why
/// it cannot be read. Its `Debug` has no policy text, because states are printed in logs.
#[derive(Debug, Clone, PartialEq)]
pub enum Policy {
    /// AWS's default, however it is written: no restriction at all.
    AllowAll,
    /// Anything else.
    Document(PolicyDocument),
    /// A live policy that cannot be read, and why. It equals no wanted policy: an unknown meaning
    /// must not count as the right one.
    Unreadable(String),
}

/// A live endpoint's policy, as a state contains it.
pub(super) fn read(text: &str, context: &Context) -> Value {
    match PolicyDocument::parse(text, Dialect::EndpointPolicy) {
        Ok(document) => {
            allow_all().canonical(document.as_value().clone(), Dialect::EndpointPolicy, context)
        }
        // The error names fields, never values.
        Err(error) => unreadable(&error.to_string()),
    }
}

/// The text of a state's policy for AWS, without white space; `None` for one that cannot be read.
pub(super) fn text(policy: &Value) -> Option<String> {
    let word = allow_all();
    let document =
        PolicyDocument::from_value(word.document(policy), Dialect::EndpointPolicy).ok()?;
    Some(document.to_minified_json())
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AllowAll => allow_all().word.serialize(serializer),
            Self::Document(document) => document.as_value().serialize(serializer),
            Self::Unreadable(why) => unreadable(why).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value == *allow_all().word {
            return Ok(Self::AllowAll);
        }
        if let Some(why) = why_unreadable(&value) {
            return Ok(Self::Unreadable(why.to_owned()));
        }
        PolicyDocument::from_value(&value, Dialect::EndpointPolicy)
            .map(Self::Document)
            .map_err(D::Error::custom)
    }
}
