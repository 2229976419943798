//! Instance profiles, which have roles in them; and what may be attached to roles.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{policies::Policies, role::validation};
use crate::{
    kinds::cloud_control::iam_instance_profile,
    simulator::{
        iam::{Call, Need},
        query::Input,
        service::{Answer, ApiError, Caller, partition},
        truth::{Thing, Truth},
    },
};

/// Instance profiles by account and name.
#[derive(Debug, Clone, Default)]
pub(super) struct Attachables {
    profiles: BTreeMap<(String, String), Profile>,
}

#[derive(Debug, Clone, Default)]
struct Profile {
    arn: String,
    path: String,
    roles: BTreeSet<String>,
}

const OPERATIONS: [&str; 6] = [
    "AddRoleToInstanceProfile",
    "CreateInstanceProfile",
    "DeleteInstanceProfile",
    "GetInstanceProfile",
    "ListInstanceProfiles",
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
            "ListInstanceProfiles" => {
                let own = self.profiles.iter().filter(|((of, _), _)| *of == caller.account);
                let all: Vec<Value> = own.map(|((_, name), it)| it.shown(name)).collect();
                Ok(json!({"InstanceProfiles": all, "IsTruncated": false}))
            }
            _ => self.profile(caller, operation, input, has_role),
        })
    }

    pub(super) fn add_truth(&self, truth: &mut Truth) {
        for ((account, name), profile) in &self.profiles {
            let facts = profile.roles.iter().map(|role| format!("role {role}")).collect();
            let (kind, account) = (iam_instance_profile::NAME, account.clone());
            let id = format!("{kind}/{account}/{name}");
            truth.things.insert(id, Thing { kind, account, tags: BTreeMap::new(), facts });
        }
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
            let path = input.text("Path").unwrap_or("/").to_owned();
            let partition = partition(&caller.region);
            let arn =
                format!("arn:{partition}:iam::{}:instance-profile{path}{name}", caller.account);
            let profile = Profile { arn, path, roles: BTreeSet::new() };
            let shown = profile.shown(name);
            self.profiles.insert(key, profile);
            return Ok(json!({"InstanceProfile": shown}));
        }
        let missing = |what: &str| {
            ApiError::new("NoSuchEntity", format!("{what} cannot be found.")).status(404)
        };
        let profile = self.profiles.get_mut(&key);
        let profile = profile.ok_or_else(|| missing(&format!("Instance Profile {name}")))?;
        if operation == "GetInstanceProfile" {
            return Ok(json!({"InstanceProfile": profile.shown(name)}));
        }
        let roles = &mut profile.roles;
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

    /// Refuses the deletion of a role that an instance profile has.
    pub(super) fn check_free(&self, account: &str, role: &str) -> Result<(), ApiError> {
        let mut own = self.profiles.iter().filter(|((owner, _), _)| owner == account);
        if own.any(|(_, profile)| profile.roles.contains(role)) {
            let message = "Cannot delete entity, must remove roles from instance profile first.";
            return Err(ApiError::new("DeleteConflict", message).status(409));
        }
        Ok(())
    }
}

/// Refuses a managed policy of an account that does not exist, as a boundary (`Scope ARN`) or
/// to be attached (IAM's own messages).
pub(super) fn check(policies: &Policies, operation: &str, input: &Value) -> Result<(), ApiError> {
    let input = Input::new(input);
    let boundary = ["CreateRole", "PutRolePermissionsBoundary"].contains(&operation);
    let (named, what) = match operation {
        _ if boundary => (input.text("PermissionsBoundary"), "Scope ARN:"),
        "AttachRolePolicy" => (input.text("PolicyArn"), "Policy"),
        _ => return Ok(()),
    };
    let Some(arn) = named.filter(|arn| arn.contains(":policy/")) else { return Ok(()) };
    let is_aws_s = arn.contains(":iam::aws:policy/");
    if is_aws_s || policies.contains(arn) {
        return Ok(());
    }
    let message = format!("{what} {arn} does not exist or is not attachable.");
    Err(ApiError::new("NoSuchEntity", message).status(404))
}

impl Profile {
    fn shown(&self, name: &str) -> Value {
        let roles: Vec<Value> = self.roles.iter().map(|it| json!({"RoleName": it})).collect();
        json!({
            "InstanceProfileName": name, "Arn": self.arn, "Path": self.path, "Roles": roles
        })
    }
}

/// The permissions of operations on instance profiles; `None` for others.
pub(super) fn needs(call: &Call<'_>, attachables: &Attachables) -> Option<Vec<Need>> {
    if !OPERATIONS.contains(&call.operation) {
        return None;
    }
    if call.operation == "ListInstanceProfiles" {
        return Some(vec![call.need("*")]);
    }
    let name = call.text("InstanceProfileName");
    let known = attachables.profiles.get(&(call.caller.account.clone(), name.to_owned()));
    let path = Some(call.text("Path")).filter(|path| !path.is_empty()).unwrap_or("/");
    let of_request = || {
        let partition = partition(&call.caller.region);
        format!("arn:{partition}:iam::{}:instance-profile{path}{name}", call.caller.account)
    };
    let mut needs = vec![call.need(&known.map_or_else(of_request, |it| it.arn.clone()))];
    if call.operation == "AddRoleToInstanceProfile" {
        let role = call.text("RoleName");
        let passed = call.find(call.service, role).map(|(arn, _)| arn).unwrap_or_default();
        let need = call.other("iam:PassRole", &passed);
        needs.push(need.with("iam:PassedToService", "ec2.amazonaws.com"));
    }
    Some(needs)
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
