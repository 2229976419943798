//! The shape of an AWS organisation: which accounts there are, and what they are below.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The accounts of an organisation, the one that manages it included, by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationTree(pub BTreeMap<String, Member>);

/// One account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The ids of the root and of every unit that it is below.
    pub above: BTreeSet<String>,
    /// Whether AWS has closed or suspended it, or is closing it: nobody can work in it.
    pub closed: bool,
}

impl OrganizationTree {
    /// The accounts that are below one of these places, or are one of them, whether open or closed. A root means everybody.
    pub fn below(&self, places: &BTreeSet<String>) -> BTreeSet<&str> {
        let everybody = places.iter().any(|place| place.starts_with("r-"));
        let concerned = |(id, member): &(&String, &Member)| {
            everybody || places.contains(*id) || !member.above.is_disjoint(places)
        };
        self.0.iter().filter(concerned).map(|(id, _)| id.as_str()).collect()
    }

    /// The accounts in which somebody can work: a policy that stops a closed one stops nobody, and a hundred closed ones must not
    /// make a change of ten open ones look small.
    pub fn open(&self) -> BTreeSet<&str> {
        self.0.iter().filter(|(_, member)| !member.closed).map(|(id, _)| id.as_str()).collect()
    }
}
