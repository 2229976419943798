//! `apply`: makes passes until nothing is left to do, or only what needs a person.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::time::Instant;

use super::{
    Ended,
    filters::{self, Filters},
    leases,
    output::{self, Directory},
    plan::{self as shown, Saved, problems},
    progress::Applying,
    prompt, reach,
    session::{Access, Session},
};
use crate::{
    engine::{Changed, Engine, Options, Outcome, Report},
    kind::Class,
    model::Address,
    plan::{self, Offered, Only, Plan, Shown, UnusedReason, Verdict, WaitReason},
    settings::{Mode, Overrides, Settings, parse_duration},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Directory of manifests, or a file written by `plan --out`
    #[command(flatten)]
    directory: Directory,
    /// Do not ask for confirmation; changes that become known later are printed before they are
    /// made
    #[arg(short, long)]
    yes: bool,
    /// Carry out only the held step with this digest (as shown in the plan); may be repeated
    #[arg(long, value_name = "DIGEST")]
    approve: Vec<String>,
    /// With --approve: carry out everything else too
    #[arg(long, requires = "approve")]
    all: bool,
    /// With a file written by `plan --out`: also carry out everything in it that is held, and what
    /// waits in it and is held then for what the plan said of it; with --yes, also what becomes
    /// known later and needs no approval
    #[arg(long, conflicts_with_all = ["approve", "all"])]
    approve_all: bool,
    #[command(flatten)]
    filters: Filters,
    /// Reach all accounts of sets with `waves` at once
    #[arg(long)]
    all_waves: bool,
    /// Stop waiting for AWS after this time
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
}

/// What happens to changes that were not shown before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// They are printed, then made.
    Printed,
    /// They are printed, and a person is asked.
    Person,
    /// They are not made: only the saved plan is.
    SavedPlan,
}

pub(super) async fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let settings = Settings::load(overrides).context("settings")?;
    let given = &args.directory.dir;
    let saved = given.is_file().then(|| Saved::read(given)).transpose()?;
    let dir = saved.as_ref().map_or(given, |saved| &saved.dir);
    let offered = match &saved {
        _ if !args.approve_all => Offered::default(),
        Some(saved) => saved.offered.clone(),
        None => anyhow::bail!(
            "--approve-all approves what a person has read: save the plan with `palisade plan \
             --out FILE`, read it, and apply the file"
        ),
    };
    let approve = args.approve.iter().chain(&offered.held).cloned().collect();
    let mut options = Options { approve, ..Options::default() };
    options.focus = args.filters.focus(&settings)?;
    options.all_waves = args.all_waves;
    let chosen = !args.approve.is_empty() && !args.all;
    options.only = chosen.then_some(Only::Approved);
    let asking = match (&saved, args.yes) {
        (Some(_), true) if args.approve_all => Asking::Printed,
        (Some(_), _) => Asking::SavedPlan,
        (None, true) => Asking::Printed,
        (None, false) => Asking::Person,
    };
    let mut known = saved.as_ref().map(|saved| saved.shown.clone()).unwrap_or_default();
    if asking == Asking::Person {
        match consent(overrides, dir, &options).await? {
            Some(shown) => known = shown,
            None => return Ok(Ended::Failed),
        }
    }
    let progress = Arc::new(Applying::new(asking == Asking::Printed));
    options.watcher = Some(Arc::<Applying>::clone(&progress));
    if asking != Asking::Printed && !chosen {
        let only = if saved.is_some() { Only::Saved } else { Only::Shown };
        options.only = Some(only(known.clone()));
    }
    let mut session = Session::open(overrides, dir, Access::Write, options, None).await?;
    let _following = reach::obey(session.engine.settings(), &session.brake).await;
    if session.engine.settings().mode == Mode::Observe {
        anyhow::bail!("the settings say `mode: observe`, so nothing is written");
    }
    let run = Run { asking, offered, timeout: args.timeout };
    let kept = take_leases(&mut session).await?;
    let ended = until_quiet(&mut session.engine, run, known, &progress).await;
    // Given back whatever came of it; a failure says more than a lost lease.
    let given_back = leases::give_back(kept).await;
    let ended = ended?;
    given_back.map(|()| ended)
}

