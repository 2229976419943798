//! Whether a text is a policy of its type. The text itself is stored unchanged.

use serde_json::Value;

use super::management;
use crate::simulator::{
    grammar::{self, Fault, Language},
    service::ApiError,
};

/// Organizations does not give the reason; the explanation is the simulator's own.
fn malformed(why: &str) -> ApiError {
    let message = format!(
        "The provided policy document does not meet the requirements of the specified policy type: \
         {why}."
    );
    ApiError::new("MalformedPolicyDocumentException", message)
}

/// Refuses invalid policies of this type with `MalformedPolicyDocumentException`.
///
/// Control policies are IAM documents; the other types are JSON objects with inheritance operators,
/// each with its own names.
pub(super) fn check(text: &str, policy_type: &str) -> Result<(), ApiError> {
    let language = match policy_type {
        "SERVICE_CONTROL_POLICY" => Language::ServiceControl,
        "RESOURCE_CONTROL_POLICY" => Language::ResourceControl,
        _ => {
            return match serde_json::from_str(text) {
                Ok(Value::Object(members)) => {
                    management::check(&members, policy_type).map_err(malformed)
                }
                _ => Err(malformed("it is not a JSON object")),
            };
        }
    };
    grammar::check(text, language, "").map(|_| ()).map_err(|fault| match fault {
        Fault::Syntax(why) => malformed(why),
        Fault::Principal => malformed("the Principal of a resource control policy is *"),
    })
}
