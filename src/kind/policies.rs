//! The policy documents of manifests: reads them, checks them by the rules of their dialect, and
//! reports problems with their place.

use serde_json::Value;

use super::{Invalid, ScopeFacts, has_placeholder};
use crate::model::policy_document::{Context, Dialect, Lint, PolicyDocument};

/// The document under `field`; everything in it that AWS would refuse, or that can have no effect,
/// is added to the problems. `None` if it cannot be read at all.
pub(crate) fn checked(
    field: &str,
    value: &Value,
    dialect: Dialect,
    scope: &ScopeFacts,
    problems: &mut Vec<Invalid>,
) -> Option<PolicyDocument> {
    match PolicyDocument::from_value(value, dialect) {
        Ok(document) => {
            let faults = document.faults(&context(scope));
            problems.extend(faults.into_iter().filter(|lint| !waits(value, &lint.path)).map(
                |Lint { path, message, help, .. }| {
                    Invalid::new(below(field, &path), message).help(help)
                },
            ));
            Some(document)
        }
        Err(error) => {
            let invalid = Invalid::new(below(field, error.path()), error.why());
            problems.push(invalid.help(error.help()));
            None
        }
    }
}

/// The scope that documents are judged for. Without an account the Region is a guess, and so is the
/// partition.
pub(crate) fn context(scope: &ScopeFacts) -> Context {
    let partition = if scope.knows_account() { scope.partition.clone() } else { String::new() };
    Context { partition, account: scope.account.clone() }
}

/// The path of a field of the document under `field`.
pub(crate) fn below(field: &str, path: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{field}.{path}") }
}

/// Whether the text at `path` stands for a resource that does not exist yet.
fn waits(document: &Value, path: &str) -> bool {
    at(document, path).and_then(Value::as_str).is_some_and(has_placeholder)
}

/// The value at `Statement[2].Action[0]`. Keys with dots in them are followed too.
pub(crate) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(value);
    }
    if let Some(rest) = path.strip_prefix('[') {
        let (index, rest) = rest.split_once(']')?;
        return at(
            value.get(index.parse::<usize>().ok()?)?,
            rest.strip_prefix('.').unwrap_or(rest),
        );
    }
    // The longest key that the path begins with.
    let keys = value.as_object()?.keys().filter(|key| {
        path.strip_prefix(key.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    });
    let key = keys.max_by_key(|key| key.len())?;
    let rest = &path[key.len()..];
    at(value.get(key)?, rest.strip_prefix('.').unwrap_or(rest))
}
