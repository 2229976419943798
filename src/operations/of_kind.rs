//! What a kind declares for the table: its rows, and the names of its resources.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

use super::{Operation, ResourceType, Usage};
use crate::{events::Records, kind::Identity, kinds};

/// The calls of a kind, and what else depends on them.
#[derive(Debug, Clone, Copy)]
pub struct OfKind {
    /// Its rows of the table.
    pub rows: &'static [Operation],
    /// The type of its resources.
    pub resource: Option<ResourceType>,
    /// Other resources, of any account, that its manifests name by ARN and that its permissions
    /// cover.
    pub names: &'static [ResourceType],
    /// Records what only some manifests of the kind need, from their spec.
    pub usage: Option<fn(&Value, &mut Usage)>,
    /// Whether its resources are given roles that palisade passes to a service; the ARNs are then
    /// read from specs and states.
    pub hands_on_roles: bool,
    /// A statement that denies what no caller with the role that writes this kind may ever do.
    pub never: Option<fn() -> Value>,
    /// Set if the kind gives somebody permissions: its manifests are then kept within the bounds of
    /// the settings.
    pub identity: Option<Identity>,
    /// Whether AWS takes tags in the create call only: an edit of them is shown, and never made.
    pub fixed_tags: bool,
    /// Whether its resources are those of the organization, in its management account or that of a
    /// delegated administrator: other accounts have none.
    pub of_organization: bool,
    /// For accounts of the organization: the row that says in which place of the tree one is, so
    /// that an edit of it moves the account.
    pub moves: Option<&'static str>,
    /// What CloudTrail records of the calls that change its resources. Without it events say
    /// nothing more precise than its name.
    pub records: Option<Records>,
}

impl OfKind {
    /// For a kind without calls.
    pub const NONE: Self = Self {
        rows: &[],
        resource: None,
        names: &[],
        usage: None,
        hands_on_roles: false,
        never: None,
        identity: None,
        fixed_tags: false,
        of_organization: false,
        moves: None,
        records: None,
    };
}

/// All kinds of this build, by name.
static KINDS: LazyLock<BTreeMap<&'static str, OfKind>> = LazyLock::new(|| {
    let registry = kinds::registry();
    registry.iter().map(|kind| (kind.profile().name, kind.operations())).collect()
});

/// The rows of all kinds and of their audits, each with its kind set.
pub(super) static ROWS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let registry = kinds::registry();
    let mut rows = Vec::new();
    for kind in registry.iter() {
        let name = kind.profile().name;
        let audited = kind.doctor().audit.into_iter().flat_map(|audit| audit.operations);
        let own = kind.operations().rows.iter().chain(audited);
        rows.extend(own.map(|row| Operation { kind: Some(name), ..*row }));
    }
    rows.sort_by_key(|row| row.kind);
    rows
});

/// The calls of a kind of this build.
pub(crate) fn of_kind(kind: &str) -> OfKind {
    KINDS.get(kind).copied().unwrap_or(OfKind::NONE)
}

/// The resource type of a kind.
pub(crate) fn resource_of(kind: &str) -> Option<ResourceType> {
    of_kind(kind).resource
}

/// The kind of this build with this resource type.
pub(crate) fn kind_of(resource: ResourceType) -> Option<&'static str> {
    let mut all = KINDS.iter();
    all.find(|(_, of)| of.resource == Some(resource)).map(|(kind, _)| *kind)
}
