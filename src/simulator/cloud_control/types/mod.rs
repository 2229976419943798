//! The types that are simulated. What each of them is follows from its page in CloudFormation's
//! template reference and from the API references of its service.

mod analyzer;
mod anomaly_monitor;
mod anomaly_subscription;
mod bucket;
mod bucket_policy;
mod bucket_shapes;
mod config_rule;
mod delivery_channel;
mod detector;
mod enabled_control;
mod guardrail;
mod held;
mod hub;
mod internet_gateway;
mod mlflow_tracking_server;
mod model_package_group;
mod parts;
mod permission_set;
mod recorder;
mod resource_share;
mod role;
mod routing;
mod unit;
mod vpc;

use super::resource_type::Type;

/// All of them.
pub(super) static TYPES: &[&Type] = &[
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
