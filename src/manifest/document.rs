//! One YAML document: what it is called, how it lives, and what it wants.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Origin, Problem, node::Located};
use crate::{
    kind::{Invalid, Resolution},
    model::{Address, Deletion, PhysicalId},
};

/// The only version there is.
pub const API_VERSION: &str = "palisade.dev/v1alpha1";

/// Whether differences are corrected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ManifestMode {
    /// Corrected.
    #[default]
    Enforce,
    /// Reported, never written.
    Observe,
}

/// Whether the resource should exist.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It should.
    #[default]
    Present,
    /// It should be deleted: the manifest is its tombstone.
    Absent,
}

/// How a resource lives; every part has a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Lifecycle {
    /// `enforce` (default) corrects differences, `observe` only reports them.
    pub mode: ManifestMode,
    /// `present` (default), or `absent` for an explicit deletion.
    pub state: Presence,
    /// What pruning may do once the manifest is gone: `retain` (default) or `delete`.
    pub deletion: Deletion,
    /// While true nothing is written for this manifest.
    pub paused: bool,
    /// Take over exactly this live resource, which carries no claim yet.
    #[schemars(with = "Option<String>")]
    pub adopt: Option<PhysicalId>,
    /// Rules of the secure baseline that this manifest may break, each with the reason: `{SG-01: public
    /// load balancer, reviewed in SEC-42}`. `palisade explain rules` lists them. `validate` still counts
    /// what is waived.
    pub waive: BTreeMap<String, String>,
}

/// The kind of an [`Approval`]. It is no resource, so it is in no registry.
pub const APPROVAL: &str = "Approval";
/// What an approval is, for `explain`.
pub const APPROVAL_ABOUT: &str = "The consent to one held step of a plan. Git is where approvals are given: nothing approves over the network.";

/// What identifies a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Lower-case DNS label, unique for a scope and kind.
    pub name: String,
    /// A scope of the settings; may be left out where they name a default one.
    #[serde(default)]
    pub scope: Option<String>,
}

/// A manifest as loaded: checked, variables substituted, references recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its identity.
    pub address: Address,
    /// Where it stands.
    pub origin: Origin,
    /// How it lives.
    pub lifecycle: Lifecycle,
    /// What it wants; a tombstone may have none.
    pub spec: Option<Value>,
    /// Its references and lookups.
    pub recorded: Resolution,
    /// Its natural keys, as far as they are known without AWS.
    pub natural_keys: Vec<String>,
    pub(super) places: Place,
}

/// The consent to one held step.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// The step's digest, as the plan shows it.
    pub digest: String,
    /// Seconds since the epoch after which it counts no more.
    pub expires: f64,
    /// Where it stands.
    pub origin: Origin,
}

/// Where the parts of a document stand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) file: std::path::PathBuf,
    pub(super) located: Located,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Envelope {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) metadata: Metadata,
    #[serde(default)]
    pub(super) lifecycle: Lifecycle,
    pub(super) spec: Option<Value>,
}

/// Consent to one held step, which is released exactly once and only while the step is what was shown.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalSpec {
    /// The step's digest, as `palisade plan` shows it beside the held step.
    pub digest: String,
    /// When the consent ends: RFC 3339, e.g. `2026-12-31T18:00:00Z`.
    pub expires: String,
}

impl Document {
    /// A problem with a field of this document; `field` is a path below `spec`.
    pub fn problem(&self, invalid: &Invalid) -> Problem {
        self.places.problem(&join("spec", &invalid.field), invalid)
    }
}

impl Place {
    pub(super) fn origin(&self, path: &str) -> Origin {
        let (line, column) = self.located.place(path);
        Origin { file: self.file.clone(), line, column }
    }

    pub(super) fn problem(&self, path: &str, invalid: &Invalid) -> Problem {
        Problem {
            origin: self.origin(path),
            path: path.to_owned(),
            message: invalid.why.clone(),
            help: invalid.help.clone().unwrap_or_else(|| self.where_to_read(path)),
        }
    }

    /// The way out where there is no better one: the page that says what may stand in the field.
    fn where_to_read(&self, path: &str) -> String {
        let mut parts = path.split(['.', '[']);
        let kind = self.located.value["kind"].as_str().filter(|kind| is_kind_name(kind));
        let page = match (parts.next(), kind) {
            (Some(part @ ("metadata" | "lifecycle")), _) => part.to_owned(),
            (Some("spec"), Some(kind)) => {
                let field = parts.next().map(|field| format!(".{field}")).unwrap_or_default();
                format!("{kind}{field}")
            }
            _ => return "`palisade explain` lists the kinds and shows their fields".to_owned(),
        };
        format!("`palisade explain {page}` says what may stand here")
    }
}

/// Whether it can be the name of a kind: what else stands there is not repeated.
fn is_kind_name(kind: &str) -> bool {
    kind.len() <= 64 && kind.bytes().all(|b| b.is_ascii_alphanumeric())
}

