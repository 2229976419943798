//! The data of a call to the organization, and the variable behavior of the organization.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Map, Value};

use super::errors;
use crate::simulator::{
    json::{Input, Page, Trouble, page},
    service::{Answer, ApiError, Context},
};

/// The maximum number of items on a page, which is also the default.
const PAGE: usize = 20;

/// Differences between organizations, and rare behavior of the API.
#[derive(Debug, Clone, Default)]
pub struct Behavior {
    /// Every listing begins with an empty page that has a `NextToken`: the API reference allows
    /// that anywhere.
    pub empty_pages: bool,
    /// Member accounts that may call the policy operations too (delegated administrators for AWS
    /// Organizations).
    pub delegated_administrators: BTreeSet<String>,
    /// How long a policy type stays `PENDING_ENABLE` after EnablePolicyType.
    pub policy_type_pending: Duration,
    /// The maximum number of policies of each type; AWS's quotas by default (10,000 service control
    /// policies, 1,000 of other types).
    pub policies_per_type: Option<usize>,
    /// Policy types that cannot be enabled yet, because trusted access for their service is off.
    pub without_service_access: BTreeSet<String>,
    /// Accounts that AWS has suspended: still listed, but unable to make calls.
    pub suspended: BTreeSet<String>,
    /// Accounts are listed without their paths, as by servers without this member.
    pub without_paths: bool,
}

/// One call: its input and its context.
pub(super) struct Request<'a, 'w> {
    pub input: Input<'a>,
    pub context: &'a mut Context<'w>,
    pub behavior: &'a Behavior,
}

/// A page of a listing: `MaxResults` within 1 and 20, `NextToken` in and out.
pub(super) fn paged(request: &Request<'_, '_>, list: &str, items: Vec<(String, Value)>) -> Answer {
    let size = request.input.integer("MaxResults", 1..=PAGE)?.unwrap_or(PAGE);
    let token = request.input.text("NextToken")?;
    let size = if request.behavior.empty_pages && token.is_none() { 0 } else { size };
    let wrong = || {
        errors::invalid_input("INVALID_NEXT_TOKEN", "You specified an invalid value for NextToken.")
    };
    let Page { items, next } = page(items, size, token).ok_or_else(wrong)?;
    let mut answer = Map::new();
    answer.insert(list.to_owned(), Value::Array(items));
    if let Some(next) = next {
        answer.insert("NextToken".to_owned(), Value::String(next));
    }
    Ok(Value::Object(answer))
}

impl<'a> Request<'a, '_> {
    /// A required string member with bounds for its length.
    pub(super) fn bounded(
        &self,
        member: &str,
        min: usize,
        max: usize,
    ) -> Result<&'a str, ApiError> {
        let value = self.input.bounded_text(member, min..=max)?;
        value.ok_or_else(|| self.input.refusal(member, None, Trouble::Missing))
    }
}
