//! The three states of a leaf in a spec, and the macros that declare groups of such leaves.

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

/// A leaf of a spec. Left out, it is not managed: neither compared nor sent. `null` says that there
/// must be none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Leaf<T> {
    /// The manifest does not name it.
    #[default]
    Unmanaged,
    /// The manifest says `null`.
    None,
    /// The manifest says this.
    Value(T),
}

impl<T> Leaf<T> {
    /// Whether the manifest leaves it out.
    pub fn is_unmanaged(&self) -> bool {
        matches!(self, Self::Unmanaged)
    }

    /// The value, if the manifest gives one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Unmanaged | Self::None => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Leaf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::None, Self::Value))
    }
}

impl<T: Serialize> Serialize for Leaf<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Leaf<T> {
    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }

    fn inline_schema() -> bool {
        true
    }
}

/// A value that is kept as it is written once it has been seen to read as `T`: what names other
/// things (references, lookups) is filled in later, in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T>(Value, PhantomData<T>);

impl<'de, T: de::DeserializeOwned> Deserialize<'de> for Written<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        T::deserialize(&value).map_err(de::Error::custom)?;
        Ok(Self(value, PhantomData))
    }
}

impl<T> Serialize for Written<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Written<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }
}

/// Declares groups of settings: every field is a [`Leaf`], left out of the tree while unmanaged.
macro_rules! settings {
    ($($(#[$about:meta])* $name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        pub struct $name {$(
            $(#[$meta])*
            #[serde(skip_serializing_if = "crate::kinds::sagemaker_domain::leaf::Leaf::is_unmanaged")]
            pub $field: crate::kinds::sagemaker_domain::leaf::Leaf<$type>,
        )*}
    )*};
}

/// Declares closed lists of words, each as AWS spells it.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident { $($word:ident $(= $spelling:literal)?),* $(,)? })*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name {$(
            #[doc = concat!("`", stringify!($word), "`")]
            $(#[serde(rename = $spelling)])?
            $word,
        )*}
    )*};
}

pub(super) use {settings, words};
