//! Whether a text is a policy of its type. The text itself is stored as it came.

use serde_json::{Map, Value};

use crate::simulator::service::ApiError;

fn malformed(why: &str) -> ApiError {
    let message = format!(
        "The provided policy document does not meet the requirements of the specified policy type: {why}."
    );
    ApiError::new("MalformedPolicyDocumentException", message)
}

/// Refuses what is no policy of this type with `MalformedPolicyDocumentException`.
///
/// Control policies are IAM documents: Version 2012-10-17 is required, service control policies have no Principal, resource control
/// policies deny only and to everybody. The other types are JSON objects of their own languages, which are not checked further.
pub(super) fn check(text: &str, policy_type: &str) -> Result<(), ApiError> {
    let Ok(Value::Object(document)) = serde_json::from_str(text) else {
        return Err(malformed("it is not a JSON object"));
    };
    match policy_type {
        "SERVICE_CONTROL_POLICY" => iam_document(&document, service_control_statement),
        "RESOURCE_CONTROL_POLICY" => iam_document(&document, resource_control_statement),
        _ => Ok(()),
    }
}

type StatementRule = fn(&Map<String, Value>) -> Result<(), ApiError>;

fn iam_document(document: &Map<String, Value>, rule: StatementRule) -> Result<(), ApiError> {
    if document.keys().any(|name| !["Version", "Id", "Statement"].contains(&name.as_str())) {
        return Err(malformed("it has an unknown member"));
    }
    if document.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
        return Err(malformed("Version must be 2012-10-17"));
    }
    let statements = match document.get("Statement") {
        Some(Value::Array(items)) if !items.is_empty() => items.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => return Err(malformed("it has no statement")),
    };
    for statement in statements {
        let members =
            statement.as_object().ok_or_else(|| malformed("a statement is not an object"))?;
        any_statement(members)?;
        rule(members)?;
    }
    Ok(())
}

/// What holds for the statements of both kinds of control policies.
fn any_statement(members: &Map<String, Value>) -> Result<(), ApiError> {
    const KNOWN: [&str; 8] = [
        "Sid",
        "Effect",
        "Principal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    if members.keys().any(|name| !KNOWN.contains(&name.as_str())) {
        return Err(malformed("a statement has an unknown member"));
    }
    let sid = members.get("Sid").map_or(Some(""), Value::as_str);
    if !sid.is_some_and(|sid| sid.chars().all(|letter| letter.is_ascii_alphanumeric())) {
        return Err(malformed("a Sid has other characters than letters and digits"));
    }
    if !["Allow", "Deny"]
        .contains(&members.get("Effect").and_then(Value::as_str).unwrap_or_default())
    {
        return Err(malformed("an Effect is neither Allow nor Deny"));
    }
    let actions = one_of(members, "Action", "NotAction")?;
    if !actions.iter().all(|action| {
        *action == "*" || action.split_once(':').is_some_and(|(service, _)| !service.is_empty())
    }) {
        return Err(malformed("an action names no service"));
    }
    one_of(members, "Resource", "NotResource")?;
    match members.get("Condition") {
        None => Ok(()),
        Some(Value::Object(operators)) if operators.values().all(Value::is_object) => Ok(()),
        Some(_) => Err(malformed("a Condition is not an object of objects")),
    }
}

/// The values of a member or of its negation, of which a statement has exactly one.
fn one_of<'a>(
    members: &'a Map<String, Value>,
    positive: &str,
    negative: &str,
) -> Result<Vec<&'a str>, ApiError> {
    let ((Some(value), None) | (None, Some(value))) =
        (members.get(positive), members.get(negative))
    else {
        return Err(malformed(&format!("a statement needs either {positive} or {negative}")));
    };
    let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    texts
        .filter(|texts| !texts.is_empty())
        .ok_or_else(|| malformed(&format!("{positive} is no string and no list of strings")))
}

fn service_control_statement(members: &Map<String, Value>) -> Result<(), ApiError> {
    if members.contains_key("Principal") {
        return Err(malformed("a service control policy has no Principal"));
    }
    Ok(())
}

fn resource_control_statement(members: &Map<String, Value>) -> Result<(), ApiError> {
    if members.get("Effect").and_then(Value::as_str) != Some("Deny") {
        return Err(malformed("a resource control policy can only deny"));
    }
    if members.get("Principal").and_then(Value::as_str) != Some("*") {
        return Err(malformed("the Principal of a resource control policy is *"));
    }
    Ok(())
}
