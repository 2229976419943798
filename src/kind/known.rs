//! What one pass observed, as far as references and lookups may use it.

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
    /// Managed prefix lists, by name or tags; attribute `maxEntries` of customer-managed lists.
    PrefixList,
    /// Services that VPC endpoints can connect to, by full name; attributes [`zones_of`].
    EndpointService,
    /// Targets in the organization, by path: `root` or `/Workloads/ML`.
    OrganizationalUnit,
    /// Security groups, by id; attribute `vpc`.
    SecurityGroup,
    /// Permission sets of Identity Center, by name; attribute `administers`.
    PermissionSet,
    /// Users of Identity Center, by user name.
    IdentityUser,
    /// Groups of Identity Center, by display name.
    IdentityGroup,
}

impl LookupKind {
    /// The name shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vpc => "VPC",
            Self::Subnet => "subnet",
            Self::RouteTable => "route table",
            Self::PrefixList => "prefix list",
            Self::EndpointService => "endpoint service",
            Self::OrganizationalUnit => "organizational unit",
            Self::SecurityGroup => "security group",
            Self::PermissionSet => "permission set",
            Self::IdentityUser => "Identity Center user",
            Self::IdentityGroup => "Identity Center group",
        }
    }
}

/// The attribute of an endpoint service with the ids of the Availability Zones in which it has
/// endpoints of this type, separated by spaces; absent if AWS does not say.
pub fn zones_of(endpoint_type: &str) -> String {
    format!("zones of {endpoint_type}")
}

/// One item that a lookup can find.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupItem {
    /// Its AWS id.
    pub id: String,
    /// Its name or path, if its kind has one that is not a tag.
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
    /// Stands for an account that is not known, as without settings and without AWS. AWS assigns
    /// this number to nobody.
    pub const UNKNOWN_ACCOUNT: &str = "000000000000";

    /// Whether the account is known. If it is not, nothing that depends on it is judged.
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

/// What one pass observed, for resolving references.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Managed resources that exist.
    pub resources: BTreeMap<Address, KnownResource>,
    /// The properties of managed resources that references may name, by name.
    pub attributes: BTreeMap<Address, BTreeMap<String, String>>,
    /// Kinds that could not be read, and why.
    pub unknown: BTreeMap<ScopedKind, String>,
    /// Ids that may be the resource of an address that is not in `resources`: the last one seen, or
    /// all that carry its claim.
    pub candidates: BTreeMap<Address, BTreeSet<String>>,
    /// Ids of a kind that were read in one scope, and that therefore cannot be in another scope
    /// that could not be read: by the scope that was read and the one that was not.
    pub elsewhere: BTreeMap<(String, ScopedKind), BTreeSet<String>>,
    /// What lookups can find, by scope.
    pub lookups: BTreeMap<(String, LookupKind), Seen<Vec<LookupItem>>>,
    /// The id of the organization that each scope's account is in.
    pub organizations: BTreeMap<String, Seen<String>>,
}
