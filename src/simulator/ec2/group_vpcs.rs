//! The VPCs in which a security group may be used besides its own (Amazon VPC user guide,
//! "Associate security groups with multiple VPCs").

use super::{
    errors::dependency,
    listing::Listing,
    model::{Group, GroupVpcPhase, Interface},
    state::{Call, State},
};
use crate::simulator::{
    query::invalid,
    service::{Answer, ApiError},
};
use serde_json::{Value, json};

const LISTING: Listing = Listing {
    set: "securityGroupVpcAssociationSet",
    key: "order",
    ids: None,
    filters: &[
        ("group-id", "groupId"),
        ("group-owner-id", "groupOwnerId"),
        ("state", "state"),
        ("vpc-id", "vpcId"),
        ("vpc-owner-id", "vpcOwnerId"),
    ],
    page: Some((5, 1000)),
};

/// A VPC of the same account and Region; no `default` group. The error codes are not documented.
pub(super) fn associate(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let (group_id, vpc) = (call.input.required("GroupId")?, call.input.required("VpcId")?);
    let group = state.group(group_id)?;
    state.vpc(vpc)?;
    if group.name == "default" {
        let why = format!("The security group '{group_id}' is a default security group.");
        return Err(ApiError::new("OperationNotPermitted", why));
    }
    if group.vpc == vpc {
        return Err(invalid(format!("The security group '{group_id}' was created in '{vpc}'.")));
    }
    let key = (group_id.to_owned(), vpc.to_owned());
    match state.group_vpcs.get(&key) {
        Some(GroupVpcPhase::Associated | GroupVpcPhase::Associating(_)) => {
            return Err(invalid(format!("'{group_id}' is already associated with '{vpc}'.")));
        }
        Some(GroupVpcPhase::Disassociating(_)) => return Err(in_progress(group_id, vpc)),
        Some(GroupVpcPhase::Failed(_)) | None => {}
    }
    let phase = if let Some(why) = call.context.failure() {
        GroupVpcPhase::Failed(why)
    } else {
        let time = call.context.options.group_associating;
        GroupVpcPhase::Associating(call.context.complete_at(time))
    };
    let word = phase.name();
    state.group_vpcs.insert(key, phase);
    Ok(json!({"state": word}))
}

/// Not while a network interface of the VPC uses the group (EC2 API reference,
/// `DisassociateSecurityGroupVpc`).
pub(super) fn disassociate(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let (group_id, vpc) = (call.input.required("GroupId")?, call.input.required("VpcId")?);
    state.group(group_id)?;
    let uses = |interface: &Interface| {
        interface.groups.contains(group_id)
            && state.subnets.get(&interface.subnet).is_some_and(|subnet| subnet.vpc == vpc)
    };
    if state.interfaces.values().any(uses) {
        let message = format!("'{group_id}' is used by a network interface in '{vpc}'");
        return Err(dependency(message));
    }
    let key = (group_id.to_owned(), vpc.to_owned());
    let time = call.context.options.group_associating;
    let until = call.context.complete_at(time);
    match state.group_vpcs.get_mut(&key) {
        None => {
            let message = format!("'{group_id}' is not associated with '{vpc}'");
            Err(ApiError::new("InvalidSecurityGroupVpcAssociation.NotFound", message))
        }
        Some(GroupVpcPhase::Associating(_)) => Err(in_progress(group_id, vpc)),
        Some(phase) => {
            if !matches!(phase, GroupVpcPhase::Disassociating(_)) {
                *phase = GroupVpcPhase::Disassociating(until);
            }
            Ok(json!({"state": phase.name()}))
        }
    }
}

fn in_progress(group: &str, vpc: &str) -> ApiError {
    let message = format!("The association of '{group}' with '{vpc}' is being changed");
    ApiError::new("IncorrectState", message)
}

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let account = &call.caller.account;
    let shown = |((group, vpc), phase): (&(String, String), &GroupVpcPhase)| {
        let reason = match phase {
            GroupVpcPhase::Failed(why) => Some(why),
            _ => None,
        };
        json!({
            "order": format!("{group} {vpc}"),
            "groupId": group,
            "vpcId": vpc,
            "vpcOwnerId": account,
            "groupOwnerId": account,
            "state": phase.name(),
            "stateReason": reason,
        })
    };
    let entries = state.group_vpcs.iter().map(shown).collect();
    let mut answer = LISTING.answer(entries, call.input)?;
    for entry in answer["securityGroupVpcAssociationSet"].as_array_mut().into_iter().flatten() {
        if let Value::Object(entry) = entry {
            entry.remove("order");
        }
    }
    Ok(answer)
}

impl State {
    /// Whether resources of this VPC may use the group.
    pub(super) fn is_usable_in(&self, id: &str, group: &Group, vpc: &str) -> bool {
        let key = (id.to_owned(), vpc.to_owned());
        group.vpc == vpc || self.group_vpcs.get(&key) == Some(&GroupVpcPhase::Associated)
    }

    /// Whether a group is associated with any VPC, or still is.
    pub(super) fn is_associated(&self, group: &str) -> bool {
        let holds = |phase: &GroupVpcPhase| !matches!(phase, GroupVpcPhase::Failed(_));
        self.group_vpcs.iter().any(|((id, _), phase)| id == group && holds(phase))
    }
}
