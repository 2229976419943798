//! The brake of the running process, and keeping it over a restart.

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::{Mutex, Notify};

use super::{Memory, MemoryError, Part, Recalled};
use crate::{
    aws::Brake,
    model::{Asked, Engaged, Extent, Means, Pause},
    settings::now,
};

/// Whether a change of the brake survives a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It does.
    Yes,
    /// The process has no memory.
    NoMemory,
    /// The memory could not be written: what it kept before counts after a restart.
    Failed,
}

impl Kept {
    /// The word of the socket's answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::NoMemory => "noMemory",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "it survives a restart",
            Self::NoMemory => "the process has no memory, so it does not survive a restart",
            Self::Failed => {
                "the memory could not be written, so a restart may not know of it; see the log"
            }
        })
    }
}

/// How often what others may have asked is looked at. With the time limit of a look, a change is
/// noticed within five seconds.
const LOOK: Duration = Duration::from_secs(2);
/// The time limit of a look.
const LOOK_LIMIT: Duration = Duration::from_millis(2500);
/// How often others may change the brake while a change is kept.
const TRIES: usize = 5;

/// Changes the brake of this process on behalf of people, and keeps what they asked. Where others
/// reach the memory too, what they asked is in force here.
#[derive(Debug, Clone)]
pub struct Lever {
    brake: Brake,
    memory: Option<Memory>,
    /// What the memory held when it was last read or written. Changes are kept in turns.
    agreed: Arc<Mutex<Agreed>>,
    changed: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Agreed {
    asked: Asked,
    /// Whether that is in the memory; otherwise it is only what this process began with.
    kept: bool,
}

impl Lever {
    /// Recalls what was asked before the restart. If the memory cannot say whether the brake was
    /// on, it is on.
    pub async fn recall(brake: Brake, memory: Option<Memory>) -> Self {
        let mut agreed = Agreed::default();
        if let Some(memory) = &memory {
            match memory.recall::<Asked>(Part::Brake).await {
                Recalled::Nothing => {}
                Recalled::Kept(kept) => {
                    agreed = Agreed { asked: kept.clone(), kept: true };
                    brake.ask(|asked| *asked = kept);
                }
                Recalled::Lost(error) => {
                    let reason = format!(
                        "what {} keeps of the brake is lost ({error}), so it may have been on",
                        memory.place()
                    );
                    let by = "palisade".to_owned();
                    let engaged = Engaged { means: Means::Memory, by, reason, since: now() };
                    brake.ask(|asked| asked.engaged = Some(engaged));
                    agreed.asked = brake.asked();
                }
            }
        }
        let agreed = Arc::new(Mutex::new(agreed));
        Self { brake, memory, agreed, changed: Arc::default() }
    }

    /// The brake that it moves.
    pub fn brake(&self) -> &Brake {
        &self.brake
    }

    /// Whether what is asked survives a restart.
    pub fn keeps(&self) -> bool {
        self.memory.is_some()
    }

    /// Where what is asked is kept, for people.
    pub fn place(&self) -> Option<String> {
        self.memory.as_ref().map(Memory::place)
    }

    /// Notified after every change.
    pub fn changed(&self) -> Arc<Notify> {
        self.changed.clone()
    }

    /// Engages the brake until it is released. A brake that is on keeps its author and reason,
    /// unless what engaged it was no person.
    pub async fn engage(&self, means: Means, by: &str, reason: &str) -> Kept {
        let (by, reason) = (by.to_owned(), reason.to_owned());
        let new = Engaged { means, by, reason, since: now() };
        self.change(|asked| match &asked.engaged {
            Some(engaged) if engaged.means != Means::Memory => {}
            _ => asked.engaged = Some(new),
        })
        .await
        .1
    }

    /// Releases the brake, however it was engaged; returns what engaged it.
    pub async fn release(&self) -> (Option<Engaged>, Kept) {
        self.change(|asked| asked.engaged.take()).await
    }

    /// Begins pauses.
    pub async fn begin(&self, pauses: &[Pause]) -> Kept {
        self.change(|asked| asked.begin(pauses, now())).await.1
    }

    /// Ends pauses early and returns those that were in force.
    pub async fn end(&self, extents: &[Extent], by: &str) -> (Vec<Pause>, Kept) {
        self.change(|asked| asked.end(extents, by, now())).await
    }

    /// Brings into force what others ask, as long as the process runs. Returns at once if nobody
    /// else reaches the memory.
    pub async fn follow(&self) {
        let Some(memory) = self.memory.as_ref().filter(|memory| memory.is_shared()) else { return };
        loop {
            tokio::time::sleep(LOOK).await;
            self.look(memory).await;
        }
    }

    /// It is in force at once, and kept afterwards: the next call does not wait for a disk.
    async fn change<T>(&self, change: impl FnOnce(&mut Asked) -> T) -> (T, Kept) {
        let done = self.brake.ask(change);
        let mut agreed = self.agreed.lock().await;
        let kept = match &self.memory {
            None => Kept::NoMemory,
            Some(memory) => self.keep(memory, &mut agreed).await,
        };
        drop(agreed);
        self.changed.notify_one();
        (done, kept)
    }

