//! What palisade may call for a SecurityGroup, and what it needs for that.
//!
//! Describe calls are authorised for no resource and know no tags.

use super::NAME;
use crate::operations::{
    Mode::{Apply, Destroy, Observe},
    OfKind, On, Operation, ResourceType,
    When::{self, Claims, KeepsOwner, NobodyElses, Owned, StaysOurs},
    table::{anything, may, owned, row},
};

const KINDS: &[&str] = &[NAME];

/// All that the rest of the program asks of it.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(ResourceType {
        service: "ec2",
        sort: "security-group",
        sample: "sg-00000000000000000",
        named: Some("sg-"),
    }),
    ..OfKind::NONE
};

const ROWS: &[Operation] = &[
    row("ec2", "DescribeVpcs", Observe, KINDS, anything!("ec2:DescribeVpcs")),
    row(
        "ec2",
        "DescribeManagedPrefixLists",
        Observe,
        KINDS,
        anything!("ec2:DescribeManagedPrefixLists"),
    ),
    row("ec2", "DescribeSecurityGroups", Observe, KINDS, anything!("ec2:DescribeSecurityGroups"))
        .swept(),
    row(
        "ec2",
        "DescribeSecurityGroupRules",
        Observe,
        KINDS,
        anything!("ec2:DescribeSecurityGroupRules"),
    ),
    row(
        "ec2",
        "DescribeNetworkInterfaces",
        Observe,
        KINDS,
        anything!("ec2:DescribeNetworkInterfaces"),
    ),
    row(
        "ec2",
        "CreateSecurityGroup",
        Apply,
        KINDS,
        &[
            may("ec2:CreateSecurityGroup", On::SecurityGroups, &[Claims]),
            may("ec2:CreateSecurityGroup", On::Vpcs, &[]),
            may("ec2:CreateTags", On::SecurityGroups, &[Claims, When::CreatedByEc2]),
        ],
    )
    .note("The VPC is named by the manifest and need not be ours."),
    row(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        Apply,
        KINDS,
        owned!("ec2:AuthorizeSecurityGroupIngress", SecurityGroups),
    ),
    row(
        "ec2",
        "AuthorizeSecurityGroupEgress",
        Apply,
        KINDS,
        owned!("ec2:AuthorizeSecurityGroupEgress", SecurityGroups),
    ),
    row(
        "ec2",
        "RevokeSecurityGroupIngress",
        Apply,
        KINDS,
        owned!("ec2:RevokeSecurityGroupIngress", SecurityGroups),
    ),
    row(
        "ec2",
        "RevokeSecurityGroupEgress",
        Apply,
        KINDS,
        owned!("ec2:RevokeSecurityGroupEgress", SecurityGroups),
    ),
    row(
        "ec2",
        "ModifySecurityGroupRules",
        Apply,
        KINDS,
        &[
            may("ec2:ModifySecurityGroupRules", On::SecurityGroups, &[Owned]),
            may("ec2:ModifySecurityGroupRules", On::SecurityGroupRules, &[]),
            may("ec2:ModifySecurityGroupRules", On::PrefixLists, &[]),
        ],
    )
    .note("Rules carry no tags of ours; the group that they are in must be ours."),
    row(
        "ec2",
        "UpdateSecurityGroupRuleDescriptionsIngress",
        Apply,
        KINDS,
        owned!("ec2:UpdateSecurityGroupRuleDescriptionsIngress", SecurityGroups),
    ),
    row(
        "ec2",
        "UpdateSecurityGroupRuleDescriptionsEgress",
        Apply,
        KINDS,
        owned!("ec2:UpdateSecurityGroupRuleDescriptionsEgress", SecurityGroups),
    ),
    row(
        "ec2",
        "CreateTags",
        Apply,
        KINDS,
        &[
            may("ec2:CreateTags", On::SecurityGroups, &[Owned, StaysOurs]),
            may("ec2:CreateTags", On::Adopted(NAME), &[Claims, NobodyElses]),
        ],
    ),
    row(
        "ec2",
        "DeleteTags",
        Apply,
        KINDS,
        &[may("ec2:DeleteTags", On::SecurityGroups, &[Owned, KeepsOwner])],
    ),
    row(
        "ec2",
        "DeleteSecurityGroup",
        Destroy,
        KINDS,
        owned!("ec2:DeleteSecurityGroup", SecurityGroups),
    )
    .note("Its rules that name other groups are revoked first, which is an apply permission."),
];
