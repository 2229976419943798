//! Groups of model packages: the model registry.

use super::{identifier::Identifier, overlay::Overlay, rows};
use crate::{
    kind::{
        Reach,
        table::{ACCOUNT, PARTITION, PROPERTIES, Tree, get},
    },
    model::{policy_document::Dialect, text},
    operations::{
        Named, OfKind, On, Operation, ResourceType, Resources,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::SageMaker::ModelPackageGroup";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/sagemaker-modelpackagegroup.json"),
    short: "modelgroup",
    about: "A group of versions of a model in SageMaker's registry, and which other accounts may \
            use it (`ModelPackageGroupPolicy`). Only an empty group can be deleted.",
    arn: "arn:{partition}:sagemaker:{region}:{account}:model-package-group/{id}",
    identifier: Identifier::ArnOf("ModelPackageGroupName"),
    tags: Some(text::SAGEMAKER),
    lower: &["ModelPackageGroupName"],
    always: &["ModelPackageGroupArn", "ModelPackageGroupName"],
    // A resource policy like that of a bucket: it names principals and the group.
    policies: &[("ModelPackageGroupPolicy", Dialect::BucketPolicy)],
    reach: Some(reach),
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// It can only deny what roles are allowed, as the policy of a bucket.
fn reach(state: &Tree) -> Reach {
    let text = |name| get(state, name).as_str().unwrap_or_default();
    let group = get(state, PROPERTIES)["ModelPackageGroupName"].as_str().unwrap_or_default();
    let (partition, account) = (text(PARTITION), text(ACCOUNT));
    let place = format!("arn:{partition}:sagemaker:{{region}}:{account}");
    Reach::Bucket { arn: format!("{place}:model-package-group/{group}") }
}

const RESOURCE: ResourceType = ResourceType::new(
    "model-package-group",
    "arn:{partition}:sagemaker:{region}:{account}:model-package-group/{id}",
    "group-000000000000",
    Named::Never,
);

const GROUPS: On = On::Of(&Resources { name: "ModelPackageGroups", types: &[RESOURCE] });

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        may("sagemaker:DescribeModelPackageGroup", GROUPS, &[]),
        may("sagemaker:GetModelPackageGroupPolicy", GROUPS, &[]),
        may("sagemaker:ListTags", GROUPS, &[]),
    ]),
    rows::creates(&[
        rows::CREATE,
        may("sagemaker:CreateModelPackageGroup", GROUPS, CLAIMS),
        may("sagemaker:PutModelPackageGroupPolicy", GROUPS, OURS),
        may("sagemaker:AddTags", GROUPS, CLAIMS_UNCLAIMED),
    ]),
    rows::updates(&[
        rows::UPDATE,
        may("sagemaker:PutModelPackageGroupPolicy", GROUPS, OURS),
        may("sagemaker:DeleteModelPackageGroupPolicy", GROUPS, OURS),
    ]),
    rows::tags(&[
        rows::TAG,
        may("sagemaker:AddTags", GROUPS, OURS_AFTER),
        may("sagemaker:AddTags", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("sagemaker:DeleteTags", GROUPS, OURS_WITHOUT)]),
    rows::removes(&[
        rows::DELETE,
        may("sagemaker:DeleteModelPackageGroup", GROUPS, OURS),
        may("sagemaker:DeleteModelPackageGroupPolicy", GROUPS, OURS),
    ]),
];
