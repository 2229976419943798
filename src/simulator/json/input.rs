//! Reads the members of a request, with the errors of AWS's own validation.

use std::{collections::BTreeMap, ops::RangeInclusive};

use serde_json::{Map, Value};

use crate::simulator::service::ApiError;

/// The error of a member.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble<'a> {
    /// It is required and missing.
    Missing,
    /// It is not one of these.
    NotOneOf(&'a [&'a str]),
    /// A number, a length or a count is below this.
    TooSmall(usize),
    /// A number, a length or a count is above this.
    TooLarge(usize),
    /// It does not match this pattern.
    Pattern(&'a str),
}

/// An invalid member of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flaw<'a> {
    /// The member's name as the API writes it.
    pub member: &'a str,
    /// Its value as text, if it is a scalar.
    pub value: Option<&'a str>,
    /// Its error.
    pub trouble: Trouble<'a>,
}

/// The words of KMS and SageMaker for an invalid member: AWS's common front end validates before
/// the service runs.
pub(crate) fn validation_exception(flaw: Flaw<'_>) -> ApiError {
    let constraint = match flaw.trouble {
        Trouble::Missing => "Member must not be null".to_owned(),
        Trouble::NotOneOf(allowed) => {
            format!("Member must satisfy enum value set: [{}]", allowed.join(", "))
        }
        Trouble::TooSmall(bound) => {
            format!("Member must have length or value greater than or equal to {bound}")
        }
        Trouble::TooLarge(bound) => {
            format!("Member must have length or value less than or equal to {bound}")
        }
        Trouble::Pattern(pattern) => {
            format!("Member must satisfy regular expression pattern: {pattern}")
        }
    };
    let value = flaw.value.map_or_else(|| "null".to_owned(), |value| format!("'{value}'"));
    let mut member = flaw.member.to_owned();
    if let Some(first) = member.get_mut(0..1) {
        first.make_ascii_lowercase();
    }
    ApiError::new(
        "ValidationException",
        format!(
            "1 validation error detected: Value {value} at '{member}' failed to satisfy \
             constraint: {constraint}"
        ),
    )
}

/// The members of one request, or of a structure inside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    value: &'a Value,
    refuse: fn(Flaw<'_>) -> ApiError,
}

