//! EC2. Describe calls are authorised for no resource and know no tags.

use super::{
    super::{
        Mode::{Apply, Destroy, Observe},
        Need, On, Operation,
        When::{self, Claims, KeepsOwner, NobodyElses, Owned, StaysOurs},
    },
    DOMAIN, ENDPOINT, GROUP, anything, may, owned, row,
};

pub(super) const ROWS: &[Operation] = &[
    row("ec2", "DescribeVpcs", Observe, &[GROUP, ENDPOINT, DOMAIN], anything!("ec2:DescribeVpcs")),
    row("ec2", "DescribeSubnets", Observe, &[ENDPOINT, DOMAIN], anything!("ec2:DescribeSubnets")),
    row("ec2", "DescribeRouteTables", Observe, &[ENDPOINT], anything!("ec2:DescribeRouteTables")),
    row(
        "ec2",
        "DescribeManagedPrefixLists",
        Observe,
        &[GROUP],
        anything!("ec2:DescribeManagedPrefixLists"),
    ),
    row(
        "ec2",
        "DescribeSecurityGroups",
        Observe,
        &[GROUP],
        anything!("ec2:DescribeSecurityGroups"),
    )
    .swept(),
    row(
        "ec2",
        "DescribeSecurityGroupRules",
        Observe,
        &[GROUP],
        anything!("ec2:DescribeSecurityGroupRules"),
    ),
    row(
        "ec2",
        "DescribeNetworkInterfaces",
        Observe,
        &[GROUP],
        anything!("ec2:DescribeNetworkInterfaces"),
    ),
    row("ec2", "DescribeVpcEndpoints", Observe, &[ENDPOINT], anything!("ec2:DescribeVpcEndpoints"))
        .swept(),
    row(
        "ec2",
        "DescribeVpcEndpointServices",
        Observe,
        &[ENDPOINT],
        anything!("ec2:DescribeVpcEndpointServices"),
    )
    .only(Need::UnknownServices),
    row(
        "ec2",
        "CreateSecurityGroup",
        Apply,
        &[GROUP],
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
        &[GROUP],
        owned!("ec2:AuthorizeSecurityGroupIngress", SecurityGroups),
    ),
    row(
        "ec2",
        "AuthorizeSecurityGroupEgress",
        Apply,
        &[GROUP],
        owned!("ec2:AuthorizeSecurityGroupEgress", SecurityGroups),
    ),
    row(
        "ec2",
        "RevokeSecurityGroupIngress",
        Apply,
        &[GROUP],
        owned!("ec2:RevokeSecurityGroupIngress", SecurityGroups),
    ),
    row(
        "ec2",
        "RevokeSecurityGroupEgress",
        Apply,
        &[GROUP],
        owned!("ec2:RevokeSecurityGroupEgress", SecurityGroups),
    ),
    row(
        "ec2",
        "ModifySecurityGroupRules",
        Apply,
        &[GROUP],
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
        &[GROUP],
        owned!("ec2:UpdateSecurityGroupRuleDescriptionsIngress", SecurityGroups),
    ),
    row(
        "ec2",
        "UpdateSecurityGroupRuleDescriptionsEgress",
        Apply,
        &[GROUP],
        owned!("ec2:UpdateSecurityGroupRuleDescriptionsEgress", SecurityGroups),
    ),
    row(
        "ec2",
        "CreateTags",
        Apply,
        &[GROUP],
        &[
            may("ec2:CreateTags", On::SecurityGroups, &[Owned, StaysOurs]),
            may("ec2:CreateTags", On::Adopted(GROUP), &[Claims, NobodyElses]),
        ],
    ),
    row(
        "ec2",
        "DeleteTags",
        Apply,
        &[GROUP],
        &[may("ec2:DeleteTags", On::SecurityGroups, &[Owned, KeepsOwner])],
    ),
    row(
        "ec2",
        "DeleteSecurityGroup",
        Destroy,
        &[GROUP],
        owned!("ec2:DeleteSecurityGroup", SecurityGroups),
    )
    .note("Its rules that name other groups are revoked first, which is an apply permission."),
    row(
        "ec2",
        "CreateVpcEndpoint",
        Apply,
        &[ENDPOINT],
        &[
            may("ec2:CreateVpcEndpoint", On::VpcEndpoints, &[Claims]),
            may("ec2:CreateVpcEndpoint", On::Vpcs, &[]),
            may("ec2:CreateVpcEndpoint", On::EndpointParts, &[]),
            may("ec2:CreateTags", On::VpcEndpoints, &[Claims, When::CreatedByEc2]),
            may("route53:AssociateVPCWithHostedZone", On::HostedZones, &[]),
        ],
    )
    .note("Route 53 is for private DNS names; the zone is AWS's own and has no tags."),
    row(
        "ec2",
        "CreateVpcEndpoint",
        Apply,
        &[ENDPOINT],
        &[may("vpce:AllowMultiRegion", On::Anything, &[])],
    )
    .only(Need::EndpointsToOtherRegions)
    .note("A permission without a call of its own, asked for where the service is in another Region (AWS PrivateLink guide)."),
    row(
        "ec2",
        "ModifyVpcEndpoint",
        Apply,
        &[ENDPOINT],
        &[
            may("ec2:ModifyVpcEndpoint", On::VpcEndpoints, &[Owned]),
            may("ec2:ModifyVpcEndpoint", On::EndpointParts, &[]),
            may("route53:AssociateVPCWithHostedZone", On::HostedZones, &[]),
        ],
    )
    .note("Subnets, groups and route tables are named by the manifest and need not be ours."),
    row(
        "ec2",
        "CreateTags",
        Apply,
        &[ENDPOINT],
        &[
            may("ec2:CreateTags", On::VpcEndpoints, &[Owned, StaysOurs]),
            may("ec2:CreateTags", On::Adopted(ENDPOINT), &[Claims, NobodyElses]),
        ],
    ),
    row(
        "ec2",
        "DeleteTags",
        Apply,
        &[ENDPOINT],
        &[may("ec2:DeleteTags", On::VpcEndpoints, &[Owned, KeepsOwner])],
    ),
    row(
        "ec2",
        "DeleteVpcEndpoints",
        Destroy,
        &[ENDPOINT],
        owned!("ec2:DeleteVpcEndpoints", VpcEndpoints),
    ),
];
