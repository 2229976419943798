//! The drift timeline: recent foreign changes and their state. The audit log keeps them for longer.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{
    drift::{Drift, DriftState},
    report::Report,
};
use crate::events::By;

/// The number of drifts kept.
const KEPT: usize = 100;

/// The latest drifts, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    drifts: VecDeque<Drift>,
}

impl Timeline {
    /// Takes a finished pass into account.
    pub fn observe(&mut self, report: &Report) {
        for drift in &report.drifts {
            match self.drifts.iter_mut().find(|known| known.number == drift.number) {
                Some(known) => known.clone_from(drift),
                None => self.drifts.push_back(drift.clone()),
            }
        }
        let surplus = self.drifts.len().saturating_sub(KEPT);
        self.drifts.drain(..surplus);
    }

    /// Names who caused drifts, by number; those about which that says something new.
    pub(super) fn attribute(&mut self, causes: &BTreeMap<u64, By>) -> Vec<Drift> {
        let mut named = Vec::new();
        for drift in &mut self.drifts {
            let new = causes.get(&drift.number).filter(|by| drift.by.as_ref() != Some(by));
            if let Some(by) = new {
                drift.by = Some(by.clone());
                named.push(drift.clone());
            }
        }
        named
    }

    /// The process was restarted then: whether a drift goes on is seen anew.
    pub fn interrupt(&mut self, at: f64) {
        for drift in self.drifts.iter_mut().filter(|drift| drift.ended_at.is_none()) {
            drift.ended_at = Some(at);
            drift.state = DriftState::Gone("palisade was restarted".to_owned());
        }
    }

    /// The highest number of a drift.
    pub fn last_number(&self) -> u64 {
        self.drifts.iter().map(|drift| drift.number).max().unwrap_or_default()
    }

    /// The drifts, newest first, as they are kept.
    pub(super) fn latest(&self) -> impl Iterator<Item = &Drift> {
        self.drifts.iter().rev()
    }

    /// The drifts, newest first.
    pub fn newest_first(&self) -> Vec<Drift> {
        self.drifts.iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn a_drift_that_stays_is_one_row_and_one_that_ends_says_when() {
        let mut timeline = Timeline::default();
        let mut report = fixture::report();
        timeline.observe(&report);
        timeline.observe(&report);
        assert_eq!(timeline.newest_first().len(), report.drifts.len());
        let open = report.open_drifts().next().unwrap().number;
        report.drifts.retain(|drift| drift.number == open);
        report.drifts[0].state = DriftState::Restored;
        report.drifts[0].ended_at = Some(7.0);
        timeline.observe(&report);
        let rows = timeline.newest_first();
        let row = rows.iter().find(|row| row.number == open).unwrap();
        assert_eq!((&row.state, row.ended_at), (&DriftState::Restored, Some(7.0)));
        assert_eq!(rows.len(), fixture::report().drifts.len());
    }

    #[test]
    fn only_the_latest_hundred_are_kept() {
        let mut timeline = Timeline::default();
        let mut report = fixture::report();
        let drift = report.drifts[0].clone();
        for number in 1..=150 {
            report.drifts = vec![Drift { number, ..drift.clone() }];
            timeline.observe(&report);
        }
        let rows = timeline.newest_first();
        assert_eq!((rows.len(), rows[0].number), (KEPT, 150));
    }
}
