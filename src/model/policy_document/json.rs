//! Strict JSON: an object with a duplicate key is an error, not a choice of the parser.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use super::error::{Place, PolicyError};

/// A JSON value that keeps duplicate keys.
pub(super) enum Raw {
    Scalar(Value),
    List(Vec<Raw>),
    Object(Vec<(String, Raw)>),
}

impl Raw {
    pub(super) fn parse(text: &str) -> Result<Self, PolicyError> {
        serde_json::from_str(text)
            .map_err(|e| PolicyError::Syntax { line: e.line(), column: e.column() })
    }

    /// The value with the keys of its objects sorted.
    pub(super) fn into_value(self, place: &Place) -> Result<Value, PolicyError> {
        match self {
            Self::Scalar(value) => Ok(value),
            Self::List(items) => {
                let items =
                    items.into_iter().enumerate().map(|(i, item)| item.into_value(&place.item(i)));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            Self::Object(mut entries) => {
                let mut seen = BTreeSet::new();
                if let Some((twice, _)) = entries.iter().find(|(key, _)| !seen.insert(key.as_str()))
                {
                    return Err(PolicyError::DuplicateKey { path: place.field(twice).path() });
                }
                entries.sort_by(|(a, _), (b, _)| a.cmp(b));
                let mut object = Map::new();
                for (key, value) in entries {
                    let value = value.into_value(&place.field(&key))?;
                    object.insert(key, value);
                }
                Ok(Value::Object(object))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyJson;
        impl<'de> Visitor<'de> for AnyJson {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E: Error>(self) -> Result<Raw, E> {
                Ok(Raw::Scalar(Value::Null))
            }
            fn visit_bool<E: Error>(self, v: bool) -> Result<Raw, E> {
                Ok(Raw::Scalar(Value::Bool(v)))
            }
            fn visit_i64<E: Error>(self, v: i64) -> Result<Raw, E> {
                Ok(Raw::Scalar(Value::from(v)))
            }
            fn visit_u64<E: Error>(self, v: u64) -> Result<Raw, E> {
                Ok(Raw::Scalar(Value::from(v)))
            }
            fn visit_f64<E: Error>(self, v: f64) -> Result<Raw, E> {
                Number::from_f64(v)
                    .map(|n| Raw::Scalar(Value::Number(n)))
                    .ok_or_else(|| E::custom("not a finite number"))
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Raw, E> {
                Ok(Raw::Scalar(Value::from(v)))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Raw::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Raw::Object(entries))
            }
        }
        deserializer.deserialize_any(AnyJson)
    }
}

/// The type of a value, for messages.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