impl<'a> Input<'a> {
    /// Reads from this value; `refuse` makes the service's errors.
    pub(crate) fn new(value: &'a Value, refuse: fn(Flaw<'_>) -> ApiError) -> Self {
        Self { value, refuse }
    }

    /// The value of the member; null counts as absent in the JSON protocol.
    pub(crate) fn raw(&self, member: &str) -> Option<&'a Value> {
        self.value.get(member).filter(|value| !value.is_null())
    }

    /// The error for an invalid member.
    pub(crate) fn refusal(
        &self,
        member: &str,
        value: Option<&str>,
        trouble: Trouble<'_>,
    ) -> ApiError {
        (self.refuse)(Flaw { member, value, trouble })
    }

    fn typed<T>(
        &self,
        member: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let wrong = || {
            ApiError::new(
                "SerializationException",
                format!("{member} has a value of the wrong type"),
            )
        };
        self.raw(member).map(|value| read(value).ok_or_else(wrong)).transpose()
    }

    fn required<T>(&self, member: &str, value: Option<T>) -> Result<T, ApiError> {
        value.ok_or_else(|| self.refusal(member, None, Trouble::Missing))
    }

    /// A string member.
    pub(crate) fn text(&self, member: &str) -> Result<Option<&'a str>, ApiError> {
        self.typed(member, Value::as_str)
    }

    /// A required string member.
    pub(crate) fn required_text(&self, member: &str) -> Result<&'a str, ApiError> {
        let value = self.text(member)?;
        self.required(member, value)
    }

    /// A string member with bounds for its length in characters.
    pub(crate) fn bounded_text(
        &self,
        member: &str,
        length: RangeInclusive<usize>,
    ) -> Result<Option<&'a str>, ApiError> {
        let value = self.text(member)?;
        if let Some(text) = value {
            self.bound(member, Some(text), text.chars().count(), &length)?;
        }
        Ok(value)
    }

    fn bound(
        &self,
        member: &str,
        value: Option<&str>,
        size: usize,
        range: &RangeInclusive<usize>,
    ) -> Result<(), ApiError> {
        if size < *range.start() {
            return Err(self.refusal(member, value, Trouble::TooSmall(*range.start())));
        }
        if size > *range.end() {
            return Err(self.refusal(member, value, Trouble::TooLarge(*range.end())));
        }
        Ok(())
    }

    /// A boolean member, false by default.
    pub(crate) fn flag(&self, member: &str) -> Result<bool, ApiError> {
        Ok(self.typed(member, Value::as_bool)?.unwrap_or(false))
    }

    /// A time, in seconds since the epoch.
    pub(crate) fn time(&self, member: &str) -> Result<Option<f64>, ApiError> {
        self.typed(member, Value::as_f64)
    }

    /// An integer member with bounds.
    pub(crate) fn integer(
        &self,
        member: &str,
        range: RangeInclusive<usize>,
    ) -> Result<Option<usize>, ApiError> {
        let Some(number) = self.typed(member, Value::as_i64)? else {
            return Ok(None);
        };
        let size = usize::try_from(number).unwrap_or(0);
        self.bound(member, Some(&number.to_string()), size, &range)?;
        Ok(Some(size))
    }

    /// A string member with a fixed set of values.
    pub(crate) fn choice(
        &self,
        member: &str,
        allowed: &[&str],
    ) -> Result<Option<&'a str>, ApiError> {
        let value = self.text(member)?;
        match value {
            Some(text) if !allowed.contains(&text) => {
                Err(self.refusal(member, value, Trouble::NotOneOf(allowed)))
            }
            _ => Ok(value),
        }
    }

    /// A required string member with a fixed set of values.
    pub(crate) fn required_choice(
        &self,
        member: &str,
        allowed: &[&str],
    ) -> Result<&'a str, ApiError> {
        let value = self.choice(member, allowed)?;
        self.required(member, value)
    }

    /// A list member with bounds for its length.
    pub(crate) fn list(
        &self,
        member: &str,
        count: RangeInclusive<usize>,
    ) -> Result<Option<&'a [Value]>, ApiError> {
        let value = self.typed(member, |value| value.as_array().map(Vec::as_slice))?;
        if let Some(items) = value {
            self.bound(member, None, items.len(), &count)?;
        }
        Ok(value)
    }

    /// A list of strings with bounds for its length.
    pub(crate) fn texts(
        &self,
        member: &str,
        count: RangeInclusive<usize>,
    ) -> Result<Option<Vec<String>>, ApiError> {
        self.list(member, count)?;
        self.typed(member, |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    /// A required list of strings.
    pub(crate) fn required_texts(
        &self,
        member: &str,
        count: RangeInclusive<usize>,
    ) -> Result<Vec<String>, ApiError> {
        let value = self.texts(member, count)?;
        self.required(member, value)
    }

    /// A structure member.
    pub(crate) fn object(&self, member: &str) -> Result<Option<&'a Map<String, Value>>, ApiError> {
        self.typed(member, Value::as_object)
    }

    /// A structure member as an input of its own.
    pub(crate) fn inner(&self, member: &str) -> Result<Option<Input<'a>>, ApiError> {
        self.object(member)?;
        Ok(self.raw(member).map(|value| Input { value, refuse: self.refuse }))
    }

    /// The tags of a request in their order: (key, value) under these member names, lengths checked
    /// (1-128, 0-256).
    pub(crate) fn tags(
        &self,
        member: &str,
        key: &str,
        value: &str,
    ) -> Result<Option<Vec<(String, String)>>, ApiError> {
        let Some(items) = self.list(member, 0..=usize::MAX)? else {
            return Ok(None);
        };
        let read = |item: &'a Value| {
            let tag = Input { value: item, refuse: self.refuse };
            let name = tag.bounded_text(key, 1..=128)?;
            let text = tag.bounded_text(value, 0..=256)?;
            Ok((tag.required(key, name)?.to_owned(), tag.required(value, text)?.to_owned()))
        };
        items.iter().map(read).collect::<Result<Vec<_>, _>>().map(Some)
    }
}

/// Tags as the JSON services list them, sorted by key.
pub(crate) fn tag_list(
    tags: &BTreeMap<String, String>,
    key: &str,
    value: &str,
) -> Vec<(String, Value)> {
    let mut list = Vec::new();
    for (name, text) in tags {
        let mut item = Map::new();
        item.insert(key.to_owned(), Value::from(name.as_str()));
        item.insert(value.to_owned(), Value::from(text.as_str()));
        list.push((name.clone(), Value::Object(item)));
    }
    list
}
