//! The brake file: pauses that people write in an incident, with `palisade brake` or by hand. It is
//! the whole interface: no connection to a running palisade is needed.
//!
//! A file that is empty, or cannot be read, parsed or trusted, stops all writing; so does one that
//! was touched after its pauses were over. A running palisade never writes it.

use std::{
    fmt, fs,
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::{fs::FlockOperation, process::geteuid};
use serde::{Deserialize, Serialize};

use crate::model::{Extent, Pause, Release, pause::RELEASES_KEPT};

/// Enough for hundreds of pauses; a larger file is not a brake file.
const SIZE_LIMIT: u64 = 256 * 1024;
/// Its owner may read and write it, and nobody else.
const MODE: u32 = 0o600;

/// The content of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entries {
    /// The pauses, including those that are over.
    pub pauses: Vec<Pause>,
    /// Pauses that were ended early, recently.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<Release>,
}

/// The state of the file at one moment.
#[derive(Debug)]
pub enum Found {
    /// It does not exist.
    Nothing,
    /// Pauses.
    Entries(Entries),
    /// Anything else: nothing may be written.
    Closed(Closed),
}

/// Why a brake file stops all writing.
#[derive(Debug)]
pub enum Closed {
    /// It exists and is empty: the quickest way to stop all writing.
    Empty,
    /// It cannot be read.
    Unreadable(io::Error),
    /// It does not hold pauses.
    NotPauses {
        /// `line:column` of the syntax error.
        place: String,
    },
    /// It is larger than any list of pauses.
    TooLong,
    /// It belongs to another user.
    ForeignOwner(u32),
    /// Users other than its owner may write it.
    Writable(u32),
    /// It contains no pauses.
    NoPauses,
    /// It was touched after all of its pauses were over.
    Touched,
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("exists"),
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::NotPauses { place } => write!(f, "does not contain a list of pauses ({place})"),
            Self::TooLong => f.write_str("is too long for a list of pauses"),
            Self::ForeignOwner(uid) => write!(f, "belongs to another user (uid {uid})"),
            Self::Writable(mode) => write!(f, "may be written by others (mode {mode:o})"),
            Self::NoPauses => f.write_str("exists and contains no pauses"),
            Self::Touched => f.write_str("was touched after its pauses were over"),
        }
    }
}

/// A brake file that could not be changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrakeError {
    /// It stops all writing as it is; a list of pauses in its place would stop less.
    #[error("{} {why}: all writing is stopped until it is removed", path.display())]
    Closed {
        /// The file.
        path: PathBuf,
        /// Why it stops all writing.
        why: Closed,
    },
    /// Writing it failed.
    #[error("{}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Reads the file.
