//! What attaches an internet gateway to a VPC: a part of the VPC, owned by whoever owns that.

use super::{
    ec2_vpc,
    identifier::{Identifier, Made, said},
    overlay::Overlay,
    rows,
};
use crate::{
    kind::Claimed,
    operations::{
        Grant, OfKind, On, Operation, Resources,
        resources::{INTERNET_GATEWAY, VPC},
        table::{OURS, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::EC2::VPCGatewayAttachment";

/// What stands before the id of the VPC in the identifier of the attachment of an internet gateway
/// (CloudFormation's template reference, `AttachmentType`; inferred from what others show of it).
const BEFORE: &str = "IGW|";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ec2-vpcgatewayattachment.json"),
    short: "vpcattachment",
    about: "The attachment of an internet gateway to a VPC that palisade manages: the manifest \
            refers to it (`VpcId: ${AWS::EC2::VPC/name}`). Without it no route leads out.",
    claimed: Claimed::ByParentWith { parent: ec2_vpc::NAME, before: BEFORE },
    identifier: Identifier::Made(Made {
        needs: &["InternetGatewayId", "VpcId"],
        name: |it| said(it, "VpcId"),
        id: "IGW|{name}",
    }),
    always: &["InternetGatewayId", "VpcId"],
    refused: &[(
        "VpnGatewayId",
        "a VPC has one attachment of each sort, and palisade manages that of the internet gateway",
        "leave it out",
    )],
    operations: OfKind { rows: ROWS, resource: Some(VPC), ..OfKind::NONE },
    ..Overlay::PLAIN
};

const VPCS: On = On::Of(&Resources { name: "Vpcs", types: &[VPC] });
const GATEWAYS: On = On::Of(&Resources { name: "InternetGateways", types: &[INTERNET_GATEWAY] });
const SEEN: Grant = may("ec2:DescribeInternetGateways", On::Anything, &[]);
const PRIVATE: Grant = may("ec2:DescribeVpnGateways", On::Anything, &[]);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN, PRIVATE]),
    rows::creates(&[
        rows::CREATE,
        may("ec2:AttachInternetGateway", VPCS, OURS),
        may("ec2:AttachInternetGateway", GATEWAYS, &[]),
    ]),
    rows::updates(&[
        rows::UPDATE,
        may("ec2:AttachInternetGateway", VPCS, OURS),
        may("ec2:AttachInternetGateway", GATEWAYS, &[]),
        may("ec2:DetachInternetGateway", VPCS, OURS),
        may("ec2:DetachInternetGateway", GATEWAYS, &[]),
    ]),
    rows::removes(&[
        rows::DELETE,
        may("ec2:DetachInternetGateway", VPCS, OURS),
        may("ec2:DetachInternetGateway", GATEWAYS, &[]),
    ]),
];
