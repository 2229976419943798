//! A role, and the documents that IAM accepts for it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::simulator::{
    grammar::{self, Language},
    query::{Input, timestamp},
    service::ApiError,
    statements::{statements, strings},
};

/// A role of an account.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub path: String,
    pub arn: String,
    pub id: String,
    pub created: f64,
    pub trust: Value,
    pub description: String,
    pub max_session: i64,
    pub boundary: Option<String>,
    pub managed: BTreeSet<String>,
    pub inline: BTreeMap<String, Value>,
    pub tags: BTreeMap<String, String>,
}

impl Role {
    pub(super) fn shown(&self, name: &str) -> Value {
        let tags = self.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
        let boundary = self
            .boundary
            .as_ref()
            .map(|arn| json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}));
        json!({
            "Path": self.path,
            "RoleName": name,
            "RoleId": self.id,
            "Arn": self.arn,
            "CreateDate": timestamp(self.created),
            "AssumeRolePolicyDocument": self.trust.to_string(),
            "Description": (!self.description.is_empty()).then_some(&self.description),
            "MaxSessionDuration": self.max_session,
            "PermissionsBoundary": boundary,
            "Tags": tags.collect::<Vec<_>>(),
        })
    }

    pub(super) fn facts(&self) -> BTreeSet<String> {
        let mut facts = BTreeSet::from([
            format!("path {}", self.path),
            format!("trust {}", self.trust),
            format!("maxSession {}", self.max_session),
        ]);
        if !self.description.is_empty() {
            facts.insert(format!("description {}", self.description));
        }
        facts.extend(self.boundary.iter().map(|arn| format!("boundary {arn}")));
        facts.extend(self.managed.iter().map(|arn| format!("managedPolicy {arn}")));
        facts.extend(self.inline.iter().map(|(name, text)| format!("inlinePolicy {name} {text}")));
        facts
    }
}

pub(super) fn validation(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", message)
}

fn malformed(message: impl Into<String>) -> ApiError {
    ApiError::new("MalformedPolicyDocument", message)
}

/// Who may assume a role: principals and STS's actions, no resources (IAM user guide).
pub(super) fn trust(text: &str) -> Result<Value, ApiError> {
    let document = checked(text, Language::Trust)?;
    let actions = statements(text);
    let of_sts = |action: &&str| action.starts_with("sts:");
    let strange = actions.iter().flat_map(|it| strings(&it["Action"])).find(|it| !of_sts(it));
    if strange.is_some() {
        return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
    }
    Ok(document)
}

/// What a role may do.
pub(super) fn permissions(text: &str) -> Result<Value, ApiError> {
    checked(text, Language::Identity)
}

fn checked(text: &str, language: Language) -> Result<Value, ApiError> {
    grammar::check(text, language, "aws").map_err(|fault| match fault {
        grammar::Fault::Syntax(why) => malformed(format!("Syntax error in policy: {why}.")),
        grammar::Fault::Principal => malformed("Invalid principal in policy."),
    })
}

/// 1 to 64 characters of `[\w+=,.@-]` (IAM API reference).
pub(super) fn role_name(input: Input<'_>) -> Result<&str, ApiError> {
    let name = input.text("RoleName").unwrap_or_default();
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(legal) {
        return Ok(name);
    }
    Err(validation(format!("The specified value for roleName is invalid: {name}")))
}

/// `/`, or text between two of them (IAM API reference).
pub(super) fn path(input: Input<'_>) -> Result<String, ApiError> {
    let path = input.text("Path").unwrap_or("/");
    let printable = path.bytes().all(|byte| (0x21..=0x7f).contains(&byte));
    if printable && path.len() <= 512 && path.starts_with('/') && path.ends_with('/') {
        return Ok(path.to_owned());
    }
    Err(validation("The specified value for path is invalid. It must begin and end with /"))
}

/// An hour to twelve hours, one hour by default.
pub(super) fn max_session(input: Input<'_>) -> Result<Option<i64>, ApiError> {
    let seconds = input.integer("MaxSessionDuration")?;
    match seconds {
        Some(seconds) if !(3600..=43_200).contains(&seconds) => {
            Err(validation("MaxSessionDuration must be between 3600 and 43200 seconds"))
        }
        _ => Ok(seconds),
    }
}

/// The ARN of a managed policy, as AWS's or of an account.
pub(super) fn policy_arn(arn: &str) -> Result<&str, ApiError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let right = match parts[..] {
        ["arn", _, "iam", "", account, resource] => {
            let digits = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
            (account == "aws" || digits) && resource.starts_with("policy/")
        }
        _ => false,
    };
    if right { Ok(arn) } else { Err(validation(format!("ARN {arn} is not valid."))) }
}

/// Up to 50 tags, none of AWS's own.
pub(super) fn tags(
    input: Input<'_>,
    old: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ApiError> {
    let mut tags = old.clone();
    for tag in input.list("Tags") {
        let key = tag.text("Key").unwrap_or_default();
        let value = tag.text("Value").unwrap_or_default();
        let long = key.chars().count() > 128 || value.chars().count() > 256;
        if key.is_empty() || long || key.to_lowercase().starts_with("aws:") {
            return Err(ApiError::new("InvalidInput", format!("The tag key {key} is invalid")));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    if tags.len() > 50 {
        return Err(limit("TagsPerRole", 50));
    }
    Ok(tags)
}

pub(super) fn limit(quota: &str, most: usize) -> ApiError {
    ApiError::new("LimitExceeded", format!("Cannot exceed quota for {quota}: {most}")).status(409)
}
