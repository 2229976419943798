//! Pages of a listing, in the order that the request asks for.

use serde_json::{Map, Value};

use crate::simulator::{
    json::{Input, Page, page},
    service::{Answer, ApiError},
};

/// How a service's listings come in pages.
#[derive(Debug)]
pub(crate) struct Paging {
    /// The size's member in requests.
    pub size: &'static str,
    /// The least that may be asked for.
    pub least: usize,
    /// The size unless asked otherwise.
    pub usual: usize,
    /// The most that may be asked for.
    pub most: usize,
    /// The token's member in requests and answers.
    pub token: &'static str,
    /// The refusal of a token that is not one.
    pub foreign: fn() -> ApiError,
}

/// An item of a listing with what it can be sorted by.
#[derive(Debug)]
pub(crate) struct Listed {
    /// What stays its own between calls.
    pub key: String,
    /// Seconds since the epoch.
    pub created: f64,
    /// Seconds since the epoch.
    pub modified: f64,
    /// What the listing shows.
    pub entry: Value,
}

impl Paging {
    /// A page of a listing under this member, sorted as `SortBy` and `SortOrder` say: by time of creation, oldest first.
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
        let size = input.integer(self.size, self.least..=self.most)?.unwrap_or(self.usual);
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
