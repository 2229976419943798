//! Principals that must keep access, and what AWS's requests say about them.

use super::reason::{LockedOut, LockoutReason};
use crate::{
    kind::ScopeFacts,
    model::policy_document::{ANY_TEXT, Request},
    plan::Inputs,
};

/// The path of every role that IAM Identity Center creates begins like this; a Region may follow
/// (Identity Center user guide).
pub(super) const IDENTITY_CENTER: (&str, &str) =
    ("AWSReservedSSO_", "aws-reserved/sso.amazonaws.com/");

/// The type of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A role: it acts through sessions.
    Role,
    /// A user, with credentials of its own.
    User,
    /// The account's root user, a federated user, or anything else.
    Other,
}

/// A principal that must keep access.
#[derive(Debug, Clone)]
pub(super) struct Principal {
    /// How `Principal` elements name it: the ARN of a role, or any session of a role whose path is
    /// unknown.
    caller: String,
    /// `aws:PrincipalArn`, with [`ANY_TEXT`] for an unknown path.
    arn: String,
    pub(super) account: String,
    pub(super) partition: String,
    pub(super) sort: Sort,
    pub(super) who: LockedOut,
}

impl Principal {
    /// From the ARN of a role or user, or of a role's session.
    pub(super) fn new(arn: &str, scope: Option<&str>) -> Self {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let part = |n: usize| parts.get(n).copied().unwrap_or_default();
        let (partition, service, account, resource) = (part(1), part(2), part(4), part(5));
        let session = resource.strip_prefix("assumed-role/").filter(|_| service == "sts");
        let name = session.and_then(|it| it.split('/').next());
        let (caller, full, shown) = match name {
            Some(name) => {
                let role = format!("arn:{partition}:iam::{account}:role/");
                let path = Some(IDENTITY_CENTER.1).filter(|_| name.starts_with(IDENTITY_CENTER.0));
                let path = path.unwrap_or_default();
                (
                    format!("arn:{partition}:sts::{account}:assumed-role/{name}/{ANY_TEXT}"),
                    format!("{role}{path}{ANY_TEXT}{name}"),
                    format!("{role}{path}{name}"),
                )
            }
            None => (arn.to_owned(), arn.to_owned(), arn.to_owned()),
        };
        let sort = match resource.split('/').next() {
            Some("role" | "assumed-role") => Sort::Role,
            Some("user") => Sort::User,
            _ => Sort::Other,
        };
        let who =
            LockedOut { arn: shown, scope: scope.map(str::to_owned), path_unknown: name.is_some() };
        let (account, partition) = (account.to_owned(), partition.to_owned());
        Self { caller, arn: full, account, partition, sort, who }
    }

    /// The ARN of the role that it is, with [`ANY_TEXT`] for an unknown path; `None` for users.
    pub(super) fn role(&self) -> Option<&str> {
        (self.sort == Sort::Role).then_some(self.arn.as_str())
    }

    /// A request that holds nothing but the caller, the action and the resource.
    pub(super) fn request(&self, action: &str, resource: &str) -> Request {
        let mut request = Request::new(&self.caller, action, resource);
        request.context.insert("aws:principalarn".to_owned(), vec![self.arn.clone()]);
        request
    }
}

/// The role that palisade has in a scope.
///
/// # Errors
/// The role is unknown.
pub(super) fn own(
    facts: &ScopeFacts,
    inputs: &Inputs<'_>,
) -> Result<Principal, Box<LockoutReason>> {
    match inputs.limits.lockout.callers.get(&facts.name) {
        Some(arn) => Ok(Principal::new(arn, Some(&facts.name))),
        None => Err(Box::new(LockoutReason::RoleUnknown { scope: facts.name.clone() })),
    }
}

/// The break-glass roles in the settings.
pub(super) fn break_glass(inputs: &Inputs<'_>) -> Vec<Principal> {
    inputs.limits.lockout.break_glass.iter().map(|arn| Principal::new(arn, None)).collect()
}
