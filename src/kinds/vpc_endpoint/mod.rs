//! VPC endpoints: to services (interface, gateway and Gateway Load Balancer), and to resources and
//! service networks of Amazon VPC Lattice.
//!
//! AWS serializes the modifications of an endpoint and allows few of them, so all differences go
//! into one ModifyVpcEndpoint. Everything with an unsafe default in AWS (the type, security groups,
//! policy, private DNS) is part of every wanted state.

mod addresses;
pub mod aws;
pub(crate) mod baseline;
mod errors;
mod lattice;
mod leaves;
mod operations;
mod policy;
mod prefixes;
mod records;
mod region;
mod rules;
mod service;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub use self::{leaves::table, policy::Policy};

/// Its name in manifests.
pub const NAME: &str = "VpcEndpoint";

/// An endpoint's state, wanted or live, for code that uses its members by name. Every member is the
/// row of its name, in AWS's terms; a wanted one is absent if it is not managed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource`, `ServiceNetwork`; live, also
    /// types that palisade does not create.
    #[serde(rename = "type")]
    pub endpoint_type: String,
    /// The service's full name; empty for a resource or a service network.
    #[serde(default, deserialize_with = "or_empty")]
    pub service: String,
    /// The ARN of the resource configuration.
    #[serde(default)]
    pub resource_configuration: Option<String>,
    /// The ARN of the service network.
    #[serde(default)]
    pub service_network: Option<String>,
    /// The Region that the service is in.
    pub service_region: Option<String>,
    /// The VPC's id.
    pub vpc: String,
    /// The endpoint policy.
    pub policy: Option<Policy>,
    /// The ids of the security groups.
    pub security_groups: Option<BTreeSet<String>>,
    /// Wanted: disjoint sets of alternatives, exactly one of each of which is used. Live: a set of
    /// one for each subnet.
    pub subnets: Option<Vec<BTreeSet<String>>>,
    /// The fixed addresses, one for each subnet; live, `None` if they were not read.
    #[serde(default)]
    pub addresses: Option<Value>,
    /// The ids of the route tables.
    pub route_tables: Option<BTreeSet<String>>,
    /// Whether the service's usual names resolve to the endpoint.
    pub private_dns: Option<bool>,
    /// Which private names resolve to the endpoint of a resource or service network.
    #[serde(default)]
    pub private_dns_preference: Option<String>,
    /// The names that the preference leaves to the manifest.
    #[serde(default)]
    pub private_dns_specified_domains: Option<BTreeSet<String>>,
    /// Whether private DNS is only for inbound resolver endpoints.
    pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
    /// `ipv4`, `dualstack`, `ipv6`, `service-defined`.
    pub dns_record_ip_type: Option<String>,
    /// `ipv4`, `dualstack`, `ipv6`.
    pub ip_address_type: Option<String>,
    /// The partition, because an account id in a policy means the account's root in it.
    pub partition: String,
    /// The account, to mark other accounts in a policy's difference.
    pub account: String,
}

fn or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
