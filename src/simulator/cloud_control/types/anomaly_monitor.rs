//! AWS::CE::AnomalyMonitor.

use super::held::{self, Calls, held};
use crate::simulator::cloud_control::{
    names::ANOMALY_MONITOR,
    resource_type::Type,
    schema::{FREE, Member, Shape, TAGS, TEXT, may, must},
};

/// The service's operations.
static CALLS: Calls = Calls {
    service: "ce",
    create: "CreateAnomalyMonitor",
    read: "GetAnomalyMonitors",
    update: "UpdateAnomalyMonitor",
    delete: "DeleteAnomalyMonitor",
    list: "GetAnomalyMonitors",
    tags: ("TagResource", "UntagResource"),
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

pub(super) static TYPE: Type = held!(&CALLS; "ResourceTags";
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
