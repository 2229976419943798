//! Types of networks: what CloudTrail records of the calls that change them,
//! in the members of their APIs as CloudTrail writes them.

use super::{last, part};
use crate::{
    events::{Recorded, Records, TAGS, prefixed},
    kinds::cloud_control::{
        ec2_eip, ec2_flow_log, ec2_internet_gateway, ec2_nat_gateway, ec2_subnet,
        ec2_transit_gateway, ec2_transit_gateway_attachment, ec2_vpc, ec2_vpc_gateway_attachment,
        ram_resource_share,
    },
};

/// The tags of any of EC2's resources, set or removed.
const TAGGED: Recorded =
    Recorded::edits("ec2", "CreateTags", &["requestParameters/resourcesSet/resourceId"], TAGS);
const UNTAGGED: Recorded =
    Recorded::edits("ec2", "DeleteTags", &["requestParameters/resourcesSet/resourceId"], TAGS);

/// The records of each type.
pub(super) const ALL: &[(&str, Records)] = &[
    (
        ec2_vpc::NAME,
        Records {
            calls: &[
                Recorded::creates("ec2", "CreateVpc", &["responseElements/vpc/vpcId"]),
                Recorded::deletes("ec2", "DeleteVpc", &["requestParameters/vpcId"]),
                Recorded::edits("ec2", "ModifyVpcAttribute", &["requestParameters/vpcId"], &[]),
                Recorded::edits("ec2", "ModifyVpcTenancy", &["requestParameters/vpcId"], &[]),
                Recorded::edits("ec2", "AssociateVpcCidrBlock", &["requestParameters/vpcId"], &[]),
                Recorded::edits(
                    "ec2",
                    "DisassociateVpcCidrBlock",
                    &["responseElements/vpcId"],
                    &[],
                )
                .and_others(),
                TAGGED,
                UNTAGGED,
            ],
            id: |text| prefixed(text, "vpc-"),
            parts: &[],
        },
    ),
    (
        ec2_subnet::NAME,
        Records {
            calls: &[
                Recorded::creates("ec2", "CreateSubnet", &["responseElements/subnet/subnetId"]),
                Recorded::deletes("ec2", "DeleteSubnet", &["requestParameters/subnetId"]),
                Recorded::edits(
                    "ec2",
                    "ModifySubnetAttribute",
                    &["requestParameters/subnetId"],
                    &[],
                ),
                Recorded::edits(
                    "ec2",
                    "AssociateSubnetCidrBlock",
                    &["requestParameters/subnetId"],
                    &[],
                ),
                Recorded::edits(
                    "ec2",
                    "DisassociateSubnetCidrBlock",
                    &["responseElements/subnetId"],
                    &[],
                )
                .and_others(),
                TAGGED,
                UNTAGGED,
            ],
            id: |text| prefixed(text, "subnet-"),
            parts: &[],
        },
    ),
    (
        ec2_internet_gateway::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "ec2",
                    "CreateInternetGateway",
                    &["responseElements/internetGateway/internetGatewayId"],
                ),
                Recorded::deletes(
                    "ec2",
                    "DeleteInternetGateway",
                    &["requestParameters/internetGatewayId"],
                ),
                TAGGED,
                UNTAGGED,
            ],
            id: |text| prefixed(text, "igw-"),
            parts: &[],
        },
    ),
    (
        ec2_vpc_gateway_attachment::NAME,
        Records {
            calls: &[
                Recorded::creates("ec2", "AttachInternetGateway", &["requestParameters/vpcId"]),
                Recorded::deletes("ec2", "DetachInternetGateway", &["requestParameters/vpcId"]),
                Recorded::creates("ec2", "AttachVpnGateway", &["requestParameters/vpcId"]),
                Recorded::deletes("ec2", "DetachVpnGateway", &["requestParameters/vpcId"]),
            ],
            id: |text| prefixed(last(text), "vpc-"),
            parts: &[],
        },
    ),
    (
        ec2_nat_gateway::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "ec2",
                    "CreateNatGateway",
                    &["responseElements/natGateway/natGatewayId"],
                ),
                Recorded::deletes("ec2", "DeleteNatGateway", &["requestParameters/natGatewayId"]),
                Recorded::edits(
                    "ec2",
                    "AssociateNatGatewayAddress",
                    &["requestParameters/natGatewayId"],
                    &[],
                ),
                Recorded::edits(
                    "ec2",
                    "DisassociateNatGatewayAddress",
                    &["requestParameters/natGatewayId"],
                    &[],
                ),
                Recorded::edits(
                    "ec2",
                    "AssignPrivateNatGatewayAddress",
                    &["requestParameters/natGatewayId"],
                    &[],
                ),
                Recorded::edits(
                    "ec2",
                    "UnassignPrivateNatGatewayAddress",
                    &["requestParameters/natGatewayId"],
                    &[],
                ),
                TAGGED,
                UNTAGGED,
            ],
            id: |text| prefixed(text, "nat-"),
            parts: &[],
        },
    ),
    (
        ec2_eip::NAME,
        Records {
            calls: &[
                Recorded::creates("ec2", "AllocateAddress", &["responseElements/allocationId"]),
                Recorded::deletes("ec2", "ReleaseAddress", &["requestParameters/allocationId"]),
                Recorded::edits(
                    "ec2",
                    "AssociateAddress",
                    &["requestParameters/allocationId"],
                    &[],
                ),
                Recorded::edits("ec2", "DisassociateAddress", &[], &[]).and_others(),
                TAGGED,
                UNTAGGED,
            ],
            id: |text| prefixed(last(text), "eipalloc-"),
            parts: &[],
        },
    ),
    (
        ec2_flow_log::NAME,
        Records {
            calls: &[
                Recorded::creates("ec2", "CreateFlowLogs", &["responseElements/flowLogIdSet"]),
                Recorded::deletes("ec2", "DeleteFlowLogs", &["requestParameters/flowLogId"]),
                TAGGED,
                UNTAGGED,
            ],
            id: |text| prefixed(text, "fl-"),
            parts: &[],
        },
    ),
    (
        ec2_transit_gateway::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "ec2",
                    "CreateTransitGateway",
                    &["responseElements/transitGateway/transitGatewayId"],
                ),
                Recorded::edits(
                    "ec2",
                    "ModifyTransitGateway",
                    &["requestParameters/transitGatewayId"],
                    &[],
                ),
                Recorded::deletes(
                    "ec2",
                    "DeleteTransitGateway",
                    &["requestParameters/transitGatewayId"],
                ),
                TAGGED,
                UNTAGGED,
            ],
            id: |text| prefixed(text, "tgw-").filter(|id| !id.starts_with("tgw-attach-")),
            parts: &[],
        },
    ),
    (
        ec2_transit_gateway_attachment::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "ec2",
                    "CreateTransitGatewayVpcAttachment",
                    &["responseElements/transitGatewayVpcAttachment/transitGatewayAttachmentId"],
                ),
                Recorded::edits(
                    "ec2",
                    "ModifyTransitGatewayVpcAttachment",
                    &["requestParameters/transitGatewayAttachmentId"],
                    &[],
                ),
                Recorded::deletes(
                    "ec2",
                    "DeleteTransitGatewayVpcAttachment",
                    &["requestParameters/transitGatewayAttachmentId"],
                ),
                Recorded::edits(
                    "ec2",
                    "AcceptTransitGatewayVpcAttachment",
                    &["requestParameters/transitGatewayAttachmentId"],
                    &[],
                ),
                Recorded::edits(
                    "ec2",
                    "RejectTransitGatewayVpcAttachment",
                    &["requestParameters/transitGatewayAttachmentId"],
                    &[],
                ),
                TAGGED,
                UNTAGGED,
            ],
            id: |text| prefixed(text, "tgw-attach-"),
            parts: &[],
        },
    ),
    (
        ram_resource_share::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "ram",
                    "CreateResourceShare",
                    &["responseElements/resourceShare/resourceShareArn"],
                ),
                Recorded::edits(
                    "ram",
                    "UpdateResourceShare",
                    &["requestParameters/resourceShareArn"],
                    &[],
                ),
                Recorded::deletes(
                    "ram",
                    "DeleteResourceShare",
                    &["requestParameters/resourceShareArn"],
                ),
                Recorded::edits(
                    "ram",
                    "AssociateResourceShare",
                    &["requestParameters/resourceShareArn"],
                    &[],
                ),
                Recorded::edits(
                    "ram",
                    "DisassociateResourceShare",
                    &["requestParameters/resourceShareArn"],
                    &[],
                ),
                Recorded::edits(
                    "ram",
                    "AssociateResourceSharePermission",
                    &["requestParameters/resourceShareArn"],
                    &[],
                ),
                Recorded::edits(
                    "ram",
                    "DisassociateResourceSharePermission",
                    &["requestParameters/resourceShareArn"],
                    &[],
                ),
                Recorded::edits(
                    "ram",
                    "TagResource",
                    &["requestParameters/resourceShareArn"],
                    TAGS,
                ),
                Recorded::edits(
                    "ram",
                    "UntagResource",
                    &["requestParameters/resourceShareArn"],
                    TAGS,
                ),
            ],
            id: |text| part(text, "ram", "resource-share"),
            parts: &[],
        },
    ),
];
