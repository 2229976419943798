//! What really exists, whatever reads return: the basis on which monitors judge.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Address, Ownership, Tags};

/// All resources of the watched kinds that exist and stay. A resource in deletion is not included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// By id (`sg-…`, `vpce-…`, `rtb-…`, `acl-…`, key id, `p-…`, `d-…`).
    pub things: BTreeMap<String, Thing>,
    /// How many service control policies are attached to each root, unit and account.
    pub control_policies: BTreeMap<String, usize>,
}

impl Truth {
    /// Facts in a form that can be compared between worlds: ids of resources of this owner are
    /// replaced with their addresses.
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

    /// All resources of this owner by address, with their facts in a form that can be compared
    /// between worlds. Two resources with one address have their facts combined.
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

/// The owner of resources: a resource has this owner's claim, or cannot have one and is adopted by
/// one of this owner's manifests.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    /// The installation's name in claims.
    pub name: String,
    /// Adopted resources that cannot have a claim: id -> address.
    pub adopted: BTreeMap<String, Address>,
}

impl Owner {
    /// An owner without adopted resources.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), adopted: BTreeMap::new() }
    }

    /// The address of a resource, if it has this owner.
    pub fn address(&self, id: &str, thing: &Thing) -> Option<Address> {
        thing.address(&self.name).or_else(|| self.adopted.get(id).cloned())
    }
}

/// One resource as it really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// The name of the kind in palisade, e.g. `SecurityGroup`.
    pub kind: &'static str,
    /// The account it is in.
    pub account: String,
    /// Its tags.
    pub tags: Tags,
    /// All its other properties that a call can change, one sentence each: `ingress tcp 443-443
    /// 10.0.0.0/8`, `policy {…}`, `alias alias/x`, `attached ou-…`.
    pub facts: BTreeSet<String>,
}

impl Thing {
    /// The address in its claim, if the claim is this owner's.
    pub fn address(&self, owner: &str) -> Option<Address> {
        match Ownership::read(&self.tags, owner) {
            Ownership::Ours { address, .. } => Some(address),
            _ => None,
        }
    }

    /// The rest of the facts that begin with this word.
    pub fn facts_of<'t>(&'t self, word: &'t str) -> impl Iterator<Item = &'t str> {
        self.facts.iter().filter_map(move |fact| fact.strip_prefix(word)?.strip_prefix(' '))
    }
}

/// The leaves of a JSON value as facts, each with its path.
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
