//! An endpoint's policy: AWS's allow-all default, or a document.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Value, json};

use crate::model::policy_document::{Context, Dialect, PolicyDocument, equivalent};

/// The policy that AWS attaches when it is given none (AWS PrivateLink guide, "Control access to VPC
/// endpoints using endpoint policies"): everybody may do everything through the endpoint.
pub(super) const ALLOW_ALL: &str =
    r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

/// The key under which an unreadable policy is stored. No policy has a field of this name.
const UNREADABLE: &str = "unreadable";

/// The policy of an endpoint. Stored as the document itself, as `default`, or as `{unreadable: why}`.
#[derive(Clone, PartialEq)]
pub enum Policy {
    /// AWS's default, however it is written: no restriction at all.
    AllowAll,
    /// Anything else.
    Document(PolicyDocument),
    /// A live policy that cannot be read, and why. It equals no wanted policy: a meaning that is not
    /// known must not pass for the right one.
    Unreadable(String),
}

/// Like a document's own: no policy text, because states are printed in logs.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllowAll => f.write_str("AllowAll"),
            Self::Document(document) => document.fmt(f),
            Self::Unreadable(why) => write!(f, "Unreadable({why})"),
        }
    }
}

/// For one line of a plan.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllowAll => f.write_str("default (everything is allowed)"),
            Self::Document(document) => {
                let count = match document.as_value().get("Statement") {
                    Some(Value::Array(statements)) => statements.len(),
                    Some(_) => 1,
                    None => 0,
                };
                write!(f, "a policy of {count} statement{}", if count == 1 { "" } else { "s" })
            }
            Self::Unreadable(why) => write!(f, "unreadable ({why})"),
        }
    }
}

impl Policy {
    /// A document in its canonical place: one that says what AWS's default says *is* the default.
    pub(super) fn of(document: PolicyDocument, context: &Context) -> Self {
        if allow_all().iter().any(|default| equivalent(default, &document, context)) {
            Self::AllowAll
        } else {
            Self::Document(document)
        }
    }

    /// A live endpoint's policy.
    pub(super) fn read(text: &str, context: &Context) -> Self {
        match PolicyDocument::parse(text, Dialect::EndpointPolicy) {
            Ok(document) => Self::of(document, context),
            // The error names fields, never values.
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }

    /// Whether two policies mean the same.
    pub(super) fn same(&self, other: &Self, context: &Context) -> bool {
        match (self, other) {
            (Self::AllowAll, Self::AllowAll) => true,
            (Self::Document(one), Self::Document(two)) => equivalent(one, two, context),
            (Self::Unreadable(one), Self::Unreadable(two)) => one == two,
            _ => false,
        }
    }

    /// The document that says it, where there is one.
    pub(super) fn document(&self) -> Option<PolicyDocument> {
        match self {
            Self::AllowAll => allow_all().into_iter().next(),
            Self::Document(document) => Some(document.clone()),
            Self::Unreadable(_) => None,
        }
    }

    /// The text for AWS, without white space; `None` for a policy that could not be read.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::AllowAll => Some(ALLOW_ALL.to_owned()),
            Self::Document(document) => Some(document.to_minified_json()),
            Self::Unreadable(_) => None,
        }
    }
}

/// The default in both versions of the language: without policy variables they mean the same.
fn allow_all() -> Vec<PolicyDocument> {
    let statement = json!([{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]);
    [json!({"Statement": statement}), json!({"Version": "2012-10-17", "Statement": statement})]
        .iter()
        .filter_map(|value| PolicyDocument::from_value(value, Dialect::EndpointPolicy).ok())
        .collect()
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AllowAll => serializer.serialize_str("default"),
            Self::Document(document) => document.as_value().serialize(serializer),
            Self::Unreadable(why) => json!({ UNREADABLE: why }).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value == "default" {
            return Ok(Self::AllowAll);
        }
        if let Some(Value::String(why)) = value.get(UNREADABLE) {
            return Ok(Self::Unreadable(why.clone()));
        }
        PolicyDocument::from_value(&value, Dialect::EndpointPolicy)
            .map(Self::Document)
            .map_err(D::Error::custom)
    }
}
