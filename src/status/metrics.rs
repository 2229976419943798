//! The Prometheus families. Label values come from closed sets: kinds, verbs, words of enums, names of
//! AWS operations. Gauges are rebuilt from every report, so that nothing outlives its object.

use std::{collections::BTreeMap, sync::Arc};

use prometheus::{
    Encoder as _, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry, TextEncoder,
};

use crate::{
    aws::{CallOutcome, Meter},
    engine::{Engine, Outcome, Report},
    plan::Verdict,
};

/// All families.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    passes: IntCounterVec,
    duration: HistogramVec,
    resources: IntGaugeVec,
    drift_seen: IntCounterVec,
    drift_corrected: IntCounterVec,
    steps: IntCounterVec,
    held: IntGaugeVec,
    waiting: IntGaugeVec,
    conflicts: IntGaugeVec,
    orphans: IntGaugeVec,
    unknown: IntGaugeVec,
    calls: Calls,
    problems: IntGauge,
    source_good: GaugeVec,
    source_info: IntGaugeVec,
    last_pass: GaugeVec,
}

/// Counts AWS calls as the guard sees them.
#[derive(Debug, Clone)]
struct Calls(IntCounterVec);

impl Meter for Calls {
    fn attempt(&self, service: &str, operation: &str, outcome: CallOutcome) {
        let service = service.to_ascii_lowercase();
        self.0.with_label_values(&[&*service, operation, outcome.as_str()]).inc();
    }
}

/// Passes read the whole world: from tens of milliseconds (simulator) to minutes (throttled accounts).
const PASS_BUCKETS: [f64; 11] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

