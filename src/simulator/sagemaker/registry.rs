//! The registry of models, and tracking servers of MLflow: as far as Cloud Control manages them.

use serde_json::{Value, json};

use crate::{
    kinds::cloud_control::{sagemaker_mlflow_tracking_server, sagemaker_model_package_group},
    simulator::{
        service::ApiError,
        shelves::{Asked, Calls, Shelf, Stock, refuse},
    },
};

/// Groups of model packages, and tracking servers.
#[derive(Debug, Clone, Default)]
pub struct Registry;

impl Stock for Registry {
    const SHELVES: &'static [&'static Shelf] = &[&GROUPS, &SERVERS];
}

/// The parts of ARNs of what is here.
pub(super) const KINDS_OF_ARN: [&str; 2] = [":model-package-group/", ":mlflow-tracking-server/"];

static GROUPS: Shelf = Shelf {
    service: "sagemaker",
    kind: sagemaker_model_package_group::NAME,
    calls: Calls {
        create: "CreateModelPackageGroup",
        read: "DescribeModelPackageGroup",
        // Only its policy can be changed.
        update: "PutModelPackageGroupPolicy",
        delete: "DeleteModelPackageGroup",
        list: "ListModelPackageGroups",
        creates_named: true,
        read_with: &["sagemaker:GetModelPackageGroupPolicy", "sagemaker:ListTags"],
        create_with: &[],
        update_with: &[],
        tags: ("AddTags", "DeleteTags"),
    },
    arn: ("model-package-group/{id}", true),
    names: |group, _| {
        (group["ModelPackageGroupName"].as_str().unwrap_or_default().to_owned(), None)
    },
    complete: |group, _, context| {
        group.insert("CreationTime".to_owned(), context.now.to_string().into());
        group.insert("ModelPackageGroupStatus".to_owned(), "Completed".into());
    },
    check: |asked| {
        named(asked, "ModelPackageGroupName")?;
        let policy = asked.new.get("ModelPackageGroupPolicy");
        let readable = policy.is_none_or(|it| match it {
            Value::String(text) => {
                serde_json::from_str::<Value>(text).is_ok_and(|it| it.is_object())
            }
            other => other["Statement"].is_array() || other["Statement"].is_object(),
        });
        refuse(!readable, "ValidationException", "The policy is not a valid JSON document")
    },
    generated: &["CreationTime", "ModelPackageGroupStatus"],
    missing: "ResourceNotFound",
};

static SERVERS: Shelf = Shelf {
    service: "sagemaker",
    kind: sagemaker_mlflow_tracking_server::NAME,
    calls: Calls {
        create: "CreateMlflowTrackingServer",
        read: "DescribeMlflowTrackingServer",
        update: "UpdateMlflowTrackingServer",
        delete: "DeleteMlflowTrackingServer",
        list: "ListMlflowTrackingServers",
        creates_named: true,
        read_with: &["sagemaker:ListTags"],
        create_with: &[],
        update_with: &[],
        tags: ("AddTags", "DeleteTags"),
    },
    arn: ("mlflow-tracking-server/{id}", true),
    names: |server, _| {
        let name = server["TrackingServerName"].as_str().unwrap_or_default().to_owned();
        (name.clone(), Some(name))
    },
    complete: |server, _, _| {
        server.entry("TrackingServerSize").or_insert_with(|| "Small".into());
        server.entry("AutomaticModelRegistration").or_insert(json!(false));
        server.entry("MlflowVersion").or_insert_with(|| "2.16.2".into());
    },
    check: |asked| {
        named(asked, "TrackingServerName")?;
        let role = asked.text("RoleArn");
        let bad = !role.starts_with("arn:") || !role.contains(":role/");
        refuse(bad, "ValidationException", "RoleArn is not the ARN of a role")?;
        let store = asked.text("ArtifactStoreUri");
        let bad = !(store.starts_with("s3://") || store.starts_with("https://"));
        refuse(bad, "ValidationException", "ArtifactStoreUri is not the URI of a bucket")
    },
    generated: &[],
    missing: "ResourceNotFound",
};

/// Names of letters, digits and hyphens, each taken once.
fn named(asked: &Asked<'_>, property: &str) -> Result<(), ApiError> {
    let name = asked.text(property);
    let legal = |it: char| it.is_ascii_alphanumeric() || it == '-';
    let bad = name.is_empty() || name.len() > 63 || !name.chars().all(legal);
    refuse(bad, "ValidationException", "The name has letters, digits and hyphens")?;
    let taken = asked.others.iter().any(|it| it.get(property) == asked.new.get(property));
    refuse(taken, "ConflictException", "The name is taken")
}
