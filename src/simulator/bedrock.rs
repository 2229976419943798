//! Bedrock: what is logged of the invocations of models (API version 2023-04-20).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    api::{Api, Protocol, Refusal},
    documents::{Documents, Sort, api, is_on, unknown},
    rest::Route,
    service::{Answer, ApiError, Caller},
    truth,
};

const PATH: &str = "/logging/modelinvocations";

/// The properties of Bedrock for the rest of the simulator.
pub(super) static API: Api = api(
    "bedrock",
    Protocol::Rest {
        routes: &[
            Route::new("GET", PATH, "GetModelInvocationLoggingConfiguration"),
            Route::new("PUT", PATH, "PutModelInvocationLoggingConfiguration"),
            Route::new("DELETE", PATH, "DeleteModelInvocationLoggingConfiguration"),
        ],
        xml: None,
    },
    Refusal { code: "ThrottlingException", message: "Too many requests", status: 429 },
);

/// Configurations of logging.
#[derive(Debug, Clone, Default)]
pub struct Logging;

/// The configurations of all accounts and Regions.
pub type Logs = Documents<Logging>;

impl Sort for Logging {
    const REGIONAL: bool = true;

    fn call(
        document: &mut Option<Value>,
        _caller: &Caller,
        operation: &str,
        input: &Value,
    ) -> Answer {
        match operation {
            "GetModelInvocationLoggingConfiguration" => {
                Ok(document.as_ref().map_or_else(|| json!({}), |all| json!({"loggingConfig": all})))
            }
            // It replaces the whole.
            "PutModelInvocationLoggingConfiguration" => {
                let config = &input["loggingConfig"];
                if config["s3Config"].is_null() && config["cloudWatchConfig"].is_null() {
                    let message = "Either S3Config or CloudWatchConfig must be given";
                    return Err(ApiError::new("ValidationException", message));
                }
                *document = Some(config.clone());
                Ok(json!({}))
            }
            "DeleteModelInvocationLoggingConfiguration" => {
                *document = None;
                Ok(json!({}))
            }
            _ => Err(unknown(operation)),
        }
    }

    /// Without a configuration nothing is logged.
    fn facts(document: Option<&Value>) -> BTreeSet<String> {
        let mut facts = BTreeSet::new();
        let mut all = document.cloned().unwrap_or_else(|| json!({}));
        for kind in ["text", "image", "embedding", "video", "audio"] {
            let member = format!("{kind}DataDeliveryEnabled");
            all[&member] = is_on(&all, &member).into();
        }
        truth::leaves("logging", &all, &mut facts);
        facts
    }
}
