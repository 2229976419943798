//! Flow logs.

use super::{overlay::Overlay, rows};
use crate::{
    model::text,
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources, When,
        resources::{NAT_GATEWAY, SUBNET, VPC},
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::EC2::FlowLog";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ec2-flowlog.json"),
    short: "flowlog",
    about: "A flow log of a VPC or a subnet: who talked to whom. All but its tags are fixed; \
            another one is another manifest.",
    invented: true,
    arn: "arn:{partition}:ec2:{region}:{account}:vpc-flow-log/{id}",
    tags: Some(text::EC2),
    always: &["Id", "ResourceId"],
    refused: &[
        (
            "DeliverCrossAccountRole",
            "palisade does not pass roles of other accounts",
            "deliver to the account of the log, or to a bucket",
        ),
        (
            "TagFieldSpecifications",
            "AWS reads the tags of others for it, which palisade has no permission for",
            "leave it out",
        ),
    ],
    operations: OfKind {
        rows: ROWS,
        resource: Some(FLOW_LOG),
        hands_on_roles: true,
        ..OfKind::NONE
    },
    ..Overlay::PLAIN
};

/// Flow logs.
const FLOW_LOG: ResourceType = ResourceType::new(
    "vpc-flow-log",
    "arn:{partition}:ec2:{region}:{account}:vpc-flow-log/{id}",
    "fl-00000000000000000",
    Named::Never,
);

const LOGS: On = On::Of(&Resources { name: "FlowLogs", types: &[FLOW_LOG] });
const WATCHED: On = On::Of(&Resources { name: "Networks", types: &[NAT_GATEWAY, SUBNET, VPC] });
const SEEN: Grant = may("ec2:DescribeFlowLogs", On::Anything, &[]);
/// Flow logs write with the role.
const PASSED: &[When] =
    &[When::says("PassedToFlowLogs", "iam:PassedToService", "vpc-flow-logs.amazonaws.com")];

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN]),
    rows::lists(&[rows::LIST, SEEN]),
    rows::creates(&[
        rows::CREATE,
        may("ec2:CreateFlowLogs", LOGS, &[When::Claims]),
        may("ec2:CreateFlowLogs", WATCHED, &[]),
        may("ec2:CreateTags", LOGS, &[When::Claims, When::CreatedByEc2]),
        may("ec2:DescribeTags", On::Anything, &[]),
        may("iam:PassRole", On::ExecutionRoles, PASSED),
        may("logs:CreateLogDelivery", On::Anything, &[]),
    ]),
    rows::updates(&[rows::UPDATE]),
    rows::tags(&[
        rows::TAG,
        may("ec2:CreateTags", LOGS, OURS_AFTER),
        may("ec2:CreateTags", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("ec2:DeleteTags", LOGS, OURS_WITHOUT)]),
    rows::removes(&[
        rows::DELETE,
        may("ec2:DeleteFlowLogs", LOGS, OURS),
        may("logs:DeleteLogDelivery", On::Anything, &[]),
    ]),
];
