//! `schema`: the JSON schema (draft 7) of a kind's manifests, for editors and pull-request checks.

use anyhow::Context as _;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{Ended, output};
use crate::{
    kind::erased::ErasedKind,
    kinds,
    manifest::{
        API_VERSION, APPROVAL, APPROVAL_ABOUT, ApprovalSpec, Lifecycle, Metadata, did_you_mean,
    },
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The kind; without one, a schema that fits every kind
    #[arg(value_name = "KIND")]
    kind: Option<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ended> {
    let registry = kinds::registry();
    let schema = match &args.kind {
        Some(kind) if kind.eq_ignore_ascii_case(APPROVAL) => approval(),
        Some(kind) => manifest(find(&registry, kind)?),
        None => all(&registry),
    };
    output::print(&format!("{}\n", serde_json::to_string_pretty(&schema)?))?;
    Ok(Ended::Done)
}

/// The kind with this name or short name.
pub(super) fn find<'a>(
    registry: &'a kinds::Registry,
    text: &str,
) -> anyhow::Result<&'a dyn ErasedKind> {
    registry.find(text).with_context(|| {
        let mut names = registry.names();
        names.push(APPROVAL);
        match did_you_mean(text, names.iter().copied()) {
            Some(near) => format!("unknown kind `{text}`; did you mean `{near}`?"),
            None => format!("unknown kind `{text}`; kinds: {}", names.join(", ")),
        }
    })
}

/// The schema of one kind's manifests.
pub(super) fn manifest(kind: &dyn ErasedKind) -> Value {
    let mut spec = kind.spec_schema().to_value();
    let mut definitions = json!({});
    if let Some(map) = spec.as_object_mut() {
        map.remove("$schema");
        if let Some(found) = map.remove("definitions") {
            definitions = found;
        }
    }
    let profile = kind.profile();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": profile.name,
        "description": profile.about,
        "type": "object",
        "additionalProperties": false,
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": profile.name},
            "metadata": part::<Metadata>(),
            "lifecycle": part::<Lifecycle>(),
            "spec": spec
        },
        "definitions": definitions
    })
}

/// The schema of a part of a manifest, self-contained.
pub(super) fn part<T: JsonSchema>() -> Value {
    let mut generator =
        SchemaSettings::draft07().with(|s| s.inline_subschemas = true).into_generator();
    let mut value = T::json_schema(&mut generator).to_value();
    if let Some(map) = value.as_object_mut() {
        map.remove("$schema");
    }
    value
}

/// The schema of approvals.
fn approval() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": APPROVAL,
        "description": APPROVAL_ABOUT,
        "type": "object",
        "additionalProperties": false,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": APPROVAL},
            "metadata": part::<Metadata>(),
            "spec": part::<ApprovalSpec>()
        }
    })
}

/// The names of types of CloudFormation's registry.
const TYPE: &str = "^[A-Za-z0-9]+::[A-Za-z0-9]+::[A-Za-z0-9]+$";

/// The schema of types that are only observed: they are not listed one by one.
fn observed() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["apiVersion", "kind", "metadata", "lifecycle"],
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"type": "string"},
            "metadata": part::<Metadata>(),
            "lifecycle": part::<Lifecycle>(),
            "spec": {
                "type": "object",
                "additionalProperties": false,
                "properties": {"properties": {"type": "object"}}
            }
        }
    })
}

/// A schema that selects the right one by `kind`: `if`/`then` gives better messages than `oneOf`.
fn all(registry: &kinds::Registry) -> Value {
    let mut definitions = json!({});
    let mut rules = Vec::new();
    for kind in registry.iter() {
        let name = kind.profile().name;
        let mut schema = manifest(kind);
        if let Some(found) = schema.as_object_mut().and_then(|map| map.remove("definitions"))
            && let (Value::Object(all), Value::Object(found)) = (&mut definitions, found)
        {
            all.extend(found);
        }
        if let Some(map) = schema.as_object_mut() {
            map.remove("$schema");
        }
        rules.push(json!({
            "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
            "then": schema
        }));
    }
    let mut approval = approval();
    if let Some(map) = approval.as_object_mut() {
        map.remove("$schema");
    }
    rules.push(json!({
        "if": {"properties": {"kind": {"const": APPROVAL}}, "required": ["kind"]},
        "then": approval
    }));
    let mut names = registry.names();
    names.push(APPROVAL);
    rules.push(json!({
        "if": {
            "properties": {"kind": {"pattern": TYPE, "not": {"enum": names}}},
            "required": ["kind"]
        },
        "then": observed()
    }));
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "palisade manifest",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {"kind": {"anyOf": [{"enum": names}, {"pattern": TYPE}]}},
        "allOf": rules,
        "definitions": definitions
    })
}
