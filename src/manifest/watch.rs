//! Watching the directory. The watcher only says "changed": the pass re-reads everything anyway.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::tree;

/// How often the polling fallback compares contents. Remote file systems (EFS) deliver no events, and a
/// watch on the old target of a symlink misses that it was switched.
const POLL: Duration = Duration::from_secs(5);
/// Between two looks at files that events came for although nothing is new in them.
const COALESCE: Duration = Duration::from_millis(100);

/// Watches until dropped.
pub struct Watch {
    dir: PathBuf,
    /// What the directory said when a change was last told.
    told: Option<u64>,
    changed: Arc<Notify>,
    _events: Option<RecommendedWatcher>,
    _poll: Option<PollWatcher>,
    /// What could not be set up; the interval still notices every change.
    pub trouble: Vec<String>,
}

impl Watch {
    /// Watches a directory by events and by polling.
    pub fn start(dir: &Path) -> Self {
        let changed = Arc::new(Notify::new());
        let mut trouble = Vec::new();
        let events = notify::recommended_watcher(teller(&changed))
            .and_then(|mut watcher| watch_around(&mut watcher, dir).map(|()| watcher))
            .map_err(|error| trouble.push(format!("no file events: {error}")))
            .ok();
        let config = Config::default().with_poll_interval(POLL).with_compare_contents(true);
        let poll = PollWatcher::new(teller(&changed), config)
            .and_then(|mut watcher| watcher.watch(dir, RecursiveMode::Recursive).map(|()| watcher))
            .map_err(|error| trouble.push(format!("no polling: {error}")))
            .ok();
        Self { dir: dir.to_owned(), told: None, changed, _events: events, _poll: poll, trouble }
    }

    /// Notes what the directory says now: changes are told from here on.
    pub async fn begin(&mut self) {
        self.told = Some(self.fingerprint().await);
    }

    /// Waits for something that the directory did not say before. Files that are touched, or written again
    /// with what they held, are none: a storm of events must not keep making plans void (each change does).
    pub async fn changed(&mut self) {
        loop {
            self.changed.notified().await;
            if self.is_new().await {
                return;
            }
            tokio::time::sleep(COALESCE).await;
        }
    }

    /// Whether the directory says what it did not say at the last look.
    async fn is_new(&mut self) -> bool {
        let now = self.fingerprint().await;
        self.told.replace(now) != Some(now)
    }

    /// Off the runtime's threads: a slow disk must not hold up the calls under way.
    async fn fingerprint(&self) -> u64 {
        let dir = self.dir.clone();
        let read = tokio::task::spawn_blocking(move || tree::fingerprint(&dir)).await;
        // The reader panicked: whatever there is now is not what was there.
        read.unwrap_or_else(|_| self.told.map_or(0, |told| told.wrapping_add(1)))
    }
}

/// Watches the tree, and the place of its link, so that switching the link is an event too.
fn watch_around(watcher: &mut RecommendedWatcher, dir: &Path) -> notify::Result<()> {
    watcher.watch(dir, RecursiveMode::Recursive)?;
    let parent: Option<PathBuf> =
        dir.is_symlink().then(|| dir.parent().map(Path::to_owned)).flatten();
    match parent.filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => watcher.watch(&parent, RecursiveMode::NonRecursive),
        None => Ok(()),
    }
}

fn teller(changed: &Arc<Notify>) -> impl Fn(notify::Result<Event>) + Send + 'static {
    let changed = Arc::clone(changed);
    move |event| {
        // A lost or failed event counts as a change: reading once too often is harmless. Our own
        // reading of the files is no change.
        if !matches!(&event, Ok(Event { kind: EventKind::Access(_), .. })) {
            changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, Flag, ModifyKind, RemoveKind, RenameMode};

    use super::*;

    /// Whether the watcher would say "changed".
    async fn tells(event: notify::Result<Event>) -> bool {
        let changed = Arc::new(Notify::new());
        teller(&changed)(event);
        tokio::time::timeout(Duration::from_secs(1), changed.notified()).await.is_ok()
    }

    /// facebook/buck2#1131 and its PR#1453: the notice that events were lost has no path, and was overlooked.
    #[tokio::test(start_paused = true)]
    async fn events_that_were_lost_or_failed_are_a_change_and_our_own_reading_is_none() {
        let rescan = || Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert!(tells(Ok(rescan())).await, "without a path");
        assert!(tells(Ok(rescan().add_path("somewhere".into()))).await);
        assert!(tells(Err(notify::Error::generic("no more watches"))).await);
        for kind in [
            EventKind::Any,
            EventKind::Create(CreateKind::Any),
            EventKind::Modify(ModifyKind::Name(RenameMode::To)),
            EventKind::Modify(ModifyKind::Any),
            EventKind::Remove(RemoveKind::Folder),
        ] {
            assert!(tells(Ok(Event::new(kind))).await, "{kind:?}");
        }
        assert!(!tells(Ok(Event::new(EventKind::Access(AccessKind::Any)))).await);
    }

    /// A watch that is told of events by the test alone.
    async fn still(dir: &Path) -> Watch {
        let changed = Arc::new(Notify::new());
        let mut watch = Watch {
            dir: dir.to_owned(),
            told: None,
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
        assert!(!watch.is_new().await, "told once");
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
        assert!(!watch.is_new().await, "told once");
    }
}
