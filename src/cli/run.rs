//! `run`: the daemon.

use anyhow::Context as _;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Notify,
};
use tokio_util::sync::CancellationToken;

use super::{
    Ended,
    output::Directory,
    session::{Access, Session},
};
use crate::{
    aws::Brake,
    engine::{self, Engine, Report},
    settings::{Overrides, Settings},
    status::{Status, http},
};

#[derive(Debug, clap::Args)]
#[command(after_help = "Stopping all writing at once, without Git and without AWS:\n  \
                  empty the brake file (`: > palisade.brake` next to the settings file, or \
                  --brake-file), or send SIGUSR1;\n  \
                  remove the file, or send SIGUSR1 again, to continue. `mode: observe` in the \
                  settings file does the same.\n  \
                  `palisade brake` stops a part of it, for a while.\n\
                  Signals: SIGHUP makes a pass now, SIGUSR1 engages and releases the brake, \
                  SIGTERM and SIGINT stop.\n\
                  HTTP: /livez, /readyz (/readyz?verbose), /metrics, /status.json, and a page at \
                  /.")]
pub(super) struct Args {
    #[command(flatten)]
    directory: Directory,
}

pub(super) async fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let settings = Settings::load(overrides).context("settings")?;
    let status = Status::new(settings.interval)?;
    let stop = CancellationToken::new();
    let address = http::serve(&settings.listen, status.clone(), stop.clone())
        .with_context(|| format!("listening on {}", settings.listen))?;
    tracing::info!("http://{address}/status.json, /metrics, /livez, /readyz");
    let meter = status.metrics().meter();
    let dir = &args.directory.dir;
    let options =
        engine::Options { leaves_behind: true, audits: true, ..engine::Options::default() };
    let mut session = Session::open(overrides, dir, Access::Write, options, Some(meter)).await?;
    let poke = Notify::new();
    let (engine, brake) = (&mut session.engine, session.brake.clone());
    let publish = |engine: &Engine, report: &Report| status.publish(engine, report);
    tokio::select! {
        () = engine::run(engine, &brake, &stop, &poke, publish) => {}
        result = signals(&stop, &brake, &poke) => result?,
    }
    tracing::info!("stopped");
    Ok(Ended::Done)
}

/// SIGTERM and SIGINT stop; SIGHUP makes a pass now; SIGUSR1 engages and releases the brake.
/// Returns only if signal handlers cannot be installed.
async fn signals(stop: &CancellationToken, brake: &Brake, poke: &Notify) -> anyhow::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let mut hup = signal(SignalKind::hangup())?;
    let mut usr1 = signal(SignalKind::user_defined1())?;
    loop {
        tokio::select! {
            _ = term.recv() => stop.cancel(),
            _ = int.recv() => stop.cancel(),
            _ = hup.recv() => poke.notify_one(),
            _ = usr1.recv() => toggle(brake),
        }
    }
}

fn toggle(brake: &Brake) {
    match (brake.toggle(), brake.why()) {
        (true, _) => tracing::warn!("SIGUSR1: the brake is on, nothing is written"),
        (false, None) => tracing::warn!("SIGUSR1: the brake is off, writing is possible again"),
        (false, Some(why)) => {
            tracing::warn!(
                "SIGUSR1: the brake is off, but nothing is written for another reason: \
                {why}"
            );
        }
    }
}