impl Metrics {
    /// Registers every family.
    ///
    /// # Errors
    /// Two families of one name: a defect.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let family = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(family.clone()))?;
            Ok::<_, prometheus::Error>(family)
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            let family = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(family.clone()))?;
            Ok::<_, prometheus::Error>(family)
        };
        let times = |name: &str, help: &str| {
            let family = GaugeVec::new(Opts::new(name, help), &[])?;
            registry.register(Box::new(family.clone()))?;
            Ok::<_, prometheus::Error>(family)
        };
        let duration = HistogramVec::new(
            HistogramOpts::new("palisade_pass_duration_seconds", "Duration of passes.")
                .buckets(PASS_BUCKETS.to_vec()),
            &[],
        )?;
        registry.register(Box::new(duration.clone()))?;
        let problems = IntGauge::new(
            "palisade_source_problems",
            "Problems of the watched directory at its latest reading; above 0 the last good snapshot stays in force.",
        )?;
        registry.register(Box::new(problems.clone()))?;
        let build = gauge("palisade_build_info", "The running build; always 1.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        let kind = &["kind"][..];
        let metrics = Self {
            passes: counter(
                "palisade_passes_total",
                "Passes by outcome (converged, changed, pending, failed).",
                &["outcome"],
            )?,
            duration,
            resources: gauge(
                "palisade_resources",
                "Manifests by kind and condition.",
                &["kind", "condition"],
            )?,
            drift_seen: counter(
                "palisade_drift_seen_total",
                "Live resources found changed although their manifest was not.",
                kind,
            )?,
            drift_corrected: counter(
                "palisade_drift_corrected_total",
                "Drifted resources that were corrected.",
                kind,
            )?,
            steps: counter(
                "palisade_steps_total",
                "Steps carried out, by kind, verb and outcome.",
                &["kind", "verb", "outcome"],
            )?,
            held: gauge("palisade_held_steps", "Steps that wait for consent.", kind)?,
            waiting: gauge(
                "palisade_waiting_steps",
                "Steps that need something else first.",
                kind,
            )?,
            conflicts: gauge(
                "palisade_conflicts",
                "Manifests whose name or id is somebody else's, or ours twice.",
                kind,
            )?,
            orphans: gauge("palisade_orphans", "Claimed live resources without manifest.", kind)?,
            unknown: gauge(
                "palisade_unknown_kinds",
                "Kinds that could not be read in a scope in the latest pass.",
                kind,
            )?,
            calls: Calls(counter(
                "palisade_aws_calls_total",
                "Attempts of AWS calls.",
                &["service", "operation", "outcome"],
            )?),
            problems,
            source_good: times(
                "palisade_source_good_timestamp_seconds",
                "When the directory was last read without problems.",
            )?,
            source_info: gauge(
                "palisade_source_info",
                "The Git revision in force; always 1.",
                &["revision"],
            )?,
            last_pass: times(
                "palisade_last_pass_timestamp_seconds",
                "When the latest pass began.",
            )?,
            registry,
        };
        for outcome in ["converged", "changed", "pending", "failed"] {
            metrics.passes.with_label_values(&[outcome]).reset();
        }
        Ok(metrics)
    }

    /// The meter to give to the AWS clients.
    pub fn meter(&self) -> Arc<dyn Meter> {
        Arc::new(self.calls.clone())
    }

    /// Takes a finished pass into account.
    pub fn observe(&self, _engine: &Engine, report: &Report) {
        self.passes.with_label_values(&[outcome(report)]).inc();
        self.duration.with_label_values::<&str>(&[]).observe(report.duration_seconds);
        self.last_pass.with_label_values::<&str>(&[]).set(report.started_at);
        self.problems.set(i64::try_from(report.problems.len()).unwrap_or(i64::MAX));
        if let Some(age) = report.source_age_seconds {
            let read = report.started_at + report.duration_seconds - age;
            self.source_good.with_label_values::<&str>(&[]).set(read);
        }
        self.source_info.reset();
        if let Some(revision) = &report.revision {
            self.source_info.with_label_values(&[revision]).set(1);
        }
        self.count_drift(report);
        self.count_gauges(report);
        for result in &report.results {
            let labels = [result.address.kind.as_str(), result.verb, result.outcome.as_str()];
            self.steps.with_label_values(&labels).inc();
        }
    }

    fn count_drift(&self, report: &Report) {
        for kind in report.manifests.iter().map(|address| &address.kind) {
            // At 0 from the start, so that the first drift is an increase.
            self.drift_seen.with_label_values(&[kind]);
            self.drift_corrected.with_label_values(&[kind]);
        }
        for step in report.drift() {
            self.drift_seen.with_label_values(&[&step.address.kind]).inc();
        }
        for result in &report.results {
            if result.cause == "drift" && matches!(result.outcome, Outcome::Done { .. }) {
                self.drift_corrected.with_label_values(&[&result.address.kind]).inc();
            }
        }
    }

    fn count_gauges(&self, report: &Report) {
        let plan = &report.plan;
        let conditions = report.manifests.iter().map(|a| [a.kind.as_str(), report.condition(a)]);
        fill(&self.resources, conditions);
        let steps = |fits: fn(&Verdict) -> bool| {
            plan.steps.iter().filter(move |s| fits(&s.verdict)).map(|s| [s.address.kind.as_str()])
        };
        fill(&self.held, steps(|verdict| matches!(verdict, Verdict::Held(_))));
        fill(&self.waiting, steps(|verdict| matches!(verdict, Verdict::Waiting(_))));
        fill(&self.conflicts, plan.conflicts.iter().map(|c| [c.address.kind.as_str()]));
        fill(&self.orphans, plan.orphans.iter().map(|orphan| [orphan.address.kind.as_str()]));
        fill(&self.unknown, plan.unknown.iter().map(|unknown| [unknown.kind.as_str()]));
    }

    /// The exposition, in the text format 0.0.4.
    ///
    /// # Errors
    /// A family that cannot be written: a defect.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        let mut out = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}

fn fill<'a, const N: usize>(gauge: &IntGaugeVec, labels: impl Iterator<Item = [&'a str; N]>) {
    let mut counts: BTreeMap<[&str; N], i64> = BTreeMap::new();
    for labels in labels {
        *counts.entry(labels).or_default() += 1;
    }
    gauge.reset();
    for (labels, count) in counts {
        gauge.with_label_values(&labels).set(count);
    }
}

fn outcome(report: &Report) -> &'static str {
    if report.failures().next().is_some()
        || !report.problems.is_empty()
        || !report.plan.unknown.is_empty()
    {
        "failed"
    } else if !report.results.is_empty() {
        "changed"
    } else if report.is_converged() {
        "converged"
    } else {
        "pending"
    }
}
