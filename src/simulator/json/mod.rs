//! Shared by the services of the AWS JSON protocol: members of requests, pages, tags, and reads
//! that lag behind writes.

mod input;
mod lag;
mod page;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use input::{Flaw, Input, Trouble, tag_list, validation_exception};
pub(crate) use lag::Lagged;
pub(crate) use page::{Page, page};

use super::service::ApiError;

/// The answer to an operation that is not simulated.
pub(crate) fn unknown_operation(service: &str, operation: &str) -> ApiError {
    ApiError::new(
        "UnknownOperationException",
        format!("The simulated {service} has no operation {operation}"),
    )
}
