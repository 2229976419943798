//! The types of this build.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

use super::{
    config_config_rule, config_configuration_recorder, ec2_internet_gateway, ec2_vpc, facts::Facts,
    iam_role, overlay::Overlay, s3_bucket, s3_bucket_policy, table, unreviewed,
};
use crate::kind::{erased::Registry, table::Properties};

/// Every type that is managed.
const OVERLAYS: &[&Overlay] = &[
    &config_config_rule::OVERLAY,
    &config_configuration_recorder::OVERLAY,
    &ec2_internet_gateway::OVERLAY,
    &ec2_vpc::OVERLAY,
    &iam_role::OVERLAY,
    &s3_bucket::OVERLAY,
    &s3_bucket_policy::OVERLAY,
];

/// A type: its facts and what people say about it.
#[derive(Debug)]
pub(super) struct Type {
    /// What people say.
    pub(super) overlay: &'static Overlay,
    /// What the registry says.
    pub(super) facts: Facts,
    /// Its properties.
    pub(super) properties: Properties,
}

/// A file that cannot be read is a defect that a test finds: the type is then no kind.
static TYPES: LazyLock<BTreeMap<&'static str, Type>> = LazyLock::new(|| {
    let all = OVERLAYS.iter().filter_map(|overlay| {
        let facts: Facts = serde_json::from_str(overlay.facts).ok()?;
        let properties = facts.tree(overlay);
        Some((overlay.name, Type { overlay, facts, properties }))
    });
    all.collect()
});

/// Every type.
pub(super) fn all() -> impl Iterator<Item = &'static Type> {
    TYPES.values()
}

/// The type of this name.
pub(super) fn get(name: &str) -> Option<&'static Type> {
    TYPES.get(name)
}

/// Adds every type to the kinds: those that are managed, and those that are only observed.
pub fn register(registry: Registry) -> Registry {
    let reviewed = all().fold(registry, |registry, of| registry.table(table::table(of)));
    reviewed.others(unreviewed::OTHERS)
}

impl Type {
    /// The identifier of a resource with these properties; none if one of its parts is not there.
    pub(super) fn identifier(&self, properties: &Value) -> Option<String> {
        let parts = self.facts.identifier.iter().map(|path| {
            let pointer = format!("/{path}");
            Some(properties.pointer(&pointer)?.as_str()?).filter(|part| !part.is_empty())
        });
        Some(parts.collect::<Option<Vec<_>>>()?.join("|"))
    }
}
