//! The types that are simulated. What each of them is follows from its page in CloudFormation's
//! template reference and from the API references of its service.

mod bucket;
mod bucket_policy;
mod bucket_shapes;
mod config_rule;
mod internet_gateway;
mod parts;
mod recorder;
mod role;
mod routing;
mod vpc;

use super::resource_type::Type;

/// All of them.
pub(super) static TYPES: &[&Type] = &[
    &vpc::TYPE,
    &bucket::TYPE,
    &bucket_policy::TYPE,
    &role::TYPE,
    &config_rule::TYPE,
    &internet_gateway::TYPE,
    &recorder::TYPE,
    &routing::TYPE,
];
