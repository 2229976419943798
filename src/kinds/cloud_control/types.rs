//! The types of this build.

use std::{collections::BTreeMap, sync::LazyLock};

use super::{
    accessanalyzer_analyzer, bedrock_guardrail, ce_anomaly_monitor, ce_anomaly_subscription,
    cloudtrail_trail, cloudwatch_alarm, config_config_rule, config_configuration_recorder,
    config_delivery_channel, controltower_enabled_control, datazone_domain, ec2_eip, ec2_flow_log,
    ec2_internet_gateway, ec2_nat_gateway, ec2_subnet, ec2_transit_gateway,
    ec2_transit_gateway_attachment, ec2_vpc, ec2_vpc_gateway_attachment, ecr_repository,
    events_rule, facts::Facts, guardduty_detector, iam_instance_profile, iam_managed_policy,
    iam_role, logs_log_group, logs_metric_filter, organizations_organizational_unit,
    overlay::Overlay, ram_resource_share, s3_access_point, s3_bucket, s3_bucket_policy,
    sagemaker_mlflow_tracking_server, sagemaker_model_package_group, securityhub_hub, sns_topic,
    sns_topic_inline_policy, sqs_queue, sqs_queue_inline_policy, sso_permission_set, table,
    unreviewed,
};
use crate::kind::{erased::Registry, table::Properties};

/// Every type that is managed.
const OVERLAYS: &[&Overlay] = &[
    &accessanalyzer_analyzer::OVERLAY,
    &bedrock_guardrail::OVERLAY,
    &ce_anomaly_monitor::OVERLAY,
    &ce_anomaly_subscription::OVERLAY,
    &cloudtrail_trail::OVERLAY,
    &cloudwatch_alarm::OVERLAY,
    &config_config_rule::OVERLAY,
    &config_configuration_recorder::OVERLAY,
    &config_delivery_channel::OVERLAY,
    &controltower_enabled_control::OVERLAY,
    &datazone_domain::OVERLAY,
    &ec2_eip::OVERLAY,
    &ec2_flow_log::OVERLAY,
    &ec2_internet_gateway::OVERLAY,
    &ec2_nat_gateway::OVERLAY,
    &ec2_subnet::OVERLAY,
    &ec2_transit_gateway::OVERLAY,
    &ec2_transit_gateway_attachment::OVERLAY,
    &ec2_vpc::OVERLAY,
    &ec2_vpc_gateway_attachment::OVERLAY,
    &ecr_repository::OVERLAY,
    &events_rule::OVERLAY,
    &guardduty_detector::OVERLAY,
    &iam_instance_profile::OVERLAY,
    &iam_managed_policy::OVERLAY,
    &iam_role::OVERLAY,
    &logs_log_group::OVERLAY,
    &logs_metric_filter::OVERLAY,
    &organizations_organizational_unit::OVERLAY,
    &ram_resource_share::OVERLAY,
    &s3_access_point::OVERLAY,
    &s3_bucket::OVERLAY,
    &s3_bucket_policy::OVERLAY,
    &sagemaker_mlflow_tracking_server::OVERLAY,
    &sagemaker_model_package_group::OVERLAY,
    &securityhub_hub::OVERLAY,
    &sns_topic::OVERLAY,
    &sns_topic_inline_policy::OVERLAY,
    &sqs_queue::OVERLAY,
    &sqs_queue_inline_policy::OVERLAY,
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
