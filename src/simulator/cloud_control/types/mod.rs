//! The types that are simulated. What each of them is follows from its page in CloudFormation's
//! template reference and from the API references of its service.

mod alarm;
mod attachment;
mod bucket;
mod bucket_policy;
mod bucket_shapes;
mod config_rule;
mod elastic_ip;
mod event_rule;
mod flow_log;
mod instance_profile;
mod internet_gateway;
mod kept;
mod log_group;
mod managed_policy;
mod metric_filter;
mod nat_gateway;
mod parts;
mod queue;
mod recorder;
mod role;
mod routing;
mod subnet;
mod topic;
mod topic_policy;
mod trail;
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
    &vpc::TYPE,
    &bucket::TYPE,
    &bucket_policy::TYPE,
    &role::TYPE,
    &config_rule::TYPE,
    &internet_gateway::TYPE,
    &recorder::TYPE,
    &routing::TYPE,
];
