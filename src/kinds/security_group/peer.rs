//! The other end of a rule.

use std::{
    cmp::Ordering,
    collections::BTreeSet,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

use crate::{kind::Candidates, model::Cidr};

/// The other end of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// Members of the same group.
    Myself,
    /// Addresses.
    Cidr(Cidr),
    /// Members of another group.
    Group(OtherGroup),
    /// The addresses of a managed prefix list.
    PrefixList(String),
    /// *Want* only: a group or prefix list that is not known in this pass.
    Pending(Pending),
}

/// A group that a rule names. Two are equal if and only if their ids are: ids are unique across
/// accounts, and EC2 does not always return a group's account (the account of a deleted group at
/// the far side of a peering is missing, EC2 API reference, `UserIdGroupPair`).
#[derive(Debug, Clone)]
pub struct OtherGroup {
    /// The group's id.
    pub id: String,
    /// The account that owns it, if it is known to differ from the rule's. It is sent, and shown.
    pub account: Option<String>,
    /// *Want* only: the manifest that refers to it, as in [`Pending::name`].
    pub name: Option<String>,
}

/// Stands for a peer that is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pending {
    /// What it will be.
    pub kind: PendingKind,
    /// What [`Refs`](crate::kind::Refs) returned in place of its ARN or id.
    pub placeholder: String,
    /// Which live peers it may turn out to be. A live rule for one of them is left alone until that
    /// is known; all others are not wanted.
    pub candidates: Candidates,
}

/// What a pending peer will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PendingKind {
    /// A group.
    Group,
    /// A prefix list.
    PrefixList,
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
    /// Not known yet.
    Pending,
}

impl OtherGroup {
    /// A group of the rule's own account, or of an account that is not named.
    pub fn of(id: impl Into<String>) -> Self {
        Self { id: id.into(), account: None, name: None }
    }
}

impl PartialEq for OtherGroup {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for OtherGroup {}

impl PartialOrd for OtherGroup {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OtherGroup {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

impl Hash for OtherGroup {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl Pending {
    /// What the placeholder names: `SecurityGroup/endpoints`.
    pub fn name(&self) -> &str {
        let name = self.placeholder.rsplit_once(" (").map_or(&*self.placeholder, |(name, _)| name);
        name.strip_suffix(".arn").unwrap_or(name)
    }

    fn to_text(&self) -> String {
        let word = match self.kind {
            PendingKind::Group => GROUP,
            PendingKind::PrefixList => PREFIX_LIST,
        };
        let none = BTreeSet::new();
        let (how, ids) = match &self.candidates {
            Candidates::These(ids) if ids.is_empty() => {
                return format!("{word}{}", self.placeholder);
            }
            Candidates::Any => ("any", &none),
            Candidates::These(ids) => ("these", ids),
            Candidates::Others(ids) => ("others", ids),
        };
        let ids: String = ids.iter().map(|id| format!(" {id}")).collect();
        format!("{word}{}{BAR}{how}{ids}", self.placeholder)
    }

    fn from_text(kind: PendingKind, text: &str) -> Self {
        let (placeholder, candidates) = text.rsplit_once(BAR).unwrap_or((text, "these"));
        let mut words = candidates.split(' ');
        let how = words.next();
        let ids = words.map(str::to_owned).collect();
        let candidates = match how {
            Some("any") => Candidates::Any,
            Some("others") => Candidates::Others(ids),
            _ => Candidates::These(ids),
        };
        Self { kind, placeholder: placeholder.to_owned(), candidates }
    }
}

impl Peer {
    /// The peer's type.
    pub fn kind(&self) -> PeerType {
        match self {
            Self::Cidr(cidr) if cidr.is_ipv6() => PeerType::Ipv6,
            Self::Cidr(_) => PeerType::Ipv4,
            Self::Myself | Self::Group(OtherGroup { account: None, .. }) => PeerType::Group,
            Self::Group(OtherGroup { account: Some(_), .. }) => PeerType::ForeignGroup,
            Self::PrefixList(_) => PeerType::PrefixList,
            Self::Pending(_) => PeerType::Pending,
        }
    }

    /// Whether this peer certainly includes everything that `other` includes. The members of a
    /// group or a prefix list are not known here, so these cover only themselves.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cidr(outer), Self::Cidr(inner)) => outer.contains(inner),
            _ => self == other,
        }
    }

    /// Whether both certainly have something in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// The name that manifests use, if there is one, otherwise the id.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Group(OtherGroup { name: Some(name), .. }) => name.clone(),
            Self::Group(OtherGroup { id, .. }) => id.clone(),
            Self::Pending(pending) => pending.name().to_owned(),
            peer => peer.to_string(),
        }
    }

    /// A text from which this peer can be read.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Group(OtherGroup { name: Some(name), .. }) => format!("{self} as {name}"),
            Self::Pending(pending) => pending.to_text(),
            peer => peer.to_string(),
        }
    }
}

const GROUP: &str = "group ";
const PREFIX_LIST: &str = "prefix list ";
const BAR: &str = " | ";

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Myself => f.write_str("self"),
            Self::Cidr(cidr) => cidr.fmt(f),
            Self::Group(OtherGroup { id, account: None, .. }) => f.write_str(id),
            Self::Group(OtherGroup { id, account: Some(account), .. }) => {
                write!(f, "{account}/{id}")
            }
            Self::PrefixList(id) => f.write_str(id),
            Self::Pending(pending) => write!(f, "(known after apply: {})", pending.name()),
        }
    }
}

/// A text that is not a peer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a peer of a rule")]
pub struct NotAPeer(String);

impl FromStr for Peer {
    type Err = NotAPeer;

    /// Reads what `Peer::to_text` wrote: in canonical states, not in manifests.
    fn from_str(text: &str) -> Result<Self, NotAPeer> {
        if text == "self" {
            return Ok(Self::Myself);
        }
        for (word, kind) in [(GROUP, PendingKind::Group), (PREFIX_LIST, PendingKind::PrefixList)] {
            if let Some(pending) = text.strip_prefix(word) {
                return Ok(Self::Pending(Pending::from_text(kind, pending)));
            }
        }
        if text.starts_with("pl-") {
            return Ok(Self::PrefixList(text.to_owned()));
        }
        let (group, name) = match text.split_once(" as ") {
            Some((group, name)) => (group, Some(name.to_owned())),
            None => (text, None),
        };
        let (account, id) = match group.split_once('/') {
            Some((account, id)) => (Some(account.to_owned()), id),
            None => (None, group),
        };
        if id.starts_with("sg-") {
            return Ok(Self::Group(OtherGroup { id: id.to_owned(), account, name }));
        }
        text.parse().map(Self::Cidr).map_err(|_| NotAPeer(text.to_owned()))
    }
}
