//! The resources of an account and Region, without their operations.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::resources::Attributes;

/// A virtual private cloud. Never the default one of its region.
#[derive(Debug, Clone)]
pub(super) struct Vpc {
    pub cidr: Ipv4Net,
    pub ipv6: Option<Ipv6Net>,
    /// The ids of the associations of its blocks, stored so that all reads are equal.
    pub associations: [String; 2],
    pub dhcp_options: String,
    pub tenancy: String,
    /// On in a new VPC.
    pub dns_support: bool,
    /// Off in a new VPC that is not the default one.
    pub dns_hostnames: bool,
    pub address_metrics: bool,
}

/// A range of the addresses of a VPC in one zone.
#[derive(Debug, Clone)]
pub(super) struct Subnet {
    pub vpc: String,
    pub cidr: Ipv4Net,
    pub ipv6: Option<(Ipv6Net, String)>,
    /// Its name and id.
    pub zone: (String, String),
    pub attributes: Attributes,
}

/// A route table.
#[derive(Debug, Clone, Default)]
pub(super) struct RouteTable {
    pub vpc: String,
    /// Set on the main table of the VPC, which every subnet without an association uses.
    pub main_association: Option<String>,
    /// Association id -> association, without the main one.
    pub associations: BTreeMap<String, Association>,
    /// Destination -> route, without local routes and routes of endpoints.
    pub routes: BTreeMap<String, Route>,
    /// Destination -> target of the local routes that have another target than `local`.
    pub local: BTreeMap<String, Target>,
    /// The virtual private gateways that propagate routes to it.
    pub propagating: BTreeSet<String>,
}

/// The subnet or gateway that uses a route table.
#[derive(Debug, Clone)]
pub(super) struct Association {
    pub end: String,
    pub phase: AssociationPhase,
}

/// The state of an association. It usually exists when the call that makes it returns, and is gone
/// when the call that ends it returns; it takes time or fails only because of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AssociationPhase {
    Associated,
    /// Being made, until that time.
    Associating(Duration),
    /// Being ended, until that time.
    Disassociating(Duration),
    /// It has failed. It can be replaced or ended, and occupies the subnet until then.
    Failed,
}

/// A route written by a caller: the member of its destination on the wire, and its target.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub destination: &'static str,
    pub target: Target,
}

/// The target of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub kind: TargetKind,
    pub id: String,
}

/// The kinds of targets in requests; an instance is stored as its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TargetKind {
    Carrier,
    CoreNetwork,
    EgressOnly,
    /// A Gateway Load Balancer endpoint.
    Endpoint,
    /// An internet gateway or a virtual private gateway.
    Gateway,
    Instance,
    Interface,
    Local,
    Nat,
    OdbNetwork,
    Peering,
    Transit,
}

/// An internet gateway (`igw-`) or a virtual private gateway (`vgw-`).
#[derive(Debug, Clone, Default)]
pub(super) struct Gateway {
    /// The VPC that it is attached to.
    pub vpc: Option<String>,
    /// The ranges that a virtual private gateway has learned from its connections.
    pub learned: BTreeSet<IpNet>,
}

/// A network ACL.
#[derive(Debug, Clone)]
pub(super) struct NetworkAcl {
    pub vpc: String,
    /// Set on the one that is created with the VPC.
    pub default: bool,
    /// Association id -> subnet.
    pub associations: BTreeMap<String, String>,
    /// Direction (whether egress) and number -> entry, without the entries that cannot be changed.
    pub entries: BTreeMap<(bool, i64), AclEntry>,
}

/// An entry of a network ACL.
#[derive(Debug, Clone)]
pub(super) struct AclEntry {
    /// The protocol's number, or `-1` for all.
    pub protocol: String,
    pub allow: bool,
    pub block: IpNet,
    /// For TCP and UDP.
    pub ports: Ports,
    /// Type and code, for ICMP, and for ICMPv6 with an IPv6 block.
    pub icmp: Ports,
}

/// A customer-managed prefix list.
#[derive(Debug, Clone)]
pub(super) struct PrefixList {
    pub name: String,
    pub family: Family,
    pub most_entries: i64,
    pub entries: BTreeMap<IpNet, Option<String>>,
}

/// The address family of a prefix list or a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// A network interface, created by a caller or by a VPC endpoint.
#[derive(Debug, Clone)]
pub(super) struct Interface {
    pub subnet: String,
    pub address: Ipv4Addr,
    /// Only if a caller chose it.
    pub ipv6: Option<Ipv6Addr>,
    pub groups: BTreeSet<String>,
    pub description: String,
    /// The VPC endpoint that it belongs to; AWS manages it then.
    pub endpoint: Option<String>,
    /// The instance that it is attached to, and the id of the attachment.
    pub attached: Option<(String, String)>,
}

/// A security group.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub name: String,
    pub description: String,
    pub vpc: String,
    /// The ids of its rules in both directions.
    pub rules: BTreeSet<String>,
}

/// The state of the association of a group with another VPC than its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GroupVpcPhase {
    /// Being made, until that time.
    Associating(Duration),
    Associated,
    /// It could not be made, for this reason. It can be made again.
    Failed(String),
    /// Being ended, until that time.
    Disassociating(Duration),
}

impl GroupVpcPhase {
    /// EC2 API reference, `SecurityGroupVpcAssociation`.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Associating(_) => "associating",
            Self::Associated => "associated",
            Self::Failed(_) => "association-failed",
            Self::Disassociating(_) => "disassociating",
        }
    }
}

