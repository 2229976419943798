//! Whom `brake` asks: the running palisade over its socket, or every palisade over the table of
//! their memory; and how commands that write get to know of it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio_util::task::AbortOnDropHandle;

use super::{daemon::Daemon, output};
use crate::{
    aws::{Brake, Connection, Guard},
    memory::{InTable, Lever, Memory, Part},
    model::{Asked, Means},
    settings::{MemoryHome, MemoryTable, Settings},
    status::socket::{BrakeState, Pull, Pulled, brake_state, move_lever},
};

/// The time limit of looking at a table, for a plan.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// What moves the brake.
#[derive(Debug)]
pub(super) enum Reached {
    /// A running palisade on this machine.
    Daemon(Daemon),
    /// The table of the memory: a running palisade looks there every two seconds.
    Table(Box<Lever>),
}

impl Reached {
    /// What moves the brake of these settings. If nothing does, or that cannot be told, the brake
    /// file still works, and a note says so.
    pub(super) async fn of(settings: &Settings) -> Option<Self> {
        let table = settings.memory.as_ref().and_then(MemoryHome::table);
        let daemon = match settings.socket() {
            Some(path) => listening(settings, path, table.is_none()).await,
            None => None,
        };
        match (daemon, table) {
            (Some(daemon), _) => Some(Self::Daemon(daemon)),
            (None, Some(table)) => {
                let levers = settings.levers.clone();
                let brake = Brake::with_lever(move || levers.halt());
                Some(Self::Table(Box::new(lever(settings, table, brake).await)))
            }
            (None, None) => None,
        }
    }

    /// The brake as it is now.
    pub(super) async fn state(&self) -> anyhow::Result<BrakeState> {
        match self {
            Self::Daemon(daemon) => daemon.get("/v1/brake").await,
            Self::Table(lever) => Ok(brake_state(lever)),
        }
    }

    /// Moves the brake.
    pub(super) async fn pull(&self, pull: &Pull) -> anyhow::Result<Pulled> {
        let lever = match self {
            Self::Daemon(daemon) => return daemon.post("/v1/brake", pull).await,
            Self::Table(lever) => lever,
        };
        let place = lever.place().unwrap_or_default();
        let done = move_lever(lever, pull, Means::Remote).await;
        let done = done.map_err(anyhow::Error::msg).with_context(|| place.clone())?;
        if done.kept != "yes" {
            bail!(
                "{place}: it could not be written, so no palisade knows of this; the log says why. \
                 Where palisade runs, its brake file and SIGUSR1 work without the table"
            );
        }
        Ok(done)
    }

    /// The table, for people.
    pub(super) fn table(&self) -> Option<String> {
        match self {
            Self::Daemon(_) => None,
            Self::Table(lever) => lever.place(),
        }
    }
}

/// The palisade that listens at a socket, if there is one.
async fn listening(settings: &Settings, path: std::path::PathBuf, or_file: bool) -> Option<Daemon> {
    let daemon = Daemon::at(path.clone());
    match daemon.listens().await {
        Ok(true) => return Some(daemon),
        Ok(false) if or_file => {
            let brake_file = settings.levers.brake_file.display();
            output::note(format_args!(
                "no palisade listens at {}; this is about the brake file {brake_file}",
                path.display()
            ));
        }
        Ok(false) => {}
        Err(error) => {
            output::note(format_args!("the running palisade cannot be reached: {error:#}"));
        }
    }
    None
}

/// For a command that writes: what is asked over the table is in force for it too, until the handle
/// is dropped. Without a table there is nothing to do.
pub(super) async fn obey(settings: &Settings, brake: &Brake) -> Option<AbortOnDropHandle<()>> {
    let table = settings.memory.as_ref().and_then(MemoryHome::table)?;
    Some(following(lever(settings, table, brake.clone()).await))
}

/// For a command that writes nothing: it shows the brake as it is now, of the running palisade on
/// this machine or in the table. What cannot be read is not shown, and a note says so.
pub(super) async fn show(settings: &Settings, brake: &Brake) {
    match shown(settings).await {
        Ok(Some(found)) => brake.ask(|asked| *asked = found),
        Ok(None) => {}
        Err(why) => output::note(format_args!("the plan does not show the brake: {why:#}")),
    }
}

async fn shown(settings: &Settings) -> anyhow::Result<Option<Asked>> {
    if let Some(path) = settings.socket() {
        let daemon = Daemon::at(path);
        // Without a running palisade nobody is stopped.
        if daemon.listens().await.unwrap_or(false) {
            let state: BrakeState = daemon.get("/v1/brake").await?;
            let (engaged, pauses) = (state.engaged, state.own_pauses);
            return Ok(Some(Asked { engaged, pauses, ..Asked::default() }));
        }
    }
    let Some(table) = settings.memory.as_ref().and_then(MemoryHome::table) else {
        return Ok(None);
    };
    let memory = memory_in(settings, table, Guard::read_only()).await;
    let place = memory.place();
    memory.look::<Asked>(Part::Brake, TIME_LIMIT).await.context(place)
}

/// Brings into force what others ask, until the handle is dropped: on its own, because a pass that
/// plans for seconds must not delay it.
#[expect(clippy::disallowed_methods, reason = "its handle ends it when it is dropped")]
pub(super) fn following(lever: Lever) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move { lever.follow().await }))
}

async fn lever(settings: &Settings, table: &MemoryTable, brake: Brake) -> Lever {
    Lever::recall(brake, Some(memory_in(settings, table, Guard::keeping()).await)).await
}

async fn memory_in(settings: &Settings, table: &MemoryTable, guard: Guard) -> Memory {
    let connection = Connection::ambient(guard).await.of(&settings.owner);
    let home = InTable::new(connection.table(&table.name, &table.region), &settings.owner);
    Memory::new(home, &settings.owner)
}
