//! The live identity in a scope.

use super::{Access, classify};
use crate::kind::{Class, CloudError};

/// The live caller in a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account that answered.
    pub account: String,
    /// The caller's ARN (an assumed-role session's, usually).
    pub arn: String,
}

/// Asks STS for the owner of the scope's credentials.
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

/// The organization of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id (`o-…`).
    pub id: String,
    /// The management account, if the answer contains it.
    pub management_account: Option<String>,
}

/// The organization of the scope's account.
///
/// # Errors
/// The account is not in an organization, permission is missing, or there was no answer.
pub async fn organization(access: &Access) -> Result<Organization, CloudError> {
    const OPERATION: &str = "organizations:DescribeOrganization";
    let answer = access
        .organizations
        .describe_organization()
        .send()
        .await
        .map_err(|error| classify(OPERATION, &error))?;
    let found = answer.organization.and_then(|found| {
        Some(Organization { id: found.id?, management_account: found.master_account_id })
    });
    found.ok_or_else(|| {
        CloudError::new(OPERATION, Class::Unknown, "the answer names no organization")
    })
}
