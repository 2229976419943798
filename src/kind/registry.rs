//! The kinds of a build.

use std::{collections::BTreeMap, marker::PhantomData};

use serde_json::Value;

use super::{
    Invalid, Kind, Port, Profile, Refs,
    erased::{Definition, ErasedKind, Resolved},
    table::Table,
};
use crate::model::near::did_you_mean;

/// The kinds that this build knows, by name.
#[derive(Default)]
pub struct Registry(BTreeMap<&'static str, Box<dyn ErasedKind>>);

impl Registry {
    /// Adds a kind.
    ///
    /// # Panics
    /// If two kinds have the same name: `kinds/mod.rs` is wrong.
    #[must_use]
    pub fn with<K: Kind, P: Port<K>>(mut self) -> Self {
        let twice = self.0.insert(K::PROFILE.name, Box::new(Definition::<K, P>(PhantomData)));
        assert!(twice.is_none(), "kind {} registered twice", K::PROFILE.name);
        self
    }

    /// Adds several kinds.
    #[must_use]
    pub fn and(self, several: impl FnOnce(Self) -> Self) -> Self {
        several(self)
    }

    /// Adds a kind that is a table.
    ///
    /// # Panics
    /// As [`Self::with`].
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        let name = table.profile.name;
        let twice = self.0.insert(name, Box::new(table));
        assert!(twice.is_none(), "kind {name} registered twice");
        self
    }

    /// The kind of this name.
    pub fn get(&self, name: &str) -> Option<&dyn ErasedKind> {
        self.0.get(name).map(AsRef::as_ref)
    }

    /// The kind of this name or short name, ignoring case: for what people type.
    pub fn find(&self, text: &str) -> Option<&dyn ErasedKind> {
        self.iter().find(|kind| {
            let Profile { name, short, .. } = kind.profile();
            name.eq_ignore_ascii_case(text) || short.eq_ignore_ascii_case(text)
        })
    }

    /// All kinds, by name.
    pub fn iter(&self) -> impl Iterator<Item = &dyn ErasedKind> {
        self.0.values().map(AsRef::as_ref)
    }

    /// Resolves a manifest: references in its strings first, then the kind's own fields.
    ///
    /// # Errors
    /// All invalid values; an unknown kind is one.
    pub fn resolve(
        &self,
        kind: &str,
        spec: &Value,
        refs: &mut Refs<'_>,
    ) -> Result<Resolved, Vec<Invalid>> {
        let Some(known) = self.get(kind) else {
            return Err(vec![Invalid::new("", format!("there is no kind `{kind}`"))]);
        };
        let mut spec = spec.clone();
        refs.interpolate(&mut spec, &self.names())?;
        self.check_properties(refs)?;
        known.resolve(&spec, refs)
    }

    /// Whether every property of another resource that is asked for is one that its kind has.
    fn check_properties(&self, refs: &Refs<'_>) -> Result<(), Vec<Invalid>> {
        let unknown = refs.properties().iter().filter_map(|(field, kind, name)| {
            let names = self.get(kind).map(ErasedKind::attributes).unwrap_or_default();
            if names.contains(name) {
                return None;
            }
            let why = format!("{kind} has no property `{name}` that could be referred to");
            let near = did_you_mean(name, names.iter().map(String::as_str));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            Some(Invalid { field: field.clone(), why, help })
        });
        let unknown: Vec<_> = unknown.collect();
        if unknown.is_empty() { Ok(()) } else { Err(unknown) }
    }

    /// The names of all kinds.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }
}
