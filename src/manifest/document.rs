//! One YAML document: its identity, its lifecycle, and its spec.

use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{Arc, OnceLock},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Origin, Part, Problem, node::Located};
use crate::{
    kind::{Claimed, Invalid, Profile, Removal, Resolution, erased::Registry},
    model::{Address, Deletion, PhysicalId},
};

/// The only version.
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
    /// It should be deleted: the manifest is a tombstone.
    Absent,
}

/// The lifecycle of a resource; every part has a default.
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
    /// Adopt exactly this live resource, which carries no claim yet.
    #[schemars(with = "Option<String>")]
    pub adopt: Option<PhysicalId>,
    /// Rules of the secure baseline that this manifest may break, each with the reason: `{SG-01:
    /// public load balancer, reviewed in SEC-42}`. `palisade explain rules` lists them. `validate`
    /// still counts what is waived.
    pub waive: BTreeMap<String, String>,
}

impl Lifecycle {
    /// What a manifest of this kind cannot say. A resource that cannot be tagged is managed only
    /// while a manifest adopts it.
    pub(super) fn problem(&self, kind: Profile) -> Option<Invalid> {
        let Profile { name, claimed, removal, .. } = kind;
        if claimed == Claimed::OnlyObserved && self.mode == ManifestMode::Enforce {
            let why = format!(
                "nobody has reviewed what changes of {name} risk: palisade can show what differs, \
                 and never writes it"
            );
            let help = format!(
                "write `lifecycle: {{mode: observe, adopt: …}}`; `palisade explain {name}` says \
                 the id"
            );
            return Some(Invalid::new("lifecycle.mode", why).help(help));
        }
        if removal == Removal::Never && self.state == Presence::Absent {
            let why = format!("{name} cannot be deleted");
            let help = "remove the manifest: what it set stays as it is";
            return Some(Invalid::new("lifecycle.state", why).help(help));
        }
        if let Some(parent) = claimed.parent() {
            let why = format!("{name} belongs to its {parent}, whose claim decides");
            let help = format!("leave it out; refer to the other one: ${{{parent}/name}}");
            let adopts = self.adopt.is_some();
            return adopts.then(|| Invalid::new("lifecycle.adopt", why).help(help));
        }
        if claimed.is_in_tags() {
            return None;
        }
        let why = format!("missing: {name} cannot carry a claim, so its manifest must adopt it");
        let help =
            format!("write `lifecycle: {{adopt: …}}`; `palisade explain {name}` says the id");
        self.adopt.is_none().then(|| Invalid::new("lifecycle.adopt", why).help(help))
    }
}

/// The kind of an [`Approval`]. It is no resource, so it is in no registry.
pub const APPROVAL: &str = "Approval";
/// What an approval is, for `explain`.
pub const APPROVAL_ABOUT: &str = "Approval of one held step of a plan. Approvals are given in Git; \
    there is no way to approve over the network.";

/// What identifies a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Lower-case DNS label, unique for a scope and kind.
    pub name: String,
    /// A scope in the settings; may be omitted if they have a default one.
    #[serde(default)]
    pub scope: Option<String>,
    /// A set of scopes in the settings, in place of `scope`: the manifest stands for one resource
    /// in each of them. Where another manifest of this name gives one of them as its `scope`, that
    /// one holds.
    #[serde(default)]
    pub scope_set: Option<String>,
}

/// A manifest as loaded: checked, variables substituted, references recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its identity.
    pub address: Address,
    /// Its place in the directory.
    pub origin: Origin,
    /// The set of scopes for which it is declared, if it is not declared for its scope alone.
    pub set: Option<Arc<str>>,
    /// Where another set declares the same resource: nobody can say which one holds.
    pub disputed: Option<Origin>,
    /// Its lifecycle.
    pub lifecycle: Lifecycle,
    /// Its spec; a tombstone may have none.
    pub spec: Option<Value>,
    /// Its references and lookups.
    pub recorded: Resolution,
    /// Its natural keys, as far as they are known without AWS.
    pub natural_keys: Vec<String>,
    /// What is known of it for as long as it does not change.
    pub kept: Kept,
    pub(super) places: Arc<Place>,
}

/// Something that was found out about a document, and is a function of the document, the settings
/// and the kinds alone. It is no part of what the document says: copies begin without it.
#[derive(Default)]
pub struct Kept(OnceLock<Arc<dyn Any + Send + Sync>>);

