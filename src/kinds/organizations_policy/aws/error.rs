//! Organizations returns in `Reason` which of dozens of constraints is violated; the class follows
//! from it.

use std::error::Error as StdError;

use aws_sdk_organizations::{
    error::SdkError,
    types::error::{ConstraintViolationException, InvalidInputException},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::{
    aws::classify,
    kind::{Class, CloudError},
};

/// What an error of Organizations means: [`classify`], then the reason if there is one.
pub(super) fn explain<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let mut known = classify(operation, error);
    let Some(cause) = error.as_service_error().and_then(StdError::source) else { return known };
    let reason = if let Some(violation) = cause.downcast_ref::<ConstraintViolationException>() {
        let reason = violation
            .reason()
            .map(aws_sdk_organizations::types::ConstraintViolationExceptionReason::as_str);
        known.class = class_of(reason.unwrap_or_default(), known.class);
        reason
    } else {
        cause
            .downcast_ref::<InvalidInputException>()
            .and_then(InvalidInputException::reason)
            .map(aws_sdk_organizations::types::InvalidInputExceptionReason::as_str)
    };
    if let Some(reason) = reason.filter(|reason| !known.message.contains(reason)) {
        known.message = format!("{reason}: {}", known.message);
    }
    known
}

fn class_of(reason: &str, otherwise: Class) -> Class {
    match reason {
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED" => Class::Blocked,
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
        | "POLICY_CONTENT_LIMIT_EXCEEDED"
        | "POLICY_NUMBER_LIMIT_EXCEEDED"
        | "MAX_TAG_LIMIT_EXCEEDED" => Class::Limit,
        "" => otherwise,
        _ => Class::Rejected,
    }
}
