//! Which kinds an event is about, and which of their resources.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    message::Event,
    paths,
    recorded::{Does, Recorded, Records, TAGS},
};
use crate::{kind::erased::Registry, operations};

/// The longest names that are kept of one message, in bytes together: a message with more is about
/// the whole kind. A hundred ids of EC2 are two thousand bytes.
const MOST_BYTES: usize = 16 * 1024;

/// Services that record their calls in one Region, that of the partition which is named here
/// (CloudTrail user guide, "Global service events"; Cost Explorer has one endpoint only).
const GLOBAL: [&str; 4] = ["account", "ce", "iam", "organizations"];

/// Calls about resources of any type of CloudFormation's registry, each recorded in addition to
/// those of the service that its handlers call (Cloud Control API user guide, "Logging API calls";
/// Resource Groups Tagging API). They prove nothing about the events of the service.
const OF_ANY_TYPE: [Recorded; 5] = [
    Recorded::creates(
        CLOUD_CONTROL,
        "CreateResource",
        &["responseElements/progressEvent/identifier"],
    ),
    Recorded::edits(CLOUD_CONTROL, "UpdateResource", IDENTIFIER, &[""]),
    Recorded::deletes(CLOUD_CONTROL, "DeleteResource", IDENTIFIER),
    Recorded::edits(TAGGING, "TagResources", &["requestParameters/resourceARNList"], TAGS),
    Recorded::edits(TAGGING, "UntagResources", &["requestParameters/resourceARNList"], TAGS),
];
const CLOUD_CONTROL: &str = "cloudcontrolapi";
const TAGGING: &str = "tagging";
const IDENTIFIER: &[&str] = &["requestParameters/identifier"];
/// Where a call of Cloud Control names the type, which is the kind's name.
const TYPE: &str = "requestParameters/typeName";

/// What all kinds say about records.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// By service and call, in lower case: the case of a service's name differs.
    calls: BTreeMap<(String, String), Vec<Row>>,
    /// The kinds all of whose resources are covered, each with the form of its names.
    covered: BTreeMap<&'static str, fn(&str) -> Option<String>>,
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
            catalogue.covered.insert(name, records.id);
            // A type of the registry.
            let of_type = OF_ANY_TYPE.iter().filter(|_| name.contains("::"));
            for call in records.calls.iter().chain(of_type) {
                let row = Row { kind: name, records: Some((records, *call)) };
                catalogue.add(call.service, call.call, row);
            }
        }
        for row in operations::all().filter(|row| row.is_mutating()) {
            let Some(kind) = row.kind.filter(|kind| !catalogue.covered.contains_key(kind)) else {
                continue;
            };
            catalogue.add(event_source(row.service), row.name, Row { kind, records: None });
        }
        catalogue
    }

    fn add(&mut self, service: &str, call: &str, row: Row) {
        let rows = self.calls.entry(key(service, call)).or_default();
        if rows.iter().all(|other| other.kind != row.kind) {
            rows.push(row);
        }
    }

    /// Whether the events of a Region say when a resource of this kind changes.
    pub fn covers(&self, kind: &str, region: &str) -> bool {
        let here = |service: &String| {
            !GLOBAL.contains(&service.as_str()) || is_home_of_global_services(region)
        };
        self.covered.contains_key(kind) && self.services(kind).iter().all(here)
    }

    /// The services of the calls that change a kind's resources.
    pub fn services(&self, kind: &str) -> BTreeSet<String> {
        let with = |rows: &Vec<Row>| rows.iter().any(|it| it.kind == kind && it.records.is_some());
        let calls =
            self.calls.iter().filter(|((service, _), rows)| !is_of_any_type(service) && with(rows));
        calls.map(|((service, _), _)| service.clone()).collect()
    }

    /// Whether some kind says what this call (as IAM names it) changes.
    pub fn knows(&self, action: &str) -> bool {
        let (service, call) = action.split_once(':').unwrap_or_default();
        self.calls
            .get(&key(event_source(service), call))
            .is_some_and(|rows| rows.iter().any(|row| row.records.is_some()))
    }

    /// Whether the event of an own call must come into the queue of a Region. That of a call about
    /// resources of any type may not be delivered, and global services record theirs elsewhere.
    pub(super) fn awaits(&self, action: &str, region: &str) -> bool {
        let service = event_source(action.split(':').next().unwrap_or_default());
        let here = !GLOBAL.contains(&service) || is_home_of_global_services(region);
        here && !is_of_any_type(service) && self.knows(action)
    }

    /// A resource of a kind as records name it; its id where they do not name it otherwise.
    pub fn name_of(&self, kind: &str, id: &str) -> String {
        self.covered.get(kind).and_then(|name| name(id)).unwrap_or_else(|| id.to_owned())
    }

    /// What an event is about; nothing if it concerns no kind.
    pub fn targets(&self, event: &Event) -> Vec<Target> {
        let rows = self.calls.get(&key(&event.service, &event.call));
        rows.into_iter().flatten().filter_map(|row| target(row, event)).collect()
    }
}

fn is_of_any_type(service: &str) -> bool {
    [CLOUD_CONTROL, TAGGING].contains(&service)
}

/// The service in `eventSource`, where the SDK (in lower case, without spaces) names it otherwise.
pub(super) fn event_source(service: &str) -> &str {
    match service {
        "cloudcontrol" => CLOUD_CONTROL,
        "configservice" => "config",
        "resourcegroupstaggingapi" => TAGGING,
        "s3control" => "s3",
        "ssoadmin" => "sso",
        other => other,
    }
}

