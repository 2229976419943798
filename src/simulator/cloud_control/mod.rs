//! Cloud Control: one interface to resources of many types, each described by a schema and managed
//! by handlers, which call the services (API version 2021-09-30).
//!
//! ```text
//! call -> schema (ValidationException) -> request (token, one operation for each resource)
//!      -> handler (calls of ec2, s3, iam, config with the caller's permissions) -> outcome
//! ```
//!
//! A handler does its work when the request arrives; the request says so only when its time has
//! passed, and until then reads through Cloud Control show what was before. The services show it
//! at once.

mod clock;
mod handling;
mod input;
mod kinds;
mod listing;
mod names;
mod patch;
mod paths;
mod reading;
mod requests;
mod resource_type;
mod schema;
mod site;
#[cfg(test)]
mod tests;
mod types;

use serde_json::Value;

use self::{handling::Handling, requests::Requests};
use super::{
    api::{Api, Others, Pages, Protocol, Refusal, Service, Through},
    iam::{Call, Need},
    service::{Answer, Caller, Context, Options},
};

/// The properties of Cloud Control for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "cloudcontrolapi",
    protocol: Protocol::Json10 { target: "CloudApiService" },
    throttled: Refusal::new("ThrottlingException", "Rate exceeded"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: true,
    extra_bucket: None,
    kinds: kinds::KINDS,
    taken: None,
};

/// The requests of all accounts and Regions. The resources are the services' own.
#[derive(Debug, Clone, Default)]
pub struct CloudControl {
    requests: Requests,
    /// The reads so far: each has another order of what has none.
    reads: u64,
}

impl Service for CloudControl {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    /// Cloud Control is authorized as CloudFormation, whatever the type (user guide).
    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        let resource = call.caller.arn_of("cloudformation", "resource/*");
        vec![call.other(&format!("cloudformation:{}", call.operation), &resource)]
    }
}

impl Through for CloudControl {
    fn answer(
        &mut self,
        others: &mut dyn Others,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        self.requests.expire(context.elapsed);
        let site = site::Site { others, caller, context, narrowed: Value::Null };
        Handling { requests: &mut self.requests, reads: &mut self.reads, site }
            .answer(operation, input)
    }
}
