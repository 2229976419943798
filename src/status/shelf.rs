//! The latest pass in full: wants, live states and history, for people who may read what the
//! accounts look like.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use serde::Serialize;
use serde_json::Value;

use crate::{
    engine::{Engine, Event, Links, Live, Report},
    model::{Address, PhysicalId, Tags, claim},
    plan::{self, Plan, Verdict},
};

/// The place where the loop puts the latest pass and readers take it.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    latest: Arc<RwLock<Option<Arc<Latest>>>>,
}

/// The latest pass, as it was.
#[derive(Debug)]
pub(super) struct Latest {
    pub(super) report: Arc<Report>,
    pub(super) live: Live,
    pub(super) events: Vec<Event>,
    pub(super) links: Links,
}

/// One manifest's resource, for the person who asks. It holds live states and policies.
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

impl Shelf {
    /// Takes a finished pass.
    pub fn publish(&self, engine: &Engine, report: &Arc<Report>) {
        self.put(Latest {
            report: Arc::clone(report),
            live: Arc::clone(engine.live()),
            events: engine.history().events().cloned().collect(),
            links: engine.links().clone(),
        });
    }

    pub(super) fn put(&self, latest: Latest) {
        let mut place = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        *place = Some(Arc::new(latest));
    }

    pub(super) fn latest(&self) -> Option<Arc<Latest>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Which resources are meant; what is not given does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Filter {
    /// Part of the address or of the live resource's id, whatever the case.
    pub(super) q: String,
    pub(super) scope: String,
    pub(super) kind: String,
    pub(super) condition: String,
    /// The page of the list, from 1.
    pub(super) page: usize,
}

impl Filter {
    pub(super) fn takes(
        &self,
        address: &Address,
        condition: &str,
        id: Option<&PhysicalId>,
    ) -> bool {
        let is = |wanted: &str, given: &str| wanted.is_empty() || wanted == given;
        let q = self.q.trim().to_lowercase();
        let found = |text: &str| text.to_lowercase().contains(&q);
        is(&self.scope, &address.scope)
            && is(&self.kind, &address.kind)
            && is(&self.condition, condition)
            && (q.is_empty()
                || found(&address.to_string())
                || id.is_some_and(|id| found(id.as_str())))
    }
}

impl Latest {
    /// The manifests that a filter takes, with their conditions, by address.
    pub(super) fn listed(&self, filter: &Filter) -> Vec<(&Address, &'static str)> {
        let all = self.report.conditions().into_iter();
        all.filter(|(address, condition)| filter.takes(address, condition, self.id(address)))
            .collect()
    }

    pub(super) fn id(&self, address: &Address) -> Option<&PhysicalId> {
        self.live.get(address).map(|seen| &seen.id)
    }

    /// Whether a manifest, or a step about a resource that has none, has this address.
    pub(super) fn knows(&self, address: &Address) -> bool {
        self.report.manifests.contains(address) || !self.report.plan.steps_of(address).is_empty()
    }

    /// The events about an address, oldest first; all of them for `None`.
    pub(super) fn history(&self, address: Option<&Address>) -> Vec<&Event> {
        let meant = |event: &&Event| address.is_none_or(|it| event.address.as_ref() == Some(it));
        self.events.iter().filter(meant).collect()
    }

