//! Pages of a listing, in the order of the request.

use serde_json::{Map, Value};

use crate::simulator::{
    json::{Input, Page, page},
    service::{Answer, ApiError},
};

/// The paging of a service's listings.
#[derive(Debug)]
pub(crate) struct Paging {
    /// The member of the size in requests.
    pub size: &'static str,
    /// The minimum size.
    pub min: usize,
    /// The default size.
    pub default: usize,
    /// The maximum size.
    pub max: usize,
    /// The member of the token in requests and answers.
    pub token: &'static str,
    /// The error for an invalid token.
    pub foreign: fn() -> ApiError,
}

/// An item of a listing with its sort keys.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Its key, stable between calls.
    pub key: String,
    /// Seconds since the epoch.
    pub created: f64,
    /// Seconds since the epoch.
    pub modified: f64,
    /// The entry in the listing.
    pub entry: Value,
}

impl Paging {
    /// A page of a listing under this member, sorted by `SortBy` and `SortOrder`; by default by
    /// time of creation, oldest first.
    pub(crate) fn sorted(&self, input: Input<'_>, member: &str, mut items: Vec<Listed>) -> Answer {
        let by = input.choice("SortBy", &["CreationTime", "LastModifiedTime"])?;
        let order = input.choice("SortOrder", &["Ascending", "Descending"])?;
        let time = |item: &Listed| match by {
            Some("LastModifiedTime") => item.modified,
            _ => item.created,
        };
        items.sort_by(|left, right| {
            time(left).total_cmp(&time(right)).then_with(|| left.key.cmp(&right.key))
        });
        if order == Some("Descending") {
            items.reverse();
        }
        let items = items.into_iter().map(|item| (item.key, item.entry)).collect();
        self.answer(input, member, items)
    }

    /// A page of a listing under this member, in the order given.
    pub(crate) fn answer(
        &self,
        input: Input<'_>,
        member: &str,
        items: Vec<(String, Value)>,
    ) -> Answer {
        let size = input.integer(self.size, self.min..=self.max)?.unwrap_or(self.default);
        let token = input.bounded_text(self.token, 0..=8192)?;
        let Page { items, next } = page(items, size, token).ok_or_else(self.foreign)?;
        let mut answer = Map::new();
        answer.insert(member.to_owned(), Value::Array(items));
        if let Some(next) = next {
            answer.insert(self.token.to_owned(), Value::String(next));
        }
        Ok(Value::Object(answer))
    }
}
