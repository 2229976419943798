//! Who we really are in a scope.

use super::{Access, classify};
use crate::kind::{Class, CloudError};

/// The live caller of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account that answered.
    pub account: String,
    /// The caller's ARN (an assumed-role session's, usually).
    pub arn: String,
}

/// Asks STS who the scope's credentials belong to.
///
/// # Errors
/// No usable credentials, no permission, or no answer.
pub async fn caller(access: &Access) -> Result<Caller, CloudError> {
    const OPERATION: &str = "sts:GetCallerIdentity";
    let answer = access
        .sts
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| classify(OPERATION, &error))?;
    match (answer.account, answer.arn) {
        (Some(account), Some(arn)) => Ok(Caller { account, arn }),
        _ => Err(CloudError::new(OPERATION, Class::Unknown, "the answer names no account")),
    }
}

/// The id of the organisation that the scope's account is in (`o-…`).
///
/// # Errors
/// The account is in no organisation, no permission, or no answer.
pub async fn organization(access: &Access) -> Result<String, CloudError> {
    const OPERATION: &str = "organizations:DescribeOrganization";
    let answer = access
        .organizations
        .describe_organization()
        .send()
        .await
        .map_err(|error| classify(OPERATION, &error))?;
    answer.organization.and_then(|organization| organization.id).ok_or_else(|| {
        CloudError::new(OPERATION, Class::Unknown, "the answer names no organization")
    })
}
