//! The directory of manifests: all documents, or all errors.
//!
//! A directory is read as a whole: one mistake anywhere, and it is not used as it is. What stays in
//! force instead is the engine's business.
//!
//! ```
//! use palisade::{
//!     engine::Scopes,
//!     kinds,
//!     manifest::Loader,
//!     settings::{Overrides, Settings},
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = "
//! owner: example
//! scopes: {prod: {account: '111122223333', region: eu-west-1}}
//! ";
//! let settings = Settings::parse(settings, &Overrides::default())?;
//! let facts = Scopes::offline_facts(&settings);
//! let registry = kinds::registry();
//! let loader = Loader { registry: &registry, settings: &settings, facts: &facts };
//!
//! let dir = tempfile::tempdir()?;
//! let file = dir.path().join("web.yaml");
//! let manifest = "
//! apiVersion: palisade.dev/v1alpha1
//! kind: SecurityGroup
//! metadata: {name: web}
//! spec: {description: nobody, vpc: vpc-0abc0000, ingress: [], egress: []}
//! ";
//! std::fs::write(&file, manifest)?;
//! let snapshot = loader.load(dir.path()).expect("it is understood");
//! let addresses: Vec<String> = snapshot.documents.keys().map(ToString::to_string).collect();
//! assert_eq!(addresses, ["prod/SecurityGroup/web"]);
//!
//! std::fs::write(&file, manifest.replace("ingress", "ingres"))?;
//! let problems = loader.load(dir.path()).expect_err("`ingres` is not a field");
//! assert_eq!((problems[0].origin.line, problems[0].origin.column), (5, 48));
//! assert_eq!(problems[0].help, "did you mean `ingress`?");
//! # Ok(())
//! # }
//! ```

mod approval;
mod cache;
mod declared;
mod document;
mod files;
mod foreign;
mod identity;
mod load;
mod mark;
mod node;
mod objects;
mod problem;
mod revision;
mod spec;
mod together;
mod tree;
mod vars;
mod waivers;
pub mod watch;

pub(crate) use self::approval::{MAX_APPROVAL_SECONDS, is_digest};
pub use self::{
    cache::Cache,
    document::{
        API_VERSION, APPROVAL, APPROVAL_ABOUT, Approval, ApprovalSpec, Document, Documents, Kept,
        Lifecycle, ManifestMode, Metadata, Presence,
    },
    load::{Loaded, Loader, Snapshot},
    mark::{Part, marked},
    problem::{Origin, Problem, did_you_mean},
    revision::{described, revision},
    tree::SourceFile,
};

use crate::kind::Invalid;

/// The scopes and sets of scopes that manifests name.
#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) scopes: std::collections::BTreeSet<String>,
    pub(crate) sets: std::collections::BTreeSet<String>,
}

/// The scopes and sets of scopes that the manifests below a directory name, as far as it can be
/// read: for checking without settings.
pub(crate) fn scopes_named(dir: &std::path::Path) -> Named {
    let files = tree::read(dir).files;
    let mut named = Named::default();
    for document in files.iter().filter_map(|file| node::parse(&file.text).ok()).flatten() {
        let metadata = &document.value["metadata"];
        named.scopes.extend(metadata["scope"].as_str().map(str::to_owned));
        named.sets.extend(metadata["scopeSet"].as_str().map(str::to_owned));
    }
    named
}

/// A text with the variables of a scope filled in, as in every manifest.
#[cfg(test)]
pub(crate) fn expanded(text: &str, facts: &crate::kind::ScopeFacts) -> Result<String, Invalid> {
    vars::expand(text, facts, &|_| None)
}

/// The text of a file of the directory, for showing a line of it; `None` if it cannot be shown.
pub(crate) fn text_of(file: &std::path::Path) -> Option<String> {
    let found = std::fs::metadata(file).ok()?;
    let fits = found.is_file() && found.len() <= tree::MAX_FILE_BYTES;
    fits.then(|| std::fs::read_to_string(file).ok()).flatten()
}

/// The place of a path such as `scopes.prod.account` in a YAML text, or of the nearest thing around
/// it: `(line, column)`. `None` if the text cannot be parsed.
pub(crate) fn place_in(text: &str, path: &str) -> Option<(u64, u64)> {
    node::parse(text).ok()?.first().map(|document| document.place(path))
}