impl Kept {
    /// What was kept, if it is of this type.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        Arc::clone(self.0.get()?).downcast().ok()
    }

    /// Keeps it, unless there is something already.
    pub fn keep<T: Send + Sync + 'static>(&self, found: &Arc<T>) {
        let _ = self.0.set(Arc::clone(found) as Arc<dyn Any + Send + Sync>);
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl Clone for Kept {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Kept {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Approval of one held step.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// The step's digest, as shown in the plan.
    pub digest: String,
    /// The expiry, in seconds since the epoch.
    pub expires: f64,
    /// Its place in the directory.
    pub origin: Origin,
    /// The place of its expiry.
    pub ends: Origin,
}

/// The places of the parts of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) file: Arc<Path>,
    /// What it gives as its kind.
    kind: Option<String>,
    pub(super) located: Located,
}

/// Manifests by address. What did not change is the same in the next snapshot.
pub type Documents = BTreeMap<Address, Arc<Document>>;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Envelope {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) metadata: Metadata,
    #[serde(default)]
    pub(super) lifecycle: Lifecycle,
    pub(super) spec: Option<Value>,
}

/// Approval of one held step. It releases the step exactly once, and only while the step is as it
/// was shown.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalSpec {
    /// The step's digest, as `palisade plan` shows it with the held step.
    pub digest: String,
    /// The expiry: RFC 3339, e.g. `2026-12-31T18:00:00Z`.
    pub expires: String,
}

impl Document {
    /// Whether what it wants depends on nothing that is observed.
    pub fn is_self_contained(&self) -> bool {
        let Resolution { asked, hard, soft, lookups, organization, unresolved, filled, .. } =
            &self.recorded;
        let asks = !(asked.is_empty() && hard.is_empty() && soft.is_empty() && lookups.is_empty());
        self.spec.is_some() && !asks && !organization && unresolved.is_empty() && filled.is_empty()
    }

    /// Of a part of another resource, if the manifest of the whole adopts it: the address of the
    /// whole, and its id.
    pub fn adopted_parent<'a>(
        &'a self,
        documents: &'a Documents,
        registry: &Registry,
    ) -> Option<(&'a Address, &'a PhysicalId)> {
        let parent = registry.get(&self.address.kind)?.profile().claimed.parent()?;
        let parent = self.recorded.hard.iter().find(|it| it.kind == parent)?;
        Some((parent, documents.get(parent)?.lifecycle.adopt.as_ref()?))
    }

    /// An error in a field of this document; `field` is a path below `spec`.
    pub fn problem(&self, invalid: &Invalid) -> Problem {
        self.places.problem(&join("spec", &invalid.field), invalid)
    }
}

impl Place {
    pub(super) fn new(file: &Arc<Path>, located: Located) -> Self {
        let kind = located.value["kind"].as_str().filter(|kind| is_kind_name(kind));
        Self { file: Arc::clone(file), kind: kind.map(str::to_owned), located }
    }

    /// Without what is in the document from now on, or not needed any more.
    pub(super) fn without_content(mut self) -> Self {
        self.located.value = Value::Null;
        self.located.respelled.clear();
        self
    }

    pub(super) fn origin(&self, path: &str) -> Origin {
        let (line, column) = self.located.place(path);
        Origin { file: self.file.to_path_buf(), line, column }
    }

    pub(super) fn problem(&self, path: &str, invalid: &Invalid) -> Problem {
        let is_name = invalid.why.starts_with("unknown field");
        Problem {
            origin: self.origin(path),
            path: path.to_owned(),
            message: invalid.why.clone(),
            help: invalid.help.clone().unwrap_or_else(|| self.where_to_read(path, invalid)),
            part: if is_name { Part::Name } else { Part::Value },
        }
    }

    /// The default help: the page of `explain` that documents the field, or for an unknown field
    /// the page of its parent.
    fn where_to_read(&self, path: &str, invalid: &Invalid) -> String {
        let parts: Vec<&str> = path
            .split('.')
            .map(|part| part.split('[').next().unwrap_or_default())
            .filter(|part| !part.is_empty())
            .collect();
        let unknown = usize::from(invalid.why.starts_with("unknown field"));
        let parts = &parts[..parts.len() - unknown.min(parts.len())];
        let page = match (parts, self.kind.as_deref()) {
            ([part @ ("metadata" | "lifecycle"), ..], _) => (*part).to_owned(),
            (["spec"], Some(kind)) => kind.to_owned(),
            (["spec", field, ..], Some(kind)) => format!("{kind}.{field}"),
            _ => return "`palisade explain` lists the kinds and shows their fields".to_owned(),
        };
        format!("`palisade explain {page}` shows what is allowed here")
    }
}

