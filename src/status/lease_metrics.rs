//! The metrics of leases.

use std::collections::BTreeMap;

use prometheus::{GaugeVec, IntCounterVec};

use super::{families::Registered, metrics::Metrics};
use crate::lease::{Holding, Leases};

/// The families of leases. They have no series where there is only one process.
#[derive(Debug, Clone)]
pub(super) struct LeaseMetrics {
    held: GaugeVec,
    seconds_left: GaugeVec,
    table_trouble: GaugeVec,
    unheld: GaugeVec,
    lost: IntCounterVec,
    taken: IntCounterVec,
}

impl Metrics {
    /// Shows the leases as they are now.
    pub fn observe_leases(&self, leases: &Leases) {
        self.leases.observe(leases, |scope| self.scope(scope).to_owned());
    }
}

impl LeaseMetrics {
    /// Takes its families.
    ///
    /// # Errors
    /// One is not in the table: a defect.
    pub(super) fn of(families: &mut Registered) -> Result<Self, prometheus::Error> {
        Ok(Self {
            held: families.gauge("palisade_lease_held")?,
            seconds_left: families.gauge("palisade_lease_seconds_left")?,
            table_trouble: families.gauge("palisade_lease_table_trouble")?,
            unheld: families.gauge("palisade_lease_unheld")?,
            lost: families.counter("palisade_leases_lost_total")?,
            taken: families.counter("palisade_leases_taken_total")?,
        })
    }

    /// Shows the leases as they are now. `label` is the label of a scope; those that share one are
    /// counted together, and the least time left is shown.
    pub(super) fn observe(&self, leases: &Leases, label: impl Fn(&str) -> String) {
        let view = leases.view();
        let trouble = if view.trouble.is_some() { 1.0 } else { 0.0 };
        self.table_trouble.with_label_values::<&str>(&[]).set(trouble);
        let (mut held, mut unheld, mut left) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (scope, lease) in &view.scopes {
            let is = |holding: Holding| if lease.holding == holding { 1.0 } else { 0.0 };
            *held.entry(label(scope)).or_insert(0.0) += is(Holding::Ours);
            // What is not known yet is nobody's, too.
            let nobody = is(Holding::Nobody) + is(Holding::Unknown);
            *unheld.entry(label(scope)).or_insert(0.0) += nobody;
        }
        for (scope, seconds) in leases.seconds_left() {
            let least = left.entry(label(&scope)).or_insert(seconds);
            *least = seconds.min(*least);
        }
        for (gauge, values) in
            [(&self.held, held), (&self.unheld, unheld), (&self.seconds_left, left)]
        {
            gauge.reset();
            for (scope, value) in values {
                gauge.with_label_values(&[&scope]).set(value);
            }
        }
        let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (scope, it) in leases.counts() {
            let (lost, taken) = counts.entry(label(&scope)).or_default();
            *lost += it.lost;
            *taken += it.taken;
        }
        for (scope, (lost, taken)) in counts {
            for (counter, count) in [(&self.lost, lost), (&self.taken, taken)] {
                let counter = counter.with_label_values(&[&scope]);
                counter.inc_by(count.saturating_sub(counter.get()));
            }
        }
    }
}
