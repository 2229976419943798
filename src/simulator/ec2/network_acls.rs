//! Network ACLs: the default one of each VPC, callers' own, and the subnets that they filter. Their
//! entries are in [`acl_entries`].

use super::{
    acl_entries,
    errors::{dependency, different_networks, done},
    listing::Listing,
    model::{NetworkAcl, Vpc},
    route_associations,
    state::{Call, State},
    tags, tokens,
};
use crate::simulator::{
    query::invalid,
    service::{Answer, ApiError},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// VPC quotas: network ACLs of a VPC.
const MAX_ACLS: usize = 200;

/// The error code for deleting the default ACL. The API reference documents the refusal, but not
/// the code.
const DEFAULT_STAYS: &str = "InvalidParameterValue";

const LISTING: Listing = Listing {
    set: "networkAclSet",
    key: "networkAclId",
    ids: Some("NetworkAclId"),
    filters: &[
        ("association.association-id", "associationSet/networkAclAssociationId"),
        ("association.network-acl-id", "associationSet/networkAclId"),
        ("association.subnet-id", "associationSet/subnetId"),
        ("default", "default"),
        ("entry.cidr", "entrySet/cidrBlock"),
        ("entry.egress", "entrySet/egress"),
        ("entry.icmp.code", "entrySet/icmpTypeCode/code"),
        ("entry.icmp.type", "entrySet/icmpTypeCode/type"),
        ("entry.ipv6-cidr", "entrySet/ipv6CidrBlock"),
        ("entry.port-range.from", "entrySet/portRange/from"),
        ("entry.port-range.to", "entrySet/portRange/to"),
        ("entry.protocol", "entrySet/protocol"),
        ("entry.rule-action", "entrySet/ruleAction"),
        ("entry.rule-number", "entrySet/ruleNumber"),
        ("network-acl-id", "networkAclId"),
        ("owner-id", "ownerId"),
        ("vpc-id", "vpcId"),
    ],
    page: Some((5, 1000)),
};

/// The default ACL allows everything. A VPC has exactly one, so its id follows from the VPC's.
pub(super) fn create_default(state: &mut State, id: &str, vpc: &Vpc) {
    let acl = NetworkAcl {
        vpc: id.to_owned(),
        default: true,
        associations: BTreeMap::new(),
        entries: acl_entries::allow_all(vpc),
    };
    state.network_acls.insert(same_digits(id, "acl"), acl);
}

/// A new subnet is associated with the default ACL of its VPC; the id of the association follows
/// from the subnet's.
pub(super) fn associate_default(state: &mut State, subnet: &str, vpc: &str) {
    if let Some(acl) = state.network_acls.get_mut(&same_digits(vpc, "acl")) {
        acl.associations.insert(same_digits(subnet, "aclassoc"), subnet.to_owned());
    }
}

fn same_digits(id: &str, prefix: &str) -> String {
    let digits = id.split_once('-').map_or(id, |(_, digits)| digits);
    format!("{prefix}-{digits}")
}

/// A new ACL allows nothing.
pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    if let Some(answer) = tokens::earlier(state, call)? {
        return Ok(answer);
    }
    let vpc = call.input.required("VpcId")?;
    state.vpc(vpc)?;
    if state.network_acls.values().filter(|acl| acl.vpc == vpc).count() >= MAX_ACLS {
        let message = "The maximum number of network ACLs has been reached.";
        return Err(ApiError::new("NetworkAclLimitExceeded", message));
    }
    let new_tags = tags::on_create(call.input, "network-acl")?;
    let id = call.context.ids.next("acl");
    let acl = NetworkAcl {
        vpc: vpc.into(),
        default: false,
        associations: BTreeMap::new(),
        entries: BTreeMap::new(),
    };
    state.network_acls.insert(id.clone(), acl);
    state.tags.insert(id.clone(), new_tags);
    let answer = json!({
        "networkAcl": shown(state, &id, call),
        "clientToken": call.input.text("ClientToken"),
    });
    tokens::keep(state, call, answer.clone());
    Ok(answer)
}

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let entries = state.network_acls.keys().map(|id| shown(state, id, call)).collect();
    LISTING.answer(entries, call.input)
}

pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("NetworkAclId")?;
    let acl = state.network_acl(id)?;
    if acl.default {
        return Err(ApiError::new(
            DEFAULT_STAYS,
            format!("cannot delete default network ACL {id}"),
        ));
    }
    if !acl.associations.is_empty() {
        let message = format!("The networkAcl '{id}' has dependencies and cannot be deleted.");
        return Err(dependency(message));
    }
    state.network_acls.remove(id);
    state.tags.remove(id);
    done()
}

/// In one step, so that the subnet always has an ACL. The association gets another id, unless the
/// subnet already has that ACL.
pub(super) fn replace_association(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let association = call.input.required("AssociationId")?;
    let new_acl = call.input.required("NetworkAclId")?;
    let vpc = &state.network_acl(new_acl)?.vpc;
    let with = |acl: &NetworkAcl| acl.associations.contains_key(association);
    let old = state.network_acls.iter().find(|(_, acl)| with(acl));
    let (old_acl, old) = old.ok_or_else(|| route_associations::unknown(association))?;
    if old.vpc != *vpc {
        let acls = [old_acl.as_str(), new_acl].map(|id| format!("network acl {id}"));
        return Err(different_networks(&acls[0], &acls[1]));
    }
    if old_acl == new_acl {
        return Ok(json!({"newAssociationId": association}));
    }
    let old_acl = old_acl.clone();
    let new = call.context.ids.next("aclassoc");
    let subnet = state
        .network_acls
        .get_mut(&old_acl)
        .and_then(|acl| acl.associations.remove(association))
        .ok_or_else(|| invalid(format!("The association ID '{association}' does not exist")))?;
    if let Some(acl) = state.network_acls.get_mut(new_acl) {
        acl.associations.insert(new.clone(), subnet);
    }
    Ok(json!({"newAssociationId": new}))
}

fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let acl = &state.network_acls[id];
    let associations = acl.associations.iter().map(|(association, subnet)| {
        json!({
            "networkAclAssociationId": association,
            "networkAclId": id,
            "subnetId": subnet,
        })
    });
    json!({
        "networkAclId": id,
        "vpcId": acl.vpc,
        "ownerId": call.caller.account,
        "default": acl.default,
        "entrySet": acl_entries::shown(acl, &state.vpcs[&acl.vpc]),
        "associationSet": associations.collect::<Vec<_>>(),
        "tagSet": tags::shown(state, id),
    })
}
