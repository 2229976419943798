//! The memory as files in a directory of its own.
//!
//! A file is replaced as a whole: written under another name, synchronised with the disk, renamed.
//! One process uses the directory at a time, which a lock on it assures.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use futures::{FutureExt as _, future::BoxFuture};
use rustix::{
    fs::{FlockOperation, OFlags},
    process::geteuid,
};

use super::{Home, MemoryError, Part};

/// Its owner may read and write a file, and nobody else.
const FILE_MODE: u32 = 0o600;
/// The same for the directory.
const DIR_MODE: u32 = 0o700;

/// A directory that this process has locked.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// The lock ends with the handle.
    _lock: fs::File,
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It cannot be created or opened.
    #[error("{}: {source}", path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process uses it. Going on without it could mean to write although the brake, which
    /// it keeps, is on.
    #[error(
        "{}: another palisade uses it; run only one process with it, or wait until that one has \
         ended",
        path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// Others could put anything into it.
    #[error(
        "{}: {why}; palisade believes what it keeps there, so only its own user may write it \
         (name a directory that does not exist yet, and palisade creates it)",
        path.display()
    )]
    Untrusted {
        /// The directory.
        path: PathBuf,
        /// Who could.
        why: String,
    },
}

impl Directory {
    /// Opens and locks a directory, which is created if only it is missing.
    ///
    /// # Errors
    /// It cannot be opened, is in use, or may be written by others.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Unusable { path: path.to_owned(), source };
        match fs::DirBuilder::new().mode(DIR_MODE).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(unusable(error));
            }
            _ => {}
        }
        let about = fs::metadata(path).map_err(unusable)?;
        if !about.is_dir() {
            return Err(unusable(io::ErrorKind::NotADirectory.into()));
        }
        let untrusted = |why| OpenError::Untrusted { path: path.to_owned(), why };
        if about.uid() != geteuid().as_raw() {
            return Err(untrusted(format!("belongs to another user (uid {})", about.uid())));
        }
        if about.mode() & 0o022 != 0 {
            let why = format!("may be written by others (mode {:o})", about.mode() & 0o7777);
            return Err(untrusted(why));
        }
        // A file, opened for writing: network file systems lock nothing else.
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(FILE_MODE);
        options.custom_flags(flags(OFlags::NOFOLLOW));
        let lock = options.open(path.join("lock")).map_err(unusable)?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::InUse { path: path.to_owned() }),
            Err(error) => Err(unusable(error.into())),
        }
    }

    /// The file of a part.
    fn file(&self, part: Part) -> PathBuf {
        self.path.join(format!("{}.json", part.as_str()))
    }

    fn text(&self, part: Part) -> Result<Option<Vec<u8>>, MemoryError> {
        // No link is followed, and a pipe must not block.
        let flags = flags(OFlags::NOFOLLOW.union(OFlags::NONBLOCK));
        let options = fs::OpenOptions::new().read(true).custom_flags(flags).clone();
        let file = match options.open(self.file(part)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let limit = part.limit();
        let mut text = Vec::new();
        file.take(u64::try_from(limit).unwrap_or(u64::MAX) + 1).read_to_end(&mut text)?;
        if text.len() > limit { Err(MemoryError::TooLarge { limit }) } else { Ok(Some(text)) }
    }

    fn replace(&self, part: Part, text: &[u8]) -> io::Result<()> {
        let temporary = self.path.join(format!(".{}.new", part.as_str()));
        // One that a crash left behind. Nobody else writes here: the directory is locked.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let written = write(&temporary, text);
        if let Err(error) = written.and_then(|()| fs::rename(&temporary, self.file(part))) {
            // A leftover is harmless; the first error is the one to report.
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        fs::File::open(&self.path)?.sync_all()
    }
}

/// As the standard library takes them.
fn flags(flags: OFlags) -> i32 {
    i32::try_from(flags.bits()).unwrap_or_default()
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

impl Home for Directory {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn read(&self, part: Part) -> BoxFuture<'_, Result<Option<Vec<u8>>, MemoryError>> {
        async move { self.text(part) }.boxed()
    }

    fn write<'a>(&'a self, part: Part, text: &'a [u8]) -> BoxFuture<'a, Result<(), MemoryError>> {
        async move { Ok(self.replace(part, text)?) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::memory::{Memory, Recalled};

    fn place() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("memory");
        (dir, path)
    }

    fn memory(path: &Path) -> Memory {
        Memory::new(Directory::open(path).unwrap(), "me")
    }

    async fn recalled(memory: &Memory) -> Recalled<Vec<u32>> {
        memory.recall(Part::History).await
    }

    #[tokio::test]
    async fn what_is_kept_outlives_the_process() {
        let (_dir, path) = place();
        let first = memory(&path);
        assert!(matches!(recalled(&first).await, Recalled::Nothing));
        first.keep(Part::History, &[1, 2]).await.unwrap();
        drop(first);
        let second = memory(&path);
        assert_eq!(recalled(&second).await.kept(), Some(vec![1, 2]));
        assert!(second.troubles().is_empty());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("history.json"))), (0o700, 0o600));
    }

    #[tokio::test]
    async fn a_crash_while_writing_leaves_what_was_kept_before() {
        let (_dir, path) = place();
        let memory = memory(&path);
        memory.keep(Part::History, &[1]).await.unwrap();
        fs::write(path.join(".history.new"), "half of it").unwrap();
        assert_eq!(recalled(&memory).await.kept(), Some(vec![1]));
        memory.keep(Part::History, &[2]).await.unwrap();
        assert_eq!(recalled(&memory).await.kept(), Some(vec![2]));
        assert!(!path.join(".history.new").exists());
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_lost_and_said_and_the_next_writing_heals_it() {
        let (_dir, path) = place();
        let memory = memory(&path);
        memory.keep(Part::History, &[1, 2, 3]).await.unwrap();
        let file = path.join("history.json");
        let whole = fs::read(&file).unwrap();
        for text in [&whole[..whole.len() - 2], b"", b"{\"schemaVersion\":9}\n", b"\x00\xff"] {
            fs::write(&file, text).unwrap();
            assert!(matches!(recalled(&memory).await, Recalled::Lost(_)), "{text:?}");
            assert!(memory.troubles()[&Part::History].starts_with("what it kept is lost"));
        }
        memory.keep(Part::History, &[4]).await.unwrap();
        assert!(memory.troubles().is_empty());
    }

    #[tokio::test]
    async fn a_link_a_directory_and_a_file_without_end_are_not_read() {
        let (_dir, path) = place();
        let memory = memory(&path);
        let file = path.join("history.json");
        std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
        assert!(matches!(recalled(&memory).await, Recalled::Lost(_)));
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(matches!(recalled(&memory).await, Recalled::Lost(_)));
        assert!(memory.keep(Part::History, &[1]).await.is_err());
        assert!(memory.troubles()[&Part::History].starts_with("it cannot be kept"));
        fs::remove_dir(&file).unwrap();
        fs::File::create(&file).unwrap().set_len(1 << 26).unwrap();
        assert!(matches!(recalled(&memory).await, Recalled::Lost(MemoryError::TooLarge { .. })));
    }

    #[test]
    fn a_second_process_is_refused_and_so_is_a_directory_that_others_may_write() {
        let (_dir, path) = place();
        let first = Directory::open(&path).unwrap();
        let second = Directory::open(&path).unwrap_err();
        assert!(matches!(second, OpenError::InUse { .. }), "{second}");
        drop(first);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o770)).unwrap();
        let error = Directory::open(&path).unwrap_err();
        assert!(matches!(error, OpenError::Untrusted { .. }), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(Directory::open(&path).is_ok());
        let missing = path.join("a/b");
        assert!(matches!(Directory::open(&missing), Err(OpenError::Unusable { .. })));
    }
}
