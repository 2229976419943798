//! One message of a queue: parsed, checked, and reduced to what is kept of it.
//!
//! A message is text from outside. It may be forged by whoever can send to the queue, and it may be
//! about another account. Nothing of it is ever a value in a request but the id of the event, which
//! CloudTrail is asked for; and what is not understood is named by its size and digest only, never
//! by its content.

use aws_smithy_types::date_time::{DateTime, Format};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::who::{Who, text};

/// The largest message that SQS carries (API reference, SendMessage).
const MAX_BYTES: usize = 1024 * 1024;
/// How far the clock of the service may be ahead of ours.
const AHEAD: f64 = 300.0;
/// An older event says nothing that full passes have not seen. It is still a hint: that is cheap.
const STALE: f64 = 24.0 * 3600.0;

/// Where the events of a queue come from: anything else in it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The account of the scope.
    pub account: String,
    /// The Region whose events are delivered to the queue.
    pub region: String,
}

/// A call that changed something, or tried to.
#[derive(Debug, Clone)]
pub struct Event {
    /// The service, as in `eventSource` before `.amazonaws.com`.
    pub service: String,
    /// The call.
    pub call: String,
    /// CloudTrail's id of the record.
    pub id: String,
    /// The id of the record that this one corrects (an addendum), if it does.
    pub corrects: Option<String>,
    /// AWS's request id, which the caller got too.
    pub request_id: Option<String>,
    /// When the call was completed, in whole seconds since the epoch.
    pub at: f64,
    /// Whether it is more than a day old.
    pub is_stale: bool,
    /// Who made it.
    pub who: Who,
    /// The error code; such a call changed nothing.
    pub failed: Option<String>,
    /// Whether it only read.
    pub only_reads: bool,
    /// The record, for extracting names. It is dropped after that.
    pub(super) record: Value,
}

/// Why a message is no event of this queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not what EventBridge delivers.
    #[error("not an event of CloudTrail: {0}")]
    Malformed(&'static str),
    /// It is about another account.
    #[error("an event of account {0}")]
    ForeignAccount(String),
    /// It is about another Region.
    #[error("an event of Region {0}")]
    ForeignRegion(String),
    /// Another sort of event, which says nothing about a call.
    #[error("an event of another sort")]
    OtherSort,
}

impl Event {
    /// The event in the body of a message. `now` is in seconds since the epoch.
    ///
    /// # Errors
    /// The message is no event of this place.
    pub fn parse(body: &str, place: &Place, now: f64) -> Result<Self, Refused> {
        if body.len() > MAX_BYTES {
            return Err(Refused::Malformed("larger than SQS allows"));
        }
        // Deeper than the parser's limit is an error too.
        let mut envelope: Value =
            serde_json::from_str(body).map_err(|_| Refused::Malformed("not JSON"))?;
        check_sort(&envelope)?;
        let record = envelope["detail"].take();
        // Only AWS can put `aws.` events on a bus (EventBridge, PutEvents): the rules ask for them,
        // and a message without it did not come through a rule.
        let service = service_of(&envelope, &record)?;
        check_place(&envelope, &record, place)?;
        Self::of_record(service, record, now)
    }

    /// The event in a record of CloudTrail, as LookupEvents returns it.
    ///
    /// # Errors
    /// The record is no event of this place.
    pub fn of_trail(record: &str, place: &Place, now: f64) -> Result<Self, Refused> {
        let record: Value =
            serde_json::from_str(record).map_err(|_| Refused::Malformed("not JSON"))?;
        let service = source(&record)?.to_owned();
        let recipient = text(&record["recipientAccountId"]);
        if let Some(other) = recipient.filter(|account| *account != place.account) {
            return Err(Refused::ForeignAccount(other));
        }
        Self::of_record(service, record, now)
    }

