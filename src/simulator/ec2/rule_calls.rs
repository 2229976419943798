//! The calls that read and change security group rules. Each is all or nothing.

use super::{
    errors::{done, unknown_id},
    group_rules::{shown, shown_revoked},
    listing::Listing,
    model::{Peer, Permission, Rule},
    permissions::{self, drafts},
    state::{Call, State},
    tags,
};
use crate::simulator::{
    query::{invalid, missing},
    service::{Answer, ApiError},
};
use serde_json::{Value, json};

const LISTING: Listing = Listing {
    set: "securityGroupRuleSet",
    key: "securityGroupRuleId",
    ids: Some("SecurityGroupRuleId"),
    filters: &[("group-id", "groupId"), ("security-group-rule-id", "securityGroupRuleId")],
    page: Some((5, 1000)),
};

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let ids = state.rules.keys();
    let entries = ids.map(|id| shown(state, id, call)).collect();
    LISTING.answer(entries, call.input)
}

pub(super) fn authorize_ingress(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    authorize(state, call, false)
}

pub(super) fn authorize_egress(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    authorize(state, call, true)
}

fn authorize(state: &mut State, call: &mut Call<'_, '_>, egress: bool) -> Answer {
    let group = group(state, call)?;
    let drafts = drafts(state, &group, call)?;
    let new_tags = tags::on_create(call.input, "security-group-rule")?;
    let mut ids = Vec::new();
    for draft in drafts {
        if state.rule_that_allows(&group, egress, &draft.permission).is_some() {
            return Err(duplicate(&draft.permission));
        }
        let rule = Rule {
            group: group.clone(),
            egress,
            permission: draft.permission,
            description: draft.description,
        };
        let id = state.add_rule(rule, call);
        state.tags.insert(id.clone(), new_tags.clone());
        ids.push(id);
    }
    state.check_rule_quota(&group, egress, call.caller)?;
    let rules: Value = ids.iter().map(|id| shown(state, id, call)).collect();
    Ok(json!({"return": true, "securityGroupRuleSet": rules}))
}

pub(super) fn revoke_ingress(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    revoke(state, call, false)
}

pub(super) fn revoke_egress(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    revoke(state, call, true)
}

/// Removes rules by id or by what they allow; one unknown rule refuses the whole call, as outside a
/// default VPC.
fn revoke(state: &mut State, call: &mut Call<'_, '_>, egress: bool) -> Answer {
    let group = group(state, call)?;
    let by_id = call.input.texts("SecurityGroupRuleId");
    let mut ids = Vec::new();
    if by_id.is_empty() {
        for draft in drafts(state, &group, call)? {
            let found = state.rule_that_allows(&group, egress, &draft.permission);
            ids.push(found.ok_or_else(absent)?);
        }
    } else {
        only_one(call, "SecurityGroupRuleId", "IpPermissions")?;
        for id in by_id {
            find_rule(state, &group, Some(egress), id)?;
            ids.push(id.to_owned());
        }
    }
    let rules: Value = ids.iter().map(|id| shown_revoked(state, id, call)).collect();
    for id in &ids {
        state.remove_rule(id);
    }
    Ok(json!({"return": true, "unknownIpPermissionSet": [], "revokedSecurityGroupRuleSet": rules}))
}

/// Replaces what each rule allows, and keeps its id. The kind of its peer cannot change. A
/// description that is not in the request is removed, because the request carries the whole rule.
pub(super) fn modify(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let group = group(state, call)?;
    let updates = call.input.list("SecurityGroupRule");
    if updates.is_empty() {
        return Err(missing("SecurityGroupRule"));
    }
    for update in updates {
        let id = update.required("SecurityGroupRuleId")?;
        let request = update.member("SecurityGroupRule");
        let request = request.ok_or_else(|| missing("SecurityGroupRule"))?;
        let rule = find_rule(state, &group, None, id)?;
        let draft = permissions::single(state, &group, request, call)?;
        if !draft.permission.peer.same_kind(&rule.permission.peer) {
            return Err(ApiError::new(
                "InvalidParameterCombination",
                format!(
                    "The type of the source or destination of security group rule {id} cannot be \
                     changed"
                ),
            ));
        }
        let same = state.rule_that_allows(&group, rule.egress, &draft.permission);
        if same.is_some_and(|other| other != id) {
            return Err(duplicate(&draft.permission));
        }
        if let Some(rule) = state.rules.get_mut(id) {
            rule.permission = draft.permission;
            rule.description = draft.description;
        }
    }
    for egress in [false, true] {
        state.check_rule_quota(&group, egress, call.caller)?;
    }
    done()
}

