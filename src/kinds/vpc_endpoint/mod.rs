//! VPC endpoints: interface, gateway and Gateway Load Balancer.
//!
//! AWS serialises the modifications of an endpoint and allows few of them, so all differences go
//! into one ModifyVpcEndpoint. What AWS would choose unsafely when left out (the type, security
//! groups, policy, private DNS) is part of every wanted state.

pub mod aws;
pub(crate) mod baseline;
mod errors;
mod leaves;
mod operations;
mod policy;
mod region;
mod rules;
mod service;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::{leaves::table, policy::Policy};

/// What its manifests call it.
pub const NAME: &str = "VpcEndpoint";

/// An endpoint's state, wanted or live, for whoever looks at its members by name. Every member
/// stands for the row of its name, in AWS's words; a wanted one is absent where nothing is asked
/// for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`; live, also types that palisade does not make.
    #[serde(rename = "type")]
    pub endpoint_type: String,
    /// The service's full name.
    pub service: String,
    /// The Region the service is in.
    pub service_region: Option<String>,
    /// The VPC's id.
    pub vpc: String,
    /// The endpoint policy.
    pub policy: Option<Policy>,
    /// The ids of the security groups.
    pub security_groups: Option<BTreeSet<String>>,
    /// Wanted: disjoint sets of alternatives, of each of which exactly one is used. Live: a set of
    /// one for each subnet.
    pub subnets: Option<Vec<BTreeSet<String>>>,
    /// The ids of the route tables.
    pub route_tables: Option<BTreeSet<String>>,
    /// Whether the service's usual names lead here.
    pub private_dns: Option<bool>,
    /// Whether private DNS is only for inbound resolver endpoints.
    pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
    /// `ipv4`, `dualstack`, `ipv6`, `service-defined`.
    pub dns_record_ip_type: Option<String>,
    /// `ipv4`, `dualstack`, `ipv6`.
    pub ip_address_type: Option<String>,
    /// The partition, because an account id in a policy means the account's root in it.
    pub partition: String,
    /// The account, to point out others in a policy's difference.
    pub account: String,
}
