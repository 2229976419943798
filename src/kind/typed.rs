//! Reads typed values as people write them. serde also accepts a list for a struct, field by
//! position, and a mapping for a plain word: `lifecycle: [enforce, absent]` would be a tombstone.
//! Here a struct must be a mapping and a word must be a text.

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer as _,
        MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor, value::StrDeserializer,
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

/// Reads a typed value; the error knows its path.
///
/// # Errors
/// The first value of a wrong type or name.
pub fn typed<T: DeserializeOwned>(value: &Value) -> Result<T, serde_path_to_error::Error<Error>> {
    serde_path_to_error::deserialize(Strict(value))
}

/// Reads a value by a seed, as [`typed`] reads one by its type.
///
/// # Errors
/// As [`typed`].
pub(super) fn seeded<'de, T: DeserializeSeed<'de>>(
    seed: T,
    value: &'de Value,
) -> Result<T::Value, serde_path_to_error::Error<Error>> {
    let mut track = serde_path_to_error::Track::new();
    seed.deserialize(serde_path_to_error::Deserializer::new(Strict(value), &mut track))
        .map_err(|error| serde_path_to_error::Error::new(track.path(), error))
}

/// What a value is, as messages call it.
pub(super) fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[derive(Clone, Copy)]
struct Strict<'de>(&'de Value);

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items(items.iter())),
            Value::Object(map) => visitor.visit_map(Entries { entries: map.iter(), next: None }),
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_object() {
            return self.deserialize_any(visitor);
        }
        Err(Error::custom(format!("{} stands where a mapping is needed", what(self.0))))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let one = |(name, value): (&'de String, &'de Value)| (name.as_str(), Some(Strict(value)));
        let (name, value) = match self.0 {
            Value::String(name) => (name.as_str(), None),
            Value::Object(map) if map.len() == 1 => map.iter().next().map(one).unwrap_or_default(),
            other => {
                let words = variants.join(", ");
                let found = what(other);
                return Err(Error::custom(format!(
                    "{found} stands where one of {words} is needed"
                )));
            }
        };
        visitor.visit_enum(Variant { name, value })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'de>(std::slice::Iter<'de, Value>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|item| seed.deserialize(Strict(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'de> {
    entries: serde_json::map::Iter<'de>,
    next: Option<&'de Value>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.next = Some(value);
        let key: StrDeserializer<'_, Error> = key.as_str().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.next.take() {
            Some(value) => seed.deserialize(Strict(value)),
            None => Err(Error::custom("a value was asked for before its key")),
        }
    }
}

/// A variant: a word, or a word with its content.
struct Variant<'de> {
    name: &'de str,
    value: Option<Strict<'de>>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Payload<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Payload<'de>), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Payload(self.value)))
    }
}

struct Payload<'de>(Option<Strict<'de>>);

impl<'de> Payload<'de> {
    fn content(self) -> Result<Strict<'de>, Error> {
        self.0.ok_or_else(|| Error::invalid_type(Unexpected::UnitVariant, &"a mapping"))
    }
}

impl<'de> VariantAccess<'de> for Payload<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(Error::custom("a mapping stands where a word is needed")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        Deserializer::deserialize_any(self.content()?, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Deserializer::deserialize_any(self.content()?, visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        On,
        Off,
        With { size: u8 },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        word: Option<Word>,
        #[serde(default)]
        more: Vec<Inner>,
        #[serde(default)]
        named: BTreeMap<String, Inner>,
    }

    fn read(value: Value) -> Result<Inner, String> {
        typed(&value).map_err(|error| error.to_string())
    }

    #[test]
    fn valid_values_are_read() {
        let read = read(json!({
            "word": "on", "more": [{"word": null}, {"word": {"with": {"size": 7}}}], "named": {"a": {"word": "off"}}
        }))
        .unwrap();
        assert_eq!(read.word, Some(Word::On));
        assert_eq!(read.more[1].word, Some(Word::With { size: 7 }));
        assert_eq!(read.named["a"].word, Some(Word::Off));
    }

    #[test]
    fn a_list_is_not_a_struct_and_a_mapping_is_not_a_word_at_any_depth() {
        for (wrong, says) in [
            (json!(["on"]), "a list stands where a mapping is needed"),
            (json!({"more": [["on"]]}), "more[0]: a list stands where a mapping is needed"),
            (json!({"named": {"a": []}}), "named.a: a list stands where a mapping is needed"),
            (json!({"named": {"a": 7}}), "named.a: a number stands where a mapping is needed"),
            (json!({"word": {"on": null}}), "word.on: a mapping stands where a word is needed"),
            (json!({"word": {"on": {}}}), "word.on: a mapping stands where a word is needed"),
            (json!({"word": ["on"]}), "word: a list stands where one of on, off, with is needed"),
            (json!({"word": {}}), "word: a mapping stands where one of"),
            (json!({"word": "with"}), "word"),
            (json!({"word": "up"}), "word: unknown variant `up`"),
        ] {
            let error = read(wrong.clone()).unwrap_err();
            assert!(error.contains(says), "{wrong}: {error}");
        }
    }
}
