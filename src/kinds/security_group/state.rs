//! The canonical state of a security group.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    rule::{Direction, Entry, Peer, PeerType, Rule},
    spec::Mode,
};

/// AWS's default quota of rules per direction and address family of a group (VPC user guide).
pub(super) const DEFAULT_QUOTA: u32 = 60;

/// A security group. In *want*, absent leaves are not managed; *have* has all that AWS tells, and none
/// of the three leaves that only say how to manage it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// *Have* only: the group's own id, by which rules that name the group itself are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
    /// The group's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The VPC's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// *Want* only: whose unlisted rules are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Mode>,
    /// *Want* only: rules that fit per direction and address family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_quota: Option<u32>,
    /// *Want* only: what prefix lists count towards the quota, where it is known and not 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prefix_list_weights: BTreeMap<String, u32>,
    /// Rules into the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress: Option<Rules>,
    /// Rules out of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress: Option<Rules>,
}

/// The rules of one direction, each with its description. `None`: the description is not managed;
/// empty: the rule has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub struct Rules(pub BTreeMap<Rule, Option<String>>);

impl From<Vec<Entry>> for Rules {
    fn from(entries: Vec<Entry>) -> Self {
        Self(entries.into_iter().map(|entry| (entry.rule, entry.description)).collect())
    }
}

impl From<Rules> for Vec<Entry> {
    fn from(rules: Rules) -> Self {
        rules.0.into_iter().map(|(rule, description)| Entry { rule, description }).collect()
    }
}

impl State {
    /// The rules of a direction.
    pub fn rules_of(&self, direction: Direction) -> Option<&Rules> {
        match direction {
            Direction::Ingress => self.ingress.as_ref(),
            Direction::Egress => self.egress.as_ref(),
        }
    }

    /// The rules of a direction, to be changed.
    pub(super) fn rules_mut(&mut self, direction: Direction) -> &mut Rules {
        match direction {
            Direction::Ingress => self.ingress.get_or_insert_default(),
            Direction::Egress => self.egress.get_or_insert_default(),
        }
    }

    /// What an account's quota and prefix lists make of counting rules.
    pub(super) fn quota(&self) -> Quota<'_> {
        Quota {
            limit: self.rule_quota.unwrap_or(DEFAULT_QUOTA),
            weights: &self.prefix_list_weights,
        }
    }
}

/// Counts rules as EC2 does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quota<'a> {
    /// Rules that fit per direction and family.
    pub limit: u32,
    /// What prefix lists count, where it is known and not 1.
    pub weights: &'a BTreeMap<String, u32>,
}

impl Quota<'_> {
    /// The rules in the IPv4 and in the IPv6 count. A group counts in both, a prefix list in both with
    /// its largest possible size: AWS counts by family without telling which one a list is of, and
    /// counting too many only ever refuses.
    pub fn count<'r>(&self, peers: impl IntoIterator<Item = &'r Peer>) -> [u32; 2] {
        let mut count = [0u32; 2];
        for peer in peers {
            let (v4, v6) = match peer {
                Peer::PrefixList(id) => {
                    let weight = self.weights.get(id).copied().unwrap_or(1);
                    (weight, weight)
                }
                peer => match peer.kind() {
                    PeerType::Ipv4 => (1, 0),
                    PeerType::Ipv6 => (0, 1),
                    _ => (1, 1),
                },
            };
            count = [count[0].saturating_add(v4), count[1].saturating_add(v6)];
        }
        count
    }

    /// Whether these rules fit.
    pub fn fits(&self, rules: &BTreeSet<Rule>) -> bool {
        self.count(rules.iter().map(|rule| &rule.peer)).iter().all(|count| *count <= self.limit)
    }
}