/// Takes the leases of the scopes with manifests that this is about, if processes share the scopes.
/// Which ones there are, a pass says that writes nothing.
async fn take_leases(session: &mut Session) -> anyhow::Result<Option<leases::Kept>> {
    if session.brake.leases().is_none() {
        return Ok(None);
    }
    let report = session.engine.pass().await;
    let focus = session.engine.focus();
    let about = report.manifests.iter().filter(|it| focus.is_none_or(|focus| focus.has(it)));
    let orphans = report.plan.orphans.iter().map(|orphan| orphan.scope.clone());
    let scopes = about.map(|address| address.scope.clone()).chain(orphans).collect();
    leases::take(session.engine.settings(), &session.brake, scopes).await
}

/// How a run of `apply` decides.
pub(super) struct Run {
    /// What happens to changes that were not shown before.
    asking: Asking,
    /// What was consented to as a whole.
    offered: Offered,
    /// How long it waits for AWS.
    timeout: Duration,
}

/// Shows the plan and asks for confirmation; returns what was shown, if the answer is yes.
async fn consent(
    overrides: &Overrides,
    dir: &std::path::Path,
    options: &Options,
) -> anyhow::Result<Option<Shown>> {
    let mut session = Session::open(overrides, dir, Access::Read, options.clone(), None).await?;
    let report = session.engine.pass().await;
    shown::warnings(&report);
    if !problems(&report)? {
        return Ok(None);
    }
    filters::must_match(options.focus.as_ref(), &report)?;
    output::print(&shown::text(&report))?;
    let known = Shown::of(&report.plan);
    if !report.plan.has_changes() {
        return Ok(Some(known));
    }
    let agreed = prompt::confirm("Apply this?")?;
    if !agreed {
        output::note("nothing was changed");
    }
    Ok(agreed.then_some(known))
}

/// Makes passes until one changes nothing and no wait will end by itself, and prints what is left.
/// Nothing is done that was not shown, unless nobody is asked.
pub(super) async fn until_quiet(
    engine: &mut Engine,
    Run { asking, mut offered, timeout }: Run,
    mut known: Shown,
    progress: &Applying,
) -> anyhow::Result<Ended> {
    let deadline = Instant::now() + timeout;
    let mut printed = String::new();
    let (mut failing, mut changed, mut seen) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    // The person who was asked has seen the warnings above the plan.
    let mut warned = asking == Asking::Person;
    loop {
        progress.show();
        let mut report = engine.pass().await;
        progress.hide();
        spare_needless(&mut report.plan, &mut seen);
        if !std::mem::replace(&mut warned, true) {
            shown::warnings(&report);
        }
        if !problems(&report)? {
            return Ok(Ended::Failed);
        }
        filters::must_match(engine.focus(), &report)?;
        for line in results(&report) {
            output::print(&line)?;
        }
        note_failures(&report, &mut failing);
        let done = report.results.iter().filter(|result| !result.done.is_empty());
        changed.extend(done.map(|result| result.address.clone()));
        if report.changed() == Changed::Yes {
            continue;
        }
        let foreseen: Vec<String> = offered.foreseen(&report.plan).map(str::to_owned).collect();
        if !foreseen.is_empty() {
            // Once, whatever comes of it.
            offered.waiting.retain(|digest| !foreseen.contains(digest));
            engine.approve(foreseen);
            continue;
        }
        if asking == Asking::Person && report.plan.not_shown().next().is_some() {
            if !shown_and_agreed(&report.plan)? {
                return Ok(Ended::Failed);
            }
            known.add(&report.plan);
            engine.restrict(Some(Only::Shown(known.clone())));
            continue;
        }
        if !report.will_move() && !is_busy(&report) {
            output::print(&tally(&report, &changed, &failing))?;
            output::print(&format!("\n{}", plan::render::text(&report.plan)))?;
            return Ok(ended(&report, &failing));
        }
        if Instant::now() >= deadline {
            output::print(&tally(&report, &changed, &failing))?;
            output::print(&format!("\n{}", plan::render::text(&report.plan)))?;
            anyhow::bail!(
                "AWS has not finished after {} s; run `palisade apply` again to continue",
                timeout.as_secs()
            );
        }
        let waits = waits(&report);
        if waits != printed {
            output::note(format_args!("{}{waits}{}", output::NOTE, output::NOTE.render_reset()));
            printed = waits;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Forgets approvals of steps that this run has seen and that are no more: they were carried out,
/// with their approval or without needing it. Whoever approves a whole plan approves also what only
/// waits in it.
fn spare_needless(plan: &mut Plan, seen: &mut BTreeSet<String>) {
    use UnusedReason::{NoSuchStep, NotHeld, Spent};
    seen.extend(plan.steps.iter().map(|step| step.digest.clone()));
    plan.unused_approvals.retain(|unused| {
        let is_over = matches!(unused.why, NoSuchStep | NotHeld | Spent);
        !is_over || !seen.contains(&unused.digest)
    });
}

/// Prints what was not shown yet, and asks for confirmation.
fn shown_and_agreed(plan: &Plan) -> anyhow::Result<bool> {
    let steps = plan.not_shown().cloned().map(|step| plan::Step { verdict: Verdict::Go, ..step });
    let more = Plan { steps: steps.collect(), ..Plan::default() };
    output::print(&format!("{}\n", plan::render::text(&more)))?;
    let agreed = prompt::confirm("Apply this, too?")?;
    if !agreed {
        output::note("nothing further was changed");
    }
    Ok(agreed)
}

/// The results of one pass, one line per edit.
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
            // Countdowns would make every line a new one.
            Some(format!("waiting: {}: {}", step.address, passing.reason.steady()))
        }
        _ => None,
    });
    let mut lines: Vec<String> = waiting.collect();
    if lines.len() > MAX_SHOWN_WAITS {
        let more = lines.len() - MAX_SHOWN_WAITS;
        lines.truncate(MAX_SHOWN_WAITS);
        lines.push(format!("… and {more} more"));
    }
    lines.join("\n")
}

