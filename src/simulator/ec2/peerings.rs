//! VPC peerings, within an account and between accounts of one Region, and the groups at their far
//! side that rules may name.

use super::{
    errors::{done, unknown_id},
    listing::Listing,
    model::Peer,
    peering::{End, FarGroup, FarGroups, Peering, Status},
    state::Ec2,
};
use crate::simulator::{
    query::{Input, invalid},
    service::{Answer, Caller, Context},
};
use serde_json::{Value, json};

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

impl Ec2 {
    /// Carries out an operation on peerings, which belong to two accounts; `None` for other
    /// operations.
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
        done()
    }

    fn describe_peerings(&self, caller: &Caller, input: Input<'_>) -> Answer {
        let seen = self.peerings.iter().filter(|(_, peering)| peering.has(caller));
        LISTING.answer(seen.map(|(id, peering)| shown(id, peering)).collect(), input)
    }

    /// The groups at the far side of the caller's active peerings.
    pub(super) fn far_groups(&self, caller: &Caller) -> FarGroups {
        let mut found = FarGroups::default();
        for (id, peering) in &self.peerings {
            let own = [&peering.requester, &peering.accepter].into_iter();
            let vpcs = own.filter(|end| end.is_of(caller)).map(|end| end.vpc.clone());
            if peering.has(caller) {
                found.peerings.insert(id.clone(), (vpcs.collect(), peering.status));
            }
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
