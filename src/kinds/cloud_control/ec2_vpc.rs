//! VPCs.

use super::overlay::{Overlay, Safe, Says};
use crate::{
    kind::{Claimed, Removal},
    model::text,
    operations::{
        OfKind, On, Operation, Resources, When,
        resources::VPC,
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes},
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
    claimed: Claimed::ByTags,
    // EC2 deletes none that has anything in it.
    removal: Removal::Prunable,
    invented: true,
    arn: "arn:{partition}:ec2:{region}:{account}:vpc/{id}",
    tags: Some(text::EC2),
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
    ordered: &[],
    documents: &[],
    policies: &[],
    reach: None,
    blind: &[],
    operations: OfKind { rows: ROWS, resource: Some(VPC), ..OfKind::NONE },
};

const VPCS: On = On::Of(&Resources { name: "Vpcs", types: &[VPC] });

const ROWS: &[Operation] = &[
    reads("cloudcontrol:ListResourceRequests").only_needs(&[may(
        "cloudformation:ListResourceRequests",
        On::Anything,
        &[],
    )]),
    reads("cloudcontrol:GetResourceRequestStatus").only_needs(&[may(
        "cloudformation:GetResourceRequestStatus",
        On::Anything,
        &[],
    )]),
    reads("cloudcontrol:GetResource").only_needs(&[
        may("cloudformation:GetResource", On::Anything, &[]),
        may("ec2:DescribeVpcs", On::Anything, &[]),
        may("ec2:DescribeVpcAttribute", VPCS, &[]),
        may("ec2:DescribeNetworkAcls", On::Anything, &[]),
        may("ec2:DescribeSecurityGroups", On::Anything, &[]),
        may("ec2:DescribeVpcEncryptionControls", On::Anything, &[]),
    ]),
    reads("cloudcontrol:ListResources").only_needs(&[
        may("cloudformation:ListResources", On::Anything, &[]),
        may("ec2:DescribeVpcs", On::Anything, &[]),
        may("ec2:DescribeVpcEncryptionControls", On::Anything, &[]),
    ]),
    reads("resourcegroupstaggingapi:GetResources").only_needs(&[may(
        "tag:GetResources",
        On::Anything,
        &[],
    )]),
    writes("cloudcontrol:CreateResource", On::Anything, &[]).only_needs(&[
        may("cloudformation:CreateResource", On::Anything, &[]),
        may("ec2:CreateVpc", VPCS, &[When::Claims]),
        may("ec2:CreateTags", VPCS, &[When::Claims, When::CreatedByEc2]),
        may("ec2:ModifyVpcAttribute", VPCS, OURS),
    ]),
    writes("cloudcontrol:UpdateResource", On::Anything, &[]).only_needs(&[
        may("cloudformation:UpdateResource", On::Anything, &[]),
        may("ec2:ModifyVpcAttribute", VPCS, OURS),
    ]),
    writes("resourcegroupstaggingapi:TagResources", On::Anything, &[]).only_needs(&[
        may("tag:TagResources", On::Anything, &[]),
        may("ec2:CreateTags", VPCS, OURS_AFTER),
        may("ec2:CreateTags", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    writes("resourcegroupstaggingapi:UntagResources", On::Anything, &[]).only_needs(&[
        may("tag:UntagResources", On::Anything, &[]),
        may("ec2:DeleteTags", VPCS, OURS_WITHOUT),
    ]),
    deletes("cloudcontrol:DeleteResource", On::Anything, &[]).only_needs(&[
        may("cloudformation:DeleteResource", On::Anything, &[]),
        may("ec2:DeleteVpc", VPCS, OURS),
    ]),
];
