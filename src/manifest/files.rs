//! Texts of files that were read before, so that what did not change is not read again.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::fs::Stat;

/// A file that was written more recently than this before it was read may be written again without
/// another time: a file system counts in steps, of two seconds at most (FAT).
const STEP: Duration = Duration::from_secs(2);
/// One reading in this many reads every file, whatever its times say: those of a file system that
/// reports wrong ones are noticed late, but they are noticed.
const EVERY: u64 = 16;

/// What changes when a file does. The time of the last status change cannot be set by a program
/// (`utimensat(2)`), as the time of the last modification can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: i64,
    modified: Duration,
    changed: Duration,
}

impl Stamp {
    /// `None` if a time is before the epoch: nothing is concluded from such a clock.
    fn of(stat: &Stat) -> Option<Self> {
        let time = |seconds: i64, nanoseconds: u64| {
            let (seconds, nanoseconds) = (u64::try_from(seconds), u32::try_from(nanoseconds));
            Some(Duration::new(seconds.ok()?, nanoseconds.ok()?))
        };
        Some(Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: stat.st_size,
            modified: time(stat.st_mtime, stat.st_mtime_nsec)?,
            changed: time(stat.st_ctime, stat.st_ctime_nsec)?,
        })
    }

    /// Whether a later change of the file, seen from a reading at this time, has another stamp.
    fn is_settled(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.modified.max(self.changed) + STEP < now
    }
}

#[derive(Debug)]
struct Known {
    /// `None` if it says nothing about a later change.
    stamp: Option<Stamp>,
    text: Arc<str>,
    /// The reading in which it was seen last.
    seen: u64,
}

/// The files of one directory, as they were read last.
#[derive(Debug, Default)]
pub(super) struct Files {
    known: BTreeMap<PathBuf, Known>,
    readings: u64,
}

impl Files {
    /// A reading of the directory begins.
    pub(super) fn begin(&mut self) {
        self.readings += 1;
    }

    /// The text of a file of which the open handle has this status, if it cannot have changed.
    pub(super) fn unchanged(&mut self, path: &Path, stat: &Stat) -> Option<Arc<str>> {
        let trusted = !self.readings.is_multiple_of(EVERY);
        let known = self.known.get_mut(path).filter(|_| trusted)?;
        (known.stamp.is_some() && known.stamp == Stamp::of(stat)).then(|| {
            known.seen = self.readings;
            Arc::clone(&known.text)
        })
    }

    /// Takes note of a text that was read just now. Where it is the text from before, that is
    /// given back: what is the same is in memory once, and is known to be the same.
    pub(super) fn read(&mut self, path: &Path, stat: &Stat, text: String) -> Arc<str> {
        let stamp = Stamp::of(stat).filter(|stamp| stamp.is_settled(SystemTime::now()));
        let same = self.known.get(path).filter(|known| *known.text == *text);
        let text = same.map_or_else(|| Arc::from(text), |known| Arc::clone(&known.text));
        let known = Known { stamp, text: Arc::clone(&text), seen: self.readings };
        self.known.insert(path.to_owned(), known);
        text
    }

    /// A reading of the directory is over: what was not in it is forgotten.
    pub(super) fn end(&mut self) {
        let now = self.readings;
        self.known.retain(|_, known| known.seen == now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(modified: u64, changed: u64) -> Stamp {
        let [modified, changed] = [modified, changed].map(Duration::from_secs);
        Stamp { device: 1, inode: 2, size: 3, modified, changed }
    }

    /// Git's index has the same problem: what was written a moment ago may be written again within
    /// one step of the file system's clock.
    #[test]
    fn times_of_a_moment_ago_say_nothing_about_a_later_change() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(stamp(10, 10).is_settled(at(13)));
        for recent in [stamp(11, 10), stamp(10, 11), stamp(20, 10)] {
            assert!(!recent.is_settled(at(13)), "{recent:?}");
        }
    }

    #[test]
    fn what_may_have_changed_is_read_again_and_now_and_then_everything_is() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let stat = rustix::fs::fstat(file.as_file()).unwrap();
        let (path, mut files) = (Path::new("a.yaml"), Files::default());
        files.begin();
        let text = files.read(path, &stat, "one".to_owned());
        assert_eq!(files.unchanged(path, &stat), None, "it was written just now");
        files.known.get_mut(path).unwrap().stamp = Stamp::of(&stat);
        let mut trusted = 0;
        for _ in 0..EVERY {
            files.begin();
            trusted += u64::from(files.unchanged(path, &stat).is_some());
            files.known.get_mut(path).unwrap().seen = files.readings;
            files.end();
        }
        assert_eq!(trusted, EVERY - 1);
        let mut other = stat;
        other.st_size += 1;
        assert_eq!(files.unchanged(path, &other), None);
        let same = files.read(path, &other, "one".to_owned());
        assert!(Arc::ptr_eq(&text, &same), "the same text is in memory once");
        files.begin();
        files.end();
        assert!(files.known.is_empty(), "it was not there any more");
    }
}
