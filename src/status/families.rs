//! The metric families: one table that the registry, the documentation, the dashboard and the rules
//! must agree with.

use std::collections::BTreeMap;

use prometheus::{GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

/// The type of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FamilyKind {
    /// Only increases within one process.
    Counter,
    /// The value in the latest pass.
    Gauge,
    /// A distribution; exported as `_bucket`, `_sum` and `_count`.
    Histogram,
}

impl FamilyKind {
    /// The name that Prometheus uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One metric family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: FamilyKind,
    /// Its help text, one sentence.
    pub help: &'static str,
    /// The labels. Their values come from closed sets: enum words, kinds, scopes in the settings,
    /// services and operations of AWS, the outcome of a call.
    pub labels: &'static [&'static str],
}

const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Family {
    Family { name, kind: FamilyKind::Counter, help, labels }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, kind: FamilyKind::Gauge, help, labels }
}

const fn histogram(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Family {
    Family { name, kind: FamilyKind::Histogram, help, labels }
}

/// The labels of a kind in a scope.
const PLACE: &[&str] = &["scope", "kind"];

/// Every family, by name.
pub const FAMILIES: &[Family] = &[
    counter(
        "palisade_aws_calls_total",
        &["service", "operation", "outcome"],
        "Attempts of AWS calls, by outcome (ok, throttled, error, no_answer).",
    ),
    gauge(
        "palisade_brake_engaged_timestamp_seconds",
        &["means"],
        "When the brake was engaged, in seconds since the epoch, by how it was (signal, socket, \
         remote, memory, file); 0 while it is off.",
    ),
    gauge("palisade_build_info", &["version"], "The running build; always 1."),
    gauge(
        "palisade_conflicts",
        PLACE,
        "Manifests whose name or id belongs to somebody else, or to two resources of this \
         installation.",
    ),
    gauge(
        "palisade_contested_manifests",
        PLACE,
        "Manifests whose corrections somebody keeps undoing: the same correction was made three \
         times in a row or more.",
    ),
    counter(
        "palisade_drift_attributed_total",
        &["scope", "kind", "confidence", "principal"],
        "Drifts of which it became known who caused them, by how sure that is (possible, likely, \
         exact) and the sort of principal.",
    ),
    counter(
        "palisade_drift_corrected_total",
        PLACE,
        "Drifts that ended with the live resource as its manifest wants, corrected by this process \
         or by another apply.",
    ),
    gauge(
        "palisade_drift_open",
        PLACE,
        "Drifts that the latest pass left as they were: held, waiting, only reported, or failed.",
    ),
    histogram(
        DRIFT_SECONDS,
        &["scope"],
        "Time from the change of a live resource, where an event says when it was, to the pass \
         that saw it put back.",
    ),
    counter(
        "palisade_drift_seen_total",
        PLACE,
        "Drifts: live resources that changed although their manifest did not; one that persists \
         counts once.",
    ),
    gauge(
        "palisade_events_arrive",
        &["scope"],
        "1 while palisade's own writes or heartbeats come back as events, 0 where that is not \
         known or not so.",
    ),
    counter(
        "palisade_events_total",
        &["scope", "outcome"],
        "Messages of the queue of events by outcome (used, unlocated, stale, own, error, \
         irrelevant, duplicate, foreign, malformed).",
    ),
    gauge(
        "palisade_frozen_manifests",
        PLACE,
        "Manifests that are not corrected for a while because somebody else keeps undoing the same \
         change.",
    ),
    gauge("palisade_held_steps", PLACE, "Steps that the gate holds until a person consents."),
    gauge(
        "palisade_last_pass_timestamp_seconds",
        &[],
        "When the latest pass began, in seconds since the epoch.",
    ),
    gauge(
        "palisade_lease_held",
        &["scope"],
        "1 where this process holds the lease of a scope, 0 where it does not; only where \
         processes share the scopes.",
    ),
    gauge(
        "palisade_lease_seconds_left",
        &["scope"],
        "Seconds until a lease that this process holds is over, unless it is renewed.",
    ),
    gauge(
        "palisade_lease_table_trouble",
        &[],
        "1 while the table of the leases cannot be read or written; once their time is over, \
         nothing is written.",
    ),
    gauge(
        "palisade_lease_unheld",
        &["scope"],
        "1 where nobody holds the lease of a scope, as far as this process knows: nothing is \
         corrected there.",
    ),
    counter(
        "palisade_leases_lost_total",
        &["scope"],
        "Leases of this process that somebody else has taken.",
    ),
    counter("palisade_leases_taken_total", &["scope"], "Leases that this process has taken."),
    gauge(
        "palisade_live_findings",
        &["scope", "severity"],
        "Findings of audits: what is wrong in AWS and belongs to no manifest (critical, high, \
         medium, low).",
    ),
    gauge(
        "palisade_memory_troubles",
        &[],
        "Parts of the memory that cannot be read or kept; what they held counts as lost.",
    ),
    counter(
        "palisade_notifications_total",
        &["target", "outcome"],
        "Messages to the targets of `notify`, sent or failed, and notices that were dropped \
         because too many waited.",
    ),
    gauge("palisade_orphans", PLACE, "Claimed live resources without a manifest."),
    counter(
        "palisade_own_events_missing_total",
        &["scope"],
        "Own writes whose event did not come within nine minutes, and heartbeats while none comes \
         back.",
    ),
    histogram("palisade_pass_duration_seconds", &[], "Duration of passes."),
    counter(
        "palisade_passes_total",
        &["outcome"],
        "Passes by outcome (converged, changed, pending, failed).",
    ),
    gauge(
        "palisade_pauses",
        &["extent"],
        "Pauses in force, by what they cover (everything, scope, address); `palisade brake` begins \
         and ends them.",
    ),
    gauge(
        "palisade_pending_deletion",
        &["scope", "kind", "asked"],
        "Claimed resources that AWS will delete at a set time (KMS keys); asked says whether a \
         tombstone wants that.",
    ),
    gauge(
        "palisade_resources",
        &["scope", "kind", "condition"],
        "Manifests by condition (in_sync, changing, creating, waiting, held, reported, failed, \
         conflict, unknown).",
    ),
    gauge(
        "palisade_rollout_scopes",
        &["set", "condition"],
        "Scopes of sets in which a change has not reached every wave, by condition: reached, \
         behind (the earlier manifests are in force), failing (reached, and not in sync).",
    ),
    gauge(
        "palisade_scopes",
        &["condition"],
        "Scopes by condition (usable, refused): refused means no credentials, or the wrong \
         account.",
    ),
    gauge(
        "palisade_source_good_timestamp_seconds",
        &[],
        "When the directory was last read without problems, in seconds since the epoch.",
    ),
    gauge("palisade_source_info", &["revision"], "The Git revision in force; always 1."),
    gauge(
        "palisade_source_problems",
        &[],
        "Problems in the directory at its latest reading; above 0 the last good state of the \
         folders concerned stays in force.",
    ),
    counter(
        "palisade_steps_total",
        &["scope", "kind", "verb", "outcome"],
        "Steps carried out, by verb (create, edit, delete) and outcome (done, failed, skipped).",
    ),
    gauge(
        "palisade_unknown_kinds",
        PLACE,
        "1 for a kind that could not be read in a scope in the latest pass; nothing of it is \
         changed.",
    ),
    gauge(
        "palisade_unread_resources",
        PLACE,
        "Resources that could not be read in the latest pass; they are not changed, and no \
         resource of their kind is created, adopted or deleted there.",
    ),
    gauge("palisade_waiting_steps", PLACE, "Steps that need something else first."),
    gauge(
        "palisade_writing",
        &[],
        "1 if this process may write, 0 in observe mode or while the brake is on.",
    ),
];

/// A pass reads everything: from tens of milliseconds (simulator) to minutes (throttled accounts).
const PASS_BUCKETS: [f64; 11] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

/// The time from a change to its correction.
pub(super) const DRIFT_SECONDS: &str = "palisade_drift_seconds";
/// With events seconds, without them an interval; what is held may take days.
const DRIFT_BUCKETS: [f64; 11] =
    [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0];

/// The registered families. Each is removed by its name once, so that the table and its users must
/// agree.
#[derive(Debug, Default)]
pub(super) struct Registered {
    counters: BTreeMap<&'static str, IntCounterVec>,
    gauges: BTreeMap<&'static str, GaugeVec>,
    histograms: BTreeMap<&'static str, HistogramVec>,
}

impl Registered {
    /// Registers all of [`FAMILIES`].
    ///
    /// # Errors
    /// Two families with the same name, or a name that Prometheus does not allow.
    pub(super) fn with(registry: &Registry) -> Result<Self, prometheus::Error> {
        let mut registered = Self::default();
        for Family { name, kind, help, labels } in FAMILIES {
            match kind {
                FamilyKind::Counter => {
                    let family = IntCounterVec::new(Opts::new(*name, *help), labels)?;
                    registry.register(Box::new(family.clone()))?;
                    registered.counters.insert(name, family);
                }
                FamilyKind::Gauge => {
                    let family = GaugeVec::new(Opts::new(*name, *help), labels)?;
                    registry.register(Box::new(family.clone()))?;
                    registered.gauges.insert(name, family);
                }
                FamilyKind::Histogram => {
                    let buckets = if *name == DRIFT_SECONDS { DRIFT_BUCKETS } else { PASS_BUCKETS };
                    let opts = HistogramOpts::new(*name, *help).buckets(buckets.to_vec());
                    let family = HistogramVec::new(opts, labels)?;
                    registry.register(Box::new(family.clone()))?;
                    registered.histograms.insert(name, family);
                }
            }
        }
        Ok(registered)
    }

    pub(super) fn counter(&mut self, name: &str) -> Result<IntCounterVec, prometheus::Error> {
        self.counters.remove(name).ok_or_else(|| not_in_table(name))
    }

    pub(super) fn gauge(&mut self, name: &str) -> Result<GaugeVec, prometheus::Error> {
        self.gauges.remove(name).ok_or_else(|| not_in_table(name))
    }

    pub(super) fn histogram(&mut self, name: &str) -> Result<HistogramVec, prometheus::Error> {
        self.histograms.remove(name).ok_or_else(|| not_in_table(name))
    }

    /// Checks that every family was used.
    ///
    /// # Errors
    /// An unused family would be documented and never exported.
    pub(super) fn finish(self) -> Result<(), prometheus::Error> {
        let left = self.counters.keys().chain(self.gauges.keys()).chain(self.histograms.keys());
        match left.min() {
            None => Ok(()),
            Some(name) => Err(prometheus::Error::Msg(format!("{name} is never set"))),
        }
    }
}

fn not_in_table(name: &str) -> prometheus::Error {
    prometheus::Error::Msg(format!(
        "{name} is not in the table of families, or was registered \
        twice"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_of_prometheus() {
        for family in FAMILIES {
            assert!(family.name.starts_with("palisade_"), "{}", family.name);
            let total = family.name.ends_with("_total");
            assert_eq!(total, family.kind == FamilyKind::Counter, "{}", family.name);
            assert!(family.help.ends_with('.'), "{}: help is a sentence", family.name);
        }
    }

    #[test]
    fn the_table_is_in_order_and_names_nothing_twice() {
        assert!(FAMILIES.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
