//! The pages of kinds and their fields, from their schemas.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::output::HEADING;

/// The page of a kind or a field.
pub(super) fn page(title: &str, about: &str, root: &Value, field: &Value) -> String {
    let at = resolve(root, field);
    let mut out = format!("{HEADING}{title}{HEADING:#}  <{}>\n", type_name(root, at));
    if !title.contains('.') {
        let _ = writeln!(out, "  {about}");
    }
    // A field's own description takes precedence over that of its type.
    let described = if field["description"].is_string() { field } else { at };
    paragraph(&mut out, "  ", described);
    for (what, text) in facts(field, at) {
        let _ = writeln!(out, "  {what}: {text}");
    }
    words(&mut out, at);
    let fields = fields(root, at);
    if !fields.is_empty() {
        let _ = writeln!(out, "\n{HEADING}FIELDS{HEADING:#}");
    }
    let required: Vec<&str> = at["required"]
        .as_array()
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (name, field) in fields {
        let mark = if required.contains(&name.as_str()) { ", required" } else { "" };
        let _ = writeln!(out, "  {HEADING}{name}{HEADING:#}  <{}{mark}>", type_name(root, field));
        // A field's own description takes precedence over that of its type.
        let described = if field["description"].is_string() { field } else { resolve(root, field) };
        paragraph(&mut out, "      ", described);
    }
    out
}

/// What a schema says of a value besides its type.
fn facts(field: &Value, at: &Value) -> Vec<(&'static str, String)> {
    let said = |key: &str| [field, at].into_iter().map(|it| &it[key]).find(|it| !it.is_null());
    let mut found = Vec::new();
    for (key, what) in [("default", "Default"), ("minimum", "At least"), ("maximum", "At most")] {
        found.extend(said(key).map(|value| (what, value.to_string())));
    }
    found.extend(said("pattern").and_then(Value::as_str).map(|it| ("Form", it.to_owned())));
    let examples = said("examples").and_then(Value::as_array).into_iter().flatten();
    found.extend(examples.map(|example| ("Example", example.to_string())));
    found
}

/// The words that a field takes, where they have meanings.
fn words(out: &mut String, at: &Value) {
    let choices = at["oneOf"].as_array().or_else(|| at["anyOf"].as_array());
    let mut words = choices.into_iter().flatten().filter_map(|choice| {
        Some((choice["const"].as_str()?, choice["description"].as_str().unwrap_or_default()))
    });
    let Some(first) = words.next() else { return };
    let _ = writeln!(out, "\n{HEADING}VALUES{HEADING:#}");
    for (word, about) in std::iter::once(first).chain(words) {
        let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(out, "  {HEADING}{word}{HEADING:#}  {about}");
    }
}

/// All fields below one, each with its type, indented by depth: `kubectl explain --recursive`.
pub(super) fn tree(title: &str, root: &Value, at: &Value) -> String {
    let mut out = format!("{HEADING}{title}{HEADING:#}  <{}>\n", type_name(root, at));
    branches(&mut out, root, at, 1);
    out
}

/// A schema may contain itself.
const DEEPEST: usize = 12;

fn branches(out: &mut String, root: &Value, at: &Value, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    for (name, field) in fields(root, at) {
        let _ = writeln!(out, "{:1$}{name}  <{2}>", "", depth * 2, type_name(root, field));
        branches(out, root, field, depth + 1);
    }
}

fn paragraph(out: &mut String, indent: &str, schema: &Value) {
    for line in schema["description"].as_str().unwrap_or_default().lines() {
        let _ = writeln!(out, "{}", format!("{indent}{line}").trim_end());
    }
}

/// Follows `$ref`, nullable types and lists to the schema that has fields.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return resolve(root, &root["definitions"][name]);
    }
    if let [only] = schema["allOf"].as_array().map_or(&[][..], Vec::as_slice) {
        return resolve(root, only);
    }
    let choices = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    let solid: Vec<_> =
        choices.into_iter().flatten().filter(|choice| choice["type"] != "null").collect();
    match solid[..] {
        [only] => resolve(root, only),
        _ => schema,
    }
}

pub(super) fn fields<'a>(root: &'a Value, schema: &'a Value) -> Vec<(String, &'a Value)> {
    let schema = resolve(root, schema);
    if let Some(map) = schema["properties"].as_object() {
        return map.iter().map(|(name, field)| (name.clone(), field)).collect();
    }
    if schema["items"].is_object() { fields(root, &schema["items"]) } else { Vec::new() }
}

fn type_name(root: &Value, schema: &Value) -> String {
    let schema = resolve(root, schema);
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        return words.join("|");
    }
    if let Some(choices) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        let mut names: Vec<_> = choices
            .iter()
            .filter(|choice| choice["type"] != "null")
            .map(|choice| {
                choice["const"].as_str().map_or_else(|| type_name(root, choice), str::to_owned)
            })
            .collect();
        names.dedup();
        return names.join("|");
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => {
            format!("[]{}", type_name(root, &schema["items"]))
        }
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            let names: Vec<_> =
                names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect();
            names.join("|")
        }
        _ => "any".to_owned(),
    }
}
