//! What operations see: metrics, health, and the state of the latest pass. Read-only.

pub mod http;
pub mod metrics;
mod view;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

pub use self::{metrics::Metrics, view::View};
use crate::engine::{Engine, Report};

/// Without a finished pass for this long (or ten intervals) the process counts as dead. Every call has a
/// time-out, so that a pass ends even if AWS never answers.
const DEAD_AFTER: Duration = Duration::from_mins(15);

/// The state shared with the HTTP server's thread.
#[derive(Debug, Clone)]
pub struct Status {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    metrics: Metrics,
    latest: RwLock<Option<Latest>>,
    started: Instant,
    dead_after: Duration,
}

#[derive(Debug)]
struct Latest {
    view: View,
    at: Instant,
}

/// One named condition of health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What is wrong; `None` if nothing is.
    pub trouble: Option<String>,
}

impl Status {
    /// The status of a process that has not made a pass.
    ///
    /// # Errors
    /// Two metrics of one name: a defect.
    pub fn new(interval: Duration) -> Result<Self, prometheus::Error> {
        Ok(Self {
            shared: Arc::new(Shared {
                metrics: Metrics::new()?,
                latest: RwLock::new(None),
                started: Instant::now(),
                dead_after: DEAD_AFTER.max(interval * 10),
            }),
        })
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// Takes over the report of a finished pass.
    pub fn publish(&self, engine: &Engine, report: &Report) {
        self.shared.metrics.observe(engine, report);
        let latest = Latest { view: View::of(report), at: Instant::now() };
        *self.shared.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(latest);
    }

    /// The latest pass.
    pub fn view(&self) -> Option<View> {
        let latest = self.shared.latest.read().unwrap_or_else(PoisonError::into_inner);
        latest.as_ref().map(|latest| latest.view.clone())
    }

    /// Whether the loop still turns. Never depends on AWS.
    pub fn alive(&self) -> Vec<Check> {
        let latest = self.shared.latest.read().unwrap_or_else(PoisonError::into_inner);
        let since = latest.as_ref().map_or(self.shared.started, |latest| latest.at).elapsed();
        let trouble = (since > self.shared.dead_after)
            .then(|| format!("no pass was finished for {} s", since.as_secs()));
        vec![Check { name: "loop", trouble }]
    }

    /// Whether it does its work: a good source, credentials, a first pass.
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
