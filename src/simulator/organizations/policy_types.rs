//! Policy types: their limits, the policies AWS provides, enabling and disabling them in the root.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{
    Request,
    errors::{changes_in_progress, type_not_enabled},
    paged,
    policies::Policy,
    tree::Organisation,
};
use crate::simulator::service::{Answer, ApiError};

/// Every policy type of the API.
pub(super) const POLICY_TYPES: &[&str] = &[
    "SERVICE_CONTROL_POLICY",
    "RESOURCE_CONTROL_POLICY",
    "TAG_POLICY",
    "BACKUP_POLICY",
    "AISERVICES_OPT_OUT_POLICY",
    "CHATBOT_POLICY",
    "DECLARATIVE_POLICY_EC2",
    "SECURITYHUB_POLICY",
    "INSPECTOR_POLICY",
    "UPGRADE_ROLLOUT_POLICY",
    "BEDROCK_POLICY",
    "S3_POLICY",
    "NETWORK_SECURITY_DIRECTOR_POLICY",
    "GUARDDUTY_POLICY",
];

/// The AWS managed policy that every target gets when its type is enabled and cannot be without.
pub(super) fn full_access(policy_type: &str) -> Option<&'static str> {
    match policy_type {
        "SERVICE_CONTROL_POLICY" => Some("p-FullAWSAccess"),
        "RESOURCE_CONTROL_POLICY" => Some("p-RCPFullAWSAccess"),
        _ => None,
    }
}

/// The longest content, in bytes (Organizations user guide, "Quotas", with the limits of May 2026).
pub(super) fn longest_content(policy_type: &str) -> usize {
    match policy_type {
        "SERVICE_CONTROL_POLICY" => 10_240,
        "RESOURCE_CONTROL_POLICY" => 5_120,
        "AISERVICES_OPT_OUT_POLICY" => 2_500,
        _ => 10_000,
    }
}

/// How many policies of a type one target may have.
pub(super) fn most_per_target(policy_type: &str) -> usize {
    if policy_type == "RESOURCE_CONTROL_POLICY" { 5 } else { 10 }
}

/// How many policies of a type an organisation may have.
pub(super) fn most_policies(policy_type: &str) -> usize {
    if policy_type == "SERVICE_CONTROL_POLICY" { 10_000 } else { 1_000 }
}

/// The policies that AWS provides.
pub(super) fn managed_policies() -> BTreeMap<String, Policy> {
    let policy = |name: &str, policy_type: &str, description: &str, statement: Value| Policy {
        name: name.to_owned(),
        description: description.to_owned(),
        policy_type: policy_type.to_owned(),
        content: json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string(),
        aws_managed: true,
    };
    let every = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let everybody = json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" });
    let scp = policy(
        "FullAWSAccess",
        "SERVICE_CONTROL_POLICY",
        "Allows access to every operation",
        every,
    );
    let rcp = policy(
        "RCPFullAWSAccess",
        "RESOURCE_CONTROL_POLICY",
        "Allows access to every resource",
        everybody,
    );
    BTreeMap::from([("p-FullAWSAccess".to_owned(), scp), ("p-RCPFullAWSAccess".to_owned(), rcp)])
}

impl Organisation {
    /// Enables a policy type, complete from this moment on; every target gets the type's full access policy.
    pub(super) fn enable(&mut self, policy_type: &str, complete: Duration) {
        self.types.insert(policy_type.to_owned(), complete);
        for node in self.nodes() {
            self.give_full_access(policy_type, &node);
        }
    }

    /// Gives a node the full access policies of all enabled types: what happens to a new unit and a new account.
    pub(super) fn give_all_full_access(&mut self, node: &str) {
        for policy_type in self.types.keys().cloned().collect::<Vec<_>>() {
            self.give_full_access(&policy_type, node);
        }
    }

    fn give_full_access(&mut self, policy_type: &str, node: &str) {
        if let Some(policy) = full_access(policy_type) {
            self.attachments.insert((policy.to_owned(), node.to_owned()));
        }
    }

    /// Refuses a change of attachments while the type is not enabled, or not yet.
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

/// ListRoots: there is one.
pub(super) fn list_roots(state: &Organisation, request: &Request<'_, '_>) -> Answer {
    paged(request, "Roots", vec![(state.root.clone(), state.root_summary(request))])
}

fn root_and_type<'a>(state: &Organisation, request: &Request<'a, '_>) -> Result<&'a str, ApiError> {
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

/// EnablePolicyType: asynchronous; the targets start with the type's full access policy and nothing else.
pub(super) fn enable(state: &mut Organisation, request: &mut Request<'_, '_>) -> Answer {
    let policy_type = root_and_type(state, request)?;
    match state.require_enabled(policy_type, request) {
        Ok(()) => {
            let message = "The specified policy type is already enabled.";
            return Err(ApiError::new("PolicyTypeAlreadyEnabledException", message));
        }
        Err(error) if error.code != "PolicyTypeNotEnabledException" => return Err(error),
        Err(_) => {}
    }
    state.enable(policy_type, request.context.elapsed + request.behaviour.policy_type_pending);
    Ok(json!({ "Root": state.root_summary(request) }))
}

/// DisablePolicyType: every attachment of the type is lost; the policies stay.
pub(super) fn disable(state: &mut Organisation, request: &mut Request<'_, '_>) -> Answer {
    let policy_type = root_and_type(state, request)?;
    state.require_enabled(policy_type, request)?;
    state.types.remove(policy_type);
    let policies = &state.policies;
    state.attachments.retain(|(policy, _)| {
        policies.get(policy).is_some_and(|policy| policy.policy_type != policy_type)
    });
    Ok(json!({ "Root": state.root_summary(request) }))
}
