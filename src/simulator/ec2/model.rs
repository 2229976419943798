//! What there is in an account and Region: the resources themselves, without what calls do to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    time::Duration,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A virtual private cloud. Never the default one of its region.
#[derive(Debug, Clone)]
pub(super) struct Vpc {
    pub cidr: Ipv4Net,
    pub ipv6: Option<Ipv6Net>,
    /// The id of the association of each block, made once so that reads are equal.
    pub associations: [String; 2],
    pub dhcp_options: String,
    pub tenancy: String,
    /// On in a new VPC.
    pub dns_support: bool,
    /// Off in a new VPC that is not the default one.
    pub dns_hostnames: bool,
    pub address_metrics: bool,
}

/// A range of a VPC's addresses in one zone.
#[derive(Debug, Clone)]
pub(super) struct Subnet {
    pub vpc: String,
    pub cidr: Ipv4Net,
    pub ipv6: Option<(Ipv6Net, String)>,
    /// Name and id.
    pub zone: (String, String),
}

/// A route table.
#[derive(Debug, Clone, Default)]
pub(super) struct RouteTable {
    pub vpc: String,
    /// Set on the VPC's main table, which every subnet without an association uses.
    pub main_association: Option<String>,
    /// Association id -> association, but for the main one.
    pub associations: BTreeMap<String, Association>,
    /// Destination -> route, without the local and the endpoints' routes.
    pub routes: BTreeMap<String, Route>,
    /// Destination -> target of the local routes that no longer lead to `local`.
    pub local: BTreeMap<String, Target>,
    /// The virtual private gateways that propagate their routes to it.
    pub propagating: BTreeSet<String>,
}

/// Which subnet or gateway uses a route table.
#[derive(Debug, Clone)]
pub(super) struct Association {
    pub end: String,
    pub phase: AssociationPhase,
}

/// Where an association is in its life. Usually it is there when the call answers, and gone when
/// the call that ends it does: it takes time, or fails, only where a fault says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AssociationPhase {
    Associated,
    /// Being made, until then.
    Associating(Duration),
    /// Being ended, until then.
    Disassociating(Duration),
    /// It came to nothing. It can be replaced or ended, and takes the subnet's place until then.
    Failed,
}

/// A caller's own route: the wire's name of the destination's member, and the target.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub destination: &'static str,
    pub target: Target,
}

/// What a route leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub kind: TargetKind,
    pub id: String,
}

/// The kinds of targets that a caller may write; an instance is kept as its interface.
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
    /// What a virtual private gateway has learned from the far side of its connections.
    pub learned: BTreeSet<IpNet>,
}

/// A network ACL.
#[derive(Debug, Clone)]
pub(super) struct NetworkAcl {
    pub vpc: String,
    /// Set on the one that comes with the VPC.
    pub default: bool,
    /// Association id -> subnet.
    pub associations: BTreeMap<String, String>,
    /// Whether it is for egress, and its number -> entry; without those that nobody can change.
    pub entries: BTreeMap<(bool, i64), AclEntry>,
}

/// An entry of a network ACL.
#[derive(Debug, Clone)]
pub(super) struct AclEntry {
    /// The protocol's number, or `-1` for all.
    pub protocol: String,
    pub allow: bool,
    pub block: IpNet,
    /// Of TCP and UDP.
    pub ports: Ports,
    /// Type and code of ICMP, and of ICMPv6 with an IPv6 block.
    pub icmp: Ports,
}

/// A customer's prefix list.
#[derive(Debug, Clone)]
pub(super) struct PrefixList {
    pub name: String,
    pub family: Family,
    pub most_entries: i64,
    pub entries: BTreeMap<IpNet, Option<String>>,
}

/// The addresses a prefix list or a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// A network interface: a caller's own, or one that a VPC endpoint has put into a subnet.
#[derive(Debug, Clone)]
pub(super) struct Interface {
    pub subnet: String,
    pub address: Ipv4Addr,
    pub groups: BTreeSet<String>,
    pub description: String,
    /// The VPC endpoint it belongs to; then AWS manages it.
    pub endpoint: Option<String>,
    /// The instance it is attached to, and the attachment's id.
    pub attached: Option<(String, String)>,
}

/// A security group.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub name: String,
    pub description: String,
    pub vpc: String,
    /// The ids of its rules, in both directions.
    pub rules: BTreeSet<String>,
}

/// One rule of one group.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub group: String,
    pub egress: bool,
    pub permission: Permission,
    /// Not part of what identifies a rule.
    pub description: Option<String>,
}

/// First and last port; for ICMP they are type and code.
pub(super) type Ports = Option<(i64, i64)>;

/// What a rule allows. Two rules of a group and direction cannot allow the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Permission {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `-1` for all, or another protocol's number.
    pub protocol: String,
    /// Only the four protocols with names have them.
    pub ports: Ports,
    pub peer: Peer,
}

/// The far side of a rule: source of an ingress rule, destination of an egress rule.
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
    pub service: String,
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
}

/// Where an endpoint is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    PendingAcceptance,
    /// Being created, until then.
    Creating(Duration),
    /// Being modified, until then.
    Modifying(Duration),
    Available,
    /// Being created until then, and in vain.
    Failing(Duration),
    /// Its creation failed.
    Failed,
    /// Being deleted, until then.
    Deleting(Duration),
    /// Kept only for client tokens that come again.
    Gone,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "Gateway",
            Self::Interface => "Interface",
            Self::GatewayLoadBalancer => "GatewayLoadBalancer",
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

    /// Whether it is there and stays: what is being deleted holds no name and no route any more.
    pub(super) fn is_live(&self) -> bool {
        !matches!(self.phase, Phase::Deleting(_) | Phase::Gone)
    }

    /// Whether its routes are in its route tables.
    pub(super) fn routes(&self) -> bool {
        self.kind == Kind::Gateway && self.is_live()
    }
}

/// Lets time pass; gives the endpoints that are gone since.
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
    /// Whether the subnet or gateway uses the table, or is about to, and stays with it.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.phase, AssociationPhase::Associated | AssociationPhase::Associating(_))
    }
}

impl RouteTable {
    /// Lets time pass.
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

    /// The subnets and gateways that have an association with it.
    pub(super) fn ends(&self) -> impl Iterator<Item = &String> {
        self.associations.values().map(|association| &association.end)
    }
}
