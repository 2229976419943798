//! The kinds of a build.

use std::{collections::BTreeMap, marker::PhantomData, sync::Arc};

use serde_json::Value;

use super::{
    Invalid, Kind, Port, Profile, Refs,
    erased::{Definition, ErasedKind, Resolved},
    table::Table,
};
use crate::model::near::did_you_mean;

/// The kinds that this build knows, by name.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: BTreeMap<&'static str, Arc<dyn ErasedKind>>,
    others: Option<Others>,
}

/// Further kinds, which exist once a manifest names one: too many to list, to describe or to ask
/// every scope for.
#[derive(Debug, Clone, Copy)]
pub struct Others {
    /// The kind of this name.
    pub kind: fn(&str) -> Option<&'static dyn ErasedKind>,
    /// Why a name that looks like one of theirs is none of them, if it does.
    pub why_not: fn(&str) -> Option<Invalid>,
}

impl Registry {
    /// Adds a kind.
    ///
    /// # Panics
    /// If two kinds have the same name: `kinds/mod.rs` is wrong.
    #[must_use]
    pub fn with<K: Kind, P: Port<K>>(mut self) -> Self {
        let twice = self.kinds.insert(K::PROFILE.name, Arc::new(Definition::<K, P>(PhantomData)));
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
        let twice = self.kinds.insert(name, Arc::new(table));
        assert!(twice.is_none(), "kind {name} registered twice");
        self
    }

    /// Adds kinds that are not listed.
    #[must_use]
    pub fn others(self, others: Others) -> Self {
        Self { others: Some(others), ..self }
    }

    /// The kind of this name, listed or not.
    pub fn get(&self, name: &str) -> Option<&dyn ErasedKind> {
        let listed = self.kinds.get(name).map(AsRef::as_ref);
        listed.or_else(|| (self.others?.kind)(name))
    }

    /// Why a name that looks like one of a kind that is not listed is none, if it does.
    pub fn why_not(&self, name: &str) -> Option<Invalid> {
        (self.others?.why_not)(name)
    }

    /// The kind of this name or short name, ignoring case: for what people type. One that is not
    /// listed by its exact name.
    pub fn find(&self, text: &str) -> Option<&dyn ErasedKind> {
        let listed = self.iter().find(|kind| {
            let Profile { name, short, .. } = kind.profile();
            name.eq_ignore_ascii_case(text) || short.eq_ignore_ascii_case(text)
        });
        listed.or_else(|| self.get(text))
    }

    /// All listed kinds, by name.
    pub fn iter(&self) -> impl Iterator<Item = &dyn ErasedKind> {
        self.kinds.values().map(AsRef::as_ref)
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

    /// The names of all listed kinds.
    pub fn names(&self) -> Vec<&'static str> {
        self.kinds.keys().copied().collect()
    }
}
