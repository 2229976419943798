//! Tracking servers of MLflow.

use super::{
    overlay::{Overlay, Says},
    rows,
};
use crate::{
    model::text,
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources, When,
        table::{CLAIMS, OURS, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::SageMaker::MlflowTrackingServer";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/sagemaker-mlflowtrackingserver.json"),
    short: "mlflow",
    about: "A tracking server of MLflow: where its artifacts are, with which role it reads and \
            writes them, and its size. AWS takes up to an hour and a half for it.",
    arn: "arn:{partition}:sagemaker:{region}:{account}:mlflow-tracking-server/{id}",
    tags: Some(text::SAGEMAKER),
    always: &["TrackingServerName", "ArtifactStoreUri", "RoleArn"],
    words: &[
        ("AutomaticModelRegistration", Says::Harmless),
        ("WeeklyMaintenanceWindowStart", Says::Harmless),
        // The server does not answer while it is changed.
        ("TrackingServerSize", Says::StopsWork),
        ("MlflowVersion", Says::StopsWork),
    ],
    operations: OfKind {
        rows: ROWS,
        resource: Some(RESOURCE),
        hands_on_roles: true,
        ..OfKind::NONE
    },
    ..Overlay::PLAIN
};

const RESOURCE: ResourceType = ResourceType::new(
    "mlflow-tracking-server",
    "arn:{partition}:sagemaker:{region}:{account}:mlflow-tracking-server/{id}",
    "server-000000000000",
    Named::Never,
);

const SERVERS: On = On::Of(&Resources { name: "MlflowTrackingServers", types: &[RESOURCE] });
/// The server works with the role.
const PASSED: Grant = may(
    "iam:PassRole",
    On::ExecutionRoles,
    &[When::says("PassedToSageMaker", "iam:PassedToService", "sagemaker.amazonaws.com")],
);

const NOTE: &str = "The reference lists no tags of tracking servers for the calls that set and \
                    remove tags: only those of the request can be looked at.";

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        may("sagemaker:DescribeMlflowTrackingServer", SERVERS, &[]),
        may("sagemaker:ListTags", SERVERS, &[]),
    ]),
    rows::creates(&[
        rows::CREATE,
        may("sagemaker:CreateMlflowTrackingServer", SERVERS, CLAIMS),
        may("sagemaker:AddTags", SERVERS, CLAIMS),
        PASSED,
    ]),
    rows::updates(&[
        rows::UPDATE,
        may("sagemaker:UpdateMlflowTrackingServer", SERVERS, OURS),
        PASSED,
    ]),
    rows::tags(&[rows::TAG, may("sagemaker:AddTags", SERVERS, &[When::StaysOurs])]).note(NOTE),
    rows::untags(&[rows::UNTAG, may("sagemaker:DeleteTags", SERVERS, &[When::KeepsOwner])])
        .note(NOTE),
    rows::removes(&[rows::DELETE, may("sagemaker:DeleteMlflowTrackingServer", SERVERS, OURS)]),
];