/// Where a service records the calls that concern a Region.
pub(super) fn recorded_in<'r>(service: &str, region: &'r str) -> &'r str {
    if !GLOBAL.contains(&service) {
        return region;
    }
    match region.split('-').next() {
        Some("cn") => "cn-north-1",
        Some("us") if region.starts_with("us-gov-") => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// Whether the global services of some partition record their calls there.
fn is_home_of_global_services(region: &str) -> bool {
    matches!(region, "us-east-1" | "cn-north-1" | "us-gov-west-1")
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
    let of_type = |kind: &str| paths::at(record, call.call, TYPE).iter().all(|it| it == kind);
    if call.service == CLOUD_CONTROL && !of_type(kind) {
        return None;
    }
    let named: Vec<String> =
        call.at.iter().flat_map(|path| paths::at(record, call.call, path)).collect();
    let failed = call.failed_at.iter().flat_map(|path| paths::at(record, call.call, path));
    let failed: BTreeSet<String> = failed.filter_map(|text| (records.id)(&text)).collect();
    let all: BTreeSet<String> = named.iter().filter_map(|text| (records.id)(text)).collect();
    let ids: BTreeSet<String> = all.difference(&failed).cloned().collect();
    if ids.is_empty() && !all.is_empty() {
        return None;
    }
    let is_part = |text: &String| records.parts.iter().any(|part| text.starts_with(part));
    let unknown_part = named.iter().any(is_part);
    let is_long = ids.iter().map(String::len).sum::<usize>() > MOST_BYTES;
    if call.others || unknown_part || is_long {
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
    call.call.to_ascii_lowercase().contains("tag")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::message::tests::event, *};
    use crate::kinds;

    fn catalogue() -> Catalogue {
        Catalogue::of(&kinds::registry())
    }

    fn ids_of(call: &str, record: &serde_json::Value) -> Vec<Option<usize>> {
        let targets = catalogue().targets(&event("ec2", call, record));
        targets.into_iter().map(|target| target.ids.map(|ids| ids.len())).collect()
    }

    #[test]
    fn a_message_with_very_many_names_is_about_the_whole_kind() {
        let with = |count: usize| {
            let items: Vec<_> =
                (0..count).map(|n| json!({"resourceId": format!("sg-{n:017x}")})).collect();
            ids_of("CreateTags", &json!({"requestParameters": {"resourcesSet": {"items": items}}}))
        };
        assert!(with(800).contains(&Some(800)), "16,000 bytes");
        assert!(with(900).iter().all(Option::is_none), "18,000 bytes");
    }

    #[test]
    fn what_a_call_failed_for_was_not_changed() {
        let deleted = |failed: serde_json::Value| {
            let ids = json!([{"tag": 1, "content": "vpce-1"}, {"tag": 2, "content": "vpce-2"}]);
            let targets = catalogue().targets(&event(
                "ec2",
                "DeleteVpcEndpoints",
                &json!({
                    "requestParameters": {"DeleteVpcEndpointsRequest": {"VpcEndpointId": ids}},
                    "responseElements": {"DeleteVpcEndpointsResponse": {"unsuccessful": failed}},
                }),
            ));
            let ids = targets.into_iter().filter_map(|target| target.ids).flatten();
            ids.collect::<Vec<_>>()
        };
        assert_eq!(deleted(json!("")), ["vpce-1", "vpce-2"]);
        let one = json!({"resourceId": "vpce-1", "error": {"code": "DependencyViolation"}});
        let other = json!({"resourceId": "vpce-2"});
        assert_eq!(deleted(json!({"item": one})), ["vpce-2"]);
        assert_eq!(deleted(json!({"item": [one, other]})), [""; 0]);
    }

    #[test]
    fn the_events_of_global_services_are_in_one_region() {
        let (catalogue, registry) = (catalogue(), kinds::registry());
        let names = registry.names().into_iter();
        let covered = names.filter(|kind| catalogue.covered.contains_key(*kind));
        let (mut global, mut regional) = (0, 0);
        for kind in covered {
            let services = catalogue.services(kind);
            let is_global = services.iter().any(|it| GLOBAL.contains(&it.as_str()));
            assert_eq!(catalogue.covers(kind, "eu-west-1"), !is_global, "{kind}");
            assert!(catalogue.covers(kind, "us-east-1"), "{kind}");
            if is_global { global += 1 } else { regional += 1 }
        }
        assert!(global > 0 && regional > 0);
        for (action, here, home) in [
            ("ec2:CreateTags", true, true),
            ("iam:UpdateAccountPasswordPolicy", false, true),
            ("cloudcontrol:UpdateResource", false, false),
            ("ec2:RunInstances", false, false),
        ] {
            assert_eq!(catalogue.awaits(action, "eu-west-1"), here, "{action}");
            assert_eq!(catalogue.awaits(action, "us-east-1"), home, "{action}");
        }
        assert_eq!(recorded_in("ec2", "eu-west-1"), "eu-west-1");
        assert_eq!(recorded_in("iam", "eu-west-1"), "us-east-1");
        assert_eq!(recorded_in("iam", "cn-northwest-1"), "cn-north-1");
        assert_eq!(recorded_in("iam", "us-gov-east-1"), "us-gov-west-1");
    }
}
