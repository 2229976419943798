//! Stands in until the merge, where the JSON services' own folder replaces this file: knows no operation.

use super::service::{Answer, ApiError, Caller, Context};

/// No state yet.
#[derive(Debug, Default)]
pub struct Kms {}

impl Kms {
    /// Answers every operation with `UnknownOperationException`.
    pub fn call(
        &mut self,
        _caller: &Caller,
        operation: &str,
        _input: &serde_json::Value,
        _context: &mut Context<'_>,
    ) -> Answer {
        Err(ApiError::new("UnknownOperationException", format!("Kms does not know {operation}")))
    }
}
