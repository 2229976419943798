//! The types of this build.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

use super::{
    accessanalyzer_analyzer, bedrock_guardrail, ce_anomaly_monitor, ce_anomaly_subscription,
    config_config_rule, config_configuration_recorder, config_delivery_channel,
    controltower_enabled_control, ec2_internet_gateway, ec2_vpc,
    facts::Facts,
    guardduty_detector, iam_role, organizations_organizational_unit,
    overlay::{Identifier, Overlay},
    ram_resource_share, s3_bucket, s3_bucket_policy, sagemaker_mlflow_tracking_server,
    sagemaker_model_package_group, securityhub_hub, sso_permission_set, table, unreviewed,
};
use crate::kind::{erased::Registry, table::Properties};

/// Every type that is managed.
const OVERLAYS: &[&Overlay] = &[
    &accessanalyzer_analyzer::OVERLAY,
    &bedrock_guardrail::OVERLAY,
    &ce_anomaly_monitor::OVERLAY,
    &ce_anomaly_subscription::OVERLAY,
    &config_config_rule::OVERLAY,
    &config_configuration_recorder::OVERLAY,
    &config_delivery_channel::OVERLAY,
    &controltower_enabled_control::OVERLAY,
    &ec2_internet_gateway::OVERLAY,
    &ec2_vpc::OVERLAY,
    &guardduty_detector::OVERLAY,
    &iam_role::OVERLAY,
    &organizations_organizational_unit::OVERLAY,
    &ram_resource_share::OVERLAY,
    &s3_bucket::OVERLAY,
    &s3_bucket_policy::OVERLAY,
    &sagemaker_mlflow_tracking_server::OVERLAY,
    &sagemaker_model_package_group::OVERLAY,
    &securityhub_hub::OVERLAY,
    &sso_permission_set::OVERLAY,
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
    /// What distinguishes a resource with these properties from all others of the type, where a
    /// manifest says it: what its identifier follows from, or its name within its parent.
    pub(super) fn natural_key(&self, properties: &Value) -> Option<String> {
        let said = |name: &str| properties.get(name)?.as_str().map(str::to_owned);
        match (self.overlay.identifier, self.overlay.within) {
            (_, Some(within)) => within.key(properties),
            (Identifier::ArnOf(property), _) => said(property).filter(|it| !it.is_empty()),
            (Identifier::OneArn(part), _) => Some(part.to_owned()),
            _ if self.overlay.invented => None,
            _ => self.identifier(properties),
        }
    }

    /// Whether it has tags, and nobody says the ARN that it has in the tag index.
    pub(super) fn is_tagged_without_arn(&self) -> bool {
        let Overlay { tags, arn, identifier, .. } = self.overlay;
        tags.is_some() && arn.is_empty() && matches!(identifier, Identifier::Part)
    }

    /// The identifier of a resource with these properties; none if one of its parts is not there.
    fn identifier(&self, properties: &Value) -> Option<String> {
        let parts = self.facts.identifier.iter().map(|path| {
            let pointer = format!("/{path}");
            Some(properties.pointer(&pointer)?.as_str()?).filter(|part| !part.is_empty())
        });
        Some(parts.collect::<Option<Vec<_>>>()?.join("|"))
    }
}
