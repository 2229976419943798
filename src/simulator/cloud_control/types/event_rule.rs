//! AWS::Events::Rule, on the default bus.

use serde_json::Value;

use super::{
    kept::{self, Calls, Kept, arn, refused},
    parts::{document, text},
};
use crate::simulator::cloud_control::{
    names::EVENT_RULE,
    resource_type::{Type, Update},
    schema::{FREE, Member, Model, Shape, TAGS, TEXT, may, must},
    site::{Failure, Site},
};

static TARGET: Shape = Shape::Object(&[
    may("AppSyncParameters", &FREE),
    must("Arn", &TEXT),
    may("BatchParameters", &FREE),
    may("DeadLetterConfig", &FREE),
    may("EcsParameters", &FREE),
    may("HttpParameters", &FREE),
    must("Id", &Shape::Text(1, 64)),
    may("Input", &TEXT),
    may("InputPath", &TEXT),
    may("InputTransformer", &FREE),
    may("KinesisParameters", &FREE),
    may("RedshiftDataParameters", &FREE),
    may("RetryPolicy", &FREE),
    may("RoleArn", &TEXT),
    may("RunCommandParameters", &FREE),
    may("SageMakerPipelineParameters", &FREE),
    may("SqsParameters", &FREE),
]);
/// Targets of a rule (EventBridge quotas).
static TARGETS: Shape = Shape::List { of: &TARGET, count: (0, 5), ordered: false };
static STATE: Shape =
    Shape::OneOf(&["DISABLED", "ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"]);

static MEMBERS: &[Member] = &[
    may("Arn", &TEXT),
    may("Description", &Shape::Text(0, 512)),
    may("EventBusName", &TEXT),
    may("EventPattern", &Shape::Document),
    may("Name", &Shape::Text(1, 64)),
    may("RoleArn", &TEXT),
    may("RuleName", &TEXT),
    may("ScheduleExpression", &Shape::Text(0, 256)),
    may("State", &STATE),
    may("Tags", &TAGS),
    may("Targets", &TARGETS),
];

pub(super) static TYPE: Type = Type {
    name: EVENT_RULE,
    listed_in: None,
    members: MEMBERS,
    identifier: "Arn",
    read_only: &["Arn", "RuleName"],
    create_only: &["Name"],
    write_only: &[],
    rules,
    named: |_| None,
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |site, model| {
        let name = text(model, "Name").unwrap_or_default();
        let arn = arn(site, "events", &format!("rule/{name}"));
        (arn.clone(), arn)
    },
    admit: |_, old, new| {
        if text(new, "EventBusName").is_some_and(|bus| bus != "default") {
            return refused("Event bus does not exist. (ResourceNotFoundException)");
        }
        if old.is_none() && text(new, "Name").is_none() {
            return refused("Names are not invented here");
        }
        let pattern = new.get("EventPattern").map(document);
        let parsed = |text: &String| serde_json::from_str::<Value>(text);
        if pattern.is_some_and(|text| !parsed(&text).is_ok_and(|it| it.is_object())) {
            return refused("Event pattern is not valid. (InvalidEventPatternException)");
        }
        Ok(())
    },
    fill: |_, model, own| {
        model.insert("Arn".to_owned(), own.into());
        let name = own.rsplit('/').next().unwrap_or_default();
        model.insert("RuleName".to_owned(), name.into());
        model.entry("EventBusName").or_insert_with(|| "default".into());
        model.entry("State").or_insert_with(|| "ENABLED".into());
    },
    stays: |_, _| None,
    calls: Calls {
        create: &["events:PutRule+", "events:TagResource+"],
        read: &["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"],
        change: &[("Targets", "events:PutTargets"), ("", "events:PutRule")],
        delete: &["events:DeleteRule", "events:RemoveTargets"],
        tag: "events:TagResource",
        untag: "events:UntagResource",
    },
    passes_to: "events.amazonaws.com",
};

kept::handlers!(KEPT);

/// EventBridge API reference, PutRule.
fn rules(model: &Model) -> Result<(), String> {
    if !model.contains_key("EventPattern") && !model.contains_key("ScheduleExpression") {
        return Err("#: a rule has a pattern or a schedule".to_owned());
    }
    let schedule = text(model, "ScheduleExpression").unwrap_or_default();
    let known = ["", "rate(", "cron("].iter().any(|start| {
        if start.is_empty() { schedule.is_empty() } else { schedule.starts_with(start) }
    });
    if !known {
        return Err("#/ScheduleExpression: is neither a rate nor a cron expression".to_owned());
    }
    Ok(())
}
