//! Policy types: their quotas, AWS's own policies, and enabling and disabling them in the root.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    errors::{changes_in_progress, constraint, type_not_enabled},
    request::{Request, paged},
    tree::Organization,
};
use crate::simulator::service::{Answer, ApiError};

/// All policy types of the API.
pub(super) const POLICY_TYPES: &[&str] = &[
    "SERVICE_CONTROL_POLICY",
    "RESOURCE_CONTROL_POLICY",
    "TAG_POLICY",
    "BACKUP_POLICY",
    "AISERVICES_OPT_OUT_POLICY",
    "CHATBOT_POLICY",
    "DECLARATIVE_POLICY_EC2",
    "SECURITYHUB_POLICY",
    "SECURITYHUB_CSPM_POLICY",
    "INSPECTOR_POLICY",
    "UPGRADE_ROLLOUT_POLICY",
    "BEDROCK_POLICY",
    "S3_POLICY",
    "NETWORK_SECURITY_DIRECTOR_POLICY",
    "GUARDDUTY_POLICY",
];

/// The maximum content, in bytes (Organizations user guide, "Quotas", with the quotas of May 2026).
pub(super) fn max_content_bytes(policy_type: &str) -> usize {
    match policy_type {
        "SERVICE_CONTROL_POLICY" => 10_240,
        "RESOURCE_CONTROL_POLICY" => 5_120,
        "AISERVICES_OPT_OUT_POLICY" => 2_500,
        _ => 10_000,
    }
}

/// The maximum number of policies of a type at one target.
pub(super) fn max_per_target(policy_type: &str) -> usize {
    match policy_type {
        "RESOURCE_CONTROL_POLICY" | "AISERVICES_OPT_OUT_POLICY" | "CHATBOT_POLICY" => 5,
        _ => 10,
    }
}

/// The maximum number of policies of a type in an organization.
pub(super) fn max_policies(policy_type: &str) -> usize {
    match policy_type {
        "SERVICE_CONTROL_POLICY" => 10_000,
        "RESOURCE_CONTROL_POLICY" => 2_000,
        _ => 1_000,
    }
}

impl Organization {
    /// Refuses changes of attachments unless the type is completely enabled.
    pub(super) fn require_enabled(
        &self,
        policy_type: &str,
        request: &Request<'_, '_>,
    ) -> Result<(), ApiError> {
        match self.types.get(policy_type) {
            None => Err(type_not_enabled()),
            Some(complete) if *complete > request.context.elapsed => Err(changes_in_progress()),
            Some(_) => Ok(()),
        }
    }

    fn root_summary(&self, request: &Request<'_, '_>) -> Value {
        let status = |complete: &Duration| {
            if *complete > request.context.elapsed { "PENDING_ENABLE" } else { "ENABLED" }
        };
        let types = self
            .types
            .iter()
            .map(|(name, complete)| json!({ "Type": name, "Status": status(complete) }));
        json!({
            "Id": self.root,
            "Arn": self.arn(&self.root),
            "Name": "Root",
            "PolicyTypes": types.collect::<Vec<_>>(),
        })
    }
}

/// ListRoots: there is exactly one.
pub(super) fn list_roots(state: &Organization, request: &Request<'_, '_>) -> Answer {
    paged(request, "Roots", vec![(state.root.clone(), state.root_summary(request))])
}

fn root_and_type<'a>(state: &Organization, request: &Request<'a, '_>) -> Result<&'a str, ApiError> {
    let root = request.bounded("RootId", 1, 34)?;
    let policy_type = request.input.required_choice("PolicyType", POLICY_TYPES)?;
    if root != state.root {
        return Err(ApiError::new(
            "RootNotFoundException",
            "We can't find a root with the RootId that you specified.",
        ));
    }
    Ok(policy_type)
}

/// EnablePolicyType: asynchronous; the targets start with the full access policy of the type only.
pub(super) fn enable(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let policy_type = root_and_type(state, request)?;
    match state.require_enabled(policy_type, request) {
        Ok(()) => {
            let message = "The specified policy type is already enabled.";
            return Err(ApiError::new("PolicyTypeAlreadyEnabledException", message));
        }
        Err(error) if error.code != "PolicyTypeNotEnabledException" => return Err(error),
        Err(_) => {}
    }
    if request.behavior.without_service_access.contains(policy_type) {
        let message = "You must enable trusted access for the service of this policy type first.";
        return Err(constraint("SERVICE_ACCESS_NOT_ENABLED", message));
    }
    state.enable(policy_type, request.context.elapsed + request.behavior.policy_type_pending);
    Ok(json!({ "Root": state.root_summary(request) }))
}

/// DisablePolicyType: all attachments of the type are lost; the policies stay.
pub(super) fn disable(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let policy_type = root_and_type(state, request)?;
    state.require_enabled(policy_type, request)?;
    state.types.remove(policy_type);
    let policies = &state.policies;
    state.attachments.retain(|(policy, _)| {
        policies.get(policy).is_some_and(|policy| policy.policy_type != policy_type)
    });
    Ok(json!({ "Root": state.root_summary(request) }))
}
