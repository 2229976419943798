//! What palisade may call for a VpcEndpoint, and what it needs for that.
//!
//! Describe calls are authorised for no resource and know no tags.

use serde_json::Value;

use super::NAME;
use crate::operations::{
    Mode::{Apply, Destroy, Observe},
    Need, OfKind, On, Operation, ResourceType, Usage,
    When::{self, Claims, KeepsOwner, NobodyElses, Owned, StaysOurs},
    table::{anything, may, owned, row},
};

const KINDS: &[&str] = &[NAME];

/// All that the rest of the program asks of it.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(ResourceType {
        service: "ec2",
        sort: "vpc-endpoint",
        sample: "vpce-00000000000000000",
        named: None,
    }),
    usage: Some(usage),
    ..OfKind::NONE
};

const ROWS: &[Operation] = &[
    row("ec2", "DescribeVpcs", Observe, KINDS, anything!("ec2:DescribeVpcs")),
    row("ec2", "DescribeSubnets", Observe, KINDS, anything!("ec2:DescribeSubnets")),
    row("ec2", "DescribeRouteTables", Observe, KINDS, anything!("ec2:DescribeRouteTables")),
    row("ec2", "DescribeVpcEndpoints", Observe, KINDS, anything!("ec2:DescribeVpcEndpoints"))
        .swept(),
    row(
        "ec2",
        "DescribeVpcEndpointServices",
        Observe,
        KINDS,
        anything!("ec2:DescribeVpcEndpointServices"),
    )
    .only(Need::UnknownServices),
    row(
        "ec2",
        "CreateVpcEndpoint",
        Apply,
        KINDS,
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
        KINDS,
        &[may("vpce:AllowMultiRegion", On::Anything, &[])],
    )
    .only(Need::EndpointsToOtherRegions)
    .note("A permission without a call of its own, asked for where the service is in another Region (AWS PrivateLink guide)."),
    row(
        "ec2",
        "ModifyVpcEndpoint",
        Apply,
        KINDS,
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
        KINDS,
        &[
            may("ec2:CreateTags", On::VpcEndpoints, &[Owned, StaysOurs]),
            may("ec2:CreateTags", On::Adopted(NAME), &[Claims, NobodyElses]),
        ],
    ),
    row(
        "ec2",
        "DeleteTags",
        Apply,
        KINDS,
        &[may("ec2:DeleteTags", On::VpcEndpoints, &[Owned, KeepsOwner])],
    ),
    row(
        "ec2",
        "DeleteVpcEndpoints",
        Destroy,
        KINDS,
        owned!("ec2:DeleteVpcEndpoints", VpcEndpoints),
    ),
];

/// What only some endpoints need.
fn usage(spec: &Value, usage: &mut Usage) {
    if !spec["serviceRegion"].is_null() {
        usage.needs.insert(Need::EndpointsToOtherRegions);
    }
}
