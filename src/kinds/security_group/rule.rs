//! One atomic rule in the form in which rules are compared: only traffic and peer. AWS merges rules
//! of equal protocol and ports into one `IpPermission`, in any order; atomic rules are sets.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    peer::{NotAPeer, Peer},
    traffic::Traffic,
};

/// Which way the traffic of a rule goes.
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

    /// Its name in manifests and plans.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// The word between the traffic and the peer, which is also the field that lists the peers.
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

/// One atomic rule. Its direction is that of its set; its description is not part of its identity
/// (EC2 refuses the same rule with another description as a duplicate).
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

    /// Whether it allows every address of a family or every protocol.
    pub fn is_open(&self) -> bool {
        matches!(self.traffic, Traffic::All)
            || matches!(self.peer, Peer::Cidr(cidr) if cidr.is_everything())
    }

    /// The rule by the names that manifests use, the same before and after a reference is known:
    /// `tcp 443 from SecurityGroup/bastion`.
    pub fn key(&self, direction: Direction) -> String {
        format!("{} {} {}", self.traffic, direction.preposition(), self.peer.key())
    }

    /// The rule as a line of a plan: `ingress tcp 443 from 10.0.0.0/16`.
    pub fn line(&self, direction: Direction) -> String {
        format!("{direction} {} {} {}", self.traffic, direction.preposition(), self.peer)
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        format!("{}, {}", rule.traffic, rule.peer.to_text())
    }
}

impl TryFrom<String> for Rule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (traffic, peer) = text
            .split_once(", ")
            .ok_or_else(|| format!("`{text}` is not a security group rule"))?;
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
