//! Attachments of policies: a target has a maximum of each type, and always at least one control
//! policy.

use serde_json::json;

use super::{
    errors::{constraint, invalid_input, target_not_found},
    policy_types::{POLICY_TYPES, max_per_target},
    request::{Request, paged},
    tree::{Node, Organization, full_access},
};
use crate::simulator::service::{Answer, ApiError};

impl Organization {
    fn target<'a>(&self, request: &Request<'a, '_>) -> Result<(&'a str, Node), ApiError> {
        let id = request.bounded("TargetId", 1, 100)?;
        self.node(id).map(|node| (id, node)).ok_or_else(target_not_found)
    }

    /// How many policies of a type are attached to a target.
    fn count(&self, policy_type: &str, target: &str) -> usize {
        let of_type = |policy: &str| {
            self.policies.get(policy).is_some_and(|policy| policy.policy_type == policy_type)
        };
        self.attachments.iter().filter(|(policy, node)| node == target && of_type(policy)).count()
    }
}

/// AttachPolicy.
pub(super) fn attach(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let (policy, kind) = {
        let (id, policy) = state.policy(request)?;
        (id.to_owned(), policy.policy_type.clone())
    };
    let (target, _) = state.target(request)?;
    state.require_enabled(&kind, request)?;
    let pair = (policy, target.to_owned());
    if state.attachments.contains(&pair) {
        let message = "A policy with the specified name and type already exists on the target.";
        return Err(ApiError::new("DuplicatePolicyAttachmentException", message));
    }
    let max = max_per_target(&kind);
    if state.count(&kind, target) >= max {
        let message = format!(
            "You have reached the limit of {max} policies of the type {kind} attached to {target}."
        );
        return Err(constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message));
    }
    state.attachments.insert(pair);
    Ok(json!({}))
}

/// DetachPolicy: the last service control policy of a target stays, and the full access policy of
/// resource control policies always.
pub(super) fn detach(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let (policy, kind) = {
        let (id, policy) = state.policy(request)?;
        (id.to_owned(), policy.policy_type.clone())
    };
    let (target, _) = state.target(request)?;
    state.require_enabled(&kind, request)?;
    let pair = (policy, target.to_owned());
    if !state.attachments.contains(&pair) {
        let message = "The policy isn't attached to the specified target in the specified root.";
        return Err(ApiError::new("PolicyNotAttachedException", message));
    }
    if kind == "RESOURCE_CONTROL_POLICY" && full_access(&kind) == Some(pair.0.as_str()) {
        return Err(invalid_input(
            "NON_DETACHABLE_POLICY",
            "You can't detach this AWS managed policy.",
        ));
    }
    if kind == "SERVICE_CONTROL_POLICY" && state.count(&kind, target) == 1 {
        let message =
            "You can't detach the last service control policy from a root, OU, or account.";
        return Err(constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message));
    }
    state.attachments.remove(&pair);
    Ok(json!({}))
}

/// ListPoliciesForTarget: directly attached policies only; none if the type is not enabled.
pub(super) fn list_policies(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let (target, _) = state.target(request)?;
    let wanted = request.input.required_choice("Filter", POLICY_TYPES)?;
    let attached = state.attachments.iter().filter(|(_, node)| node == target);
    let policies = attached.filter_map(|(id, _)| state.policies.get_key_value(id));
    let of_type = policies.filter(|(_, policy)| policy.policy_type == wanted);
    let items =
        of_type.map(|(id, policy)| (id.clone(), state.policy_summary(id, policy))).collect();
    paged(request, "Policies", items)
}

/// ListTargetsForPolicy.
pub(super) fn list_targets(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let (id, _) = state.policy(request)?;
    let attached = state.attachments.iter().filter(|(policy, _)| policy == id);
    let items = attached.filter_map(|(_, target)| {
        let node = state.node(target)?;
        let entry = json!({
            "TargetId": target,
            "Arn": state.arn(target),
            "Name": state.display_name(target),
            "Type": node.name(),
        });
        Some((target.clone(), entry))
    });
    paged(request, "Targets", items.collect())
}
