//! VPC peerings, within an account and between accounts of one Region, and the groups at their far side that
//! rules may name.

use super::super::query::{Input, invalid};
use super::super::service::{Answer, Caller, Context};
use super::group_rules::Peer;
use super::listing::Listing;
use super::{Ec2, unknown_id};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A peering of two VPCs.
#[derive(Debug, Clone)]
pub(super) struct Peering {
    requester: End,
    accepter: End,
    status: Status,
}

/// One VPC of a peering.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    account: String,
    region: String,
    vpc: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
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

/// What the caller's active peerings lead to.
#[derive(Debug, Clone, Default)]
pub(super) struct FarGroups {
    /// The groups that rules of a VPC can name: by the near VPC and the group's id.
    groups: BTreeMap<(String, String), FarGroup>,
    /// The near groups that rules at the far side name, with the far VPC and the peering.
    pub named_by: BTreeSet<(String, String, String)>,
}

impl FarGroups {
    pub fn get(&self, near_vpc: &str, id: &str) -> Option<&FarGroup> {
        self.groups.get(&(near_vpc.to_owned(), id.to_owned()))
    }
}

const LISTING: Listing = Listing {
    set: "vpcPeeringConnectionSet",
    key: "vpcPeeringConnectionId",
    ids: Some("VpcPeeringConnectionId"),
    filters: &[
        ("accepter-vpc-info.owner-id", "accepterVpcInfo/ownerId"),
        ("accepter-vpc-info.vpc-id", "accepterVpcInfo/vpcId"),
        ("requester-vpc-info.owner-id", "requesterVpcInfo/ownerId"),
        ("requester-vpc-info.vpc-id", "requesterVpcInfo/vpcId"),
        ("status-code", "status/code"),
        ("vpc-peering-connection-id", "vpcPeeringConnectionId"),
    ],
    page: Some((5, 1000)),
};

impl Status {
    fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending-acceptance",
            Self::Active => "active",
            Self::Deleted => "deleted",
        }
    }
}

impl Peering {
    fn has(&self, caller: &Caller) -> bool {
        [&self.requester, &self.accepter].into_iter().any(|end| end.is_of(caller))
    }
}

impl End {
    fn is_of(&self, caller: &Caller) -> bool {
        self.account == caller.account && self.region == caller.region
    }

    fn shown(&self) -> Value {
        json!({"ownerId": self.account, "region": self.region, "vpcId": self.vpc})
    }
}

impl Ec2 {
    /// Carries out an operation on peerings, which belong to two accounts; `None` if it is another one.
    pub(super) fn peering_call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: Input<'_>,
        context: &mut Context<'_>,
    ) -> Option<Answer> {
        match operation {
            "CreateVpcPeeringConnection" => Some(self.request_peering(caller, input, context)),
            "AcceptVpcPeeringConnection" => Some(self.accept_peering(caller, input)),
            "DeleteVpcPeeringConnection" => Some(self.delete_peering(caller, input)),
            "DescribeVpcPeeringConnections" => Some(self.describe_peerings(caller, input)),
            _ => None,
        }
    }

    fn request_peering(
        &mut self,
        caller: &Caller,
        input: Input<'_>,
        context: &mut Context<'_>,
    ) -> Answer {
        if input.text("PeerRegion").is_some_and(|region| region != caller.region) {
            return Err(invalid("Peerings between Regions are not simulated."));
        }
        let end = |account: &str, vpc: &str| End {
            account: account.to_owned(),
            region: caller.region.clone(),
            vpc: vpc.to_owned(),
        };
        let requester = end(&caller.account, input.required("VpcId")?);
        let owner = input.text("PeerOwnerId").unwrap_or(&caller.account);
        let accepter = end(owner, input.required("PeerVpcId")?);
        for end in [&requester, &accepter] {
            let region = self.regions.get(&(end.account.clone(), end.region.clone()));
            if !region.is_some_and(|region| region.now.vpcs.contains_key(&end.vpc)) {
                return Err(unknown_id(&end.vpc, "vpcId"));
            }
        }
        if requester == accepter {
            return Err(invalid("A VPC cannot be peered with itself."));
        }
        let id = context.ids.next("pcx");
        let peering = Peering { requester, accepter, status: Status::Pending };
        let shown = shown(&id, &peering);
        self.peerings.insert(id, peering);
        Ok(json!({"vpcPeeringConnection": shown}))
    }

    fn accept_peering(&mut self, caller: &Caller, input: Input<'_>) -> Answer {
        let id = input.required("VpcPeeringConnectionId")?;
        let pending = |peering: &&mut Peering| {
            peering.accepter.is_of(caller) && peering.status == Status::Pending
        };
        let peering = self.peerings.get_mut(id).filter(pending);
        let peering = peering.ok_or_else(|| unknown_id(id, "vpcPeeringConnectionId"))?;
        peering.status = Status::Active;
        Ok(json!({"vpcPeeringConnection": shown(id, peering)}))
    }

    fn delete_peering(&mut self, caller: &Caller, input: Input<'_>) -> Answer {
        let id = input.required("VpcPeeringConnectionId")?;
        let peering = self.peerings.get_mut(id).filter(|peering| peering.has(caller));
        peering.ok_or_else(|| unknown_id(id, "vpcPeeringConnectionId"))?.status = Status::Deleted;
        super::done()
    }

    fn describe_peerings(&self, caller: &Caller, input: Input<'_>) -> Answer {
        let seen = self.peerings.iter().filter(|(_, peering)| peering.has(caller));
        LISTING.answer(seen.map(|(id, peering)| shown(id, peering)).collect(), input)
    }

    /// The groups at the far side of the caller's active peerings.
    pub(super) fn far_groups(&self, caller: &Caller) -> FarGroups {
        let mut found = FarGroups::default();
        for (id, peering) in &self.peerings {
            let ends =
                [(&peering.requester, &peering.accepter), (&peering.accepter, &peering.requester)];
            for (near, far) in ends {
                if peering.status != Status::Active || !near.is_of(caller) {
                    continue;
                }
                let key = (far.account.clone(), far.region.clone());
                let Some(region) = self.regions.get(&key) else { continue };
                let groups = region.now.groups.iter().filter(|(_, group)| group.vpc == far.vpc);
                for (group, _) in groups {
                    let it = FarGroup {
                        account: far.account.clone(),
                        vpc: far.vpc.clone(),
                        peering: id.clone(),
                    };
                    found.groups.insert((near.vpc.clone(), group.clone()), it);
                    let both = [false, true].into_iter();
                    for (_, rule) in both.flat_map(|egress| region.now.rules_of(group, egress)) {
                        if let Peer::Group(named) = &rule.permission.peer {
                            let by = (named.clone(), far.vpc.clone(), id.clone());
                            found.named_by.insert(by);
                        }
                    }
                }
            }
        }
        found
    }
}

fn shown(id: &str, peering: &Peering) -> Value {
    json!({
        "vpcPeeringConnectionId": id,
        "requesterVpcInfo": peering.requester.shown(),
        "accepterVpcInfo": peering.accepter.shown(),
        "status": {"code": peering.status.code(), "message": peering.status.code()},
        "tagSet": [],
    })
}
