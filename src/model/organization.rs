//! The accounts of an AWS organization and their places in its tree.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::policy_document::PolicyDocument;

/// The accounts of an organization, including its management account, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationTree(pub BTreeMap<String, Member>);

/// One account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The ids of the root and of all units above it.
    pub above: BTreeSet<String>,
    /// Whether AWS has closed or suspended it, or is closing it: nobody can work in it.
    pub closed: bool,
    /// Whether AWS says that it is active. One of which it says neither is not certain to be open
    /// nor closed.
    pub active: bool,
}

impl OrganizationTree {
    /// The accounts that are, or are below, one of these targets, whether open or closed. A root
    /// means every account.
    pub fn below(&self, places: &BTreeSet<String>) -> BTreeSet<&str> {
        let everybody = places.iter().any(|place| place.starts_with("r-"));
        let concerned = |(id, member): &(&String, &Member)| {
            everybody || places.contains(*id) || !member.above.is_disjoint(places)
        };
        self.0.iter().filter(concerned).map(|(id, _)| id.as_str()).collect()
    }

    /// The accounts in which somebody can work: a policy does not affect closed ones, and a hundred
    /// of those must not make a change of ten open ones look small.
    pub fn open(&self) -> BTreeSet<&str> {
        self.0.iter().filter(|(_, member)| !member.closed).map(|(id, _)| id.as_str()).collect()
    }
}

/// What moves with an account that goes from one place of the tree to another: what is attached to
/// the account itself goes with it and is not in here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moving {
    /// The place that it leaves, and those above that one, up to the root.
    pub from: Vec<Level>,
    /// The place that it comes to, and those above that one, up to the root.
    pub to: Vec<Level>,
}

/// A root or unit with the control policies that are attached to it directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Its id.
    pub place: String,
    /// The policies.
    pub policies: Vec<ControlPolicy>,
}

/// A service or resource control policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlPolicy {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it limits what is done with resources, whoever does it.
    pub of_resources: bool,
    /// Its text; `None` if that does not read as a policy.
    pub document: Option<PolicyDocument>,
}

impl Moving {
    /// The policies that no longer hold for the account.
    pub fn lost(&self) -> Vec<&ControlPolicy> {
        only_in(&self.from, &self.to)
    }

    /// The policies that did not hold for the account before.
    pub fn gained(&self) -> Vec<&ControlPolicy> {
        only_in(&self.to, &self.from)
    }

    /// The places that the account comes to that it was not below before.
    pub fn new_levels(&self) -> impl Iterator<Item = &Level> {
        let was_below = |level: &&Level| !self.from.iter().any(|it| it.place == level.place);
        self.to.iter().filter(was_below)
    }
}

/// The policies of these levels that the others do not have, each once, by id.
fn only_in<'a>(levels: &'a [Level], others: &[Level]) -> Vec<&'a ControlPolicy> {
    let others: BTreeSet<&str> = policies(others).map(|policy| policy.id.as_str()).collect();
    let only = policies(levels).filter(|policy| !others.contains(policy.id.as_str()));
    let by_id: BTreeMap<&str, &ControlPolicy> =
        only.map(|policy| (policy.id.as_str(), policy)).collect();
    by_id.into_values().collect()
}

fn policies(levels: &[Level]) -> impl Iterator<Item = &ControlPolicy> {
    levels.iter().flat_map(|level| &level.policies)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(place: &str, ids: &[&str]) -> Level {
        let policy = |id: &&str| ControlPolicy {
            id: (*id).to_owned(),
            name: format!("name of {id}"),
            of_resources: false,
            document: None,
        };
        Level { place: place.to_owned(), policies: ids.iter().map(policy).collect() }
    }

    #[test]
    fn what_holds_above_both_places_is_neither_lost_nor_gained() {
        let root = level("r-1", &["p-root", "p-FullAWSAccess"]);
        let moving = Moving {
            from: vec![level("ou-a", &["p-a", "p-both", "p-FullAWSAccess"]), root.clone()],
            to: vec![
                level("ou-c", &["p-c", "p-FullAWSAccess"]),
                level("ou-b", &["p-both", "p-FullAWSAccess"]),
                root,
            ],
        };
        let ids = |all: Vec<&ControlPolicy>| -> Vec<String> {
            all.into_iter().map(|policy| policy.id.clone()).collect()
        };
        assert_eq!(ids(moving.lost()), ["p-a"]);
        assert_eq!(ids(moving.gained()), ["p-c"]);
        let places: Vec<_> = moving.new_levels().map(|level| level.place.as_str()).collect();
        assert_eq!(places, ["ou-c", "ou-b"]);
    }
}
