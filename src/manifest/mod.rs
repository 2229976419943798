//! The directory of manifests: every document, or every problem. Never a part.

mod document;
mod load;
mod node;
mod objects;
mod problem;
mod revision;
mod tree;
mod vars;
pub mod watch;

pub use self::{
    document::{API_VERSION, Approval, Document, Lifecycle, ManifestMode, Metadata, Presence},
    load::{Loader, Snapshot},
    problem::{Origin, Problem, did_you_mean},
    revision::{described, revision},
};
