//! Bedrock: what is logged of the invocations of models, and guardrails (API version 2023-04-20).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    api::{Api, Named, Place, Protocol, Refusal, Service},
    documents::{Documents, Sort, api, is_on, unknown},
    iam::{Call, Need},
    rest::Route,
    service::{Answer, ApiError, Caller, Context, Options},
    shelves::{Asked, Calls, Properties, Shelf, Shelves, Stock, TAGS, refuse},
    truth::{self, Truth},
};
use crate::kinds::cloud_control::bedrock_guardrail;

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

/// Bedrock in all accounts and Regions.
#[derive(Debug, Clone, Default)]
pub struct Bedrock {
    logs: Documents<Logging>,
    guardrails: Shelves<Guardrails>,
}

/// Guardrails.
#[derive(Debug, Clone, Default)]
pub struct Guardrails;

impl Stock for Guardrails {
    const SHELVES: &'static [&'static Shelf] = &[&GUARDRAILS];
}

static GUARDRAILS: Shelf = Shelf {
    service: "bedrock",
    kind: bedrock_guardrail::NAME,
    calls: Calls {
        create: "CreateGuardrail",
        read: "GetGuardrail",
        update: "UpdateGuardrail",
        delete: "DeleteGuardrail",
        list: "ListGuardrails",
        creates_named: false,
        read_with: &["bedrock:ListTagsForResource"],
        create_with: &[],
        update_with: &[],
        tags: TAGS,
    },
    arn: ("guardrail/{id}", true),
    names: |_, context| (context.ids.alphanumeric(12).to_lowercase(), None),
    complete: |guardrail, _, context| {
        for (property, value) in [
            ("CreatedAt", json!(context.now.to_string())),
            ("UpdatedAt", json!(context.now.to_string())),
            ("Status", json!("READY")),
            ("Version", json!("DRAFT")),
            ("FailureRecommendations", json!([])),
            ("StatusReasons", json!([])),
        ] {
            guardrail.insert(property.to_owned(), value);
        }
        fill_tiers(guardrail);
    },
    check: check_guardrail,
    generated: &["CreatedAt", "UpdatedAt", "Version", "FailureRecommendations", "StatusReasons"],
    missing: "ResourceNotFoundException",
};

/// Where no tier is said it is the classic one (API reference).
fn fill_tiers(guardrail: &mut Properties) {
    let tiers = [
        ("ContentPolicyConfig", "ContentFiltersTierConfig"),
        ("TopicPolicyConfig", "TopicsTierConfig"),
    ];
    for (config, tier) in tiers {
        if let Some(Value::Object(config)) = guardrail.get_mut(config) {
            config.entry(tier).or_insert_with(|| json!({"TierName": "CLASSIC"}));
        }
    }
}

/// Names are unique; a guardrail without any policy does nothing, and is refused (API reference,
/// `CreateGuardrail`).
fn check_guardrail(asked: &Asked<'_>) -> Result<(), ApiError> {
    let taken = asked.others.iter().any(|it| it.get("Name") == asked.new.get("Name"));
    refuse(taken, "ConflictException", "Another guardrail in your account already has this name")?;
    let protects = asked.new.keys().any(|property| property.ends_with("PolicyConfig"));
    refuse(!protects, "ValidationException", "At least one policy is required")?;
    let filters = asked.new.get("ContentPolicyConfig").map(|it| it["FiltersConfig"].clone());
    let filters = filters.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    // What attacks a prompt is only looked for on the way in.
    let wrong = filters
        .iter()
        .any(|filter| filter["Type"] == "PROMPT_ATTACK" && filter["OutputStrength"] != "NONE");
    refuse(wrong, "ValidationException", "PROMPT_ATTACK has the output strength NONE")
}

impl Service for Bedrock {
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
        if operation.contains("ModelInvocationLogging") {
            return self.logs.call(caller, operation, input, context);
        }
        self.guardrails.call(caller, operation, input, context)
    }

    fn add_truth(&self, truth: &mut Truth) {
        self.logs.add_truth(truth);
        self.guardrails.add_truth(truth);
    }

    fn find(&self, place: Place<'_>, name: &str) -> Option<Named> {
        self.guardrails.find(place, name)
    }

    fn tagged(&self, place: Place<'_>) -> Vec<Named> {
        self.guardrails.tagged(place)
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        if call.operation.contains("ModelInvocationLogging") {
            return self.logs.needs(call);
        }
        self.guardrails.needs(call)
    }
}

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
