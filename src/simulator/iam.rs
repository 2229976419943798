//! IAM: the permissions that a call needs, and whether the policies of the caller's account grant
//! them.
//!
//! As with AWS, the handlers of the services know nothing of it. The actions, resources and
//! condition keys for which a call is authorized come from the service authorization reference and
//! the services' guides; operations without an entry need the action with their name on `*`.
//! Conditions can use the tags of the resource, the tags of the request and the keys of the
//! service.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::service::Caller;
use crate::model::policy_document::{Decision, PolicyDocument, Request};

pub(crate) type Tags = BTreeMap<String, String>;

/// A request for which the policies of an account were evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The account.
    pub account: String,
    /// The action, the resource and the condition keys that the request carries.
    pub request: Request,
}

/// Whether these policies, all attached to one identity, allow a request. Condition keys that the
/// request does not carry count as absent; what cannot be decided is denied.
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

/// Finds resources by name in all services.
pub(crate) trait Directory {
    /// ARN and tags of the resource with this name, for a service in this account and Region.
    fn find(&self, service: &str, place: (&str, &str), name: &str) -> Option<(String, Tags)>;
}

/// A call to be authorized.
pub(crate) struct Call<'a> {
    pub service: &'a str,
    pub caller: &'a Caller,
    pub operation: &'a str,
    pub input: &'a Value,
    pub directory: &'a dyn Directory,
}

impl Call<'_> {
    /// The permission with the operation's own name.
    pub(super) fn need(&self, resource: &str) -> Need {
        self.other(&format!("{}:{}", self.service, self.operation), resource)
    }

    /// Another permission.
    pub(super) fn other(&self, action: &str, resource: &str) -> Need {
        Need(Request::new(&self.caller.arn, action, resource))
    }

    /// The ARN of a resource of this service in the account and Region of the call.
    pub(super) fn arn(&self, resource: &str) -> String {
        self.caller.arn_of(self.service, resource)
    }

    /// ARN and tags of the resource with this name, for a service in the account and Region of the
    /// call.
    pub(super) fn find(&self, service: &str, name: &str) -> Option<(String, Tags)> {
        self.directory.find(service, (&self.caller.account, &self.caller.region), name)
    }

    pub(super) fn text(&self, member: &str) -> &str {
        self.input[member].as_str().unwrap_or_default()
    }

    pub(super) fn texts(&self, member: &str) -> Vec<&str> {
        self.input[member].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Tags that the request sets, under these member names.
    pub(super) fn tags(&self, member: &str, key: &str, value: &str) -> Tags {
        tags(&self.input[member], key, value)
    }
}

/// The tags of a list whose entries have these members.
pub(super) fn tags(list: &Value, key: &str, value: &str) -> Tags {
    let items = list.as_array().into_iter().flatten();
    let text = |item: &Value, member: &str| item[member].as_str().unwrap_or_default().to_owned();
    items.map(|item| (text(item, key), text(item, value))).collect()
}

/// One permission that a call needs.
pub(crate) struct Need(pub Request);

impl Need {
    pub(super) fn with(mut self, key: &str, value: &str) -> Self {
        self.0.context.insert(key.to_ascii_lowercase(), vec![value.to_owned()]);
        self
    }

    /// The tags that the resource has.
    pub(super) fn of(mut self, tags: &Tags) -> Self {
        for (key, value) in tags {
            self = self.with(&format!("aws:ResourceTag/{key}"), value);
        }
        self
    }

    /// The tags that the request sets.
    pub(super) fn sets(mut self, tags: &Tags) -> Self {
        for (key, value) in tags {
            self = self.with(&format!("aws:RequestTag/{key}"), value);
        }
        let keys: Vec<&str> = tags.keys().map(String::as_str).collect();
        self.names(&keys)
    }

    /// The keys of tags in the request.
    pub(super) fn names(mut self, keys: &[&str]) -> Self {
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        if !keys.is_empty() {
            self.0.context.insert("aws:tagkeys".to_owned(), keys);
        }
        self
    }
}

/// All strings at or below a value that are ARNs of roles.
pub(super) fn roles(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::String(text) if text.starts_with("arn:") && text.contains(":role/") => {
            [text.as_str()].into()
        }
        Value::Array(items) => items.iter().flat_map(roles).collect(),
        Value::Object(members) => members.values().flat_map(roles).collect(),
        _ => BTreeSet::new(),
    }
}
