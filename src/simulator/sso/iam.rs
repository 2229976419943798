//! Permissions of Identity Center: calls are authorized for the instance, the permission set and
//! the account that they name (service authorization reference).

use crate::simulator::iam::{Call, Need};

pub(super) fn needs(call: &Call<'_>) -> Vec<Need> {
    let named = ["InstanceArn", "PermissionSetArn", "ResourceArn"]
        .map(|member| call.text(member).to_owned());
    let accounts = ["AccountId", "TargetId"].map(|member| call.text(member));
    let accounts = accounts.into_iter().filter(|account| !account.is_empty());
    let accounts = accounts.map(|account| format!("arn:aws:sso:::account/{account}"));
    let arns: Vec<_> = named.into_iter().filter(|arn| !arn.is_empty()).chain(accounts).collect();
    if arns.is_empty() {
        return vec![call.need("*")];
    }
    let set = call.tags("Tags", "Key", "Value");
    let gone = call.texts("TagKeys");
    let about = |arn: &String| {
        let has = call.find(call.service, arn).map(|(_, tags)| tags).unwrap_or_default();
        let need = call.need(arn).of(&has);
        if set.is_empty() { need.names(&gone) } else { need.sets(&set) }
    };
    let mut needs: Vec<Need> = arns.iter().map(about).collect();
    if call.operation == "CreatePermissionSet" {
        // The new set has no id yet.
        let new = call.text("InstanceArn").replacen(":instance/", ":permissionSet/", 1) + "/new";
        needs.push(call.need(&new).sets(&set));
        if !set.is_empty() {
            needs.push(call.other("sso:TagResource", &new).sets(&set));
        }
    }
    needs
}
