//! SageMaker in memory: Studio domains, and the user profiles, spaces and apps in them; notebook
//! instances; and jobs, models and endpoints that nothing but people makes.
//!
//! Domains change asynchronously, return defaults that no request set, merge updates member by
//! member, and refuse some updates while apps run; the simulator models all of that. User profiles
//! and spaces do too, as tables; apps change at once.

mod app;
mod apps;
mod defaults;
mod domain;
mod domains;
mod errors;
mod iam;
mod lifecycle_configs;
mod merge;
mod notebooks;
mod place;
mod profiles;
mod registry;
mod rules;
mod spaces;
mod store;
#[cfg(test)]
mod tests;
mod truth;
mod update;
mod work;

use std::collections::BTreeSet;

use serde_json::Value;

use self::store::{Request, Store, TAGGING};
use super::{
    api::{Api, Named, Pages, Place, Protocol, Refusal, Service},
    iam::{Call, Need},
    json::{Input, unknown_operation, validation_exception},
    service::{Answer, Caller, Context, Options, is_mutating},
    shelves,
    table::{self, Table, TableCall},
    truth::Truth,
};

pub use store::SageMaker;

/// The properties of SageMaker for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "sagemaker",
    protocol: Protocol::Json { target: "SageMaker" },
    throttled: Refusal::new("ThrottlingException", "Rate exceeded"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: true,
    extra_bucket: None,
    kinds: truth::KINDS,
    taken: None,
};

/// The types that are tables.
static TABLES: [&Table<Store>; 10] = [
    &profiles::PROFILES,
    &spaces::SPACES,
    &notebooks::NOTEBOOKS,
    &lifecycle_configs::OF_NOTEBOOKS,
    &lifecycle_configs::OF_STUDIO,
    &work::TRAINING_JOBS,
    &work::PROCESSING_JOBS,
    &work::MODELS,
    &work::ENDPOINT_CONFIGS,
    &work::ENDPOINTS,
];

/// Whether a call is about the registry of models or a tracking server.
fn is_of_registry(operation: &str, input: &Value) -> bool {
    let arn = input["ResourceArn"].as_str().unwrap_or_default();
    shelves::has::<registry::Registry>(operation)
        || registry::KINDS_OF_ARN.iter().any(|kind| arn.contains(kind))
}

impl Service for SageMaker {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    /// The error codes are those of the SageMaker API reference and `ValidationException`;
    /// `UnknownOperationException` for an operation that is not simulated.
    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        if is_of_registry(operation, input) {
            return self.registry.call(caller, operation, input, context);
        }
        let place = (caller.account.clone(), caller.region.clone());
        let store = self.stores.entry(place).or_default();
        let elapsed = context.elapsed;
        store.settle(elapsed, |state| state.settle(elapsed));
        let input = Input::new(input, validation_exception);
        let behavior = &self.behavior;
        if is_mutating(operation) {
            let state = store.write(caller, context);
            state.residents_per_domain = behavior.residents_per_domain;
            let mut call = TableCall { caller, input, context };
            let answer = notebooks::turn(state, operation, &call)
                .or_else(|| table::write(&TABLES, state, operation, &mut call));
            if operation == "UpdateNotebookInstance" && matches!(answer, Some(Ok(_))) {
                notebooks::disassociate(state, input)?;
            }
            answer.or_else(|| TAGGING.write(&mut state.records, operation, input)).unwrap_or_else(
                || {
                    let context = call.context;
                    write(state, operation, &mut Request { caller, input, context, behavior })
                },
            )
        } else {
            let state = store.read(caller);
            let call = TableCall { caller, input, context };
            table::read(&TABLES, state, operation, &call)
                .or_else(|| TAGGING.read(&state.records, operation, input))
                .unwrap_or_else(|| {
                    let context = call.context;
                    read(state, operation, &Request { caller, input, context, behavior })
                })
        }
    }

    fn add_truth(&self, truth: &mut Truth) {
        self.registry.add_truth(truth);
        for ((account, _), store) in &self.stores {
            let store = store.now();
            store.add_domains(account, truth);
            table::add_truth(&TABLES, &store.records, account, truth);
        }
    }

    /// By ARN.
    fn find(&self, (account, region): Place<'_>, arn: &str) -> Option<Named> {
        if let Some(found) = self.registry.find((account, region), arn) {
            return Some(found);
        }
        let store = self.stores.get(&(account.to_owned(), region.to_owned()))?;
        Some((arn.to_owned(), store.now().records.tags.get(arn)?.clone()))
    }

    fn tagged(&self, place: Place<'_>) -> Vec<Named> {
        self.registry.tagged(place)
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        if is_of_registry(call.operation, call.input) {
            return self.registry.needs(call);
        }
        let new_here = !self.ever_had_domains(&call.caller.account);
        match table::needs(&TABLES, call) {
            Some(mut needs) => {
                needs.extend(iam::with_notebook(call, new_here));
                iam::of_resident(call, needs)
            }
            None => iam::needs(call, new_here),
        }
    }
}

impl SageMaker {
    /// Whether the account has, or had, a domain in any region.
    fn ever_had_domains(&self, account: &str) -> bool {
        let stores = self.stores.iter().filter(|((of, _), _)| of == account);
        let mut states = stores.map(|(_, store)| store.now());
        states.any(|state| !state.domains.is_empty() || !state.retained_file_systems.is_empty())
    }

    /// The home file systems left by deleted domains in a region of an account (`RetentionPolicy`
    /// `Retain`, the default).
    pub fn retained_file_systems(&self, account: &str, region: &str) -> BTreeSet<String> {
        let store = self.stores.get(&(account.to_owned(), region.to_owned()));
        store.map(|store| store.now().retained_file_systems.clone()).unwrap_or_default()
    }
}

fn read(store: &Store, operation: &str, request: &Request<'_, '_>) -> Answer {
    match operation {
        "DescribeDomain" => domains::describe(store, request),
        "ListDomains" => domains::list(store, request),
        "DescribeApp" => apps::describe(store, request),
        "ListApps" => apps::list(store, request),
        _ => Err(unknown_operation("SageMaker", operation)),
    }
}

fn write(store: &mut Store, operation: &str, request: &mut Request<'_, '_>) -> Answer {
    match operation {
        "CreateDomain" => domains::create(store, request),
        "UpdateDomain" => update::update(store, request),
        "DeleteDomain" => domains::delete(store, request),
        "CreateApp" => apps::create(store, request),
        "DeleteApp" => apps::delete(store, request),
        _ => Err(unknown_operation("SageMaker", operation)),
    }
}
