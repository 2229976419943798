//! NAT gateways.

use super::{
    overlay::{Overlay, Reads},
    rows,
};
use crate::{
    model::text,
    operations::{
        Grant, OfKind, On, Operation, Resources, When,
        resources::{ELASTIC_IP, NAT_GATEWAY, SUBNET, VPC},
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::EC2::NatGateway";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ec2-natgateway.json"),
    short: "nat",
    about: "A NAT gateway: what routes lead to it reaches the internet, and cannot be reached \
            from there. A route names it as `via: {ref: AWS::EC2::NatGateway/name}`.",
    invented: true,
    arn: "arn:{partition}:ec2:{region}:{account}:natgateway/{id}",
    tags: Some(text::EC2),
    reads: Reads::InTurn,
    always: &["NatGatewayId"],
    operations: OfKind { rows: ROWS, resource: Some(NAT_GATEWAY), ..OfKind::NONE },
    ..Overlay::PLAIN
};

const GATEWAYS: On = On::Of(&Resources { name: "NatGateways", types: &[NAT_GATEWAY] });
const ADDRESSES: On = On::Of(&Resources { name: "ElasticIps", types: &[ELASTIC_IP] });
const PLACES: On = On::Of(&Resources { name: "SubnetsAndVpcs", types: &[SUBNET, VPC] });
const SEEN: Grant = may("ec2:DescribeNatGateways", On::Anything, &[]);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN]),
    rows::lists(&[rows::LIST, SEEN]),
    rows::creates(&[
        rows::CREATE,
        may("ec2:CreateNatGateway", GATEWAYS, &[When::Claims]),
        may("ec2:CreateNatGateway", ADDRESSES, &[]),
        may("ec2:CreateNatGateway", PLACES, &[]),
        may("ec2:CreateTags", GATEWAYS, &[When::Claims, When::CreatedByEc2]),
    ]),
    rows::updates(&[
        rows::UPDATE,
        may("ec2:AssignPrivateNatGatewayAddress", GATEWAYS, OURS),
        may("ec2:AssociateNatGatewayAddress", GATEWAYS, OURS),
        may("ec2:AssociateNatGatewayAddress", ADDRESSES, &[]),
        may("ec2:DisassociateNatGatewayAddress", GATEWAYS, OURS),
        may("ec2:DisassociateNatGatewayAddress", ADDRESSES, &[]),
        may("ec2:UnassignPrivateNatGatewayAddress", GATEWAYS, OURS),
    ]),
    rows::tags(&[
        rows::TAG,
        may("ec2:CreateTags", GATEWAYS, OURS_AFTER),
        may("ec2:CreateTags", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("ec2:DeleteTags", GATEWAYS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("ec2:DeleteNatGateway", GATEWAYS, OURS)]),
];