/// One rule of one group.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub group: String,
    pub egress: bool,
    pub permission: Permission,
    /// Not part of the identity of a rule.
    pub description: Option<String>,
}

/// First and last port; for ICMP type and code.
pub(super) type Ports = Option<(i64, i64)>;

/// What a rule allows. Two rules of a group in one direction cannot allow the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Permission {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `-1` for all, or the number of another protocol.
    pub protocol: String,
    /// Only the four protocols with names have them.
    pub ports: Ports,
    pub peer: Peer,
}

/// The far side of a rule: the source of an ingress rule, the destination of an egress rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    V4(Ipv4Net),
    V6(Ipv6Net),
    Group(String),
    PrefixList(String),
}

/// A VPC endpoint.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    pub vpc: String,
    /// Empty for an endpoint of VPC Lattice.
    pub service: String,
    /// The ARN of the resource configuration or service network.
    pub lattice: Option<String>,
    /// `privateDnsPreference` and `privateDnsSpecifiedDomains`, as AWS shows them.
    pub dns_preference: Option<(String, Vec<String>)>,
    pub kind: Kind,
    pub policy: Option<String>,
    pub route_tables: BTreeSet<String>,
    /// Subnet -> the network interface in it.
    pub subnets: BTreeMap<String, String>,
    pub groups: BTreeSet<String>,
    pub private_dns: bool,
    pub private_domain: Option<String>,
    /// `ipv4`, `dualstack` or `ipv6`.
    pub address_type: String,
    /// `dnsOptions`, as far as AWS shows it.
    pub record_type: Option<String>,
    pub inbound_resolver_only: Option<bool>,
    pub created: f64,
    pub phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Gateway,
    Interface,
    GatewayLoadBalancer,
    /// To a resource configuration of VPC Lattice.
    Resource,
    /// To a service network of VPC Lattice.
    ServiceNetwork,
}

/// The state of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    PendingAcceptance,
    /// Being created, until that time.
    Creating(Duration),
    /// Being modified, until that time.
    Modifying(Duration),
    Available,
    /// Being created until that time, when it fails.
    Failing(Duration),
    /// Its creation failed.
    Failed,
    /// Being deleted, until that time.
    Deleting(Duration),
    /// Deleted, and kept only for repeated client tokens.
    Gone,
}

impl Kind {
    /// Whether it leads to something of VPC Lattice.
    pub(super) fn is_lattice(self) -> bool {
        matches!(self, Self::Resource | Self::ServiceNetwork)
    }

    /// Whether its interfaces have security groups.
    pub(super) fn has_groups(self) -> bool {
        self == Self::Interface || self.is_lattice()
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "Gateway",
            Self::Interface => "Interface",
            Self::GatewayLoadBalancer => "GatewayLoadBalancer",
            Self::Resource => "Resource",
            Self::ServiceNetwork => "ServiceNetwork",
        }
    }
}

impl Phase {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PendingAcceptance => "pendingAcceptance",
            Self::Creating(_) | Self::Modifying(_) | Self::Failing(_) => "pending",
            Self::Failed => "failed",
            Self::Available => "available",
            Self::Deleting(_) => "deleting",
            Self::Gone => "deleted",
        }
    }
}

impl Endpoint {
    pub(super) fn is_gone(&self) -> bool {
        self.phase == Phase::Gone
    }

    /// Whether it exists and stays: an endpoint in deletion does not hold its name and its routes.
    pub(super) fn is_live(&self) -> bool {
        !matches!(self.phase, Phase::Deleting(_) | Phase::Gone)
    }

    /// Whether its routes are in its route tables.
    pub(super) fn routes(&self) -> bool {
        self.kind == Kind::Gateway && self.is_live()
    }
}

/// Advances to this time and returns the endpoints that are gone since.
pub(super) fn settle(endpoints: &mut BTreeMap<String, Endpoint>, elapsed: Duration) -> Vec<String> {
    let mut gone = Vec::new();
    for (id, endpoint) in endpoints {
        match endpoint.phase {
            Phase::Creating(until) | Phase::Modifying(until) if elapsed >= until => {
                endpoint.phase = Phase::Available;
            }
            Phase::Failing(until) if elapsed >= until => endpoint.phase = Phase::Failed,
            Phase::Deleting(until) if elapsed >= until => {
                endpoint.phase = Phase::Gone;
                endpoint.subnets.clear();
                gone.push(id.clone());
            }
            _ => {}
        }
    }
    gone
}

impl AssociationPhase {
    /// EC2 API reference, `RouteTableAssociationState`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Associated => "associated",
            Self::Associating(_) => "associating",
            Self::Disassociating(_) => "disassociating",
            Self::Failed => "failed",
        }
    }
}

impl Association {
    /// Whether the subnet or gateway uses the table, or will soon, and continues to.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.phase, AssociationPhase::Associated | AssociationPhase::Associating(_))
    }
}

impl RouteTable {
    /// Advances to this time.
    pub(super) fn settle(&mut self, elapsed: Duration) {
        self.associations.retain(|_, association| match association.phase {
            AssociationPhase::Disassociating(until) => elapsed < until,
            _ => true,
        });
        for association in self.associations.values_mut() {
            if let AssociationPhase::Associating(until) = association.phase
                && elapsed >= until
            {
                association.phase = AssociationPhase::Associated;
            }
        }
    }

    /// The subnets and gateways associated with it.
    pub(super) fn ends(&self) -> impl Iterator<Item = &String> {
        self.associations.values().map(|association| &association.end)
    }
}
