//! Requests and answers as CloudTrail writes them: EC2's older calls in lower camel case with
//! `items`, its newer ones as XML turned into JSON, and the JSON services with their first letters
//! in lower case.

use serde_json::{Map, Value, json};

use super::call::Recorded;

/// EC2's calls that are wrapped in `<Call>Request` and `<Call>Response`.
const WRAPPED: [&str; 4] =
    ["CreateVpcEndpoint", "ModifyVpcEndpoint", "DeleteVpcEndpoints", "ModifySecurityGroupRules"];

/// `requestParameters`.
pub(super) fn parameters(call: &Recorded<'_>) -> Value {
    let (operation, input) = (call.operation, call.input);
    if call.service != "ec2" {
        return lowered(input);
    }
    if WRAPPED.contains(&operation) {
        return one(format!("{operation}Request"), wrapped(input));
    }
    let Value::Object(members) = input else { return Value::Null };
    let old = members.iter().map(|(name, value)| match (name.as_str(), value) {
        ("ResourceId", Value::Array(ids)) => {
            let items: Vec<Value> = ids.iter().map(|id| json!({"resourceId": id})).collect();
            ("resourcesSet".to_owned(), json!({"items": items}))
        }
        ("Tag", Value::Array(tags)) => {
            ("tagSet".to_owned(), json!({"items": tags.iter().map(older).collect::<Vec<_>>()}))
        }
        _ => (lower(name), older(value)),
    });
    Value::Object(old.collect())
}

/// `responseElements`.
pub(super) fn elements(call: &Recorded<'_>) -> Value {
    let Ok(answer) = call.answer else { return Value::Null };
    if call.service != "ec2" {
        return if answer.is_null() { Value::Null } else { lowered(answer) };
    }
    let request_id = call.request_id;
    if WRAPPED.contains(&call.operation) {
        let mut response = listed(answer);
        response["xmlns"] = "http://ec2.amazonaws.com/doc/2016-11-15/".into();
        response["requestId"] = request_id.into();
        return one(format!("{}Response", call.operation), response);
    }
    let mut response = older(answer);
    if !response.is_object() {
        response = json!({});
    }
    response["requestId"] = request_id.into();
    response["_return"] = true.into();
    response
}

/// The key that a call of KMS is about.
pub(super) fn key_arn(call: &Recorded<'_>) -> Option<String> {
    if call.service != "kms" {
        return None;
    }
    let of = |value: &Value, pointer: &str| value.pointer(pointer)?.as_str().map(str::to_owned);
    let made = call.answer.as_ref().ok().and_then(|it| of(it, "/KeyMetadata/KeyId"));
    let id =
        made.or_else(|| of(call.input, "/KeyId")).or_else(|| of(call.input, "/TargetKeyId"))?;
    let bare = id.rsplit('/').next().unwrap_or_default();
    (!id.starts_with("alias/")).then(|| call.caller.arn_of("kms", &format!("key/{bare}")))
}

fn one(name: String, value: Value) -> Value {
    Value::Object(Map::from_iter([(name, value)]))
}

fn lower(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// First letters in lower case.
fn lowered(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (lower(name), lowered(value))).collect()
        }
        Value::Array(all) => all.iter().map(lowered).collect(),
        other => other.clone(),
    }
}

/// Lists as `{"items": […]}`, and empty ones as `{}`.
fn older(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (lower(name), older(value))).collect()
        }
        Value::Array(all) if all.is_empty() => json!({}),
        Value::Array(all) => json!({"items": all.iter().map(older).collect::<Vec<_>>()}),
        other => other.clone(),
    }
}

/// A request as XML turned into JSON: a list of one is no list, and each entry has a number.
fn wrapped(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), wrapped(value))).collect()
        }
        Value::Array(all) => {
            let numbered = all.iter().enumerate().map(|(index, entry)| match wrapped(entry) {
                Value::Object(mut members) => {
                    members.insert("tag".to_owned(), json!(index + 1));
                    Value::Object(members)
                }
                content => json!({"tag": index + 1, "content": content}),
            });
            let mut entries: Vec<Value> = numbered.collect();
            match entries.len() {
                0 => json!(""),
                1 => entries.remove(0),
                _ => Value::Array(entries),
            }
        }
        other => other.clone(),
    }
}

/// An answer as XML turned into JSON: lists are `{"item": …}`, and empty ones a text.
fn listed(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (lower(name), listed(value))).collect()
        }
        Value::Array(all) => match all.as_slice() {
            [] => json!(""),
            [entry] => json!({"item": listed(entry)}),
            _ => json!({"item": all.iter().map(listed).collect::<Vec<_>>()}),
        },
        other => other.clone(),
    }
}
