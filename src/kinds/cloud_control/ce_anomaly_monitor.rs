//! Monitors of Cost Anomaly Detection.

use super::{
    identifier::Identifier,
    overlay::{Overlay, Says},
    rows,
};
use crate::{
    model::text,
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::CE::AnomalyMonitor";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ce-anomalymonitor.json"),
    short: "anomalymonitor",
    about: "A monitor of Cost Anomaly Detection: whose costs are watched. Cost Explorer answers \
            in us-east-1. AWS takes tags when it creates one, and never again: what has lost its \
            claim is shown, and a person decides.",
    invented: true,
    arn: "arn:{partition}:ce::{account}:anomalymonitor/{id}",
    identifier: Identifier::Arn,
    tags: Some(text::COST_EXPLORER),
    always: &["MonitorArn", "MonitorName", "MonitorType"],
    words: &[("MonitorName", Says::Harmless)],
    documents: &["MonitorSpecification"],
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), fixed_tags: true, ..OfKind::NONE },
    ..Overlay::PLAIN
};

const RESOURCE: ResourceType = ResourceType::new(
    "anomalymonitor",
    "arn:{partition}:ce::{account}:anomalymonitor/{id}",
    "00000000-0000-4000-8000-000000000000",
    Named::Never,
);

const MONITORS: On = On::Of(&Resources { name: "AnomalyMonitors", types: &[RESOURCE] });
const SEEN: Grant = may("ce:GetAnomalyMonitors", MONITORS, &[]);
/// A list names none of them.
const LISTED: Grant = may("ce:GetAnomalyMonitors", On::Anything, &[]);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN, may("ce:ListTagsForResource", MONITORS, &[])]),
    rows::lists(&[rows::LIST, LISTED]),
    rows::creates(&[
        rows::CREATE,
        may("ce:CreateAnomalyMonitor", On::Anything, CLAIMS),
        may("ce:TagResource", MONITORS, CLAIMS_UNCLAIMED),
    ]),
    rows::updates(&[rows::UPDATE, may("ce:UpdateAnomalyMonitor", MONITORS, OURS)]),
    rows::removes(&[rows::DELETE, may("ce:DeleteAnomalyMonitor", MONITORS, OURS)]),
];
