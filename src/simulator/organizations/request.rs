//! A call on its way through the organisation, and how the organisation behaves.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Map, Value};

use super::errors;
use crate::simulator::{
    json::{Input, Page, Trouble, page},
    service::{Answer, ApiError, Context},
};

/// The most items on a page, and as many as there are unless asked otherwise.
const PAGE: usize = 20;

/// What may differ between organisations, and what the API may do but seldom does.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    /// Every listing begins with a page that is empty and has a `NextToken`: the API reference allows it anywhere.
    pub empty_pages: bool,
    /// Member accounts that may call the policy operations too (delegated administrators for AWS Organizations).
    pub delegated_administrators: BTreeSet<String>,
    /// How long a policy type stays `PENDING_ENABLE` after EnablePolicyType.
    pub policy_type_pending: Duration,
    /// How many policies of each type there may be; AWS's quotas when absent (10,000 service control policies, 1,000 of other types).
    pub policies_per_type: Option<usize>,
    /// Accounts that AWS has suspended: still listed, with nobody at work in them.
    pub suspended: BTreeSet<String>,
    /// Accounts are listed without their paths, as by servers that do not know this member yet.
    pub without_paths: bool,
}

/// One call: what it asks and the world around it.
pub(super) struct Request<'a, 'w> {
    pub input: Input<'a>,
    pub context: &'a mut Context<'w>,
    pub behaviour: &'a Behaviour,
}

/// A page of a listing: `MaxResults` within 1 and 20, `NextToken` in and out.
pub(super) fn paged(request: &Request<'_, '_>, list: &str, items: Vec<(String, Value)>) -> Answer {
    let size = request.input.integer("MaxResults", 1..=PAGE)?.unwrap_or(PAGE);
    let token = request.input.text("NextToken")?;
    let size = if request.behaviour.empty_pages && token.is_none() { 0 } else { size };
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
    /// A required string member of these lengths.
    pub(super) fn bounded(
        &self,
        member: &str,
        least: usize,
        most: usize,
    ) -> Result<&'a str, ApiError> {
        let value = self.input.bounded_text(member, least..=most)?;
        value.ok_or_else(|| self.input.refusal(member, None, Trouble::Missing))
    }
}
