//! The Prometheus metrics. Gauges are rebuilt from every report, so that no series outlives its
//! object.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use prometheus::{
    Encoder as _, GaugeVec, HistogramVec, IntCounterVec, Registry, TextEncoder,
    core::Collector as _,
};

use super::{
    Setup,
    families::{DRIFT_SECONDS, Registered},
};
pub use super::{
    delivery::Delivery,
    families::{FAMILIES, Family, FamilyKind},
};
use crate::{
    aws::{CallOutcome, Meter},
    engine::{Drift, Report},
    events::{self, Health, Hub},
    kinds,
    model::{Address, Halt, Means, Stop},
    plan::{Step, Verdict},
};

/// All families.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    kinds: Arc<BTreeSet<&'static str>>,
    passes: IntCounterVec,
    duration: HistogramVec,
    resources: GaugeVec,
    drift_seen: IntCounterVec,
    drift_corrected: IntCounterVec,
    drift_open: GaugeVec,
    drift_seconds: HistogramVec,
    timed: Arc<Mutex<BTreeSet<u64>>>,
    shown: Arc<RwLock<BTreeSet<String>>>,
    drift_attributed: IntCounterVec,
    events: IntCounterVec,
    events_missing: IntCounterVec,
    events_arrive: GaugeVec,
    steps: IntCounterVec,
    frozen: GaugeVec,
    contested: GaugeVec,
    held: GaugeVec,
    waiting: GaugeVec,
    conflicts: GaugeVec,
    orphans: GaugeVec,
    unknown: GaugeVec,
    unread: GaugeVec,
    rollouts: GaugeVec,
    brake: GaugeVec,
    memory: GaugeVec,
    pub(super) leases: super::lease_metrics::LeaseMetrics,
    notifications: IntCounterVec,
    pauses: GaugeVec,
    live_findings: GaugeVec,
    pending_deletion: GaugeVec,
    scopes: GaugeVec,
    calls: Calls,
    problems: GaugeVec,
    source_good: GaugeVec,
    source_info: GaugeVec,
    last_pass: GaugeVec,
    writing: GaugeVec,
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

/// The attempts of one operation of one service, by outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallCount {
    /// The service, in lower case.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// Attempts by outcome (`ok`, `throttled`, `error`, `no_answer`), since the process started.
    pub attempts: BTreeMap<String, u64>,
}

