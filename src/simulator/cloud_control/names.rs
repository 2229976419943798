//! The names of types that are kinds of palisade.

use crate::kinds::cloud_control::{
    accessanalyzer_analyzer, bedrock_guardrail, ce_anomaly_monitor, ce_anomaly_subscription,
    config_config_rule, config_configuration_recorder, config_delivery_channel,
    controltower_enabled_control, ec2_internet_gateway, ec2_vpc, guardduty_detector, iam_role,
    organizations_organizational_unit, ram_resource_share, s3_bucket, s3_bucket_policy,
    sagemaker_mlflow_tracking_server, sagemaker_model_package_group, securityhub_hub,
    sso_permission_set,
};

pub(super) const ANALYZER: &str = accessanalyzer_analyzer::NAME;
pub(super) const GUARDRAIL: &str = bedrock_guardrail::NAME;
pub(super) const ANOMALY_MONITOR: &str = ce_anomaly_monitor::NAME;
pub(super) const ANOMALY_SUBSCRIPTION: &str = ce_anomaly_subscription::NAME;
pub(super) const DELIVERY_CHANNEL: &str = config_delivery_channel::NAME;
pub(super) const ENABLED_CONTROL: &str = controltower_enabled_control::NAME;
pub(super) const DETECTOR: &str = guardduty_detector::NAME;
pub(super) const UNIT: &str = organizations_organizational_unit::NAME;
pub(super) const RESOURCE_SHARE: &str = ram_resource_share::NAME;
pub(super) const MLFLOW_TRACKING_SERVER: &str = sagemaker_mlflow_tracking_server::NAME;
pub(super) const MODEL_PACKAGE_GROUP: &str = sagemaker_model_package_group::NAME;
pub(super) const PERMISSION_SET: &str = sso_permission_set::NAME;
pub(super) const HUB: &str = securityhub_hub::NAME;
pub(super) const VPC: &str = ec2_vpc::NAME;
pub(super) const BUCKET: &str = s3_bucket::NAME;
pub(super) const BUCKET_POLICY: &str = s3_bucket_policy::NAME;
pub(super) const ROLE: &str = iam_role::NAME;
pub(super) const CONFIG_RULE: &str = config_config_rule::NAME;
pub(super) const RECORDER: &str = config_configuration_recorder::NAME;
pub(super) const INTERNET_GATEWAY: &str = ec2_internet_gateway::NAME;
