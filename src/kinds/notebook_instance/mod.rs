//! Notebook instances: machines with Jupyter, a volume and a role.
//!
//! SageMaker changes most of an instance only while it is stopped. Whether it runs is a leaf of its
//! own, `running`, and that leaf is all that palisade goes by: an instance is stopped for a change
//! only where the manifest says whether it runs, and is started again only because the manifest
//! says that it does ([`How::Runs`](crate::kind::table::How::Runs)). Without that leaf changes wait
//! until somebody stops it. What AWS fixes when an instance is made is shown and never replaced: an
//! instance holds its users' files.

pub mod aws;
mod baseline;
mod errors;
mod leaves;
mod operations;
mod records;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use self::leaves::table;
use crate::kind::{
    Invalid, Refs,
    table::{Tree, get},
};

/// The kind's name in manifests.
pub const NAME: &str = "NotebookInstance";

/// The name in AWS.
const INSTANCE_NAME: &str = "instanceName";
/// Whether it has a network of AWS in addition to ours.
const DIRECT_INTERNET: &str = "directInternetAccess";
/// The minimum version of the instance metadata service.
const METADATA: &str = "minimumInstanceMetadataServiceVersion";

/// What does not fit together (SageMaker API reference, `CreateNotebookInstance`).
fn settle(want: &mut Tree, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    crate::kinds::notebooks::name_it(INSTANCE_NAME, want, refs, problems);
    if !get(want, "subnet").is_null() {
        return;
    }
    let help = "write `subnet`: its id, or {lookup: {tags: …}}";
    if get(want, DIRECT_INTERNET) == "Disabled" {
        let why = "`Disabled` needs a subnet: without one there is no other network";
        problems.push(Invalid::new(DIRECT_INTERNET, why).help(help));
    }
    let groups = get(want, "securityGroups");
    if groups.as_array().is_some_and(|groups| !groups.is_empty()) {
        let why = "they need a subnet, in whose VPC they are";
        problems.push(Invalid::new("securityGroups", why).help(help));
    }
}

/// Whether a live state says that it runs.
fn runs(state: &Value) -> bool {
    state["running"] == Value::Bool(true)
}
