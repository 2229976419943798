//! The rules of one account and Region.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::simulator::{
    service::{Answer, ApiError, Caller, Context},
    truth::{Thing, Truth, leaves},
};

/// Rules of a Region (Config developer guide, service limits).
const MAX_RULES: usize = 1000;

/// Rules by name, each with what was given and what Config generated.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules(BTreeMap<String, Map<String, Value>>);

impl Rules {
    /// Answers an operation on rules; `None` for others.
    pub(super) fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Option<Answer> {
        Some(match operation {
            "PutConfigRule" => self.put(caller, &input["ConfigRule"], context),
            "DescribeConfigRules" => self.describe(input),
            "DeleteConfigRule" => {
                let name = input["ConfigRuleName"].as_str().unwrap_or_default();
                self.0.remove(name).map(|_| Value::Null).ok_or_else(|| missing(name))
            }
            _ => return None,
        })
    }

    fn put(&mut self, caller: &Caller, given: &Value, context: &mut Context<'_>) -> Answer {
        let name = given["ConfigRuleName"].as_str().unwrap_or_default();
        let legal = !name.trim().is_empty() && name.chars().count() <= 128;
        refuse(!legal, "The name of a rule has 1 to 128 characters")?;
        check(given)?;
        let old = self.0.get(name);
        if old.is_none() && self.0.len() >= MAX_RULES {
            let code = "MaxNumberOfConfigRulesExceededException";
            return Err(ApiError::new(code, format!("The limit is {MAX_RULES} rules.")));
        }
        let mut rule = given.as_object().cloned().unwrap_or_default();
        rule.retain(|_, value| !value.is_null());
        let made = || {
            let id = format!("config-rule-{}", context.ids.alphanumeric(6));
            let arn = caller.arn_of("config", &format!("config-rule/{id}"));
            [id.into(), arn.into()]
        };
        let own = ["ConfigRuleId", "ConfigRuleArn"];
        let ids = old.map_or_else(made, |old| own.map(|member| old[member].clone()));
        for (member, value) in own.into_iter().zip(ids) {
            rule.insert(member.to_owned(), value);
        }
        rule.insert("ConfigRuleState".to_owned(), "ACTIVE".into());
        rule.entry("EvaluationModes").or_insert_with(|| json!([{"Mode": "DETECTIVE"}]));
        self.0.insert(name.to_owned(), rule);
        Ok(Value::Null)
    }

    /// The text of a custom policy has an operation of its own, GetCustomRulePolicy.
    fn describe(&self, input: &Value) -> Answer {
        let names = input["ConfigRuleNames"].as_array().cloned().unwrap_or_default();
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        if let Some(name) = names.iter().find(|name| !self.0.contains_key(**name)) {
            return Err(missing(name));
        }
        let asked = |name: &&String| names.is_empty() || names.contains(&name.as_str());
        let shown = self.0.iter().filter(|(name, _)| asked(name)).map(|(_, rule)| {
            let mut rule = Value::Object(rule.clone());
            if let Some(Value::Object(custom)) = rule.pointer_mut("/Source/CustomPolicyDetails") {
                custom.remove("PolicyText");
            }
            rule
        });
        Ok(json!({"ConfigRules": shown.collect::<Vec<_>>()}))
    }

    pub(super) fn add_truth(&self, (account, region): &(String, String), truth: &mut Truth) {
        const KIND: &str = crate::kinds::cloud_control::config_config_rule::NAME;
        for (name, rule) in &self.0 {
            let mut facts = BTreeSet::new();
            for (member, value) in rule {
                if !["ConfigRuleId", "ConfigRuleArn", "ConfigRuleState"].contains(&member.as_str())
                {
                    leaves(member, value, &mut facts);
                }
            }
            // An empty list says the same as none: Cloud Control writes back those that it reads.
            facts.retain(|fact| !fact.ends_with(" []"));
            let account = account.clone();
            let id = format!("{KIND}/{account}/{region}/{name}");
            truth.things.insert(id, Thing { kind: KIND, account, tags: BTreeMap::new(), facts });
        }
    }
}

