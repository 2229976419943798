//! Failure domains: while something in a top-level folder of the directory is bad, the last good
//! state of that folder stays in force, and the others go on.
//!
//! Where it is not certain what belongs to whom, more is kept: a manifest that vanished from a good
//! folder and may have moved into a bad one is not gone, and approvals of a bad folder release
//! nothing.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    path::Path,
    sync::Arc,
};

use crate::manifest::{Cache, Loader, Problem, Snapshot, SourceFile};

/// The files at the top of the directory are a domain of their own.
const TOP: &str = "";

/// What is in force: the good folders as they are now, and the last good state of the others.
#[derive(Debug)]
pub(super) struct Mixed {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) files: Vec<SourceFile>,
    /// The folders that are not as they are now.
    pub(super) kept: BTreeSet<OsString>,
}

/// A reading of the directory with problems, and what was in force before it.
pub(super) struct Failed<'a> {
    pub(super) dir: &'a Path,
    /// The files that could be read.
    pub(super) files: &'a [SourceFile],
    pub(super) problems: &'a [Problem],
    /// What was in force, and its files.
    pub(super) before: (&'a Snapshot, &'a [SourceFile]),
}

impl Failed<'_> {
    /// Puts the good folders together with the last good state of the others. `None` if that is
    /// not possible: then everything stays as it was.
    pub(super) fn mix(&self, loader: &Loader<'_>, cache: &mut Cache) -> Option<Mixed> {
        // Without any file, the directory as a whole could not be read.
        if self.files.is_empty() {
            return None;
        }
        let mut kept = BTreeSet::new();
        self.keep(&mut kept, self.problems)?;
        while !self.files.iter().all(|file| self.is_in(file, &kept)) {
            let files = self.files_with(&kept);
            let unknown: Vec<&str> = self.texts_in(&kept).collect();
            match loader.read_beside(self.dir, &files, &unknown, cache) {
                Ok(snapshot) => {
                    let moved = self.moved(&snapshot, &unknown);
                    if moved.is_subset(&kept) {
                        return Some(self.mixed(snapshot, files, kept));
                    }
                    kept.extend(moved);
                }
                Err(problems) => {
                    let before = kept.len();
                    self.keep(&mut kept, &problems)?;
                    if kept.len() == before {
                        return None;
                    }
                }
            }
        }
        None
    }

    /// Adds the domains that problems concern. `None` if one is about the directory as a whole.
    fn keep(&self, kept: &mut BTreeSet<OsString>, problems: &[Problem]) -> Option<()> {
        for problem in problems {
            kept.extend(self.domains(&problem.origin.file)?);
        }
        Some(())
    }

    fn mixed(
        &self,
        mut snapshot: Snapshot,
        files: Vec<SourceFile>,
        kept: BTreeSet<OsString>,
    ) -> Mixed {
        let is_kept = |file: &Path| self.domain(file).is_some_and(|domain| kept.contains(domain));
        snapshot.approvals.retain(|approval| !is_kept(&approval.origin.file));
        Mixed { snapshot: Arc::new(snapshot), files, kept }
    }

    /// The domain of a file.
    fn domain<'f>(&self, file: &'f Path) -> Option<&'f OsStr> {
        let mut parts = file.strip_prefix(self.dir).ok()?.iter();
        let first = parts.next()?;
        Some(if parts.next().is_some() { first } else { OsStr::new(TOP) })
    }

    /// The domains that a problem with this file or folder concerns; `None` if it is about the
    /// directory as a whole.
    fn domains(&self, path: &Path) -> Option<BTreeSet<OsString>> {
        let first = path.strip_prefix(self.dir).ok()?.iter().next()?;
        let domain = self.domain(path)?.to_owned();
        // What stands at the top may be a folder that cannot be read.
        Some([domain, first.to_owned()].into())
    }

    fn is_in(&self, file: &SourceFile, domains: &BTreeSet<OsString>) -> bool {
        self.domain(&file.shown).is_none_or(|domain| domains.contains(domain))
    }

    fn files_with(&self, kept: &BTreeSet<OsString>) -> Vec<SourceFile> {
        let now = self.files.iter().filter(|file| !self.is_in(file, kept));
        let old = self.before.1.iter().filter(|file| self.is_in(file, kept));
        let mut files: Vec<SourceFile> = now.chain(old).cloned().collect();
        files.sort_by(|a, b| a.shown.cmp(&b.shown));
        files
    }

    /// What bad folders say now.
    fn texts_in(&self, kept: &BTreeSet<OsString>) -> impl Iterator<Item = &str> {
        let files = self.files.iter().filter(|file| self.is_in(file, kept));
        files.map(|file| &*file.text)
    }

    /// The domains of manifests that are gone from good folders, and may be in a bad one now.
    fn moved(&self, snapshot: &Snapshot, unknown: &[&str]) -> BTreeSet<OsString> {
        let gone = self.before.0.documents.values();
        let gone = gone.filter(|document| !snapshot.documents.contains_key(&document.address));
        let moved = gone.filter(|document| {
            let name = document.address.name.as_str();
            // A file that could not be read may hold anything.
            self.some_are_missing() || unknown.iter().any(|text| text.contains(name))
        });
        let domains = moved.filter_map(|document| self.domain(&document.origin.file));
        domains.map(OsStr::to_owned).collect()
    }

    /// Whether there are problems with files that could not be read.
    fn some_are_missing(&self) -> bool {
        self.problems.iter().any(|problem| {
            problem.origin.line == 0
                && !self.files.iter().any(|file| file.shown == problem.origin.file)
        })
    }
}
