//! Watching the directory. The watcher only says "changed": the pass re-reads everything anyway.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// How often the polling fallback compares contents. Remote file systems (EFS) deliver no events, and a
/// watch on the old target of a symlink misses that it was switched.
const POLL: Duration = Duration::from_secs(5);

/// Watches until dropped.
pub struct Watch {
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
        Self { changed, _events: events, _poll: poll, trouble }
    }

    /// Waits until something changed since the last time this returned.
    pub async fn changed(&self) {
        self.changed.notified().await;
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
}