fn missing(name: &str) -> ApiError {
    let message = format!("The ConfigRule '{name}' provided in the request is invalid.");
    ApiError::new("NoSuchConfigRuleException", message)
}

fn refuse(wrong: bool, message: &str) -> Result<(), ApiError> {
    if wrong { Err(ApiError::new("InvalidParameterValueException", message)) } else { Ok(()) }
}

/// The rules of the API reference for ConfigRule, Source and Scope.
fn check(rule: &Value) -> Result<(), ApiError> {
    let description = rule["Description"].as_str().unwrap_or(" ");
    let long = !(1..=256).contains(&description.chars().count());
    refuse(long, "A description has 1 to 256 characters")?;
    source(&rule["Source"])?;
    scope(&rule["Scope"])?;
    frequency(&rule["MaximumExecutionFrequency"])?;
    if let Some(text) = rule["InputParameters"].as_str() {
        let parsed: Option<Map<String, Value>> = serde_json::from_str(text).ok();
        let right = parsed.is_some_and(|all| all.values().all(Value::is_string));
        refuse(!right, "The parameters are not a JSON object of strings")?;
        refuse(text.len() > 1024, "The parameters have more than 1024 characters")?;
    }
    let modes = rule["EvaluationModes"].as_array().cloned().unwrap_or_default();
    let known = |mode: &Value| matches!(mode["Mode"].as_str(), Some("DETECTIVE" | "PROACTIVE"));
    refuse(!modes.iter().all(known), "A mode is DETECTIVE or PROACTIVE")
}

fn source(source: &Value) -> Result<(), ApiError> {
    let identifier = source["SourceIdentifier"].as_str();
    let details = source["SourceDetails"].as_array().map_or(0, Vec::len);
    let custom = &source["CustomPolicyDetails"];
    match source["Owner"].as_str() {
        Some("AWS") => {
            let known = |text: &str| {
                text.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
            };
            let known = identifier.is_some_and(|text| !text.is_empty() && known(text));
            refuse(!known, "The sourceIdentifier is invalid. Please refer to the documentation")?;
            refuse(details > 0, "SourceDetails should be null/empty if the owner is AWS")?;
            refuse(custom.is_object(), "CustomPolicyDetails are of custom policies only")
        }
        Some("CUSTOM_LAMBDA") => {
            let lambda = identifier.is_some_and(|text| text.contains(":lambda:"));
            refuse(!lambda, "The sourceIdentifier of a custom rule is the ARN of a function")?;
            refuse(details == 0, "A custom rule has SourceDetails")
        }
        Some("CUSTOM_POLICY") => {
            refuse(identifier.is_some(), "A custom policy rule has no SourceIdentifier")?;
            refuse(details == 0, "A custom rule has SourceDetails")?;
            let text = custom["PolicyText"].as_str().unwrap_or_default();
            refuse(text.is_empty(), "A custom policy rule has a PolicyText")?;
            let runtime = custom["PolicyRuntime"].as_str().unwrap_or_default();
            refuse(!runtime.starts_with("guard-2."), "The runtime is guard-2.x.x")
        }
        _ => refuse(true, "The owner is AWS, CUSTOM_LAMBDA or CUSTOM_POLICY"),
    }
}

fn scope(scope: &Value) -> Result<(), ApiError> {
    let types = scope["ComplianceResourceTypes"].as_array().map_or(0, Vec::len);
    let one = scope.get("ComplianceResourceId").is_some();
    refuse(one && types != 1, "A scope of one resource names its type")?;
    refuse(types > 100, "A scope names up to 100 types")?;
    let value = scope.get("TagValue").is_some();
    refuse(value && scope.get("TagKey").is_none(), "A tag value needs a tag key")
}

fn frequency(value: &Value) -> Result<(), ApiError> {
    const HOURS: [&str; 5] =
        ["One_Hour", "Three_Hours", "Six_Hours", "Twelve_Hours", "TwentyFour_Hours"];
    let wrong = value.as_str().is_some_and(|text| !HOURS.contains(&text));
    refuse(wrong, "The frequency is none of One_Hour, Three_Hours, Six_Hours, …")
}
