//! Managed policies of accounts, with their versions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::role::permissions;
use crate::{
    kinds::cloud_control::iam_managed_policy,
    simulator::{
        iam::{Call, Need},
        query::Input,
        service::{Answer, ApiError, Caller, Context, partition},
        truth::{Thing, Truth},
    },
};

/// Versions of a policy (IAM user guide, quotas).
const VERSIONS: usize = 5;
/// Characters of a managed policy, without white space (IAM user guide, quotas).
const CHARACTERS: usize = 6_144;

/// By ARN.
#[derive(Debug, Clone, Default)]
pub(super) struct Policies(BTreeMap<String, Policy>);

#[derive(Debug, Clone)]
struct Policy {
    name: String,
    path: String,
    id: String,
    description: Option<String>,
    /// The numbers of the versions with their documents.
    versions: BTreeMap<usize, Value>,
    default: usize,
}

const ON_POLICY: [&str; 7] = [
    "CreatePolicyVersion",
    "DeletePolicy",
    "DeletePolicyVersion",
    "GetPolicy",
    "GetPolicyVersion",
    "ListEntitiesForPolicy",
    "ListPolicyVersions",
];

impl Policies {
    pub(super) fn contains(&self, arn: &str) -> bool {
        self.0.contains_key(arn)
    }

    /// Answers an operation on them; `None` for others. `users` are the names of the roles that
    /// have a policy, attached or as their boundary.
    pub(super) fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
        users: impl Fn(&str) -> BTreeSet<String>,
    ) -> Option<Answer> {
        let input = Input::new(input);
        match operation {
            "CreatePolicy" => Some(self.create(caller, input, context)),
            "ListPolicies" => {
                let own = format!(":{}:policy/", caller.account);
                let all = self.0.iter().filter(|(arn, _)| arn.contains(&own));
                let all: Vec<Value> = all.map(|(arn, policy)| policy.shown(arn, 0)).collect();
                Some(Ok(json!({"Policies": all, "IsTruncated": false})))
            }
            _ if ON_POLICY.contains(&operation) => Some(self.on_policy(operation, input, users)),
            _ => None,
        }
    }

    fn create(&mut self, caller: &Caller, input: Input<'_>, context: &mut Context<'_>) -> Answer {
        let name = input.required("PolicyName")?;
        let path = input.text("Path").unwrap_or("/");
        let arn = policy_arn(caller, path, name);
        let document = document(input)?;
        // Names are unique whatever their path and case.
        let own = format!(":{}:policy/", caller.account);
        let taken = self
            .0
            .iter()
            .any(|(arn, other)| arn.contains(&own) && other.name.eq_ignore_ascii_case(name));
        if taken {
            let message =
                format!("A policy called {name} already exists. Duplicate names are not allowed.");
            return Err(ApiError::new("EntityAlreadyExists", message).status(409));
        }
        let policy = Policy {
            name: name.to_owned(),
            path: path.to_owned(),
            id: format!("ANPA{}", context.ids.alphanumeric(17).to_uppercase()),
            description: input.text("Description").map(str::to_owned),
            versions: [(1, document)].into(),
            default: 1,
        };
        let shown = policy.shown(&arn, 0);
        self.0.insert(arn, policy);
        Ok(json!({"Policy": shown}))
    }

    fn on_policy(
        &mut self,
        operation: &str,
        input: Input<'_>,
        users: impl Fn(&str) -> BTreeSet<String>,
    ) -> Answer {
        let arn = input.required("PolicyArn")?;
        let users = users(arn);
        let policy = self.0.get_mut(arn).ok_or_else(|| missing(arn))?;
        match operation {
            "GetPolicy" => Ok(json!({"Policy": policy.shown(arn, users.len())})),
            "CreatePolicyVersion" => {
                let document = document(input)?;
                if policy.versions.len() >= VERSIONS {
                    let message = "A managed policy can have up to 5 versions.";
                    return Err(ApiError::new("LimitExceeded", message).status(409));
                }
                let number = policy.versions.keys().max().map_or(1, |last| last + 1);
                policy.versions.insert(number, document);
                if input.flag("SetAsDefault")? == Some(true) {
                    policy.default = number;
                }
                Ok(json!({"PolicyVersion": policy.version(number)}))
            }
            "ListPolicyVersions" => {
                let all: Vec<Value> =
                    policy.versions.keys().map(|number| policy.version(*number)).collect();
                Ok(json!({"Versions": all, "IsTruncated": false}))
            }
            "ListEntitiesForPolicy" => {
                let roles: Vec<Value> =
                    users.iter().map(|role| json!({"RoleName": role})).collect();
                Ok(json!({"PolicyRoles": roles, "IsTruncated": false}))
            }
            "GetPolicyVersion" | "DeletePolicyVersion" => {
                let id = input.required("VersionId")?;
                let number = id.strip_prefix('v').and_then(|it| it.parse::<usize>().ok());
                let number = number.filter(|it| policy.versions.contains_key(it));
                let number = number.ok_or_else(|| missing(&format!("{arn} {id}")))?;
                if operation == "GetPolicyVersion" {
                    return Ok(json!({"PolicyVersion": policy.version(number)}));
                }
                if number == policy.default {
                    let message = "Cannot delete the default version of a policy.";
                    return Err(ApiError::new("DeleteConflict", message).status(409));
                }
                policy.versions.remove(&number);
                Ok(Value::Null)
            }
            _ => {
                let message = "Cannot delete a policy attached to entities.";
                if !users.is_empty() {
                    return Err(ApiError::new("DeleteConflict", message).status(409));
                }
                if policy.versions.len() > 1 {
                    let message = "This policy has more than one version.";
                    return Err(ApiError::new("DeleteConflict", message).status(409));
                }
                self.0.remove(arn);
                Ok(Value::Null)
            }
        }
    }

    pub(super) fn add_truth(&self, truth: &mut Truth) {
        for (arn, policy) in &self.0 {
            let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
            let text = policy.versions.get(&policy.default).map(Value::to_string);
            let facts = text.into_iter().map(|text| format!("policy {text}")).collect();
            let kind = iam_managed_policy::NAME;
            let thing = Thing { kind, account, tags: BTreeMap::new(), facts };
            truth.things.insert(format!("{kind}/{arn}"), thing);
        }
    }
}

