//! CloudTrail (API version 2013-11-01): the records of calls, some time after the call.

use serde_json::{Value, json};

use super::{
    api::{Api, Pages, Protocol, Refusal, Service},
    json::unknown_operation,
    service::{Answer, ApiError, Caller, Context, Options},
};

/// The properties of CloudTrail for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "cloudtrail",
    protocol: Protocol::Json { target: "CloudTrail_20131101" },
    throttled: Refusal::new("ThrottlingException", "Rate exceeded"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: false,
    extra_bucket: None,
    kinds: &[],
    taken: None,
};

/// The most records that are kept.
const KEPT: usize = 50_000;

/// The records of all accounts and Regions, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Trails {
    records: Vec<(f64, Value)>,
    /// Records so far, including those that are not kept any more.
    count: u64,
}

impl Trails {
    /// Keeps a record of this time, in seconds since the epoch.
    pub(crate) fn keep(&mut self, at: f64, record: Value) {
        self.count += 1;
        self.records.push((at, record));
        let surplus = self.records.len().saturating_sub(KEPT);
        self.records.drain(..surplus);
    }

    /// Records so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// All records, oldest first.
    pub fn records(&self) -> impl Iterator<Item = &Value> {
        self.records.iter().map(|(_, record)| record)
    }
}

/// Where events are on, the organization has a trail, which every account sees.
fn trails(caller: &Caller, on: bool) -> Vec<Value> {
    let name = "organization";
    let trail = || {
        json!({"Name": name, "TrailARN": caller.arn_of("cloudtrail", &format!("trail/{name}")),
            "HomeRegion": "us-east-1", "IsMultiRegionTrail": true, "IsOrganizationTrail": true})
    };
    on.then(trail).into_iter().collect()
}

impl Service for Trails {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        let on = context.options.events.on;
        match operation {
            "LookupEvents" => {}
            "DescribeTrails" => return Ok(json!({"trailList": trails(caller, on)})),
            "GetTrailStatus" => return Ok(json!({"IsLogging": on})),
            "GetEventSelectors" => {
                let all = json!({"ReadWriteType": "All", "IncludeManagementEvents": true});
                return Ok(json!({"EventSelectors": [all]}));
            }
            _ => return Err(unknown_operation("cloudtrail", operation)),
        }
        let wanted = &input["LookupAttributes"][0];
        let member = match wanted["AttributeKey"].as_str() {
            Some("EventId") => Some("eventID"),
            Some("EventName") => Some("eventName"),
            Some("EventSource") => Some("eventSource"),
            None if wanted.is_null() => None,
            _ => return Err(ApiError::new("InvalidLookupAttributesException", "one attribute")),
        };
        let visible = context.now - context.options.events.lookup_lag.as_secs_f64();
        let most = usize::try_from(input["MaxResults"].as_u64().unwrap_or(50)).unwrap_or(50);
        let since = input["StartTime"].as_f64().unwrap_or(0.0);
        let until = input["EndTime"].as_f64().unwrap_or(f64::MAX);
        let here = self.records.iter().rev().filter(|(at, record)| {
            // The time in a record is in whole seconds.
            *at <= visible
                && *at >= since
                && at.floor() <= until
                && record["recipientAccountId"] == caller.account.as_str()
                && record["awsRegion"] == caller.region.as_str()
                && member.is_none_or(|member| record[member] == wanted["AttributeValue"])
        });
        // A token is where the page begins: the newest are first.
        let begin = input["NextToken"].as_str().and_then(|it| it.parse().ok()).unwrap_or(0);
        let here: Vec<_> = here.skip(begin).take(most + 1).collect();
        let next = (here.len() > most).then(|| (begin + most).to_string());
        let events: Vec<Value> = here
            .into_iter()
            .take(most)
            .map(|(at, record)| {
                json!({
                    "EventId": record["eventID"],
                    "EventName": record["eventName"],
                    "EventSource": record["eventSource"],
                    "EventTime": at,
                    "ReadOnly": "false",
                    "CloudTrailEvent": record.to_string(),
                })
            })
            .collect();
        let mut answer = json!({"Events": events});
        if let Some(next) = next {
            answer["NextToken"] = next.into();
        }
        Ok(answer)
    }
}