impl Metrics {
    /// Registers every family.
    ///
    /// # Errors
    /// Two families with the same name, or one that is never set: a defect.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let mut families = Registered::with(&registry)?;
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        let build = families.gauge("palisade_build_info")?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        let metrics = Self {
            kinds: Arc::new(kinds::registry().names().into_iter().collect()),
            passes: families.counter("palisade_passes_total")?,
            duration: families.histogram("palisade_pass_duration_seconds")?,
            resources: families.gauge("palisade_resources")?,
            drift_seen: families.counter("palisade_drift_seen_total")?,
            drift_attributed: families.counter("palisade_drift_attributed_total")?,
            events: families.counter("palisade_events_total")?,
            events_missing: families.counter("palisade_own_events_missing_total")?,
            events_arrive: families.gauge("palisade_events_arrive")?,
            drift_corrected: families.counter("palisade_drift_corrected_total")?,
            drift_open: families.gauge("palisade_drift_open")?,
            drift_seconds: families.histogram(DRIFT_SECONDS)?,
            timed: Arc::default(),
            shown: Arc::default(),
            steps: families.counter("palisade_steps_total")?,
            frozen: families.gauge("palisade_frozen_manifests")?,
            contested: families.gauge("palisade_contested_manifests")?,
            held: families.gauge("palisade_held_steps")?,
            waiting: families.gauge("palisade_waiting_steps")?,
            conflicts: families.gauge("palisade_conflicts")?,
            orphans: families.gauge("palisade_orphans")?,
            unknown: families.gauge("palisade_unknown_kinds")?,
            brake: families.gauge("palisade_brake_engaged_timestamp_seconds")?,
            memory: families.gauge("palisade_memory_troubles")?,
            leases: super::lease_metrics::LeaseMetrics::of(&mut families)?,
            notifications: families.counter("palisade_notifications_total")?,
            pauses: families.gauge("palisade_pauses")?,
            unread: families.gauge("palisade_unread_resources")?,
            rollouts: families.gauge("palisade_rollout_scopes")?,
            live_findings: families.gauge("palisade_live_findings")?,
            pending_deletion: families.gauge("palisade_pending_deletion")?,
            scopes: families.gauge("palisade_scopes")?,
            calls: Calls(families.counter("palisade_aws_calls_total")?),
            problems: families.gauge("palisade_source_problems")?,
            source_good: families.gauge("palisade_source_good_timestamp_seconds")?,
            source_info: families.gauge("palisade_source_info")?,
            last_pass: families.gauge("palisade_last_pass_timestamp_seconds")?,
            writing: families.gauge("palisade_writing")?,
            registry,
        };
        families.finish()?;
        set(&metrics.memory, 0.0);
        metrics.show_brake(None, 0);
        for outcome in ["converged", "changed", "pending", "failed"] {
            metrics.passes.with_label_values(&[outcome]).reset();
        }
        Ok(metrics)
    }

    /// The meter for the AWS clients.
    pub fn meter(&self) -> Arc<dyn Meter> {
        Arc::new(self.calls.clone())
    }

    /// Counts what came of messages to a target.
    pub fn notified(&self, target: &str, delivery: Delivery, count: u64) {
        self.notifications.with_label_values(&[target, delivery.as_str()]).inc_by(count);
    }

    /// Takes a finished pass into account.
    pub fn observe(&self, setup: &Setup, report: &Report) {
        self.passes.with_label_values(&[outcome(report)]).inc();
        self.duration.with_label_values::<&str>(&[]).observe(report.duration_seconds);
        set(&self.last_pass, report.started_at);
        set(&self.problems, number(report.problems.len()));
        set(&self.writing, if setup.writing { 1.0 } else { 0.0 });
        if let Some(age) = report.source_age_seconds {
            set(&self.source_good, report.started_at + report.duration_seconds - age);
        }
        self.source_info.reset();
        if let Some(revision) = &report.revision {
            self.source_info.with_label_values(&[revision]).set(1.0);
        }
        self.choose_scopes(report);
        self.count_drift(report);
        self.count_gauges(report);
        for result in &report.results {
            let [scope, kind] = self.place_of(&result.address);
            let labels = [scope, kind, result.verb, result.outcome.as_str()];
            self.steps.with_label_values(&labels).inc();
        }
    }

    /// Shows what can change between two passes; `now` is in seconds since the epoch.
    pub fn observe_now(&self, halt: &Halt, memory_troubles: usize, now: u64) {
        if halt.everything().is_some() {
            set(&self.writing, 0.0);
        }
        set(&self.memory, number(memory_troubles));
        fill(&self.pauses, halt.pauses.iter().map(|pause| [pause.extent.as_str()]));
        self.show_brake(halt.stop.as_ref(), now);
    }

    fn show_brake(&self, stop: Option<&Stop>, now: u64) {
        let engaged = match stop {
            Some(Stop::Engaged(engaged)) => Some((engaged.means.as_str(), engaged.since)),
            Some(Stop::BrakeFile { .. }) => Some((BRAKE_FILE, now)),
            _ => None,
        };
        let means = [Means::Signal, Means::Socket, Means::Remote, Means::Memory];
        let means = means.map(Means::as_str);
        for means in means.into_iter().chain([BRAKE_FILE]) {
            let gauge = self.brake.with_label_values(&[means]);
            match engaged.filter(|(engaged, _)| *engaged == means) {
                None => gauge.set(0.0),
                // The file does not say since when it stops everything: since it was noticed.
                Some(_) if means == BRAKE_FILE && gauge.get() > 0.0 => {}
                Some((_, since)) => gauge.set(Duration::from_secs(since).as_secs_f64()),
            }
        }
    }

    /// The kind as a label value. The kind in an orphan's address comes from a tag, which can
    /// contain anything.
    fn kind<'a>(&self, kind: &'a str) -> &'a str {
        if self.kinds.contains(kind) { kind } else { OTHER }
    }

    /// Chooses the scopes that have series of their own: those with the most manifests. Who has
    /// them keeps them, so that no counter goes back.
    fn choose_scopes(&self, report: &Report) {
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        for scope in report.scopes.keys() {
            sizes.entry(scope).or_default();
        }
        for address in &report.manifests {
            *sizes.entry(&address.scope).or_default() += 1;
        }
        let mut sizes: Vec<_> = sizes.into_iter().collect();
        sizes.sort_by_key(|(scope, size)| (std::cmp::Reverse(*size), *scope));
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        for (scope, _) in sizes {
            if shown.len() >= MOST_SCOPES {
                break;
            }
            shown.insert(scope.to_owned());
        }
    }

    /// The scope as a label value.
    pub(super) fn scope<'a>(&self, scope: &'a str) -> &'a str {
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        if shown.contains(scope) || shown.len() < MOST_SCOPES { scope } else { OTHER }
    }

    /// Counts how long a drift lasted since the change, once that and its end are known.
    fn time(&self, drift: &Drift) {
        let (Some(by), Some(ended), true) =
            (&drift.by, drift.ended_at, drift.state.is_in_order_again())
        else {
            return;
        };
        let mut timed = self.timed.lock().unwrap_or_else(PoisonError::into_inner);
        if timed.insert(drift.number) {
            // Clocks differ; a time below zero would be none.
            let seconds = (ended - by.at).max(0.0);
            self.drift_seconds
                .with_label_values(&[self.scope(&drift.address.scope)])
                .observe(seconds);
        }
        // Causes become known within minutes.
        while timed.len() > MOST_TIMED {
            timed.pop_first();
        }
    }

    fn count_drift(&self, report: &Report) {
        for address in &report.manifests {
            // At 0 from the start, so that the first drift is an increase.
            let place = self.place_of(address);
            self.drift_seen.with_label_values(&place);
            self.drift_corrected.with_label_values(&place);
            self.drift_seconds.with_label_values(&place[..1]);
        }
        for drift in report.new_drifts() {
            self.drift_seen.with_label_values(&self.place_of(&drift.address)).inc();
        }
        let named: Vec<Drift> = report.new_drifts().cloned().collect();
        self.count_causes(&named);
        for drift in report.drifts.iter().filter(|drift| drift.state.is_in_order_again()) {
            self.drift_corrected.with_label_values(&self.place_of(&drift.address)).inc();
            self.time(drift);
        }
        let open = report.open_drifts();
        fill(&self.drift_open, open.map(|drift| self.place_of(&drift.address)));
    }

    /// Counts drifts of which it became known, or surer, who caused them.
    pub fn count_causes(&self, drifts: &[Drift]) {
        for drift in drifts {
            let Some(by) = &drift.by else { continue };
            let [scope, kind] = self.place_of(&drift.address);
            let labels = [scope, kind, by.confidence.as_str(), by.who.sort.as_str()];
            self.drift_attributed.with_label_values(&labels).inc();
            self.time(drift);
        }
    }

    /// Takes over the counts of events.
    pub fn observe_events(&self, hub: &Hub) {
        for scope in hub.scopes() {
            for outcome in events::Outcome::ALL {
                self.events.with_label_values(&[scope.as_str(), outcome.as_str()]);
            }
        }
        for ((scope, outcome), count) in hub.counts() {
            let counter = self.events.with_label_values(&[scope.as_str(), outcome.as_str()]);
            counter.inc_by(count.saturating_sub(counter.get()));
        }
        for (scope, count) in hub.missing() {
            let counter = self.events_missing.with_label_values(&[scope.as_str()]);
            counter.inc_by(count.saturating_sub(counter.get()));
        }
        // Of a scope that has left its set nothing is known any more.
        self.events_arrive.reset();
        for (scope, health) in hub.health(tokio::time::Instant::now()) {
            let arrive = if health == Health::Healthy { 1.0 } else { 0.0 };
            self.events_arrive.with_label_values(&[scope.as_str()]).set(arrive);
        }
    }

    fn place<'a>(&self, step: &'a Step) -> [&'a str; 2] {
        self.place_of(&step.address)
    }

    fn place_of<'a>(&self, address: &'a Address) -> [&'a str; 2] {
        [self.scope(&address.scope), self.kind(&address.kind)]
    }

    fn count_gauges(&self, report: &Report) {
        let plan = &report.plan;
        let conditions = report.conditions().into_iter();
        let conditions = conditions.map(|(a, is)| [self.scope(&a.scope), self.kind(&a.kind), is]);
        fill(&self.resources, conditions);
        let steps = |fits: fn(&Verdict) -> bool| {
            plan.steps.iter().filter(move |s| fits(&s.verdict)).map(|step| self.place(step))
        };
        fill(&self.frozen, plan.frozen.iter().map(|a| self.place_of(a)));
        fill(&self.contested, plan.contested.keys().map(|a| self.place_of(a)));
        fill(&self.held, steps(|verdict| matches!(verdict, Verdict::Held(_))));
        fill(&self.waiting, steps(|verdict| matches!(verdict, Verdict::Waiting(_))));
        let conflicts = plan.conflicts.iter().map(|conflict| &conflict.address);
        fill(&self.conflicts, conflicts.map(|a| self.place_of(a)));
        // The scope where it was observed, not the one in its tag: that one need not exist.
        let orphans = plan.orphans.iter();
        let orphans = orphans.map(|o| [self.scope(&o.scope), self.kind(&o.address.kind)]);
        fill(&self.orphans, orphans);
        let (single, whole): (Vec<_>, Vec<_>) = plan.unknown.iter().partition(|u| u.id.is_some());
        fill(&self.unknown, whole.iter().map(|u| [self.scope(&u.scope), self.kind(&u.kind)]));
        fill(&self.pauses, plan.pauses.iter().map(|pause| [pause.extent.as_str()]));
        fill(&self.unread, single.iter().map(|u| [self.scope(&u.scope), self.kind(&u.kind)]));
        self.rollouts.reset();
        for rollout in &plan.rollouts {
            let (behind, failing) = (rollout.behind.len(), rollout.failing.len());
            for (condition, count) in
                [("reached", rollout.reached), ("behind", behind), ("failing", failing)]
            {
                let labels = [rollout.set.as_str(), condition];
                self.rollouts.with_label_values(&labels).set(number(count));
            }
        }
        let leaving = report.pending_deletions.iter();
        let leaving = leaving.map(|l| [self.scope(&l.scope), self.kind(&l.kind), l.asked()]);
        fill(&self.pending_deletion, leaving);
        let findings = report.audited.findings.iter();
        fill(&self.live_findings, findings.map(|it| [self.scope(&it.scope), it.severity.as_str()]));
        self.scopes.reset();
        let usable = report.scopes.values().filter(|caller| caller.is_ok()).count();
        for (condition, count) in
            [("usable", usable), ("refused", report.scopes.len().saturating_sub(usable))]
        {
            self.scopes.with_label_values(&[condition]).set(number(count));
        }
    }

    /// The exposition, in the text format 0.0.4.
    ///
    /// # Errors
    /// A family that cannot be encoded: a defect.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        let mut out = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    /// The AWS calls since the process started, by service and operation.
    pub fn calls(&self) -> Vec<CallCount> {
        let mut counts: BTreeMap<(String, String), BTreeMap<String, u64>> = BTreeMap::new();
        for family in self.calls.0.collect() {
            for metric in family.get_metric() {
                let label = |name: &str| {
                    let pair = metric.get_label().iter().find(|pair| pair.name() == name);
                    pair.map(|pair| pair.value().to_owned()).unwrap_or_default()
                };
                let [service, operation, outcome] = ["service", "operation", "outcome"].map(label);
                let count = self.calls.0.with_label_values(&[&service, &operation, &outcome]).get();
                counts.entry((service, operation)).or_default().insert(outcome, count);
            }
        }
        counts
            .into_iter()
            .map(|((service, operation), attempts)| CallCount { service, operation, attempts })
            .collect()
    }
}

