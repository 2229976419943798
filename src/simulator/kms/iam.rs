//! Permissions of KMS: calls are authorized for the key, calls about aliases for the alias and its
//! keys. A call about an unknown key needs no permission, because the service reports that the key
//! does not exist.

use crate::simulator::{
    iam::{Call, Need},
    service::arn_of,
};

pub(super) fn needs(call: &Call<'_>) -> Vec<Need> {
    let set = call.tags("Tags", "TagKey", "TagValue");
    match call.operation {
        "CreateKey" => {
            let mut needs = vec![bypass(call, call.need("*")).sets(&set)];
            if !set.is_empty() {
                needs.push(call.other("kms:TagResource", &call.arn("key/*")).sets(&set));
            }
            needs
        }
        "ReplicateKey" => {
            let mut needs: Vec<Need> = key(call, call.text("KeyId")).into_iter().collect();
            let place = (call.caller.account.as_str(), call.text("ReplicaRegion"));
            let replica = arn_of("kms", place, "key/*");
            needs.push(call.other("kms:CreateKey", "*").sets(&set));
            if !set.is_empty() {
                needs.push(call.other("kms:TagResource", &replica).sets(&set));
            }
            needs
        }
        "ListKeys" | "ListAliases" => vec![call.need("*")],
        "CreateAlias" | "UpdateAlias" | "DeleteAlias" => alias(call),
        "PutKeyPolicy" => {
            key(call, call.text("KeyId")).map(|need| bypass(call, need)).into_iter().collect()
        }
        "ScheduleKeyDeletion" => {
            // KMS API reference: 30 days unless the request says otherwise.
            let days = call.input["PendingWindowInDays"].as_i64().unwrap_or(30).to_string();
            let window =
                |need: Need| need.with("kms:ScheduleKeyDeletionPendingWindowInDays", &days);
            key(call, call.text("KeyId")).map(window).into_iter().collect()
        }
        "TagResource" => {
            key(call, call.text("KeyId")).map(|need| need.sets(&set)).into_iter().collect()
        }
        "UntagResource" => {
            let keys = call.texts("TagKeys");
            key(call, call.text("KeyId")).map(|need| need.names(&keys)).into_iter().collect()
        }
        _ => key(call, call.text("KeyId")).into_iter().collect(),
    }
}

fn bypass(call: &Call<'_>, need: Need) -> Need {
    let asked = call.input["BypassPolicyLockoutSafetyCheck"].as_bool().unwrap_or(false);
    need.with("kms:BypassPolicyLockoutSafetyCheck", &asked.to_string())
}

/// The alias, the key that it points to and the key that it will point to.
fn alias(call: &Call<'_>) -> Vec<Need> {
    let name = call.text("AliasName");
    let mut needs = vec![call.need(&call.arn(name))];
    needs.extend(key(call, name));
    needs.extend(key(call, call.text("TargetKeyId")));
    needs
}

/// The permission for the key with this name.
fn key(call: &Call<'_>, text: &str) -> Option<Need> {
    let (arn, tags) = call.find(call.service, text)?;
    Some(call.need(&arn).of(&tags))
}
