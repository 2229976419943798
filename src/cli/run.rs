//! `run`: the daemon.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Notify,
};
use tokio_util::sync::CancellationToken;

use super::{
    Ended, leases,
    output::Directory,
    reach,
    session::{Access, Session},
};
use crate::{
    aws::{Brake, Connection, Guard},
    engine::{self, Drift, Engine, Publish, Report},
    memory::{self, Kept, Lever, Memory},
    model::Means,
    notifications::Notifier,
    settings::{MemoryHome, MemoryTable, Overrides, OwnUse, Settings},
    status::{
        Admission, Identities, Shelf, Status, http,
        socket::{self, Desk},
    },
};

#[derive(Debug, clap::Args)]
#[command(after_help = "Stopping all writing at once, without Git and without AWS:\n  \
                  send SIGUSR1, and SIGUSR2 to continue; or empty the brake file (`: > \
                  palisade.brake` next to the settings file, or --brake-file), and remove it to \
                  continue. `mode: observe` in the settings file does the same.\n  \
                  `palisade brake` does it with a reason, for a while or in part. With \
                  --memory-dir or --memory-table the brake survives a restart, and with a table \
                  `palisade brake` works from every machine.\n\
                  Signals: SIGHUP makes a pass now, SIGUSR1 engages the brake, SIGUSR2 releases \
                  it, SIGTERM and SIGINT stop.\n\
                  HTTP: /livez, /readyz (/readyz?verbose), /metrics, /status.json, and a page at \
                  /.")]
pub(super) struct Args {
    #[command(flatten)]
    directory: Directory,
}

pub(super) async fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let settings = Settings::load(overrides).context("settings")?;
    let (status, shelf) = (Status::new(settings.interval)?, Shelf::default());
    let stop = CancellationToken::new();
    // Before anything else: two processes with one memory would not know of each other's brake.
    let own = own_connection(&settings, &status).await;
    let memory = memory_of(&settings, own.as_ref())?;
    let identities = settings.readers.clone().zip(own.as_ref());
    let identities = identities.map(|(it, own)| Arc::new(Identities::new(it, own.callers())));
    let admission = Admission { token: settings.token.clone(), identities };
    if let Err(why) = admission.verify() {
        tracing::error!("server.token: {why}; nobody can read the page");
    }
    let address =
        http::serve(&settings.listen, status.clone(), shelf.clone(), admission, stop.clone())
            .with_context(|| format!("listening on {}", settings.listen))?;
    tracing::info!("http://{address}/status.json, /metrics, /livez, /readyz");
    let meter = status.metrics().meter();
    let dir = &args.directory.dir;
    let socket = settings.socket();
    let options = engine::Options {
        leaves_behind: true,
        audits: true,
        shows_live: true,
        ..engine::Options::default()
    };
    let mut session = Session::open(overrides, dir, Access::Write, options, Some(meter)).await?;
    let listener = session.engine.listen(session.own.clone());
    let (engine, brake) = (&mut session.engine, session.brake.clone());
    if let Some(hub) = engine.hub() {
        status.listen(hub);
    }
    let lever = Lever::recall(brake.clone(), memory.clone()).await;
    if let Some(why) = brake.why() {
        tracing::warn!("nothing is written: {why}");
    }
    status.attach(brake.clone(), memory.clone());
    if let Some(memory) = memory {
        engine.recall(memory).await;
        status.recall(engine.history().timeline());
    }
    let poke = Arc::new(Notify::new());
    let desk = Desk::new(status.clone(), shelf.clone(), lever.clone(), poke.clone());
    if let Some(path) = &socket {
        open(path, desk.clone(), &settings, &stop)?;
    }
    let metrics = status.metrics().clone();
    let notifier = Notifier::new(&settings.owner, &settings.notify, metrics, own.as_ref());
    let published =
        Published { status: &status, notifier: &notifier, shelf: &shelf, brake: &brake };
    let listening = async {
        match listener {
            Some(listener) => listener.run().await,
            None => std::future::pending().await,
        }
    };
    let following = reach::following(lever.clone());
    let kept = leases::keep(engine.settings(), &brake, own.as_ref());
    tokio::select! {
        () = engine::run(engine, &brake, &stop, &poke, published) => {}
        () = listening => {}
        result = signals(&stop, &lever, &poke) => result?,
        () = notifier.run() => {}
    }
    drop(following);
    leases::hand_over(kept).await;
    if let Some(path) = &socket {
        // The next process replaces one that is left behind.
        let _ = std::fs::remove_file(path);
    }
    tracing::info!("stopped");
    Ok(Ended::Done)
}

