//! Subnets.

use super::{
    baseline,
    overlay::{Overlay, Safe, Says},
    rows,
};
use crate::{
    kind::Removal,
    model::text,
    operations::{
        Grant, OfKind, On, Operation, Resources, When,
        resources::{SUBNET, VPC},
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::EC2::Subnet";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ec2-subnet.json"),
    short: "subnet",
    about: "A subnet of a VPC. Where it leads is said by its route table, and what passes by its \
            network ACL: their manifests refer to it.",
    // EC2 deletes none that has anything in it.
    removal: Removal::Prunable,
    invented: true,
    arn: "arn:{partition}:ec2:{region}:{account}:subnet/{id}",
    tags: Some(text::EC2),
    always: &["CidrBlock", "MapPublicIpOnLaunch", "VpcId"],
    words: &[
        // What starts in it has a public address.
        ("MapPublicIpOnLaunch", Says::Safe(Safe::Flag(false))),
        ("AssignIpv6AddressOnCreation", Says::Safe(Safe::Flag(false))),
        ("EnableDns64", Says::Harmless),
        ("PrivateDnsNameOptionsOnLaunch", Says::Harmless),
    ],
    rules: baseline::SUBNETS,
    operations: OfKind { rows: ROWS, resource: Some(SUBNET), ..OfKind::NONE },
    ..Overlay::PLAIN
};

const SUBNETS: On = On::Of(&Resources { name: "Subnets", types: &[SUBNET] });
const VPCS: On = On::Of(&Resources { name: "Vpcs", types: &[VPC] });
const SEEN: Grant = may("ec2:DescribeSubnets", On::Anything, &[]);
const ACLS: Grant = may("ec2:DescribeNetworkAcls", On::Anything, &[]);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN, ACLS]),
    rows::lists(&[rows::LIST, SEEN, ACLS]),
    rows::creates(&[
        rows::CREATE,
        may("ec2:CreateSubnet", SUBNETS, &[When::Claims]),
        may("ec2:CreateSubnet", VPCS, &[]),
        may("ec2:CreateTags", SUBNETS, &[When::Claims, When::CreatedByEc2]),
        may("ec2:ModifySubnetAttribute", SUBNETS, OURS),
    ]),
    rows::updates(&[
        rows::UPDATE,
        may("ec2:ModifySubnetAttribute", SUBNETS, OURS),
        may("ec2:AssociateSubnetCidrBlock", SUBNETS, OURS),
        may("ec2:DisassociateSubnetCidrBlock", SUBNETS, OURS),
    ]),
    rows::tags(&[
        rows::TAG,
        may("ec2:CreateTags", SUBNETS, OURS_AFTER),
        may("ec2:CreateTags", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("ec2:DeleteTags", SUBNETS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("ec2:DeleteSubnet", SUBNETS, OURS)]),
];
