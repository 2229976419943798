//! What palisade may call for a UserProfile, and what it needs for that (service authorization
//! reference, Amazon SageMaker).

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
    hands_on_roles: true,
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

/// User profiles.
const RESOURCE: ResourceType = ResourceType::new(
    "user-profile",
    "arn:{partition}:sagemaker:{region}:{account}:user-profile/{id}",
    "d-fffffffffffe/user-000000000000",
    Named::Never,
);

const PROFILES: On = On::Of(&Resources { name: "UserProfiles", types: &[RESOURCE] });
const PASSED: &[When] =
    &[When::says("PassedToSageMaker", "iam:PassedToService", "sagemaker.amazonaws.com")];

const ROWS: &[Operation] = &[
    reads("sagemaker:ListUserProfiles"),
    reads("sagemaker:DescribeUserProfile").on(PROFILES, &[]),
    reads("sagemaker:ListTags").on(PROFILES, &[]),
    reads("sagemaker:ListApps"),
    reads("sagemaker:ListSpaces"),
    writes("sagemaker:CreateUserProfile", PROFILES, CLAIMS).and(&[
        may(
            "sagemaker:AddTags",
            PROFILES,
            &[
                When::Claims,
                When::says(
                    "TaggedByCreateUserProfile",
                    "sagemaker:TaggingAction",
                    "CreateUserProfile",
                ),
            ],
        ),
        may("iam:PassRole", On::ExecutionRoles, PASSED),
    ]),
    writes("sagemaker:UpdateUserProfile", PROFILES, OURS).and(&[may(
        "iam:PassRole",
        On::ExecutionRoles,
        PASSED,
    )]),
    writes("sagemaker:AddTags", PROFILES, OURS_AFTER).and(&[may(
        "sagemaker:AddTags",
        On::Adopted(NAME),
        CLAIMS_UNCLAIMED,
    )]),
    writes("sagemaker:DeleteTags", PROFILES, OURS_WITHOUT),
    deletes("sagemaker:DeleteUserProfile", PROFILES, OURS)
        .note("The user's files stay in the domain's home file system."),
];