    fn of_record(service: String, record: Value, now: f64) -> Result<Self, Refused> {
        let known = ["AwsApiCall", "AwsServiceEvent", "AwsConsoleAction"];
        if !record["eventType"].as_str().is_some_and(|sort| known.contains(&sort)) {
            return Err(Refused::OtherSort);
        }
        let (Some(call), Some(id)) = (text(&record["eventName"]), text(&record["eventID"])) else {
            return Err(Refused::Malformed("without a name or an id"));
        };
        let at = record["eventTime"].as_str().and_then(seconds);
        let at = at.ok_or(Refused::Malformed("without a time"))?;
        if at > now + AHEAD {
            return Err(Refused::Malformed("from the future"));
        }
        Ok(Self {
            service,
            call,
            id,
            corrects: text(&record["addendum"]["originalEventID"]),
            request_id: text(&record["requestID"]),
            at,
            is_stale: now - at > STALE,
            who: Who::of(&record),
            failed: text(&record["errorCode"]),
            only_reads: record["readOnly"] == true || record["managementEvent"] == false,
            record,
        })
    }

    /// The call as IAM names it.
    pub fn action(&self) -> String {
        format!("{}:{}", self.service, self.call)
    }
}

fn check_sort(envelope: &Value) -> Result<(), Refused> {
    if !envelope["detail"].is_object() {
        return Err(Refused::Malformed("without a record"));
    }
    match envelope["detail-type"].as_str() {
        // China's documentation writes Amazon for AWS.
        Some(
            "AWS API Call via CloudTrail"
            | "Amazon API Call via CloudTrail"
            | "AWS Service Event via CloudTrail"
            | "Amazon Service Event via CloudTrail"
            | "AWS Console Action via CloudTrail"
            | "Amazon Console Action via CloudTrail",
        ) => Ok(()),
        Some(_) => Err(Refused::OtherSort),
        None => Err(Refused::Malformed("without a sort")),
    }
}

fn service_of(envelope: &Value, record: &Value) -> Result<String, Refused> {
    let source = source(record)?;
    let sent = envelope["source"].as_str().and_then(|it| it.strip_prefix("aws."));
    if sent != Some(source) {
        return Err(Refused::Malformed("its source is not AWS"));
    }
    Ok(source.to_owned())
}

fn source(record: &Value) -> Result<&str, Refused> {
    let plain = |it: &&str| it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    let source = record["eventSource"].as_str().and_then(|it| it.strip_suffix(".amazonaws.com"));
    source.filter(plain).ok_or(Refused::Malformed("without a service"))
}

fn check_place(envelope: &Value, record: &Value, place: &Place) -> Result<(), Refused> {
    let of = |value: &Value| text(value).ok_or(Refused::Malformed("without an account or Region"));
    for account in [of(&envelope["account"])?, of(&record["recipientAccountId"])?] {
        if account != place.account {
            return Err(Refused::ForeignAccount(account));
        }
    }
    for region in [of(&envelope["region"])?, of(&record["awsRegion"])?] {
        if region != place.region {
            return Err(Refused::ForeignRegion(region));
        }
    }
    Ok(())
}

fn seconds(text: &str) -> Option<f64> {
    DateTime::from_str(text, Format::DateTime).ok().map(|at| at.as_secs_f64())
}