/// The most waits that are printed.
const MAX_SHOWN_WAITS: usize = 5;

/// Notes which resources a step failed for, and forgets those for which one succeeded since.
fn note_failures(report: &Report, failing: &mut BTreeSet<Address>) {
    for result in &report.results {
        match &result.outcome {
            Outcome::Done { .. } => drop(failing.remove(&result.address)),
            Outcome::Failed { .. } => drop(failing.insert(result.address.clone())),
            Outcome::Skipped { .. } => {}
        }
    }
}

/// What came of it, in one line; nothing if nothing was done and nothing is left.
fn tally(report: &Report, changed: &BTreeSet<Address>, failing: &BTreeSet<Address>) -> String {
    let plan = &report.plan;
    let held = plan.steps.iter().filter(|step| matches!(step.verdict, Verdict::Held(_)));
    let people: BTreeSet<&Address> = held
        .map(|step| &step.address)
        .chain(plan.conflicts.iter().map(|conflict| &conflict.address))
        .collect();
    let failed = failing.iter().filter(|address| !plan.in_sync.contains(*address)).count();
    if changed.is_empty() && failed == 0 && people.is_empty() {
        return String::new();
    }
    format!("\n{} changed, {failed} failed, {} need a person.\n", changed.len(), people.len())
}

/// Whether AWS was at work on something that a step was about, or may not know yet what a step
/// names because that is new: both end by themselves, or as a wait that says so.
fn is_busy(report: &Report) -> bool {
    let busy = |outcome: &Outcome| {
        matches!(outcome, Outcome::Failed { class: Class::Busy | Class::Missing, .. })
    };
    report.failures().any(|it| busy(&it.outcome))
}

/// Whether what failed for a resource is only that something that it names does not exist: that is
/// for a person to provide, or to name right.
fn names_what_is_not_there(report: &Report, address: &Address) -> bool {
    let is_not_there = |wait: &plan::Wait| matches!(wait.reason, WaitReason::NotThere { .. });
    report.plan.steps_of(address).iter().any(|step| match &step.verdict {
        Verdict::Waiting(why) => why.iter().any(is_not_there),
        _ => false,
    })
}

/// Failures come first, then what needs a person. `failing` are resources for which a step failed
/// in some pass, and none has succeeded since.
fn ended(report: &Report, failing: &BTreeSet<Address>) -> Ended {
    let failed = report.failures().next().is_some()
        || failing.iter().any(|address| {
            !report.plan.in_sync.contains(address) && !names_what_is_not_there(report, address)
        })
        || !report.plan.unknown.is_empty()
        || report.plan.steps.iter().any(|step| match &step.verdict {
            Verdict::Waiting(why) => why.iter().any(|wait| wait.reason.is_failure()),
            _ => false,
        });
    // Somebody who approved a digest that releases nothing must look again.
    let void = report.plan.unused_approvals.iter().any(|unused| unused.origin.is_none());
    match (failed, void || report.plan.needs_a_person()) {
        (true, _) => Ended::Failed,
        (false, true) => Ended::NeedsPerson,
        (false, false) => Ended::Done,
    }
}
