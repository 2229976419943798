//! AWS::SageMaker::ModelPackageGroup.

use super::held::{self, Calls, held};
use crate::simulator::cloud_control::{
    names::MODEL_PACKAGE_GROUP,
    resource_type::Type,
    schema::{Member, Shape, TAGS, TEXT, may, must},
};

/// The service's operations.
static CALLS: Calls = Calls {
    service: "sagemaker",
    create: "CreateModelPackageGroup",
    read: "DescribeModelPackageGroup",
    update: "PutModelPackageGroupPolicy",
    delete: "DeleteModelPackageGroup",
    list: "ListModelPackageGroups",
    tags: ("AddTags", "DeleteTags"),
};

static MEMBERS: &[Member] = &[
    may("CreationTime", &TEXT),
    may("ModelPackageGroupArn", &TEXT),
    may("ModelPackageGroupDescription", &Shape::Text(0, 1024)),
    must("ModelPackageGroupName", &Shape::Text(1, 63)),
    may("ModelPackageGroupPolicy", &Shape::Document),
    may("ModelPackageGroupStatus", &TEXT),
    may("Tags", &TAGS),
];

pub(super) static TYPE: Type = held!(&CALLS; "Tags";
    name: MODEL_PACKAGE_GROUP,
    members: MEMBERS,
    identifier: "ModelPackageGroupArn",
    listed_in: None,
    read_only: &["CreationTime", "ModelPackageGroupArn", "ModelPackageGroupStatus"],
    create_only: &["ModelPackageGroupDescription", "ModelPackageGroupName"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
);
