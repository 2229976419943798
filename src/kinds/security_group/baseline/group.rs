//! What the baseline's rules need of a security group: its rules, each with its entry in the
//! manifest.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    super::{Direction, Mode, Peer, Rule, State, Traffic},
    HTTPS, exposure,
};
use crate::{
    baseline::{Breach, Facts, Reader, View, Wanted},
    kind::Invalid,
};

/// One rule of a security group with its entry in the manifest.
#[derive(Debug)]
pub(crate) struct Listed {
    /// `ingress[2]`.
    pub(crate) field: String,
    pub(crate) direction: Direction,
    pub(crate) rule: Rule,
    pub(crate) description: Option<String>,
}

/// A security group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) state: State,
    /// The id by which other manifests refer to it.
    pub(crate) id: String,
    pub(crate) rules: Vec<Listed>,
}

/// Resolving a group entry by entry shows which rule comes from which entry.
pub(super) fn read(reader: &Reader<'_>) -> Result<View, Vec<Invalid>> {
    let state: State = reader.state(reader.spec)?;
    let mut rules = Vec::new();
    for direction in Direction::BOTH {
        let entries = reader.spec.get(direction.as_str()).and_then(Value::as_array);
        for (index, entry) in entries.into_iter().flatten().enumerate() {
            let mut single = reader.spec.clone();
            for other in Direction::BOTH {
                single[other.as_str()] = json!([]);
            }
            single[direction.as_str()] = json!([entry]);
            let state: State = reader.state(&single)?;
            let found = state.rules_of(direction).cloned().unwrap_or_default().0;
            rules.extend(found.into_iter().map(|(rule, description)| Listed {
                field: format!("{direction}[{index}]"),
                direction,
                rule,
                description,
            }));
        }
    }
    Ok(Box::new(Group { state, id: reader.id(), rules }))
}

impl Group {
    /// Its rules of one direction.
    pub(crate) fn of(&self, direction: Direction) -> impl Iterator<Item = &Listed> {
        self.rules.iter().filter(move |listed| listed.direction == direction)
    }

    /// AWS's own rules stay unless the direction is listed and exclusive.
    pub(crate) fn keeps_default(&self, direction: Direction) -> bool {
        self.state.rules_of(direction).is_none() || self.state.rules == Some(Mode::Additive)
    }

    /// Whether it allows this to or from itself, or another group of the same members.
    pub(crate) fn allows_within(
        &self,
        members: &[Wanted<'_, Self>],
        direction: Direction,
        traffic: Traffic,
    ) -> bool {
        self.of(direction).any(|listed| {
            let same = match &listed.rule.peer {
                Peer::Myself => true,
                Peer::Group(other) => members.iter().any(|member| member.state.id == other.id),
                peer => exposure::is_everywhere(peer),
            };
            same && listed.rule.traffic.covers(&traffic)
        })
    }

    /// Whether it admits clients in one of these groups on HTTPS.
    pub(crate) fn admits_https(&self, clients: &BTreeSet<String>) -> bool {
        self.of(Direction::Ingress).any(|listed| {
            let known = match &listed.rule.peer {
                Peer::Group(other) => clients.contains(&other.id),
                Peer::Myself => clients.contains(&self.id),
                // The clients' addresses are not known, nor are those of a prefix list.
                Peer::Cidr(_) | Peer::PrefixList(_) | Peer::Pending(_) => true,
            };
            known && listed.rule.traffic.covers(&HTTPS)
        })
    }
}

/// The group that manifests refer to by this id.
pub(crate) fn group<'f>(facts: &'f Facts<'_>, id: &str) -> Option<Wanted<'f, Group>> {
    facts.with_id::<Group>(id)
}

/// A breach at the entry that a rule comes from.
pub(crate) fn breach(
    group: Wanted<'_, Group>,
    listed: &Listed,
    message: impl Into<String>,
) -> Breach {
    group.breach(listed.field.clone(), message)
}
