//! CloudTrail's records of calls, as the user guide and real records have them, and how they are
//! delivered.

mod call;
mod deliver;
mod render;

use aws_smithy_types::date_time::{DateTime, Format};
use serde_json::{Value, json};

use self::render::{elements, parameters};
pub(crate) use self::{call::Recorded, deliver::messages};
use super::{
    events::Events,
    service::{Caller, partition},
};

impl Recorded<'_> {
    /// The record.
    pub(crate) fn record(&self, events: &Events) -> Value {
        let Caller { account, region, .. } = self.caller;
        let (parameters, elements) = if events.truncated {
            (Value::Null, Value::Null)
        } else {
            (parameters(self), elements(self))
        };
        let by_hand = events.hands.clone().filter(|_| !self.wired);
        let agent = if self.wired { "aws-sdk-rust/1.3 app/palisade" } else { "Mozilla/5.0" };
        let mut record = json!({
            "eventVersion": "1.11",
            "userIdentity": by_hand.unwrap_or_else(|| identity(self.caller)),
            "eventTime": time(self.now),
            "eventSource": format!("{}.amazonaws.com", self.service),
            "eventName": self.operation,
            "awsRegion": region,
            "sourceIPAddress": if self.wired { "10.20.0.5" } else { "192.0.2.7" },
            "userAgent": agent,
            "requestParameters": parameters,
            "responseElements": elements,
            "requestID": self.request_id,
            "eventID": self.event_id,
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": account,
            "eventCategory": "Management",
        });
        if let Err(error) = self.answer {
            let prefix = if self.service == "ec2" { "Client." } else { "" };
            record["errorCode"] = format!("{prefix}{}", error.code).into();
            record["errorMessage"] = error.message.clone().into();
        }
        if let (Some(key), false) = (render::key_arn(self), events.truncated) {
            record["resources"] =
                json!([{"accountId": account, "type": "AWS::KMS::Key", "ARN": key}]);
        }
        record
    }
}

fn time(seconds: f64) -> String {
    DateTime::from_secs_f64(seconds.floor()).fmt(Format::DateTime).unwrap_or_default()
}

/// The caller as `userIdentity`.
fn identity(Caller { account, region, arn }: &Caller) -> Value {
    let name = arn.rsplit('/').next().unwrap_or_default();
    if arn.contains(":user/") {
        return json!({"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": arn,
            "accountId": account, "accessKeyId": "AKIAEXAMPLE", "userName": name});
    }
    let rest = arn.rsplit(':').next().unwrap_or_default();
    let mut parts = rest.split('/').skip(1);
    let role = parts.next().unwrap_or_default();
    let session = parts.next().unwrap_or("hands");
    let partition = partition(region);
    let session_of = format!("assumed-role/{role}/{session}");
    let arn = ["arn", partition, "sts", "", account.as_str(), session_of.as_str()].join(":");
    json!({"type": "AssumedRole", "principalId": format!("AROAEXAMPLE:{session}"),
        "arn": arn,
        "accountId": account, "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLE",
                "arn": format!("arn:{partition}:iam::{account}:role/{role}"),
                "accountId": account, "userName": role},
            "attributes": {"creationDate": "2026-01-01T00:00:00Z", "mfaAuthenticated": "false"}}})
}
