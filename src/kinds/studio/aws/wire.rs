//! Converts between plain values and the SDK's shapes: one field list for each shape serves both
//! directions.

use serde_json::{Map, Value};

/// A plain value of the wrong shape: a defect in palisade, or an API that is newer than this build.
/// Nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

/// A type of the SDK with a plain form.
pub trait Wire: Sized {
    /// From the plain form. Every key must be known, so that nothing is left out silently.
    fn read(value: &Value) -> Result<Self, Malformed>;
    /// The plain form; members that are not set are left out.
    fn write(&self) -> Value;
}

impl Malformed {
    /// What was expected.
    pub fn expected(what: &str, value: &Value) -> Self {
        Self(format!("expected {what}, found {value}"))
    }
}

impl Wire for String {
    fn read(value: &Value) -> Result<Self, Malformed> {
        value.as_str().map(str::to_owned).ok_or_else(|| Malformed::expected("text", value))
    }

    fn write(&self) -> Value {
        Value::from(self.as_str())
    }
}

impl Wire for i64 {
    fn read(value: &Value) -> Result<Self, Malformed> {
        value.as_i64().ok_or_else(|| Malformed::expected("a number", value))
    }

    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl Wire for i32 {
    fn read(value: &Value) -> Result<Self, Malformed> {
        let number = i64::read(value)?;
        Self::try_from(number).map_err(|_| Malformed::expected("a number of 32 bits", value))
    }

    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn read(value: &Value) -> Result<Self, Malformed> {
        let items = value.as_array().ok_or_else(|| Malformed::expected("a list", value))?;
        items.iter().map(T::read).collect()
    }

    fn write(&self) -> Value {
        self.iter().map(T::write).collect()
    }
}

/// A member of a group; `None` if it is missing.
pub fn member<T: Wire>(map: &Map<String, Value>, key: &str) -> Result<Option<T>, Malformed> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            T::read(value).map(Some).map_err(|Malformed(why)| Malformed(format!("{key}: {why}")))
        }
    }
}

/// A group that has no other keys than these.
pub fn group<'a>(value: &'a Value, keys: &[String]) -> Result<&'a Map<String, Value>, Malformed> {
    let map = value.as_object().ok_or_else(|| Malformed::expected("a group", value))?;
    match map.keys().find(|key| !keys.contains(key)) {
        Some(key) => Err(Malformed(format!("no member {key} is known"))),
        None => Ok(map),
    }
}

/// The plain key of a field: its name in camelCase, unless it is spelt otherwise.
pub fn key(field: &str, spelling: Option<&str>) -> String {
    if let Some(spelling) = spelling {
        return spelling.to_owned();
    }
    let mut key = String::with_capacity(field.len());
    let mut upper = false;
    for c in field.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                key.extend(c.to_uppercase());
                upper = false;
            }
            c => key.push(c),
        }
    }
    key
}

/// Both directions for shapes that are groups, from their fields. A test ensures that no field of
/// the SDK is missing.
macro_rules! groups {
    ($($shape:ident { $($field:ident $(as $spelling:literal)?),* $(,)? })*) => {
        $(impl Wire for types::$shape {
            fn read(value: &Value) -> Result<Self, Malformed> {
                let keys = [$(key(stringify!($field), None$(.or(Some($spelling)))?)),*];
                let map = group(value, &keys)?;
                let mut shape = types::$shape::builder().build();
                let mut keys = keys.iter();
                $(if let Some(key) = keys.next() {
                    shape.$field = member(map, key)?;
                })*
                Ok(shape)
            }

            fn write(&self) -> Value {
                let mut map = Map::new();
                $(if let Some(value) = &self.$field {
                    let key = key(stringify!($field), None$(.or(Some($spelling)))?);
                    map.insert(key, value.write());
                })*
                Value::Object(map)
            }
        })*

        /// Every shape as the SDK prints it when empty, and the fields that are known here.
        #[cfg(test)]
        pub fn known_fields() -> Vec<(String, Vec<&'static str>)> {
            vec![$((
                format!("{:?}", types::$shape::builder().build()),
                vec![$(stringify!($field)),*],
            )),*]
        }
    };
}

/// Both directions for the SDK's enums. A value that this build does not know passes through.
macro_rules! words {
    ($($name:ident),* $(,)?) => {$(
        impl Wire for types::$name {
            fn read(value: &Value) -> Result<Self, Malformed> {
                value.as_str().map(Self::from).ok_or_else(|| Malformed::expected("a word", value))
            }

            fn write(&self) -> Value {
                Value::from(self.as_str())
            }
        }
    )*};
}

pub(super) use {groups, words};
