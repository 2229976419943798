//! The errors of SageMaker.

use crate::simulator::{
    service::ApiError,
    table::{Key, TagFault},
};

/// `ValidationException` with this message. SageMaker's model does not include it; clients see the
/// bare code.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

/// `ResourceInUse` with this message.
pub(super) fn in_use(message: impl Into<String>) -> ApiError {
    ApiError::new("ResourceInUse", message)
}

/// `ResourceNotFound` with this message.
pub(super) fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new("ResourceNotFound", message)
}

/// There is nothing of a type with this name, in the words of the calls for notebooks.
pub(super) fn no_record(_noun: &str, _key: &Key) -> ApiError {
    invalid("RecordNotFound")
}

/// There is already something of a type with this name, in the words of the calls for notebooks.
pub(super) fn duplicate(noun: &str, key: &Key) -> ApiError {
    invalid(format!("{noun} [{}] already exists.", key.written.join("/")))
}

/// There is nothing of a type with this name in the domain.
pub(super) fn missing(noun: &str, key: &Key) -> ApiError {
    let [domain, name] = parts(&key.parts);
    not_found(format!("{noun} [{name}] does not exist in Domain [{domain}]."))
}

/// There is already something of a type with this name in the domain.
pub(super) fn exists(noun: &str, key: &Key) -> ApiError {
    let [domain, name] = parts(&key.written);
    in_use(format!("{noun} [{name}] already exists in Domain [{domain}]."))
}

/// Something in the domain has an operation in progress.
pub(super) fn busy(noun: &str, key: &Key, state: &str) -> ApiError {
    let [_, name] = parts(&key.written);
    in_use(format!("{noun} [{name}] is in {state} status."))
}

fn parts(key: &[String]) -> [&str; 2] {
    [0, 1].map(|at| key.get(at).map_or("", String::as_str))
}

/// An error about tags.
pub(super) fn tags(fault: TagFault<'_>) -> ApiError {
    match fault {
        TagFault::Reserved => {
            invalid("aws: prefixed tag key names are not allowed for external use.")
        }
        TagFault::Twice => invalid("Duplicate tag keys are not allowed"),
        TagFault::TooMany(max) => ApiError::new(
            "ResourceLimitExceeded",
            format!("A resource can have at most {max} tags"),
        ),
        TagFault::NoResource(arn) => not_found(format!("Resource [{arn}] does not exist.")),
    }
}
