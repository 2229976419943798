//! What a type of resource is: its schema, what may be changed when, and its handlers.

use serde_json::Value;

use super::{
    paths,
    schema::{Member, Model},
    site::{Failure, Site},
};

/// A type. Paths are names between slashes, `*` for the entries of a list.
#[derive(Debug)]
pub(super) struct Type {
    pub name: &'static str,
    pub members: &'static [Member],
    /// The property that identifies a resource, or several joined by `|`.
    pub identifier: &'static str,
    /// The property by which every list has to be narrowed, if there is one.
    pub listed_in: Option<&'static str>,
    /// Paths that nobody sets.
    pub read_only: &'static [&'static str],
    /// Paths that cannot be in a patch.
    pub create_only: &'static [&'static str],
    /// Paths that no read returns.
    pub write_only: &'static [&'static str],
    /// What the schema cannot say of a whole model.
    pub rules: fn(&Model) -> Result<(), String>,
    /// The identifier of a new resource as far as its model says it.
    pub named: fn(&Model) -> Option<String>,
    /// Creates a resource and returns its identifier.
    pub create: fn(&mut Site<'_, '_>, &Model) -> Result<String, Failure>,
    /// The model of a resource, without write-only properties.
    pub read: fn(&mut Site<'_, '_>, &str) -> Result<Model, Failure>,
    /// Makes some properties of a resource those of the new model.
    pub update: fn(&mut Site<'_, '_>, &Update<'_>) -> Result<(), Failure>,
    pub delete: fn(&mut Site<'_, '_>, &str) -> Result<(), Failure>,
    /// The identifiers of all resources of the account and Region.
    pub list: fn(&mut Site<'_, '_>) -> Result<Vec<String>, Failure>,
}

/// What an update handler is given.
#[derive(Debug)]
pub(super) struct Update<'a> {
    pub id: &'a str,
    pub old: &'a Model,
    pub new: &'a Model,
    /// The properties in which they differ.
    pub changed: &'a [String],
}

impl Update<'_> {
    pub(super) fn changes(&self, property: &str) -> bool {
        self.changed.iter().any(|it| it == property)
    }
}

impl Type {
    /// The property that a path of a patch must not touch: one that is fixed at or below the path,
    /// or in which the path leads.
    pub(super) fn fixed(&self, path: &str) -> Option<&'static str> {
        self.create_only.iter().copied().find(|fixed| paths::meet(path, fixed))
    }

    /// The property that nobody sets and a path of a patch touches.
    pub(super) fn generated(&self, path: &str) -> Option<&'static str> {
        self.read_only.iter().copied().find(|fixed| paths::is_above(fixed, path))
    }

    /// A property of a desired state that nobody sets.
    pub(super) fn said_but_generated(&self, model: &Value) -> Option<&'static str> {
        self.read_only
            .iter()
            .copied()
            .find(|path| !path.contains('*') && model.pointer(&format!("/{path}")).is_some())
    }
}
