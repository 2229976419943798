//! `schema`: JSON schemas (draft 7, which editors' language servers know) of manifests, approvals
//! and settings.

mod variables;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{Ended, examples, output};
use crate::{
    kind::erased::ErasedKind,
    kinds,
    manifest::{
        API_VERSION, APPROVAL, APPROVAL_ABOUT, ApprovalSpec, Lifecycle, Metadata, did_you_mean,
    },
    settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The kind, `Approval`, or `settings` for palisade.yaml; without one, a schema that fits every
    /// manifest
    #[arg(value_name = "KIND", conflicts_with = "out")]
    kind: Option<String>,
    /// Write all of them into a directory: one for every kind, `all.json` for every manifest, and
    /// `settings.json`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// The name of the schema of palisade.yaml.
pub(super) const SETTINGS: &str = "settings";

pub(super) fn run(args: &Args) -> anyhow::Result<Ended> {
    let registry = kinds::registry();
    if let Some(dir) = &args.out {
        return write(&registry, dir);
    }
    let schema = match &args.kind {
        Some(kind) if kind.eq_ignore_ascii_case(APPROVAL) => approval(),
        Some(kind) if kind.eq_ignore_ascii_case(SETTINGS) => settings(),
        Some(kind) => manifest(find(&registry, kind)?),
        None => all(&registry),
    };
    output::print(&printed(&schema)?)?;
    Ok(Ended::Done)
}

fn printed(schema: &Value) -> anyhow::Result<String> {
    let mut schema = schema.clone();
    without_empty_defaults(&mut schema);
    Ok(format!("{}\n", serde_json::to_string_pretty(&schema)?))
}

/// A default of `null` says nothing, and yaml-language-server 2.0 completes nothing after the first
/// one in the items of a list.
fn without_empty_defaults(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("default").is_some_and(Value::is_null) {
                map.remove("default");
            }
            let examples = |key: &str| key == "examples" || key == "default";
            let inner = map.iter_mut().filter(|(key, _)| !examples(key));
            inner.for_each(|(_, inner)| without_empty_defaults(inner));
        }
        Value::Array(items) => items.iter_mut().for_each(without_empty_defaults),
        _ => {}
    }
}

/// Writes every schema into its file.
fn write(registry: &kinds::Registry, dir: &Path) -> anyhow::Result<Ended> {
    fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let mut count = 0;
    for (name, schema) in each(registry)? {
        let file = dir.join(name);
        fs::write(&file, schema)
            .with_context(|| format!("{} cannot be written", file.display()))?;
        count += 1;
    }
    output::note(format_args!("{count} schemas in {}", dir.display()));
    Ok(Ended::Done)
}

/// Every schema as text, with the name of its file.
pub(super) fn every() -> anyhow::Result<Vec<(String, String)>> {
    each(&kinds::registry())
}

fn each(registry: &kinds::Registry) -> anyhow::Result<Vec<(String, String)>> {
    let kinds = registry.iter().map(|kind| (file_name(kind.profile().name), manifest(kind)));
    let others = [
        (file_name(APPROVAL), approval()),
        ("all.json".to_owned(), all(registry)),
        (format!("{SETTINGS}.json"), settings()),
    ];
    kinds.chain(others).map(|(name, schema)| Ok((name, printed(&schema)?))).collect()
}

/// The file of a kind's schema. Colons are not for file names everywhere.
pub(super) fn file_name(kind: &str) -> String {
    format!("{}.json", kind.replace("::", "-"))
}

