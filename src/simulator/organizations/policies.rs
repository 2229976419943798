//! Policies: unique by name within their type, with their content stored byte for byte.

use serde_json::{Value, json};

use super::{
    content,
    errors::{constraint, invalid_input, policy_not_found},
    policy_types::{POLICY_TYPES, max_content_bytes, max_policies},
    request::{Request, paged},
    tags,
    tree::{Organization, Policy},
};
use crate::simulator::service::{Answer, ApiError};

impl Organization {
    /// The policy of the request's `PolicyId`.
    pub(super) fn policy<'s>(
        &'s self,
        request: &Request<'_, '_>,
    ) -> Result<(&'s str, &'s Policy), ApiError> {
        let id = request.bounded("PolicyId", 1, 130)?;
        if !id.starts_with("p-") {
            let message =
                "You specified a PolicyId that is not of the pattern ^p-[0-9a-zA-Z_]{8,128}$.";
            return Err(invalid_input("INVALID_PATTERN", message));
        }
        self.policies
            .get_key_value(id)
            .map(|(id, policy)| (id.as_str(), policy))
            .ok_or_else(policy_not_found)
    }

    fn answer(&self, id: &str, policy: &Policy) -> Value {
        let summary = self.policy_summary(id, policy);
        json!({ "Policy": { "PolicySummary": summary, "Content": policy.content } })
    }

    /// Refuses a name that another policy of the type has.
    fn require_free_name(
        &self,
        name: &str,
        policy_type: &str,
        own_id: Option<&str>,
    ) -> Result<(), ApiError> {
        let taken = self.policies.iter().any(|(id, policy)| {
            policy.name == name && policy.policy_type == policy_type && Some(id.as_str()) != own_id
        });
        if taken {
            return Err(ApiError::new(
                "DuplicatePolicyException",
                "A policy with the same name already exists.",
            ));
        }
        Ok(())
    }
}

/// Refuses content that is too long or invalid for the type.
pub(in crate::simulator) fn checked_content(
    text: &str,
    policy_type: &str,
) -> Result<String, ApiError> {
    let max_bytes = max_content_bytes(policy_type);
    if text.len() > max_bytes {
        let message = format!(
            "You have exceeded the maximum policy size: {} of {max_bytes} bytes.",
            text.len()
        );
        return Err(constraint("POLICY_CONTENT_LIMIT_EXCEEDED", message));
    }
    content::check(text, policy_type)?;
    Ok(text.to_owned())
}

/// CreatePolicy: the tags are created with it, all or nothing.
pub(super) fn create(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let policy_type = request.input.required_choice("Type", POLICY_TYPES)?;
    let name = request.bounded("Name", 1, 128)?;
    let description = request.bounded("Description", 0, 512)?;
    let content = checked_content(request.bounded("Content", 1, 1_000_000)?, policy_type)?;
    let tags = tags::from_request(request)?;
    state.require_free_name(name, policy_type, None)?;
    let max = request.behavior.policies_per_type.unwrap_or_else(|| max_policies(policy_type));
    if state.policies.values().filter(|policy| policy.policy_type == policy_type).count() >= max {
        let message =
            format!("You have reached the limit of {max} policies of the type {policy_type}.");
        return Err(constraint("POLICY_NUMBER_LIMIT_EXCEEDED", message));
    }
    let id = format!("p-{}", request.context.ids.alphanumeric(10));
    let policy = Policy {
        name: name.to_owned(),
        description: description.to_owned(),
        policy_type: policy_type.to_owned(),
        content,
        aws_managed: false,
    };
    let answer = state.answer(&id, &policy);
    state.tags.insert(id.clone(), tags);
    state.policies.insert(id, policy);
    Ok(answer)
}

/// DescribePolicy.
pub(super) fn describe(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let (id, policy) = state.policy(request)?;
    Ok(state.answer(id, policy))
}

/// The id of the request's policy, which must not be one that AWS provides.
fn own_policy(state: &Organization, request: &Request<'_, '_>) -> Result<String, ApiError> {
    let (id, policy) = state.policy(request)?;
    if policy.aws_managed {
        return Err(invalid_input(
            "IMMUTABLE_POLICY",
            "You specified a policy that is managed by AWS and can't be modified.",
        ));
    }
    Ok(id.to_owned())
}

/// UpdatePolicy: absent members stay unchanged; new content applies to all targets at once.
pub(super) fn update(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let id = own_policy(state, request)?;
    let mut policy = state.policies[&id].clone();
    if let Some(name) = request.input.bounded_text("Name", 1..=128)? {
        state.require_free_name(name, &policy.policy_type, Some(&id))?;
        policy.name = name.to_owned();
    }
    if let Some(description) = request.input.bounded_text("Description", 0..=512)? {
        policy.description = description.to_owned();
    }
    if let Some(content) = request.input.bounded_text("Content", 1..=1_000_000)? {
        policy.content = checked_content(content, &policy.policy_type)?;
    }
    let answer = state.answer(&id, &policy);
    state.policies.insert(id, policy);
    Ok(answer)
}

/// DeletePolicy: only if it is not attached.
pub(super) fn delete(state: &mut Organization, request: &mut Request<'_, '_>) -> Answer {
    let id = own_policy(state, request)?;
    if state.attachments.iter().any(|(policy, _)| *policy == id) {
        let message = "The policy is attached to one or more entities. You must detach it from all \
                       roots, OUs, and accounts before performing this \
                       operation.";
        return Err(ApiError::new("PolicyInUseException", message));
    }
    state.policies.remove(&id);
    state.tags.remove(&id);
    Ok(json!({}))
}

/// ListPolicies of one type.
pub(super) fn list(state: &Organization, request: &Request<'_, '_>) -> Answer {
    let wanted = request.input.required_choice("Filter", POLICY_TYPES)?;
    let of_type = state.policies.iter().filter(|(_, policy)| policy.policy_type == wanted);
    let items =
        of_type.map(|(id, policy)| (id.clone(), state.policy_summary(id, policy))).collect();
    paged(request, "Policies", items)
}
