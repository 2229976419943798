//! `apply`: passes until nothing is left to do, or only what needs people.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Ended,
    output::{self, Directory},
    plan::{self as shown, problems},
    prompt,
    session::{Access, Session},
};
use crate::{
    engine::{Changed, Engine, Options, Outcome, Report},
    plan::{self, Verdict},
    settings::{Mode, Overrides, parse_duration},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    directory: Directory,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Consent to the held step with this digest (as the plan shows it); may be repeated
    #[arg(long, value_name = "DIGEST")]
    approve: Vec<String>,
    /// Give up waiting for AWS after this time
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
}

pub(super) async fn run(settings: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let dir = &args.directory.dir;
    let options = Options { approve: args.approve.iter().cloned().collect(), ..Options::default() };
    if !args.yes && !consent(settings, args, &options).await? {
        return Ok(Ended::Failed);
    }
    let mut session = Session::open(settings, dir, Access::Write, options, None).await?;
    if session.engine.settings().mode == Mode::Observe {
        anyhow::bail!("the settings say `mode: observe`; nothing is written");
    }
    until_quiet(&mut session.engine, args.timeout).await
}

/// Shows the plan and asks.
async fn consent(settings: &Overrides, args: &Args, options: &Options) -> anyhow::Result<bool> {
    let dir = &args.directory.dir;
    let mut session = Session::open(settings, dir, Access::Read, options.clone(), None).await?;
    let report = session.engine.pass().await;
    if !problems(&report)? {
        return Ok(false);
    }
    output::print(&shown::text(&report))?;
    if !report.plan.has_changes() {
        return Ok(true);
    }
    let agreed = prompt::confirm("Apply this?")?;
    if !agreed {
        output::say("nothing was changed");
    }
    Ok(agreed)
}

/// Makes passes until one changes nothing and nothing will move by itself, and says what is left.
pub(super) async fn until_quiet(engine: &mut Engine, timeout: Duration) -> anyhow::Result<Ended> {
    let deadline = Instant::now() + timeout;
    let mut said = String::new();
    loop {
        let report = engine.pass().await;
        if !problems(&report)? {
            return Ok(Ended::Failed);
        }
        for line in results(&report) {
            output::print(&line)?;
        }
        if report.changed() == Changed::Yes {
            continue;
        }
        if !report.will_move() {
            output::print(&format!("\n{}", plan::render::text(&report.plan)))?;
            return Ok(ended(&report));
        }
        if Instant::now() >= deadline {
            output::print(&format!("\n{}", plan::render::text(&report.plan)))?;
            anyhow::bail!("AWS was not done after {} s", timeout.as_secs());
        }
        let waits = waits(&report);
        if waits != said {
            output::say(format_args!("{}{waits}{}", output::NOTE, output::NOTE.render_reset()));
            said = waits;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// What one pass did, a line a step.
pub(super) fn results(report: &Report) -> impl Iterator<Item = String> {
    report.results.iter().flat_map(|result| {
        let done = result.done.iter().map(|done| {
            format!("{}✓{} {}: {done}\n", output::GOOD, output::GOOD.render_reset(), result.address)
        });
        let failed = match &result.outcome {
            Outcome::Failed { message, .. } => Some(format!(
                "{}✗{} {}: {message}\n",
                output::ERROR,
                output::ERROR.render_reset(),
                result.address
            )),
            Outcome::Done { .. } | Outcome::Skipped { .. } => None,
        };
        done.chain(failed).collect::<Vec<_>>()
    })
}

fn waits(report: &Report) -> String {
    let waiting = report.plan.steps.iter().filter_map(|step| match &step.verdict {
        Verdict::Waiting(why) => {
            let passing = why.iter().find(|wait| wait.passes)?;
            // Seconds that count down would make every line a new one.
            Some(format!("waiting: {}: {}", step.address, passing.reason.steady()))
        }
        _ => None,
    });
    let mut lines: Vec<String> = waiting.collect();
    if lines.len() > MOST_WAITS {
        let more = lines.len() - MOST_WAITS;
        lines.truncate(MOST_WAITS);
        lines.push(format!("… and {more} more"));
    }
    lines.join("\n")
}

/// More lines than this say nothing that fewer do not.
const MOST_WAITS: usize = 5;

fn ended(report: &Report) -> Ended {
    let failed = report.failures().next().is_some()
        || !report.plan.unknown.is_empty()
        || report.plan.steps.iter().any(|step| match &step.verdict {
            Verdict::Waiting(why) => why.iter().any(|wait| wait.reason.is_failure()),
            _ => false,
        });
    if failed { Ended::Failed } else { Ended::Done }
}
