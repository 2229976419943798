//! The error of the tagging API.

use crate::simulator::service::ApiError;

/// A member of a request, or a resource, is not one that the tagging API takes.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}