    /// Keeps what is asked now, with what others have asked meanwhile.
    async fn keep(&self, memory: &Memory, agreed: &mut Agreed) -> Kept {
        for _ in 0..TRIES {
            let asked = self.brake.asked();
            match memory.keep(Part::Brake, &asked).await {
                Ok(()) => {
                    *agreed = Agreed { asked, kept: true };
                    return Kept::Yes;
                }
                Err(MemoryError::Changed) => {}
                Err(_) => return Kept::Failed,
            }
            match memory.look::<Asked>(Part::Brake, LOOK_LIMIT).await {
                Ok(Some(theirs)) => self.merge(agreed, theirs),
                Err(error) if error.is_home() => return Kept::Failed,
                // What is damaged, or gone, is replaced.
                Ok(None) | Err(_) => {}
            }
        }
        Kept::Failed
    }

    /// Looks at what others ask. What cannot be read leaves everything as it is; what is gone is
    /// written again, since nobody has said that it should end.
    async fn look(&self, memory: &Memory) {
        let mut agreed = self.agreed.lock().await;
        let Ok(found) = memory.look::<Asked>(Part::Brake, LOOK_LIMIT).await else { return };
        let gone = found.is_none() && agreed.kept;
        match found {
            Some(theirs) => {
                let news = theirs != agreed.asked;
                let before = self.brake.asked();
                self.merge(&mut agreed, theirs);
                agreed.kept = true;
                let after = self.brake.asked();
                if news && before != after {
                    report(&before, &after, &memory.place());
                    self.changed.notify_one();
                }
            }
            None if !agreed.kept => self.merge(&mut agreed, Asked::default()),
            None => {}
        }
        if gone || self.brake.asked() != agreed.asked {
            // The next look tries again what cannot be kept now.
            self.keep(memory, &mut agreed).await;
        }
    }

    fn merge(&self, agreed: &mut Agreed, theirs: Asked) {
        self.brake.ask(|ours| ours.merge(&agreed.asked, &theirs, now()));
        agreed.asked = theirs;
    }
}

/// Says what somebody else has asked.
fn report(before: &Asked, after: &Asked, place: &str) {
    let event = match (&before.engaged, &after.engaged) {
        (_, Some(_)) => "brake_on",
        (Some(_), None) => "brake_off",
        (None, None) => "pauses_changed",
    };
    let by = after.engaged.as_ref().map_or("another machine", |it| it.by.as_str());
    let state = match &after.engaged {
        Some(engaged) => engaged.to_string(),
        None => format!("the brake is off; {} pauses", after.pauses.len()),
    };
    tracing::warn!(target: "palisade::audit", event, by, place, "{place}: {state}");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::memory::Directory;

    fn memory(path: &Path) -> Memory {
        Memory::new(Directory::open(path).unwrap(), "me")
    }

    async fn started(path: &Path) -> Lever {
        Lever::recall(Brake::default(), Some(memory(path))).await
    }

    fn pause(scope: &str) -> Pause {
        let extent = Extent::Scope(scope.into());
        Pause { extent, until: u64::MAX, reason: "INC-7".into(), by: "ann".into(), since: 1 }
    }

    #[tokio::test]
    async fn the_brake_and_pauses_survive_a_restart_until_they_are_released() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m");
        let lever = started(&path).await;
        assert_eq!(lever.engage(Means::Signal, "SIGUSR1", "no reason").await, Kept::Yes);
        assert_eq!(lever.begin(&[pause("a"), pause("b")]).await, Kept::Yes);
        drop(lever);
        let lever = started(&path).await;
        assert!(lever.brake().why().unwrap().contains("engaged by SIGUSR1"));
        let (engaged, kept) = lever.release().await;
        assert_eq!((engaged.map(|it| it.means), kept), (Some(Means::Signal), Kept::Yes));
        let (ended, _) = lever.end(&[Extent::Scope("a".into())], "bob").await;
        assert_eq!(ended, [pause("a")]);
        drop(lever);
        let lever = started(&path).await;
        assert_eq!(lever.brake().why(), None);
        assert_eq!(lever.brake().halt().pauses, [pause("b")]);
    }

    #[tokio::test]
    async fn a_brake_that_cannot_be_read_is_on_and_says_so_until_somebody_releases_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m");
        started(&path).await.begin(&[pause("a")]).await;
        std::fs::write(path.join("brake.json"), "{}").unwrap();
        let lever = started(&path).await;
        let why = lever.brake().why().unwrap();
        assert!(why.contains("it may have been on"), "{why}");
        drop(lever);
        let lever = started(&path).await;
        assert!(lever.brake().is_engaged(), "another restart does not release it");
        assert_eq!(lever.release().await.0.unwrap().means, Means::Memory);
        drop(lever);
        assert!(!started(&path).await.brake().is_engaged());
    }

    #[tokio::test]
    async fn without_a_memory_it_works_and_says_that_it_is_not_kept() {
        let lever = Lever::recall(Brake::default(), None).await;
        assert_eq!(lever.engage(Means::Socket, "ann", "INC-7").await, Kept::NoMemory);
        assert_eq!(lever.engage(Means::Signal, "SIGUSR1", "x").await, Kept::NoMemory);
        assert!(lever.brake().why().unwrap().contains("engaged by ann: INC-7"), "the first one");
    }
}
