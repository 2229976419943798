//! What `palisade doctor` asks of a kind, and what is audited.

use serde_json::Value;

use super::{Audit, CloudError, Erased, ScopeFacts};
use crate::{
    aws::Access,
    manifest::Snapshot,
    model::{PhysicalId, Tags},
};

/// What `palisade doctor` asks of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Doctor {
    /// Asks AWS whether it would allow writes, by calls that can be rehearsed without writing.
    pub rehearse: Option<Rehearse>,
    /// Judges what the manifests of this kind in all scopes mean for one scope; `None` if there is
    /// nothing to report.
    pub judge: Option<fn(&ScopeFacts, &Snapshot) -> Option<Opinion>>,
    /// What is audited in every scope where a manifest of the kind is.
    pub audit: Option<&'static Audit>,
    /// Whether a manifest with this spec compares by itself what the rule of this number found on
    /// its resource: then the difference is shown, and the finding is not.
    pub compares: Option<fn(&Value, &str) -> bool>,
}

impl Doctor {
    /// A kind that `doctor` asks nothing of, and of which nothing is audited.
    pub const NONE: Self = Self { rehearse: None, judge: None, audit: None, compares: None };
}

/// Makes the dry runs that are possible with what exists.
pub type Rehearse = for<'a> fn(&'a Access, Stage<'a>) -> Erased<'a, Vec<Rehearsed>>;

/// What a rehearsal can work with.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// A VPC that a manifest looks up.
    pub vpc: Option<&'a str>,
    /// The tags that a new resource would be created with.
    pub claim: &'a Tags,
    /// A resource of ours: its id and tags.
    pub ours: Option<(&'a PhysicalId, &'a Tags)>,
}

/// One call that was rehearsed.
#[derive(Debug)]
pub struct Rehearsed {
    /// `service:Operation`.
    pub operation: &'static str,
    /// Whether it would be allowed.
    pub answer: Result<(), CloudError>,
}

/// A judgment about one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// The topic.
    pub about: &'static str,
    /// What was found.
    pub found: String,
    /// What to do about it; `None` if all is well.
    pub help: Option<&'static str>,
}
