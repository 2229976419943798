//! Buses of EventBridge (API version 2015-10-07), as far as events are put on them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    api::{Api, Pages, Protocol, Refusal, Service},
    iam::{Call, Need},
    json::unknown_operation,
    service::{Answer, ApiError, Caller, Context, Options},
};

/// The properties of EventBridge for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "events",
    protocol: Protocol::Json { target: "AWSEvents" },
    throttled: Refusal::new("ThrottlingException", "Rate exceeded"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: false,
    extra_bucket: None,
    kinds: &[],
    taken: None,
};

/// The most entries of one call (API reference, PutEvents).
const MAX_ENTRIES: usize = 10;

/// All buses, by ARN, with what was put on them.
#[derive(Debug, Clone, Default)]
pub struct EventBuses {
    buses: BTreeMap<String, Vec<Value>>,
    /// Whether the next call does not take its first entry.
    pub refuse_one: bool,
}

impl EventBuses {
    /// Creates a bus.
    pub fn create(&mut self, arn: &str) {
        self.buses.entry(arn.to_owned()).or_default();
    }

    /// What was put on a bus.
    pub fn events(&self, arn: &str) -> Vec<Value> {
        self.buses.get(arn).cloned().unwrap_or_default()
    }
}

impl Service for EventBuses {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    fn call(
        &mut self,
        _caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        if operation != "PutEvents" {
            return Err(unknown_operation("events", operation));
        }
        let entries = input["Entries"].as_array().cloned().unwrap_or_default();
        if entries.is_empty() || entries.len() > MAX_ENTRIES {
            return Err(ApiError::new("ValidationException", "1 to 10 entries"));
        }
        let mut refuse = std::mem::take(&mut self.refuse_one);
        let (mut answers, mut failed) = (Vec::new(), 0);
        for entry in entries {
            let bus = entry["EventBusName"].as_str().unwrap_or_default();
            let detail = entry["Detail"].as_str().unwrap_or_default();
            let is_object = serde_json::from_str::<Value>(detail).is_ok_and(|it| it.is_object());
            match self.buses.get_mut(bus).filter(|_| is_object && !refuse) {
                Some(bus) => {
                    answers.push(json!({"EventId": context.ids.uuid()}));
                    bus.push(entry);
                }
                None => {
                    failed += 1;
                    answers.push(json!({"ErrorCode": "InternalFailure", "ErrorMessage": "no"}));
                }
            }
            refuse = false;
        }
        Ok(json!({"FailedEntryCount": failed, "Entries": answers}))
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        let entries = call.input["Entries"].as_array().into_iter().flatten();
        let mut buses: Vec<&str> = entries.filter_map(|it| it["EventBusName"].as_str()).collect();
        buses.sort_unstable();
        buses.dedup();
        buses.into_iter().map(|bus| call.need(bus)).collect()
    }
}