/// Whether it can be the name of a kind: other texts are not repeated in messages.
fn is_kind_name(kind: &str) -> bool {
    kind.len() <= 64 && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b':')
}

pub(super) fn join(parent: &str, field: &str) -> String {
    match field {
        "" | "." => parent.to_owned(),
        _ if field.starts_with('[') || parent.is_empty() => format!("{parent}{field}"),
        _ => format!("{parent}.{field}"),
    }
}

/// Every type error of a value, not only the first: the wrong part is removed and the rest is tried
/// again, without errors that only follow from the removal. The bound protects against documents
/// that are not manifests at all.
pub(super) fn type_problems(
    value: &Value,
    check: impl Fn(&Value) -> Option<Invalid>,
) -> Vec<Invalid> {
    const MAX_PROBLEMS: usize = 20;
    let mut rest = value.clone();
    let mut found: Vec<Invalid> = Vec::new();
    let mut removed: Vec<String> = Vec::new();
    while let Some(invalid) = check(&rest) {
        let field = invalid.field.clone();
        if !follows(&invalid, &removed) {
            found.push(invalid);
        }
        if found.len() == MAX_PROBLEMS || !remove(&mut rest, &field) {
            break;
        }
        removed.push(field);
    }
    found
}

/// Whether an error only follows from a removal: the removed part is missing now, or it was the
/// correct name of a misspelt field, or it was inside a part that is now incomplete.
fn follows(invalid: &Invalid, removed: &[String]) -> bool {
    let Some(missing) = missing_field(invalid) else {
        return removed.iter().any(|removed| is_below(removed, &invalid.field));
    };
    removed.iter().any(|removed| {
        let (parent, key) = removed.rsplit_once('.').unwrap_or(("", removed));
        parent == invalid.field
            && (key == missing
                || key.split(':').next() == Some(missing)
                || super::did_you_mean(key, [missing]).is_some())
    })
}

/// Whether a path leads into what another path leads to.
pub(super) fn is_below(path: &str, above: &str) -> bool {
    above.is_empty() || path.strip_prefix(above).is_some_and(|rest| rest.starts_with(['.', '[']))
}

pub(super) fn missing_field(invalid: &Invalid) -> Option<&str> {
    invalid.why.strip_prefix("missing field `")?.strip_suffix('`')
}

/// Removes the map entry at `path`. List elements stay: the paths of their neighbors would change.
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

pub(super) fn pointer(path: &str) -> String {
    let slashed = path.replace('[', ".").replace(']', "");
    slashed.split('.').map(|part| format!("/{part}")).collect()
}

/// Reads a typed value; the error contains its path and never the value.
pub(super) fn typed<T: DeserializeOwned>(value: &Value) -> Result<T, Invalid> {
    crate::kind::typed(value).map_err(|error| invalid_from(&error))
}

/// A type error as an error of a field.
pub(super) fn invalid_from(error: &serde_path_to_error::Error<serde_json::Error>) -> Invalid {
    let path = error.path().to_string();
    let why = plain(&without_values(&error.inner().to_string()));
    let mut invalid = Invalid::new(if path == "." { String::new() } else { path }, why);
    if let Some((why, way_out)) = invalid.why.split_once("; write ") {
        (invalid.help, invalid.why) = (Some(format!("write {way_out}")), why.to_owned());
    } else if ["//", "/*"].iter().any(|it| invalid.why.starts_with(&format!("unknown field `{it}")))
    {
        invalid.help = Some("a comment begins with #, not with // or /*".to_owned());
    } else if let Some((key, value)) = glued(&invalid) {
        invalid.help = Some(format!("put a space after the colon: `{key}: {value}`"));
    } else if invalid.why.starts_with("unknown ")
        && let Some(near) = super::meant_in(&invalid.why)
    {
        invalid.help = Some(near);
    } else if wants_text(&invalid.why) {
        invalid.help = Some("put it in quotes".to_owned());
    } else if let Some(field) = missing_field(&invalid) {
        invalid.help = Some(format!("add `{field}:`"));
    } else if invalid.why.starts_with("found a text, expected true or false") {
        invalid.help = Some("write true or false, without quotes".to_owned());
    }
    invalid
}

