//! What palisade did is never blamed on somebody else, and the other way round, in whatever order
//! writes, answers, events and drifts come.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    catalogue::Target,
    evidence::{Confidence, Evidence, Question},
    message::tests::{NOW, event},
    own::Own,
    recorded::Does,
};

const INTERLEAVINGS: u64 = 10_000;
const PALISADE: &str = "arn:aws:sts::111122223333:assumed-role/palisade/palisade";

/// Numbers that look random and are the same every time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// One call that changed a group.
#[derive(Debug, Clone)]
struct Change {
    number: usize,
    /// `None` for palisade itself.
    by: Option<&'static str>,
    group: &'static str,
    /// In seconds after the beginning.
    at: usize,
    /// Whether the answer to palisade's call reached it, with the request id.
    is_answered: bool,
}

/// What happens, one after the other.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The answer to this change reaches palisade.
    Answer(usize),
    /// Its event arrives.
    Event(usize),
}

fn changes(random: &mut Random) -> Vec<Change> {
    let mut at = 10;
    (0..2 + random.below(5))
        .map(|number| {
            at += random.below(20);
            Change {
                number,
                by: [None, None, Some("ann"), Some("bob")][random.below(4)],
                group: ["sg-1", "sg-2"][random.below(2)],
                at,
                is_answered: random.below(8) > 0,
            }
        })
        .collect()
}

/// Answers and events in any order; events may be lost, or come twice.
fn steps(changes: &[Change], random: &mut Random) -> Vec<Step> {
    let mut steps = Vec::new();
    for Change { number, by, is_answered, .. } in changes {
        if by.is_none() && *is_answered {
            steps.push(Step::Answer(*number));
        }
        for _ in 0..[0, 1, 1, 1, 2][random.below(5)] {
            steps.push(Step::Event(*number));
        }
    }
    for at in (1..steps.len()).rev() {
        steps.swap(at, random.below(at + 1));
    }
    steps
}

fn seconds(at: usize) -> f64 {
    NOW - 200.0 + f64::from(u32::try_from(at).unwrap())
}

fn note(evidence: &mut Evidence, change: &Change) {
    let identity = match change.by {
        Some(name) => json!({"type": "IAMUser", "userName": name, "accountId": "111122223333",
            "arn": format!("arn:aws:iam::111122223333:user/{name}")}),
        None => json!({"type": "AssumedRole", "arn": PALISADE, "accountId": "111122223333",
            "sessionContext": {"sessionIssuer":
                {"arn": "arn:aws:iam::111122223333:role/palisade"}}}),
    };
    let mut event = event(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        &json!({"userIdentity": identity, "eventID": format!("e-{}", change.number),
            "requestID": format!("r-{}", change.number)}),
    );
    event.at = seconds(change.at);
    let ids = Some([change.group.to_owned()].into());
    let target = Target { kind: "SecurityGroup", ids, does: Some(Does::Edit(&["ingress"])) };
    evidence.note("prod", &event, vec![target], false);
}

/// The drifts that palisade notices, one for each change that is not its own; and ones that its own
/// changes look like, as when a read was older than the write.
fn question(change: &Change) -> Question {
    Question {
        drift: change.number as u64,
        scope: "prod".into(),
        kind: "SecurityGroup".into(),
        id: Some(change.group.to_owned()),
        keys: ["revoke ingress tcp 22".to_owned()].into(),
        since: seconds(change.at) - 60.0,
        until: seconds(change.at) + 5.0,
    }
}

/// The others who changed the group in the time that a question is about.
fn others(changes: &[Change], asked: &Question) -> BTreeSet<String> {
    let in_time = |it: &&Change| {
        let at = seconds(it.at);
        Some(it.group) == asked.id.as_deref() && at >= asked.since && at <= asked.until
    };
    let by = changes.iter().filter(in_time).filter_map(|it| it.by);
    by.map(|name| format!("user/{name}")).collect()
}

#[test]
fn palisades_writes_and_those_of_others_are_told_apart_in_every_order() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut named = 0;
    for round in 0..INTERLEAVINGS {
        let changes = changes(&mut random);
        let (own, mut evidence) = (Own::default(), Evidence::default());
        own.identify("prod", PALISADE, seconds(0));
        let mut answered = BTreeSet::new();
        for step in steps(&changes, &mut random) {
            match step {
                Step::Answer(number) => {
                    let id = format!("r-{number}");
                    own.note("prod", "EC2", "AuthorizeSecurityGroupIngress", &id);
                    answered.insert(format!("e-{number}"));
                }
                Step::Event(number) => note(&mut evidence, &changes[number]),
            }
            // Only an event whose answer has not come yet is in doubt.
            for asked in changes.iter().map(question) {
                let Some(by) = evidence.answer(&asked, &own) else { continue };
                let others = others(&changes, &asked);
                let what = || format!("round {round}: {by:?} for {asked:?} of {changes:#?}");
                assert!(!answered.contains(&by.event_id), "its own call: {}", what());
                if by.who.principal.ends_with(":role/palisade") {
                    assert_eq!(by.confidence, Confidence::Possible, "{}", what());
                } else {
                    assert!(others.contains(&by.who.principal), "an innocent one: {}", what());
                    named += 1;
                }
            }
        }
    }
    assert!(named > INTERLEAVINGS, "authors are named at all: {named}");
}
