//! What an import keeps on disk while it runs, so that one that was stopped is resumed.
//!
//! ```text
//! DIR/.import/read/…      what was read of a kind in a scope: not read again
//! DIR/.import/files/…     all files, whole, before the first is put in place
//! DIR/.import/ready.json  their names: from here on the import only goes forward
//! ```
//!
//! Manifests refer to each other, so a part of them is no directory that can be loaded: either none
//! is in place, or the next import first puts the rest there. What looks like it has a secret in it
//! is never kept, and read again instead.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Component, Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use super::{draft, pages::Pages};
use crate::{
    kind::ScopeFacts,
    settings::{Settings, now},
};

/// The folder in the directory. What begins with a dot is not loaded.
const FOLDER: &str = ".import";
const READ: &str = "read";
const FILES: &str = "files";
const READY: &str = "ready.json";
const LOCK: &str = "lock";
/// How long a reading may be used, in seconds: the manifests say what AWS had then.
const AGE: u64 = 3600;

/// Why an import cannot keep its place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The operating system refused it.
    #[error("{}: {why}", path.display())]
    Refused {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// Another import is writing there.
    #[error("another import writes to {}; wait until it has ended", .0.display())]
    InUse(PathBuf),
    /// A stopped import would write where there is a file now.
    #[error(
        "{} is there, and a stopped import has yet to write it; move it elsewhere, import with \
         --force to replace it, or remove {} to give up what was not written",
        file.display(), journal.display()
    )]
    InTheWay {
        /// The file.
        file: PathBuf,
        /// The folder of the import.
        journal: PathBuf,
    },
}

/// The folder of one import, which this process has locked.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    /// Whether the directory is there for the folder alone.
    is_new: bool,
    folder: PathBuf,
    owner: String,
    used: AtomicUsize,
    /// The lock ends with the handle.
    _lock: File,
}

/// What was read: of another installation, account or version it means nothing.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct About {
    version: String,
    owner: String,
    scope: String,
    account: String,
    region: String,
    what: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept<T> {
    about: About,
    /// Seconds since the epoch.
    at: u64,
    value: T,
}

/// Files that are whole, and not all of them in their places.
#[derive(Debug, Serialize, Deserialize)]
struct Ready {
    /// Below the directory; the number of each is its name among the files.
    files: Vec<PathBuf>,
    force: bool,
}

