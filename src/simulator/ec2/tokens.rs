//! Client tokens: the same request with the same token is answered as the first time (EC2
//! developer guide, "Ensuring idempotency").

use super::state::{Call, State};
use crate::simulator::service::ApiError;
use serde_json::Value;

/// What an earlier request with this token left behind to answer this one with; a refusal if that
/// was another request. For how long EC2 remembers a token is not documented: here it never
/// forgets one, even after what was made is gone.
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

/// Keeps what the same request is to be answered with, if it has a token.
pub(super) fn keep(state: &mut State, call: &Call<'_, '_>, answer: Value) {
    if let Some(key) = key(call) {
        state.tokens.insert(key, (request(call), answer));
    }
}

fn key(call: &Call<'_, '_>) -> Option<(String, String)> {
    Some((call.operation.to_owned(), call.input.text("ClientToken")?.to_owned()))
}

/// The request without what does not belong to what is asked for.
fn request(call: &Call<'_, '_>) -> Value {
    let mut request = call.input.value().clone();
    if let Value::Object(members) = &mut request {
        members.remove("ClientToken");
        members.remove("DryRun");
    }
    request
}
