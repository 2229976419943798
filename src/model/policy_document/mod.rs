//! IAM policy documents: parsed strictly, compared as AWS compares them, and displayed for people.
//!
//! A document is parsed once into a typed form ([`PolicyDocument`]) in which everything that the
//! language treats as a set is a set. Equality ([`compare()`], [`equivalent`]) is equality of those
//! forms, so it is reflexive, symmetric and transitive by construction. [`diff()`] explains a
//! difference statement by statement and judges its direction; [`Lint`]s report what AWS refuses
//! and what is probably a mistake; [`PolicyDocument::evaluate`] answers whether a request would be
//! allowed.

mod admission;
mod canonical;
mod change;
mod compare;
mod condition;
mod decimal;
mod diff;
mod direction;
mod error;
mod evaluate;
mod json;
mod keys;
mod lint;
mod operator;
mod parse;
mod pattern;
mod render;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeStruct,
};
use serde_json::Value;

pub use admission::{Admission, AttachedTo, Party, Untied, Who, Why};
pub use canonical::Effect;
pub use change::{Applied, Judgement, PolicyChange, Relevant};
pub use compare::{Comparison, compare, equivalent};
pub use diff::{DocumentChange, ElementChange, PolicyDiff, StatementChange, StatementDiff, diff};
pub use direction::Widening;
pub use error::PolicyError;
pub(crate) use error::printable;
pub use evaluate::{ANY_TEXT, Decision, Request};
pub use keys::Bearing;
pub(crate) use lint::catalogue::{is_action, is_service, supports_resource_control};
pub use lint::{Gravity, Lint, LintRule, Topic};

use canonical::{PrincipalType, Statement, Version};
use error::Place;
use json::Raw;

/// The AWS feature that a document is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dialect {
    /// A KMS key policy: KMS re-serializes it, so comparison is semantic.
    KeyPolicy,
    /// A VPC endpoint policy: compared like a key policy.
    EndpointPolicy,
    /// An Organizations service control policy: stored as sent, so comparison is strict. `Version`
    /// 2012-10-17, no `Principal`, and (Organizations user guide) action names are case-sensitive.
    ServiceControlPolicy,
    /// An Organizations resource control policy: like a service control policy, but it applies to
    /// everybody (`Principal` is `"*"`) and only denies.
    ResourceControlPolicy,
    /// The policy of an S3 bucket: compared like a key policy.
    BucketPolicy,
    /// The policy of a repository of ECR: like that of a bucket, but it is about that repository
    /// and has no `Resource`.
    RepositoryPolicy,
    /// The trust policy of a role: who may assume it. It is about that role, so it has no
    /// `Resource`, and allows or denies actions of STS only.
    TrustPolicy,
    /// A policy attached to an IAM identity: it applies to that identity, so it has no `Principal`.
    IdentityPolicy,
}

impl Dialect {
    /// Whether Organizations stores it, as it was sent, with an exact version and case-sensitive
    /// actions.
    pub(super) fn is_control_policy(self) -> bool {
        matches!(self, Self::ServiceControlPolicy | Self::ResourceControlPolicy)
    }
}

/// The caller, who determines what an account id in a `Principal` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// The twelve digits of the caller's account; empty if unknown. Never used for equality, only
    /// to report principals of other accounts in a diff.
    pub account: String,
}

/// A policy document: as written (keys sorted, otherwise untouched) and in its canonical form.
///
/// `==` compares the text as written and is too strict for drift: use [`equivalent`]. Serializes as
/// `{"dialect": …, "document": …}`; deserializing accepts the document as JSON or as JSON text.
/// `Debug` shows no policy text, because states are logged.
#[derive(Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    dialect: Dialect,
    authored: Value,
    version: Version,
    id: Option<String>,
    statements: Vec<Statement>,
}

impl PolicyDocument {
    /// Parses a document from JSON text.
    ///
    /// # Errors
    /// Not JSON, a duplicate key, an unknown field, a wrong type, or something that the dialect
    /// does not have. An unknown field is an error in live documents too: an unknown meaning must
    /// not be mistaken for equality.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, PolicyError> {
        Self::read(Raw::parse(text)?, dialect)
    }

    /// Parses a document from a JSON value. Duplicate keys are already lost then: whoever parsed
    /// the text must have refused them.
    ///
    /// # Errors
    /// As [`PolicyDocument::parse`], but for syntax and duplicate keys.
    pub fn from_value(value: &Value, dialect: Dialect) -> Result<Self, PolicyError> {
        let mut authored = value.clone();
        authored.sort_all_objects();
        Self::typed(authored, dialect)
    }

    fn read(raw: Raw, dialect: Dialect) -> Result<Self, PolicyError> {
        Self::typed(raw.into_value(&Place::default())?, dialect)
    }

    fn typed(authored: Value, dialect: Dialect) -> Result<Self, PolicyError> {
        let parse::Parts { version, id, statements } = parse::document(&authored, dialect)?;
        Ok(Self { dialect, authored, version, id, statements })
    }

    /// The dialect that the document was parsed as.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The document as written, keys sorted.
    pub fn as_value(&self) -> &Value {
        &self.authored
    }

    /// The document for people: as written, keys sorted, indented by two spaces.
    pub fn to_json(&self) -> String {
        format!("{:#}", self.authored)
    }

    /// The document for AWS: as written, keys sorted, no white space. Two service control policies
    /// are equal exactly if these texts are.
    pub fn to_minified_json(&self) -> String {
        self.authored.to_string()
    }

    /// The size that AWS counts against its limits, in bytes of UTF-8 of the minified text.
    pub fn size_bytes(&self) -> usize {
        self.to_minified_json().len()
    }

    /// The partitions named by the document's AWS principals: usually one.
    pub fn partitions(&self) -> BTreeSet<&str> {
        let principals = self.statements.iter().filter_map(|s| s.body.principal.as_ref());
        let names = principals.flat_map(|p| p.inner().of_type(PrincipalType::Aws));
        names
            .filter_map(|name| name.shown().strip_prefix("arn:")?.split_once(':'))
            .map(|(partition, _)| partition)
            .collect()
    }
}

impl fmt::Debug for PolicyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyDocument")
            .field("dialect", &self.dialect)
            .field("statements", &self.statements.len())
            .field("bytes", &self.size_bytes())
            .finish_non_exhaustive()
    }
}

impl Serialize for PolicyDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("PolicyDocument", 2)?;
        fields.serialize_field("dialect", &self.dialect)?;
        fields.serialize_field("document", &self.authored)?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for PolicyDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            dialect: Dialect,
            document: Raw,
        }
        let Fields { dialect, document } = Fields::deserialize(deserializer)?;
        let read = match document {
            Raw::Scalar(Value::String(text)) => Self::parse(&text, dialect),
            raw => Self::read(raw, dialect),
        };
        read.map_err(D::Error::custom)
    }
}
