//! The last good snapshot of the directory.

use std::path::{Path, PathBuf};

use tokio::time::Instant;

use crate::manifest::{Loader, Problem, Snapshot, described, revision};

/// The last good snapshot, and the result of the latest reading.
#[derive(Debug)]
pub struct Source {
    dir: PathBuf,
    good: Option<Good>,
    /// The errors of the latest reading; empty if it succeeded.
    pub problems: Vec<Problem>,
    /// Possible mistakes found in the latest reading.
    pub warnings: Vec<Problem>,
    /// Whether the warnings differ from those of the reading before.
    pub warnings_changed: bool,
}

/// An accepted snapshot.
#[derive(Debug, Clone)]
pub struct Good {
    /// Its content.
    pub snapshot: Snapshot,
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
            good: None,
            problems: Vec::new(),
            warnings: Vec::new(),
            warnings_changed: false,
        }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Reads the directory. After a failed reading the last good snapshot stays in force, and so it
    /// does if the directory is empty: that all manifests are gone at once points to a wrong path
    /// or a checkout in progress, not to a decision.
    pub fn read(&mut self, loader: &Loader<'_>) {
        let before = revision(&self.dir);
        let loaded = loader.read(&self.dir);
        self.warnings_changed = self.warnings != loaded.warnings;
        self.warnings = loaded.warnings;
        match loaded.snapshot {
            Ok(snapshot) if snapshot.documents.is_empty() && self.had_manifests() => {
                let problem = Problem::file(
                    &self.dir,
                    "holds no manifests any more; the last good snapshot stays in force",
                    "if this is intended, restart palisade; nothing is deleted then either",
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
                let revision = described(&self.dir);
                self.good = Some(Good { snapshot, revision, at: Instant::now() });
            }
            Err(problems) => self.problems = problems,
        }
    }

    fn had_manifests(&self) -> bool {
        self.good.as_ref().is_some_and(|good| !good.snapshot.documents.is_empty())
    }

    /// The last good snapshot; `None` if there never was one, and then nothing may be written.
    pub fn good(&self) -> Option<&Good> {
        self.good.as_ref()
    }
}
