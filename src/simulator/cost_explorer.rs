//! Cost Explorer: monitors and subscriptions of Cost Anomaly Detection, of the whole account (API
//! version 2017-10-25).

use serde_json::Value;

use super::{
    api::{Api, Protocol, Refusal},
    documents::api,
    service::ApiError,
    shelves::{Asked, Calls, Shelf, Shelves, Stock, TAGS, refuse},
};
use crate::kinds::cloud_control::{ce_anomaly_monitor, ce_anomaly_subscription};

/// The properties of Cost Explorer for the rest of the simulator.
pub(super) static API: Api = api(
    "ce",
    Protocol::Json { target: "AWSInsightsIndexService" },
    Refusal::new("LimitExceededException", "Rate exceeded"),
);

/// Cost Explorer of all accounts.
pub type CostExplorer = Shelves<Anomalies>;

/// Monitors and subscriptions.
#[derive(Debug, Clone, Default)]
pub struct Anomalies;

impl Stock for Anomalies {
    const SHELVES: &'static [&'static Shelf] = &[&MONITORS, &SUBSCRIPTIONS];
}

static MONITORS: Shelf = Shelf {
    service: "ce",
    kind: ce_anomaly_monitor::NAME,
    calls: Calls {
        create: "CreateAnomalyMonitor",
        read: "GetAnomalyMonitors",
        update: "UpdateAnomalyMonitor",
        delete: "DeleteAnomalyMonitor",
        list: "GetAnomalyMonitors",
        creates_named: false,
        read_with: &["ce:ListTagsForResource"],
        create_with: &[],
        update_with: &[],
        tags: TAGS,
    },
    arn: ("anomalymonitor/{id}", false),
    names: |_, context| (context.ids.uuid(), None),
    complete: |monitor, _, context| {
        monitor.insert("CreationDate".to_owned(), context.now.to_string().into());
        monitor.insert("DimensionalValueCount".to_owned(), 0.into());
    },
    check: check_monitor,
    generated: &["CreationDate", "DimensionalValueCount"],
    missing: "UnknownMonitorException",
};

/// One monitor of a dimension (user guide, quotas); a custom one says what it watches.
fn check_monitor(asked: &Asked<'_>) -> Result<(), ApiError> {
    let dimension = asked.text("MonitorDimension");
    match asked.text("MonitorType") {
        "DIMENSIONAL" => {
            refuse(dimension.is_empty(), "ValidationException", "MonitorDimension is missing")?;
            let taken = asked
                .others
                .iter()
                .any(|it| it.get("MonitorDimension") == asked.new.get("MonitorDimension"));
            let message = "Limit exceeded on dimensional spend monitor creation";
            refuse(asked.old.is_none() && taken, "LimitExceededException", message)
        }
        "CUSTOM" => {
            let said = asked.new.contains_key("MonitorSpecification") && dimension.is_empty();
            refuse(!said, "ValidationException", "MonitorSpecification is missing")
        }
        _ => refuse(true, "ValidationException", "MonitorType is DIMENSIONAL or CUSTOM"),
    }
}

static SUBSCRIPTIONS: Shelf = Shelf {
    service: "ce",
    kind: ce_anomaly_subscription::NAME,
    calls: Calls {
        create: "CreateAnomalySubscription",
        read: "GetAnomalySubscriptions",
        update: "UpdateAnomalySubscription",
        delete: "DeleteAnomalySubscription",
        list: "GetAnomalySubscriptions",
        creates_named: false,
        read_with: &["ce:ListTagsForResource"],
        create_with: &[],
        update_with: &[],
        tags: TAGS,
    },
    arn: ("anomalysubscription/{id}", false),
    names: |_, context| (context.ids.uuid(), None),
    complete: |subscription, caller, _| {
        subscription.insert("AccountId".to_owned(), caller.account.as_str().into());
    },
    check: check_subscription,
    generated: &["AccountId"],
    missing: "UnknownSubscriptionException",
};

/// Single anomalies go to topics only; mail comes as a summary (API reference,
/// `AnomalySubscription.Frequency`).
fn check_subscription(asked: &Asked<'_>) -> Result<(), ApiError> {
    let subscribers = asked.new.get("Subscribers").and_then(Value::as_array);
    let sorts: Vec<&str> =
        subscribers.into_iter().flatten().filter_map(|it| it["Type"].as_str()).collect();
    let refused = match asked.text("Frequency") {
        "IMMEDIATE" => sorts.contains(&"EMAIL"),
        "DAILY" | "WEEKLY" => sorts.contains(&"SNS"),
        _ => true,
    };
    let message = "The frequency does not go with the type of a subscriber";
    refuse(refused || sorts.is_empty(), "ValidationException", message)
}
