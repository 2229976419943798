//! AWS::Config::ConfigRule.

use serde_json::{Map, Value, json};

use super::parts::{column, invented, missing, text};
use crate::simulator::cloud_control::{
    names::CONFIG_RULE,
    resource_type::{Type, Update},
    schema::{FLAG, FREE, Member, Model, Shape, TEXT, TEXTS, may, must},
    site::{Failure, Site},
};

static MODE: Shape = Shape::Object(&[may("Mode", &TEXT)]);
static MODES: Shape = Shape::List { of: &MODE, count: (0, 2), ordered: false };
static SCOPE: Shape = Shape::Object(&[
    may("ComplianceResourceId", &TEXT),
    may("ComplianceResourceTypes", &TEXTS),
    may("TagKey", &TEXT),
    may("TagValue", &TEXT),
]);
static DETAIL: Shape = Shape::Object(&[
    must("EventSource", &TEXT),
    may("MaximumExecutionFrequency", &TEXT),
    must("MessageType", &TEXT),
]);
static DETAILS: Shape = Shape::List { of: &DETAIL, count: (0, 25), ordered: false };
static CUSTOM: Shape = Shape::Object(&[
    may("EnableDebugLogDelivery", &FLAG),
    may("PolicyRuntime", &TEXT),
    may("PolicyText", &TEXT),
]);
static SOURCE: Shape = Shape::Object(&[
    may("CustomPolicyDetails", &CUSTOM),
    must("Owner", &TEXT),
    may("SourceDetails", &DETAILS),
    may("SourceIdentifier", &TEXT),
]);

static MEMBERS: &[Member] = &[
    may("Arn", &TEXT),
    may("Compliance", &FREE),
    may("ConfigRuleId", &TEXT),
    may("ConfigRuleName", &TEXT),
    may("Description", &TEXT),
    may("EvaluationModes", &MODES),
    may("InputParameters", &Shape::Document),
    may("MaximumExecutionFrequency", &TEXT),
    may("Scope", &SCOPE),
    must("Source", &SOURCE),
];

pub(super) static TYPE: Type = Type {
    name: CONFIG_RULE,
    members: MEMBERS,
    identifier: "ConfigRuleName",
    listed_in: None,
    read_only: &["Arn", "Compliance/Type", "ConfigRuleId"],
    create_only: &["ConfigRuleName"],
    write_only: &["Source/CustomPolicyDetails/PolicyText"],
    rules: |_| Ok(()),
    named: |model| text(model, "ConfigRuleName").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let name = match text(model, "ConfigRuleName") {
        Some(name) => name.to_owned(),
        None => invented(site, "stack-rule"),
    };
    match read(site, &name) {
        Ok(_) => {
            let message = format!("The rule {name} already exists.");
            return Err(Failure::new("AlreadyExists", message));
        }
        Err(failure) if failure.code == "NotFound" => {}
        Err(failure) => return Err(failure),
    }
    put(site, &name, model)?;
    Ok(name)
}

/// Config takes the rule as a whole, and its parameters as text.
fn put(site: &mut Site<'_, '_>, name: &str, model: &Model) -> Result<(), Failure> {
    let mut rule = Map::new();
    for (property, value) in model {
        match property.as_str() {
            "Arn" | "Compliance" | "ConfigRuleId" => {}
            "InputParameters" => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                rule.insert(property.clone(), text.into());
            }
            _ => {
                rule.insert(property.clone(), value.clone());
            }
        }
    }
    rule.insert("ConfigRuleName".to_owned(), name.into());
    site.ask("config", "PutConfigRule", &json!({"ConfigRule": rule}))?;
    Ok(())
}

/// Lists that are not given are read as empty ones.
fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let input = json!({"ConfigRuleNames": [id]});
    let answer = site.ask("config", "DescribeConfigRules", &input)?;
    let rule = answer["ConfigRules"][0].as_object();
    let mut model = rule.cloned().ok_or_else(|| missing(&TYPE, id))?;
    model.remove("ConfigRuleState");
    if let Some(arn) = model.remove("ConfigRuleArn") {
        model.insert("Arn".to_owned(), arn);
    }
    model.insert("Compliance".to_owned(), json!({"Type": "INSUFFICIENT_DATA"}));
    let scope = model.entry("Scope").or_insert_with(|| json!({}));
    if scope.get("ComplianceResourceTypes").is_none() {
        scope["ComplianceResourceTypes"] = json!([]);
    }
    if let Some(Value::Object(source)) = model.get_mut("Source") {
        source.entry("SourceDetails").or_insert_with(|| json!([]));
    }
    Ok(model)
}

fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    put(site, update.id, update.new)
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask("config", "DeleteConfigRule", &json!({"ConfigRuleName": id}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("config", "DescribeConfigRules", &json!({}))?;
    Ok(column(&answer, "ConfigRules", "ConfigRuleName"))
}
