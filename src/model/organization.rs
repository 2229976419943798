//! The accounts of an AWS organization and their places in its tree.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

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