impl Journal {
    /// Opens the folder in the directory; both are created if they are missing.
    ///
    /// # Errors
    /// It cannot be created or opened, or another import uses it.
    pub fn open(dir: &Path, settings: &Settings) -> Result<Self, JournalError> {
        let is_new = !dir.exists();
        let folder = dir.join(FOLDER);
        refused(&folder, fs::create_dir_all(folder.join(READ)))?;
        let ignore = folder.join(".gitignore");
        refused(&ignore, fs::write(&ignore, "*\n"))?;
        let path = folder.join(LOCK);
        let mut options = File::options();
        let lock = options.write(true).create(true).truncate(false).open(&path);
        let lock = refused(&path, lock)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(dir.to_owned())),
            Err(TryLockError::Error(why)) => refused(&path, Err(why))?,
        }
        let (dir, owner) = (dir.to_owned(), settings.owner.clone());
        Ok(Self { dir, is_new, folder, owner, used: AtomicUsize::new(0), _lock: lock })
    }

    /// What was read of something in a scope, if it is kept and not too old.
    pub fn kept<T: DeserializeOwned>(&self, scope: &ScopeFacts, what: &str) -> Option<T> {
        let about = self.about(scope, what);
        let text = fs::read(self.reading(&about)).ok()?;
        let kept: Kept<T> = serde_json::from_slice(&text).ok()?;
        let is_young = now().checked_sub(kept.at).is_some_and(|age| age <= AGE);
        if kept.about != about || !is_young {
            return None;
        }
        self.used.fetch_add(1, Ordering::Relaxed);
        Some(kept.value)
    }

    /// Keeps what was read. Without it the next import only has more to read.
    pub fn keep<T: Serialize>(&self, scope: &ScopeFacts, what: &str, value: &T) {
        let about = self.about(scope, what);
        let path = self.reading(&about);
        let write = || -> io::Result<()> {
            let kept = serde_json::to_value(Kept { about, at: now(), value })?;
            if draft::has_secrets(&kept) {
                return Ok(());
            }
            whole(&path, &serde_json::to_vec(&kept)?)
        };
        if let Err(error) = write() {
            tracing::warn!(path = %path.display(), %error, "a reading is not kept");
        }
    }

    /// How many readings of a stopped import were used.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn about(&self, scope: &ScopeFacts, what: &str) -> About {
        About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            owner: self.owner.clone(),
            scope: scope.name.clone(),
            account: scope.account.clone(),
            region: scope.region.clone(),
            what: what.to_owned(),
        }
    }

    fn reading(&self, about: &About) -> PathBuf {
        let name = Sha256::digest(format!("{}\n{}", about.scope, about.what));
        self.folder.join(READ).join(format!("{}.json", hex::encode(&name[..12])))
    }

    /// Writes the pages: all of them aside, and then each in its place.
    ///
    /// # Errors
    /// A file cannot be written, or is there already.
    pub fn write(&self, pages: &Pages, force: bool) -> Result<(), JournalError> {
        let mut ready = Ready { files: Vec::new(), force };
        let aside = self.folder.join(FILES);
        remove(&aside, |path| fs::remove_dir_all(path))?;
        refused(&aside, fs::create_dir_all(&aside))?;
        for (number, (name, file)) in pages.names().zip(pages.files()).enumerate() {
            let path = aside.join(number.to_string());
            refused(&file.shown, whole(&path, file.text.as_bytes()))?;
            ready.files.push(name.into());
        }
        let text = serde_json::to_vec(&ready).unwrap_or_default();
        let path = self.folder.join(READY);
        refused(&path, whole(&path, &text))?;
        self.finish(force).map(drop)
    }

    /// Puts the files of a stopped import in their places, and names those that were not there yet.
    ///
    /// # Errors
    /// A file cannot be written, or is there already and is another one.
    pub fn finish(&self, force: bool) -> Result<Vec<String>, JournalError> {
        let ready = self.folder.join(READY);
        let text = match fs::read(&ready) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => refused(&ready, read)?,
        };
        // Without it nobody knows what is missing of manifests that refer to each other.
        let Ready { files, force: forced } =
            refused(&ready, serde_json::from_slice(&text).map_err(io::Error::from))?;
        let mut placed = Vec::new();
        for (number, file) in files.iter().enumerate() {
            let path = self.folder.join(FILES).join(number.to_string());
            let is_below = file.components().all(|it| matches!(it, Component::Normal(_)));
            if !is_below || !path.exists() {
                continue;
            }
            self.place(&path, &self.dir.join(file), force || forced)?;
            placed.push(file.to_string_lossy().into_owned());
        }
        remove(&ready, |path| fs::remove_file(path))?;
        remove(&self.folder.join(FILES), |path| fs::remove_dir_all(path))?;
        Ok(placed)
    }

    /// Puts a whole file in its place at once; one that is there is only replaced by force.
    fn place(&self, path: &Path, target: &Path, force: bool) -> Result<(), JournalError> {
        let parent = target.parent().map_or(Ok(()), fs::create_dir_all);
        refused(target, parent)?;
        if force {
            return refused(target, fs::rename(path, target));
        }
        match fs::hard_link(path, target) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // The last import may have been stopped after this very step.
                let is_same =
                    matches!((fs::read(path), fs::read(target)), (Ok(a), Ok(b)) if a == b);
                if !is_same {
                    let (file, journal) = (target.to_owned(), self.folder.clone());
                    return Err(JournalError::InTheWay { file, journal });
                }
            }
            // A file system without links. The empty file keeps the name until the rename.
            Err(_) => {
                refused(target, File::create_new(target))?;
                return refused(target, fs::rename(path, target));
            }
        }
        remove(path, |path| fs::remove_file(path))
    }

    /// Forgets everything: nothing is left to go on with.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn end(self) -> Result<(), JournalError> {
        remove(&self.folder, |path| fs::remove_dir_all(path))
    }

    /// Leaves what the next import can use; nothing else stays.
    pub fn stop(self) {
        let has_none = |dir: &Path| fs::read_dir(dir).is_ok_and(|mut it| it.next().is_none());
        if has_none(&self.folder.join(READ)) && !self.folder.join(READY).exists() {
            // What cannot be removed is in nobody's way.
            drop(fs::remove_dir_all(&self.folder));
            if self.is_new {
                drop(fs::remove_dir(&self.dir));
            }
        }
    }
}

/// Removes what may be gone already.
fn remove(path: &Path, remove: impl Fn(&Path) -> io::Result<()>) -> Result<(), JournalError> {
    match remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => refused(path, Err(error)),
        _ => Ok(()),
    }
}

fn refused<T>(path: &Path, result: io::Result<T>) -> Result<T, JournalError> {
    result.map_err(|why| JournalError::Refused { path: path.to_owned(), why })
}

/// Writes a file of the folder as a whole.
fn whole(path: &Path, text: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = File::create(&part)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&part, path)
}
