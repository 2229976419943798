//! The names of types that are kinds of palisade.

use crate::kinds::cloud_control::{
    accessanalyzer_analyzer, bedrock_guardrail, ce_anomaly_monitor, ce_anomaly_subscription,
    cloudtrail_trail, cloudwatch_alarm, config_config_rule, config_configuration_recorder,
    config_delivery_channel, controltower_enabled_control, datazone_domain, ec2_eip, ec2_flow_log,
    ec2_internet_gateway, ec2_nat_gateway, ec2_subnet, ec2_transit_gateway,
    ec2_transit_gateway_attachment, ec2_vpc, ec2_vpc_gateway_attachment, ecr_repository,
    events_rule, guardduty_detector, iam_instance_profile, iam_managed_policy, iam_role,
    logs_log_group, logs_metric_filter, organizations_organizational_unit, ram_resource_share,
    s3_access_point, s3_bucket, s3_bucket_policy, sagemaker_mlflow_tracking_server,
    sagemaker_model_package_group, securityhub_hub, sns_topic, sns_topic_inline_policy, sqs_queue,
    sqs_queue_inline_policy, sso_permission_set,
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
pub(super) const ATTACHMENT: &str = ec2_vpc_gateway_attachment::NAME;
pub(super) const ELASTIC_IP: &str = ec2_eip::NAME;
pub(super) const FLOW_LOG: &str = ec2_flow_log::NAME;
pub(super) const LOG_GROUP: &str = logs_log_group::NAME;
pub(super) const NAT_GATEWAY: &str = ec2_nat_gateway::NAME;
pub(super) const SUBNET: &str = ec2_subnet::NAME;
pub(super) const TOPIC: &str = sns_topic::NAME;
pub(super) const TRAIL: &str = cloudtrail_trail::NAME;
pub(super) const INSTANCE_PROFILE: &str = iam_instance_profile::NAME;
pub(super) const MANAGED_POLICY: &str = iam_managed_policy::NAME;
pub(super) const ALARM: &str = cloudwatch_alarm::NAME;
pub(super) const EVENT_RULE: &str = events_rule::NAME;
pub(super) const METRIC_FILTER: &str = logs_metric_filter::NAME;
pub(super) const QUEUE: &str = sqs_queue::NAME;
pub(super) const TOPIC_POLICY: &str = sns_topic_inline_policy::NAME;
pub(super) const QUEUE_POLICY: &str = sqs_queue_inline_policy::NAME;
pub(super) const ACCESS_POINT: &str = s3_access_point::NAME;
pub(super) const REPOSITORY: &str = ecr_repository::NAME;
pub(super) const TRANSIT_GATEWAY: &str = ec2_transit_gateway::NAME;
pub(super) const TRANSIT_ATTACHMENT: &str = ec2_transit_gateway_attachment::NAME;
pub(super) const UNIFIED_DOMAIN: &str = datazone_domain::NAME;
