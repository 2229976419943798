//! `demo`: the whole loop, on a simulated AWS, in one terminal.

mod drift;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    Ended,
    apply::results,
    output::{self, DEFAULT_DIR, GOOD, HEADING, NOTE},
    session::Session,
};
use crate::{
    aws::{Brake, Budget, Connection, Guard},
    engine::{self, Changed, Engine, Outcome, Report},
    kind::Class,
    plan::{self, Verdict},
    settings::{Overrides, Settings},
    simulator::{Simulator, example},
    status::{Admission, Shelf, Status, http},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Directory of manifests for the scopes of examples/palisade.yaml
    #[arg(value_name = "DIR", default_value = DEFAULT_DIR)]
    dir: PathBuf,
    /// Keep running with the HTTP server afterwards, until Ctrl-C
    #[arg(long)]
    serve: bool,
    /// Where the HTTP server listens with --serve
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9464")]
    at: String,
}

/// The time limit for every part of the demo; exceeding it is a defect.
const TIME_LIMIT: Duration = Duration::from_mins(2);

pub(super) async fn run(args: &Args) -> anyhow::Result<Ended> {
    let begun = Instant::now();
    let simulator = Simulator::new(example::organization_options());
    heading("1. An AWS to work on")?;
    example::accounts(&simulator)?;
    detail(
        "an organization with an account for the platform, one for the log archive, and nothing \
         in them but a permissions boundary; all simulated",
    )?;

    let settings = settings()?;
    let status = Status::new(settings.interval)?;
    let brake = Brake::default();
    let guard = Guard::writing(brake.clone()).metered(status.metrics().meter());
    // This AWS refuses nothing, so no call has to wait.
    let connection =
        Connection::new(simulator.sdk_config(example::ML_ACCOUNT, example::REGION), guard)
            .within(Budget::unlimited());
    heading("2. What a person has to approve")?;
    let approve = approvals(&settings, &simulator, &args.dir).await?;
    let options = engine::Options { shows_live: true, approve, ..engine::Options::default() };
    let mut session = Session::over(settings, &connection, &args.dir, options, brake).await?;
    let engine = &mut session.engine;

    heading(&format!("3. {} is applied", args.dir.display()))?;
    let created = settle(engine, &status, true).await?;
    heading("4. A second pass")?;
    let quiet = second_pass(engine, &status, &simulator).await?;
    heading("5. Somebody changes resources by hand")?;
    let mut corrected = 0;
    for drift in &drift::DRIFTS {
        output::print(&format!("\n{NOTE}●{NOTE:#} {}\n", drift.story))?;
        (drift.inject)(&simulator)?;
        // Some calls take AWS a moment.
        tokio::time::sleep(drift::TAKES).await;
        let noticed = Instant::now();
        let steps = settle(engine, &status, true).await?;
        anyhow::ensure!(steps > 0, "nobody noticed: {}", drift.story);
        corrected += 1;
        detail(&format!("noticed and corrected in {:.1} s", noticed.elapsed().as_secs_f64()))?;
    }
    heading("Summary")?;
    detail(&format!("{created} changes brought {} manifests in sync", quiet.manifests))?;
    detail(&format!("a pass without drift: {} reads, {} writes", quiet.reads, quiet.writes))?;
    detail(&format!("{corrected} of {} drifts noticed and corrected", drift::DRIFTS.len()))?;
    detail(&format!("total time {:.1} s", begun.elapsed().as_secs_f64()))?;
    if args.serve {
        serve(args, &mut session, &status).await?;
    }
    Ok(Ended::Done)
}

/// The shipped settings, with waits that are no longer than a demo.
fn settings() -> anyhow::Result<Settings> {
    let overrides = Overrides {
        interval: Some(Duration::from_secs(2)),
        settle_window: Some(Duration::from_secs(1)),
        ..Overrides::default()
    };
    Ok(Settings::parse(example::PLATFORM_SETTINGS, &overrides)?)
}