/// The permissions of operations on policies; `None` for others.
pub(super) fn needs(call: &Call<'_>) -> Option<Vec<Need>> {
    let arn = match call.operation {
        "ListPolicies" => "*".to_owned(),
        "CreatePolicy" => {
            let path = Some(call.text("Path")).filter(|path| !path.is_empty()).unwrap_or("/");
            policy_arn(call.caller, path, call.text("PolicyName"))
        }
        operation if ON_POLICY.contains(&operation) => call.text("PolicyArn").to_owned(),
        _ => return None,
    };
    Some(vec![call.need(&arn)])
}

impl Policy {
    fn shown(&self, arn: &str, users: usize) -> Value {
        let mut shown = json!({
            "PolicyName": self.name,
            "PolicyId": self.id,
            "Arn": arn,
            "Path": self.path,
            "DefaultVersionId": format!("v{}", self.default),
            "AttachmentCount": users,
            "IsAttachable": true,
        });
        if let Some(text) = &self.description {
            shown["Description"] = text.as_str().into();
        }
        shown
    }

    fn version(&self, number: usize) -> Value {
        json!({
            "VersionId": format!("v{number}"),
            "IsDefaultVersion": number == self.default,
            "Document": self.versions.get(&number).map(Value::to_string),
        })
    }
}

fn document(input: Input<'_>) -> Result<Value, ApiError> {
    let text = input.required("PolicyDocument")?;
    let size = text.chars().filter(|letter| !letter.is_whitespace()).count();
    if size > CHARACTERS {
        let message = format!("Cannot exceed quota for PolicySize: {CHARACTERS}");
        return Err(ApiError::new("LimitExceeded", message).status(409));
    }
    permissions(text)
}

fn missing(what: &str) -> ApiError {
    ApiError::new("NoSuchEntity", format!("Policy {what} was not found.")).status(404)
}

fn policy_arn(caller: &Caller, path: &str, name: &str) -> String {
    let partition = partition(&caller.region);
    format!("arn:{partition}:iam::{}:policy{path}{name}", caller.account)
}
