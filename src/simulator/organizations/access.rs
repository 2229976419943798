//! Who may call what: the management account everything, delegated administrators the policy
//! operations, members little.

use super::{request::Behavior, tree::Organization};
use crate::simulator::service::{ApiError, Caller};

/// Operations that a delegation policy cannot delegate (Organizations API reference: "only from the
/// management account").
const MANAGEMENT_ONLY: &[&str] = &[
    "CreateAccount",
    "CreateOrganizationalUnit",
    "DeleteOrganizationalUnit",
    "MoveAccount",
    "UpdateOrganizationalUnit",
];

/// Refuses callers outside the organization and members without the right to this operation.
pub(super) fn authorize(
    state: &Organization,
    behavior: &Behavior,
    caller: &Caller,
    operation: &str,
) -> Result<(), ApiError> {
    let account = &caller.account;
    if !state.accounts.contains_key(account) {
        let message = "Your account is not a member of an organization.";
        return Err(ApiError::new("AWSOrganizationsNotInUseException", message));
    }
    let delegated = behavior.delegated_administrators.contains(account)
        && !MANAGEMENT_ONLY.contains(&operation);
    if *account == state.management || delegated || operation == "DescribeOrganization" {
        return Ok(());
    }
    Err(ApiError::new(
        "AccessDeniedException",
        "You don't have permissions to access this resource.",
    ))
}
