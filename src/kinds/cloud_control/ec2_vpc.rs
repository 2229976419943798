//! VPCs.

use super::{
    baseline,
    overlay::{Overlay, Reads, Safe, Says},
    rows,
};
use crate::{
    kind::Removal,
    model::text,
    operations::{
        OfKind, On, Operation, Resources, When,
        resources::VPC,
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::EC2::VPC";

const ENCRYPTION: &str = "VpcEncryptionControl";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ec2-vpc.json"),
    short: "vpc",
    about: "A virtual private network.",
    // EC2 deletes none that has anything in it.
    removal: Removal::Prunable,
    invented: true,
    arn: "arn:{partition}:ec2:{region}:{account}:vpc/{id}",
    tags: Some(text::EC2),
    reads: Reads::InTurn,
    always: &["CidrBlock", "EnableDnsSupport", "EnableDnsHostnames", "InstanceTenancy"],
    refused: &[(
        ENCRYPTION,
        "AWS returns none of its exclusions, so that nobody could see what is encrypted",
        "leave it out",
    )],
    words: &[
        ("EnableDnsSupport", Says::Cuts(Safe::Flag(true))),
        ("EnableDnsHostnames", Says::Cuts(Safe::Flag(true))),
    ],
    rules: baseline::NETWORKS,
    operations: OfKind { rows: ROWS, resource: Some(VPC), ..OfKind::NONE },
    ..Overlay::PLAIN
};

const VPCS: On = On::Of(&Resources { name: "Vpcs", types: &[VPC] });

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::gets(&[
        rows::GET,
        may("ec2:DescribeVpcs", On::Anything, &[]),
        may("ec2:DescribeVpcAttribute", VPCS, &[]),
        may("ec2:DescribeNetworkAcls", On::Anything, &[]),
        may("ec2:DescribeSecurityGroups", On::Anything, &[]),
        may("ec2:DescribeVpcEncryptionControls", On::Anything, &[]),
    ]),
    rows::lists(&[
        rows::LIST,
        may("ec2:DescribeVpcs", On::Anything, &[]),
        may("ec2:DescribeVpcEncryptionControls", On::Anything, &[]),
    ]),
    rows::INDEX,
    rows::creates(&[
        rows::CREATE,
        may("ec2:CreateVpc", VPCS, &[When::Claims]),
        may("ec2:CreateTags", VPCS, &[When::Claims, When::CreatedByEc2]),
        may("ec2:ModifyVpcAttribute", VPCS, OURS),
    ]),
    rows::updates(&[rows::UPDATE, may("ec2:ModifyVpcAttribute", VPCS, OURS)]),
    rows::tags(&[
        rows::TAG,
        may("ec2:CreateTags", VPCS, OURS_AFTER),
        may("ec2:CreateTags", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("ec2:DeleteTags", VPCS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("ec2:DeleteVpc", VPCS, OURS)]),
];
