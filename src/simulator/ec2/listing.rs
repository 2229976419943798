//! What all Describe calls have in common: ids, filters and pages, applied to the members of the
//! answer.

use super::errors::unknown_id;
use crate::simulator::{
    query::{Input, invalid},
    service::{Answer, ApiError},
};
use serde_json::{Map, Value, json};
use wildmatch::WildMatchPattern;

/// How one Describe call selects.
pub(super) struct Listing {
    /// The member of the answer that carries the list.
    pub set: &'static str,
    /// The member that identifies an entry, by which entries are sorted.
    pub key: &'static str,
    /// The request's list of ids, if the call has one.
    pub ids: Option<&'static str>,
    /// Filter name -> path of the member that it compares, through structures and lists.
    pub filters: &'static [(&'static str, &'static str)],
    /// The documented bounds of `MaxResults`; `None` for a call without pages.
    pub page: Option<(i64, i64)>,
}

/// The documented maximum of filters in a Describe call, and of values in each.
const MAX_FILTERS: usize = 50;
const MAX_FILTER_VALUES: usize = 200;

impl Listing {
    /// Answers the call from all existing entries.
    pub fn answer(&self, mut entries: Vec<Value>, input: Input<'_>) -> Answer {
        entries.sort_by(|a, b| self.key_of(a).cmp(self.key_of(b)));
        self.keep_ids(&mut entries, input)?;
        self.keep_filtered(&mut entries, input)?;
        self.page(entries, input)
    }

    fn key_of<'v>(&self, entry: &'v Value) -> &'v str {
        entry.get(self.key).and_then(Value::as_str).unwrap_or("")
    }

    fn keep_ids(&self, entries: &mut Vec<Value>, input: Input<'_>) -> Result<(), ApiError> {
        let wanted = self.ids.map(|ids| input.texts(ids)).unwrap_or_default();
        if wanted.is_empty() {
            return Ok(());
        }
        for id in &wanted {
            if !entries.iter().any(|entry| self.key_of(entry) == *id) {
                return Err(unknown_id(id, self.key));
            }
        }
        entries.retain(|entry| wanted.contains(&self.key_of(entry)));
        Ok(())
    }

    fn keep_filtered(&self, entries: &mut Vec<Value>, input: Input<'_>) -> Result<(), ApiError> {
        let filters = input.list("Filter");
        if filters.len() > MAX_FILTERS {
            return Err(ApiError::new(
                "FilterLimitExceeded",
                format!("The maximum number of filters is {MAX_FILTERS}"),
            ));
        }
        for filter in filters {
            let name = filter.required("Name")?;
            let patterns = filter.texts("Value");
            if patterns.len() > MAX_FILTER_VALUES {
                return Err(ApiError::new(
                    "FilterLimitExceeded",
                    format!("The maximum number of filter values is {MAX_FILTER_VALUES}"),
                ));
            }
            let path = self.path(name)?;
            entries.retain(|entry| {
                let values = match &path {
                    Path::Member(path) => values_at(entry, path),
                    Path::Tag(key) => tag_values(entry, key),
                };
                values.iter().any(|value| patterns.iter().any(|pattern| matches(pattern, value)))
            });
        }
        Ok(())
    }

    fn path<'n>(&self, name: &'n str) -> Result<Path<'n>, ApiError> {
        if let Some(key) = name.strip_prefix("tag:") {
            return Ok(Path::Tag(key));
        }
        if name == "tag-key" {
            return Ok(Path::Member("tagSet/key"));
        }
        self.filters
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, path)| Path::Member(path))
            .ok_or_else(|| invalid(format!("The filter '{name}' is invalid")))
    }

    fn page(&self, mut entries: Vec<Value>, input: Input<'_>) -> Answer {
        let mut answer = Map::new();
        if let Some((min, max)) = self.page {
            if let Some(token) = input.text("NextToken").filter(|token| !token.is_empty()) {
                let last = decode_token(token)?;
                entries.retain(|entry| self.key_of(entry) > last.as_str());
            }
            if let Some(size) = input.integer("MaxResults")? {
                check_page_size(size, min, max)?;
            }
            let size = input.integer("MaxResults")?.unwrap_or(max).min(max);
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            if entries.len() > size {
                entries.truncate(size);
                let last = entries.last().map_or("", |entry| self.key_of(entry));
                answer.insert("nextToken".into(), encode_token(last).into());
            }
        }
        answer.insert(self.set.into(), Value::Array(entries));
        Ok(Value::Object(answer))
    }
}

enum Path<'n> {
    Member(&'static str),
    Tag(&'n str),
}

/// A size below the minimum is always an error; a size above the maximum is capped by some calls
/// and refused by others. This takes the stricter reading.
fn check_page_size(size: i64, min: i64, max: i64) -> Result<(), ApiError> {
    if size < min {
        return Err(invalid(format!(
            "Value ( {size} ) for parameter maxResults is invalid. Expecting a value greater than \
             or equal to {min}."
        )));
    }
    if size > max {
        return Err(invalid(format!(
            "Value ( {size} ) for parameter maxResults is invalid. Expecting a value less than or \
             equal to {max}."
        )));
    }
    Ok(())
}

/// A token names the last entry returned, so that entries created or deleted between two pages do
/// not shift the others.
fn encode_token(last: &str) -> String {
    hex::encode(last)
}

fn decode_token(token: &str) -> Result<String, ApiError> {
    let bytes = hex::decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| invalid(format!("Value ( {token} ) for parameter nextToken is invalid.")))
}

/// All texts at a path; each list on the way contributes all its entries.
fn values_at(value: &Value, path: &str) -> Vec<String> {
    match value {
        Value::Array(entries) => entries.iter().flat_map(|v| values_at(v, path)).collect(),
        Value::Null => Vec::new(),
        _ if path.is_empty() => vec![match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }],
        _ => {
            let (head, rest) = path.split_once('/').unwrap_or((path, ""));
            value.get(head).map_or_else(Vec::new, |v| values_at(v, rest))
        }
    }
}

fn tag_values(entry: &Value, key: &str) -> Vec<String> {
    let tags = entry.get("tagSet").and_then(Value::as_array);
    tags.into_iter()
        .flatten()
        .filter(|tag| tag["key"] == json!(key))
        .flat_map(|tag| values_at(tag, "value"))
        .collect()
}

/// EC2's filter values: `*` matches any text, `?` any one character, a backslash escapes the next
/// character. Case matters.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    // The matcher has no escapes but accepts any characters as wildcards: these two are
    // noncharacters of Unicode.
    const ANY: char = '\u{fdd0}';
    const ONE: char = '\u{fdd1}';
    let mut letters = pattern.chars();
    let mut escaped = String::new();
    while let Some(letter) = letters.next() {
        escaped.extend(match letter {
            '*' => Some(ANY),
            '?' => Some(ONE),
            '\\' => letters.next(),
            letter => Some(letter),
        });
    }
    WildMatchPattern::<ANY, ONE>::new(&escaped).matches(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_text_and_a_question_mark_any_character() {
        for (pattern, text) in [
            ("*", ""),
            ("web-*", "web-1"),
            ("*-b-*", "a-b-b-c"),
            ("w?b", "web"),
            (r"a\*b", "a*b"),
            (r"\\", r"\"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("web", "Web"), ("w?b", "wb"), (r"a\*b", "axb"), ("a*c", "ab")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_token_can_be_decoded_and_an_unknown_one_is_refused() {
        assert_eq!(decode_token(&encode_token("sg-0a")).as_deref(), Ok("sg-0a"));
        assert_eq!(decode_token("xyz").expect_err("no token").code, "InvalidParameterValue");
    }
}
