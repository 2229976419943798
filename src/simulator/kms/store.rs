//! The state of KMS in an account and Region, and the data of a call.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::key::{Alias, Key};
use crate::simulator::{
    json::{Input, Lagged, Page, Trouble, page},
    service::{Answer, ApiError, Caller, Context},
};

/// The keys of every account and region.
#[derive(Debug, Clone, Default)]
pub struct Kms {
    pub(super) stores: BTreeMap<(String, String), Lagged<Store>>,
    pub(super) deleted_principals: BTreeSet<String>,
}

/// The keys and aliases of one account in one region.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    pub keys: BTreeMap<String, Key>,
    pub aliases: BTreeMap<String, Alias>,
}

/// One call: its caller, its input, and its context.
pub(super) struct Request<'a, 'w> {
    pub caller: &'a Caller,
    pub input: Input<'a>,
    pub context: &'a mut Context<'w>,
    pub deleted_principals: &'a BTreeSet<String>,
}

/// A page of a KMS listing: `Limit` within 1 and `max`, `Marker` in, `NextMarker` and `Truncated`
/// out.
pub(super) fn paged(
    request: &Request<'_, '_>,
    list: &str,
    items: Vec<(String, Value)>,
    default: usize,
    max: usize,
) -> Answer {
    let limit = request.input.integer("Limit", 1..=max)?.unwrap_or(default);
    let marker = request.input.bounded_text("Marker", 1..=1024)?;
    let Page { items, next } = page(items, limit, marker)
        .ok_or_else(|| ApiError::new("InvalidMarkerException", "Could not deserialize marker"))?;
    let mut answer = serde_json::Map::new();
    answer.insert(list.to_owned(), Value::Array(items));
    answer.insert("Truncated".to_owned(), Value::Bool(next.is_some()));
    if let Some(next) = next {
        answer.insert("NextMarker".to_owned(), Value::String(next));
    }
    Ok(Value::Object(answer))
}

impl Request<'_, '_> {
    /// The ARN of a KMS resource in the caller's account and region: `key/ID` or `alias/NAME`.
    pub(super) fn arn(&self, resource: &str) -> String {
        self.caller.arn_of("kms", resource)
    }

    /// A required string member of 1 to `max` characters.
    pub(super) fn name(&self, member: &str, max: usize) -> Result<&str, ApiError> {
        let value = self.input.bounded_text(member, 1..=max)?;
        value.ok_or_else(|| self.input.refusal(member, None, Trouble::Missing))
    }
}