/// The schema of palisade.yaml.
pub(super) fn settings() -> Value {
    let mut schema = settings::schema();
    schema["title"] = json!("palisade.yaml");
    schema["examples"] = json!([examples::settings()]);
    schema
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
    variables::allow(&mut spec);
    if let Some(definitions) = definitions.as_object_mut() {
        definitions.values_mut().for_each(variables::allow);
    }
    let profile = kind.profile();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": profile.name,
        "description": profile.about,
        "examples": examples::of(profile.name),
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
        "examples": examples::of(APPROVAL),
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
    let mut definitions = Map::new();
    let mut rules = Vec::new();
    let kinds = registry.iter().map(|kind| (kind.profile().name, manifest(kind)));
    for (name, mut schema) in kinds.chain([(APPROVAL, approval())]) {
        if let Some(map) = schema.as_object_mut() {
            map.remove("$schema");
            map.remove("examples");
            if let Some(Value::Object(own)) = map.remove("definitions") {
                merge(&mut definitions, own, name, &mut schema);
            }
        }
        rules.push(json!({
            "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
            "then": schema
        }));
    }
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
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"anyOf": [{"enum": names}, {"pattern": TYPE}]},
            "metadata": true,
            "lifecycle": true,
            "spec": true
        },
        "allOf": rules,
        "definitions": definitions
    })
}

/// Adds the definitions of a kind. Two kinds may give one name to different things.
fn merge(all: &mut Map<String, Value>, own: Map<String, Value>, kind: &str, schema: &mut Value) {
    let taken = |name: &str, what: &Value| all.get(name).is_some_and(|other| other != what);
    let path = |name: &str| format!("#/definitions/{name}");
    let renaming = |name: &String| (name.clone(), format!("{}.{name}", kind.replace("::", "-")));
    let mut renamed: Vec<(String, String)> = own
        .iter()
        .filter(|(name, what)| taken(name, what))
        .map(|(name, _)| renaming(name))
        .collect();
    // What refers to one of them means something else, too.
    loop {
        let is_renamed = |name: &str| renamed.iter().any(|(from, _)| from == name);
        let means_else = |what: &Value| renamed.iter().any(|(from, _)| refers(what, &path(from)));
        let next = own
            .iter()
            .find(|(name, what)| all.contains_key(*name) && !is_renamed(name) && means_else(what));
        let Some((name, _)) = next else { break };
        let next = renaming(name);
        renamed.push(next);
    }
    for (name, mut what) in own {
        let mut new = name.clone();
        for (from, to) in &renamed {
            refer(&mut what, &path(from), &path(to));
            if name == *from {
                new.clone_from(to);
            }
        }
        all.insert(new, what);
    }
    for (from, to) in &renamed {
        refer(schema, &path(from), &path(to));
    }
}

/// Whether something in a schema refers to a definition.
fn refers(schema: &Value, to: &str) -> bool {
    match schema {
        Value::Object(map) => {
            map.iter().any(|(key, value)| (key == "$ref" && value == to) || refers(value, to))
        }
        Value::Array(items) => items.iter().any(|item| refers(item, to)),
        _ => false,
    }
}

/// Makes references to one definition references to another.
fn refer(schema: &mut Value, from: &str, to: &str) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                if key == "$ref" && value == from {
                    *value = json!(to);
                } else {
                    refer(value, from, to);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| refer(item, from, to)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_meanings_of_one_name_do_not_get_in_each_others_way() {
        let own = |what: &str| {
            let mut own = Map::new();
            own.insert("Mode".to_owned(), json!({"enum": [what]}));
            own.insert("List".to_owned(), json!({"items": {"$ref": "#/definitions/Mode"}}));
            own
        };
        let mut all = Map::new();
        for (kind, what) in [("A", "x"), ("B", "y"), ("C", "x")] {
            let mut schema = json!({"properties": {"m": {"$ref": "#/definitions/Mode"}}});
            merge(&mut all, own(what), kind, &mut schema);
            let expected = if kind == "B" { "B.Mode" } else { "Mode" };
            assert_eq!(schema["properties"]["m"]["$ref"], format!("#/definitions/{expected}"));
        }
        assert_eq!(all["Mode"], json!({"enum": ["x"]}));
        assert_eq!(all["B.Mode"], json!({"enum": ["y"]}));
        assert_eq!(all["B.List"]["items"]["$ref"], "#/definitions/B.Mode");
    }
}
