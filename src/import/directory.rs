//! The directory: what is there already, and what is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{Context, ImportError, pages::Pages};
use crate::{
    baseline::{self, Finding, Subject},
    manifest::{Cache, Loader, Problem, Snapshot, SourceFile},
    model::{Address, PhysicalId},
};

/// A file that has a manifest which would be lost.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} has the manifest {address}, which this import does not write; move it elsewhere, or import \
     without --force",
    file.display()
)]
pub struct Loses {
    /// The file.
    pub file: PathBuf,
    /// The manifest.
    pub address: Address,
}

/// What is in the directory.
#[derive(Debug, Default)]
pub struct Directory {
    dir: PathBuf,
    files: Vec<SourceFile>,
    /// The file of each manifest, below the directory.
    manifests: BTreeMap<Address, String>,
    /// What was understood of files that an import has not changed since.
    cache: Cache,
    /// What is adopted, by scope and kind.
    adopted: BTreeMap<(String, String, PhysicalId), Address>,
}

/// The loader of an import.
fn loader(Context { settings, registry, scopes }: Context<'_>) -> Loader<'_> {
    Loader { registry, settings, facts: scopes.facts() }
}

impl Directory {
    /// Reads it; one that does not exist is empty.
    ///
    /// # Errors
    /// It has errors.
    pub fn read(context: Context<'_>, dir: &Path) -> Result<Self, ImportError> {
        let mut read = Self { dir: dir.to_owned(), ..Self::default() };
        if !dir.exists() {
            return Ok(read);
        }
        let loaded = loader(context).read(dir);
        let snapshot = loaded.snapshot.map_err(ImportError::Directory)?;
        for (address, document) in snapshot.documents {
            let file = document.origin.file.strip_prefix(dir).unwrap_or(&document.origin.file);
            if let Some(id) = document.lifecycle.adopt.clone() {
                let key = (address.scope.clone(), address.kind.clone(), id);
                read.adopted.insert(key, address.clone());
            }
            read.manifests.insert(address, file.to_string_lossy().into_owned());
        }
        read.files = loaded.files;
        Ok(read)
    }

    /// The manifest that adopts this resource.
    pub fn adopting(&self, scope: &str, kind: &str, id: &PhysicalId) -> Option<&Address> {
        self.adopted.get(&(scope.to_owned(), kind.to_owned(), id.clone()))
    }

    /// The file of a manifest, below the directory.
    pub fn file_of(&self, address: &Address) -> Option<&str> {
        self.manifests.get(address).map(String::as_str)
    }

    /// The names of the manifests of a kind.
    pub fn names(&self, scope: &str, kind: &str) -> BTreeSet<String> {
        let of = self.manifests.keys().filter(|it| it.scope == scope && it.kind == kind);
        of.map(|address| address.name.clone()).collect()
    }

    /// Whether there is such a file, below the directory.
    pub fn has_file(&self, file: &str) -> bool {
        self.dir.join(file).symlink_metadata().is_ok()
    }

    /// The path of a file below the directory, as people are shown it.
    pub fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    /// The directory with the pages in it, loaded as every command loads it.
    pub fn loaded(
        &mut self,
        context: Context<'_>,
        pages: &Pages,
    ) -> Result<Snapshot, Vec<Problem>> {
        let written: Vec<SourceFile> = pages.files().collect();
        let is_new = |file: &SourceFile| written.iter().any(|it| it.shown == file.shown);
        let kept = self.files.iter().filter(|file| !is_new(file)).cloned();
        let files = kept.chain(written.clone()).collect();
        loader(context).read_changed(&self.dir, files, &mut self.cache).snapshot
    }

    /// The findings of the baseline in the pages.
    pub fn findings(context: Context<'_>, snapshot: &Snapshot, pages: &Pages) -> Vec<Finding> {
        let settings = context.settings;
        let scopes = settings.scopes.values();
        let roles: Vec<String> = scopes
            .filter_map(|scope| scope.role.as_ref().map(|role| role.role_arn.clone()))
            .collect();
        let (registry, scopes) = (context.registry, context.scopes.facts());
        let report = baseline::check(Subject {
            registry,
            scopes,
            snapshot,
            roles: &roles,
            switches: &settings.rules,
        });
        let files: BTreeSet<PathBuf> = pages.files().map(|file| file.shown).collect();
        let findings = report.findings.into_iter();
        findings.filter(|finding| files.contains(&finding.origin.file)).collect()
    }

    /// Checks that no manifest of a file that is replaced is lost.
    ///
    /// # Errors
    /// One is.
    pub fn loses_nothing(&self, pages: &Pages) -> Result<(), Loses> {
        let mut lost = self.manifests.iter();
        let lost = lost.find(|(address, file)| pages.replaces(file) && !pages.has(address));
        match lost {
            None => Ok(()),
            Some((address, file)) => Err(Loses { file: self.path(file), address: address.clone() }),
        }
    }
}
