//! Errors and answers that many calls share.

use crate::simulator::service::{Answer, ApiError};

/// A parameter that fits nothing.
pub(super) fn parameter_error(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameter", message)
}

/// The kinds of ids: the member that carries them, their prefix, the error codes for an unknown and
/// for a malformed id, and the noun of the message (EC2's table of error codes).
const ID_KINDS: &[(&str, &str, &str, &str, &str)] = &[
    ("vpcId", "vpc-", "InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "vpc ID"),
    (
        "networkAclId",
        "acl-",
        "InvalidNetworkAclID.NotFound",
        "InvalidNetworkAclId.Malformed",
        "networkAcl ID",
    ),
    ("subnetId", "subnet-", "InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed", "subnet ID"),
    (
        "routeTableId",
        "rtb-",
        "InvalidRouteTableID.NotFound",
        "InvalidRouteTableId.Malformed",
        "routeTable ID",
    ),
    ("groupId", "sg-", "InvalidGroup.NotFound", "InvalidGroupId.Malformed", "security group"),
    (
        "securityGroupRuleId",
        "sgr-",
        "InvalidSecurityGroupRuleId.NotFound",
        "InvalidSecurityGroupRuleId.Malformed",
        "security group rule ID",
    ),
    (
        "vpcEndpointId",
        "vpce-",
        "InvalidVpcEndpointId.NotFound",
        "InvalidVpcEndpointId.Malformed",
        "Vpc Endpoint Id",
    ),
    (
        "vpcPeeringConnectionId",
        "pcx-",
        "InvalidVpcPeeringConnectionID.NotFound",
        "InvalidVpcPeeringConnectionId.Malformed",
        "vpcPeeringConnection ID",
    ),
    ("natGatewayId", "nat-", "NatGatewayNotFound", "NatGatewayMalformed", "NAT gateway"),
    (
        "allocationId",
        "eipalloc-",
        "InvalidAllocationID.NotFound",
        "InvalidParameterValue",
        "allocation ID",
    ),
    ("flowLogId", "fl-", "InvalidFlowLogId.NotFound", "InvalidParameterValue", "flow log ID"),
    (
        "transitGatewayId",
        "tgw-",
        "InvalidTransitGatewayID.NotFound",
        "InvalidTransitGatewayID.Malformed",
        "transit gateway ID",
    ),
    (
        "egressOnlyInternetGatewayId",
        "eigw-",
        "InvalidGatewayID.NotFound",
        "InvalidGatewayID.Malformed",
        "egressOnlyInternetGateway ID",
    ),
    (
        "carrierGatewayId",
        "cagw-",
        "InvalidCarrierGatewayID.NotFound",
        "InvalidCarrierGatewayID.Malformed",
        "carrierGateway ID",
    ),
    (
        "localGatewayId",
        "lgw-",
        "InvalidLocalGatewayID.NotFound",
        "InvalidLocalGatewayID.Malformed",
        "localGateway ID",
    ),
    (
        "internetGatewayId",
        "igw-",
        "InvalidInternetGatewayID.NotFound",
        "InvalidInternetGatewayId.Malformed",
        "internetGateway ID",
    ),
    (
        "vpnGatewayId",
        "vgw-",
        "InvalidVpnGatewayID.NotFound",
        "InvalidVpnGatewayID.Malformed",
        "vpnGateway ID",
    ),
    (
        "instanceId",
        "i-",
        "InvalidInstanceID.NotFound",
        "InvalidInstanceID.Malformed",
        "instance ID",
    ),
    (
        "networkInterfaceId",
        "eni-",
        "InvalidNetworkInterfaceID.NotFound",
        "InvalidNetworkInterfaceId.Malformed",
        "networkInterface ID",
    ),
    (
        "prefixListId",
        "pl-",
        "InvalidPrefixListID.NotFound",
        "InvalidPrefixListId.Malformed",
        "prefix list ID",
    ),
];

/// The error for an unknown id; `member` says what it should have named.
pub(super) fn unknown_id(id: &str, member: &str) -> ApiError {
    let malformed = check_form(id, member).err();
    let kind = ID_KINDS.iter().find(|kind| kind.0 == member);
    malformed
        .or_else(|| {
            kind.map(|(_, _, not_found, _, noun)| {
                ApiError::new(*not_found, format!("The {noun} '{id}' does not exist"))
            })
        })
        .unwrap_or_else(|| unknown_value(id, member))
}

/// Refuses a malformed id of `member`. Nothing else can be checked for resources that are not
/// simulated.
pub(super) fn check_form(id: &str, member: &str) -> Result<(), ApiError> {
    let kind = ID_KINDS.iter().find(|kind| kind.0 == member);
    let (_, prefix, _, malformed, _) = kind.ok_or_else(|| unknown_value(id, member))?;
    let digits = id.strip_prefix(prefix).unwrap_or("");
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(ApiError::new(*malformed, format!("Invalid id: \"{id}\" (expecting \"{prefix}...\")")))
}

fn unknown_value(id: &str, member: &str) -> ApiError {
    ApiError::new("InvalidParameterValue", format!("Invalid value '{id}' for {member}"))
}

/// The error for two resources that are not in one VPC, in EC2's words for a route table and an
/// internet gateway that is not attached to its VPC.
pub(super) fn different_networks(one: &str, other: &str) -> ApiError {
    let message = format!("{one} and {other} belong to different networks");
    ApiError::new("InvalidParameterValue", message)
}

/// The error for deleting or changing what another resource still needs.
pub(super) fn dependency(message: impl Into<String>) -> ApiError {
    ApiError::new("DependencyViolation", message)
}

/// The answer of operations that only report success.
pub(super) fn done() -> Answer {
    Ok(serde_json::json!({"return": true}))
}
