//! Which kinds an event is about, and which of their resources.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    message::Event,
    paths,
    recorded::{Does, Recorded, Records},
};
use crate::{kind::erased::Registry, operations};

/// What all kinds say about records.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// By service and call, in lower case: the case of a service's name differs.
    calls: BTreeMap<(String, String), Vec<Row>>,
    /// The kinds all of whose resources are covered.
    covered: BTreeSet<&'static str>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    kind: &'static str,
    records: Option<(Records, Recorded)>,
}

/// What an event says about one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The kind.
    pub kind: &'static str,
    /// The resources; `None` if it may be any.
    pub ids: Option<BTreeSet<String>>,
    /// What the call does to them; `None` if no kind says.
    pub does: Option<Does>,
}

impl Catalogue {
    /// What the kinds of this build say. A call that palisade makes for a kind that says nothing of
    /// records concerns all resources of that kind.
    pub fn of(registry: &Registry) -> Self {
        let mut catalogue = Self::default();
        for kind in registry.iter() {
            let (name, of_kind) = (kind.profile().name, kind.operations());
            let Some(records) = of_kind.records else { continue };
            catalogue.covered.insert(name);
            for call in records.calls {
                let row = Row { kind: name, records: Some((records, *call)) };
                catalogue.add(call.service, call.call, row);
            }
        }
        for row in operations::all().filter(|row| row.is_mutating()) {
            let Some(kind) = row.kind.filter(|kind| !catalogue.covered.contains(kind)) else {
                continue;
            };
            catalogue.add(row.service, row.name, Row { kind, records: None });
        }
        catalogue
    }

    fn add(&mut self, service: &str, call: &str, row: Row) {
        let rows = self.calls.entry(key(service, call)).or_default();
        if rows.iter().all(|other| other.kind != row.kind) {
            rows.push(row);
        }
    }

    /// Whether events say when a resource of this kind changes.
    pub fn covers(&self, kind: &str) -> bool {
        self.covered.contains(kind)
    }

    /// The services of the calls that change a kind's resources.
    pub fn services(&self, kind: &str) -> BTreeSet<String> {
        let with = |rows: &Vec<Row>| rows.iter().any(|it| it.kind == kind && it.records.is_some());
        let calls = self.calls.iter().filter(|(_, rows)| with(rows));
        calls.map(|((service, _), _)| service.clone()).collect()
    }

    /// Whether some kind says what this call (as IAM names it) changes.
    pub fn knows(&self, action: &str) -> bool {
        let (service, call) = action.split_once(':').unwrap_or_default();
        self.calls
            .get(&key(service, call))
            .is_some_and(|rows| rows.iter().any(|row| row.records.is_some()))
    }

    /// What an event is about; nothing if it concerns no kind.
    pub fn targets(&self, event: &Event) -> Vec<Target> {
        let rows = self.calls.get(&key(&event.service, &event.call));
        rows.into_iter().flatten().filter_map(|row| target(row, event)).collect()
    }
}

fn key(service: &str, call: &str) -> (String, String) {
    (service.to_ascii_lowercase(), call.to_ascii_lowercase())
}

fn target(row: &Row, event: &Event) -> Option<Target> {
    let kind = row.kind;
    let Some((records, call)) = row.records else {
        return Some(Target { kind, ids: None, does: None });
    };
    let does = Some(call.does);
    let record = &event.record;
    let named: Vec<String> =
        call.at.iter().flat_map(|path| paths::at(record, call.call, path)).collect();
    let ids: BTreeSet<String> = named.iter().filter_map(|text| (records.id)(text)).collect();
    let is_part = |text: &String| records.parts.iter().any(|part| text.starts_with(part));
    let unknown_part = named.iter().any(is_part);
    if call.others || unknown_part {
        // Whoever is named is meant, and others may be.
        return Some(Target { kind, ids: None, does });
    }
    if !ids.is_empty() {
        return Some(Target { kind, ids: Some(ids), does });
    }
    // Names of something else only: with tags, the resource of another kind. Otherwise a shape that
    // no path knows.
    let is_anothers = !named.is_empty() && tags_anything(&call);
    (!is_anothers).then_some(Target { kind, ids: None, does })
}

/// Whether the call tags resources of all kinds of its service.
fn tags_anything(call: &Recorded) -> bool {
    call.call.contains("Tag")
}
