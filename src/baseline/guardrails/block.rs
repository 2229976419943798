//! Blocks and their parameters, as the embedded files contain them.

use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::value::Type;
use crate::model::policy_document::Dialect;

/// The type of policy that a block is for: the part of its name before the slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Service control policies.
    Scp,
    /// Resource control policies.
    Rcp,
    /// Policies of VPC endpoints.
    Endpoint,
    /// KMS key policies.
    Key,
    /// S3 bucket policies.
    Bucket,
    /// Trust policies of roles.
    Trust,
    /// Permissions boundaries.
    Boundary,
}

impl Layer {
    /// All layers.
    pub const ALL: [Self; 7] = [
        Self::Scp,
        Self::Rcp,
        Self::Endpoint,
        Self::Key,
        Self::Bucket,
        Self::Trust,
        Self::Boundary,
    ];

    /// The first part of the names of its blocks.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scp => "scp",
            Self::Rcp => "rcp",
            Self::Endpoint => "endpoint",
            Self::Key => "key",
            Self::Bucket => "bucket",
            Self::Trust => "trust",
            Self::Boundary => "boundary",
        }
    }

    /// What its documents are called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Scp => "service control policies",
            Self::Rcp => "resource control policies",
            Self::Endpoint => "policies of VPC endpoints",
            Self::Key => "key policies",
            Self::Bucket => "bucket policies",
            Self::Trust => "trust policies of roles",
            Self::Boundary => "permissions boundaries",
        }
    }

    /// The layer of documents in this dialect, if the library has one.
    pub fn of(dialect: Dialect) -> Option<Self> {
        match dialect {
            Dialect::ServiceControlPolicy => Some(Self::Scp),
            Dialect::ResourceControlPolicy => Some(Self::Rcp),
            Dialect::EndpointPolicy => Some(Self::Endpoint),
            Dialect::KeyPolicy => Some(Self::Key),
            Dialect::BucketPolicy => Some(Self::Bucket),
            Dialect::TrustPolicy => Some(Self::Trust),
            Dialect::IdentityPolicy | Dialect::RepositoryPolicy => None,
        }
    }

    /// The most characters of a document, white space not counted (quotas of AWS Organizations,
    /// AWS PrivateLink, KMS, S3 and IAM).
    pub fn max_size(self) -> usize {
        match self {
            Self::Scp => 10_240,
            Self::Rcp => 5_120,
            Self::Endpoint | Self::Bucket => 20_480,
            Self::Key => 32_768,
            Self::Trust => 2_048,
            Self::Boundary => 6_144,
        }
    }
}

/// A parameterized block of policy statements.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Block {
    /// `scp/regions`.
    pub name: String,
    /// What holds with it.
    pub title: String,
    /// What it stops.
    pub stops: String,
    /// What breaks, and what it cannot do.
    pub breaks: String,
    /// What can be said in `with`.
    pub parameters: Vec<Parameter>,
    /// Its statements.
    pub statements: Vec<Template>,
}

/// A parameter of a block.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameter {
    /// Its name in `with`.
    pub name: String,
    /// What a value is.
    #[serde(rename = "type")]
    pub of: Type,
    /// What it means.
    pub about: String,
    /// Whether it is a list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
    /// The fewest entries of a list.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub min: usize,
    /// The value if the manifest says nothing, `null` for none; a parameter without one is
    /// required. `{organization}` and the like stand for facts of the scope.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The smallest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// The largest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// The words, for a word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// A value for the example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
}

/// A statement of a block.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Template {
    /// The parameter without which the statement is left out: `name` (given, not empty, true),
    /// `!name` (the contrary), `name=word`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The statement, with `{name}` for parameters and facts.
    pub statement: Value,
}

/// Distinguishes a default of `null` from none.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Block {
    /// The type of policy that it is for.
    pub fn layer(&self) -> Option<Layer> {
        let (layer, _) = self.name.split_once('/')?;
        Layer::ALL.into_iter().find(|it| it.name() == layer)
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

impl Parameter {
    /// Whether a manifest must give it.
    pub fn is_required(&self) -> bool {
        self.default.is_none()
    }
}

/// A file that cannot be read has no blocks, so that every manifest that uses one is refused; a
/// test reads the files.
static BLOCKS: LazyLock<Vec<Block>> = LazyLock::new(|| {
    let files = [
        include_str!("blocks/scp.json"),
        include_str!("blocks/rcp.json"),
        include_str!("blocks/endpoint.json"),
        include_str!("blocks/key.json"),
        include_str!("blocks/bucket.json"),
        include_str!("blocks/trust.json"),
        include_str!("blocks/boundary.json"),
    ];
    let read = |text: &str| serde_json::from_str::<Vec<Block>>(text).unwrap_or_default();
    files.into_iter().flat_map(read).collect()
});

/// Every block, layer by layer.
pub fn all() -> &'static [Block] {
    &BLOCKS
}

/// The block of this name.
pub fn find(name: &str) -> Option<&'static Block> {
    all().iter().find(|block| block.name == name)
}
