//! What palisade may call for a NetworkAcl, and what it needs for that (service authorization
//! reference, Amazon EC2).
//!
//! Describe calls are authorised for no resource and know no tags.

use super::{NAME, records};
use crate::operations::{
    Named, OfKind, On, Operation, ResourceType, Resources, When,
    resources::{SUBNET, VPC},
    table::{
        CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes,
    },
};

/// All that the rest of the program asks of it.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(RESOURCE),
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

/// Network ACLs.
const RESOURCE: ResourceType = ResourceType::new(
    "network-acl",
    "arn:{partition}:ec2:{region}:{account}:network-acl/{id}",
    "acl-00000000000000000",
    Named::Never,
);

const ACLS: On = On::Of(&Resources { name: "NetworkAcls", types: &[RESOURCE] });
const VPCS: On = On::Of(&Resources { name: "Vpcs", types: &[VPC] });
const SUBNETS: On = On::Of(&Resources { name: "Subnets", types: &[SUBNET] });

const ROWS: &[Operation] = &[
    reads("ec2:DescribeVpcs"),
    reads("ec2:DescribeSubnets"),
    reads("ec2:DescribeNetworkAcls").swept(),
    writes("ec2:CreateNetworkAcl", ACLS, CLAIMS).and(&[
        may("ec2:CreateNetworkAcl", VPCS, &[]),
        may("ec2:CreateTags", ACLS, &[When::Claims, When::CreatedByEc2]),
    ]),
    writes("ec2:CreateNetworkAclEntry", ACLS, OURS),
    writes("ec2:ReplaceNetworkAclEntry", ACLS, OURS),
    writes("ec2:DeleteNetworkAclEntry", ACLS, OURS),
    writes("ec2:ReplaceNetworkAclAssociation", ACLS, OURS)
        .and(&[may("ec2:ReplaceNetworkAclAssociation", SUBNETS, &[])])
        .note("Subnets are named by the manifest and need not be ours."),
    writes("ec2:CreateTags", ACLS, OURS_AFTER).and(&[may(
        "ec2:CreateTags",
        On::Adopted(NAME),
        CLAIMS_UNCLAIMED,
    )]),
    writes("ec2:DeleteTags", ACLS, OURS_WITHOUT),
    deletes("ec2:DeleteNetworkAcl", ACLS, OURS),
];
