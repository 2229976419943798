//! Who is named, over every call of which a kind says what it changes. The records are in
//! `samples.jsonl`, written by `tests/events/records.py` from the models of AWS's APIs and the
//! facts about CloudTrail's forms, and not by the simulator.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    message::tests::{NOW, envelope, place},
    *,
};
use crate::kinds;

/// An event may come as late as this, in seconds.
const LATEST: f64 = 15.0 * 60.0;

#[derive(Debug, Clone, Deserialize)]
struct Sample {
    kind: String,
    service: String,
    call: String,
    /// The resource, as palisade knows it.
    id: String,
    record: Value,
}

/// One of each call of each kind. Policies of the organization are of several types, which no
/// record tells apart: the samples are of one of them.
fn samples() -> Vec<Sample> {
    let lines = include_str!("samples.jsonl").lines();
    let mut all: Vec<Sample> =
        lines.map(|line| serde_json::from_str(line).expect("a sample")).collect();
    let types: BTreeMap<String, String> = all
        .iter()
        .filter(|it| it.kind.contains("::"))
        .map(|it| (it.kind.clone(), it.id.clone()))
        .collect();
    for (kind, id) in types {
        for call in ["CreateResource", "UpdateResource", "DeleteResource"] {
            let sent = json!({"typeName": kind, "identifier": id, "patchDocument": "HIDDEN"});
            let answer = json!({"progressEvent": {"typeName": kind, "identifier": id}});
            all.push(Sample {
                kind: kind.clone(),
                service: "cloudcontrolapi".to_owned(),
                call: call.to_owned(),
                id: id.clone(),
                record: json!({"requestParameters": sent, "responseElements": answer}),
            });
        }
    }
    all
}

fn hub() -> Hub {
    let places = [("prod".to_owned(), place())].into();
    Hub::new(Catalogue::of(&kinds::registry()), Own::default(), places)
}

fn message(sample: &Sample, user: &str, id: &str) -> Value {
    let mut record = sample.record.clone();
    record["userIdentity"] = json!({"type": "IAMUser", "userName": user});
    (record["eventID"], record["requestID"]) = (id.into(), format!("r-{id}").into());
    envelope(&sample.service, &sample.call, &record)
}

/// What would undo the call.
fn keys(does: Option<Does>) -> BTreeSet<String> {
    let key = match does {
        Some(Does::Create) => "delete",
        Some(Does::Delete) => "create",
        Some(Does::Edit(texts)) => texts.iter().find(|it| !it.is_empty()).unwrap_or(&"something"),
        None => "something",
    };
    [key.to_owned()].into()
}

fn question(sample: &Sample, catalogue: &Catalogue) -> Question {
    let event = Event::parse(&message(sample, "ann", "1").to_string(), &place(), NOW);
    let targets = catalogue.targets(&event.expect("an event"));
    let target = targets.into_iter().find(|it| it.kind == sample.kind);
    Question {
        drift: 1,
        scope: "prod".to_owned(),
        kind: sample.kind.clone(),
        id: Some(sample.id.clone()),
        keys: keys(target.and_then(|it| it.does)),
        since: NOW - 60.0,
        until: NOW,
    }
}

#[test]
fn every_call_of_every_kind_has_a_sample() {
    let samples = samples();
    let of: BTreeSet<(&str, String)> = samples
        .iter()
        .map(|it| (it.kind.as_str(), format!("{}:{}", it.service, it.call)))
        .collect();
    let known: BTreeSet<&str> = samples.iter().map(|it| it.kind.as_str()).collect();
    let registry = kinds::registry();
    let mut missing = Vec::new();
    for kind in registry.iter() {
        let name = kind.profile().name;
        let Some(records) = kind.operations().records else { continue };
        if !known.contains(name) {
            let same = records.calls.iter().all(|call| call.service == "organizations");
            assert!(same, "{name} has no sample, and is no policy of the organization");
            continue;
        }
        let calls = records.calls.iter().map(|call| format!("{}:{}", call.service, call.call));
        missing.extend(calls.filter(|call| !of.contains(&(name, call.clone()))));
    }
    assert_eq!(missing, [""; 0]);
}

/// The drift was noticed first; the event comes a quarter of an hour later.
#[test]
fn whoever_made_a_call_is_named_and_nobody_else() {
    let catalogue = Catalogue::of(&kinds::registry());
    let mut rows: BTreeMap<String, [u32; 3]> = BTreeMap::new();
    let mut nobody = Vec::new();
    for sample in samples() {
        let (hub, asked) = (hub(), question(&sample, &catalogue));
        assert_eq!(hub.cause(&asked), None);
        let body = message(&sample, "ann", "1").to_string();
        hub.receive("prod", &body, Instant::now(), NOW + LATEST - 14.0);
        let row = rows.entry(sample.kind.clone()).or_default();
        match hub.cause(&asked) {
            Some(by) => {
                assert_eq!(by.who.principal, "user/ann");
                row[usize::from(by.confidence == Confidence::Possible)] += 1;
            }
            None => {
                row[2] += 1;
                nobody.push(format!("{} {}:{}", sample.kind, sample.service, sample.call));
            }
        }
    }
    let mut table = format!("{:<40}  likely  possible  nobody\n", "kind");
    let mut sum = [0; 3];
    for (kind, row) in rows.iter().map(|(kind, row)| (kind.as_str(), *row)) {
        sum = [0, 1, 2].map(|at| sum[at] + row[at]);
        writeln!(table, "{kind:<40}  {:>6}  {:>8}  {:>6}", row[0], row[1], row[2]).unwrap();
    }
    writeln!(table, "{:<40}  {:>6}  {:>8}  {:>6}", "all", sum[0], sum[1], sum[2]).unwrap();
    assert!(nobody.len() * 100 <= sum.iter().sum::<u32>() as usize, "{nobody:?}");
    insta::assert_snapshot!(table);
}

/// Whatever else is in the queue, who is named with certainty is who CloudTrail itself names.
#[test]
fn with_forged_messages_nobody_is_wrongly_named_for_sure() {
    let catalogue = Catalogue::of(&kinds::registry());
    let mut exact = 0;
    for sample in samples() {
        let (hub, asked) = (hub(), question(&sample, &catalogue));
        // One in the name of an innocent one, and one under the id of the true record.
        for id in ["forged", "1"] {
            let body = message(&sample, "innocent", id).to_string();
            hub.receive("prod", &body, Instant::now(), NOW);
            let by = hub.cause(&asked);
            assert!(by.is_none_or(|by| by.confidence < Confidence::Exact), "{sample:?}");
        }
        let record = message(&sample, "ann", "1")["detail"].to_string();
        hub.confirm("prod", &record, NOW);
        let by = hub.cause(&asked).expect("somebody is named");
        if by.confidence == Confidence::Exact {
            assert_eq!(by.who.principal, "user/ann", "{sample:?}");
            exact += 1;
        }
    }
    assert!(exact > 300, "{exact}");
}
