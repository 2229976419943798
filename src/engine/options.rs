//! How an engine is used.

use std::{collections::BTreeSet, fmt, path::PathBuf, sync::Arc};

use super::StepResult;
use crate::plan::{Focus, Only, Plan};

/// Follows what passes carry out, while they do. It decides nothing.
pub trait Watcher: fmt::Debug + Send + Sync {
    /// The plan, right before it is carried out.
    fn begin(&self, plan: &Plan);
    /// A step has ended.
    fn end(&self, result: &StepResult);
}

/// How an engine is used.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Digests approved on the command line.
    pub approve: BTreeSet<String>,
    /// The steps that may be carried out at most.
    pub only: Option<Only>,
    /// The manifests that the passes are about, if not all of them.
    pub focus: Option<Focus>,
    /// Another state of the directory: the report says what the change from it does.
    pub base: Option<PathBuf>,
    /// Follows what passes carry out.
    pub watcher: Option<Arc<dyn Watcher>>,
    /// Whether steps are carried out; `plan` sets `false`, and its clients could not write anyway.
    pub write: bool,
    /// Whether a change reaches all waves of a set at once.
    pub all_waves: bool,
    /// Whether every pass also searches for orphans of kinds that no manifest declares.
    pub sweep: bool,
    /// Whether passes continue without scopes that answer much later than the others, as the
    /// daemon's do: such scopes are unknown until they have answered. Otherwise a pass waits for
    /// all.
    pub leaves_behind: bool,
    /// Whether what no manifest owns is audited in the background, as the daemon does.
    pub audits: bool,
    /// Whether [`Engine::live`](super::Engine::live) is filled.
    pub shows_live: bool,
}
