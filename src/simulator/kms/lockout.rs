//! The lockout safety check: whether the calling principal could still replace the policy under the
//! new one.
//!
//! Like the service's check it evaluates the key policy alone, for this caller and this request; it
//! does not consider other principals.

use serde_json::Value;
use wildmatch::WildMatch;

use crate::simulator::service::{Caller, partition};

const ACTION: &str = "kms:PutKeyPolicy";

/// Whether the policy, as rewritten, lets the caller call PutKeyPolicy on this key: some statement
/// allows it, and none denies it.
pub(super) fn may_put_policy_again(document: &Value, caller: &Caller, key_arn: &str) -> bool {
    let statements = document["Statement"].as_array().map(Vec::as_slice).unwrap_or_default();
    let applies = |effect: &str| {
        statements.iter().any(|statement| {
            statement["Effect"] == effect
                && principal_matches(statement, caller)
                && member_matches(statement, "Action", "NotAction", ACTION)
                && member_matches(statement, "Resource", "NotResource", key_arn)
                && condition_holds(statement, caller)
        })
    };
    applies("Allow") && !applies("Deny")
}

/// The strings of a member that is one string or a list of them.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one.as_str()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A statement with neither the member nor its negation has no effect.
fn member_matches(statement: &Value, positive: &str, negative: &str, text: &str) -> bool {
    let any = |value: &Value| {
        strings(value)
            .into_iter()
            .any(|pattern| WildMatch::new_case_insensitive(pattern).matches(text))
    };
    match (statement.get(positive), statement.get(negative)) {
        (Some(value), _) => any(value),
        (None, Some(value)) => !any(value),
        (None, None) => false,
    }
}

/// The role of an assumed-role session, without its path, which the ARN of the session does not
/// contain.
fn role_of(caller: &Caller) -> Option<&str> {
    caller.arn.split_once(":assumed-role/")?.1.split('/').next()
}

/// The caller's `aws:PrincipalArn`: the role of a session, otherwise the caller's own ARN.
fn principal_arn(caller: &Caller) -> String {
    match role_of(caller) {
        Some(role) => {
            format!("arn:{}:iam::{}:role/{role}", partition(&caller.region), caller.account)
        }
        None => caller.arn.clone(),
    }
}

fn is_caller(name: &str, caller: &Caller) -> bool {
    let prefix = format!("arn:{}:iam::{}:", partition(&caller.region), caller.account);
    let own_role = || {
        let role = name.strip_prefix(&prefix)?.strip_prefix("role/")?.rsplit('/').next()?;
        Some(Some(role) == role_of(caller))
    };
    name == "*"
        || name == caller.arn
        || name.strip_prefix(&prefix) == Some("root")
        || own_role().unwrap_or(false)
}

fn principal_matches(statement: &Value, caller: &Caller) -> bool {
    let named = |principal: &Value| {
        let names = if principal.is_string() { principal } else { &principal["AWS"] };
        strings(names).into_iter().any(|name| is_caller(name, caller))
    };
    match statement.get("NotPrincipal") {
        Some(others) => !named(others),
        None => named(&statement["Principal"]),
    }
}

/// The value of this condition key in the request that the check assumes. Outer `None`: the
/// simulator does not know it, and the statement does not apply; inner `None`: the request does not
/// carry the key.
fn request_value(key: &str, caller: &Caller) -> Option<Option<String>> {
    match key.to_lowercase().as_str() {
        "aws:principalarn" => Some(Some(principal_arn(caller))),
        "aws:principalaccount" | "kms:calleraccount" | "aws:resourceaccount" => {
            Some(Some(caller.account.clone()))
        }
        "aws:requestedregion" => Some(Some(caller.region.clone())),
        "aws:securetransport" => Some(Some("true".to_owned())),
        "aws:viaawsservice"
        | "aws:principalisawsservice"
        | "kms:bypasspolicylockoutsafetycheck" => Some(Some("false".to_owned())),
        "kms:viaservice" | "aws:sourcearn" | "aws:sourceaccount" => Some(None),
        _ => None,
    }
}

fn condition_holds(statement: &Value, caller: &Caller) -> bool {
    let Some(operators) = statement.get("Condition").and_then(Value::as_object) else {
        return true;
    };
    operators.iter().all(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.into_iter().all(|(key, wanted)| match request_value(key, caller) {
            Some(value) => holds(operator, value.as_deref(), &strings(wanted)),
            None => false,
        })
    })
}

fn holds(operator: &str, value: Option<&str>, wanted: &[&str]) -> bool {
    let bare = operator
        .strip_prefix("ForAnyValue:")
        .or_else(|| operator.strip_prefix("ForAllValues:"))
        .unwrap_or(operator);
    let if_exists = bare.strip_suffix("IfExists");
    let bare = if_exists.unwrap_or(bare);
    if bare == "Null" {
        return wanted.contains(&if value.is_none() { "true" } else { "false" });
    }
    let negated = bare.contains("Not");
    let Some(value) = value else {
        return negated || if_exists.is_some();
    };
    let any = match bare.replace("Not", "").as_str() {
        "StringEquals" => wanted.contains(&value),
        "StringEqualsIgnoreCase" | "Bool" => {
            wanted.iter().any(|text| text.eq_ignore_ascii_case(value))
        }
        "StringLike" | "ArnLike" | "ArnEquals" => {
            wanted.iter().any(|pattern| WildMatch::new(pattern).matches(value))
        }
        _ => return false,
    };
    any != negated
}
