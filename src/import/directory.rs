//! The directory: what is there already, and what is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{Context, ImportError, pages::Pages};
use crate::{
    baseline::{self, Finding, Subject},
    manifest::{Loader, Problem, Snapshot, SourceFile},
    model::{Address, PhysicalId},
};

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotWritten {
    /// The operating system refused it.
    #[error("{} cannot be written: {why}", file.display())]
    Refused {
        /// The file.
        file: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// It has manifests that would be lost.
    #[error(
        "{} has the manifest {address}, which this import does not write; move it elsewhere, or \
         import without --force",
        file.display()
    )]
    Loses {
        /// The file.
        file: PathBuf,
        /// The manifest.
        address: Address,
    },
}

/// What is in the directory.
#[derive(Debug, Default)]
pub struct Directory {
    dir: PathBuf,
    files: Vec<SourceFile>,
    /// The file of each manifest, below the directory.
    manifests: BTreeMap<Address, String>,
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
    pub fn loaded(&self, context: Context<'_>, pages: &Pages) -> Result<Snapshot, Vec<Problem>> {
        let written: Vec<SourceFile> = pages.files().collect();
        let is_new = |file: &SourceFile| written.iter().any(|it| it.shown == file.shown);
        let kept = self.files.iter().filter(|file| !is_new(file)).cloned();
        let files = kept.chain(written.clone()).collect();
        loader(context).read_files(&self.dir, files, Vec::new()).snapshot
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

    /// Writes the pages.
    ///
    /// # Errors
    /// A file that cannot be written, or that has manifests that would be lost.
    pub fn write(&self, pages: &Pages, force: bool) -> Result<(), NotWritten> {
        for (address, file) in &self.manifests {
            if pages.replaces(file) && !pages.has(address) {
                let (file, address) = (self.path(file), address.clone());
                return Err(NotWritten::Loses { file, address });
            }
        }
        for SourceFile { shown, text } in pages.files() {
            put(&shown, &text, force).map_err(|why| NotWritten::Refused { file: shown, why })?;
        }
        Ok(())
    }
}

/// Writes a file at once or not at all; one that is there only by force.
fn put(file: &Path, text: &str, force: bool) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let write = || {
        let mut out = fs::File::create_new(&part)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        if !force {
            // Fails if it is there.
            fs::File::create_new(file)?;
        }
        fs::rename(&part, file)
    };
    let written = write();
    if written.is_err() {
        // Of a failed write nothing stays; that it cannot be removed either is less important.
        drop(fs::remove_file(&part));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_only_replaced_by_force() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("a/b.yaml");
        put(&file, "one", false).expect("written");
        let refused = put(&file, "two", false).expect_err("it is there");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&file).expect("read"), "one");
        put(&file, "two", true).expect("written");
        assert_eq!(fs::read_to_string(&file).expect("read"), "two");
        let there = fs::read_dir(dir.path().join("a")).expect("listed").count();
        assert_eq!(there, 1, "nothing else is left");
    }
}
