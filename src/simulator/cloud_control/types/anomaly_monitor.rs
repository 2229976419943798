//! AWS::CE::AnomalyMonitor.

use super::held::{self, held};
use crate::simulator::{
    cloud_control::{
        names::ANOMALY_MONITOR,
        resource_type::Type,
        schema::{FREE, Member, Shape, TAGS, TEXT, may, must},
    },
    cost_explorer::MONITORS,
};

static MEMBERS: &[Member] = &[
    may("CreationDate", &TEXT),
    may("DimensionalValueCount", &FREE),
    may("LastEvaluatedDate", &TEXT),
    may("LastUpdatedDate", &TEXT),
    may("MonitorArn", &TEXT),
    may("MonitorDimension", &TEXT),
    must("MonitorName", &Shape::Text(1, 1024)),
    may("MonitorSpecification", &TEXT),
    must("MonitorType", &TEXT),
    may("ResourceTags", &TAGS),
];

pub(super) static TYPE: Type = held!(&MONITORS; "ResourceTags";
    name: ANOMALY_MONITOR,
    members: MEMBERS,
    identifier: "MonitorArn",
    listed_in: None,
    read_only: &[
        "MonitorArn",
        "CreationDate",
        "DimensionalValueCount",
        "LastEvaluatedDate",
        "LastUpdatedDate",
    ],
    create_only: &["MonitorType", "MonitorDimension", "MonitorSpecification", "ResourceTags"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
);
