//! Watches the directory. The watcher only reports that something changed: the pass reads
//! everything again anyway.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::tree;

/// How often the polling fallback compares contents. Remote file systems (EFS) deliver no events,
/// and a watch on the old target of a symlink misses that it was switched.
const POLL: Duration = Duration::from_secs(5);
/// The time between two readings of files that cause events without having changed.
const COALESCE: Duration = Duration::from_millis(100);

/// A watch; dropping it ends it.
pub struct Watch {
    dir: PathBuf,
    /// The fingerprint of the directory when a change was last reported.
    reported: Option<u64>,
    changed: Arc<Notify>,
    _events: Option<RecommendedWatcher>,
    _poll: Option<PollWatcher>,
    /// What could not be set up; changes are still noticed at the next interval.
    pub trouble: Vec<String>,
}

impl Watch {
    /// Watches a directory by events and by polling.
    pub fn start(dir: &Path) -> Self {
        let changed = Arc::new(Notify::new());
        let mut trouble = Vec::new();
        let events = notify::recommended_watcher(notifier(&changed))
            .and_then(|mut watcher| watch_around(&mut watcher, dir).map(|()| watcher))
            .map_err(|error| trouble.push(format!("no file events: {error}")))
            .ok();
        let config = Config::default().with_poll_interval(POLL).with_compare_contents(true);
        let poll = PollWatcher::new(notifier(&changed), config)
            .and_then(|mut watcher| watcher.watch(dir, RecursiveMode::Recursive).map(|()| watcher))
            .map_err(|error| trouble.push(format!("no polling: {error}")))
            .ok();
        Self { dir: dir.to_owned(), reported: None, changed, _events: events, _poll: poll, trouble }
    }

    /// Records the present content: changes are relative to it.
    pub async fn begin(&mut self) {
        self.reported = Some(self.fingerprint().await);
    }

    /// Waits for a content that the directory did not have before. Files that are touched, or
    /// rewritten with the same content, do not count: a storm of events must not keep invalidating
    /// plans (every change does).
    pub async fn changed(&mut self) {
        loop {
            self.changed.notified().await;
            if self.is_new().await {
                return;
            }
            tokio::time::sleep(COALESCE).await;
        }
    }

    /// Whether the content differs from the last one.
    async fn is_new(&mut self) -> bool {
        let now = self.fingerprint().await;
        self.reported.replace(now) != Some(now)
    }

    /// Not on the runtime's threads: a slow disk must not delay the calls in progress.
    async fn fingerprint(&self) -> u64 {
        let dir = self.dir.clone();
        let read = tokio::task::spawn_blocking(move || tree::fingerprint(&dir)).await;
        // The reader panicked: the present content is not the previous one.
        read.unwrap_or_else(|_| self.reported.map_or(0, |reported| reported.wrapping_add(1)))
    }
}

/// Watches the tree, and the directory of its link, so that switching the link is an event too.
fn watch_around(watcher: &mut RecommendedWatcher, dir: &Path) -> notify::Result<()> {
    watcher.watch(dir, RecursiveMode::Recursive)?;
    let parent: Option<PathBuf> =
        dir.is_symlink().then(|| dir.parent().map(Path::to_owned)).flatten();
    match parent.filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => watcher.watch(&parent, RecursiveMode::NonRecursive),
        None => Ok(()),
    }
}

fn notifier(changed: &Arc<Notify>) -> impl Fn(notify::Result<Event>) + Send + 'static {
    let changed = Arc::clone(changed);
    move |event| {
        // A lost or failed event counts as a change: an unnecessary reading is harmless. Our own
        // reading of the files is not a change.
        if !matches!(&event, Ok(Event { kind: EventKind::Access(_), .. })) {
            changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, Flag, ModifyKind, RemoveKind, RenameMode};

    use super::*;

    /// Whether the watcher would report a change.
    async fn is_reported(event: notify::Result<Event>) -> bool {
        let changed = Arc::new(Notify::new());
        notifier(&changed)(event);
        tokio::time::timeout(Duration::from_secs(1), changed.notified()).await.is_ok()
    }

    /// facebook/buck2#1131 and its PR#1453: the notice that events were lost has no path, and was
    /// overlooked.
    #[tokio::test(start_paused = true)]
    async fn events_that_were_lost_or_failed_are_a_change_and_our_own_reading_is_none() {
        let rescan = || Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert!(is_reported(Ok(rescan())).await, "without a path");
        assert!(is_reported(Ok(rescan().add_path("somewhere".into()))).await);
        assert!(is_reported(Err(notify::Error::generic("no more watches"))).await);
        for kind in [
            EventKind::Any,
            EventKind::Create(CreateKind::Any),
            EventKind::Modify(ModifyKind::Name(RenameMode::To)),
            EventKind::Modify(ModifyKind::Any),
            EventKind::Remove(RemoveKind::Folder),
        ] {
            assert!(is_reported(Ok(Event::new(kind))).await, "{kind:?}");
        }
        assert!(!is_reported(Ok(Event::new(EventKind::Access(AccessKind::Any)))).await);
    }

    /// A watch whose only events come from the test.
    async fn still(dir: &Path) -> Watch {
        let changed = Arc::new(Notify::new());
        let mut watch = Watch {
            dir: dir.to_owned(),
            reported: None,
            changed,
            _events: None,
            _poll: None,
            trouble: Vec::new(),
        };
        watch.begin().await;
        watch
    }

    #[tokio::test]
    async fn files_that_say_what_they_said_before_are_no_change_however_many_events_come() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("a.yaml");
        std::fs::write(&file, "a: 1").expect("written");
        let mut watch = still(dir.path()).await;
        for _ in 0..3 {
            std::fs::write(&file, "a: 1").expect("written");
            assert!(!watch.is_new().await);
        }
        std::fs::write(&file, "a: 2").expect("written");
        watch.changed.notify_one();
        watch.changed().await;
        assert!(!watch.is_new().await, "reported once");
    }

    #[tokio::test]
    async fn a_file_that_becomes_unreadable_is_a_change_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("a.yaml");
        std::fs::write(&file, "a: 1").expect("written");
        let mut watch = still(dir.path()).await;
        assert!(!watch.is_new().await);
        // Not a regular file: refused, whoever reads.
        std::fs::remove_file(&file).expect("removed");
        std::fs::create_dir(&file).expect("made");
        std::os::unix::fs::symlink("/dev/zero", file.join("b.yaml")).expect("linked");
        assert!(watch.is_new().await);
        assert!(!watch.is_new().await, "reported once");
    }
}
