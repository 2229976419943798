//! The canonical state of a security group.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    quota::{DEFAULT_QUOTA, Quota},
    rule::{Direction, Entry, Rule},
    spec::Mode,
};

/// A security group. In *want*, absent leaves are not managed; *have* contains all that AWS
/// returns, and none of the three leaves that only say how to manage it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// *Have* only: the group's own id, which identifies rules that name the group itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
    /// The group's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The VPC's id; in *want* a placeholder while a lookup has not found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// *Want* only: who owns unlisted rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Mode>,
    /// *Want* only: the limit of rules per direction and address family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_quota: Option<u32>,
    /// *Want* only: how many rules prefix lists count as, or the placeholder that a new rule for
    /// one waits for if that is not known. EC2 refuses a rule that exceeds the quota, after others
    /// were revoked for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prefix_list_weights: BTreeMap<String, String>,
    /// *Want* only: groups that a rule names by id and that were not seen in this VPC. They may be
    /// those of a peered VPC, in this or another account; if they are not, EC2 refuses the rule.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unseen_groups: BTreeSet<String>,
    /// The ids of the VPCs in which the group may be used, besides its own; in *want* with a
    /// placeholder for each that is not known yet, in *have* absent if they were not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associated_vpcs: Option<BTreeSet<String>>,
    /// *Have* only: the VPCs with which an association or its end failed, each with the reason that
    /// AWS gives.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failed_associations: BTreeMap<String, String>,
    /// *Have* only: why the associations could not be read, if a manifest manages them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_associations: Option<String>,
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

    /// The rules of a direction, mutably.
    pub(super) fn rules_mut(&mut self, direction: Direction) -> &mut Rules {
        match direction {
            Direction::Ingress => self.ingress.get_or_insert_default(),
            Direction::Egress => self.egress.get_or_insert_default(),
        }
    }

    /// The account's quota and the sizes of prefix lists, for counting rules.
    pub(super) fn quota(&self) -> Quota<'_> {
        Quota {
            limit: self.rule_quota.unwrap_or(DEFAULT_QUOTA),
            weights: &self.prefix_list_weights,
        }
    }
}
