//! AWS::SageMaker::MlflowTrackingServer.

use super::held::{self, Calls, held};
use crate::simulator::cloud_control::{
    names::MLFLOW_TRACKING_SERVER,
    resource_type::Type,
    schema::{FLAG, Member, Shape, TAGS, TEXT, may, must},
};

static SIZE: Shape = Shape::OneOf(&["Small", "Medium", "Large"]);

/// The service's operations.
static CALLS: Calls = Calls {
    service: "sagemaker",
    create: "CreateMlflowTrackingServer",
    read: "DescribeMlflowTrackingServer",
    update: "UpdateMlflowTrackingServer",
    delete: "DeleteMlflowTrackingServer",
    list: "ListMlflowTrackingServers",
    tags: ("AddTags", "DeleteTags"),
};

static MEMBERS: &[Member] = &[
    must("ArtifactStoreUri", &TEXT),
    may("AutomaticModelRegistration", &FLAG),
    may("MlflowVersion", &TEXT),
    must("RoleArn", &TEXT),
    may("Tags", &TAGS),
    may("TrackingServerArn", &TEXT),
    must("TrackingServerName", &Shape::Text(1, 256)),
    may("TrackingServerSize", &SIZE),
    may("WeeklyMaintenanceWindowStart", &TEXT),
];

pub(super) static TYPE: Type = held!(&CALLS; "Tags";
    name: MLFLOW_TRACKING_SERVER,
    members: MEMBERS,
    identifier: "TrackingServerName",
    listed_in: None,
    read_only: &["TrackingServerArn"],
    create_only: &["TrackingServerName", "MlflowVersion", "RoleArn"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |model| model.get("TrackingServerName")?.as_str().map(str::to_owned),
);
