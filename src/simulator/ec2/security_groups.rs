//! Security groups; their rules are in [`group_rules`](super::group_rules).

use super::{
    errors::dependency,
    group_rules::aggregated,
    listing::Listing,
    model::{Group, Peer, Permission, Rule},
    permissions::check_text,
    rule_calls::not_in_default_vpc,
    state::{Call, State},
    tags,
};
use crate::simulator::{
    query::invalid,
    service::{Answer, ApiError},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// VPC quotas: security groups in one region.
const MAX_GROUPS: usize = 2500;

const LISTING: Listing = Listing {
    set: "securityGroupInfo",
    key: "groupId",
    ids: Some("GroupId"),
    filters: &[
        ("group-id", "groupId"),
        ("group-name", "groupName"),
        ("vpc-id", "vpcId"),
        ("description", "groupDescription"),
        ("owner-id", "ownerId"),
        ("ip-permission.cidr", "ipPermissions/ipRanges/cidrIp"),
        ("ip-permission.from-port", "ipPermissions/fromPort"),
        ("ip-permission.group-id", "ipPermissions/groups/groupId"),
        ("ip-permission.ipv6-cidr", "ipPermissions/ipv6Ranges/cidrIpv6"),
        ("ip-permission.prefix-list-id", "ipPermissions/prefixListIds/prefixListId"),
        ("ip-permission.protocol", "ipPermissions/ipProtocol"),
        ("ip-permission.to-port", "ipPermissions/toPort"),
        ("ip-permission.user-id", "ipPermissions/groups/userId"),
        ("egress.ip-permission.cidr", "ipPermissionsEgress/ipRanges/cidrIp"),
        ("egress.ip-permission.from-port", "ipPermissionsEgress/fromPort"),
        ("egress.ip-permission.group-id", "ipPermissionsEgress/groups/groupId"),
        ("egress.ip-permission.ipv6-cidr", "ipPermissionsEgress/ipv6Ranges/cidrIpv6"),
        ("egress.ip-permission.prefix-list-id", "ipPermissionsEgress/prefixListIds/prefixListId"),
        ("egress.ip-permission.protocol", "ipPermissionsEgress/ipProtocol"),
        ("egress.ip-permission.to-port", "ipPermissionsEgress/toPort"),
        ("egress.ip-permission.user-id", "ipPermissionsEgress/groups/userId"),
    ],
    page: Some((5, 1000)),
};

/// The default group of a VPC: ingress from its own members, all egress.
pub(super) fn create_default(state: &mut State, vpc: &str, call: &mut Call<'_, '_>) {
    let group = Group {
        name: "default".into(),
        description: "default VPC security group".into(),
        vpc: vpc.into(),
        rules: BTreeSet::new(),
    };
    let id = add(state, group, call);
    let own = Permission::all(Peer::Group(id.clone()));
    let rule = Rule { group: id, egress: false, permission: own, description: None };
    state.add_rule(rule, call);
}

/// A new group allows no ingress and all egress, for IPv6 too if the VPC has it.
pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let name = call.input.required("GroupName")?;
    let description = call.input.required("GroupDescription")?;
    let vpc = call
        .input
        .text("VpcId")
        .ok_or_else(|| ApiError::new("VPCIdNotSpecified", "No default VPC for this user"))?;
    state.vpc(vpc)?;
    check_name(name)?;
    check_text("description", description, "._-:/()#,@[]+=&;{}!$*")?;
    // Names that differ only in case are equal, and surrounding white space is removed.
    let name = name.trim();
    let taken = |group: &Group| group.vpc == vpc && group.name.eq_ignore_ascii_case(name);
    if state.groups.values().any(taken) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(ApiError::new("InvalidGroup.Duplicate", message));
    }
    if state.groups.len() >= MAX_GROUPS {
        let message = "The maximum number of security groups has been reached.";
        return Err(ApiError::new("SecurityGroupLimitExceeded", message));
    }
    let new_tags = tags::on_create(call.input, "security-group")?;
    let group = Group {
        name: name.into(),
        description: description.into(),
        vpc: vpc.into(),
        rules: BTreeSet::new(),
    };
    let id = add(state, group, call);
    state.tags.insert(id.clone(), new_tags);
    Ok(json!({
        "groupId": id,
        "securityGroupArn": call.arn("security-group", &id),
        "tagSet": tags::shown(state, &id),
    }))
}

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    if let Some(name) = call.input.texts("GroupName").first() {
        return Err(not_in_default_vpc(name));
    }
    let ids = state.groups.keys();
    let entries = ids.map(|id| shown(state, id, call)).collect();
    LISTING.answer(entries, call.input)
}

/// A group cannot be deleted while a network interface, an endpoint, or a rule of another group
/// uses it, or it is associated with another VPC. Its own rules do not count.
pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    if let (None, Some(name)) = (call.input.text("GroupId"), call.input.text("GroupName")) {
        return Err(not_in_default_vpc(name));
    }
    let id = call.input.required("GroupId")?;
    if state.group(id)?.name == "default" {
        let message =
            format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(ApiError::new("CannotDelete", message));
    }
    let refers =
        |rule: &Rule| rule.group != id && rule.permission.peer == Peer::Group(id.to_owned());
    let in_use = state.interfaces.values().any(|interface| interface.groups.contains(id))
        || state
            .endpoints
            .values()
            .any(|endpoint| !endpoint.is_gone() && endpoint.groups.contains(id))
        || state.is_associated(id)
        || state.rules.values().any(refers);
    if in_use {
        return Err(dependency(format!("resource {id} has a dependent object")));
    }
    state.remove_group(id);
    Ok(json!({"return": true, "groupId": id}))
}

impl State {
    /// Removes a group with its rules and tags, without checks.
    pub(super) fn remove_group(&mut self, id: &str) {
        let own = self.groups.get(id).map(|group| group.rules.clone());
        for rule in own.iter().flatten() {
            self.remove_rule(rule);
        }
        self.groups.remove(id);
        self.group_vpcs.retain(|(group, _), _| group != id);
        self.tags.remove(id);
    }
}

fn add(state: &mut State, group: Group, call: &mut Call<'_, '_>) -> String {
    let id = call.context.ids.next("sg");
    let ipv6 = state.vpcs.get(&group.vpc).is_some_and(|vpc| vpc.ipv6.is_some());
    state.groups.insert(id.clone(), group);
    let everywhere = [Permission::all_v4()].into_iter().chain(ipv6.then(Permission::all_v6));
    for permission in everywhere {
        let rule = Rule { group: id.clone(), egress: true, permission, description: None };
        state.add_rule(rule, call);
    }
    id
}

fn check_name(name: &str) -> Result<(), ApiError> {
    if name.to_ascii_lowercase().starts_with("sg-") {
        return Err(invalid(format!(
            "Invalid value '{name}' for groupName. Group names may not be in the format sg-*."
        )));
    }
    if name.eq_ignore_ascii_case("default") {
        let message = "Cannot use reserved security group name: default";
        return Err(ApiError::new("InvalidGroup.Reserved", message));
    }
    check_text("name", name, "._-:/()#,@[]+=&;{}!$*")
}

fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let group = &state.groups[id];
    let account = &call.caller.account;
    json!({
        "groupId": id,
        "groupName": group.name,
        "groupDescription": group.description,
        "vpcId": group.vpc,
        "ownerId": account,
        "securityGroupArn": call.arn("security-group", id),
        "ipPermissions": aggregated(state, id, false, call),
        "ipPermissionsEgress": aggregated(state, id, true, call),
        "tagSet": tags::shown(state, id),
    })
}
