//! What a kind says of itself to all that allow or deny: its rows, and what its resources are
//! called there.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

use super::{Operation, ResourceType, Usage};
use crate::kinds;

/// What a kind may call, and what else depends on that.
#[derive(Debug, Clone, Copy)]
pub struct OfKind {
    /// Its rows.
    pub rows: &'static [Operation],
    /// Its resources.
    pub resource: Option<ResourceType>,
    /// Other resources, of whatever account, that its manifests name by their ARN and that its
    /// permissions are about.
    pub names: &'static [ResourceType],
    /// Notes what only some manifests of the kind need, by their spec.
    pub usage: Option<fn(&Value, &mut Usage)>,
    /// Whether its resources are given roles that palisade hands on to a service: then their ARNs
    /// are taken from specs and states.
    pub hands_on_roles: bool,
    /// A statement that denies what nobody with palisade's role that writes this kind shall ever
    /// do.
    pub never: Option<fn() -> Value>,
}

impl OfKind {
    /// A kind that calls nothing.
    pub const NONE: Self = Self {
        rows: &[],
        resource: None,
        names: &[],
        usage: None,
        hands_on_roles: false,
        never: None,
    };
}

/// Of every kind of this build, by its name.
static KINDS: LazyLock<BTreeMap<&'static str, OfKind>> = LazyLock::new(|| {
    let registry = kinds::registry();
    registry.iter().map(|kind| (kind.profile().name, kind.operations())).collect()
});

/// The rows of every kind, each with the kind it is of.
pub(super) static ROWS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let rows = KINDS
        .iter()
        .flat_map(|(kind, of)| of.rows.iter().map(|row| Operation { kind: Some(*kind), ..*row }));
    rows.collect()
});

/// What a kind of this build may call.
pub(crate) fn of_kind(kind: &str) -> OfKind {
    KINDS.get(kind).copied().unwrap_or(OfKind::NONE)
}

/// The type of a kind's resources.
pub(crate) fn resource_of(kind: &str) -> Option<ResourceType> {
    of_kind(kind).resource
}

/// The kind of this build whose resources are of this type.
pub(crate) fn kind_of(resource: ResourceType) -> Option<&'static str> {
    let mut all = KINDS.iter();
    all.find(|(_, of)| of.resource == Some(resource)).map(|(kind, _)| *kind)
}
