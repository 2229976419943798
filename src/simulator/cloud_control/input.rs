//! The members of a request, as Cloud Control checks them before anything else.

use serde_json::{Map, Value};

use super::{resource_type::Type, schema::Model, types};
use crate::simulator::{
    json::{Flaw, Input, validation_exception},
    service::ApiError,
};

/// The longest document, in characters (API reference).
const DOCUMENT: usize = 262_144;

pub(super) fn reading(input: &Value) -> Input<'_> {
    Input::new(input, |flaw: Flaw<'_>| validation_exception(flaw))
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

/// The type of a request.
pub(super) fn resource_type(input: &Value) -> Result<&'static Type, ApiError> {
    let name = reading(input).required_text("TypeName")?;
    let parts: Vec<&str> = name.split("::").collect();
    if parts.len() != 3 || parts.iter().any(|part| part.is_empty()) {
        return Err(invalid(format!("Value '{name}' at 'typeName' is no name of a type")));
    }
    types::TYPES.iter().copied().find(|it| it.name == name).ok_or_else(|| {
        let message = format!("The type '{name}' cannot be found.");
        ApiError::new("TypeNotFoundException", message)
    })
}

/// The identifier of a request: the text itself, or an object with the identifying property.
pub(super) fn identifier(kind: &Type, input: &Value) -> Result<String, ApiError> {
    let input = reading(input);
    let text = input.bounded_text("Identifier", 1..=1024)?;
    let text = text.map_or_else(|| input.required_text("Identifier"), Ok)?;
    let Ok(Value::Object(members)) = serde_json::from_str::<Value>(text) else {
        return Ok(text.to_owned());
    };
    let named = members.get(kind.identifier).and_then(Value::as_str);
    named.map(str::to_owned).ok_or_else(|| {
        invalid(format!("Identifier {text} is not valid for identifier [{}]", kind.identifier))
    })
}

/// A document in a member, as text.
pub(super) fn document<'a>(input: &'a Value, member: &str) -> Result<&'a str, ApiError> {
    let input = reading(input);
    input.bounded_text(member, 1..=DOCUMENT)?;
    input.required_text(member)
}

/// The desired state of a request.
pub(super) fn desired_state(input: &Value) -> Result<Model, ApiError> {
    let text = document(input, "DesiredState")?;
    serde_json::from_str::<Map<String, Value>>(text)
        .map_err(|_| invalid("DesiredState is not a JSON object"))
}

/// The client token of a request: letters, digits and `-+/=`.
pub(super) fn client_token(input: &Value) -> Result<Option<&str>, ApiError> {
    let token = reading(input).bounded_text("ClientToken", 1..=128)?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-+/=".contains(&byte);
    match token {
        Some(token) if !token.bytes().all(legal) => {
            Err(invalid("Value at 'clientToken' must match the pattern [-A-Za-z0-9+/=]+"))
        }
        _ => Ok(token),
    }
}
