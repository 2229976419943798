//! Corrections that somebody keeps undoing: both sides of that, by name.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::{drift::Drift, timeline::Timeline};
use crate::{events::By, model::Address, plan::Plan};

/// The most callers who are named.
const MOST_NAMES: usize = 3;

/// A manifest whose corrections somebody keeps undoing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contest {
    /// The manifest's address.
    pub address: Address,
    /// Identical corrections in a row; `None` if corrections are suspended for a while.
    pub times: Option<u32>,
    /// The identity with which palisade corrects it; `None` if the scope cannot be used now.
    pub ours: Option<String>,
    /// Who undid that, the latest first and each once, as far as records of CloudTrail say.
    pub theirs: Vec<By>,
}

impl Contest {
    /// What the plan says is contested, with both sides by name. `drifts` are those of this pass,
    /// which the timeline does not have yet.
    pub(super) fn find(
        plan: &Plan,
        scopes: &BTreeMap<String, Result<String, String>>,
        drifts: &[Drift],
        timeline: &Timeline,
    ) -> Vec<Self> {
        let counted = plan.contested.iter().map(|(address, times)| (address, Some(*times)));
        let frozen = plan.frozen.iter().filter(|it| !plan.contested.contains_key(*it));
        let all = counted.chain(frozen.map(|address| (address, None)));
        all.map(|(address, times)| Self {
            address: address.clone(),
            times,
            ours: scopes.get(&address.scope).and_then(|caller| caller.clone().ok()),
            theirs: theirs(address, drifts.iter().rev().chain(timeline.latest())),
        })
        .collect()
    }

    /// Both sides, one line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.to_string()];
        lines.extend(self.ours.iter().map(|ours| format!("palisade corrects it as {ours}")));
        if self.theirs.is_empty() {
            lines.push(
                "nobody is named by an event so far: look for the calls in CloudTrail".into(),
            );
        }
        lines.extend(self.theirs.iter().map(|by| format!("undone {}", by.words())));
        lines
    }
}

impl fmt::Display for Contest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.times {
            Some(times) => write!(f, "the same correction was made {times} times in a row"),
            None => write!(f, "its corrections are suspended for a while"),
        }
    }
}

/// The callers who caused drifts of a manifest, each once.
fn theirs<'d>(address: &Address, newest_first: impl Iterator<Item = &'d Drift>) -> Vec<By> {
    let mut found: Vec<By> = Vec::new();
    for by in newest_first.filter(|it| it.address == *address).filter_map(|it| it.by.as_ref()) {
        let same = |other: &By| {
            other.who.principal == by.who.principal && other.who.person == by.who.person
        };
        if found.len() < MOST_NAMES && !found.iter().any(same) {
            found.push(by.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn both_sides_are_named_each_caller_once_and_the_latest_first() {
        let report = fixture::report();
        let address = report.plan.contested.keys().next().unwrap().clone();
        let by = report.drifts.iter().find_map(|drift| drift.by.clone()).unwrap();
        let drift = |number: u64, principal: &str| {
            let mut by = by.clone();
            by.who.principal = principal.to_owned();
            let address = address.clone();
            Drift { number, address, by: Some(by), ..report.drifts[0].clone() }
        };
        let drifts = [drift(7, "ann"), drift(8, "bob"), drift(9, "ann")];
        let found = Contest::find(&report.plan, &report.scopes, &drifts, &Timeline::default());
        assert_eq!(found.len(), 1, "frozen and contested are one");
        let contest = &found[0];
        assert_eq!(contest.ours.as_ref(), report.scopes[&address.scope].as_ref().ok());
        let names: Vec<&str> = contest.theirs.iter().map(|by| by.who.principal.as_str()).collect();
        assert_eq!(names, ["ann", "bob"]);
        let lines = contest.lines().join("\n");
        assert!(lines.contains("4 times in a row"), "{lines}");
        assert!(lines.contains("palisade corrects it as arn:aws:sts::111122223333:"), "{lines}");
        assert!(lines.contains("undone probably ann@acme.example (bob)"), "{lines}");
    }

    #[test]
    fn where_nobody_is_known_it_says_so() {
        let report = fixture::report();
        let found = Contest::find(&report.plan, &report.scopes, &[], &Timeline::default());
        assert_eq!(found[0].theirs, []);
        assert!(found[0].lines().join("\n").contains("nobody is named by an event"));
    }
}
