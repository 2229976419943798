//! Progress bars, on a terminal only.

use std::{
    io::{self, IsTerminal as _},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::{
    engine::{StepResult, Watcher},
    import,
    plan::{self, Plan},
};

/// How often the elapsed time moves while AWS works.
const TICK: Duration = Duration::from_millis(200);

/// A bar on a terminal, and nothing elsewhere.
fn bar(style: &str) -> ProgressBar {
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}

/// What an import has read.
pub(super) struct Reading(ProgressBar);

impl Reading {
    pub(super) fn new() -> Self {
        Self(bar("{elapsed_precise} [{bar:40}] {pos}/{len} {msg}"))
    }

    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}

impl import::Progress for Reading {
    fn begin(&self, all: usize) {
        self.0.set_length(u64::try_from(all).unwrap_or(u64::MAX));
    }

    fn step(&self, scope: &str, kind: &str) {
        self.0.set_message(format!("{scope}/{kind}"));
        self.0.inc(1);
    }
}

/// What passes carry out: how many steps have ended, and the last of them.
#[derive(Debug)]
pub(super) struct Applying {
    bar: ProgressBar,
    ended: AtomicU64,
    /// Whether every plan is printed before it is carried out.
    announces: bool,
}

impl Applying {
    pub(super) fn new(announces: bool) -> Self {
        let bar = bar("{spinner} {pos}/{len} steps, {elapsed} in this pass  {wide_msg}");
        Self { bar, ended: AtomicU64::new(0), announces }
    }

    /// A pass begins.
    pub(super) fn show(&self) {
        self.bar.reset();
        self.bar.set_position(self.ended.load(Ordering::Relaxed));
        self.bar.set_message(LOOKING);
        // A thread of its own draws, which a bar that nobody sees does not need.
        if !self.bar.is_hidden() {
            self.bar.enable_steady_tick(TICK);
        }
    }

    /// Takes the bar away: something is going to be printed, or asked.
    pub(super) fn hide(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
    }
}

const LOOKING: &str = "looking at AWS";

impl Watcher for Applying {
    fn begin(&self, plan: &Plan) {
        let steps: Vec<_> = plan.go().cloned().collect();
        self.bar.inc_length(u64::try_from(steps.len()).unwrap_or_default());
        let next = Plan { steps, ..Plan::default() };
        if self.announces && next.has_changes() {
            // A failure to print stops nothing.
            let show = || output::print(&format!("{}\n", plan::render::text(&next)));
            let _ = self.bar.suspend(show);
        }
    }

    fn end(&self, result: &StepResult) {
        self.bar.set_message(format!("{} {}", result.verb, result.address));
        self.bar.set_position(1 + self.ended.fetch_add(1, Ordering::Relaxed));
    }
}
