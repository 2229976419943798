//! The last good snapshot of the directory.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{
    domains::{Failed, Mixed},
    rollout::Rollouts,
};
use crate::{
    manifest::{Cache, Loader, Problem, Snapshot, SourceFile, described, revision},
    memory::LastSnapshot,
};

/// The last good snapshot, and the result of the latest reading.
#[derive(Debug)]
pub struct Source {
    dir: PathBuf,
    cache: Cache,
    good: Option<Good>,
    /// What is in force instead, while a change has not reached every scope.
    in_force: Option<Good>,
    /// The files of [`Self::good`].
    files: Vec<SourceFile>,
    /// The files of the latest reading without errors, if there is a memory that keeps them.
    accepted: Option<Vec<SourceFile>>,
    remembers: bool,
    /// The errors of the latest reading; empty if it succeeded.
    pub problems: Vec<Problem>,
    /// Whether the errors differ from those of the reading before.
    pub problems_changed: bool,
    /// Possible mistakes found in the latest reading.
    pub warnings: Vec<Problem>,
    /// Whether the warnings differ from those of the reading before.
    pub warnings_changed: bool,
}

/// An accepted snapshot.
#[derive(Debug, Clone)]
pub struct Good {
    /// Its content.
    pub snapshot: Arc<Snapshot>,
    /// The Git revision it was read at, if there is one; with `-dirty` if the files differ from
    /// that revision.
    pub revision: Option<String>,
    /// When it was last read successfully.
    pub at: Instant,
}

impl Source {
    /// A source that has not been read.
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            cache: Cache::default(),
            good: None,
            in_force: None,
            files: Vec::new(),
            accepted: None,
            remembers: false,
            problems: Vec::new(),
            warnings: Vec::new(),
            problems_changed: false,
            warnings_changed: false,
        }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Reads the directory. After a failed reading the last good state of the top-level folders
    /// with errors stays in force, or of everything with `strictTree`. So does everything if the
    /// directory is empty: that all manifests are gone at once points to a wrong path or a checkout
    /// in progress, not to a decision.
    pub fn read(&mut self, loader: &Loader<'_>) {
        let (problems, warnings) = (self.problems.clone(), self.warnings.clone());
        self.take(loader);
        self.problems_changed = self.problems != problems;
        self.warnings_changed = self.warnings != warnings;
    }

    fn take(&mut self, loader: &Loader<'_>) {
        let before = revision(&self.dir);
        let loaded = loader.read_again(&self.dir, &mut self.cache);
        self.warnings = loaded.warnings;
        match loaded.snapshot {
            Ok(snapshot) if snapshot.documents.is_empty() && self.had_manifests() => {
                let help = if self.remembers {
                    "if this is intended, stop palisade, remove snapshot.json from its memory, and \
                     start it; nothing is deleted then either"
                } else {
                    "if this is intended, restart palisade; nothing is deleted then either"
                };
                let problem = Problem::file(
                    &self.dir,
                    "holds no manifests any more; the last good snapshot stays in force",
                    help,
                );
                self.problems = vec![problem];
            }
            Ok(snapshot) => {
                if before != revision(&self.dir) {
                    let problem = Problem::file(
                        &self.dir,
                        "changed to another revision while it was being read",
                        "nothing to do: the next pass reads the new revision",
                    );
                    self.problems = vec![problem];
                    return;
                }
                self.problems.clear();
                let same = self.good.as_ref().filter(|good| {
                    let revision = good.revision.as_deref().and_then(|it| it.split('-').next());
                    Arc::ptr_eq(&good.snapshot, &snapshot) && revision == before.as_deref()
                });
                // The same files are as clean as before in the same revision.
                let revision = match same {
                    Some(good) => good.revision.clone(),
                    None => described(&self.dir),
                };
                self.good = Some(Good { snapshot, revision, at: Instant::now() });
                self.accepted = self.remembers.then(|| loaded.files.clone());
                self.files = loaded.files;
            }
            Err(problems) => {
                if !loader.settings.strict_tree {
                    self.mix(loader, &loaded.files, &problems);
                }
                self.problems = problems;
            }
        }
    }

    /// Takes what is good, with the last good state of what is bad.
    fn mix(&mut self, loader: &Loader<'_>, files: &[SourceFile], problems: &[Problem]) {
        let Some(good) = &self.good else { return };
        let before = (&*good.snapshot, &self.files[..]);
        let failed = Failed { dir: &self.dir, files, problems, before };
        let Some(Mixed { snapshot, files, kept }) = failed.mix(loader, &mut self.cache) else {
            return;
        };
        if snapshot.documents.is_empty() {
            return;
        }
        let revision = revision(&self.dir).map(|commit| format!("{commit}-dirty"));
        let kept: Vec<_> = kept.iter().map(|folder| folder.to_string_lossy()).collect();
        tracing::debug!("the last good state of these folders stays in force: {kept:?}");
        self.good = Some(Good { snapshot, revision, at: good.at });
        self.files = files;
    }

    /// From now on what is accepted can be kept. What was accepted before the start is in force
    /// until the directory is read without problems, if it is still understood. Its approvals are
    /// not: they need the directory as it is now.
    pub(super) fn recall(&mut self, loader: &Loader<'_>, kept: Option<LastSnapshot>, now: f64) {
        self.remembers = true;
        let Some(kept) = kept else { return };
        let LastSnapshot { files, revision, read_at, .. } = kept;
        let loaded = loader.read_files(&self.dir, files, Vec::new());
        match loaded.snapshot {
            Ok(mut snapshot) => {
                snapshot.approvals.clear();
                let snapshot = Arc::new(snapshot);
                let age = Duration::try_from_secs_f64(now - read_at).unwrap_or_default();
                let at = Instant::now().checked_sub(age).unwrap_or_else(Instant::now);
                self.good = Some(Good { snapshot, revision, at });
                self.files.clone_from(&loaded.files);
                self.accepted = Some(loaded.files);
            }
            Err(problems) => {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                tracing::error!(
                    "the last accepted snapshot is not understood any more and counts as lost: \
                     {first}"
                );
            }
        }
    }

    /// The files of the last good snapshot, if they are remembered.
    pub(super) fn accepted(&self) -> Option<&Vec<SourceFile>> {
        self.accepted.as_ref()
    }

    fn had_manifests(&self) -> bool {
        self.good.as_ref().is_some_and(|good| !good.snapshot.documents.is_empty())
    }

    /// Puts in force what the rollouts have come to of the last good snapshot.
    pub(super) fn roll_out(&mut self, loader: &Loader<'_>, rollouts: &mut Rollouts) {
        let Some(good) = &self.good else { return };
        let snapshot = rollouts.follow(loader, &self.dir, &good.snapshot, &self.files);
        let differs = !Arc::ptr_eq(&snapshot, &good.snapshot);
        self.in_force = differs.then(|| Good { snapshot, ..good.clone() });
    }

    /// The last good snapshot, as far as it is in force; `None` if there never was one, and then
    /// nothing may be written.
    pub fn good(&self) -> Option<&Good> {
        self.in_force.as_ref().or(self.good.as_ref())
    }
}