/// The documents of a YAML text, parsed as strictly as manifests are; their variables stay.
///
/// # Errors
/// The place and the reason of the first thing that is not YAML.
pub(crate) fn documents_in(text: &str) -> Result<Vec<serde_json::Value>, String> {
    let documents = node::parse(text).map_err(|syntax| {
        let (line, column) = syntax.place;
        format!("line {line}, column {column}: {}", syntax.message)
    })?;
    Ok(documents.into_iter().map(|document| document.value).collect())
}

/// What is wrong with a YAML text that is not a manifest: where, in which field, why, and help if
/// there is a specific one.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// `(line, column)`, both from 1.
    pub(crate) place: (u64, u64),
    /// The field's path; empty if it is not about a field.
    pub(crate) field: String,
    /// What is wrong.
    pub(crate) why: String,
    /// How to correct it.
    pub(crate) help: Option<String>,
}

/// Parses a text as strictly as manifests are parsed: nothing is dropped, filled in or converted.
/// An empty text gives the default.
pub(crate) fn read_typed<T: serde::de::DeserializeOwned + Default>(
    text: &str,
) -> Result<T, Unreadable> {
    if let Some(tag) = tags_in(text).into_iter().next() {
        return Err(tag);
    }
    let Some(value) = settings_in(text)? else { return Ok(T::default()) };
    let typed = match unfilled_in(&value).into_iter().next() {
        Some(left) => Err(left),
        None => typed_value(&value),
    };
    typed.map_err(|wrong| {
        let place = place_in(text, &wrong.field).unwrap_or((1, 1));
        unreadable(place, wrong)
    })
}

fn unreadable(place: (u64, u64), wrong: Invalid) -> Unreadable {
    let Invalid { field, why, help } = wrong;
    Unreadable { place, field, why, help }
}

/// The tags of YAML in a text that can be parsed, which are all errors.
pub(crate) fn tags_in(text: &str) -> Vec<Unreadable> {
    if node::parse(text).is_err() {
        return Vec::new();
    }
    foreign::tags(text).into_iter().map(|tag| unreadable(tag.place, tag.wrong)).collect()
}

/// The one document of a text, parsed as strictly as manifests are; none if it is empty.
pub(crate) fn settings_in(text: &str) -> Result<Option<serde_json::Value>, Unreadable> {
    let documents = node::parse(text).map_err(|syntax| Unreadable {
        place: syntax.place,
        field: String::new(),
        why: syntax.message,
        help: Some(syntax.help.to_owned()),
    })?;
    if let Some(second) = documents.get(1) {
        let why = "a second document begins here".to_owned();
        let help = Some("remove the line `---` or what follows it".to_owned());
        return Err(Unreadable { place: second.start, field: String::new(), why, help });
    }
    Ok(documents.into_iter().next().map(|document| document.value))
}

/// The templates in a document in which nothing is filled in.
pub(crate) fn unfilled_in(value: &serde_json::Value) -> Vec<Invalid> {
    let mut left = Vec::new();
    foreign::leftovers("", value, &mut left);
    let help = || Some("write the value itself: nothing is filled in here".to_owned());
    left.into_iter().map(|left| Invalid { help: help(), ..left }).collect()
}

/// A document as its type, with errors as those of manifests.
pub(crate) fn typed_value<T: serde::de::DeserializeOwned>(
    value: &serde_json::Value,
) -> Result<T, Invalid> {
    document::typed(value)
}

/// Help for a type error: the name that was probably meant, among those that the message lists in
/// backticks or after `expected`.
pub(crate) fn meant_in(message: &str) -> Option<String> {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let [typed, candidates @ ..] = &quoted[..] else { return None };
    let listed = message.split_once("expected one of ").map(|(_, list)| list).unwrap_or_default();
    let listed = listed.split(", ").filter(|name| !name.contains('`'));
    let near = did_you_mean(typed, candidates.iter().copied().chain(listed));
    near.filter(|near| !near.is_empty()).map(|near| format!("did you mean `{near}`?"))
}
