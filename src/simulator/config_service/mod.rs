//! AWS Config: rules, and the recorder of each account and Region (API version 2014-11-12).

mod recorders;
mod rules;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    api::{Api, Pages, Protocol, Refusal, Service},
    iam::{Call, Need, roles},
    json::unknown_operation,
    service::{Answer, ApiError, Caller, Context, Options},
    truth::Truth,
};

/// The properties of AWS Config for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "config",
    protocol: Protocol::Json { target: "StarlingDoveService" },
    throttled: Refusal::new("ThrottlingException", "Rate exceeded"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: true,
    extra_bucket: None,
    kinds: &[],
    taken: None,
};

/// Config in every account and Region.
#[derive(Debug, Clone, Default)]
pub struct Config {
    regions: BTreeMap<(String, String), State>,
}

/// Config in one account and Region.
#[derive(Debug, Clone, Default)]
struct State {
    rules: rules::Rules,
    recorders: recorders::Recorders,
}

/// The resource that a call is authorized for (service authorization reference, Config).
fn resource(call: &Call<'_>) -> String {
    let named = |value: &Value| value.as_str().unwrap_or("default").to_owned();
    let input = call.input;
    match call.operation {
        "PutConfigRule" => {
            let name = named(&input["ConfigRule"]["ConfigRuleName"]);
            call.arn(&format!("config-rule/{name}"))
        }
        "DeleteConfigRule" => call.arn(&format!("config-rule/{}", named(&input["ConfigRuleName"]))),
        "PutConfigurationRecorder" => {
            recorder(call, &named(&input["ConfigurationRecorder"]["name"]))
        }
        "StartConfigurationRecorder"
        | "StopConfigurationRecorder"
        | "DeleteConfigurationRecorder" => {
            recorder(call, &named(&input["ConfigurationRecorderName"]))
        }
        "DescribeConfigurationRecorders" | "DescribeConfigurationRecorderStatus" => {
            recorder(call, &named(&input["ConfigurationRecorderNames"][0]))
        }
        _ => "*".to_owned(),
    }
}

/// The id after the name is Config's own.
fn recorder(call: &Call<'_>, name: &str) -> String {
    call.arn(&format!("configuration-recorder/{name}/id"))
}

impl Service for Config {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        let key = (caller.account.clone(), caller.region.clone());
        let state = self.regions.entry(key).or_default();
        if let Some(answer) = state.recorders.call(caller, operation, input, context) {
            return answer;
        }
        // The role of the recorder is what evaluates (Config API reference, PutConfigRule).
        if operation == "PutConfigRule" && state.recorders.is_empty() {
            let message = "There are no configuration recorders available to provide the role \
                           needed to describe your resources.";
            return Err(ApiError::new("NoAvailableConfigurationRecorderException", message));
        }
        let answer = state.rules.call(caller, operation, input, context);
        answer.unwrap_or_else(|| Err(unknown_operation("Config", operation)))
    }

    fn add_truth(&self, truth: &mut Truth) {
        for (place, state) in &self.regions {
            state.rules.add_truth(place, truth);
            state.recorders.add_truth(place, truth);
        }
    }

    /// A recorder gets a role from its caller (service authorization reference, Config).
    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        let mut needs = vec![call.need(&resource(call))];
        if call.operation == "PutConfigurationRecorder" {
            let passed = roles(call.input).into_iter().map(|role| {
                let need = call.other("iam:PassRole", role);
                need.with("iam:PassedToService", "config.amazonaws.com")
            });
            needs.extend(passed.collect::<Vec<_>>());
        }
        needs
    }
}
