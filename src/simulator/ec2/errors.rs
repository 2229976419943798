//! Refusals and answers that many calls share.

use crate::simulator::service::{Answer, ApiError};

/// What kinds of ids there are: the member that carries them, their prefix, the code when one is unknown and when one is no such
/// id at all, and the noun of the message (EC2's table of error codes).
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

/// The error for an id that names nothing, where `member` tells what it should have named.
pub(super) fn unknown_id(id: &str, member: &str) -> ApiError {
    let kind = ID_KINDS.iter().find(|kind| kind.0 == member);
    let Some((_, prefix, not_found, malformed, noun)) = kind else {
        return ApiError::new(
            "InvalidParameterValue",
            format!("Invalid value '{id}' for {member}"),
        );
    };
    let digits = id.strip_prefix(prefix).unwrap_or("");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return ApiError::new(
            *malformed,
            format!("Invalid id: \"{id}\" (expecting \"{prefix}...\")"),
        );
    }
    ApiError::new(*not_found, format!("The {noun} '{id}' does not exist"))
}

/// The error for deleting or changing what something else still needs.
pub(super) fn dependency(message: impl Into<String>) -> ApiError {
    ApiError::new("DependencyViolation", message)
}

/// The answer of operations that only say that they were carried out.
pub(super) fn done() -> Answer {
    Ok(serde_json::json!({"return": true}))
}
