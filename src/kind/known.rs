//! What was seen in a pass, as far as references and lookups may use it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Address, PhysicalId, ScopedKind, Seen, Tags};

/// What palisade reads but does not manage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LookupKind {
    /// VPCs, by tags.
    Vpc,
    /// Subnets, by tags; attributes `vpc` and `zone`.
    Subnet,
    /// Route tables, by tags; attribute `vpc`.
    RouteTable,
    /// Managed prefix lists, by name or tags; attribute `maxEntries` of customers' lists.
    PrefixList,
    /// Services that VPC endpoints can lead to, by full name.
    EndpointService,
    /// Places in the organisation, by path: `root` or `/Workloads/ML`.
    OrganizationalUnit,
}

impl LookupKind {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vpc => "VPC",
            Self::Subnet => "subnet",
            Self::RouteTable => "route table",
            Self::PrefixList => "prefix list",
            Self::EndpointService => "endpoint service",
            Self::OrganizationalUnit => "organizational unit",
        }
    }
}

/// One thing a lookup can find.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupItem {
    /// Its AWS id.
    pub id: String,
    /// Its name or path, where its kind has one that is not a tag.
    pub name: Option<String>,
    /// Facts that narrow a search or a choice, by lookup kind: `vpc`, `zone`, `maxEntries`.
    pub attributes: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

/// The facts of a scope that manifests may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeFacts {
    /// The scope's name in the settings.
    pub name: String,
    /// The AWS account, 12 digits.
    pub account: String,
    /// The AWS Region.
    pub region: String,
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
}

impl ScopeFacts {
    /// Stands for an account that is not known: without settings and without AWS nobody can say
    /// which it is. AWS has given it to nobody.
    pub const UNKNOWN_ACCOUNT: &str = "000000000000";

    /// Whether the account is known. Where it is not, nothing is judged that depends on it.
    pub fn knows_account(&self) -> bool {
        self.account != Self::UNKNOWN_ACCOUNT
    }
}

/// A managed resource that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownResource {
    /// Its id.
    pub id: PhysicalId,
    /// Its ARN.
    pub arn: String,
}

/// What was seen in this pass, for resolving.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Managed resources that exist.
    pub resources: BTreeMap<Address, KnownResource>,
    /// Kinds that could not be read, and why.
    pub unknown: BTreeMap<ScopedKind, String>,
    /// Ids that may be the resource of an address that is not among `resources`: what it was last
    /// seen as, or all that carry its claim.
    pub candidates: BTreeMap<Address, BTreeSet<String>>,
    /// Ids of a kind that were read in one scope, and are therefore nothing of another one that
    /// could not be read: by the scope that was read, and what was not.
    pub elsewhere: BTreeMap<(String, ScopedKind), BTreeSet<String>>,
    /// What lookups can find, per scope.
    pub lookups: BTreeMap<(String, LookupKind), Seen<Vec<LookupItem>>>,
    /// The id of the organisation that each scope's account is in.
    pub organizations: BTreeMap<String, Seen<String>>,
}
