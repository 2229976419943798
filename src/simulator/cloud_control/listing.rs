//! Lists of resources and of requests.

use serde_json::{Value, json};

use super::{
    handling::Handling,
    input::{invalid, reading, resource_type},
    reading::thrown,
};
use crate::simulator::{
    json::{Input, Page, page},
    service::{Answer, ApiError},
};

/// Resources on a page: MaxResults is not honored (API reference: "Reserved").
const PAGE: usize = 25;

impl Handling<'_, '_> {
    /// The resources of a type, with nothing but their identifiers.
    pub(super) fn list(&mut self, input: &Value) -> Answer {
        let kind = resource_type(input)?;
        let narrowed = reading(input).text("ResourceModel")?.unwrap_or("{}");
        self.site.narrowed = serde_json::from_str(narrowed)
            .map_err(|_| invalid("ResourceModel is not a JSON object"))?;
        if let Some(parent) = kind.listed_in.filter(|it| self.site.narrowed[*it].is_null()) {
            let message = format!("Missing or invalid ResourceModel property: {parent}");
            return Err(ApiError::new("InvalidRequestException", message));
        }
        let ids = (kind.list)(&mut self.site).map_err(thrown)?;
        let (now, lag) = (self.site.context.elapsed, self.site.context.options.read_lag);
        let ids = self.requests.listed(self.site.caller, kind.name, ids, (now, lag));
        let shown = |id: String| {
            let names = kind.identifier.split('|').zip(id.split('|'));
            let members: serde_json::Map<String, Value> =
                names.map(|(name, part)| (name.to_owned(), part.into())).collect();
            let properties = Value::Object(members).to_string();
            let entry = json!({"Identifier": id, "Properties": properties});
            (id, entry)
        };
        let page = turn(ids.into_iter().map(shown).collect(), PAGE, &reading(input))?;
        let mut answer = json!({"TypeName": kind.name, "ResourceDescriptions": page.items});
        add_token(&mut answer, page.next);
        Ok(answer)
    }

    /// The requests of the last seven days, whoever made them, newest first.
    pub(super) fn list_requests(&mut self, input: &Value) -> Answer {
        let reading = reading(input);
        let size = reading.integer("MaxResults", 1..=100)?.unwrap_or(20);
        let filter = reading.inner("ResourceRequestStatusFilter")?;
        let names = |member: &str| match &filter {
            Some(filter) => filter.texts(member, 0..=100).map(Option::unwrap_or_default),
            None => Ok(Vec::new()),
        };
        let (operations, statuses) = (names("Operations")?, names("OperationStatuses")?);
        let now = self.site.context.elapsed;
        let asked = |all: &[String], it: &str| all.is_empty() || all.iter().any(|one| one == it);
        let found = self.requests.here(self.site.caller).filter(|request| {
            asked(&operations, request.operation.name()) && asked(&statuses, request.status(now))
        });
        let found = found.map(|it| (it.token.clone(), it.event(now))).collect();
        let page = turn(found, size, &reading)?;
        let mut answer = json!({"ResourceRequestStatusSummaries": page.items});
        add_token(&mut answer, page.next);
        Ok(answer)
    }
}

fn turn(items: Vec<(String, Value)>, size: usize, input: &Input<'_>) -> Result<Page, ApiError> {
    let after = input.text("NextToken")?;
    page(items, size, after).ok_or_else(|| invalid("The token is not one of this listing"))
}

fn add_token(answer: &mut Value, next: Option<String>) {
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
}
