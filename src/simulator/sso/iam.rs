//! Permissions of Identity Center: calls are authorized for the instance, the permission set and
//! the account that they name (service authorization reference).

use crate::simulator::iam::{Call, Need};

pub(super) fn needs(call: &Call<'_>) -> Vec<Need> {
    let named = ["InstanceArn", "PermissionSetArn"].map(|member| call.text(member).to_owned());
    let accounts = ["AccountId", "TargetId"].map(|member| call.text(member));
    let accounts = accounts.into_iter().filter(|account| !account.is_empty());
    let accounts = accounts.map(|account| format!("arn:aws:sso:::account/{account}"));
    let arns: Vec<_> = named.into_iter().filter(|arn| !arn.is_empty()).chain(accounts).collect();
    if arns.is_empty() {
        return vec![call.need("*")];
    }
    arns.iter().map(|arn| call.need(arn)).collect()
}
