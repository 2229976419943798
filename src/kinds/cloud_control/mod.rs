//! Types of CloudFormation's registry through Cloud Control: one table made from facts, for each
//! type with a reviewed overlay.
//!
//! The facts (`facts/*.json`) are what the registry's schemas say: names, forms, identifiers,
//! flags and permissions. `tests/facts` writes and compares them. What no schema says (what a
//! change risks, which lists are sets, what a delete destroys) is an overlay
//! in the module of the type. A type without an overlay is shown where a manifest asks for it, and
//! never written (`unreviewed.rs`).
//!
//! Requests take AWS from seconds to hours. They are sent and not waited for: while one is under
//! way its resource is settling, or unknown if it is still being created, and the next pass
//! continues from what it sees. Nothing has to be remembered for that (`aws/requests.rs`).
//!
//! What hurt others who built on Cloud Control, and what prevents it here, is in `pains.rs`.

pub mod accessanalyzer_analyzer;
pub mod aws;
pub(crate) mod baseline;
mod baseline_buckets;
mod baseline_identity;
pub mod bedrock_guardrail;
pub mod ce_anomaly_monitor;
pub mod ce_anomaly_subscription;
pub mod cloudtrail_trail;
pub mod cloudwatch_alarm;
pub mod config_config_rule;
pub mod config_configuration_recorder;
pub mod config_delivery_channel;
pub mod controltower_enabled_control;
mod coverage;
pub mod datazone_domain;
pub mod ec2_eip;
pub mod ec2_flow_log;
pub mod ec2_internet_gateway;
pub mod ec2_nat_gateway;
pub mod ec2_subnet;
pub mod ec2_transit_gateway;
pub mod ec2_transit_gateway_attachment;
pub mod ec2_vpc;
pub mod ec2_vpc_gateway_attachment;
pub mod ecr_repository;
mod errors;
pub mod events_rule;
mod facts;
pub mod guardduty_detector;
pub mod iam_instance_profile;
pub mod iam_managed_policy;
pub mod iam_role;
mod identifier;
pub mod logs_log_group;
pub mod logs_metric_filter;
pub mod organizations_organizational_unit;
mod overlay;
mod pains;
mod patch;
pub mod ram_resource_share;
mod records;
mod risks;
mod rows;
pub mod s3_access_point;
pub mod s3_bucket;
pub mod s3_bucket_policy;
pub mod sagemaker_mlflow_tracking_server;
pub mod sagemaker_model_package_group;
pub mod securityhub_hub;
pub mod sns_topic;
pub mod sns_topic_inline_policy;
pub mod sqs_queue;
pub mod sqs_queue_inline_policy;
pub mod sso_permission_set;
mod table;
#[cfg(test)]
mod tests;
mod types;
mod unreviewed;

pub use self::types::register;
