//! The errors of Organizations: a code, and with some codes a `Reason` that clients depend on.

use crate::simulator::{
    json::{Flaw, Trouble},
    service::ApiError,
};

/// `InvalidInputException` for this reason.
pub(super) fn invalid_input(reason: &str, message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidInputException", message).with("Reason", reason)
}

/// `ConstraintViolationException` for this reason.
pub(super) fn constraint(reason: &str, message: impl Into<String>) -> ApiError {
    ApiError::new("ConstraintViolationException", message).with("Reason", reason)
}

/// The error for an invalid member of a request.
pub(super) fn refusal(flaw: Flaw<'_>) -> ApiError {
    let member = flaw.member;
    match flaw.trouble {
        Trouble::Missing => {
            invalid_input("INPUT_REQUIRED", format!("You must specify a value for {member}."))
        }
        Trouble::NotOneOf(allowed) => {
            let reason = if member == "Filter" || member == "PolicyType" {
                "INVALID_ENUM_POLICY_TYPE"
            } else {
                "INVALID_ENUM"
            };
            invalid_input(reason, format!("{member} must be one of {}.", allowed.join(", ")))
        }
        Trouble::TooSmall(bound) if member == "MaxResults" => {
            invalid_input("MIN_VALUE_EXCEEDED", format!("{member} must be at least {bound}."))
        }
        Trouble::TooLarge(bound) if member == "MaxResults" => {
            invalid_input("MAX_VALUE_EXCEEDED", format!("{member} must be at most {bound}."))
        }
        Trouble::TooSmall(bound) => {
            invalid_input("MIN_LENGTH_EXCEEDED", format!("{member} must be at least {bound} long."))
        }
        Trouble::TooLarge(bound) => {
            invalid_input("MAX_LENGTH_EXCEEDED", format!("{member} must be at most {bound} long."))
        }
        Trouble::Pattern(pattern) => {
            invalid_input("INVALID_PATTERN", format!("{member} must be of the pattern {pattern}."))
        }
    }
}

/// `PolicyNotFoundException`.
pub(super) fn policy_not_found() -> ApiError {
    ApiError::new(
        "PolicyNotFoundException",
        "We can't find a policy with the PolicyId that you specified.",
    )
}

/// `TargetNotFoundException`.
pub(super) fn target_not_found() -> ApiError {
    ApiError::new(
        "TargetNotFoundException",
        "We can't find a root, OU, account, or policy with the TargetId that you specified.",
    )
}

/// `ParentNotFoundException`.
pub(super) fn parent_not_found() -> ApiError {
    ApiError::new(
        "ParentNotFoundException",
        "We can't find a root or OU with the ParentId that you specified.",
    )
}

/// `PolicyTypeNotEnabledException`.
pub(super) fn type_not_enabled() -> ApiError {
    ApiError::new(
        "PolicyTypeNotEnabledException",
        "This operation can be performed only for enabled policy types.",
    )
}

/// `PolicyChangesInProgressException`.
pub(super) fn changes_in_progress() -> ApiError {
    ApiError::new(
        "PolicyChangesInProgressException",
        "Changes to the effective policy are in progress. Try again later.",
    )
}
