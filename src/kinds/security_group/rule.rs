//! One atomic rule in the form in which rules are compared: traffic and peer, nothing else. AWS merges
//! rules of equal protocol and ports into one `IpPermission` and in any order; atomic rules are sets.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::traffic::Traffic;
use crate::{kind::is_placeholder, model::Cidr};

/// Which way a rule works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the members of the group.
    Ingress,
    /// Out of the members of the group.
    Egress,
}

impl Direction {
    /// Both directions.
    pub const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];

    /// The word in manifests and plans.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// The word between the traffic and the peer, which is also the field that names the peers.
    pub fn preposition(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The other end of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// Members of the same group.
    Myself,
    /// Addresses.
    Cidr(Cidr),
    /// Members of another group; `account` is `None` in the group's own account.
    Group {
        /// The other group's id.
        id: String,
        /// The account that owns it, if it is another one.
        account: Option<String>,
    },
    /// The addresses of a managed prefix list.
    PrefixList(String),
}

/// What `ModifySecurityGroupRules` cannot change about a rule (EC2 API reference).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerType {
    /// An IPv4 range.
    Ipv4,
    /// An IPv6 range.
    Ipv6,
    /// A group, the rule's own included.
    Group,
    /// A group of another account: the request has no field for the account, so these are never
    /// modified.
    ForeignGroup,
    /// A prefix list.
    PrefixList,
}

impl Peer {
    /// The peer's type.
    pub fn kind(&self) -> PeerType {
        match self {
            Self::Cidr(cidr) if cidr.is_ipv6() => PeerType::Ipv6,
            Self::Cidr(_) => PeerType::Ipv4,
            Self::Myself | Self::Group { account: None, .. } => PeerType::Group,
            Self::Group { account: Some(_), .. } => PeerType::ForeignGroup,
            Self::PrefixList(_) => PeerType::PrefixList,
        }
    }

    /// Whether everything that `other` names is certainly named by this peer. Who is in a group or a
    /// prefix list is not known here, so these cover only themselves.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cidr(outer), Self::Cidr(inner)) => outer.contains(inner),
            _ => self == other,
        }
    }

    /// Whether something is certainly named by both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Myself => f.write_str("self"),
            Self::Cidr(cidr) => cidr.fmt(f),
            Self::Group { id, account: None } => f.write_str(id),
            Self::Group { id, account: Some(account) } => write!(f, "{account}/{id}"),
            Self::PrefixList(id) => f.write_str(id),
        }
    }
}

/// A text that names no peer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no peer of a rule")]
pub struct NotAPeer(String);

impl FromStr for Peer {
    type Err = NotAPeer;

    /// Reads back what `Display` wrote: of canonical states, not of what people write.
    fn from_str(text: &str) -> Result<Self, NotAPeer> {
        if text == "self" {
            return Ok(Self::Myself);
        }
        // A prefix list that a lookup has not found yet.
        if text.starts_with("pl-") || is_placeholder(text) {
            return Ok(Self::PrefixList(text.to_owned()));
        }
        if text.starts_with("sg-") {
            return Ok(Self::Group { id: text.to_owned(), account: None });
        }
        if let Some((account, id)) = text.split_once('/')
            && id.starts_with("sg-")
        {
            return Ok(Self::Group { id: id.to_owned(), account: Some(account.to_owned()) });
        }
        text.parse().map(Self::Cidr).map_err(|_| NotAPeer(text.to_owned()))
    }
}

/// One atomic rule. Its direction is that of the set it stands in; its description is no part of its
/// identity (EC2 refuses the same rule with another description as a duplicate).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    /// Protocol and ports.
    pub traffic: Traffic,
    /// The other end.
    pub peer: Peer,
}

impl Rule {
    /// Whether everything that `other` allows is certainly allowed by this rule.
    pub fn covers(&self, other: &Self) -> bool {
        self.traffic.covers(&other.traffic) && self.peer.covers(&other.peer)
    }

    /// Whether something is certainly allowed by both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.traffic.overlaps(&other.traffic) && self.peer.overlaps(&other.peer)
    }

    /// Whether it lets in every address of a family or every protocol.
    pub fn is_open(&self) -> bool {
        matches!(self.traffic, Traffic::All)
            || matches!(self.peer, Peer::Cidr(cidr) if cidr.is_everything())
    }

    /// The rule as a line of a plan: `ingress tcp 443 from 10.0.0.0/16`.
    pub fn line(&self, direction: Direction) -> String {
        format!("{direction} {} {} {}", self.traffic, direction.preposition(), self.peer)
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        format!("{}, {}", rule.traffic, rule.peer)
    }
}

impl TryFrom<String> for Rule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (traffic, peer) =
            text.split_once(", ").ok_or_else(|| format!("`{text}` is no security group rule"))?;
        Ok(Self {
            traffic: traffic.parse()?,
            peer: peer.parse().map_err(|error: NotAPeer| error.to_string())?,
        })
    }
}

/// A rule and its description. `None`: the description is not managed; empty: it has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The rule.
    pub rule: Rule,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Entry {
    /// The rule as a line of a plan: `ingress tcp 443 from 10.0.0.0/16 "from the bastion"`.
    pub fn line(&self, direction: Direction) -> String {
        let line = self.rule.line(direction);
        match self.description.as_deref() {
            None | Some("") => line,
            Some(description) => format!("{line} {description:?}"),
        }
    }
}
