//! The types that are simulated. What each of them is follows from its page in CloudFormation's
//! template reference and from the API references of its service.

mod access_point;
mod alarm;
mod analyzer;
mod anomaly_monitor;
mod anomaly_subscription;
mod attachment;
mod bucket;
mod bucket_policy;
mod bucket_shapes;
mod config_rule;
mod delivery_channel;
mod detector;
mod elastic_ip;
mod enabled_control;
mod event_rule;
mod flow_log;
mod guardrail;
mod held;
mod hub;
mod instance_profile;
mod internet_gateway;
mod kept;
mod log_group;
mod managed_policy;
mod metric_filter;
mod mlflow_tracking_server;
mod model_package_group;
mod nat_gateway;
mod parts;
mod permission_set;
mod queue;
mod queue_policy;
mod recorder;
mod repository;
mod resource_share;
mod role;
mod routing;
mod subnet;
mod topic;
mod topic_policy;
mod trail;
mod transit_attachment;
mod transit_gateway;
mod unified_domain;
mod unit;
mod vpc;

use super::resource_type::Type;

/// All of them.
pub(super) static TYPES: &[&Type] = &[
    &alarm::TYPE,
    &attachment::TYPE,
    &elastic_ip::TYPE,
    &event_rule::TYPE,
    &flow_log::TYPE,
    &instance_profile::TYPE,
    &log_group::TYPE,
    &managed_policy::TYPE,
    &metric_filter::TYPE,
    &nat_gateway::TYPE,
    &queue::TYPE,
    &subnet::TYPE,
    &topic::TYPE,
    &topic_policy::TYPE,
    &trail::TYPE,
    &access_point::TYPE,
    &queue_policy::TYPE,
    &repository::TYPE,
    &transit_attachment::TYPE,
    &transit_gateway::TYPE,
    &unified_domain::TYPE,
    &vpc::TYPE,
    &bucket::TYPE,
    &bucket_policy::TYPE,
    &role::TYPE,
    &analyzer::TYPE,
    &anomaly_monitor::TYPE,
    &anomaly_subscription::TYPE,
    &delivery_channel::TYPE,
    &detector::TYPE,
    &enabled_control::TYPE,
    &guardrail::TYPE,
    &hub::TYPE,
    &mlflow_tracking_server::TYPE,
    &model_package_group::TYPE,
    &permission_set::TYPE,
    &resource_share::TYPE,
    &unit::TYPE,
    &config_rule::TYPE,
    &internet_gateway::TYPE,
    &recorder::TYPE,
    &routing::TYPE,
];