/// Who gets to know what the loop finds.
struct Published<'a> {
    status: &'a Status,
    notifier: &'a Notifier,
    shelf: &'a Shelf,
    brake: &'a Brake,
}

impl Publish for Published<'_> {
    fn pass(&mut self, engine: &Engine, report: &Arc<Report>) {
        self.status.publish(engine, report);
        self.notifier.publish(report, &self.brake.halt());
        self.shelf.publish(engine, report);
    }

    fn causes(&mut self, engine: &Engine, drifts: &[Drift]) {
        self.status.attribute(engine.history().timeline(), drifts);
        self.notifier.causes(drifts);
    }
}

/// The connection for what is the process's own, if the settings name anything of that on AWS.
async fn own_connection(settings: &Settings, status: &Status) -> Option<Connection> {
    if settings.own_use() == OwnUse::default() && settings.readers.is_none() {
        return None;
    }
    let guard = Guard::keeping().metered(status.metrics().meter());
    Some(Connection::ambient(guard).await.of(&settings.owner))
}

fn memory_of(settings: &Settings, own: Option<&Connection>) -> anyhow::Result<Option<Memory>> {
    let owner = &settings.owner;
    Ok(match (&settings.memory, own) {
        (Some(MemoryHome::Directory(dir)), _) => {
            Some(Memory::new(memory::Directory::open(dir).context("memory")?, owner))
        }
        (Some(MemoryHome::Table(MemoryTable { name, region })), Some(own)) => {
            Some(Memory::new(memory::InTable::new(own.table(name, region), owner), owner))
        }
        _ => None,
    })
}

/// A socket that was asked for must work. Without the one beneath the memory, which nobody named,
/// passes go on.
fn open(
    path: &std::path::Path,
    desk: Desk,
    settings: &Settings,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    match socket::serve(path, desk, stop.clone()) {
        Ok(()) => tracing::info!("commands reach this process at {}", path.display()),
        Err(error) if settings.socket.is_none() => {
            let path = path.display();
            tracing::error!("{path}: {error}; commands do not reach this process");
        }
        Err(error) => return Err(error).with_context(|| format!("socket {}", path.display())),
    }
    Ok(())
}

/// SIGTERM and SIGINT stop; SIGHUP makes a pass now; SIGUSR1 engages the brake, SIGUSR2 releases
/// it. A change of the brake is shown by a pass. Returns only if signal handlers cannot be
/// installed.
async fn signals(stop: &CancellationToken, lever: &Lever, poke: &Notify) -> anyhow::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let mut hup = signal(SignalKind::hangup())?;
    let mut usr1 = signal(SignalKind::user_defined1())?;
    let mut usr2 = signal(SignalKind::user_defined2())?;
    let changed = lever.changed();
    loop {
        tokio::select! {
            _ = term.recv() => stop.cancel(),
            _ = int.recv() => stop.cancel(),
            _ = hup.recv() => poke.notify_one(),
            _ = usr1.recv() => engage(lever).await,
            _ = usr2.recv() => release(lever).await,
            () = changed.notified() => poke.notify_one(),
        }
    }
}

async fn engage(lever: &Lever) {
    let kept = lever.engage(Means::Signal, "SIGUSR1", "a signal gives no reason").await;
    tracing::warn!(
        target: "palisade::audit",
        event = "brake_on",
        by = "SIGUSR1",
        "SIGUSR1: the brake is on, nothing is written; {kept}"
    );
}

async fn release(lever: &Lever) {
    let (released, kept) = lever.release().await;
    let note = match kept {
        Kept::Failed => "; the memory could not be written, so a restart engages it again",
        Kept::Yes | Kept::NoMemory => "",
    };
    let still = lever.brake().why();
    let text = match (&released, &still) {
        (Some(released), None) => format!("writing is possible again ({released})"),
        (None, None) => "the brake was not on".to_owned(),
        (_, Some(why)) => format!("nothing is written for another reason: {why}"),
    };
    tracing::warn!(
        target: "palisade::audit",
        event = "brake_off",
        by = "SIGUSR2",
        "SIGUSR2: the brake is off; {text}{note}"
    );
}