/// The key and value of `{name:x}`, which YAML reads as a single key.
fn glued(invalid: &Invalid) -> Option<(&str, &str)> {
    let key = invalid.why.strip_prefix("unknown field `")?.split('`').next()?;
    let (name, value) = key.split_once(':')?;
    let listed = invalid.why.split_once("expected ")?.1;
    (listed.contains(name) && !name.is_empty() && !value.is_empty()).then_some((name, value))
}

/// serde's names of types in plain words.
fn plain(why: &str) -> String {
    let Some((before, expected)) = why.rsplit_once(", expected ") else { return why.to_owned() };
    let words = match expected {
        _ if expected.starts_with("struct ") => "a mapping",
        "a map" => "a mapping",
        "a sequence" => "a list",
        "a string" => "a text",
        "a boolean" => "true or false",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number, not below 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "unit" | "unit variant" => "nothing",
        other => other,
    };
    let before = match before {
        "invalid type: sequence" => "found a list",
        "invalid type: map" => "found a mapping",
        "invalid type: null" | "invalid type: unit value" => "found nothing",
        "invalid type: string" => "found a text",
        "invalid type: boolean" => "found true or false",
        "invalid type: integer" | "invalid type: floating point" => "found a number",
        "invalid value: integer" | "invalid value: floating point" => "invalid number",
        "invalid value: string" => "invalid text",
        other => other,
    };
    format!("{before}, expected {words}")
}

/// Whether a number or boolean was found instead of a text.
fn wants_text(why: &str) -> bool {
    ["a number", "true or false"].iter().any(|found| why.starts_with(&format!("found {found}")))
        && ["a text", "an id"].iter().any(|text| why.contains(&format!("expected {text}")))
}

/// serde's `invalid type: string "…", expected …` without the value: content is never repeated.
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
        apiVersion: found a number, expected a text (Some("put it in quotes"))
        lifecycle.paused: found a text, expected true or false (Some("write true or false, without quotes"))
        lifecycle.state: unknown variant `gone`, expected `present` or `absent` (None)
        metadata.name: found a number, expected a text (Some("put it in quotes"))
        metadata.scop: unknown field `scop`, expected one of `name`, `scope`, `scopeSet` (Some("did you mean `scope`?"))
        "#);
    }

    #[test]
    fn errors_that_only_follow_from_another_one_are_not_reported() {
        let found = |metadata: Value| {
            problems(&json!({"apiVersion": "x", "kind": "y", "metadata": metadata})).join("; ")
        };
        assert_eq!(
            found(json!({"nmae": "x"})),
            "metadata.nmae: unknown field `nmae`, expected one of `name`, `scope`, `scopeSet` \
             (Some(\"did you mean `name`?\"))"
        );
        assert!(
            found(json!({"name:x": null}))
                .ends_with("(Some(\"put a space after the colon: `name: x`\"))")
        );
        assert!(found(json!({"name": "x", "// why \"a\"": 1})).contains("a comment begins with #"));
        let both = found(json!({"labels": {}}));
        assert!(
            both.contains("unknown field `labels`") && both.contains("missing field `name`"),
            "{both}"
        );
        assert!(is_below("spec.vpc.lookup", "spec.vpc") && is_below("spec.a[0]", "spec.a"));
        assert!(!is_below("spec.vpcs", "spec.vpc") && !is_below("spec.vpc", "spec.vpc"));
    }

    #[test]
    fn a_list_is_not_a_mapping_and_a_mapping_is_not_a_word() {
        let found = |lifecycle: Value| {
            let found = problems(
                &json!({"apiVersion": "x", "kind": "y", "metadata": {"name": "a"}, "lifecycle": lifecycle}),
            );
            found.join("; ")
        };
        assert!(
            found(json!(["enforce", "absent"]))
                .starts_with("lifecycle: a list stands where a mapping is needed")
        );
        assert!(
            found(json!({"state": {"absent": null}}))
                .starts_with("lifecycle.state.absent: a mapping stands where")
        );
        assert!(
            found(json!({"mode": ["observe"]}))
                .starts_with("lifecycle.mode: a list stands where one of")
        );
    }
}
