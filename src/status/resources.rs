//! Each manifest with what is wanted, what is live, and what happened to it last.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::{
    engine::{Event, Live, Report},
    model::{Address, PhysicalId, Tags, claim},
    plan::Verdict,
};

/// One manifest's resource, for the person who asks. It holds live states and policies: it is shown
/// over the socket only, to the user that palisade runs as.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// The manifest's address.
    pub address: Address,
    /// Its condition, as in the metrics.
    pub condition: &'static str,
    /// The live resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<PhysicalId>,
    /// Its claim: the tags in which palisade records what it manages.
    pub claim: Tags,
    /// Why it is not as wanted, or is left alone; one line each.
    pub why: Vec<String>,
    /// What differs, one line each.
    pub differences: Vec<String>,
    /// The digests of its held steps, for `palisade approve`.
    pub held: Vec<String>,
    /// What is wanted, with every reference resolved; `None` while it cannot be.
    pub wanted: Option<Value>,
    /// What was live in the latest pass.
    pub live: Option<Value>,
    /// The latest event of the history that is about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_change: Option<Event>,
}

/// All of them, by address.
pub(super) fn resources(report: &Report, live: &Live, events: &[Event]) -> Vec<Resource> {
    let mut last: BTreeMap<&Address, &Event> = BTreeMap::new();
    for event in events {
        if let Some(address) = &event.address {
            last.insert(address, event);
        }
    }
    let mut conflicts: BTreeMap<&Address, Vec<String>> = BTreeMap::new();
    for conflict in &report.plan.conflicts {
        conflicts.entry(&conflict.address).or_default().push(conflict.why.clone());
    }
    let resource = |(address, condition): (&Address, &'static str)| {
        let mut why = conflicts.remove(address).unwrap_or_default();
        let (mut differences, mut held) = (Vec::new(), Vec::new());
        for step in report.plan.steps_of(address) {
            let edits = step.action.edits();
            differences.extend(edits.iter().map(|edit| edit.summary.clone()));
            if edits.is_empty() {
                differences.push(step.action.verb().to_owned());
            }
            match &step.verdict {
                Verdict::Go => {}
                Verdict::Waiting(waits) => why.extend(waits.iter().map(ToString::to_string)),
                Verdict::Held(reasons) => {
                    why.extend(reasons.iter().map(ToString::to_string));
                    held.push(step.digest.clone());
                }
                Verdict::Reported(reason) => why.push(reason.to_string()),
            }
        }
        let unknown = report.plan.unknown.iter().filter(|it| it.covers(address));
        why.extend(unknown.filter(|_| condition == "unknown").map(|it| it.why.clone()));
        let seen = live.get(address);
        let claim = seen.map(|it| it.tags.clone()).unwrap_or_default();
        Resource {
            address: address.clone(),
            condition,
            id: seen.map(|it| it.id.clone()),
            claim: claim.into_iter().filter(|(key, _)| key.starts_with(claim::PREFIX)).collect(),
            why,
            differences,
            held,
            wanted: report.plan.wants.get(address).map(|want| want.state.clone()),
            live: seen.map(|it| it.state.clone()),
            last_change: last.get(address).map(|event| (*event).clone()),
        }
    };
    report.conditions().into_iter().map(resource).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::fixture;

    #[test]
    fn each_manifest_is_one_resource_with_its_condition_and_the_digest_to_approve() {
        let report = fixture::report();
        let all = resources(&report, &Live::default(), &[]);
        assert_eq!(all.len(), report.manifests.len());
        let held: Vec<_> = all.iter().filter(|it| it.condition == "held").collect();
        assert!(!held.is_empty());
        for resource in held {
            assert!(!resource.held.is_empty() && !resource.why.is_empty(), "{resource:?}");
        }
    }
}
