//! `run`: passes until the process is stopped.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    drift::Drift,
    hints::Hinted,
    outcome::StepResult,
    pass::Engine,
    report::{Changed, Phases, Report},
};
use crate::{aws::Brake, manifest::watch::Watch};

/// Editors and Git write many files in a row; one pass after the last of them is enough.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// The time between passes while a wait will end by itself (AWS settling, a window passing).
const MOVING: Duration = Duration::from_secs(2);
/// When the process is stopped, a write in progress may finish and nothing new begins; a pass that
/// does not write is dropped. Together with the exit this stays below the documented five seconds.
const GRACE: Duration = Duration::from_secs(4);

/// What becomes of what the loop finds.
pub trait Publish {
    /// A pass has ended.
    fn pass(&mut self, engine: &Engine, report: &Arc<Report>);

    /// It became known, or surer, who caused these drifts.
    fn causes(&mut self, engine: &Engine, drifts: &[Drift]);
}

impl<F: FnMut(&Engine, &Arc<Report>)> Publish for F {
    fn pass(&mut self, engine: &Engine, report: &Arc<Report>) {
        self(engine, report);
    }

    /// The next report says it.
    fn causes(&mut self, _engine: &Engine, _drifts: &[Drift]) {}
}

/// Makes passes until `stop`. `publish` receives every report; `poke` starts a pass at once.
pub async fn run(
    engine: &mut Engine,
    brake: &Brake,
    stop: &CancellationToken,
    poke: &Notify,
    mut publish: impl Publish,
) {
    let mut watch = Watch::start(engine.dir());
    watch.begin().await;
    for trouble in &watch.trouble {
        tracing::warn!(
            "watching {}: {trouble}; changes are noticed at the next interval only",
            engine.dir().display()
        );
    }
    let generation = engine.generation();
    let (changed, answered) = (Notify::new(), engine.answered());
    let mut writing = engine.writing();
    let watching = async {
        loop {
            watch.changed().await;
            generation.advance();
            changed.notify_one();
        }
    };
    let passing = async {
        while !stop.is_cancelled() {
            let report = Arc::new(engine.pass().await);
            log(&report);
            publish.pass(engine, &report);
            let ended = Instant::now();
            let mut due = ended + pause(engine, &report);
            loop {
                // Events may stop arriving meanwhile: then the next pass is due earlier.
                let look = Instant::now() + engine.settings().interval;
                tokio::select! {
                    () = tokio::time::sleep_until(due) => break,
                    () = tokio::time::sleep_until(look) => due = due.min(ended + engine.interval()),
                    () = poke.notified() => break,
                    () = answered.notified() => break,
                    () = engine.shares_change() => break,
                    () = changed.notified() => {
                        tokio::time::sleep(DEBOUNCE).await;
                        break;
                    }
                    () = stop.cancelled() => break,
                    () = news(engine) => due = due.min(hinted(engine, &mut publish).await),
                }
            }
        }
    };
    let stopping = async {
        stop.cancelled().await;
        brake.engage();
        // It fails only if the engine is gone.
        drop(tokio::time::timeout(GRACE, writing.wait_for(|writing| !writing)).await);
    };
    tokio::select! {
        () = watching => {}
        () = passing => {}
        () = stopping => tracing::warn!("stopped in the middle of a pass; the next start continues \
            from the live state"),
    }
}

/// Returns when events say where to look, or when who caused a drift is to be looked up: then
/// [`Engine::hint_pass`] and [`Engine::attribute`] have something to do.
pub async fn news(engine: &Engine) {
    let arrives = async {
        match engine.hub() {
            Some(hub) => hub.news().await,
            None => std::future::pending().await,
        }
    };
    let looks_up = async {
        match engine.next_lookup() {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = arrives => {}
        () = looks_up => {}
    }
}

/// Looks where events say, and says who caused what; when a full pass is due because of that.
async fn hinted(engine: &mut Engine, publish: &mut impl Publish) -> Instant {
    let far = Instant::now() + engine.settings().event_interval;
    let due = match engine.hint_pass().await {
        Hinted::Nothing => far,
        Hinted::FullPass => Instant::now() + MOVING,
        Hinted::Looked { report, full_pass } => {
            log(&report);
            publish.pass(engine, &report);
            match (full_pass, report.changed()) {
                (true, _) => Instant::now(),
                // What was written is looked at once more by a hint of its own.
                (false, Changed::Yes) => engine.next_retry().map_or(far, |at| at.min(far)),
                (false, Changed::No) => Instant::now() + pause(engine, &report),
            }
        }
    };
    let named = engine.attribute();
    if !named.is_empty() {
        publish.causes(engine, &named);
    }
    due
}

/// How long to wait for the next pass: not at all after a change, shortly while a wait will end by
/// itself, and otherwise until the next retry or the interval.
pub fn pause(engine: &Engine, report: &Report) -> Duration {
    let interval = engine.interval();
    if report.changed() == Changed::Yes {
        return Duration::ZERO;
    }
    if report.will_move() {
        return MOVING.min(interval);
    }
    match engine.next_retry() {
        Some(at) => at.saturating_duration_since(Instant::now()).clamp(DEBOUNCE, interval),
        None => interval,
    }
}

/// Logs the result of a pass.
pub fn log(report: &Report) {
    for problem in report.problems.iter().filter(|_| report.problems_changed) {
        tracing::error!(pass = report.pass, "{problem}");
    }
    if !report.problems.is_empty() && !report.problems_changed {
        let count = report.problems.len();
        tracing::warn!(pass = report.pass, "the directory has the same {count} problems as before");
    }
    for warning in report.warnings.iter().filter(|_| report.warnings_changed) {
        tracing::warn!(pass = report.pass, "{warning}");
    }
    for unknown in &report.plan.unknown {
        tracing::warn!(
            pass = report.pass,
            scope = unknown.scope,
            kind = unknown.kind,
            id = unknown.id.as_ref().map(tracing::field::display),
            "could not be read: {}",
            unknown.why
        );
    }
    for drift in report.new_drifts() {
        let address = &drift.address;
        let what = drift.what.join("; ");
        let by = drift.by.as_ref().map(|by| format!(", {}", by.words())).unwrap_or_default();
        tracing::warn!(pass = report.pass, %address, "drift in {address}: {what}{by}");
    }
    for contest in &report.contests {
        let address = &contest.address;
        let again = |it: &StepResult| it.address == *address && !it.wrote.is_empty();
        if report.results.iter().any(again) {
            let sides = contest.lines().join("; ");
            tracing::warn!(
                pass = report.pass,
                %address,
                "somebody keeps undoing the correction of {address}: {sides}"
            );
        }
    }
    let Phases { reading, observing, planning } = report.phases;
    tracing::debug!(pass = report.pass, ?reading, ?observing, ?planning, "phases of the pass");
    tracing::info!(
        pass = report.pass,
        seconds = report.duration_seconds,
        revision = report.revision.as_deref(),
        "{}",
        crate::plan::render::summary(&report.plan.counts())
    );
}
