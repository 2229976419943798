//! The messages that come of a record, true ones and others.

use serde_json::{Value, json};

use super::time;
use crate::simulator::events::{Events, FORGED};

/// The account of events that do not belong into the queue.
const ANOTHER: &str = "000000000000";

/// What arrives because of a record, the `number`th of this world; `delivery` is EventBridge's id.
pub(crate) fn messages(
    record: &Value,
    delivery: &str,
    events: &Events,
    (number, now): (u64, f64),
) -> Vec<String> {
    let event = |record: &Value| envelope(record, delivery, now).to_string();
    let is_lost = events.lost || events.lost_every > 0 && number.is_multiple_of(events.lost_every);
    let times = if is_lost { 0 } else { 1 + usize::from(events.twice) };
    let mut messages = vec![event(record); times];
    if events.foreign {
        let mut foreign = record.clone();
        foreign["recipientAccountId"] = ANOTHER.into();
        messages.push(event(&foreign));
    }
    let made_up = u32::from(events.forged) + events.flood;
    messages.extend((0..made_up).map(|copy| event(&forged(record, copy))));
    messages
}

/// The record as somebody would write it who wants to blame somebody else.
fn forged(record: &Value, copy: u32) -> Value {
    let mut forged = record.clone();
    for member in ["eventID", "requestID"] {
        let id = record[member].as_str().unwrap_or_default();
        forged[member] = format!("{id}-made-up-{copy}").into();
    }
    forged["userIdentity"] = json!({"type": "IAMUser", "userName": FORGED});
    forged
}

/// What EventBridge delivers.
fn envelope(record: &Value, id: &str, now: f64) -> Value {
    let service = record["eventSource"].as_str().unwrap_or_default();
    let service = service.trim_end_matches(".amazonaws.com");
    json!({
        "version": "0",
        "id": id,
        "detail-type": "AWS API Call via CloudTrail",
        "source": format!("aws.{service}"),
        "account": record["recipientAccountId"],
        "time": time(now),
        "region": record["awsRegion"],
        "resources": [],
        "detail": record,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(events: &Events, number: u64) -> Vec<Value> {
        let record = json!({"eventSource": "ec2.amazonaws.com", "eventID": "e", "requestID": "r",
            "recipientAccountId": "111122223333", "userIdentity": {"userName": "ann"}});
        let sent = messages(&record, "d", events, (number, 0.0));
        sent.iter().map(|it| serde_json::from_str(it).unwrap()).collect()
    }

    #[test]
    fn events_come_as_the_world_says() {
        let plain = Events::default();
        assert_eq!(sent(&plain, 1).len(), 1);
        assert_eq!(sent(&Events { lost: true, ..plain.clone() }, 1), [json!(null); 0]);
        let half = Events { lost_every: 2, ..plain.clone() };
        assert_eq!([1, 2, 3].map(|number| sent(&half, number).len()), [1, 0, 1]);
        let twice = sent(&Events { twice: true, ..plain.clone() }, 1);
        assert_eq!(twice[0], twice[1]);
        let foreign = sent(&Events { foreign: true, ..plain.clone() }, 1);
        assert_eq!(foreign[1]["account"], ANOTHER);
        let others = sent(&Events { forged: true, flood: 3, lost: true, ..plain }, 1);
        let ids: Vec<&str> =
            others.iter().map(|it| it["detail"]["eventID"].as_str().unwrap()).collect();
        assert_eq!(ids, ["e-made-up-0", "e-made-up-1", "e-made-up-2", "e-made-up-3"]);
        assert!(others.iter().all(|it| it["detail"]["userIdentity"]["userName"] == FORGED));
    }
}
