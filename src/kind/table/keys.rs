//! Leaves that are KMS keys.

use serde_json::{Value, json};

use super::{Check, Form, targets::resolved};
use crate::kind::{Invalid, Refs, ScopeFacts, is_placeholder};

/// A KMS key as an ARN; an alias, and a text that is not a key, stay as they are.
pub fn arn(key: &str, scope: &ScopeFacts) -> String {
    let ScopeFacts { partition, region, account, .. } = scope;
    let id = key.strip_prefix("mrk-").unwrap_or(key);
    let is_id = id.len() >= 32 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_id { format!("arn:{partition}:kms:{region}:{account}:key/{key}") } else { key.to_owned() }
}

/// Whether both are the same key, as far as can be known.
pub(super) fn is_same(want: &Value, have: &Value) -> bool {
    let is_alias = |key: &str| key.starts_with("alias/") || key.contains(":alias/");
    want == have
        || match (want.as_str(), have.as_str()) {
            (Some(want), Some(have)) => is_alias(want) != is_alias(have),
            _ => false,
        }
}

impl Form {
    /// The key that is meant, as a state contains it.
    pub(super) fn key(
        &self,
        field: &str,
        said: &Value,
        refs: &mut Refs<'_>,
        problems: &mut Vec<Invalid>,
    ) -> Value {
        let Self::Key { accepts, check } = self else { return Value::Null };
        match resolved(field, said, *accepts, refs) {
            Ok(key) => {
                if !is_placeholder(&key) {
                    problems.extend(refused(field, &key, *check, refs.scope()));
                }
                json!(arn(&key, refs.scope()))
            }
            Err(problem) => {
                problems.push(problem);
                Value::Null
            }
        }
    }
}

/// Why a text cannot be a key (SageMaker API reference, `KmsKeyId`).
fn refused(field: &str, key: &str, check: Check, scope: &ScopeFacts) -> Option<Invalid> {
    let legal = |c: char| c.is_ascii_alphanumeric() || ":/_-".contains(c);
    if key.is_empty() || key.len() > 2048 || !key.chars().all(legal) {
        let why = format!("`{key}` is not a KMS key's ARN, id or alias");
        return Some(Invalid::new(field, why).help("write {ref: name}, or the key's ARN"));
    }
    check.refused(field, key, scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_compared_with_another_alias_but_never_with_a_key() {
        let key = json!("arn:aws:kms:eu-west-1:111122223333:key/1");
        assert!(is_same(&json!("alias/a"), &key));
        assert!(!is_same(&json!("alias/a"), &json!("alias/b")));
        assert!(!is_same(&json!("alias/a"), &Value::Null));
        assert!(!is_same(&json!("arn:aws:kms:eu-west-1:111122223333:key/2"), &key));
    }
}