/// Stands for kinds and scopes that have no series of their own.
const OTHER: &str = "other";
/// The most scopes with series of their own: with fifty kinds each, some ten thousand series a
/// family, which is what a Prometheus for one program should take.
const MOST_SCOPES: usize = 200;
/// The most drifts that are remembered because their time was counted.
const MOST_TIMED: usize = 1_000;
/// The brake file as a means of engaging the brake.
const BRAKE_FILE: &str = "file";

/// A count as a gauge's value.
fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

fn set(gauge: &GaugeVec, value: f64) {
    gauge.with_label_values::<&str>(&[]).set(value);
}

fn fill<'a, const N: usize>(gauge: &GaugeVec, labels: impl Iterator<Item = [&'a str; N]>) {
    let mut counts: BTreeMap<[&str; N], f64> = BTreeMap::new();
    for labels in labels {
        *counts.entry(labels).or_default() += 1.0;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::DriftState,
        events::{By, Catalogue, Own, Place},
        model::Engaged,
        status::fixture,
    };

    fn observed(report: &Report) -> (Metrics, String) {
        let metrics = Metrics::new().unwrap();
        metrics.observe(&fixture::setup(), report);
        metrics.meter().attempt("EC2", "DescribeVpcs", CallOutcome::Throttled);
        metrics.notified("on-call", Delivery::Sent, 1);
        let text = metrics.text().unwrap();
        (metrics, text)
    }

    fn has(text: &str, sample: &str) {
        assert!(text.lines().any(|line| line == sample), "{sample} is not in\n{text}");
    }

    #[test]
    fn a_pass_with_one_of_everything_is_counted_by_scope_and_kind() {
        let (_, text) = observed(&fixture::report());
        for sample in [
            "palisade_passes_total{outcome=\"failed\"} 1",
            "palisade_passes_total{outcome=\"converged\"} 0",
            "palisade_frozen_manifests{kind=\"SecurityGroup\",scope=\"ml-prod\"} 1",
            "palisade_held_steps{kind=\"KmsKey\",scope=\"ml-prod\"} 1",
            "palisade_waiting_steps{kind=\"SageMakerDomain\",scope=\"ml-dev\"} 1",
            "palisade_conflicts{kind=\"ServiceControlPolicy\",scope=\"org\"} 1",
            "palisade_orphans{kind=\"SecurityGroup\",scope=\"ml-prod\"} 1",
            "palisade_unknown_kinds{kind=\"ServiceControlPolicy\",scope=\"org\"} 1",
            "palisade_pauses{extent=\"scope\"} 1",
            "palisade_unread_resources{kind=\"KmsKey\",scope=\"ml-prod\"} 1",
            "palisade_pending_deletion{asked=\"false\",kind=\"KmsKey\",scope=\"ml-prod\"} 1",
            "palisade_drift_seen_total{kind=\"SecurityGroup\",scope=\"ml-prod\"} 1",
            "palisade_drift_corrected_total{kind=\"SecurityGroup\",scope=\"ml-prod\"} 1",
            "palisade_drift_corrected_total{kind=\"KmsKey\",scope=\"ml-prod\"} 0",
            "palisade_drift_open{kind=\"KmsKey\",scope=\"ml-prod\"} 1",
            "palisade_resources{condition=\"failed\",kind=\"SecurityGroup\",scope=\"ml-prod\"} 1",
            "palisade_steps_total{kind=\"SecurityGroup\",outcome=\"failed\",scope=\"ml-prod\",verb=\"edit\"} 1",
            "palisade_scopes{condition=\"refused\"} 1",
            "palisade_scopes{condition=\"usable\"} 2",
            "palisade_source_problems 1",
            "palisade_writing 1",
            "palisade_aws_calls_total{operation=\"DescribeVpcs\",outcome=\"throttled\",service=\"ec2\"} 1",
        ] {
            has(&text, sample);
        }
        assert!(!text.contains("palisade_drift_open{kind=\"SecurityGroup\""), "it was corrected");
    }

    #[test]
    fn every_family_is_exported_with_its_help_and_type() {
        let (metrics, _) = observed(&fixture::report());
        let place = Place { account: "111122223333".into(), region: "eu-west-1".into() };
        let places = [("ml-prod".to_owned(), place)].into();
        metrics.observe_events(&Hub::new(Catalogue::default(), Own::default(), places));
        metrics.observe_leases(&crate::lease::tests::holding(&["ml-prod"]).0);
        let text = metrics.text().unwrap();
        has(&text, "palisade_events_total{outcome=\"used\",scope=\"ml-prod\"} 0");
        has(&text, "palisade_events_arrive{scope=\"ml-prod\"} 0");
        for Family { name, kind, help, .. } in FAMILIES {
            has(&text, &format!("# HELP {name} {help}"));
            has(&text, &format!("# TYPE {name} {}", kind.as_str()));
        }
    }

    #[test]
    fn the_brake_says_since_when_and_how_and_never_why() {
        let (metrics, _) = observed(&fixture::report());
        let engaged = Engaged {
            means: Means::Signal,
            by: "SIGUSR1".into(),
            reason: "the reason".into(),
            since: 1_795_168_000,
        };
        let shown = |stop: Option<Stop>, now| {
            metrics.observe_now(&Halt { stop, ..Halt::default() }, 2, now);
            metrics.text().unwrap()
        };
        let text = shown(Some(Stop::Engaged(engaged)), 1_795_169_000);
        has(&text, "palisade_brake_engaged_timestamp_seconds{means=\"signal\"} 1795168000");
        has(&text, "palisade_brake_engaged_timestamp_seconds{means=\"file\"} 0");
        has(&text, "palisade_writing 0");
        has(&text, "palisade_memory_troubles 2");
        assert!(!text.contains("the reason"), "{text}");
        let file = Stop::BrakeFile { path: "f".into(), why: "exists".into() };
        shown(Some(file.clone()), 1_795_169_000);
        let text = shown(Some(file), 1_795_170_000);
        has(&text, "palisade_brake_engaged_timestamp_seconds{means=\"signal\"} 0");
        has(&text, "palisade_brake_engaged_timestamp_seconds{means=\"file\"} 1795169000");
        has(&shown(None, 1), "palisade_brake_engaged_timestamp_seconds{means=\"file\"} 0");
    }

    #[test]
    fn no_gauge_outlives_its_object() {
        let (metrics, _) = observed(&fixture::report());
        metrics.observe(&fixture::setup(), &fixture::quiet());
        let text = metrics.text().unwrap();
        for gone in [
            "palisade_held_steps{",
            "palisade_conflicts{",
            "palisade_drift_open{",
            "condition=\"failed\"",
        ] {
            assert!(!text.contains(gone), "{gone}");
        }
        has(&text, "palisade_source_problems 0");
        has(&text, "palisade_scopes{condition=\"refused\"} 0");
    }

    #[test]
    fn what_stands_in_a_tag_of_a_live_resource_never_becomes_a_label() {
        let mut report = fixture::report();
        let planted = Address::new("planted-scope", "PlantedKind", "x");
        report.plan.orphans[0].address = planted;
        let (_, text) = observed(&report);
        has(&text, "palisade_orphans{kind=\"other\",scope=\"ml-prod\"} 1");
        assert!(!text.to_lowercase().contains("planted"));
    }

    #[test]
    fn scopes_without_series_of_their_own_are_counted_together() {
        let mut report = fixture::quiet();
        let large = Address::new("zz-large", "KmsKey", "a");
        report.manifests = (0..300)
            .map(|number| Address::new(format!("s{number:03}"), "KmsKey", "a"))
            .chain([large.clone(), Address { name: "b".into(), ..large }])
            .collect();
        let (metrics, text) = observed(&report);
        let series = |text: &str| {
            let of = |line: &&str| line.starts_with("palisade_drift_seen_total{");
            text.lines().filter(of).map(str::to_owned).collect::<BTreeSet<_>>()
        };
        assert_eq!(series(&text).len(), MOST_SCOPES + 1);
        has(&text, "palisade_drift_seen_total{kind=\"KmsKey\",scope=\"zz-large\"} 0");
        has(&text, "palisade_drift_seen_total{kind=\"KmsKey\",scope=\"other\"} 0");
        // A scope that has series keeps them, also when larger ones come.
        report.manifests = (0..300)
            .map(|number| Address::new(format!("s{:03}", 299 - number), "KmsKey", "a"))
            .chain((0..9).map(|number| Address::new("s299", "KmsKey", format!("n{number}"))))
            .collect();
        metrics.observe(&fixture::setup(), &report);
        assert_eq!(series(&metrics.text().unwrap()), series(&text));
    }

    #[test]
    fn the_time_of_a_drift_is_counted_once_when_its_change_and_its_end_are_known() {
        let report = fixture::report();
        let mut drift = report.drifts[0].clone();
        (drift.number, drift.by) = (77, None);
        (drift.state, drift.ended_at) = (DriftState::Corrected, Some(1_000.0));
        let metrics = Metrics::new().unwrap();
        let counted = |drift: &Drift| {
            metrics.count_causes(std::slice::from_ref(drift));
            let text = metrics.text().unwrap();
            let line = text.lines().find(|it| it.starts_with("palisade_drift_seconds_sum"));
            line.map(|line| line.rsplit(' ').next().unwrap().to_owned())
        };
        assert_eq!(counted(&drift), None, "nobody knows when the change was");
        let by = report.drifts.iter().find_map(|drift| drift.by.clone());
        drift.by = by.map(|by| By { at: 990.0, ..by });
        assert!(drift.by.is_some(), "the example has a cause");
        assert_eq!(counted(&drift).as_deref(), Some("10"));
        assert_eq!(counted(&drift).as_deref(), Some("10"), "a surer cause is no second drift");
    }

    #[test]
    fn leases_are_shown_as_they_are_now() {
        let (leases, hand) = crate::lease::tests::holding(&["ml-prod"]);
        let metrics = Metrics::new().unwrap();
        metrics.observe_leases(&leases);
        let text = metrics.text().unwrap();
        has(&text, "palisade_lease_held{scope=\"ml-prod\"} 1");
        has(&text, "palisade_lease_held{scope=\"others\"} 0");
        has(&text, "palisade_lease_unheld{scope=\"others\"} 0");
        has(&text, "palisade_lease_seconds_left{scope=\"ml-prod\"} 60");
        has(&text, "palisade_leases_taken_total{scope=\"ml-prod\"} 1");
        has(&text, "palisade_lease_table_trouble 0");
        hand.advance(60);
        metrics.observe_leases(&leases);
        let text = metrics.text().unwrap();
        has(&text, "palisade_lease_held{scope=\"ml-prod\"} 0");
        has(&text, "palisade_lease_unheld{scope=\"ml-prod\"} 1");
        has(&text, "palisade_lease_unheld{scope=\"others\"} 1");
        has(&text, "palisade_leases_taken_total{scope=\"ml-prod\"} 1");
    }

    #[test]
    fn calls_are_listed_by_service_and_operation() {
        let metrics = Metrics::new().unwrap();
        let meter = metrics.meter();
        for outcome in [CallOutcome::Ok, CallOutcome::Ok, CallOutcome::Throttled] {
            meter.attempt("KMS", "ListKeys", outcome);
        }
        let attempts = BTreeMap::from([("ok".to_owned(), 2), ("throttled".to_owned(), 1)]);
        let call = CallCount { service: "kms".into(), operation: "ListKeys".into(), attempts };
        assert_eq!(metrics.calls(), [call]);
    }
}
