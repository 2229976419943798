//! The data of a peering, and the groups it gives access to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::simulator::service::Caller;

/// A peering of two VPCs.
#[derive(Debug, Clone)]
pub(super) struct Peering {
    pub requester: End,
    pub accepter: End,
    pub status: Status,
}

/// One VPC of a peering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub account: String,
    pub region: String,
    pub vpc: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Active,
    Deleted,
}

/// A group at the far side of an active peering.
#[derive(Debug, Clone)]
pub(super) struct FarGroup {
    pub account: String,
    pub vpc: String,
    pub peering: String,
}

/// The caller's peerings, and the groups behind the active ones.
#[derive(Debug, Clone, Default)]
pub(super) struct FarGroups {
    /// The groups that rules of a VPC can name, by the near VPC and the id of the group.
    pub groups: BTreeMap<(String, String), FarGroup>,
    /// The near groups that rules at the far side name, each with the far VPC and the peering.
    pub named_by: BTreeSet<(String, String, String)>,
    /// The caller's peerings in any status: by id, with the caller's VPCs in them.
    pub peerings: BTreeMap<String, (Vec<String>, Status)>,
}

impl FarGroups {
    pub(super) fn get(&self, near_vpc: &str, id: &str) -> Option<&FarGroup> {
        self.groups.get(&(near_vpc.to_owned(), id.to_owned()))
    }
}

impl Status {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending-acceptance",
            Self::Active => "active",
            Self::Deleted => "deleted",
        }
    }
}

impl Peering {
    pub(super) fn has(&self, caller: &Caller) -> bool {
        [&self.requester, &self.accepter].into_iter().any(|end| end.is_of(caller))
    }
}

impl End {
    pub(super) fn is_of(&self, caller: &Caller) -> bool {
        self.account == caller.account && self.region == caller.region
    }

    pub(super) fn shown(&self) -> Value {
        json!({"ownerId": self.account, "region": self.region, "vpcId": self.vpc})
    }
}
