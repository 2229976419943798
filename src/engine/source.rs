//! The last good snapshot of the directory.

use std::path::{Path, PathBuf};

use tokio::time::Instant;

use crate::manifest::{Loader, Problem, Snapshot, revision};

/// What the directory said last, and what it says now.
#[derive(Debug)]
pub struct Source {
    dir: PathBuf,
    good: Option<Good>,
    /// The problems of the latest reading; empty if it was good.
    pub problems: Vec<Problem>,
}

/// An accepted snapshot.
#[derive(Debug, Clone)]
pub struct Good {
    /// Its content.
    pub snapshot: Snapshot,
    /// The Git revision it was read at, where there is one.
    pub revision: Option<String>,
    /// When it was last read and found good.
    pub at: Instant,
}

impl Source {
    /// A source that has not been read.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), good: None, problems: Vec::new() }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Reads the directory. A bad reading leaves the last good snapshot in force.
    pub fn read(&mut self, loader: &Loader<'_>) {
        match loader.load(&self.dir) {
            Ok(snapshot) => {
                self.problems.clear();
                let revision = revision(&self.dir);
                self.good = Some(Good { snapshot, revision, at: Instant::now() });
            }
            Err(problems) => self.problems = problems,
        }
    }

    /// The last good snapshot; `None` if there never was one, and then nothing may be written.
    pub fn good(&self) -> Option<&Good> {
        self.good.as_ref()
    }
}
