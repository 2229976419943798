//! AWS::Logs::MetricFilter: the identifier is the group and the name.

use super::{
    kept::{self, Calls, Kept, arn, refused},
    parts::text,
};
use crate::simulator::cloud_control::{
    names::{LOG_GROUP, METRIC_FILTER},
    resource_type::{Type, Update},
    schema::{FLAG, FREE, Member, Model, Shape, TEXT, TEXTS, may, must},
    site::{Failure, Site},
};

static TRANSFORMATION: Shape = Shape::Object(&[
    may("DefaultValue", &FREE),
    may("Dimensions", &FREE),
    must("MetricName", &Shape::Text(1, 255)),
    must("MetricNamespace", &Shape::Text(1, 256)),
    must("MetricValue", &Shape::Text(1, 100)),
    may("Unit", &TEXT),
]);
static TRANSFORMATIONS: Shape = Shape::List { of: &TRANSFORMATION, count: (1, 1), ordered: false };

static MEMBERS: &[Member] = &[
    may("ApplyOnTransformedLogs", &FLAG),
    may("EmitSystemFieldDimensions", &TEXTS),
    may("FieldSelectionCriteria", &TEXT),
    may("FilterName", &Shape::Text(1, 512)),
    must("FilterPattern", &Shape::Text(0, 1024)),
    must("LogGroupName", &Shape::Text(1, 512)),
    must("MetricTransformations", &TRANSFORMATIONS),
];

/// Filters of a group (CloudWatch Logs quotas).
const MOST: usize = 100;

pub(super) static TYPE: Type = Type {
    name: METRIC_FILTER,
    listed_in: None,
    members: MEMBERS,
    identifier: "FilterName",
    read_only: &[],
    create_only: &["FilterName", "LogGroupName"],
    write_only: &[],
    rules: |_| Ok(()),
    named: identifier,
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |site, model| {
        let group = text(model, "LogGroupName").unwrap_or_default();
        (identifier(model).unwrap_or_default(), arn(site, "logs", &format!("log-group:{group}")))
    },
    admit,
    fill: |_, model, _| {
        model.entry("ApplyOnTransformedLogs").or_insert_with(|| false.into());
    },
    stays: |_, _| None,
    calls: Calls {
        create: &["logs:PutMetricFilter"],
        read: &["logs:DescribeMetricFilters"],
        change: &[("", "logs:PutMetricFilter")],
        delete: &["logs:DeleteMetricFilter"],
        tag: "",
        untag: "",
    },
    passes_to: "",
};

kept::handlers!(KEPT);

fn identifier(model: &Model) -> Option<String> {
    Some(format!("{}|{}", text(model, "LogGroupName")?, text(model, "FilterName")?))
}

fn admit(site: &mut Site<'_, '_>, old: Option<&Model>, new: &Model) -> Result<(), Failure> {
    let group = text(new, "LogGroupName").unwrap_or_default();
    if !kept::exists(site, LOG_GROUP, group) {
        let message = "The specified log group does not exist. (ResourceNotFoundException)";
        return Err(Failure::new("NotFound", message));
    }
    if old.is_none() && text(new, "FilterName").is_none() {
        return refused("Names are not invented here");
    }
    let all = kept::list(site, &TYPE)?;
    if old.is_none() && all.iter().filter(|id| id.starts_with(group)).count() >= MOST {
        let message = "Resource limit exceeded. (LimitExceededException)";
        return Err(Failure::new("ServiceLimitExceeded", message));
    }
    Ok(())
}
