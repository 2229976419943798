//! Tags by ARN: the three operations for tags of a service, and tags in create calls.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{page::Paging, record::Records};
use crate::simulator::{
    json::{Input, Trouble, tag_list},
    service::{Answer, ApiError},
};

type Tags = BTreeMap<String, String>;

/// The tagging of a service. Tags are lists of `Key` and `Value` under `Tags`.
#[derive(Debug)]
pub(crate) struct Tagging {
    /// The operation that adds tags and overwrites values, all or none; it returns all tags of the
    /// resource.
    pub add: &'static str,
    /// The operation that removes tags; unknown keys are not an error.
    pub remove: &'static str,
    /// The operation that lists them.
    pub list: &'static str,
    /// The member with the ARN of the resource.
    pub resource: &'static str,
    /// The member with the keys to be removed.
    pub keys: &'static str,
    /// The maximum number of tags of one resource.
    pub max: usize,
    /// The pages of the listing.
    pub paging: Paging,
    /// The service's errors.
    pub refuse: fn(TagFault<'_>) -> ApiError,
}

/// The error of a request about tags.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TagFault<'a> {
    /// A key that begins with `aws:`.
    Reserved,
    /// A key that occurs twice.
    Twice,
    /// More tags than a resource may have.
    TooMany(usize),
    /// No resource has this ARN.
    NoResource(&'a str),
}

impl Tagging {
    /// The tags in a create call.
    pub(crate) fn given(&self, input: Input<'_>) -> Result<Tags, ApiError> {
        let tags = input.tags("Tags", "Key", "Value")?.unwrap_or_default();
        self.merged(tags, &Tags::new())
    }

    /// Answers an operation that changes tags; `None` for other operations.
    pub(crate) fn write(
        &self,
        records: &mut Records,
        operation: &str,
        input: Input<'_>,
    ) -> Option<Answer> {
        match operation {
            _ if operation == self.add => Some(self.add(records, input)),
            _ if operation == self.remove => Some(self.remove(records, input)),
            _ => None,
        }
    }

    /// Answers the operation that lists tags; `None` for other operations.
    pub(crate) fn read(
        &self,
        records: &Records,
        operation: &str,
        input: Input<'_>,
    ) -> Option<Answer> {
        (operation == self.list).then(|| {
            let tags = &records.tags[self.arn(records, input)?];
            self.paging.answer(input, "Tags", tag_list(tags, "Key", "Value"))
        })
    }

    fn merged(&self, new: Vec<(String, String)>, old: &Tags) -> Result<Tags, ApiError> {
        let mut seen = Tags::new();
        for (key, value) in new {
            if key.to_ascii_lowercase().starts_with("aws:") {
                return Err((self.refuse)(TagFault::Reserved));
            }
            if seen.insert(key, value).is_some() {
                return Err((self.refuse)(TagFault::Twice));
            }
        }
        let mut all = old.clone();
        all.extend(seen);
        if all.len() > self.max {
            return Err((self.refuse)(TagFault::TooMany(self.max)));
        }
        Ok(all)
    }

    fn arn<'a>(&self, records: &Records, input: Input<'a>) -> Result<&'a str, ApiError> {
        let arn = input.bounded_text(self.resource, 0..=256)?;
        let arn = arn.ok_or_else(|| input.refusal(self.resource, None, Trouble::Missing))?;
        if records.tags.contains_key(arn) {
            Ok(arn)
        } else {
            Err((self.refuse)(TagFault::NoResource(arn)))
        }
    }

    fn add(&self, records: &mut Records, input: Input<'_>) -> Answer {
        let new = input.tags("Tags", "Key", "Value")?;
        let new = new.ok_or_else(|| input.refusal("Tags", None, Trouble::Missing))?;
        let arn = self.arn(records, input)?;
        let tags = self.merged(new, &records.tags[arn])?;
        let all: Vec<Value> =
            tag_list(&tags, "Key", "Value").into_iter().map(|(_, tag)| tag).collect();
        records.tags.insert(arn.to_owned(), tags);
        Ok(json!({ "Tags": all }))
    }

    fn remove(&self, records: &mut Records, input: Input<'_>) -> Answer {
        let keys = input.required_texts(self.keys, 1..=50)?;
        let arn = self.arn(records, input)?;
        if let Some(tags) = records.tags.get_mut(arn) {
            tags.retain(|key, _| !keys.contains(key));
        }
        Ok(json!({}))
    }
}
