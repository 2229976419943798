//! What accounts have once, in services of which nothing else is simulated: a document for each
//! account, or for each of its Regions.

use std::{collections::BTreeMap, collections::BTreeSet, fmt::Debug, marker::PhantomData};

use serde_json::Value;

use super::{
    api::{Api, Pages, Protocol, Refusal, Service},
    iam::{Call, Need},
    service::{Answer, ApiError, Caller, Context, Options},
    truth::Truth,
};

/// What is in one service.
pub trait Sort: Debug + Clone + Default + Send + Sync + 'static {
    /// Whether each Region has its own document.
    const REGIONAL: bool;

    /// Answers one call about the document of the caller's account.
    ///
    /// # Errors
    /// The service's own.
    fn call(
        document: &mut Option<Value>,
        caller: &Caller,
        operation: &str,
        input: &Value,
    ) -> Answer;

    /// The facts that monitors watch. There are some without a document, too.
    fn facts(document: Option<&Value>) -> BTreeSet<String>;

    /// The action that authorizes an operation, without its service.
    fn action(operation: &str) -> &str {
        operation
    }
}

/// The documents of one service, by account and Region.
#[derive(Debug, Clone, Default)]
pub struct Documents<S> {
    all: BTreeMap<(String, String), Value>,
    sort: PhantomData<S>,
}

impl<S: Sort> Documents<S> {
    fn place(account: &str, region: &str) -> (String, String) {
        let region = if S::REGIONAL { region } else { "" };
        (account.to_owned(), region.to_owned())
    }
}

impl<S: Sort> Service for Documents<S> {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        _context: &mut Context<'_>,
    ) -> Answer {
        let place = Self::place(&caller.account, &caller.region);
        let mut document = self.all.remove(&place);
        let answer = S::call(&mut document, caller, operation, input);
        if let Some(document) = document {
            self.all.insert(place, document);
        }
        answer
    }

    /// They are settings of the account like those of EC2 in each of its Regions.
    fn add_truth(&self, truth: &mut Truth) {
        for (id, thing) in &mut truth.things {
            let Some(region) = id.strip_prefix(&format!("settings/{}/", thing.account)) else {
                continue;
            };
            let document = self.all.get(&Self::place(&thing.account, region));
            thing.facts.extend(S::facts(document));
        }
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        vec![call.other(&format!("{}:{}", call.service, S::action(call.operation)), "*")]
    }
}

pub(super) const fn api(name: &'static str, protocol: Protocol, throttled: Refusal) -> Api {
    Api {
        name,
        protocol,
        throttled,
        pages: Pages::NEXT_TOKEN,
        tags: "Tags",
        replicated: false,
        extra_bucket: None,
        kinds: &[],
        taken: None,
    }
}

pub(super) fn unknown(operation: &str) -> ApiError {
    ApiError::new("UnknownOperationException", format!("There is no operation {operation}"))
}

/// A member that is on, however the protocol writes it.
pub(super) fn is_on(input: &Value, member: &str) -> bool {
    let value = &input[member];
    value.as_bool().unwrap_or_else(|| value.as_str().is_some_and(|text| text == "true"))
}
