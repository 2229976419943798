//! Events in runs: how they arrive, or do not, and what a run must never conclude from them.
//!
//! Convergence does not depend on events, so a run with them is judged like one without; and
//! whatever is in the queue, nobody is named for sure who did not do it.

use std::{collections::BTreeMap, time::Duration};

use palisade::{
    engine::Drift,
    events::{By, Confidence},
    settings::{EventQueue, Settings},
    simulator::{Events, Simulator, World, monitor::Violation},
};
use serde_json::Value;

use super::{
    faults::{self, Mishap},
    hands,
    prepare::Prepared,
    run::Setup,
};

/// The name of the queues.
const QUEUE: &str = "palisade-events";

/// How events arrive in a run.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub name: &'static str,
    pub events: Events,
    /// Whether the queue holds messages that nobody understands.
    pub odd: bool,
    /// Whether there is a queue at all.
    pub queue: bool,
    /// Whether the first deletion of messages fails in part.
    pub undeletable: bool,
}

impl Arrival {
    fn new(name: &'static str, events: Events) -> Self {
        let events = Events { on: true, ..events };
        Self { name, events, odd: false, queue: true, undeletable: false }
    }

    /// Whether messages name callers who did nothing.
    fn is_forged(&self) -> bool {
        self.events.forged || self.events.flood > 0
    }

    /// Makes it so in a world.
    pub fn begin(&self, world: &mut World) {
        world.options.events = self.events.clone();
        world.sqs.fail_delete = self.undeletable;
        if !self.queue {
            return;
        }
        for place in [(hands::ML, hands::REGION), (hands::ORG, "us-east-1")] {
            let url = world.sqs.create(place, QUEUE);
            let deep = "[".repeat(100_000);
            for body in ["", "null", "[]", "{\"detail\": {}}", &deep] {
                if self.odd {
                    world.post(&url, body);
                }
            }
        }
    }
}

/// The settings with the queue of each scope.
pub fn listening(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    for scope in settings.scopes.values_mut() {
        let region = scope.region.clone().unwrap_or_else(|| hands::REGION.to_owned());
        let account = scope.account.clone().unwrap_or_else(|| hands::ML.to_owned());
        let queue_url = format!("https://sqs.{region}.amazonaws.com/{account}/{QUEUE}");
        scope.events = Some(EventQueue { queue_url, region, heartbeat: None });
    }
    settings
}

/// All of them.
pub fn arrivals() -> Vec<Arrival> {
    let with = |name, change: fn(&mut Events)| {
        let mut events = Events::default();
        change(&mut events);
        Arrival::new(name, events)
    };
    let worst = with("everything", |events| {
        *events = Events {
            delay: Duration::from_secs(40),
            lost_every: 3,
            twice: true,
            reversed: true,
            forged: true,
            foreign: true,
            flood: 5,
            ..Events::default()
        };
    });
    let punctual = with("punctual", |_| {});
    vec![
        with("late", |events| events.delay = Duration::from_secs(90)),
        with("very-late", |events| events.delay = Duration::from_mins(12)),
        with("lost", |events| events.lost = true),
        with("half-lost", |events| events.lost_every = 2),
        with("twice", |events| events.twice = true),
        with("reversed", |events| (events.reversed, events.delay) = (true, Duration::from_secs(5))),
        with("truncated", |events| events.truncated = true),
        with("forged", |events| events.forged = true),
        with("only-forged", |events| (events.forged, events.lost) = (true, true)),
        with("foreign", |events| events.foreign = true),
        with("flood", |events| events.flood = 100),
        Arrival { name: "odd", odd: true, ..punctual.clone() },
        Arrival { name: "undeletable", undeletable: true, ..punctual.clone() },
        Arrival { name: "no-queue", queue: false, ..punctual.clone() },
        Arrival { odd: true, undeletable: true, ..worst },
        punctual,
    ]
}

