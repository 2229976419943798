//! What `palisade doctor` asks of a kind.

use super::{CloudError, Erased, ScopeFacts};
use crate::{
    aws::Access,
    manifest::Snapshot,
    model::{PhysicalId, Tags},
};

/// What `palisade doctor` asks of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Doctor {
    /// Asks AWS whether it would let us write, where it can be asked without writing.
    pub rehearse: Option<Rehearse>,
    /// Judges what the manifests of the kind, wherever they are, mean for a scope; `None` if that
    /// is nothing.
    pub judge: Option<fn(&ScopeFacts, &Snapshot) -> Option<Opinion>>,
}

impl Doctor {
    /// Nothing.
    pub const NONE: Self = Self { rehearse: None, judge: None };
}

/// Makes the dry runs that can be made with what is there.
pub type Rehearse = for<'a> fn(&'a Access, Stage<'a>) -> Erased<'a, Vec<Rehearsed>>;

/// What is there to rehearse with.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// A VPC that a manifest looks up.
    pub vpc: Option<&'a str>,
    /// The tags with which something would be created.
    pub claim: &'a Tags,
    /// One that is ours: its id and tags.
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

/// What is thought of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Of what.
    pub about: &'static str,
    /// What was found.
    pub found: String,
    /// What to do about it; `None` where all is well.
    pub help: Option<&'static str>,
}
