//! Fault campaigns: crash anywhere, lie anywhere, converge always.
//!
//! ```text
//! cargo run --profile campaign --example campaign -- crash single pairs quiet replay random --seeds 10000
//! ```
//!
//! Without the profile the SDK runs unoptimised, about four times slower. A failure is shown with what reproduces it.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic
)]

#[path = "../tests/palisade/campaign/mod.rs"]
mod campaign;

use std::{process::ExitCode, time::Instant};

use campaign::{
    events,
    faults::{self, Mishap},
    prepare::Prepared,
    run::{Setup, run},
    scenario::Scenario,
    scenarios, sharing, swarm,
    threads::{self, Failure, Tally, block_on},
};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Crash before and after every call of every scenario
    Crash,
    /// Every single fault at every call of every scenario
    Single,
    /// Pairs of faults in the small scenarios
    Pairs,
    /// Random scenario, faults, hands, latency, one or two daemons
    Random,
    /// Every scenario with every way in which events arrive or do not, alone and with other faults
    Events,
    /// A thousand passes after convergence, which must write nothing
    Quiet,
    /// Random seeds twice: byte-identical logs
    Replay,
    /// Engines that share two scopes by leases: frozen, cut off, killed, with clocks that go wrong
    Leases,
    /// The leases alone, without engines: thousands of runs in a minute
    LeaseModel,
}

/// Scenarios with so many calls at most are run with every pair of faults.
const SMALL: usize = 22;

#[derive(Debug, Parser)]
struct Args {
    /// Which campaigns
    #[arg(value_enum, default_values = ["crash", "single", "random"])]
    kinds: Vec<Kind>,
    /// Random seeds
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    from: u64,
    /// Only this seed
    #[arg(long)]
    seed: Option<u64>,
    /// Only scenarios whose name contains this
    #[arg(long)]
    scenario: Option<String>,
    /// Only faults whose name contains this, e.g. lost-answer@7
    #[arg(long)]
    fault: Option<String>,
    /// Every so many of the other faults in `events`
    #[arg(long, default_value_t = 7)]
    nth: usize,
    /// Passes after convergence in `quiet`
    #[arg(long, default_value_t = 1000)]
    passes: u64,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Stop after so many failures
    #[arg(long, default_value_t = 20)]
    failures: u64,
    /// Show the calls of the first failure
    #[arg(long)]
    calls: bool,
    /// Listen to what the processes say (slower): the log at `-vv`, metrics, status document and page hold nothing secret
    #[arg(long)]
    listen: bool,
}