/// Every way of arriving once without another fault, and with every `nth` of the faults that can
/// strike a call, in turn.
pub fn mishaps(prepared: &Prepared, nth: usize) -> Vec<Mishap> {
    let arrivals = arrivals();
    let named = |arrival: &Arrival, mishap: Mishap| {
        let label = format!("events-{}+{}", arrival.name, mishap.label);
        let setup = Setup { arrival: Some(arrival.clone()), ..mishap.setup };
        Mishap { label, setup }
    };
    let plain = || Mishap { label: "nothing".to_owned(), setup: Setup::default() };
    let alone = arrivals.iter().map(|arrival| named(arrival, plain()));
    let others = faults::singles(prepared).into_iter().chain(faults::crashes(prepared));
    let others = others.step_by(nth.max(1));
    let both = others.zip(arrivals.iter().cycle()).map(|(mishap, it)| named(it, mishap));
    alone.chain(both).collect()
}

/// Whom a run has named for its drifts.
#[derive(Debug, Default)]
pub struct Named(BTreeMap<u64, By>);

impl Named {
    /// Notes who is named from now on.
    pub fn note(&mut self, drifts: &[Drift]) {
        let named = drifts.iter().filter_map(|drift| Some((drift.number, drift.by.clone()?)));
        self.0.extend(named);
    }

    /// N1: who is named with certainty made that call by hand; and where nobody makes up events,
    /// so did whoever is named as likely.
    pub fn judge(&self, arrival: &Arrival, simulator: &Simulator) -> Vec<Violation> {
        let least = if arrival.is_forged() { Confidence::Exact } else { Confidence::Likely };
        let surely = self.0.values().filter(|by| by.confidence >= least);
        let records: Vec<Value> =
            simulator.with(|world| world.cloudtrail.records().cloned().collect());
        let is_true = |by: &&By| {
            let record = records.iter().find(|record| record["eventID"] == by.event_id.as_str());
            record.is_some_and(|record| is_by_hand(record) && names(record, by))
        };
        let wrong = surely.filter(|by| !is_true(by));
        let what = |by: &By| Violation { rule: "N1", what: format!("wrongly {}", by.words()) };
        wrong.map(what).collect()
    }
}

/// People use the console.
fn is_by_hand(record: &Value) -> bool {
    record["userAgent"] == "Mozilla/5.0"
}

fn names(record: &Value, by: &By) -> bool {
    let role = &record["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"];
    role.as_str() == Some(by.who.principal.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn by(principal: &str, confidence: &str, event: &str) -> By {
        serde_json::from_value(json!({"confidence": confidence, "principalType": "role",
            "principal": principal, "call": "kms:DisableKey", "eventId": event, "at": 1.0}))
        .expect("a caller")
    }

    fn judged(by: By, arrival: &Arrival, simulator: &Simulator) -> usize {
        Named([(1, by)].into()).judge(arrival, simulator).len()
    }

    #[test]
    fn somebody_who_is_blamed_wrongly_breaks_n1() {
        let simulator = Simulator::default();
        let all = arrivals();
        let named = |name: &str| all.iter().find(|it| it.name == name).expect("one of them");
        simulator.with(|world| named("punctual").begin(world));
        let record = simulator.with(|world| {
            hands::call(world, "kms", "CreateKey", &json!({}));
            world.cloudtrail.records().last().cloned().expect("a record")
        });
        let id = record["eventID"].as_str().expect("an id");
        let role = "arn:aws:iam::111122223333:role/administrator";
        let (punctual, forged) = (named("punctual"), named("forged"));
        assert_eq!(judged(by(role, "exact", id), punctual, &simulator), 0);
        assert_eq!(judged(by("user/innocent", "exact", id), punctual, &simulator), 1);
        assert_eq!(judged(by("user/innocent", "likely", id), punctual, &simulator), 1);
        assert_eq!(judged(by("user/innocent", "possible", id), punctual, &simulator), 0);
        assert_eq!(judged(by("user/innocent", "likely", id), forged, &simulator), 0);
        assert_eq!(judged(by(role, "exact", "made-up"), forged, &simulator), 1);
    }
}