pub fn look(path: &Path) -> Found {
    match read(path) {
        Ok(entries) => Found::Entries(entries),
        Err(Closed::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => Found::Nothing,
        Err(why) => Found::Closed(why),
    }
}

fn read(path: &Path) -> Result<Entries, Closed> {
    // A pipe must not block.
    let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let options = fs::OpenOptions::new().read(true).custom_flags(nonblock).clone();
    let file = options.open(path).map_err(Closed::Unreadable)?;
    let about = file.metadata().map_err(Closed::Unreadable)?;
    let mut text = Vec::new();
    let mut some = file.take(SIZE_LIMIT + 1);
    some.read_to_end(&mut text).map_err(Closed::Unreadable)?;
    if text.is_empty() {
        return Err(Closed::Empty);
    }
    if text.len() as u64 > SIZE_LIMIT {
        return Err(Closed::TooLong);
    }
    // A list of pauses stops less than everything, so only a trusted user may write it.
    if about.uid() != geteuid().as_raw() && about.uid() != 0 {
        return Err(Closed::ForeignOwner(about.uid()));
    }
    if about.mode() & 0o022 != 0 {
        return Err(Closed::Writable(about.mode() & 0o7777));
    }
    let entries: Entries = serde_json::from_slice(&text).map_err(|error| {
        let place = format!("{}:{}", error.line(), error.column());
        Closed::NotPauses { place }
    })?;
    let (seconds, nanoseconds) = (about.mtime(), about.mtime_nsec());
    match stop_requested(&entries, seconds, nanoseconds) {
        None => Ok(entries),
        Some(why) => Err(why),
    }
}

/// Whether somebody wants the file to stop all writing although it contains a list. `touch` does
/// not change its content: if no pause was left when the file was written last, its existence means
/// a stop. palisade writes it with a time of whole seconds, so that a slow disk is not mistaken for
/// a person.
fn stop_requested(entries: &Entries, seconds: i64, nanoseconds: i64) -> Option<Closed> {
    let ends = entries.pauses.iter().map(|pause| pause.until);
    // An earlier version of palisade left a file behind that only recorded who ended the last
    // pause.
    let releases = entries.released.iter().map(|release| release.at.saturating_add(2));
    let Some(last) = ends.chain(releases).max() else { return Some(Closed::NoPauses) };
    let after = u64::try_from(seconds).is_ok_and(|written| written >= last);
    (after && nanoseconds != 0).then_some(Closed::Touched)
}

/// Begins pauses. A pause of the same extent is replaced.
///
/// # Errors
/// The file stops all writing already, or cannot be written.
pub fn begin(path: &Path, pauses: &[Pause], now: u64) -> Result<(), BrakeError> {
    change(path, now, |entries| {
        entries.pauses.retain(|old| pauses.iter().all(|new| new.extent != old.extent));
        entries.pauses.extend(pauses.iter().cloned());
    })
}

/// Ends the pauses of these extents and returns those that were in force.
///
/// # Errors
/// The file stops all writing, or cannot be written.
pub fn end(path: &Path, extents: &[Extent], by: &str, now: u64) -> Result<Vec<Pause>, BrakeError> {
    let mut ended = Vec::new();
    change(path, now, |entries| {
        let (over, left): (Vec<_>, Vec<_>) =
            entries.pauses.drain(..).partition(|pause| extents.contains(&pause.extent));
        entries.pauses = left;
        let release = |pause: &Pause| Release { pause: pause.clone(), by: by.to_owned(), at: now };
        entries.released.extend(over.iter().map(release));
        ended = over;
    })?;
    Ok(ended)
}

/// Removes a file that stops all writing.
///
/// # Errors
/// It cannot be removed.
pub fn remove(path: &Path) -> Result<(), BrakeError> {
    fs::remove_file(path).map_err(|source| BrakeError::Write { path: path.to_owned(), source })
}

/// Reads, changes and replaces the file under a lock; expired pauses are dropped. A file without
/// pauses is removed: otherwise `touch` on it would do nothing.
fn change(path: &Path, now: u64, edit: impl FnOnce(&mut Entries)) -> Result<(), BrakeError> {
    let failed = |source| BrakeError::Write { path: path.to_owned(), source };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // The folder is locked, because the file is replaced. The lock ends with the handle.
    let lock = fs::File::open(folder).map_err(failed)?;
    rustix::fs::flock(&lock, FlockOperation::LockExclusive).map_err(|e| failed(e.into()))?;
    let mut entries = match look(path) {
        Found::Nothing => Entries::default(),
        Found::Entries(entries) => entries,
        Found::Closed(why) => return Err(BrakeError::Closed { path: path.to_owned(), why }),
    };
    entries.pauses.retain(|pause| !pause.is_over(now));
    entries.released.retain(|release| now < release.at.saturating_add(RELEASES_KEPT));
    edit(&mut entries);
    if entries.pauses.is_empty() {
        return gone(path, folder).map_err(failed);
    }
    replace(path, folder, &entries).map_err(failed)
}

/// Removes the file, if it exists, durably.
fn gone(path: &Path, folder: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::File::open(folder)?.sync_all()
}

/// Replaces the file atomically and durably.
fn replace(path: &Path, folder: &Path, entries: &Entries) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Nobody else writes it under the lock; one that a crash left behind is overwritten.
    let temporary = folder.join(format!(".{name}.new"));
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = write(&temporary, folder, entries).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // A leftover is harmless; the first error is the one to report.
        let _ = fs::remove_file(&temporary);
        return written;
    }
    fs::File::open(folder)?.sync_all()
}

