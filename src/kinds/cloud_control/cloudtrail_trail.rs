//! Trails.

use serde_json::Value;

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
        Grant, Named, OfKind, On, Operation, ResourceType, Resources, ServiceRole, Usage, When,
        table::{CLAIMS_UNCLAIMED, OF_ORGANIZATION, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::CloudTrail::Trail";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/cloudtrail-trail.json"),
    short: "trail",
    about: "A trail: which calls are recorded, and where. One of several Regions is managed in \
            the Region that it was made in, one of the whole organization in its management \
            account, where trusted access for CloudTrail has to be on. What goes unrecorded \
            cannot be found out later: palisade starts a trail, and never stops or deletes one.",
    removal: Removal::Never,
    arn: "arn:{partition}:cloudtrail:{region}:{account}:trail/{id}",
    tags: Some(text::CLOUDTRAIL),
    always: &["Arn", "IsLogging", "S3BucketName"],
    refused: &[("AggregationConfigurations", "palisade does not compare them", "leave it out")],
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
        ("IsOrganizationTrail", Says::Watches(Safe::Flag(true))),
        ("KMSKeyId", Says::Judged(limited)),
        // Selectors that come record more, and those that go less.
        ("AdvancedEventSelectors", Says::Judged(coverage::change_of_items)),
        ("EventSelectors", Says::Judged(coverage::change_of_items)),
        ("InsightSelectors", Says::Judged(coverage::change_of_items)),
    ],
    // CloudTrail API reference, PutEventSelectors: one of the two.
    exclusive: &[Exclusive { of: "", first: "EventSelectors", second: "AdvancedEventSelectors" }],
    rules: baseline::TRAILS,
    operations: OfKind {
        rows: ROWS,
        resource: Some(TRAIL),
        usage: Some(usage),
        hands_on_roles: true,
        ..OfKind::NONE
    },
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

/// CloudTrail lists the accounts of an organization with it (CloudTrail user guide, "Creating a
/// trail for an organization").
const ROLE: ServiceRole =
    ServiceRole { service: "cloudtrail.amazonaws.com", name: "AWSServiceRoleForCloudTrail" };
const WITH_ROLE: Grant = may(
    "iam:CreateServiceLinkedRole",
    On::ServiceRole(ROLE),
    &[When::says("RoleOfCloudTrail", "iam:AWSServiceName", ROLE.service)],
);
const ROLE_SEEN: Grant = may("iam:GetRole", On::ServiceRole(ROLE), &[]);
const ORGANIZATION_SEEN: Grant = may("organizations:DescribeOrganization", On::Anything, &[]);
const TRUST_SEEN: Grant =
    may("organizations:ListAWSServiceAccessForOrganization", On::Anything, &[]);
/// What only a trail of the whole organization needs.
const FOR_ALL: &[Grant] = &[WITH_ROLE, ROLE_SEEN, ORGANIZATION_SEEN, TRUST_SEEN];

/// Whether a trail is one of the whole organization. What is not known yet may say so.
fn usage(spec: &Value, usage: &mut Usage) {
    let says = &spec["properties"]["IsOrganizationTrail"];
    if !says.is_null() && *says != Value::Bool(false) {
        usage.needs.insert(OF_ORGANIZATION);
    }
}

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
    rows::creates(FOR_ALL).only(OF_ORGANIZATION),
    rows::updates(&[
        rows::UPDATE,
        may("cloudtrail:PutEventSelectors", TRAILS, OURS),
        may("cloudtrail:PutInsightSelectors", TRAILS, OURS),
        may("cloudtrail:StartLogging", TRAILS, OURS),
        may("cloudtrail:UpdateTrail", TRAILS, OURS),
        may("iam:PassRole", On::ExecutionRoles, PASSED),
    ]),
    rows::updates(FOR_ALL).only(OF_ORGANIZATION),
    rows::tags(&[
        rows::TAG,
        may("cloudtrail:AddTags", TRAILS, OURS_AFTER),
        may("cloudtrail:AddTags", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("cloudtrail:RemoveTags", TRAILS, OURS_WITHOUT)]),
];
