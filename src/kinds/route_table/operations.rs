//! The operations that palisade may call for a RouteTable, and the permissions that they need
//! (service authorization reference, Amazon EC2).
//!
//! Describe calls are authorized without a resource and do not support tag conditions.

use super::{NAME, records};
use crate::operations::{
    OfKind, On, Operation, Resources, When,
    resources::{INTERNET_GATEWAY, ROUTE_TABLE, SUBNET, VPC, VPN_GATEWAY},
    table::{
        CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes,
    },
};

/// What the rest of the program needs to know about its operations.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(ROUTE_TABLE),
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

const TABLES: On = On::Of(&Resources { name: "RouteTables", types: &[ROUTE_TABLE] });
const VPCS: On = On::Of(&Resources { name: "Vpcs", types: &[VPC] });
const SUBNETS: On = On::Of(&Resources { name: "Subnets", types: &[SUBNET] });
const GATEWAYS: On =
    On::Of(&Resources { name: "Gateways", types: &[INTERNET_GATEWAY, VPN_GATEWAY] });
const VPN_GATEWAYS: On = On::Of(&Resources { name: "VpnGateways", types: &[VPN_GATEWAY] });

const ROWS: &[Operation] = &[
    reads("ec2:DescribeVpcs"),
    reads("ec2:DescribeSubnets"),
    reads("ec2:DescribeRouteTables").swept(),
    // Only where a route leads by a prefix list to an endpoint, and once for each list.
    reads("ec2:DescribeManagedPrefixLists").swept(),
    writes("ec2:CreateRouteTable", TABLES, CLAIMS).and(&[
        may("ec2:CreateRouteTable", VPCS, &[]),
        may("ec2:CreateTags", TABLES, &[When::Claims, When::CreatedByEc2]),
    ]),
    writes("ec2:CreateRoute", TABLES, OURS),
    writes("ec2:ReplaceRoute", TABLES, OURS),
    writes("ec2:DeleteRoute", TABLES, OURS),
    writes("ec2:EnableVgwRoutePropagation", TABLES, OURS).and(&[may(
        "ec2:EnableVgwRoutePropagation",
        VPN_GATEWAYS,
        &[],
    )]),
    writes("ec2:DisableVgwRoutePropagation", TABLES, OURS).and(&[may(
        "ec2:DisableVgwRoutePropagation",
        VPN_GATEWAYS,
        &[],
    )]),
    writes("ec2:AssociateRouteTable", TABLES, OURS)
        .and(&[
            may("ec2:AssociateRouteTable", SUBNETS, &[]),
            may("ec2:AssociateRouteTable", GATEWAYS, &[]),
        ])
        .note("Subnets and gateways are named by the manifest and need not be ours."),
    writes("ec2:ReplaceRouteTableAssociation", TABLES, OURS).and(&[
        may("ec2:ReplaceRouteTableAssociation", SUBNETS, &[]),
        may("ec2:ReplaceRouteTableAssociation", GATEWAYS, &[]),
    ]),
    writes("ec2:DisassociateRouteTable", TABLES, OURS).and(&[
        may("ec2:DisassociateRouteTable", SUBNETS, &[]),
        may("ec2:DisassociateRouteTable", GATEWAYS, &[]),
    ]),
    writes("ec2:CreateTags", TABLES, OURS_AFTER).and(&[may(
        "ec2:CreateTags",
        On::Adopted(NAME),
        CLAIMS_UNCLAIMED,
    )]),
    writes("ec2:DeleteTags", TABLES, OURS_WITHOUT),
    deletes("ec2:DeleteRouteTable", TABLES, OURS),
];
