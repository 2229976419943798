//! What IAM would say of a call: which permissions it needs, and whether the policies of the caller's account give them.
//!
//! The services' handlers know nothing of it, as with AWS. Which actions a call is authorised for, on which resources and with
//! which condition keys, is what the service authorization reference and the services' guides say; operations without an entry
//! need the action of their name on `*`. Conditions see the tags of the resource, the tags of the request and the keys of the service.

mod ec2;
mod kms;
mod organizations;
mod sagemaker;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Service, World, service::ApiError, service::Caller};
use crate::model::policy_document::{Decision, PolicyDocument, Request};

type Tags = BTreeMap<String, String>;

/// A request that the policies of an account were asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The account.
    pub account: String,
    /// The action, the resource and the condition keys that the request carries.
    pub request: Request,
}

/// Whether these policies, all attached to one identity, allow a request. Condition keys that the request does not carry are
/// known to be absent; what cannot be decided is denied.
pub fn allows(policies: &[PolicyDocument], request: &Request) -> bool {
    let mut request = request.clone();
    for key in policies.iter().flat_map(condition_keys) {
        request.context.entry(key).or_default();
    }
    let decisions: BTreeSet<&str> = policies
        .iter()
        .map(|policy| match policy.evaluate(&request) {
            Decision::Allow => "allow",
            Decision::NoMatch => "no match",
            Decision::Deny | Decision::Unknown => "deny",
        })
        .collect();
    decisions.contains("allow") && !decisions.contains("deny")
}

fn condition_keys(policy: &PolicyDocument) -> BTreeSet<String> {
    let statements = policy.as_value()["Statement"].as_array().into_iter().flatten();
    let operators = statements.filter_map(|one| one["Condition"].as_object()).flatten();
    let keys = operators.filter_map(|(_, keys)| keys.as_object()).flatten();
    keys.map(|(key, _)| key.to_ascii_lowercase()).collect()
}

impl World {
    /// Refuses a call that the policies of the caller's account do not allow. Accounts without policies may do everything.
    pub(super) fn authorise(
        &mut self,
        service: Service,
        caller: &Caller,
        operation: &str,
        input: &Value,
    ) -> Result<(), ApiError> {
        let Some(policies) = self.options.permissions.get(&caller.account) else { return Ok(()) };
        let call = Call { world: self, caller, operation, input };
        let needs = match service {
            Service::Ec2 => ec2::needs(&call),
            Service::Kms => kms::needs(&call),
            Service::Organizations => organizations::needs(&call),
            Service::SageMaker => sagemaker::needs(&call),
            // GetCallerIdentity needs no permission; who may assume a role is for its trust policy to say.
            Service::Sts => Vec::new(),
        };
        let denied = needs.iter().find(|need| !allows(policies, &need.0)).map(|need| {
            let message = format!(
                "User: {} is not authorized to perform: {} on resource: {} because no identity-based policy allows it",
                caller.arn, need.0.action, need.0.resource
            );
            match service {
                Service::Ec2 => ApiError::new("UnauthorizedOperation", message).status(403),
                Service::Sts => ApiError::new("AccessDenied", message).status(403),
                Service::Kms | Service::Organizations | Service::SageMaker => {
                    ApiError::new("AccessDeniedException", message)
                }
            }
        });
        for Need(request) in needs {
            let judged = Judged { account: caller.account.clone(), request };
            if !self.judged.contains(&judged) {
                self.judged.push(judged);
            }
        }
        denied.map_or(Ok(()), Err)
    }
}

/// A call to be authorised.
struct Call<'a> {
    world: &'a World,
    caller: &'a Caller,
    operation: &'a str,
    input: &'a Value,
}

impl Call<'_> {
    /// The permission named like the operation.
    fn need(&self, service: &str, resource: &str) -> Need {
        self.other(&format!("{service}:{}", self.operation), resource)
    }

    /// Another permission.
    fn other(&self, action: &str, resource: &str) -> Need {
        Need(Request::new(&self.caller.arn, action, resource))
    }

    fn text(&self, member: &str) -> &str {
        self.input[member].as_str().unwrap_or_default()
    }

    fn texts(&self, member: &str) -> Vec<&str> {
        self.input[member].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Tags that the request sets, under these member names.
    fn tags(&self, member: &str, key: &str, value: &str) -> Tags {
        tags(&self.input[member], key, value)
    }
}

fn tags(list: &Value, key: &str, value: &str) -> Tags {
    let items = list.as_array().into_iter().flatten();
    let text = |item: &Value, member: &str| item[member].as_str().unwrap_or_default().to_owned();
    items.map(|item| (text(item, key), text(item, value))).collect()
}

/// One permission that a call needs.
struct Need(Request);

impl Need {
    fn with(mut self, key: &str, value: &str) -> Self {
        self.0.context.insert(key.to_ascii_lowercase(), vec![value.to_owned()]);
        self
    }

    /// The tags that the resource has.
    fn of(mut self, tags: &Tags) -> Self {
        for (key, value) in tags {
            self = self.with(&format!("aws:ResourceTag/{key}"), value);
        }
        self
    }

    /// The tags that the request sets.
    fn sets(mut self, tags: &Tags) -> Self {
        for (key, value) in tags {
            self = self.with(&format!("aws:RequestTag/{key}"), value);
        }
        let keys: Vec<&str> = tags.keys().map(String::as_str).collect();
        self.names(&keys)
    }

    /// The keys of tags that the request names.
    fn names(mut self, keys: &[&str]) -> Self {
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        if !keys.is_empty() {
            self.0.context.insert("aws:tagkeys".to_owned(), keys);
        }
        self
    }
}

/// Every string at or below a value that is the ARN of a role.
fn roles(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::String(text) if text.starts_with("arn:") && text.contains(":role/") => {
            [text.as_str()].into()
        }
        Value::Array(items) => items.iter().flat_map(roles).collect(),
        Value::Object(members) => members.values().flat_map(roles).collect(),
        _ => BTreeSet::new(),
    }
}