pub(super) fn join(parent: &str, field: &str) -> String {
    match field {
        "" | "." => parent.to_owned(),
        _ if field.starts_with('[') || parent.is_empty() => format!("{parent}{field}"),
        _ => format!("{parent}.{field}"),
    }
}

/// Every type error of a value, not only the first: what was wrong is taken out and the rest is tried
/// again. The bound is for documents that are not manifests at all.
pub(super) fn type_problems(
    value: &Value,
    check: impl Fn(&Value) -> Option<Invalid>,
) -> Vec<Invalid> {
    const ENOUGH: usize = 20;
    let mut rest = value.clone();
    let mut found: Vec<Invalid> = Vec::new();
    while let Some(invalid) = check(&rest) {
        let follows_from_removal =
            found.iter().any(|earlier| missing_field(&invalid) == last_key(&earlier.field));
        if follows_from_removal && missing_field(&invalid).is_some() {
            break;
        }
        let removed = remove(&mut rest, &invalid.field);
        found.push(invalid);
        if !removed || found.len() == ENOUGH {
            break;
        }
    }
    found
}

fn missing_field(invalid: &Invalid) -> Option<&str> {
    invalid.why.strip_prefix("missing field `")?.strip_suffix('`')
}

fn last_key(path: &str) -> Option<&str> {
    path.rsplit('.').next()
}

/// Removes the map entry at `path`. List elements stay: the paths of their neighbours would change.
fn remove(value: &mut Value, path: &str) -> bool {
    let (parent, key) = match path.rsplit_once('.') {
        Some((parent, key)) => (Some(parent), key),
        None => (None, path),
    };
    let parent = match parent {
        Some(parent) => value.pointer_mut(&pointer(parent)),
        None => Some(value),
    };
    parent.and_then(Value::as_object_mut).and_then(|map| map.remove(key)).is_some()
}

fn pointer(path: &str) -> String {
    let slashed = path.replace('[', ".").replace(']', "");
    slashed.split('.').map(|part| format!("/{part}")).collect()
}

/// Reads a typed value; the error knows its path and never repeats the value.
pub(super) fn typed<T: DeserializeOwned>(value: &Value) -> Result<T, Invalid> {
    serde_path_to_error::deserialize(value).map_err(|error| invalid_from(&error))
}

/// A type error as a problem with a field.
pub(super) fn invalid_from(error: &serde_path_to_error::Error<serde_json::Error>) -> Invalid {
    let path = error.path().to_string();
    let why = without_values(&error.inner().to_string());
    let mut invalid = Invalid::new(if path == "." { String::new() } else { path }, why);
    if invalid.why.starts_with("unknown ")
        && let Some(near) = super::meant_in(&invalid.why)
    {
        invalid.help = Some(near);
    } else if wants_text(&invalid.why) {
        invalid.help = Some("put it in quotes".to_owned());
    } else if let Some(field) = missing_field(&invalid) {
        invalid.help = Some(format!("add `{field}:`"));
    } else if invalid.why.starts_with("invalid type: string, expected a boolean") {
        invalid.help = Some("write true or false, without quotes".to_owned());
    }
    invalid
}

/// Whether a number or a yes or no stands where a text must.
fn wants_text(why: &str) -> bool {
    ["integer", "floating point", "boolean"]
        .iter()
        .any(|found| why.starts_with(&format!("invalid type: {found}")))
        && ["a string", "an id"].iter().any(|text| why.contains(&format!("expected {text}")))
}

/// serde's `invalid type: string "…", expected …` without the value: content is never echoed.
fn without_values(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or_default();
    let Some(rest) = message.strip_prefix("invalid ") else { return message.to_owned() };
    let Some((before, expected)) = rest.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let what = before.split(['"', '`']).next().unwrap_or(before).trim_end();
    format!("invalid {what}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(value: &Value) -> Vec<String> {
        type_problems(value, |value| typed::<Envelope>(value).err())
            .iter()
            .map(|invalid| format!("{}: {} ({:?})", invalid.field, invalid.why, invalid.help))
            .collect()
    }

    #[test]
    fn every_type_error_of_a_document_is_found_at_once_without_its_value() {
        let found = problems(&json!({
            "apiVersion": 1, "kind": "KmsKey", "metadata": {"name": 7, "scop": "x"},
            "lifecycle": {"paused": "secret", "state": "gone"}
        }));
        insta::assert_snapshot!(found.join("\n"), @r#"
        apiVersion: invalid type: integer, expected a string (Some("put it in quotes"))
        lifecycle.paused: invalid type: string, expected a boolean (Some("write true or false, without quotes"))
        lifecycle.state: unknown variant `gone`, expected `present` or `absent` (None)
        metadata.name: invalid type: integer, expected a string (Some("put it in quotes"))
        metadata.scop: unknown field `scop`, expected `name` or `scope` (Some("did you mean `scope`?"))
        "#);
    }
}