fn main() -> ExitCode {
    let mut args = Args::parse();
    let begun = Instant::now();
    let (shared, others): (Vec<Kind>, Vec<Kind>) =
        args.kinds.iter().partition(|kind| matches!(kind, Kind::Leases | Kind::LeaseModel));
    let mut failed = false;
    for kind in shared {
        failed |= !share(kind, &args);
    }
    args.kinds = others;
    if args.kinds.is_empty() {
        return if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let scenarios: Vec<Scenario> = scenarios::all()
        .into_iter()
        .filter(|scenario| args.scenario.as_ref().is_none_or(|only| scenario.name.contains(only)))
        .collect();
    let prepared = match threads::prepare(&scenarios, args.threads) {
        Ok(prepared) => prepared,
        Err(why) => {
            println!("without any fault: {why}");
            return ExitCode::FAILURE;
        }
    };
    println!("{} scenarios prepared in {:.1} s", prepared.len(), begun.elapsed().as_secs_f64());
    for kind in &args.kinds {
        failed |= !campaign(*kind, &args, &prepared);
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Several processes that share the scopes; every seed is a run.
fn share(kind: Kind, args: &Args) -> bool {
    let (from, many) = args.seed.map_or((args.from, args.seeds), |seed| (seed, 1));
    let seeds: Vec<u64> = (from..from.saturating_add(many)).collect();
    let bar = ProgressBar::new(many);
    let begun = Instant::now();
    let runs = threads::each(&seeds, args.threads, |seed| {
        let (violations, writes, takeovers) = if kind == Kind::Leases {
            let wrong = sharing::engines::Wrong { trouble: true, reckless: false };
            let it = block_on(sharing::engines::run(*seed, wrong));
            (it.violations, it.writes, it.takeovers)
        } else {
            let it = block_on(sharing::model::run(*seed, sharing::model::Wrong::default()));
            (it.violations, it.writes, it.takeovers)
        };
        bar.inc(1);
        (*seed, violations, writes, takeovers)
    });
    bar.finish_and_clear();
    let failed: Vec<_> = runs.iter().filter(|(_, violations, ..)| !violations.is_empty()).collect();
    println!(
        "{kind:?}: {} runs in {:.1} s, {} writes, {} leases taken, {} failed",
        runs.len(),
        begun.elapsed().as_secs_f64(),
        runs.iter().map(|(_, _, writes, _)| writes).sum::<usize>(),
        runs.iter().map(|(.., takeovers)| takeovers).sum::<u64>(),
        failed.len()
    );
    for (seed, violations, ..) in failed.iter().take(usize::try_from(args.failures).unwrap_or(20)) {
        println!("  seed {seed}: {}", violations.join("\n    "));
    }
    failed.is_empty()
}

fn campaign(kind: Kind, args: &Args, prepared: &[Prepared]) -> bool {
    let platforms;
    let mut jobs: Vec<(&Prepared, Mishap)> = match kind {
        Kind::Crash => jobs(prepared, faults::crashes),
        Kind::Single => jobs(prepared, faults::singles),
        Kind::Pairs => {
            let small =
                |it: &&Prepared| it.reference.calls.len() <= SMALL && it.reference.mutations > 0;
            let small: Vec<_> = prepared.iter().filter(small).collect();
            small
                .into_iter()
                .flat_map(|it| faults::pairs(it).into_iter().map(move |m| (it, m)))
                .collect()
        }
        Kind::Leases | Kind::LeaseModel => Vec::new(),
        Kind::Events => jobs(prepared, |it| events::mishaps(it, args.nth)),
        Kind::Quiet => jobs(prepared, |_| {
            let setup = Setup { quiet: args.passes, ..Setup::default() };
            vec![Mishap { label: "quiet".to_owned(), setup }]
        }),
        Kind::Random | Kind::Replay => {
            let random: Vec<Scenario> = (0..swarm::PLATFORMS).map(swarm::platform).collect();
            let all: Vec<Scenario> = scenarios::all().into_iter().chain(random).collect();
            platforms = match threads::prepare(&all, args.threads) {
                Ok(prepared) => prepared,
                Err(why) => {
                    println!("without any fault: {why}");
                    return false;
                }
            };
            let (from, many) = args.seed.map_or((args.from, args.seeds), |seed| (seed, 1));
            (from..from.saturating_add(many)).map(|seed| swarm::run_of(seed, &platforms)).collect()
        }
    };
    jobs.retain(|(_, mishap)| args.fault.as_ref().is_none_or(|only| mishap.label.contains(only)));
    for (_, mishap) in &mut jobs {
        mishap.setup.listening = args.listen;
    }
    let style = ProgressStyle::with_template("{msg:8} {bar:40} {pos}/{len} {per_sec} eta {eta}");
    let bar = ProgressBar::new(jobs.len() as u64)
        .with_style(style.expect("a valid template"))
        .with_message(format!("{kind:?}").to_lowercase());
    let begun = Instant::now();
    if kind == Kind::Replay {
        let same = threads::each(&jobs, args.threads, |(prepared, mishap)| {
            let once = || block_on(run(prepared, &mishap.setup)).log;
            bar.inc(1);
            once() == once()
        });
        bar.finish_and_clear();
        let same = same.into_iter().filter(|same| *same).count();
        println!(
            "replay: {same} of {} seeds byte-identical in {:.1} s",
            jobs.len(),
            begun.elapsed().as_secs_f64()
        );
        return same == jobs.len();
    }
    let tally = threads::campaign(&jobs, args.threads, args.failures, || bar.inc(1));
    bar.finish_and_clear();
    summary(kind, &tally, begun.elapsed().as_secs_f64(), args);
    tally.failures.is_empty()
}

fn jobs(
    prepared: &[Prepared],
    mishaps: impl Fn(&Prepared) -> Vec<Mishap>,
) -> Vec<(&Prepared, Mishap)> {
    let of = |it| mishaps(it).into_iter().map(move |mishap| (it, mishap));
    prepared.iter().flat_map(of).collect()
}

fn summary(kind: Kind, tally: &Tally, seconds: f64, args: &Args) {
    println!(
        "{}: {} runs, {} calls in {seconds:.1} s ({:.0} runs/s), {} untouched by their fault, {} consents ({} after hands), {} failed",
        format!("{kind:?}").to_lowercase(),
        tally.runs,
        tally.calls,
        f64::from(u32::try_from(tally.runs).unwrap_or(u32::MAX)) / seconds,
        tally.missed,
        tally.consents,
        tally.consents_after_hands,
        tally.failures.len()
    );
    println!("  passes after the last fault: {:?}", tally.passes);
    let mut rules = std::collections::BTreeMap::<String, u64>::new();
    for failure in &tally.failures {
        for violation in &failure.violations {
            let rule = violation.split(':').next().unwrap_or_default();
            *rules.entry(rule.to_owned()).or_default() += 1;
        }
    }
    if !rules.is_empty() {
        println!("  rules broken: {rules:?}");
    }
    for failure in &tally.failures {
        show(failure);
    }
    if let Some(first) = tally.failures.first().filter(|_| args.calls) {
        println!("{}", first.log);
    }
}

fn show(failure: &Failure) {
    println!("  {} with {}", failure.scenario, failure.label);
    for violation in failure.violations.iter().take(3) {
        println!("    {}", violation.chars().take(700).collect::<String>());
    }
    println!("    least: {}", failure.faults);
    match failure.label.strip_prefix("seed ") {
        Some(seed) => println!("    again: campaign random --seed {seed} --calls"),
        None => println!(
            "    again: campaign single crash pairs --scenario {} --fault {} --calls",
            failure.scenario, failure.label
        ),
    }
}
