//! The example manifests are valid and show every field.

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::resolve;
use crate::{
    kind::{erased::ErasedKind as _, table::tree},
    kinds::sagemaker_domain::{aws, table},
};

const EXAMPLES: &str = include_str!("../../../../examples/sagemaker-domain.yaml");

pub(in crate::kinds::sagemaker_domain) fn specs() -> Vec<Value> {
    serde_yaml::Deserializer::from_str(EXAMPLES)
        .map(|document| Value::deserialize(document).expect("YAML")["spec"].clone())
        .collect()
}

#[test]
fn the_examples_resolve_and_survive_a_round_trip_through_the_sdk() {
    for spec in specs() {
        let (state, _) = resolve(&spec);
        let state = state.unwrap_or_else(|problems| panic!("{problems}"));
        let members = state.as_object().expect("a state").clone();
        assert_eq!(aws::sendable(&members), Ok(()));
        for member in ["defaultUserSettings", "defaultSpaceSettings", "domainSettings"] {
            let Some(group) = members.get(member) else { continue };
            let round_trip = aws::round_trip(member, group).expect("it can be sent");
            assert_eq!(round_trip, tree::canonical(without_null(group)), "{member}");
        }
    }
}

fn without_null(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let there = members.iter().filter(|(_, value)| !value.is_null());
            there.map(|(name, value)| (name.clone(), without_null(value))).collect()
        }
        other => other.clone(),
    }
}

#[test]
fn the_examples_show_every_field_of_the_schema() {
    let schema = json!(table().spec_schema());
    let mut fields = Vec::new();
    collect(&schema, &mut fields);
    assert!(fields.len() > 100, "{}", fields.len());
    let missing: Vec<_> =
        fields.iter().filter(|field| !EXAMPLES.contains(&format!("{field}:"))).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

/// The names of all properties of a schema.
fn collect(schema: &Value, fields: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                fields.extend(properties.keys().cloned());
            }
            map.values().for_each(|inner| collect(inner, fields));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect(inner, fields)),
        _ => {}
    }
}
