//! The key policies that KMS accepts, and how it rewrites them.
//!
//! The service does not keep the text. It parses the document and prints it again: lists of one
//! value lose their brackets, account ids become the ARN of the account's root, principals change
//! their order, and a deleted principal becomes its unique id. Two texts with one meaning therefore
//! return as the same document or as two that differ in those ways.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub(super) use super::pretty::print;
use crate::simulator::{
    grammar::{self, Fault, Language},
    service::ApiError,
};

/// The quota on a key policy document, in bytes (KMS developer guide, "Resource quotas").
const QUOTA: usize = 32_768;
/// The longest text that the API accepts.
const MAX_LENGTH: usize = 131_072;

fn malformed(message: &str) -> ApiError {
    ApiError::new("MalformedPolicyDocumentException", message)
}

fn syntax() -> ApiError {
    malformed("Syntax errors in policy.")
}

fn invalid_principal() -> ApiError {
    malformed("Policy contains a statement with one or more invalid principals.")
}

/// The inputs of a rewrite.
struct Rewrite<'a> {
    partition: &'a str,
    /// Determines the order of principals, different for each write.
    salt: u64,
    deleted: &'a BTreeSet<String>,
}

/// Parses, checks and rewrites a policy document; principals in `deleted` are unknown to IAM.
///
/// # Errors
/// `ValidationException` (characters, length), `LimitExceededException` (quota),
/// `MalformedPolicyDocumentException` (anything else).
pub(in crate::simulator) fn accept(
    text: &str,
    partition: &str,
    salt: u64,
    deleted: &BTreeSet<String>,
) -> Result<Value, ApiError> {
    let legal = |letter: char| matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}');
    if text.is_empty() || text.len() > MAX_LENGTH || !text.chars().all(legal) {
        let message = "1 validation error detected: Value at 'policy' failed to satisfy \
                       constraint: Member must have length between 1 and 131072 and satisfy \
                       regular expression pattern: \
                       [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+";
        return Err(ApiError::new("ValidationException", message));
    }
    if text.len() > QUOTA {
        return Err(ApiError::new(
            "LimitExceededException",
            format!("Policy document exceeds the quota of {QUOTA} bytes"),
        ));
    }
    let document = grammar::check(text, Language::Key, partition).map_err(|fault| match fault {
        Fault::Syntax(_) => syntax(),
        Fault::Principal => invalid_principal(),
    })?;
    let Value::Object(document) = document else { return Err(syntax()) };
    Rewrite { partition, salt, deleted }.document(&document)
}

impl Rewrite<'_> {
    fn document(&self, document: &Map<String, Value>) -> Result<Value, ApiError> {
        let mut out = Map::new();
        for name in ["Version", "Id"] {
            if let Some(value) = document.get(name) {
                out.insert(name.to_owned(), value.clone());
            }
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(items)) if !items.is_empty() => {
                items.iter().map(|item| self.statement(item)).collect::<Result<Vec<_>, _>>()?
            }
            Some(one @ Value::Object(_)) => vec![self.statement(one)?],
            _ => return Err(syntax()),
        };
        out.insert("Statement".to_owned(), Value::Array(statements));
        Ok(Value::Object(out))
    }

    /// A statement may lack Action or Resource: PutKeyPolicy then succeeds, and the statement has
    /// no effect (KMS API reference).
    fn statement(&self, statement: &Value) -> Result<Value, ApiError> {
        const ORDER: [&str; 9] = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        let members = statement.as_object().ok_or_else(syntax)?;
        let mut out = Map::new();
        for name in ORDER {
            let Some(value) = members.get(name) else {
                continue;
            };
            let rewritten = match name {
                "Sid" | "Effect" => value.clone(),
                "Principal" | "NotPrincipal" => self.principal(value)?,
                "Condition" => condition(value)?,
                _ => collapsed(texts(value)?),
            };
            out.insert(name.to_owned(), rewritten);
        }
        Ok(Value::Object(out))
    }

    fn principal(&self, principal: &Value) -> Result<Value, ApiError> {
        if principal == "*" {
            return Ok(principal.clone());
        }
        let kinds = principal
            .as_object()
            .filter(|kinds| !kinds.is_empty())
            .ok_or_else(invalid_principal)?;
        let mut out = Map::new();
        for (kind, value) in kinds {
            let mut names = texts(value).map_err(|_| invalid_principal())?;
            if kind == "AWS" {
                names = names.iter().map(|name| self.root_arn(name)).collect();
                // IAM treats a deleted principal as invalid.
                if names.iter().any(|name| self.deleted.contains(name)) {
                    return Err(invalid_principal());
                }
            }
            names.sort_by_key(|name| (hash(self.salt, name), name.clone()));
            out.insert(kind.clone(), collapsed(names));
        }
        Ok(Value::Object(out))
    }

    fn root_arn(&self, name: &str) -> String {
        if is_account(name) {
            format!("arn:{}:iam::{name}:root", self.partition)
        } else {
            name.to_owned()
        }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// One string or a list of strings.
fn texts(value: &Value) -> Result<Vec<String>, ApiError> {
    match value {
        Value::String(one) => Ok(vec![one.clone()]),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(syntax)).collect()
        }
        _ => Err(syntax()),
    }
}

/// A list, or its value if it has only one.
fn collapsed(mut values: Vec<String>) -> Value {
    match values.len() {
        1 => Value::String(values.remove(0)),
        _ => Value::from(values),
    }
}

/// Conditions: numbers and booleans become strings, lists of one value lose their brackets.
fn condition(value: &Value) -> Result<Value, ApiError> {
    let mut out = Map::new();
    for (operator, keys) in value.as_object().ok_or_else(syntax)? {
        let mut inner = Map::new();
        for (key, value) in keys.as_object().ok_or_else(syntax)? {
            let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
            inner.insert(
                key.clone(),
                collapsed(items.iter().map(scalar).collect::<Result<_, _>>()?),
            );
        }
        out.insert(operator.clone(), Value::Object(inner));
    }
    Ok(Value::Object(out))
}

fn scalar(value: &Value) -> Result<String, ApiError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(syntax()),
    }
}

/// FNV-1a of the salt and the text: an order that looks arbitrary but is reproducible.
fn hash(salt: u64, text: &str) -> u64 {
    let bytes = salt.to_le_bytes().into_iter().chain(text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The stored policy after the deletion of the principal with this ARN: its unique id replaces the
/// ARN.
pub(super) fn orphan(policy: &str, arn: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(policy) else {
        return policy.to_owned();
    };
    let prefix = if arn.contains(":user/") { "AIDA" } else { "AROA" };
    let id = Value::String(format!("{prefix}{:016X}A", hash(0, arn)));
    for statement in document["Statement"].as_array_mut().into_iter().flatten() {
        for member in ["Principal", "NotPrincipal"] {
            match statement.get_mut(member).and_then(|principal| principal.get_mut("AWS")) {
                Some(Value::Array(names)) => {
                    names
                        .iter_mut()
                        .filter(|name| *name == arn)
                        .for_each(|name| *name = id.clone());
                }
                Some(name) if name == arn => *name = id.clone(),
                _ => {}
            }
        }
    }
    print(&document)
}
