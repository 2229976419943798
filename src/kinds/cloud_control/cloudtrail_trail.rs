//! Trails.

use super::{
    baseline, coverage,
    overlay::{Overlay, Safe, Says},
    risks::limited,
    rows,
};
use crate::{
    kind::{Removal, table::Exclusive},
    model::text,
    operations::{
        Named, OfKind, On, Operation, ResourceType, Resources, When,
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::CloudTrail::Trail";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/cloudtrail-trail.json"),
    short: "trail",
    about: "A trail: which calls are recorded, and where. One of several Regions is managed in \
            the Region that it was made in. What goes unrecorded cannot be found out later: \
            palisade starts a trail, and never stops or deletes one.",
    removal: Removal::Never,
    arn: "arn:{partition}:cloudtrail:{region}:{account}:trail/{id}",
    tags: Some(text::CLOUDTRAIL),
    always: &["Arn", "IsLogging", "S3BucketName"],
    refused: &[
        (
            "IsOrganizationTrail",
            "it needs permissions of the whole organization",
            "make it where the organization is managed, without palisade",
        ),
        ("AggregationConfigurations", "palisade does not compare them", "leave it out"),
    ],
    never: &[(
        "IsLogging",
        Safe::Flag(false),
        "palisade stops no trail: what goes unrecorded cannot be found out later",
        "write `IsLogging: true`",
    )],
    words: &[
        ("IsLogging", Says::Watches(Safe::Flag(true))),
        ("EnableLogFileValidation", Says::Safe(Safe::Flag(true))),
        ("IncludeGlobalServiceEvents", Says::Watches(Safe::Flag(true))),
        ("IsMultiRegionTrail", Says::Watches(Safe::Flag(true))),
        ("KMSKeyId", Says::Judged(limited)),
        // Selectors that come record more, and those that go less.
        ("AdvancedEventSelectors", Says::Judged(coverage::change_of_items)),
        ("EventSelectors", Says::Judged(coverage::change_of_items)),
        ("InsightSelectors", Says::Judged(coverage::change_of_items)),
    ],
    // CloudTrail API reference, PutEventSelectors: one of the two.
    exclusive: &[Exclusive { of: "", first: "EventSelectors", second: "AdvancedEventSelectors" }],
    rules: baseline::TRAILS,
    operations: OfKind { rows: ROWS, resource: Some(TRAIL), hands_on_roles: true, ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// Trails.
const TRAIL: ResourceType = ResourceType::new(
    "trail",
    "arn:{partition}:cloudtrail:{region}:{account}:trail/{id}",
    "palisade-000000000000",
    Named::Never,
);

const TRAILS: On = On::Of(&Resources { name: "Trails", types: &[TRAIL] });
/// CloudTrail writes to log groups with the role.
const PASSED: &[When] =
    &[When::says("PassedToCloudTrail", "iam:PassedToService", "cloudtrail.amazonaws.com")];

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        may("cloudtrail:DescribeTrails", On::Anything, &[]),
        may("cloudtrail:GetEventConfiguration", TRAILS, &[]),
        may("cloudtrail:GetEventSelectors", TRAILS, &[]),
        may("cloudtrail:GetInsightSelectors", TRAILS, &[]),
        may("cloudtrail:GetTrail", TRAILS, &[]),
        may("cloudtrail:GetTrailStatus", TRAILS, &[]),
        may("cloudtrail:ListTags", TRAILS, &[]),
    ]),
    rows::creates(&[
        rows::CREATE,
        may("cloudtrail:AddTags", TRAILS, &[When::Claims]),
        may("cloudtrail:CreateTrail", TRAILS, &[When::Claims]),
        may("cloudtrail:PutEventSelectors", TRAILS, OURS),
        may("cloudtrail:PutInsightSelectors", TRAILS, OURS),
        may("cloudtrail:StartLogging", TRAILS, OURS),
        may("iam:PassRole", On::ExecutionRoles, PASSED),
    ]),
    rows::updates(&[
        rows::UPDATE,
        may("cloudtrail:PutEventSelectors", TRAILS, OURS),
        may("cloudtrail:PutInsightSelectors", TRAILS, OURS),
        may("cloudtrail:StartLogging", TRAILS, OURS),
        may("cloudtrail:UpdateTrail", TRAILS, OURS),
        may("iam:PassRole", On::ExecutionRoles, PASSED),
    ]),
    rows::tags(&[
        rows::TAG,
        may("cloudtrail:AddTags", TRAILS, OURS_AFTER),
        may("cloudtrail:AddTags", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("cloudtrail:RemoveTags", TRAILS, OURS_WITHOUT)]),
];
