//! What is really there, whatever readers are told: the ground that monitors judge on.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Address, Ownership, Tags};

/// Every resource of a kind that monitors watch, if it is there and stays. What is being deleted is
/// not there any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// By id (`sg-…`, `vpce-…`, `rtb-…`, `acl-…`, key id, `p-…`, `d-…`).
    pub things: BTreeMap<String, Thing>,
    /// How many service control policies are attached to each root, unit and account.
    pub control_policies: BTreeMap<String, usize>,
}

impl Truth {
    /// Facts as they can be compared between worlds: ids of resources of this owner give way to their addresses.
    pub fn named(&self, facts: &BTreeSet<String>, owner: &Owner) -> BTreeSet<String> {
        let ours: Vec<(&String, Address)> = self
            .things
            .iter()
            .filter_map(|(id, thing)| Some((id, owner.address(id, thing)?)))
            .collect();
        let name = |fact: &String| {
            let mut fact = fact.clone();
            for (id, address) in &ours {
                if fact.contains(id.as_str()) {
                    fact = fact.replace(id.as_str(), &format!("<{address}>"));
                }
            }
            fact
        };
        facts.iter().map(name).collect()
    }

    /// Every resource of this owner by its address, with its facts as they can be compared between worlds. Of two with one
    /// address, the facts of both.
    pub fn by_address(&self, owner: &Owner) -> BTreeMap<String, BTreeSet<String>> {
        let mut all = BTreeMap::<String, BTreeSet<String>>::new();
        for (id, thing) in &self.things {
            if let Some(address) = owner.address(id, thing) {
                let facts = self.named(&thing.facts, owner);
                all.entry(address.to_string()).or_default().extend(facts);
            }
        }
        all
    }
}

/// Whose a resource is: it has this owner's claim, or it cannot have one and a manifest of theirs adopts it.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    /// The installation's name in claims.
    pub name: String,
    /// What cannot have a claim and is adopted: the address by the id.
    pub adopted: BTreeMap<String, Address>,
}

impl Owner {
    /// One that has adopted nothing.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), adopted: BTreeMap::new() }
    }

    /// The address of a resource of this owner.
    pub fn address(&self, id: &str, thing: &Thing) -> Option<Address> {
        thing.address(&self.name).or_else(|| self.adopted.get(id).cloned())
    }
}

/// One resource as it really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// The kind in palisade's word, e.g. `SecurityGroup`.
    pub kind: &'static str,
    /// The account it is in.
    pub account: String,
    /// Its tags.
    pub tags: Tags,
    /// Everything else about it that a call can change, one sentence each: `ingress tcp 443-443 10.0.0.0/8`, `policy {…}`,
    /// `alias alias/x`, `attached ou-…`.
    pub facts: BTreeSet<String>,
}

impl Thing {
    /// The address in its claim, if this owner's claim is on it.
    pub fn address(&self, owner: &str) -> Option<Address> {
        match Ownership::read(&self.tags, owner) {
            Ownership::Ours { address, .. } => Some(address),
            _ => None,
        }
    }

    /// The facts that begin with this word, without it.
    pub fn facts_of<'t>(&'t self, word: &'t str) -> impl Iterator<Item = &'t str> {
        self.facts.iter().filter_map(move |fact| fact.strip_prefix(word)?.strip_prefix(' '))
    }
}

/// The facts of the leaves of a JSON value, named by their path.
pub(super) fn leaves(path: &str, value: &serde_json::Value, facts: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, member) in members {
                leaves(&format!("{path}.{name}"), member, facts);
            }
        }
        other => {
            facts.insert(format!("{path} {other}"));
        }
    }
}
