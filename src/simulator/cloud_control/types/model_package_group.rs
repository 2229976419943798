//! AWS::SageMaker::ModelPackageGroup.

use super::held::{self, held};
use crate::simulator::{
    cloud_control::{
        names::MODEL_PACKAGE_GROUP,
        resource_type::Type,
        schema::{Member, Shape, TAGS, TEXT, may, must},
    },
    sagemaker::registry::GROUPS,
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

pub(super) static TYPE: Type = held!(&GROUPS; "Tags";
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
