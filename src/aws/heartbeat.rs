//! A call that changes nothing and that CloudTrail records like a change: a dry run of EC2 about a
//! security group that does not exist. Its event passes the same trail, rule and queue as that of a
//! foreign change (CloudTrail user guide, "CloudTrail record contents": a call that fails is
//! recorded with its error code, such as `Client.DryRunOperation`).

use aws_config::{Region, retry::RetryConfig};
use aws_sdk_ec2::{operation::RequestId as _, types::IpPermission};

use super::{Access, classify};
use crate::kind::{Class, CloudError};

/// No group has this id. The permission for the call is for this one only.
pub(crate) const NOBODYS_GROUP: &str = "sg-00000000000000000";
const OPERATION: &str = "ec2:RevokeSecurityGroupIngress";

/// What AWS answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beat {
    /// The id that the record carries.
    pub(crate) request_id: String,
    /// Whether the caller may not even ask.
    pub(crate) is_denied: bool,
}

/// Sends one, in this Region.
///
/// # Errors
/// It was not sent, or AWS gave no answer of which there is a record.
pub(crate) async fn beat(access: &Access, region: &str) -> Result<Beat, CloudError> {
    let there = aws_sdk_ec2::config::Builder::new()
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::disabled());
    let rule = IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443);
    let call = access
        .ec2
        .revoke_security_group_ingress()
        .dry_run(true)
        .group_id(NOBODYS_GROUP)
        .ip_permissions(rule.build())
        .customize()
        .config_override(there);
    let (request_id, error) = match call.send().await {
        Ok(answer) => (answer.request_id().map(str::to_owned), None),
        Err(error) => {
            let error = classify(OPERATION, &error);
            (error.request_id.clone(), Some(error))
        }
    };
    let class = error.as_ref().map(|error| error.class);
    // Of calls above the limit of requests there may be no record.
    let was_sent = !matches!(class, Some(Class::Throttled | Class::Unavailable | Class::Refused));
    match (request_id.filter(|_| was_sent), error) {
        (Some(request_id), _) => Ok(Beat { request_id, is_denied: class == Some(Class::Denied) }),
        (None, Some(error)) => Err(error),
        (None, None) => {
            Err(CloudError::new(OPERATION, Class::Unknown, "the answer has no request id"))
        }
    }
}
