//! Metrics, health, and the state of the latest pass, for operations. Read-only.

mod families;
#[cfg(test)]
pub(crate) mod fixture;
pub mod http;
pub mod metrics;
pub mod page;
mod resources;
mod setup;
pub mod socket;
mod view;

use std::{
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

pub use self::{
    metrics::Metrics,
    resources::Resource,
    setup::{Place, Setup},
    view::{EditView, MemoryView, ScopeView, StepView, View},
};
use crate::{
    aws::Brake,
    engine::{Engine, Report, Timeline},
    settings::now,
};

/// Without a finished pass for this long (or ten intervals) the process counts as dead. Every call
/// has a time limit, so that a pass ends even if AWS never answers.
const DEAD_AFTER: Duration = Duration::from_mins(15);

/// The state shared with the HTTP server's thread.
#[derive(Debug, Clone)]
pub struct Status {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    metrics: Metrics,
    memory: RwLock<Memory>,
    /// What can change between two passes.
    live: OnceLock<(Brake, Option<crate::memory::Memory>)>,
    started: Instant,
    dead_after: Duration,
}

/// What is remembered of the passes; all of it can be lost.
#[derive(Debug, Default)]
struct Memory {
    latest: Option<Latest>,
    timeline: Timeline,
    /// The revision in force, and the start of the first pass with it.
    revision: Option<(String, f64)>,
}

#[derive(Debug)]
struct Latest {
    view: View,
    at: Instant,
}

impl Memory {
    fn take(&mut self, setup: Setup, report: &Report) {
        self.timeline.observe(report);
        let same = self.revision.as_ref().map(|(it, _)| it) == report.revision.as_ref();
        if !same {
            self.revision = report.revision.clone().map(|it| (it, report.started_at));
        }
        let since = self.revision.as_ref().map(|(_, since)| *since);
        let view = View::of(report, setup, since, self.timeline.newest_first());
        self.latest = Some(Latest { view, at: Instant::now() });
    }
}

/// One named health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What is wrong; `None` if nothing is.
    pub trouble: Option<String>,
}

impl Status {
    /// The status of a process that has not finished a pass.
    ///
    /// # Errors
    /// Two metrics with the same name: a defect.
    pub fn new(interval: Duration) -> Result<Self, prometheus::Error> {
        Ok(Self {
            shared: Arc::new(Shared {
                metrics: Metrics::new()?,
                memory: RwLock::new(Memory::default()),
                live: OnceLock::new(),
                started: Instant::now(),
                dead_after: DEAD_AFTER.max(interval * 10),
            }),
        })
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// From now on the brake and the memory are shown as they are, not as the latest pass found
    /// them.
    pub fn attach(&self, brake: Brake, memory: Option<crate::memory::Memory>) {
        // There is one of each in a process.
        let _ = self.shared.live.set((brake, memory));
    }

    /// Shows drifts from before the start.
    pub fn recall(&self, timeline: &Timeline) {
        let mut memory = self.shared.memory.write().unwrap_or_else(PoisonError::into_inner);
        memory.timeline.clone_from(timeline);
    }

    /// The metrics in the text format of Prometheus.
    ///
    /// # Errors
    /// A family that cannot be encoded: a defect.
    pub fn exposition(&self) -> Result<String, prometheus::Error> {
        if let Some((brake, memory)) = self.shared.live.get() {
            let troubles = memory.as_ref().map_or(0, |memory| memory.troubles().len());
            self.shared.metrics.observe_now(&brake.halt(), troubles, now());
        }
        self.shared.metrics.text()
    }

    /// Publishes the report of a finished pass.
    pub fn publish(&self, engine: &Engine, report: &Report) {
        self.take(Setup::of(engine), report);
    }

    /// [`Self::publish`] with an explicit setup.
    pub fn take(&self, setup: Setup, report: &Report) {
        self.shared.metrics.observe(&setup, report);
        let mut memory = self.shared.memory.write().unwrap_or_else(PoisonError::into_inner);
        memory.take(setup, report);
    }

    /// The latest pass.
    pub fn view(&self) -> Option<View> {
        let memory = self.shared.memory.read().unwrap_or_else(PoisonError::into_inner);
        let mut view = memory.latest.as_ref().map(|latest| latest.view.clone())?;
        drop(memory);
        if let Some((brake, memory)) = self.shared.live.get() {
            view.halt(&brake.halt());
            view.memory = memory.as_ref().map(MemoryView::of);
        }
        Some(view)
    }

    /// The page at `/`.
    pub fn page(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        page::Page {
            view: self.view().as_ref(),
            calls: &self.shared.metrics.calls(),
            alive: &self.alive(),
            uptime: self.shared.started.elapsed(),
            now: now.as_secs_f64(),
        }
        .render()
    }

    /// Whether the loop is running. Never depends on AWS.
    pub fn alive(&self) -> Vec<Check> {
        let memory = self.shared.memory.read().unwrap_or_else(PoisonError::into_inner);
        let since =
            memory.latest.as_ref().map_or(self.shared.started, |latest| latest.at).elapsed();
        let trouble = (since > self.shared.dead_after)
            .then(|| format!("no pass has finished for {} s", since.as_secs()));
        vec![Check { name: "loop", trouble }]
    }

    /// Whether it does its work: the directory was read, credentials work, and a pass has finished.
    pub fn ready(&self) -> Vec<Check> {
        let Some(view) = self.view() else {
            return vec![Check {
                name: "first-pass",
                trouble: Some("not finished yet".to_owned()),
            }];
        };
        let source = match (&view.revision, view.source_age_seconds, view.problems.len()) {
            (_, None, problems) => Some(format!("never read without problems ({problems} now)")),
            (_, Some(_), 0) => None,
            (_, Some(_), problems) => {
                Some(format!("{problems} problems; the last good snapshot stays in force"))
            }
        };
        let refused: Vec<_> = view
            .scopes
            .iter()
            .filter_map(|scope| Some(format!("{}: {}", scope.name, scope.trouble.as_ref()?)))
            .collect();
        let credentials = (!refused.is_empty()).then(|| refused.join("; "));
        vec![
            Check { name: "first-pass", trouble: None },
            Check { name: "source", trouble: source },
            Check { name: "credentials", trouble: credentials },
        ]
    }
}
