//! A bucket, its name and its policy, and the refusals that are about one of its aspects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::simulator::{
    grammar::{self, Language},
    service::ApiError,
    statements::{statements, strings},
    truth::leaves,
};

/// The largest bucket policy, in bytes (S3 user guide).
const POLICY: usize = 20 * 1024;

/// A bucket of an account in a Region.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    pub account: String,
    pub region: String,
    pub created: f64,
    /// Its aspects but for tags, by property.
    pub aspects: BTreeMap<String, Value>,
    pub tags: BTreeMap<String, String>,
    pub policy: Option<Value>,
    /// The keys of its objects.
    pub objects: BTreeSet<String>,
}

impl Bucket {
    /// What S3 gives every new bucket: encryption with its own keys, no public access, no ACLs
    /// (S3 user guide).
    pub(super) fn new(account: &str, region: &str, created: f64) -> Self {
        let mut bucket = Self {
            account: account.to_owned(),
            region: region.to_owned(),
            created,
            aspects: BTreeMap::new(),
            tags: BTreeMap::new(),
            policy: None,
            objects: BTreeSet::new(),
        };
        for (property, value) in [
            ("BucketEncryption", default_encryption()),
            (
                "PublicAccessBlockConfiguration",
                json!({
                    "BlockPublicAcls": true, "BlockPublicPolicy": true,
                    "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
                }),
            ),
            ("OwnershipControls", json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})),
        ] {
            bucket.aspects.insert(property.to_owned(), value);
        }
        bucket
    }

    pub(super) fn is(&self, path: &str, value: &str) -> bool {
        let (property, rest) = path.split_once('/').unwrap_or((path, ""));
        let found = self.aspects.get(property).and_then(|it| it.pointer(&format!("/{rest}")));
        found.and_then(Value::as_str) == Some(value)
    }

    pub(super) fn blocks(&self, what: &str) -> bool {
        let blocks = self.aspects.get("PublicAccessBlockConfiguration");
        blocks.is_some_and(|blocks| blocks[what] == true)
    }

    pub(super) fn facts(&self) -> BTreeSet<String> {
        let mut facts = BTreeSet::from([format!("region {}", self.region)]);
        for (property, value) in &self.aspects {
            leaves(property, value, &mut facts);
        }
        facts
    }
}

pub(super) fn default_encryption() -> Value {
    json!({"ServerSideEncryptionConfiguration": [{
        "BucketKeyEnabled": false,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
    }]})
}

pub(super) fn refused(code: &str, message: &str) -> ApiError {
    ApiError::new(code, message)
}

/// The rules for names of general purpose buckets (S3 user guide).
pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    let legal =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    let right = (3..=63).contains(&name.len())
        && bytes.iter().all(|byte| legal(*byte))
        && end(bytes.first())
        && end(bytes.last())
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
        && !["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|it| name.starts_with(it))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]
            .iter()
            .any(|it| name.ends_with(it));
    if right {
        Ok(())
    } else {
        Err(refused("InvalidBucketName", "The specified bucket is not valid"))
    }
}

/// A policy is about the bucket and what is in it, and not public if the bucket blocks that.
pub(super) fn check_policy(name: &str, bucket: &Bucket, text: &str) -> Result<Value, ApiError> {
    let malformed = |why: &str| refused("MalformedPolicy", why);
    if text.len() > POLICY {
        return Err(refused("PolicyTooLarge", "Policies must not be larger than 20 KB"));
    }
    let document = grammar::check(text, Language::Bucket, "aws").map_err(|fault| match fault {
        grammar::Fault::Syntax(why) => malformed(&format!("Policies must be valid: {why}")),
        grammar::Fault::Principal => malformed("Invalid principal in policy"),
    })?;
    let statements = statements(text);
    let inside = |resource: &&str| {
        let at = resource.split(":::").nth(1).unwrap_or_default();
        at.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '*']))
    };
    let resources = |it: &Value| {
        let named = strings(&it["Resource"]).into_iter().chain(strings(&it["NotResource"]));
        named.map(str::to_owned).collect::<Vec<_>>()
    };
    if statements.iter().flat_map(resources).any(|it| !inside(&it.as_str())) {
        return Err(malformed("Policy has invalid resource"));
    }
    let actions = statements.iter().flat_map(|it| strings(&it["Action"]));
    if actions.into_iter().any(|action| action != "*" && !action.to_lowercase().starts_with("s3:"))
    {
        return Err(malformed("Policy has invalid action"));
    }
    if bucket.blocks("BlockPublicPolicy") && statements.iter().any(is_public) {
        let message = "User is not authorized to perform: s3:PutBucketPolicy because public \
                       policies are blocked by the BlockPublicPolicy block public access setting.";
        return Err(refused("AccessDenied", message).status(403));
    }
    Ok(document)
}

/// Whether a statement lets everybody in: any principal, without a condition.
fn is_public(statement: &Value) -> bool {
    let principal = &statement["Principal"];
    let any = *principal == "*" || strings(&principal["AWS"]).contains(&"*");
    statement["Effect"] == "Allow" && any && statement.get("Condition").is_none()
}
