//! Metrics, health, and the state of the latest pass, for operations. Read-only.

mod admission;
mod bodies;
mod connections;
mod delivery;
mod families;
#[cfg(test)]
pub(crate) mod fixture;
pub mod http;
mod identity;
mod lease_metrics;
pub mod metrics;
pub mod page;
mod reading;
mod setup;
mod shelf;
pub mod socket;
mod view;

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bodies::Body;
use bytes::Bytes;

pub use self::{
    admission::Admission,
    identity::Identities,
    metrics::{Delivery, Metrics},
    setup::{Place, Setup},
    shelf::{Resource, Shelf},
    view::{EditView, MemoryView, ScopeView, StepView, View},
};
use crate::{
    aws::Brake,
    engine::{Drift, Engine, Report, Timeline},
    events::Hub,
    lease::{Leases, LeasesView},
    model::Halt,
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
    /// The events of all queues, if there are queues.
    hub: OnceLock<Hub>,
    /// When the latest pass ended. Liveness asks for nothing else, so that it never waits for a
    /// large pass that is being published.
    finished: Mutex<Option<Instant>>,
    json: Body<Version>,
    page: Body<(Version, PageTime)>,
    started: Instant,
    dead_after: Duration,
}

/// What the bodies show: the same version gives the same body.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    passes: u64,
    causes: u64,
    halt: Option<Halt>,
    memory: Option<MemoryView>,
    leases: Option<LeasesView>,
}

/// The page says how long ago things happened, to the second.
#[derive(Debug, PartialEq, Eq)]
struct PageTime {
    second: u64,
    alive: Vec<Check>,
}

/// What is remembered of the passes; all of it can be lost.
#[derive(Debug, Default)]
struct Memory {
    latest: Option<Arc<View>>,
    /// How many passes were taken.
    passes: u64,
    timeline: Timeline,
    /// How many times something became known of who caused what.
    causes: u64,
    /// The revision in force, and the start of the first pass with it.
    revision: Option<(String, f64)>,
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
        self.latest = Some(Arc::new(view));
        self.passes += 1;
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

impl Version {
    fn applied_to(&self, view: &View) -> View {
        let mut view = view.clone();
        if let Some(halt) = &self.halt {
            view.halt(halt);
            view.memory.clone_from(&self.memory);
            view.leases.clone_from(&self.leases);
        }
        view
    }
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
                hub: OnceLock::new(),
                finished: Mutex::new(None),
                json: Body::default(),
                page: Body::default(),
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
            if let Some(leases) = brake.leases() {
                self.shared.metrics.observe_leases(leases);
            }
        }
        if let Some(hub) = self.shared.hub.get() {
            self.shared.metrics.observe_events(hub);
        }
        self.shared.metrics.text()
    }

    /// Counts the events of these queues.
    pub fn listen(&self, hub: Hub) {
        // There is one in a process.
        let _ = self.shared.hub.set(hub);
    }

    /// Shows who caused these drifts, as this timeline says.
    pub fn attribute(&self, timeline: &Timeline, drifts: &[Drift]) {
        self.shared.metrics.count_causes(drifts);
        let mut memory = self.shared.memory.write().unwrap_or_else(PoisonError::into_inner);
        memory.timeline.clone_from(timeline);
        let drift = timeline.newest_first();
        memory.latest = memory.latest.take().map(|view| {
            let view = View { drift, ..View::clone(&view) };
            Arc::new(view)
        });
        memory.causes += 1;
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
        drop(memory);
        *self.shared.finished.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// The latest pass as it was published, and what the bodies made now would show.
    fn latest(&self) -> (Version, Option<Arc<View>>) {
        let memory = self.shared.memory.read().unwrap_or_else(PoisonError::into_inner);
        let (passes, causes) = (memory.passes, memory.causes);
        let view = memory.latest.clone();
        drop(memory);
        let live = self.shared.live.get();
        let version = Version {
            passes,
            causes,
            halt: live.map(|(brake, _)| brake.halt()),
            memory: live.and_then(|(_, memory)| memory.as_ref().map(MemoryView::of)),
            leases: live.and_then(|(brake, _)| brake.leases().map(Leases::view)),
        };
        (version, view)
    }

    /// The latest pass, with the brake and the memory as they are now.
    pub fn view(&self) -> Option<View> {
        let (version, view) = self.latest();
        Some(version.applied_to(&*view?))
    }

    /// [`Self::view`] as JSON. It is made once for each pass and may take a while: not for a thread
    /// that must answer at once.
    pub fn json(&self) -> Option<Bytes> {
        let (version, view) = self.latest();
        let view = view?;
        Some(self.shared.json.of(version.clone(), || {
            let text = serde_json::to_vec(&version.applied_to(&view));
            Bytes::from(text.unwrap_or_default())
        }))
    }

    /// The page at `/`. Made at most once a second.
    pub fn page(&self) -> Bytes {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (version, view) = self.latest();
        let time = PageTime { second: now.as_secs(), alive: self.alive() };
        self.shared.page.of((version.clone(), time), || {
            let view = view.map(|view| version.applied_to(&view));
            let page = page::Page {
                view: view.as_ref(),
                calls: &self.shared.metrics.calls(),
                alive: &self.alive(),
                uptime: self.shared.started.elapsed(),
                now: now.as_secs_f64(),
            };
            Bytes::from(page.render())
        })
    }

    /// Whether the loop is running. Never depends on AWS.
    pub fn alive(&self) -> Vec<Check> {
        let finished = *self.shared.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let since = finished.unwrap_or(self.shared.started).elapsed();
        let trouble = (since > self.shared.dead_after)
            .then(|| format!("no pass has finished for {} s", since.as_secs()));
        vec![Check { name: "loop", trouble }]
    }

    /// Whether it does its work: the directory was read, credentials work, and a pass has finished.
    pub fn ready(&self) -> Vec<Check> {
        let (_, Some(view)) = self.latest() else {
            return vec![Check {
                name: "first-pass",
                trouble: Some("not finished yet".to_owned()),
            }];
        };
        let source = match (&view.revision, view.source_age_seconds, view.problems.len()) {
            (_, None, problems) => {
                let last = view.setup.accepted_last();
                Some(format!("never read without problems ({problems} now){last}"))
            }
            (_, Some(_), 0) => None,
            (_, Some(_), problems) => {
                Some(format!("{problems} problems; what was last good there stays in force"))
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
