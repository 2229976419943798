//! The data of a call to Identity Center, and the form of its answers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::errors::invalid;
use crate::simulator::{
    json::Input,
    service::{Answer, ApiError, Caller, Context},
    table::Paging,
};

/// Pages of every listing (Identity Center API reference).
pub(super) static PAGING: Paging = Paging {
    size: "MaxResults",
    min: 1,
    default: 100,
    max: 100,
    token: "NextToken",
    foreign: || invalid("The token is not valid."),
};

/// A call with its context.
pub(super) struct Request<'a, 'w> {
    pub(super) input: Input<'a>,
    pub(super) caller: &'a Caller,
    pub(super) context: &'a mut Context<'w>,
}

/// A member of an answer by itself.
pub(super) fn one(member: &str, value: Value) -> Answer {
    Ok(json!({ member: value }))
}

/// Tags in a request.
pub(super) fn tags(input: &Input<'_>) -> Result<BTreeMap<String, String>, ApiError> {
    let all = input.list("Tags", 0..=75)?.unwrap_or_default();
    let pair =
        |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned()));
    all.iter().map(|tag| pair(tag).ok_or_else(|| invalid("A tag has a key and a value"))).collect()
}
