//! Metric filters: what is counted of the events of a log group.
//!
//! Cloud Control does not tag them, so that a manifest adopts one by its group and its name.

use super::{overlay::Overlay, rows};
use crate::{
    kind::Claimed,
    operations::{
        Grant, OfKind, On, Operation, Resources,
        resources::LOG_GROUP,
        table::{OURS, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::Logs::MetricFilter";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/logs-metricfilter.json"),
    short: "metricfilter",
    about: "A metric filter of a log group that carries palisade's claim. It carries none itself, \
            so that the manifest adopts it by its group and its name (`lifecycle: {adopt: \
            GROUP|NAME}`), whether it exists or not.",
    claimed: Claimed::ByName,
    always: &["FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"],
    operations: OfKind { rows: ROWS, resource: Some(LOG_GROUP), ..OfKind::NONE },
    ..Overlay::PLAIN
};

const GROUPS: On = On::Of(&Resources { name: "LogGroups", types: &[LOG_GROUP] });
const SEEN: Grant = may("logs:DescribeMetricFilters", GROUPS, &[]);
const PUT: Grant = may("logs:PutMetricFilter", GROUPS, OURS);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::gets(&[rows::GET, SEEN]),
    rows::creates(&[rows::CREATE, PUT]),
    rows::updates(&[rows::UPDATE, PUT]),
    rows::removes(&[rows::DELETE, may("logs:DeleteMetricFilter", GROUPS, OURS)]),
];
