//! What is attached to roles, or has them in it: managed policies and instance profiles.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::role::{permissions, validation};
use crate::simulator::{
    iam::{Call, Need},
    query::Input,
    service::{Answer, ApiError, Caller, partition},
};

/// Managed policies of accounts by their ARN, and instance profiles by account and name. Those of
/// AWS all exist.
#[derive(Debug, Clone, Default)]
pub(super) struct Attachables {
    policies: BTreeMap<String, Value>,
    profiles: BTreeMap<(String, String), BTreeSet<String>>,
}

const OPERATIONS: [&str; 7] = [
    "AddRoleToInstanceProfile",
    "CreateInstanceProfile",
    "CreatePolicy",
    "DeleteInstanceProfile",
    "DeletePolicy",
    "GetPolicy",
    "RemoveRoleFromInstanceProfile",
];

impl Attachables {
    /// Answers an operation on them; `None` for others. `has_role` says whether a role exists.
    pub(super) fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        has_role: impl Fn(&str) -> bool,
    ) -> Option<Answer> {
        let input = Input::new(input);
        OPERATIONS.contains(&operation).then(|| match operation {
            "CreatePolicy" => self.create_policy(caller, input),
            "GetPolicy" | "DeletePolicy" => self.policy(operation, input),
            _ => self.profile(caller, operation, input, has_role),
        })
    }

    fn create_policy(&mut self, caller: &Caller, input: Input<'_>) -> Answer {
        let name = input.required("PolicyName")?;
        let arn = policy_arn(caller, input.text("Path").unwrap_or("/"), name);
        let document = permissions(input.required("PolicyDocument")?)?;
        if self.policies.contains_key(&arn) {
            let message = format!(
                "A policy called {name} already exists. Duplicate names are not \
                                   allowed."
            );
            return Err(ApiError::new("EntityAlreadyExists", message).status(409));
        }
        self.policies.insert(arn.clone(), document);
        Ok(json!({"Policy": {"PolicyName": name, "Arn": arn}}))
    }

    fn policy(&mut self, operation: &str, input: Input<'_>) -> Answer {
        let arn = input.required("PolicyArn")?;
        if !self.policies.contains_key(arn) {
            let message = format!("Policy {arn} was not found.");
            return Err(ApiError::new("NoSuchEntity", message).status(404));
        }
        if operation == "DeletePolicy" {
            self.policies.remove(arn);
            return Ok(Value::Null);
        }
        let name = arn.rsplit('/').next();
        Ok(json!({"Policy": {"PolicyName": name, "Arn": arn}}))
    }

    /// An instance profile has one role at most (IAM user guide).
    fn profile(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: Input<'_>,
        has_role: impl Fn(&str) -> bool,
    ) -> Answer {
        let name = input.required("InstanceProfileName")?;
        let key = (caller.account.clone(), name.to_owned());
        if operation == "CreateInstanceProfile" {
            if self.profiles.contains_key(&key) {
                let message = format!("Instance Profile {name} already exists.");
                return Err(ApiError::new("EntityAlreadyExists", message).status(409));
            }
            self.profiles.insert(key, BTreeSet::new());
            return Ok(json!({"InstanceProfile": {"InstanceProfileName": name}}));
        }
        let missing = |what: &str| {
            ApiError::new("NoSuchEntity", format!("{what} cannot be found.")).status(404)
        };
        let roles = self.profiles.get_mut(&key);
        let roles = roles.ok_or_else(|| missing(&format!("Instance Profile {name}")))?;
        if operation == "DeleteInstanceProfile" {
            if !roles.is_empty() {
                let message =
                    "Cannot delete entity, must remove roles from instance profile first.";
                return Err(ApiError::new("DeleteConflict", message).status(409));
            }
            self.profiles.remove(&key);
            return Ok(Value::Null);
        }
        let role = input.required("RoleName")?;
        if operation == "RemoveRoleFromInstanceProfile" {
            let there = roles.remove(role);
            return if there { Ok(Value::Null) } else { Err(missing(&format!("Role {role}"))) };
        }
        if !has_role(role) {
            return Err(missing(&format!("The role with name {role}")));
        }
        if !roles.is_empty() {
            let message = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1";
            return Err(ApiError::new("LimitExceeded", message).status(409));
        }
        roles.insert(role.to_owned());
        Ok(Value::Null)
    }

    /// Refuses a managed policy of an account that does not exist, as a boundary (`Scope ARN`) or
    /// to be attached (IAM's own messages).
    pub(super) fn check(&self, operation: &str, input: &Value) -> Result<(), ApiError> {
        let input = Input::new(input);
        let boundary = ["CreateRole", "PutRolePermissionsBoundary"].contains(&operation);
        let (named, what) = match operation {
            _ if boundary => (input.text("PermissionsBoundary"), "Scope ARN:"),
            "AttachRolePolicy" => (input.text("PolicyArn"), "Policy"),
            _ => return Ok(()),
        };
        let Some(arn) = named.filter(|arn| arn.contains(":policy/")) else { return Ok(()) };
        let is_aws_s = arn.contains(":iam::aws:policy/");
        if is_aws_s || self.policies.contains_key(arn) {
            return Ok(());
        }
        let message = format!("{what} {arn} does not exist or is not attachable.");
        Err(ApiError::new("NoSuchEntity", message).status(404))
    }

    /// Refuses the deletion of a role that an instance profile has.
    pub(super) fn check_free(&self, account: &str, role: &str) -> Result<(), ApiError> {
        let mut own = self.profiles.iter().filter(|((owner, _), _)| owner == account);
        if own.any(|(_, roles)| roles.contains(role)) {
            let message = "Cannot delete entity, must remove roles from instance profile first.";
            return Err(ApiError::new("DeleteConflict", message).status(409));
        }
        Ok(())
    }
}

/// Everything here is done by people in tests: none of it is palisade's.
pub(super) fn needs(call: &Call<'_>) -> Option<Vec<Need>> {
    OPERATIONS.contains(&call.operation).then(|| vec![call.need("*")])
}

fn policy_arn(caller: &Caller, path: &str, name: &str) -> String {
    let partition = partition(&caller.region);
    format!("arn:{partition}:iam::{}:policy{path}{name}", caller.account)
}

/// A part of a list, and the marker of the next one; none after the last.
type Part<'v> = (&'v [(String, Value)], Option<&'v str>);

/// A page of a list: what comes after the marker, as many as
/// the request allows (IAM API reference, 100 by default, 1,000 at most).
pub(super) fn page<'v>(all: &'v [(String, Value)], input: Input<'_>) -> Result<Part<'v>, ApiError> {
    let most = input.integer("MaxItems")?.unwrap_or(100);
    let Some(most) = usize::try_from(most).ok().filter(|most| (1..=1000).contains(most)) else {
        return Err(validation("MaxItems must be from 1 to 1000"));
    };
    let after = input.text("Marker").unwrap_or_default();
    let begin = all.partition_point(|(name, _)| name.as_str() <= after);
    let end = all.len().min(begin + most);
    let next = (end < all.len()).then(|| all[end - 1].0.as_str());
    Ok((&all[begin..end], next))
}
