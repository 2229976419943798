//! The schema of a type, as far as Cloud Control holds models against it.

use serde_json::{Map, Value};

/// The properties of a resource.
pub(super) type Model = Map<String, Value>;

/// What a value may be.
#[derive(Debug)]
pub(super) enum Shape {
    /// A string of that many characters.
    Text(usize, usize),
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A boolean.
    Flag,
    /// An integer within bounds.
    Number(i64, i64),
    /// A list of that many entries, whose order means something or not.
    List { of: &'static Shape, count: (usize, usize), ordered: bool },
    /// An object with these members and no others.
    Object(&'static [Member]),
    /// A policy, as an object or as a string.
    Document,
    /// A part that is not modeled.
    Free,
}

/// A member of an object.
#[derive(Debug)]
pub(super) struct Member {
    pub name: &'static str,
    pub shape: &'static Shape,
    pub required: bool,
}

/// An optional member.
pub(super) const fn may(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, required: false }
}

/// A required member.
pub(super) const fn must(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, required: true }
}

pub(super) static TEXT: Shape = Shape::Text(0, 8192);
pub(super) static FLAG: Shape = Shape::Flag;
pub(super) static FREE: Shape = Shape::Free;
pub(super) static NUMBER: Shape = Shape::Number(0, i32::MAX as i64);
pub(super) static TEXTS: Shape = Shape::List { of: &TEXT, count: (0, 1000), ordered: false };
pub(super) static TAGS: Shape = Shape::List { of: &TAG, count: (0, 1000), ordered: false };
static TAG: Shape =
    Shape::Object(&[must("Key", &Shape::Text(1, 128)), must("Value", &Shape::Text(0, 256))]);

/// Holds a model against the schema of its type.
///
/// # Errors
/// The first violation, in words.
pub(super) fn validate(members: &[Member], model: &Model) -> Result<(), String> {
    object("#", members, model)
}

fn object(path: &str, members: &[Member], model: &Model) -> Result<(), String> {
    for (name, value) in model {
        let Some(member) = members.iter().find(|member| member.name == name) else {
            return Err(format!("{path}: extraneous key [{name}] is not permitted"));
        };
        check(&format!("{path}/{name}"), member.shape, value)?;
    }
    let missing = |member: &&Member| member.required && !model.contains_key(member.name);
    match members.iter().find(missing) {
        Some(member) => Err(format!("{path}: required key [{}] not found", member.name)),
        None => Ok(()),
    }
}

fn check(path: &str, shape: &Shape, value: &Value) -> Result<(), String> {
    let wrong = |wanted: &str| Err(format!("{path}: expected type: {wanted}, found: {value}"));
    let bounds = |what: &str, size: usize, min: usize, max: usize| {
        if size < min {
            Err(format!("{path}: expected minimum {what}: {min}, found: {size}"))
        } else if size > max {
            Err(format!("{path}: expected maximum {what}: {max}, found: {size}"))
        } else {
            Ok(())
        }
    };
    match (shape, value) {
        (Shape::Text(min, max), Value::String(text)) => {
            bounds("length", text.chars().count(), *min, *max)
        }
        (Shape::OneOf(all), Value::String(text)) if all.contains(&text.as_str()) => Ok(()),
        (Shape::OneOf(_), Value::String(text)) => {
            Err(format!("{path}: #: {text} is not a valid enum value"))
        }
        (Shape::Text(..) | Shape::OneOf(_), _) => wrong("String"),
        (Shape::Flag, Value::Bool(_)) | (Shape::Free, _) => Ok(()),
        (Shape::Flag, _) => wrong("Boolean"),
        (Shape::Number(min, max), Value::Number(number)) => match number.as_i64() {
            Some(number) if (*min..=*max).contains(&number) => Ok(()),
            _ => Err(format!("{path}: {number} is not from {min} to {max}")),
        },
        (Shape::Number(..), _) => wrong("Integer"),
        (Shape::List { of, count, .. }, Value::Array(items)) => {
            bounds("item count", items.len(), count.0, count.1)?;
            let mut items = items.iter().enumerate();
            items.try_for_each(|(index, item)| check(&format!("{path}/{index}"), of, item))
        }
        (Shape::List { .. }, _) => wrong("JSONArray"),
        (Shape::Object(members), Value::Object(model)) => object(path, members, model),
        (Shape::Object(_), _) => wrong("JSONObject"),
        (Shape::Document, Value::Object(_) | Value::String(_)) => Ok(()),
        (Shape::Document, _) => wrong("JSONObject or String"),
    }
}

/// Turns every list without an order, so that no two reads in a row are alike.
pub(super) fn shuffle(members: &[Member], model: &mut Model, salt: u64) {
    for (name, value) in model {
        if let Some(member) = members.iter().find(|member| member.name == name) {
            shuffle_value(member.shape, value, salt);
        }
    }
}

fn shuffle_value(shape: &Shape, value: &mut Value, salt: u64) {
    match (shape, value) {
        (Shape::Object(members), Value::Object(model)) => shuffle(members, model, salt),
        (Shape::List { of, ordered, .. }, Value::Array(items)) => {
            for item in items.iter_mut() {
                shuffle_value(of, item, salt);
            }
            if !ordered && !items.is_empty() {
                let count = items.len() as u64;
                let by = usize::try_from(salt % count).unwrap_or_default();
                items.rotate_left(by);
            }
        }
        _ => {}
    }
}
