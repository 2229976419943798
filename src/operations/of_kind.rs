//! What a kind says of itself to all that allow or deny: its rows, and what its resources are called there.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

use super::{Operation, Usage};
use crate::kinds;

/// What the resources of a kind are called in policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceType {
    /// The service, as ARNs name it.
    pub service: &'static str,
    /// The resource type, as the service authorization reference names it.
    pub sort: &'static str,
    /// Stands for the id of one that is yet to be made.
    pub sample: &'static str,
    /// How ids begin by which manifests name those that they do not declare; none where manifests do not.
    pub named: Option<&'static str>,
}

/// What a kind may call, and what else depends on that.
#[derive(Debug, Clone, Copy)]
pub struct OfKind {
    /// Its rows.
    pub rows: &'static [Operation],
    /// Its resources.
    pub resource: Option<ResourceType>,
    /// Notes what only some manifests of the kind need, by their spec.
    pub usage: Option<fn(&Value, &mut Usage)>,
    /// Whether its resources are given roles that palisade hands on to a service: then their ARNs are taken from specs and
    /// states.
    pub hands_on_roles: bool,
    /// A statement that denies what nobody with palisade's role that writes this kind shall ever do.
    pub never: Option<fn() -> Value>,
}

impl OfKind {
    /// A kind that calls nothing.
    pub const NONE: Self =
        Self { rows: &[], resource: None, usage: None, hands_on_roles: false, never: None };
}

/// Of every kind of this build, by its name.
pub(super) static KINDS: LazyLock<BTreeMap<&'static str, OfKind>> = LazyLock::new(|| {
    let registry = kinds::registry();
    registry.iter().map(|kind| (kind.profile().name, kind.operations())).collect()
});

/// What a kind of this build may call.
pub(crate) fn of_kind(kind: &str) -> OfKind {
    KINDS.get(kind).copied().unwrap_or(OfKind::NONE)
}

/// The kind of this build whose resources are of this type.
pub(crate) fn kind_of_sort(sort: &str) -> Option<(&'static str, ResourceType)> {
    let mut all = KINDS.iter().filter_map(|(kind, of)| Some((*kind, of.resource?)));
    all.find(|(_, resource)| resource.sort == sort)
}
