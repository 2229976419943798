//! The operations that palisade may call for a RouteTable, and the permissions that they need
//! (service authorization reference, Amazon EC2).
//!
//! Describe calls are authorized without a resource and do not support tag conditions.

use super::NAME;
use crate::operations::{
    OfKind, On, Operation, Resources, When,
    resources::{ROUTE_TABLE, SUBNET, VPC},
    table::{
        CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes,
    },
};

/// What the rest of the program needs to know about its operations.
pub(super) const OPERATIONS: OfKind =
    OfKind { rows: ROWS, resource: Some(ROUTE_TABLE), ..OfKind::NONE };

const TABLES: On = On::Of(&Resources { name: "RouteTables", types: &[ROUTE_TABLE] });
const VPCS: On = On::Of(&Resources { name: "Vpcs", types: &[VPC] });
const SUBNETS: On = On::Of(&Resources { name: "Subnets", types: &[SUBNET] });

const ROWS: &[Operation] = &[
    reads("ec2:DescribeVpcs"),
    reads("ec2:DescribeSubnets"),
    reads("ec2:DescribeRouteTables").swept(),
    writes("ec2:CreateRouteTable", TABLES, CLAIMS).and(&[
        may("ec2:CreateRouteTable", VPCS, &[]),
        may("ec2:CreateTags", TABLES, &[When::Claims, When::CreatedByEc2]),
    ]),
    writes("ec2:CreateRoute", TABLES, OURS),
    writes("ec2:ReplaceRoute", TABLES, OURS),
    writes("ec2:DeleteRoute", TABLES, OURS),
    writes("ec2:AssociateRouteTable", TABLES, OURS)
        .and(&[may("ec2:AssociateRouteTable", SUBNETS, &[])])
        .note("Subnets are named by the manifest and need not be ours."),
    writes("ec2:ReplaceRouteTableAssociation", TABLES, OURS).and(&[may(
        "ec2:ReplaceRouteTableAssociation",
        SUBNETS,
        &[],
    )]),
    writes("ec2:DisassociateRouteTable", TABLES, OURS).and(&[may(
        "ec2:DisassociateRouteTable",
        SUBNETS,
        &[],
    )]),
    writes("ec2:CreateTags", TABLES, OURS_AFTER).and(&[may(
        "ec2:CreateTags",
        On::Adopted(NAME),
        CLAIMS_UNCLAIMED,
    )]),
    writes("ec2:DeleteTags", TABLES, OURS_WITHOUT),
    deletes("ec2:DeleteRouteTable", TABLES, OURS),
];
