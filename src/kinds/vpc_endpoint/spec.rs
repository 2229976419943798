//! The manifest's `spec`, as people write it.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::kind::{TagSpec, Target, Targets};

/// A VPC endpoint: a private way from a VPC to a service.
///
/// Everything that AWS would otherwise choose unsafely is sent explicitly: the type, the security
/// groups, the policy and private DNS.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "VpcEndpointSpec")]
pub struct Spec {
    /// What kind of endpoint it is. Immutable.
    #[serde(rename = "type")]
    pub endpoint_type: EndpointType,
    /// The service: a short name such as `s3`, `sagemaker.api`, `ecr.dkr` or `studio`, or its full name
    /// (`com.amazonaws.eu-west-1.s3`, `com.amazonaws.vpce.eu-west-1.vpce-svc-…`). Immutable.
    pub service: String,
    /// The Region the service is in, where that is another one than the endpoint's. Interface endpoints
    /// only. Default: the scope's Region. Immutable.
    #[serde(default)]
    pub service_region: Option<String>,
    /// The VPC: an id or a lookup. Immutable.
    pub vpc: Target,
    /// The subnets to put network interfaces in, at most one in each Availability Zone: ids, or a lookup,
    /// of whose finds one a zone is used (the one in use stays, else the lowest id). Interface endpoints:
    /// required, at least one. Gateway Load Balancer endpoints: required, exactly one, immutable.
    #[serde(default)]
    pub subnets: Option<Targets>,
    /// The security groups of the network interfaces, 1 to 16: ids or references. Interface endpoints
    /// only; required there, because without them AWS would take the VPC's default group. They should
    /// let the clients in on tcp 443.
    #[serde(default)]
    pub security_groups: Option<Targets>,
    /// The route tables that get a route to the service: ids or a lookup. Gateway endpoints only.
    /// Default: not managed; `[]` or `null`: none. Every change cuts open connections to the service.
    #[serde(default, deserialize_with = "list_or_null")]
    pub route_tables: Option<Targets>,
    /// Whether the service's usual names lead to the endpoint inside the VPC, which needs the VPC
    /// attributes enableDnsSupport and enableDnsHostnames. Interface endpoints only. Default: true. At
    /// somebody's endpoint service it is turned on after the endpoint has been accepted.
    #[serde(default)]
    pub private_dns: Option<bool>,
    /// The address family of the DNS records. Interface and gateway endpoints; a gateway endpoint of DynamoDB has
    /// `service-defined` only. Default: AWS's choice, not managed.
    #[serde(default)]
    pub dns_record_ip_type: Option<DnsRecordIpType>,
    /// Whether private DNS is only for clients that ask through a Route 53 Resolver inbound endpoint
    /// (on-premises networks), while the VPC itself goes through a gateway endpoint. Interface endpoints
    /// of S3 and DynamoDB with private DNS only. Default for S3: false, and that is sent, because AWS
    /// would take true and demand a gateway endpoint.
    #[serde(default)]
    pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
    /// The address family of the network interfaces, or of the routes of a gateway endpoint; the subnets and
    /// the service must have it. In a VPC with IPv6, `dualstack` is what leads S3 over IPv6 through a gateway
    /// endpoint. Default: AWS's choice, not managed.
    #[serde(default)]
    pub ip_address_type: Option<IpAddressType>,
    /// Who may do what through the endpoint, at most 20,480 characters: a policy document (IAM's own
    /// `${aws:…}` variables pass through, `${Kind/name}` and `${Kind/name.arn}` are filled in), or
    /// `default`, which allows everybody everything. Required for interface and gateway endpoints, because
    /// without one AWS would silently allow everything. `null` says that the service takes no policy: none
    /// is sent or compared (interface endpoints only).
    #[serde(default, deserialize_with = "present")]
    #[schemars(schema_with = "policy_schema")]
    pub policy: Option<Value>,
    /// Tags of the endpoint; `null` says that the key must not be there. Other keys are not managed.
    #[serde(default)]
    pub tags: TagSpec,
}

/// What kind of endpoint it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum EndpointType {
    /// Network interfaces with private addresses in subnets of the VPC.
    Interface,
    /// Routes in route tables of the VPC: S3 and DynamoDB.
    Gateway,
    /// A next hop that sends traffic through a fleet of appliances.
    GatewayLoadBalancer,
}

impl EndpointType {
    /// AWS's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interface => "Interface",
            Self::Gateway => "Gateway",
            Self::GatewayLoadBalancer => "GatewayLoadBalancer",
        }
    }
}

/// The address family of the network interfaces or routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IpAddressType {
    /// IPv4 addresses.
    Ipv4,
    /// Both.
    Dualstack,
    /// IPv6 addresses.
    Ipv6,
}

impl IpAddressType {
    /// AWS's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Dualstack => "dualstack",
            Self::Ipv6 => "ipv6",
        }
    }
}

/// The address family of the DNS records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DnsRecordIpType {
    /// A records.
    Ipv4,
    /// A and AAAA records.
    Dualstack,
    /// AAAA records.
    Ipv6,
    /// As the service decides.
    ServiceDefined,
}

impl DnsRecordIpType {
    /// AWS's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Dualstack => "dualstack",
            Self::Ipv6 => "ipv6",
            Self::ServiceDefined => "service-defined",
        }
    }
}

/// Tells `null` (none) from an absent field (not managed).
fn list_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Targets>, D::Error> {
    let list = Option::<Targets>::deserialize(deserializer)?;
    Ok(Some(list.unwrap_or(Targets::List(Vec::new()))))
}

/// Tells `null` from an absent field.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn policy_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            {"type": "object", "required": ["Statement"]},
            {"const": "default"},
            {"type": "null"}
        ]
    })
}
