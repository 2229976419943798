//! Whether EC2 would allow a write, tested with `DryRun`: "checks whether you have the required
//! permissions for the action, without actually making the request" (EC2 API reference). KMS,
//! Organizations and SageMaker have no equivalent.

use aws_sdk_ec2::types::{
    IpPermission, ResourceType, Tag, TagSpecification, UserIdGroupPair, VpcEndpointType,
};

use super::{Access, classify};
use crate::{
    kind::{Class, CloudError},
    model::Tags,
};

/// EC2's error code for a dry run that would have succeeded (EC2 API reference, error codes).
const WOULD_SUCCEED: &str = "DryRunOperation";

/// Whether a security group with these tags could be created in the VPC.
///
/// # Errors
/// AWS would refuse it, or cannot be asked.
pub async fn create_security_group(
    access: &Access,
    vpc: &str,
    tags: &Tags,
) -> Result<(), CloudError> {
    const OPERATION: &str = "ec2:CreateSecurityGroup";
    let answer = access
        .ec2
        .create_security_group()
        .dry_run(true)
        .group_name("palisade-doctor")
        .description("Never created: a rehearsal by palisade doctor")
        .vpc_id(vpc)
        .tag_specifications(tag_specification(ResourceType::SecurityGroup, tags))
        .send()
        .await;
    verdict(OPERATION, answer.map_err(|error| classify(OPERATION, &error)))
}

/// Whether rules of a security group could be added.
///
/// # Errors
/// As [`create_security_group`].
pub async fn authorize(access: &Access, group: &str) -> Result<(), CloudError> {
    const OPERATION: &str = "ec2:AuthorizeSecurityGroupIngress";
    let answer = access
        .ec2
        .authorize_security_group_ingress()
        .dry_run(true)
        .group_id(group)
        .ip_permissions(from_itself(group))
        .send()
        .await;
    verdict(OPERATION, answer.map_err(|error| classify(OPERATION, &error)))
}

/// Whether rules of a security group could be removed.
///
/// # Errors
/// As [`create_security_group`].
pub async fn revoke(access: &Access, group: &str) -> Result<(), CloudError> {
    const OPERATION: &str = "ec2:RevokeSecurityGroupIngress";
    let answer = access
        .ec2
        .revoke_security_group_ingress()
        .dry_run(true)
        .group_id(group)
        .ip_permissions(from_itself(group))
        .send()
        .await;
    verdict(OPERATION, answer.map_err(|error| classify(OPERATION, &error)))
}

/// Whether an endpoint with these tags could be created in the VPC.
///
/// # Errors
/// As [`create_security_group`].
pub async fn create_vpc_endpoint(
    access: &Access,
    vpc: &str,
    tags: &Tags,
) -> Result<(), CloudError> {
    const OPERATION: &str = "ec2:CreateVpcEndpoint";
    let answer = access
        .ec2
        .create_vpc_endpoint()
        .dry_run(true)
        .vpc_endpoint_type(VpcEndpointType::Gateway)
        .vpc_id(vpc)
        // This service has a gateway endpoint in every Region.
        .service_name(format!("com.amazonaws.{}.s3", access.facts.region))
        .tag_specifications(tag_specification(ResourceType::VpcEndpoint, tags))
        .send()
        .await;
    verdict(OPERATION, answer.map_err(|error| classify(OPERATION, &error)))
}

/// Whether an endpoint could be modified.
///
/// # Errors
/// As [`create_security_group`].
pub async fn modify_vpc_endpoint(access: &Access, endpoint: &str) -> Result<(), CloudError> {
    const OPERATION: &str = "ec2:ModifyVpcEndpoint";
    let request = access.ec2.modify_vpc_endpoint().dry_run(true).vpc_endpoint_id(endpoint);
    let answer = request.send().await;
    verdict(OPERATION, answer.map_err(|error| classify(OPERATION, &error)))
}

/// Whether these tags could be set on an EC2 resource.
///
/// # Errors
/// As [`create_security_group`].
pub async fn tag(access: &Access, id: &str, tags: &Tags) -> Result<(), CloudError> {
    const OPERATION: &str = "ec2:CreateTags";
    let request = access.ec2.create_tags().dry_run(true).resources(id);
    let answer = request.set_tags(Some(sdk_tags(tags))).send().await;
    verdict(OPERATION, answer.map_err(|error| classify(OPERATION, &error)))
}

fn verdict<T>(operation: &'static str, answer: Result<T, CloudError>) -> Result<(), CloudError> {
    match answer {
        Err(error) if error.is_code(WOULD_SUCCEED) => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(CloudError::new(
            operation,
            Class::Unknown,
            "the dry run was answered as if it had been carried out",
        )),
    }
}

fn from_itself(group: &str) -> IpPermission {
    IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(443)
        .to_port(443)
        .user_id_group_pairs(UserIdGroupPair::builder().group_id(group).build())
        .build()
}

fn tag_specification(resource: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(resource).set_tags(Some(sdk_tags(tags))).build()
}

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
