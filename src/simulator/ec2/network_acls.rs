//! Network ACLs: only the one that comes with each VPC and lets everything through, which Terraform reads with the VPC.

use super::{
    listing::Listing,
    state::{Call, State},
};
use crate::simulator::service::Answer;
use serde_json::{Value, json};

const LISTING: Listing = Listing {
    set: "networkAclSet",
    key: "networkAclId",
    ids: Some("NetworkAclId"),
    filters: &[
        ("association.subnet-id", "associationSet/subnetId"),
        ("association.network-acl-id", "associationSet/networkAclId"),
        ("default", "default"),
        ("network-acl-id", "networkAclId"),
        ("owner-id", "ownerId"),
        ("vpc-id", "vpcId"),
    ],
    page: Some((5, 1000)),
};

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let entries = state.vpcs.keys().map(|vpc| default_of(state, vpc, call)).collect();
    LISTING.answer(entries, call.input)
}

/// A VPC has exactly one default ACL, so that the VPC's id gives the ACL's.
fn default_of(state: &State, vpc: &str, call: &Call<'_, '_>) -> Value {
    let same_digits = |id: &str, prefix: &str| {
        let digits = id.split_once('-').map_or(id, |(_, digits)| digits);
        format!("{prefix}-{digits}")
    };
    let id = same_digits(vpc, "acl");
    let entry = |number: u32, action: &str, egress: bool| {
        json!({
            "ruleNumber": number,
            "protocol": "-1",
            "ruleAction": action,
            "egress": egress,
            "cidrBlock": "0.0.0.0/0",
        })
    };
    let subnets = state.subnets.iter().filter(|(_, subnet)| subnet.vpc == vpc);
    let associations = subnets.map(|(subnet, _)| {
        json!({
            "networkAclAssociationId": same_digits(subnet, "aclassoc"),
            "networkAclId": id,
            "subnetId": subnet,
        })
    });
    json!({
        "networkAclId": id,
        "vpcId": vpc,
        "ownerId": call.caller.account,
        "default": true,
        "entrySet": [
            entry(100, "allow", true),
            entry(32_767, "deny", true),
            entry(100, "allow", false),
            entry(32_767, "deny", false),
        ],
        "associationSet": associations.collect::<Vec<_>>(),
        "tagSet": [],
    })
}
