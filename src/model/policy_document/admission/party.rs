//! Who passes: everybody, or named parties.

use std::{collections::BTreeSet, fmt};

use crate::model::policy_document::canonical::is_account_id;

/// A requester known by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The root user of an account, and nobody else in it.
    RootUser(String),
    /// One user, role, session or federated identity, as written.
    Principal(String),
    /// One resource, by its ARN.
    Resource(String),
    /// Everybody in an account, by its twelve digits.
    Account(String),
    /// Everybody in an organization, by its id.
    Organization(String),
    /// The account or organization that owns what the policy is attached to.
    Owner,
    /// Everybody in a network: an endpoint, a VPC, address ranges.
    Network(String),
}

impl Party {
    /// The principal of this name in a `Principal` element; `None` if the name matches more than
    /// one (a wildcard, which the language allows only as `*` alone) or none.
    pub(super) fn principal(name: &str) -> Option<Self> {
        if is_account_id(name) {
            return Some(Self::Account(name.to_owned()));
        }
        // The unique id of a user or role (IAM user guide, "Unique identifiers").
        let id = name.len() >= 16
            && name.starts_with('A')
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if id {
            return Some(Self::Principal(name.to_owned()));
        }
        let parts: Vec<&str> = name.splitn(6, ':').collect();
        match parts[..] {
            ["arn", _, "iam" | "sts", _, account, resource]
                if is_account_id(account) && !super::is_open(name) =>
            {
                Some(if resource == "root" {
                    Self::Account(account.to_owned())
                } else {
                    Self::Principal(name.to_owned())
                })
            }
            _ => None,
        }
    }

    /// A rank by size: if two sets both hold, the finer one says more.
    fn coarseness(&self) -> u8 {
        match self {
            Self::RootUser(_) | Self::Principal(_) | Self::Resource(_) => 0,
            Self::Account(_) => 1,
            Self::Organization(_) | Self::Owner => 2,
            Self::Network(_) => 3,
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RootUser(account) => write!(f, "the root user of account {account}"),
            Self::Principal(name) | Self::Resource(name) => f.write_str(name),
            Self::Account(account) => write!(f, "account {account}"),
            Self::Organization(id) => write!(f, "organization {id}"),
            Self::Owner => f.write_str("the owner's account or organization"),
            Self::Network(name) => write!(f, "network {name}"),
        }
    }
}

/// A set of requesters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Including unknown ones.
    Everybody,
    /// Nobody but these parties; nobody at all if the set is empty.
    Only(BTreeSet<Party>),
}

impl Who {
    pub(super) fn nobody() -> Self {
        Self::Only(BTreeSet::new())
    }

    pub(super) fn only(party: Party) -> Self {
        Self::Only([party].into())
    }

    /// Whether the set is empty.
    pub fn is_nobody(&self) -> bool {
        matches!(self, Self::Only(parties) if parties.is_empty())
    }

    /// An upper bound of the intersection.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Everybody, who) | (who, Self::Everybody) => who,
            (Self::Only(one), Self::Only(two)) => {
                let coarsest =
                    |set: &BTreeSet<Party>| set.iter().map(|party| party.coarseness() + 1).max();
                // An empty set is the finest of all.
                Self::Only(if coarsest(&two) < coarsest(&one) { two } else { one })
            }
        }
    }

    /// The union.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Only(one), Self::Only(two)) => Self::Only(&one | &two),
            _ => Self::Everybody,
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everybody => f.write_str("everybody"),
            Self::Only(parties) if parties.is_empty() => f.write_str("nobody"),
            Self::Only(parties) => {
                let names: Vec<_> = parties.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(", "))
            }
        }
    }
}
