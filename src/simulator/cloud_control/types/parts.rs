//! What handlers of several types do with models and answers.

use serde_json::{Value, json};

use crate::simulator::cloud_control::{
    resource_type::{Type, Update},
    schema::Model,
    site::{Failure, Site},
};

/// The text of a property.
pub(super) fn text<'m>(model: &'m Model, property: &str) -> Option<&'m str> {
    model.get(property).and_then(Value::as_str)
}

/// The texts in a list.
pub(super) fn texts(model: &Model, property: &str) -> Vec<String> {
    let all = model.get(property).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// A policy as text: it may be an object or a string.
pub(super) fn document(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A stored policy as an object.
pub(super) fn parsed(answer: &Value, member: &str) -> Value {
    let text = answer[member].as_str().unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}

/// The names of queues and topics (SNS API reference, CreateTopic; SQS API reference, CreateQueue):
/// those of FIFO ones end in `.fifo`, and the rest has no dots.
pub(super) fn fifo_name(model: &Model, property: &str, flag: &str) -> Result<(), String> {
    let name = text(model, property).unwrap_or("a");
    let fifo = model.get(flag) == Some(&Value::Bool(true));
    let plain = if fifo { name.strip_suffix(".fifo").unwrap_or_default() } else { name };
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if plain.is_empty() || !plain.chars().all(legal) {
        return Err(format!("#/{property}: string does not match the pattern"));
    }
    Ok(())
}

/// A name that a handler makes where none is given.
pub(super) fn invented(site: &mut Site<'_, '_>, prefix: &str) -> String {
    format!("{prefix}-{}", site.context.ids.alphanumeric(12))
}

/// The entries of a list in an answer, one of their texts each.
pub(super) fn column(answer: &Value, list: &str, member: &str) -> Vec<String> {
    let entries = answer[list].as_array().into_iter().flatten();
    entries.filter_map(|entry| entry[member].as_str().map(str::to_owned)).collect()
}

/// The tags of a model in EC2's words.
fn tags_with(model: &Model) -> Vec<(String, String)> {
    let tags = model.get("Tags").and_then(Value::as_array).into_iter().flatten();
    let text = |tag: &Value, member: &str| tag[member].as_str().unwrap_or_default().to_owned();
    tags.map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect()
}

/// What must be set and what must be removed to make the tags of one model those of another. AWS's
/// own tags are left alone.
pub(super) fn tag_changes(old: &Model, new: &Model) -> (Vec<Value>, Vec<String>) {
    let (old, new) = (tags_with(old), tags_with(new));
    let set = new.iter().filter(|tag| !old.contains(tag));
    let gone = old.iter().filter(|(key, _)| !new.iter().any(|(it, _)| it == key));
    (
        set.map(|(key, value)| json!({"Key": key, "Value": value})).collect(),
        gone.map(|(key, _)| key.clone()).filter(|key| !key.starts_with("aws:")).collect(),
    )
}

/// Makes EC2's tags of a resource those of the new model.
pub(super) fn change_ec2_tags(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    let (set, gone) = tag_changes(update.old, update.new);
    if !set.is_empty() {
        site.ask("ec2", "CreateTags", &json!({"ResourceId": [update.id], "Tag": set}))?;
    }
    if !gone.is_empty() {
        let gone: Vec<Value> = gone.iter().map(|key| json!({"Key": key})).collect();
        site.ask("ec2", "DeleteTags", &json!({"ResourceId": [update.id], "Tag": gone}))?;
    }
    Ok(())
}

/// The tags of something of EC2's, as models have them.
pub(super) fn ec2_tags(thing: &Value) -> Vec<Value> {
    let tags = thing["tagSet"].as_array().into_iter().flatten();
    tags.map(|tag| json!({"Key": tag["key"], "Value": tag["value"]})).collect()
}

/// A failure for a resource that is not there.
pub(super) fn missing(kind: &Type, id: &str) -> Failure {
    Failure::missing(kind.name, id)
}
