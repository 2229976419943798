//! The last good snapshot of the directory.

use std::path::{Path, PathBuf};

use tokio::time::Instant;

use crate::manifest::{Loader, Problem, Snapshot, described, revision};

/// What the directory said last, and what it says now.
#[derive(Debug)]
pub struct Source {
    dir: PathBuf,
    good: Option<Good>,
    /// The problems of the latest reading; empty if it was good.
    pub problems: Vec<Problem>,
    /// What may be a mistake in the latest reading.
    pub warnings: Vec<Problem>,
    /// Whether the reading before had others.
    pub warnings_changed: bool,
}

/// An accepted snapshot.
#[derive(Debug, Clone)]
pub struct Good {
    /// Its content.
    pub snapshot: Snapshot,
    /// The Git revision it was read at, where there is one; with `-dirty` where it is not what that revision says.
    pub revision: Option<String>,
    /// When it was last read and found good.
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

    /// Reads the directory. A bad reading leaves the last good snapshot in force, and so does an empty one: that the
    /// manifests are gone all at once says something about the directory (a wrong path, a checkout under way), not
    /// about what is wanted.
    pub fn read(&mut self, loader: &Loader<'_>) {
        let before = revision(&self.dir);
        let loaded = loader.read(&self.dir);
        self.warnings_changed = self.warnings != loaded.warnings;
        self.warnings = loaded.warnings;
        match loaded.snapshot {
            Ok(snapshot) if snapshot.documents.is_empty() && self.had_manifests() => {
                let problem = Problem::file(
                    &self.dir,
                    "holds no manifest any more; the last good snapshot stays in force",
                    "to give everything up on purpose, restart palisade: nothing is deleted then either",
                );
                self.problems = vec![problem];
            }
            Ok(snapshot) => {
                if before != revision(&self.dir) {
                    let problem = Problem::file(
                        &self.dir,
                        "went to another revision while it was read",
                        "nothing to do: the next reading takes the new one",
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
