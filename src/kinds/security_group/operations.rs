//! The operations that palisade may call for a SecurityGroup, and the permissions that they need.
//!
//! Describe calls are authorized without a resource and do not support tag conditions.

use super::{NAME, records};
use crate::operations::{
    Named, OfKind, On, Operation, ResourceType, Resources, When,
    resources::{PREFIX_LIST, VPC},
    table::{
        CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes,
    },
};

/// What the rest of the program needs to know about its operations.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(RESOURCE),
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

/// Groups.
pub(crate) const RESOURCE: ResourceType = ResourceType::new(
    "security-group",
    "arn:{partition}:ec2:{region}:{account}:security-group/{id}",
    "sg-00000000000000000",
    Named::By("sg-"),
);
/// Their rules.
const RULE: ResourceType = ResourceType::new(
    "security-group-rule",
    "arn:{partition}:ec2:{region}:{account}:security-group-rule/{id}",
    "sgr-00000000000000000",
    Named::Never,
);

const GROUPS: On = On::Of(&Resources { name: "SecurityGroups", types: &[RESOURCE] });
const RULES: On = On::Of(&Resources { name: "SecurityGroupRules", types: &[RULE] });
const VPCS: On = On::Of(&Resources { name: "Vpcs", types: &[VPC] });
const PREFIX_LISTS: On = On::Of(&Resources { name: "PrefixLists", types: &[PREFIX_LIST] });

const ROWS: &[Operation] = &[
    reads("ec2:DescribeVpcs"),
    reads("ec2:DescribeManagedPrefixLists"),
    reads("ec2:DescribeSecurityGroups").swept(),
    reads("ec2:DescribeSecurityGroupRules"),
    reads("ec2:DescribeNetworkInterfaces"),
    // Only where a manifest says `associatedVpcs`, and before a group is deleted.
    reads("ec2:DescribeSecurityGroupVpcAssociations"),
    writes("ec2:CreateSecurityGroup", GROUPS, CLAIMS)
        .and(&[
            may("ec2:CreateSecurityGroup", VPCS, &[]),
            may("ec2:CreateTags", GROUPS, &[When::Claims, When::CreatedByEc2]),
        ])
        .note("The VPC is named by the manifest and need not be ours."),
    writes("ec2:AuthorizeSecurityGroupIngress", GROUPS, OURS),
    writes("ec2:AuthorizeSecurityGroupEgress", GROUPS, OURS),
    writes("ec2:RevokeSecurityGroupIngress", GROUPS, OURS),
    writes("ec2:RevokeSecurityGroupEgress", GROUPS, OURS),
    writes("ec2:ModifySecurityGroupRules", GROUPS, OURS)
        .and(&[
            may("ec2:ModifySecurityGroupRules", RULES, &[]),
            may("ec2:ModifySecurityGroupRules", PREFIX_LISTS, &[]),
        ])
        .note("Rules carry no tags of ours; the group that they are in must be ours."),
    writes("ec2:UpdateSecurityGroupRuleDescriptionsIngress", GROUPS, OURS),
    writes("ec2:UpdateSecurityGroupRuleDescriptionsEgress", GROUPS, OURS),
    writes("ec2:AssociateSecurityGroupVpc", GROUPS, OURS)
        .and(&[may("ec2:AssociateSecurityGroupVpc", VPCS, &[])])
        .note("The VPCs are named by the manifest and need not be ours."),
    writes("ec2:DisassociateSecurityGroupVpc", GROUPS, OURS).and(&[may(
        "ec2:DisassociateSecurityGroupVpc",
        VPCS,
        &[],
    )]),
    writes("ec2:CreateTags", GROUPS, OURS_AFTER).and(&[may(
        "ec2:CreateTags",
        On::Adopted(NAME),
        CLAIMS_UNCLAIMED,
    )]),
    writes("ec2:DeleteTags", GROUPS, OURS_WITHOUT),
    deletes("ec2:DeleteSecurityGroup", GROUPS, OURS)
        .note("Its rules that name other groups are revoked first, which is an apply permission."),
];
