//! Client tokens: a repeated request with the same token gets the first answer (EC2 developer
//! guide, "Ensuring idempotency").

use super::state::{Call, State};
use crate::simulator::service::ApiError;
use serde_json::Value;

/// The stored answer to an earlier request with this token, or an error if that request was
/// different. How long EC2 remembers a token is not documented; here a token is never forgotten,
/// even if the resource is gone.
pub(super) fn earlier(state: &State, call: &Call<'_, '_>) -> Result<Option<Value>, ApiError> {
    let known = key(call).and_then(|key| state.tokens.get(&key));
    match known {
        None => Ok(None),
        Some((asked, answer)) if *asked == request(call) => Ok(Some(answer.clone())),
        Some(_) => Err(ApiError::new(
            "IdempotentParameterMismatch",
            "The client token you have provided is associated with a resource for which the \
             parameters differ",
        )),
    }
}

/// Stores the answer to repetitions of the request, if it has a token.
pub(super) fn keep(state: &mut State, call: &Call<'_, '_>, answer: Value) {
    if let Some(key) = key(call) {
        state.tokens.insert(key, (request(call), answer));
    }
}

fn key(call: &Call<'_, '_>) -> Option<(String, String)> {
    Some((call.operation.to_owned(), call.input.text("ClientToken")?.to_owned()))
}

/// The request without the members that do not identify it.
fn request(call: &Call<'_, '_>) -> Value {
    let mut request = call.input.value().clone();
    if let Value::Object(members) = &mut request {
        members.remove("ClientToken");
        members.remove("DryRun");
    }
    request
}
