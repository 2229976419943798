//! The errors of Identity Center.

use crate::simulator::service::ApiError;

/// The error for what does not exist.
pub(super) fn missing(what: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", format!("{what} not found"))
}

/// The error for a member that is not valid.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

/// The error for what must be tried later.
pub(super) fn conflict(message: impl Into<String>) -> ApiError {
    ApiError::new("ConflictException", message)
}

/// The error for a caller who does not administer Identity Center, or not this part of it.
pub(super) fn denied() -> ApiError {
    ApiError::new("AccessDeniedException", "You do not have sufficient access to do this")
}