/// Shows what `palisade plan` holds or will hold, and approves it as whoever reads the plan does.
async fn approvals(
    settings: &Settings,
    simulator: &Simulator,
    dir: &Path,
) -> anyhow::Result<BTreeSet<String>> {
    let config = simulator.sdk_config(example::ML_ACCOUNT, example::REGION);
    let connection = Connection::new(config, Guard::read_only()).within(Budget::unlimited());
    let options = engine::Options::default();
    let brake = Brake::default();
    let mut session = Session::over(settings.clone(), &connection, dir, options, brake).await?;
    let report = session.engine.pass().await;
    check(&report)?;
    let mut approve = BTreeSet::new();
    for step in &report.plan.steps {
        match &step.verdict {
            Verdict::Held(why) => {
                let why: Vec<String> = why.iter().map(ToString::to_string).collect();
                output::print(&format!("! {}: {}\n", step.address, why.join("; ")))?;
            }
            // What it waits for decides whether it will be held.
            Verdict::Waiting(_) => {}
            Verdict::Go | Verdict::Reported(_) => continue,
        }
        approve.insert(step.digest.clone());
    }
    Ok(approve)
}

/// Makes passes until everything is in sync; returns the number of changes made.
async fn settle(engine: &mut Engine, status: &Status, show: bool) -> anyhow::Result<usize> {
    let deadline = Instant::now() + TIME_LIMIT;
    let mut changes = 0;
    loop {
        let report = engine.pass().await;
        status.publish(engine, &report);
        check(&report)?;
        changes += report.results.iter().map(|result| result.done.len()).sum::<usize>();
        if show {
            for line in results(&report) {
                output::print(&line)?;
            }
        }
        if report.is_converged() {
            return Ok(changes);
        }
        if report.changed() == Changed::No {
            let left = || plan::render::text(&report.plan);
            anyhow::ensure!(report.will_move() && Instant::now() < deadline, "stuck:\n{}", left());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn check(report: &Report) -> anyhow::Result<()> {
    if let Some(problem) = report.problems.first() {
        anyhow::bail!("{} problems in the directory, the first: {problem}", report.problems.len());
    }
    // AWS is at work on what some steps need, and says so: they are tried again.
    let busy = |outcome: &Outcome| {
        matches!(outcome, Outcome::Failed { class: Class::Busy | Class::Missing, .. })
    };
    if let Some(failed) = report.failures().find(|it| !busy(&it.outcome)) {
        anyhow::bail!("{}: {:?}", failed.address, failed.outcome);
    }
    Ok(())
}

struct Quiet {
    manifests: usize,
    reads: usize,
    writes: usize,
}

async fn second_pass(
    engine: &mut Engine,
    status: &Status,
    simulator: &Simulator,
) -> anyhow::Result<Quiet> {
    simulator.clear_calls();
    let report = engine.pass().await;
    status.publish(engine, &report);
    anyhow::ensure!(report.is_converged(), "the second pass found something to do");
    let (writes, reads): (Vec<_>, Vec<_>) =
        simulator.calls().into_iter().partition(|call| call.mutating);
    let quiet =
        Quiet { manifests: report.manifests.len(), reads: reads.len(), writes: writes.len() };
    anyhow::ensure!(quiet.writes == 0, "a pass without drift wrote: {writes:?}");
    detail(&format!("{} manifests in sync, {} reads, no write", quiet.manifests, quiet.reads))?;
    Ok(quiet)
}

async fn serve(args: &Args, session: &mut Session, status: &Status) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let shelf = Shelf::default();
    let (served, admission) = (shelf.clone(), Admission::default());
    let address = http::serve(&args.at, status.clone(), served, admission, stop.clone())
        .with_context(|| format!("listening on {}", args.at))?;
    detail(&format!("http://{address}/ until Ctrl-C"))?;
    let poke = Notify::new();
    let brake = session.brake.clone();
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
        std::future::pending::<()>().await;
    };
    let engine = &mut session.engine;
    let publish = |engine: &Engine, report: &Arc<Report>| {
        status.publish(engine, report);
        shelf.publish(engine, report);
    };
    tokio::select! {
        () = engine::run(engine, &brake, &stop, &poke, publish) => {}
        () = interrupted => {}
    }
    Ok(())
}

fn heading(text: &str) -> anyhow::Result<()> {
    output::print(&format!("\n{HEADING}{text}{HEADING:#}\n"))
}

fn detail(text: &str) -> anyhow::Result<()> {
    output::print(&format!("{GOOD}→{GOOD:#} {text}\n"))
}