    /// The resources of these manifests.
    pub(super) fn resources(&self, of: &[(&Address, &'static str)]) -> Vec<Resource> {
        let mut last: BTreeMap<&Address, &Event> = BTreeMap::new();
        for event in &self.events {
            if let Some(address) = &event.address {
                last.insert(address, event);
            }
        }
        of.iter().map(|(address, condition)| self.resource(address, condition, &last)).collect()
    }

    fn resource(
        &self,
        address: &Address,
        condition: &'static str,
        last: &BTreeMap<&Address, &Event>,
    ) -> Resource {
        let plan = &self.report.plan;
        let (mut differences, mut held) = (Vec::new(), Vec::new());
        for step in plan.steps_of(address) {
            let edits = step.action.edits();
            differences.extend(edits.iter().map(|edit| edit.summary.clone()));
            if edits.is_empty() {
                differences.push(step.action.verb().to_owned());
            }
            if let Verdict::Held(_) = &step.verdict {
                held.push(step.digest.clone());
            }
        }
        let seen = self.live.get(address);
        let claim = seen.map(|it| it.tags.clone()).unwrap_or_default();
        Resource {
            address: address.clone(),
            condition,
            id: seen.map(|it| it.id.clone()),
            claim: claim.into_iter().filter(|(key, _)| key.starts_with(claim::PREFIX)).collect(),
            why: self.why(address, condition),
            differences,
            held,
            wanted: plan.wants.get(address).map(|want| want.state.clone()),
            live: seen.map(|it| it.state.clone()),
            last_change: last.get(address).map(|event| (*event).clone()),
        }
    }

    /// Why a resource is not as wanted, or is left alone; one line each.
    pub(super) fn why(&self, address: &Address, condition: &str) -> Vec<String> {
        let plan = &self.report.plan;
        let conflicts = plan.conflicts.iter().filter(|it| it.address == *address);
        let mut why: Vec<_> = conflicts.map(|it| it.why.clone()).collect();
        for step in plan.steps_of(address) {
            match &step.verdict {
                Verdict::Go => {}
                Verdict::Waiting(waits) => why.extend(waits.iter().map(ToString::to_string)),
                Verdict::Held(reasons) => why.extend(reasons.iter().map(ToString::to_string)),
                Verdict::Reported(reason) => why.push(reason.to_string()),
            }
        }
        if condition == "unknown" {
            let unknown = plan.unknown.iter().filter(|it| it.covers(address));
            why.extend(unknown.map(|it| it.why.clone()));
        }
        why
    }

    /// The plan of one manifest, as `palisade plan` prints it.
    pub(super) fn diff(&self, address: &Address) -> String {
        let whole = &self.report.plan;
        let of = |it: &Address| it == address;
        let part = Plan {
            steps: whole.steps_of(address).to_vec(),
            conflicts: whole.conflicts.iter().filter(|it| of(&it.address)).cloned().collect(),
            unknown: whole.unknown.iter().filter(|it| it.covers(address)).cloned().collect(),
            in_sync: whole.in_sync.iter().filter(|it| of(it)).cloned().collect(),
            ..Plan::default()
        };
        plan::render::text(&part)
    }
}

#[cfg(test)]
impl Latest {
    /// The fixture's pass.
    pub(super) fn fixture() -> Self {
        Self {
            report: Arc::new(super::fixture::report()),
            live: Live::default(),
            events: Vec::new(),
            links: Links::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_manifest_is_one_resource_with_its_condition_and_the_digest_to_approve() {
        let latest = Latest::fixture();
        let all = latest.resources(&latest.listed(&Filter::default()));
        assert_eq!(all.len(), latest.report.manifests.len());
        let held: Vec<_> = all.iter().filter(|it| it.condition == "held").collect();
        assert!(!held.is_empty());
        for resource in held {
            assert!(!resource.held.is_empty() && !resource.why.is_empty(), "{resource:?}");
        }
    }

    #[test]
    fn a_filter_takes_what_has_all_that_it_names() {
        let address = Address::new("ml-prod", "SecurityGroup", "studio-apps");
        let id = PhysicalId::from("sg-0123456789abcdef0");
        let filter = |change: fn(&mut Filter)| {
            let mut filter = Filter::default();
            change(&mut filter);
            filter.takes(&address, "held", Some(&id))
        };
        assert!(filter(|_| {}));
        assert!(filter(|it| it.q = " STUDIO-a".to_owned()));
        assert!(filter(|it| it.q = "0123456789ABC".to_owned()));
        assert!(filter(|it| it.scope = "ml-prod".to_owned()));
        assert!(!filter(|it| it.scope = "ml".to_owned()));
        assert!(!filter(|it| it.kind = "KmsKey".to_owned()));
        assert!(filter(|it| it.condition = "held".to_owned()));
        assert!(!filter(|it| {
            it.condition = "held".to_owned();
            it.q = "endpoint".to_owned();
        }));
    }
}
