//! AWS KMS in memory: customer managed keys, their policies, aliases, tags, rotation and grants.
//!
//! No cryptography: only the control plane is simulated. The simulator pays attention to what is
//! difficult for a reconciler: the server rewrites key policies, key states refuse calls, aliases
//! are the only atomic name, and a policy must not lock out its writer.

mod aliases;
mod deletion;
mod family;
mod governance;
mod grants;
mod iam;
mod key;
mod keys;
mod lockout;
mod managed;
mod material;
mod policy;
mod pretty;
mod reference;
mod replicas;
mod rotation;
mod spec;
mod store;
mod tags;
#[cfg(test)]
mod tests;
mod truth;

use serde_json::Value;

use self::store::{Request, Store};
use super::{
    api::{Api, Named, Pages, Place, Protocol, Refusal, Service},
    iam::{Call, Need},
    json::{Input, unknown_operation, validation_exception},
    service::{Answer, Caller, Context, Options, is_mutating},
    truth::Truth,
};

#[cfg(test)]
pub(super) use policy::accept;
pub use store::Kms;

/// The properties of KMS for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "kms",
    protocol: Protocol::Json { target: "TrentService" },
    throttled: Refusal::new("ThrottlingException", "Rate exceeded"),
    pages: Pages { token: "Marker", next: "NextMarker", more: Some("Truncated") },
    tags: "Tags",
    replicated: true,
    extra_bucket: None,
    kinds: truth::KINDS,
    taken: None,
};

impl Service for Kms {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    /// The error codes are those of the KMS API reference; `UnknownOperationException` for an
    /// operation that is not simulated.
    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        self.settle_families(context.now);
        if operation == "ReplicateKey" {
            let deleted_principals = self.deleted_principals.clone();
            let input = Input::new(input, validation_exception);
            let deleted_principals = &deleted_principals;
            return self.replicate(&mut Request { caller, input, context, deleted_principals });
        }
        let place = (caller.account.clone(), caller.region.clone());
        let store = self.stores.entry(place).or_default();
        let (now, elapsed) = (context.now, context.elapsed);
        store.settle(elapsed, |state| {
            state.delete_due_keys(now);
            state.delete_expired_material(now);
        });
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

    fn add_truth(&self, truth: &mut Truth) {
        self.add_things(&mut truth.things);
    }

    /// By id, ARN or alias.
    fn find(&self, (account, region): Place<'_>, text: &str) -> Option<Named> {
        let store = self.stores.get(&(account.to_owned(), region.to_owned()))?.now();
        let name = text.rsplit_once(':').map_or(text, |(_, resource)| resource);
        let id = match store.aliases.get(name) {
            Some(alias) => alias.target.as_str(),
            None => name.strip_prefix("key/").unwrap_or(name),
        };
        store.keys.get(id).map(|key| (key.arn.clone(), key.tags.clone()))
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        iam::needs(call)
    }
}

impl Kms {
    /// Makes an IAM role or user disappear, as if IAM had deleted it.
    ///
    /// From then on, policies that name it show its unique id (`AROA...`, `AIDA...`), and policies
    /// that name its ARN or its unique id are refused: the IAM user guide describes both for
    /// resource policies.
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
        "RotateKeyOnDemand" => rotation::on_demand(store, request),
        "DisableKeyRotation" => rotation::disable(store, request),
        "TagResource" => tags::add(store, request),
        "UntagResource" => tags::remove(store, request),
        "CreateGrant" => grants::create(store, request),
        "RevokeGrant" => grants::revoke(store, request),
        "SimulatorImportMaterial" => material::import(store, request),
        _ => Err(unknown_operation("KMS", operation)),
    }
}
