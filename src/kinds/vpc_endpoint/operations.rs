//! The operations that palisade may call for a VpcEndpoint, and the permissions that they need.
//!
//! Describe calls are authorized without a resource and do not support tag conditions.

use serde_json::Value;

use super::{NAME, addresses, records};
use crate::{
    kind::LookupKind,
    kinds::security_group,
    operations::{
        Named, Need, OfKind, On, Operation, ResourceType, Resources, Usage, When,
        resources::{ROUTE_TABLE, SUBNET, VPC},
        table::{
            CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, deletes, may, reads, writes,
        },
    },
};

/// What the rest of the program needs to know about its operations.
pub(super) const OPERATIONS: OfKind = OfKind {
    rows: ROWS,
    resource: Some(RESOURCE),
    usage: Some(usage),
    records: Some(records::RECORDS),
    ..OfKind::NONE
};

/// Endpoints.
const RESOURCE: ResourceType = ResourceType::new(
    "vpc-endpoint",
    "arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{id}",
    "vpce-00000000000000000",
    Named::Never,
);
/// Hosted zones of Route 53. An endpoint's zone belongs to AWS.
const HOSTED_ZONE: ResourceType = ResourceType::new(
    "hostedzone",
    "arn:{partition}:route53:::hostedzone/{id}",
    "Z00000000000000000000",
    Named::Never,
);

const ENDPOINTS: On = On::Of(&Resources { name: "VpcEndpoints", types: &[RESOURCE] });
const VPCS: On = On::Of(&Resources { name: "Vpcs", types: &[VPC] });
const ZONES: On = On::Of(&Resources { name: "HostedZones", types: &[HOSTED_ZONE] });
/// What an endpoint is attached to.
const PARTS: On = On::Of(&Resources {
    name: "EndpointParts",
    types: &[ROUTE_TABLE, security_group::RESOURCE, SUBNET],
});

const FIXED_ADDRESSES: Need = Need::Noted("an endpoint with fixed addresses");
const TO_OTHER_REGIONS: Need = Need::Noted("an endpoint to a service in another Region");

const ROWS: &[Operation] = &[
    reads("ec2:DescribeVpcs"),
    reads("ec2:DescribeSubnets"),
    reads("ec2:DescribeRouteTables"),
    reads("ec2:DescribeVpcEndpoints").swept(),
    reads("ec2:DescribeNetworkInterfaces").only(FIXED_ADDRESSES),
    // For the zones of services, and for a service whose name palisade does not know.
    reads("ec2:DescribeVpcEndpointServices").only(Need::Lookup(LookupKind::EndpointService)),
    writes("ec2:CreateVpcEndpoint", ENDPOINTS, CLAIMS)
        .and(&[
            may("ec2:CreateVpcEndpoint", VPCS, &[]),
            may("ec2:CreateVpcEndpoint", PARTS, &[]),
            may("ec2:CreateTags", ENDPOINTS, &[When::Claims, When::CreatedByEc2]),
            may("route53:AssociateVPCWithHostedZone", ZONES, &[]),
        ])
        .note("Route 53 is used for private DNS names; the zone belongs to AWS and has no tags."),
    writes("ec2:CreateVpcEndpoint", On::Anything, &[])
        .only_needs(&[may("vpce:AllowMultiRegion", On::Anything, &[])])
        .only(TO_OTHER_REGIONS)
        .note(
            "A permission without a call of its own, required if the service is in another Region \
             (AWS PrivateLink guide).",
        ),
    writes("ec2:ModifyVpcEndpoint", ENDPOINTS, OURS)
        .and(&[
            may("ec2:ModifyVpcEndpoint", PARTS, &[]),
            may("route53:AssociateVPCWithHostedZone", ZONES, &[]),
        ])
        .note("Subnets, groups and route tables are named by the manifest and need not be ours."),
    writes("ec2:CreateTags", ENDPOINTS, OURS_AFTER).and(&[may(
        "ec2:CreateTags",
        On::Adopted(NAME),
        CLAIMS_UNCLAIMED,
    )]),
    writes("ec2:DeleteTags", ENDPOINTS, OURS_WITHOUT),
    deletes("ec2:DeleteVpcEndpoints", ENDPOINTS, OURS),
];

/// What only some endpoints need.
fn usage(spec: &Value, usage: &mut Usage) {
    if !spec["serviceRegion"].is_null() {
        usage.needs.insert(TO_OTHER_REGIONS);
    }
    if !spec[addresses::FIXED].is_null() {
        usage.needs.insert(FIXED_ADDRESSES);
    }
}
