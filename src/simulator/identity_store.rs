//! The identity store of Identity Center (API version 2020-06-15): users and groups.

use super::{
    api::{Api, Pages, Protocol, Refusal, Service},
    iam::{Call, Need},
    service::Options,
};

/// The properties of the identity store for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "identitystore",
    protocol: Protocol::Json { target: "AWSIdentityStore" },
    throttled: Refusal::new("ThrottlingException", "Rate exceeded"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: true,
    extra_bucket: None,
    kinds: &[],
    taken: None,
};

/// The service itself. What is in it is a part of [`IdentityCenter`](super::IdentityCenter), which
/// answers its calls.
#[derive(Debug, Clone, Default)]
pub struct IdentityStore;

impl Service for IdentityStore {
    fn begin(_options: &Options) -> Self {
        Self
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        let account = &call.caller.account;
        let user = call.operation.contains("User");
        let sort = if user { "user" } else { "group" };
        vec![
            call.need(&format!("arn:aws:identitystore::{account}:identitystore/*")),
            call.need(&format!("arn:aws:identitystore:::{sort}/*")),
        ]
    }
}
