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

/// The organisation that an account is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id (`o-…`).
    pub id: String,
    /// The account that manages it, if the answer says.
    pub management_account: Option<String>,
}

/// The organisation that the scope's account is in.
///
/// # Errors
/// The account is in no organisation, no permission, or no answer.
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

/// The role behind a session: `arn:aws:sts::111122223333:assumed-role/NAME/SESSION` becomes
/// `arn:aws:iam::111122223333:role/NAME`, which is what `aws:PrincipalArn` says of its requests. A session does not
/// tell its role's path: `assumed` (the settings' `assumeRole`) does, where the role is that one. Every other ARN
/// is its own.
pub fn role_arn(caller: &str, assumed: Option<&str>) -> String {
    let mut parts = caller.splitn(6, ':');
    let parts =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
    let (Some("arn"), Some(partition), Some("sts"), Some(_), Some(account), Some(resource)) = parts
    else {
        return caller.to_owned();
    };
    let Some(role) = resource.strip_prefix("assumed-role/").and_then(|r| r.split('/').next())
    else {
        return caller.to_owned();
    };
    let prefix = format!("arn:{partition}:iam::{account}:role/");
    let same = |arn: &&str| arn.starts_with(&prefix) && arn.rsplit('/').next() == Some(role);
    assumed.filter(same).map_or_else(|| format!("{prefix}{role}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_its_role_with_the_path_that_the_settings_know() {
        let session = "arn:aws-cn:sts::111122223333:assumed-role/palisade/i-0abc";
        assert_eq!(role_arn(session, None), "arn:aws-cn:iam::111122223333:role/palisade");
        let assumed = "arn:aws-cn:iam::111122223333:role/platform/palisade";
        assert_eq!(role_arn(session, Some(assumed)), assumed);
        let other = "arn:aws-cn:iam::444455556666:role/platform/palisade";
        assert_eq!(role_arn(session, Some(other)), "arn:aws-cn:iam::111122223333:role/palisade");
        let user = "arn:aws:iam::111122223333:user/ann";
        assert_eq!(role_arn(user, None), user);
    }
}
