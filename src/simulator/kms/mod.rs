//! AWS KMS in memory: customer managed keys, their policies, aliases, tags, rotation and grants.
//!
//! No cryptography: the simulator stands for the control plane. What it takes care to model is what trips a reconciler up: the server
//! rewrites key policies, key states refuse calls, aliases are the only atomic name, and a policy may not lock its writer out.

mod aliases;
mod deletion;
mod grants;
mod key;
mod keys;
mod lockout;
mod managed;
mod policy;
mod pretty;
mod reference;
mod rotation;
mod spec;
mod tags;
#[cfg(test)]
mod tests;
mod truth;

#[cfg(test)]
pub(super) use policy::accept;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::{aliases::Alias, key::Key};
use super::{
    json::{Input, Lagged, Page, Trouble, page, unknown_operation, validation_exception},
    service::{Answer, ApiError, Caller, Context, is_mutating},
};

/// The keys of every account and region.
#[derive(Debug, Clone, Default)]
pub struct Kms {
    stores: BTreeMap<(String, String), Lagged<Store>>,
    deleted_principals: BTreeSet<String>,
}

/// The keys and aliases of one account in one region.
#[derive(Debug, Clone, Default)]
struct Store {
    keys: BTreeMap<String, Key>,
    aliases: BTreeMap<String, Alias>,
}

/// One call: who makes it, what it asks, and the world around it.
struct Request<'a, 'w> {
    caller: &'a Caller,
    input: Input<'a>,
    context: &'a mut Context<'w>,
    deleted_principals: &'a BTreeSet<String>,
}

impl Kms {
    /// Answers one call of the KMS API (`TrentService.*`).
    ///
    /// # Errors
    /// The error codes of the KMS API reference; `UnknownOperationException` for an operation that is not simulated.
    pub fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        let place = (caller.account.clone(), caller.region.clone());
        let store = self.stores.entry(place).or_default();
        let (now, elapsed) = (context.now, context.elapsed);
        store.settle(elapsed, |state| state.delete_due_keys(now));
        let input = Input::new(input, validation_exception);
        let mut request =
            Request { caller, input, context, deleted_principals: &self.deleted_principals };
        if is_mutating(operation) {
            let state = store.write(caller, request.context);
            return write(state, operation, &mut request);
        }
        if operation == "DescribeKey" {
            managed::create_on_first_use(store, &mut request)?;
        }
        read(store.read(caller), operation, &request)
    }

    /// ARN and tags of the key that an id, an ARN or an alias means at this instant.
    pub(super) fn key_meant(
        &self,
        account: &str,
        region: &str,
        text: &str,
    ) -> Option<(&str, &BTreeMap<String, String>)> {
        let store = self.stores.get(&(account.to_owned(), region.to_owned()))?.now();
        let name = text.rsplit_once(':').map_or(text, |(_, resource)| resource);
        let id = match store.aliases.get(name) {
            Some(alias) => alias.target.as_str(),
            None => name.strip_prefix("key/").unwrap_or(name),
        };
        store.keys.get(id).map(|key| (key.arn.as_str(), &key.tags))
    }

    /// Makes an IAM role or user disappear, as if IAM had deleted it.
    ///
    /// Policies that name it show its unique id (`AROA...`, `AIDA...`) from now on, and no policy that names its ARN or its unique id is
    /// accepted any more: the IAM user guide describes both for resource policies.
    pub fn delete_principal(&mut self, arn: &str) {
        self.deleted_principals.insert(arn.to_owned());
        for store in self.stores.values_mut() {
            store.settle(std::time::Duration::ZERO, |state| {
                for key in state.keys.values_mut() {
                    key.policy = policy::orphan(&key.policy, arn);
                }
            });
        }
    }
}

fn read(store: &Store, operation: &str, request: &Request<'_, '_>) -> Answer {
    match operation {
        "DescribeKey" => keys::describe(store, request),
        "ListKeys" => keys::list(store, request),
        "GetKeyPolicy" => keys::policy(store, request),
        "ListKeyPolicies" => keys::list_policies(store, request),
        "ListAliases" => aliases::list(store, request),
        "GetKeyRotationStatus" => rotation::status(store, request),
        "ListResourceTags" => tags::list(store, request),
        "ListGrants" => grants::list(store, request),
        _ => Err(unknown_operation("KMS", operation)),
    }
}

fn write(store: &mut Store, operation: &str, request: &mut Request<'_, '_>) -> Answer {
    match operation {
        "CreateKey" => keys::create(store, request),
        "PutKeyPolicy" => keys::put_policy(store, request),
        "UpdateKeyDescription" => keys::update_description(store, request),
        "EnableKey" => keys::enable(store, request),
        "DisableKey" => keys::disable(store, request),
        "ScheduleKeyDeletion" => deletion::schedule(store, request),
        "CancelKeyDeletion" => deletion::cancel(store, request),
        "CreateAlias" => aliases::create(store, request),
        "UpdateAlias" => aliases::update(store, request),
        "DeleteAlias" => aliases::delete(store, request),
        "EnableKeyRotation" => rotation::enable(store, request),
        "DisableKeyRotation" => rotation::disable(store, request),
        "TagResource" => tags::add(store, request),
        "UntagResource" => tags::remove(store, request),
        "CreateGrant" => grants::create(store, request),
        "RevokeGrant" => grants::revoke(store, request),
        _ => Err(unknown_operation("KMS", operation)),
    }
}

/// A page of a KMS listing: `Limit` within 1 and `most`, `Marker` in, `NextMarker` and `Truncated` out.
fn paged(
    request: &Request<'_, '_>,
    list: &str,
    items: Vec<(String, Value)>,
    usual: usize,
    most: usize,
) -> Answer {
    let limit = request.input.integer("Limit", 1..=most)?.unwrap_or(usual);
    let marker = request.input.bounded_text("Marker", 1..=1024)?;
    let Page { items, next } = page(items, limit, marker)
        .ok_or_else(|| ApiError::new("InvalidMarkerException", "Could not deserialize marker"))?;
    let mut answer = serde_json::Map::new();
    answer.insert(list.to_owned(), Value::Array(items));
    answer.insert("Truncated".to_owned(), Value::Bool(next.is_some()));
    if let Some(next) = next {
        answer.insert("NextMarker".to_owned(), Value::String(next));
    }
    Ok(Value::Object(answer))
}

/// The partition whose ARNs this region uses.
fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

impl Request<'_, '_> {
    /// The ARN of a KMS resource in the place the caller calls: `key/ID` or `alias/NAME`.
    fn arn(&self, resource: &str) -> String {
        let Caller { account, region, .. } = self.caller;
        format!("arn:{}:kms:{region}:{account}:{resource}", partition(region))
    }

    /// A required string member of 1 to `most` characters.
    fn name(&self, member: &str, most: usize) -> Result<&str, ApiError> {
        let value = self.input.bounded_text(member, 1..=most)?;
        value.ok_or_else(|| self.input.refusal(member, None, Trouble::Missing))
    }
}