pub(super) fn update_ingress_descriptions(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    update_descriptions(state, call, false)
}

pub(super) fn update_egress_descriptions(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    update_descriptions(state, call, true)
}

/// A description that is empty or missing is removed.
fn update_descriptions(state: &mut State, call: &mut Call<'_, '_>, egress: bool) -> Answer {
    let group = group(state, call)?;
    let by_id = call.input.list("SecurityGroupRuleDescription");
    let mut new = Vec::new();
    if by_id.is_empty() {
        refuse_ignored_ports(call)?;
        for draft in drafts(state, &group, call)? {
            let found = state.rule_that_allows(&group, egress, &draft.permission);
            new.push((found.ok_or_else(absent)?, draft.description));
        }
    } else {
        only_one(call, "SecurityGroupRuleDescription", "IpPermissions")?;
        for entry in by_id {
            let id = entry.required("SecurityGroupRuleId")?;
            let rule = find_rule(state, &group, Some(egress), id)?;
            let of_addresses = matches!(rule.permission.peer, Peer::V4(_) | Peer::V6(_));
            new.push((id.to_owned(), permissions::description_of(entry, of_addresses)?));
        }
    }
    for (id, description) in new {
        if let Some(rule) = state.rules.get_mut(&id) {
            rule.description = description;
        }
    }
    done()
}

/// Ports with protocol -1, which Authorize calls ignore, are an error here.
fn refuse_ignored_ports(call: &Call<'_, '_>) -> Result<(), ApiError> {
    for permission in call.input.list("IpPermissions") {
        let all = permission.text("IpProtocol") == Some("-1");
        let given = [permission.integer("FromPort")?, permission.integer("ToPort")?];
        if all && given.iter().flatten().any(|port| *port != -1) {
            return Err(invalid(
                "You may not specify all protocols and specific ports. Please specify each \
                 protocol and port range combination individually, or all protocols and no port \
                 range.",
            ));
        }
    }
    Ok(())
}

/// The group of the request. Names can only mean groups of a default VPC, which does not exist
/// here.
fn group(state: &State, call: &Call<'_, '_>) -> Result<String, ApiError> {
    if let (None, Some(name)) = (call.input.text("GroupId"), call.input.text("GroupName")) {
        return Err(not_in_default_vpc(name));
    }
    let id = call.input.required("GroupId")?;
    state.group(id).map(|_| id.to_owned())
}

pub(super) fn not_in_default_vpc(name: &str) -> ApiError {
    let message = format!("The security group '{name}' does not exist in default VPC");
    ApiError::new("InvalidGroup.NotFound", message)
}

fn find_rule<'s>(
    state: &'s State,
    group: &str,
    egress: Option<bool>,
    id: &str,
) -> Result<&'s Rule, ApiError> {
    let here =
        |rule: &&Rule| rule.group == group && egress.is_none_or(|egress| rule.egress == egress);
    let rule = state.rules.get(id).filter(here);
    rule.ok_or_else(|| unknown_id(id, "securityGroupRuleId"))
}

fn only_one(call: &Call<'_, '_>, given: &str, other: &str) -> Result<(), ApiError> {
    if call.input.list(other).is_empty() {
        return Ok(());
    }
    let message = format!("The parameters {given} and {other} cannot be used together");
    Err(ApiError::new("InvalidParameterCombination", message))
}

fn duplicate(permission: &Permission) -> ApiError {
    let message = format!("the specified rule \"{}\" already exists", permission.in_words());
    ApiError::new("InvalidPermission.Duplicate", message)
}

fn absent() -> ApiError {
    let message = "The specified rule does not exist in this security group.";
    ApiError::new("InvalidPermission.NotFound", message)
}
