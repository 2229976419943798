//! AWS::CloudWatch::Alarm, on one metric or on several.

use serde_json::Value;

use super::{
    kept::{self, Calls, Kept, arn, refused},
    parts::text,
};
use crate::simulator::cloud_control::{
    names::ALARM,
    resource_type::{Type, Update},
    schema::{FLAG, FREE, Member, Model, Shape, TAGS, TEXT, TEXTS, may},
    site::{Failure, Site},
};

static COMPARISON: Shape = Shape::OneOf(&[
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "GreaterThanUpperThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanThreshold",
]);
static STATISTIC: Shape = Shape::OneOf(&["Average", "Maximum", "Minimum", "SampleCount", "Sum"]);
static MISSING: Shape = Shape::OneOf(&["breaching", "ignore", "missing", "notBreaching"]);

static MEMBERS: &[Member] = &[
    may("ActionConfiguration", &FREE),
    may("ActionsEnabled", &FLAG),
    may("AlarmActions", &TEXTS),
    may("AlarmDescription", &Shape::Text(0, 1024)),
    may("AlarmName", &Shape::Text(1, 255)),
    may("Arn", &TEXT),
    may("ComparisonOperator", &COMPARISON),
    may("DatapointsToAlarm", &Shape::Number(1, 1_000_000)),
    may("Dimensions", &FREE),
    may("EvaluateLowSampleCountPercentile", &TEXT),
    may("EvaluationCriteria", &FREE),
    may("EvaluationInterval", &FREE),
    may("EvaluationPeriods", &Shape::Number(1, 1_000_000)),
    may("EvaluationWindow", &FREE),
    may("ExtendedStatistic", &TEXT),
    may("InsufficientDataActions", &TEXTS),
    may("MetricName", &Shape::Text(1, 255)),
    may("Metrics", &FREE),
    may("Namespace", &Shape::Text(1, 255)),
    may("OKActions", &TEXTS),
    may("Period", &Shape::Number(10, 604_800)),
    may("Statistic", &STATISTIC),
    may("Tags", &TAGS),
    may("Threshold", &FREE),
    may("ThresholdMetricId", &TEXT),
    may("TreatMissingData", &MISSING),
    may("Unit", &TEXT),
    may("WarmUpConfiguration", &FREE),
];

pub(super) static TYPE: Type = Type {
    name: ALARM,
    listed_in: None,
    members: MEMBERS,
    identifier: "AlarmName",
    read_only: &["Arn"],
    create_only: &["AlarmName"],
    write_only: &[],
    rules,
    named: |model| text(model, "AlarmName").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |site, model| {
        let name = text(model, "AlarmName").unwrap_or_default().to_owned();
        let arn = arn(site, "cloudwatch", &format!("alarm:{name}"));
        (name, arn)
    },
    admit: |_, old, new| {
        if old.is_none() && text(new, "AlarmName").is_none() {
            return refused("Names are not invented here");
        }
        Ok(())
    },
    fill: |_, model, own| {
        model.insert("Arn".to_owned(), own.into());
        model.entry("ActionsEnabled").or_insert_with(|| true.into());
        model.entry("TreatMissingData").or_insert_with(|| "missing".into());
        for list in ["AlarmActions", "Dimensions", "InsufficientDataActions", "OKActions"] {
            model.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        }
    },
    stays: |_, _| None,
    calls: Calls {
        create: &["cloudwatch:PutMetricAlarm+", "cloudwatch:TagResource+"],
        read: &["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"],
        change: &[("", "cloudwatch:PutMetricAlarm")],
        delete: &["cloudwatch:DeleteAlarms"],
        tag: "cloudwatch:TagResource",
        untag: "cloudwatch:UntagResource",
    },
    passes_to: "",
};

kept::handlers!(KEPT);

/// CloudWatch API reference, PutMetricAlarm: a metric, or expressions of several.
fn rules(model: &Model) -> Result<(), String> {
    let has = |name: &str| model.contains_key(name);
    if has("MetricName") == (has("Metrics") || has("EvaluationCriteria")) {
        return Err("#: exactly one of MetricName and Metrics is required".to_owned());
    }
    if has("MetricName") && !(has("Namespace") && has("Period")) {
        return Err("#: a metric has a namespace and a period".to_owned());
    }
    if has("Statistic") && has("ExtendedStatistic") {
        return Err("#: an alarm has one statistic".to_owned());
    }
    Ok(())
}