/// What may be logged of a message that is not understood.
pub fn digest(body: &str) -> String {
    let digest = hex::encode(Sha256::digest(body.as_bytes()));
    format!("{} bytes, SHA-256 {}", body.len(), &digest[..16])
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in crate::events) const NOW: f64 = 1_767_225_614.0;

    pub(in crate::events) fn place() -> Place {
        Place { account: "111122223333".into(), region: "eu-west-1".into() }
    }

    /// The envelope of the EventBridge user guide around a record.
    pub(in crate::events) fn envelope(service: &str, call: &str, record: &Value) -> Value {
        let mut detail = json!({
            "eventVersion": "1.11", "eventTime": "2026-01-01T00:00:00Z",
            "eventSource": format!("{service}.amazonaws.com"), "eventName": call,
            "awsRegion": "eu-west-1", "sourceIPAddress": "192.0.2.7", "userAgent": "aws-cli/2.31",
            "requestID": "11111111-1111-4111-8111-111111111111",
            "eventID": "22222222-2222-4222-8222-222222222222", "readOnly": false,
            "eventType": "AwsApiCall", "managementEvent": true,
            "recipientAccountId": "111122223333", "eventCategory": "Management",
            "userIdentity": {"type": "IAMUser", "userName": "ann", "accountId": "111122223333",
                "arn": "arn:aws:iam::111122223333:user/ann", "accessKeyId": "AKIAEXAMPLE"},
        });
        for (member, value) in record.as_object().unwrap() {
            detail[member] = value.clone();
        }
        json!({"version": "0", "id": "33333333-3333-4333-8333-333333333333",
            "detail-type": "AWS API Call via CloudTrail", "source": format!("aws.{service}"),
            "account": "111122223333", "time": "2026-01-01T00:00:14Z", "region": "eu-west-1",
            "resources": [], "detail": detail})
    }

    pub(in crate::events) fn event(service: &str, call: &str, record: &Value) -> Event {
        Event::parse(&envelope(service, call, record).to_string(), &place(), NOW).unwrap()
    }

    #[test]
    fn the_envelope_of_the_user_guide_is_understood() {
        let event = event("ec2", "AuthorizeSecurityGroupIngress", &json!({}));
        assert_eq!(event.action(), "ec2:AuthorizeSecurityGroupIngress");
        assert_eq!(event.at, NOW - 14.0);
        assert_eq!(event.who.principal, "user/ann");
        assert_eq!(event.request_id.as_deref(), Some("11111111-1111-4111-8111-111111111111"));
        assert!(!event.is_stale && !event.only_reads && event.failed.is_none());
    }

    #[test]
    fn what_is_no_event_of_this_place_is_refused_with_the_reason() {
        let good = envelope("ec2", "CreateTags", &json!({}));
        let with = |pointer: &str, value: Value| {
            let mut changed = good.clone();
            *changed.pointer_mut(pointer).unwrap() = value;
            Event::parse(&changed.to_string(), &place(), NOW).map(|event| event.call)
        };
        let malformed = Refused::Malformed;
        for (pointer, value, refused) in [
            ("/account", json!("999988887777"), Refused::ForeignAccount("999988887777".into())),
            ("/detail/recipientAccountId", json!("9"), Refused::ForeignAccount("9".into())),
            ("/region", json!("us-east-1"), Refused::ForeignRegion("us-east-1".into())),
            ("/detail/awsRegion", json!("us-east-1"), Refused::ForeignRegion("us-east-1".into())),
            ("/source", json!("my.app"), malformed("its source is not AWS")),
            ("/source", json!("aws.kms"), malformed("its source is not AWS")),
            ("/source", json!(null), malformed("its source is not AWS")),
            ("/detail/eventSource", json!("evil.example"), malformed("without a service")),
            ("/detail-type", json!("AWS Insight via CloudTrail"), Refused::OtherSort),
            ("/detail-type", json!(7), malformed("without a sort")),
            ("/detail", json!([]), malformed("without a record")),
            ("/detail/eventType", json!("AwsConsoleSignIn"), Refused::OtherSort),
            ("/detail/eventID", json!(""), malformed("without a name or an id")),
            ("/detail/eventTime", json!("yesterday"), malformed("without a time")),
            ("/detail/eventTime", json!("2027-01-01T00:00:00Z"), malformed("from the future")),
        ] {
            assert_eq!(with(pointer, value), Err(refused), "{pointer}");
        }
        let chinese = with("/detail-type", json!("Amazon API Call via CloudTrail"));
        assert_eq!(chinese.as_deref(), Ok("CreateTags"));
    }

    #[test]
    fn texts_that_are_no_events_are_refused_and_never_panic() {
        for body in ["", "null", "[]", "{", "\"", "{}", "{\"detail\": {}}", &"[".repeat(100_000)] {
            assert!(
                matches!(Event::parse(body, &place(), NOW), Err(Refused::Malformed(_))),
                "{}",
                digest(body)
            );
        }
        let large = format!("\"{}\"", "a".repeat(MAX_BYTES));
        let refused = Event::parse(&large, &place(), NOW).unwrap_err();
        assert_eq!(refused, Refused::Malformed("larger than SQS allows"));
    }

    #[test]
    fn an_event_of_another_day_is_stale() {
        let old = event("ec2", "CreateTags", &json!({"eventTime": "2025-12-30T23:00:00Z"}));
        assert!(old.is_stale);
    }

    #[test]
    fn the_digest_says_nothing_of_the_content() {
        assert_eq!(digest("secret"), "6 bytes, SHA-256 2bb80d537b1da3e3");
    }
}
