//! The directory of manifests: every document, or every problem. Never a part.

mod approval;
mod declared;
mod document;
mod foreign;
mod load;
mod node;
mod objects;
mod problem;
mod revision;
mod together;
mod tree;
mod vars;
pub mod watch;

pub(crate) use self::approval::LONGEST_SECONDS;
pub use self::{
    document::{
        API_VERSION, APPROVAL, APPROVAL_ABOUT, Approval, ApprovalSpec, Document, Lifecycle,
        ManifestMode, Metadata, Presence,
    },
    load::{Loaded, Loader, Snapshot},
    problem::{Origin, Problem, did_you_mean},
    revision::{described, revision},
};

/// The scopes that the manifests below a directory name, as far as it can be read: for checking without settings.
pub(crate) fn scopes_named(dir: &std::path::Path) -> std::collections::BTreeSet<String> {
    let files = tree::read(dir).map(|tree| tree.files).unwrap_or_default();
    let documents = files.iter().filter_map(|file| node::parse(&file.text).ok()).flatten();
    documents
        .filter_map(|document| Some(document.value["metadata"]["scope"].as_str()?.to_owned()))
        .collect()
}

/// Where a path such as `scopes.prod.account` stands in a YAML text, or the nearest thing around it: `(line, column)`.
/// `None` if the text cannot be read.
pub(crate) fn place_in(text: &str, path: &str) -> Option<(u64, u64)> {
    node::parse(text).ok()?.first().map(|document| document.place(path))
}

/// A type error's way out: the name that was meant among those that the message lists, in backticks or after `expected`.
pub(crate) fn meant_in(message: &str) -> Option<String> {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let [typed, candidates @ ..] = &quoted[..] else { return None };
    let listed = message.split_once("expected one of ").map(|(_, list)| list).unwrap_or_default();
    let listed = listed.split(", ").filter(|name| !name.contains('`'));
    let near = did_you_mean(typed, candidates.iter().copied().chain(listed));
    near.filter(|near| !near.is_empty()).map(|near| format!("did you mean `{near}`?"))
}
