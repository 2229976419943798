//! Wrong answers for a limited number of reads: replicas that lag, listings without the newest
//! resources, tags that arrive late, pages that lead nowhere.

use serde_json::{Map, Value};

use super::{
    api::Api,
    fault::Paging,
    service::{Answer, ApiError},
    services::Services,
};

/// The distortions of reads that are in force. Each ends after a number of reads.
#[derive(Debug, Default)]
pub(super) struct Distortions {
    past: Option<Past>,
    unlisted: Option<(Vec<String>, u32)>,
    untagged: u32,
    paging: Option<Listing>,
}

/// The listing whose paging goes wrong.
#[derive(Debug)]
struct Listing {
    how: Paging,
    operation: String,
    begun: bool,
}

#[derive(Debug)]
struct Past {
    services: Services,
    left: u32,
    alternating: bool,
    fresh_next: bool,
}

/// The token of the page that wrong paging leads to.
const TOKEN: &str = "injected-page";

impl Distortions {
    pub(super) fn show_past(&mut self, services: Services, reads: u32, alternating: bool) {
        self.past = Some(Past { services, left: reads, alternating, fresh_next: alternating });
    }

    pub(super) fn hide(&mut self, ids: Vec<String>, reads: u32) {
        self.unlisted = (!ids.is_empty()).then_some((ids, reads));
    }

    pub(super) fn strip_tags(&mut self, reads: u32) {
        self.untagged = reads;
    }

    pub(super) fn break_paging(&mut self, how: Paging, operation: &str) {
        self.paging = Some(Listing { how, operation: operation.to_owned(), begun: false });
    }

    /// Removes the injected token from a request of the wrong listing, and returns whether there
    /// was one. A listing that starts again is served by another, correct replica.
    pub(super) fn follow(&mut self, api: &Api, operation: &str, input: &mut Value) -> bool {
        let Some(listing) = self.paging.as_mut().filter(|it| it.operation == operation) else {
            return false;
        };
        let followed = take_token(api.pages.token, input);
        if listing.begun && !followed {
            self.paging = None;
        } else {
            listing.begun = true;
        }
        followed
    }

    /// The old state, if this read is to see it.
    pub(super) fn past_for_read(&mut self) -> Option<Services> {
        let past = self.past.as_mut()?;
        if past.alternating {
            past.fresh_next = !past.fresh_next;
            if !past.fresh_next {
                return None;
            }
        }
        past.left = past.left.saturating_sub(1);
        if past.left == 0 {
            self.past.take().map(|past| past.services)
        } else {
            Some(past.services.clone())
        }
    }

    /// Applies the distortions to the true answer to a read.
    pub(super) fn distort(
        &mut self,
        api: &Api,
        operation: &str,
        followed: bool,
        input: &Value,
        answer: Answer,
    ) -> Answer {
        let mut answer = answer?;
        if let Some((ids, left)) = &mut self.unlisted
            && let Value::Object(members) = &mut answer
            && unlist(members, ids, &input.to_string())
        {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.unlisted = None;
            }
        }
        if self.untagged > 0 && strip(api.tags, &mut answer) {
            self.untagged -= 1;
        }
        match &self.paging {
            Some(listing) if listing.operation == operation => {
                let how = listing.how;
                self.turn_page(how, api, followed, answer)
            }
            _ => Ok(answer),
        }
    }

    fn turn_page(&mut self, how: Paging, api: &Api, followed: bool, mut answer: Value) -> Answer {
        let members = match &mut answer {
            Value::Object(members) if members.values().any(Value::is_array) => members,
            _ => {
                // The operation lists nothing, so there are no pages that could go wrong.
                self.paging = None;
                return Ok(answer);
            }
        };
        let Some(items) = members.values_mut().find_map(Value::as_array_mut) else {
            return Ok(answer);
        };
        match (how, followed) {
            (Paging::EmptyFirst, false) => items.clear(),
            (Paging::EmptyFirst, true) => {
                self.paging = None;
                return Ok(answer);
            }
            (Paging::Looping, _) => {}
            (Paging::Broken, false) => items.truncate(items.len() / 2),
            (Paging::Broken, true) => {
                let message = "An error occurred on the server side.";
                return Err(ApiError::new("InternalError", message).status(500));
            }
        }
        members.insert(api.pages.next.to_owned(), TOKEN.into());
        if let Some(more) = api.pages.more {
            members.insert(more.to_owned(), true.into());
        }
        Ok(answer)
    }

    /// Whether reads are still distorted. A wrong listing only affects its own pages, and a deleted
    /// resource is rightly missing from listings.
    pub(super) fn remain(&self, is_there: impl Fn(&str) -> bool) -> bool {
        let hidden = || {
            let ids = self.unlisted.iter().flat_map(|(ids, _)| ids);
            ids.into_iter().any(|id| is_there(id))
        };
        self.past.is_some() || self.untagged > 0 || hidden()
    }
}

/// Removes the entries with one of the ids from the lists of an answer. A request that names the id
/// itself is not a listing.
fn unlist(members: &mut Map<String, Value>, ids: &[String], request: &str) -> bool {
    if ids.iter().any(|id| request.contains(id.as_str())) {
        return false;
    }
    let named = |entry: &Value| {
        let Value::Object(entry) = entry else { return false };
        let mut texts = entry.values().filter_map(Value::as_str);
        texts.any(|text| ids.iter().any(|id| text.ends_with(id.as_str())))
    };
    let mut hidden = false;
    for list in members.values_mut().filter_map(Value::as_array_mut) {
        let before = list.len();
        list.retain(|entry| !named(entry));
        hidden |= list.len() < before;
    }
    hidden
}

/// Empties all lists of tags in an answer, and returns whether there was a tag.
fn strip(tags: &str, answer: &mut Value) -> bool {
    match answer {
        Value::Object(members) => {
            let mut stripped = false;
            for (name, member) in members {
                match member {
                    Value::Array(list) if name == tags => {
                        stripped |= !list.is_empty();
                        list.clear();
                    }
                    // Cloud Control has models as texts.
                    Value::String(text) if name == "Properties" => {
                        let mut model = serde_json::from_str(text).unwrap_or_default();
                        if strip(tags, &mut model) {
                            *text = model.to_string();
                            stripped = true;
                        }
                    }
                    other => stripped |= strip(tags, other),
                }
            }
            stripped
        }
        Value::Array(entries) => {
            let mut stripped = false;
            for entry in entries {
                stripped |= strip(tags, entry);
            }
            stripped
        }
        _ => false,
    }
}

/// Removes an injected token from a request, and returns whether there was one.
fn take_token(member: &str, input: &mut Value) -> bool {
    let Value::Object(members) = input else { return false };
    let injected = members.get(member).and_then(Value::as_str) == Some(TOKEN);
    if injected {
        members.remove(member);
    }
    injected
}

/// The ids in the answer to a create.
pub(super) fn created(api: &Api, answer: &Value) -> Vec<String> {
    let paths = api.kinds.iter().flat_map(|kind| kind.created);
    paths.filter_map(|path| answer.pointer(path)?.as_str().map(str::to_owned)).collect()
}
