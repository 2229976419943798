//! What palisade may call for a Space, and what it needs for that (service authorization reference,
//! Amazon SageMaker).

use super::{NAME, records};
use crate::operations::{
    Named, OfKind, On, Operation, ResourceType, Resources, When,
    table::{
        CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes,
    },
};

/// All that the rest of the program asks of it.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(RESOURCE),
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

/// Spaces.
const RESOURCE: ResourceType = ResourceType::new(
    "space",
    "arn:{partition}:sagemaker:{region}:{account}:space/{id}",
    "d-fffffffffffe/space-000000000000",
    Named::Never,
);

const SPACES: On = On::Of(&Resources { name: "Spaces", types: &[RESOURCE] });

const ROWS: &[Operation] = &[
    reads("sagemaker:ListSpaces"),
    reads("sagemaker:DescribeSpace").on(SPACES, &[]),
    reads("sagemaker:ListTags").on(SPACES, &[]),
    reads("sagemaker:ListApps"),
    writes("sagemaker:CreateSpace", SPACES, CLAIMS).and(&[may(
        "sagemaker:AddTags",
        SPACES,
        &[
            When::Claims,
            When::says("TaggedByCreateSpace", "sagemaker:TaggingAction", "CreateSpace"),
        ],
    )]),
    writes("sagemaker:UpdateSpace", SPACES, OURS),
    writes("sagemaker:AddTags", SPACES, OURS_AFTER).and(&[may(
        "sagemaker:AddTags",
        On::Adopted(NAME),
        CLAIMS_UNCLAIMED,
    )]),
    writes("sagemaker:DeleteTags", SPACES, OURS_WITHOUT),
    deletes("sagemaker:DeleteSpace", SPACES, OURS)
        .note("The space's volume goes with it: IAM has no condition for that."),
];
