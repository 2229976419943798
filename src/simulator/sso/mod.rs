//! IAM Identity Center of the organization (API version 2020-07-20): permission sets, and who has
//! them in which account. The users and groups of its identity store, a service of its own, are
//! here, too.
//!
//! There is one instance, in its home Region; the management account and delegated administrators
//! can use it.

mod assignments;
mod contents;
mod errors;
mod iam;
mod people;
mod request;
mod sets;
mod state;
mod truth;

use std::collections::BTreeSet;

use serde_json::Value;

use self::{
    errors::{denied, missing},
    request::{PAGING, Request},
    state::State,
};
use super::{
    api::{Api, Named, Pages, Place, Protocol, Refusal, Service},
    iam::{Call, Need},
    json::{Input, Lagged, unknown_operation, validation_exception},
    service::{Answer, Caller, Context, Options},
    truth::Truth,
};

/// The properties of Identity Center for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "sso",
    protocol: Protocol::Json { target: "SWBExternalService" },
    throttled: Refusal::new("ThrottlingException", "Rate exceeded"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: true,
    extra_bucket: None,
    kinds: truth::KINDS,
    taken: None,
};

/// The organization's Identity Center.
#[derive(Debug, Clone)]
pub struct IdentityCenter {
    state: Lagged<State>,
    /// The Region in which it is.
    pub home: String,
    /// Member accounts that administer it, too.
    pub delegated: BTreeSet<String>,
}

impl IdentityCenter {
    fn administers(&self, caller: &Caller) -> bool {
        let is_allowed =
            caller.account == self.state.now().owner || self.delegated.contains(&caller.account);
        is_allowed && caller.region == self.home
    }

    /// Answers a call to the identity store.
    pub(super) fn identities(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        if !self.administers(caller) {
            return Err(denied());
        }
        let mut request =
            Request { input: Input::new(input, validation_exception), caller, context };
        let found = people::read(self.state.read(caller), operation, &request);
        found.unwrap_or_else(|| {
            let state = self.state.write(caller, request.context);
            people::write(state, operation, &mut request)
                .unwrap_or_else(|| Err(unknown_operation("identity store", operation)))
        })
    }
}

impl Service for IdentityCenter {
    fn begin(options: &Options) -> Self {
        Self {
            state: Lagged::new(State::new(options)),
            home: "us-east-1".to_owned(),
            delegated: BTreeSet::new(),
        }
    }

    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        self.state.settle(context.elapsed, |state| state.settle(context.elapsed));
        let administers = self.administers(caller);
        let mut request =
            Request { input: Input::new(input, validation_exception), caller, context };
        if operation == "ListInstances" {
            let shown = administers.then(|| self.state.now().shown()).into_iter().collect();
            return PAGING.answer(request.input, "Instances", shown);
        }
        if !administers {
            return Err(denied());
        }
        if request.input.required_text("InstanceArn")? != State::arn() {
            return Err(missing("Instance"));
        }
        let state = self.state.read(caller);
        let found = sets::read(state, operation, &request)
            .or_else(|| contents::read(state, operation, &request))
            .or_else(|| assignments::read(state, operation, &request));
        if let Some(answer) = found {
            return answer;
        }
        let state = self.state.write(caller, request.context);
        sets::write(state, operation, &mut request)
            .or_else(|| contents::write(state, operation, &mut request))
            .or_else(|| assignments::write(state, operation, &mut request))
            .unwrap_or_else(|| Err(unknown_operation("Identity Center", operation)))
    }

    fn add_truth(&self, truth: &mut Truth) {
        truth::add(self.state.now(), truth);
        truth::add_sets(self.state.now(), truth);
    }

    /// A permission set by its ARN.
    fn find(&self, _place: Place<'_>, arn: &str) -> Option<Named> {
        let set = self.state.now().sets.get(arn)?;
        Some((arn.to_owned(), set.tags.clone()))
    }

    /// Permission sets, in the home Region of the account that has the instance.
    fn tagged(&self, (account, region): Place<'_>) -> Vec<Named> {
        let state = self.state.now();
        if account != state.owner || region != self.home {
            return Vec::new();
        }
        let tagged = state.sets.iter().filter(|(_, set)| !set.tags.is_empty());
        tagged.map(|(arn, set)| (arn.clone(), set.tags.clone())).collect()
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        iam::needs(call)
    }
}