fn write(temporary: &Path, folder: &Path, entries: &Entries) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(entries)?;
    text.push(b'\n');
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(MODE).open(temporary)?;
    if geteuid().is_root() {
        // If root wrote it (in a container, for example), the process that owns the folder must
        // still be able to read it.
        let about = fs::metadata(folder)?;
        std::os::unix::fs::fchown(&file, Some(about.uid()), Some(about.gid()))?;
    }
    file.write_all(&text)?;
    // See [`stop_requested`].
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(super::now()))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::model::Address;

    fn place() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("palisade.brake");
        (dir, path)
    }

    fn pause(extent: Extent, until: u64) -> Pause {
        Pause { extent, until, reason: "incident".into(), by: "ann".into(), since: 1 }
    }

    fn scope(name: &str) -> Extent {
        Extent::Scope(name.into())
    }

    fn entries(path: &Path) -> Entries {
        match look(path) {
            Found::Entries(entries) => entries,
            other => panic!("{other:?}"),
        }
    }

    fn closed(path: &Path) -> String {
        match look(path) {
            Found::Closed(why) => why.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pauses_are_begun_replaced_and_ended() {
        let (_dir, path) = place();
        assert!(matches!(look(&path), Found::Nothing));
        let key = Extent::Address(Address::new("a", "KmsKey", "studio"));
        begin(&path, &[pause(scope("a"), 100), pause(key.clone(), 100)], 10).unwrap();
        begin(&path, &[pause(scope("a"), 200)], 20).unwrap();
        assert_eq!(entries(&path).pauses, [pause(key.clone(), 100), pause(scope("a"), 200)]);
        let ended = end(&path, &[scope("a")], "bob", 30).unwrap();
        assert_eq!(ended, [pause(scope("a"), 200)]);
        let left = entries(&path);
        assert_eq!(left.pauses, [pause(key, 100)]);
        assert_eq!((left.released[0].by.as_str(), left.released[0].at), ("bob", 30));
    }

    #[test]
    fn what_is_over_is_left_out_at_the_next_change() {
        let (_dir, path) = place();
        begin(&path, &[pause(scope("a"), 100), pause(scope("b"), 9000)], 10).unwrap();
        end(&path, &[scope("b")], "bob", 20).unwrap();
        begin(&path, &[pause(scope("c"), 200)], 100).unwrap();
        assert_eq!(entries(&path).pauses, [pause(scope("c"), 200)]);
        assert_eq!(entries(&path).released.len(), 1);
        begin(&path, &[pause(scope("d"), 9000)], 20 + RELEASES_KEPT).unwrap();
        assert_eq!(entries(&path).released, []);
    }

    #[test]
    fn a_file_in_which_no_pause_is_left_is_removed_so_that_touch_stops_everything_again() {
        let (_dir, path) = place();
        let touch = |path: &Path| {
            let options = fs::OpenOptions::new().create(true).append(true).clone();
            options.open(path).unwrap().set_modified(SystemTime::now()).unwrap();
        };
        begin(&path, &[pause(scope("a"), 100), pause(scope("b"), 100)], 10).unwrap();
        end(&path, &[scope("a")], "bob", 20).unwrap();
        end(&path, &[scope("b")], "bob", 20).unwrap();
        assert!(matches!(look(&path), Found::Nothing));
        touch(&path);
        assert_eq!(closed(&path), "exists");
        remove(&path).unwrap();
        // Nobody removes a pause that ended by itself; what the palisade of the time wrote stops
        // nothing until it is touched.
        begin(&path, &[pause(scope("a"), 100)], 10).unwrap();
        assert_eq!(entries(&path).pauses.len(), 1);
        touch(&path);
        assert_eq!(closed(&path), "was touched after its pauses were over");
        assert!(begin(&path, &[pause(scope("a"), u64::MAX)], 10).is_err());
        remove(&path).unwrap();
        // A pause that is in force stays what it is.
        begin(&path, &[pause(scope("a"), u64::MAX)], 10).unwrap();
        touch(&path);
        assert_eq!(entries(&path).pauses.len(), 1);
    }

    #[test]
    fn a_list_without_pauses_is_a_stop_unless_an_earlier_palisade_left_it() {
        let release = Release { pause: pause(scope("a"), 9000), by: "bob".into(), at: 50 };
        let left = Entries { pauses: Vec::new(), released: vec![release] };
        assert!(matches!(stop_requested(&Entries::default(), 0, 0), Some(Closed::NoPauses)));
        assert!(stop_requested(&left, 51, 7).is_none());
        assert!(matches!(stop_requested(&left, 52, 7), Some(Closed::Touched)));
    }

    #[test]
    fn only_its_owner_may_read_or_write_it_and_no_temporary_file_is_left() {
        let (dir, path) = place();
        begin(&path, &[pause(scope("a"), 100)], 10).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_a_list_of_pauses_stops_everything() {
        let (_dir, path) = place();
        for (text, says) in [
            ("", "exists"),
            ("stop", "does not contain a list of pauses (1:"),
            ("{}", "does not contain a list of pauses"),
            ("[]", "does not contain a list of pauses"),
            (r#"{"pauses": [{"extent": "nothing"}]}"#, "does not contain a list of pauses"),
            (r#"{"pauses": [], "more": 1}"#, "does not contain a list of pauses"),
            (
                r#"{"pauses": [{"extent": {"scope": "a"}, "until": -1, "reason": "", "by": "", "since": 0}]}"#,
                "does not contain",
            ),
        ] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let why = closed(&path);
            assert!(why.starts_with(says), "{text}: {why}");
            assert!(!why.contains("stop"), "the file's content is not repeated: {why}");
        }
        fs::write(&path, vec![b' '; usize::try_from(SIZE_LIMIT).unwrap() + 1]).unwrap();
        assert!(closed(&path).contains("too long"));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(closed(&path).contains("cannot be read"));
    }

    #[test]
    fn pauses_that_others_may_write_stop_everything() {
        let (_dir, path) = place();
        begin(&path, &[pause(scope("a"), 100)], 10).unwrap();
        for mode in [0o620, 0o602, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(closed(&path).contains("may be written by others"), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(entries(&path).pauses.len(), 1);
    }

    #[test]
    fn a_full_stop_is_never_turned_into_a_smaller_one() {
        let (_dir, path) = place();
        fs::write(&path, "").unwrap();
        let error = begin(&path, &[pause(scope("a"), 100)], 10).unwrap_err();
        assert!(matches!(error, BrakeError::Closed { why: Closed::Empty, .. }), "{error}");
        assert!(end(&path, &[scope("a")], "bob", 10).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"");
        remove(&path).unwrap();
        assert!(matches!(look(&path), Found::Nothing));
    }

    #[test]
    fn two_people_at_once_lose_no_pause() {
        let (_dir, path) = place();
        std::thread::scope(|threads| {
            for n in 0..8 {
                let path = &path;
                threads.spawn(move || {
                    begin(path, &[pause(scope(&format!("s{n}")), 100)], 10).unwrap();
                });
            }
        });
        assert_eq!(entries(&path).pauses.len(), 8);
    }
}
