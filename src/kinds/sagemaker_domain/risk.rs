//! What a change of one leaf does to protection and to users; in doubt the riskier.

use serde_json::Value;

use super::tree::{self, LeafEdit};
use crate::model::Risk;

/// The risk of one leaf's change.
pub fn of(edit: &LeafEdit) -> Risk {
    match tree::last(&edit.path) {
        "tagPropagation"
        | "homeEfsFileSystemCreation"
        | "appSecurityGroupManagement"
        | "defaultLandingUri"
        | "defaultEbsVolumeSizeInGb"
        | "instanceType" => Risk::Neutral,
        "subnets" | "vpc" => subnets(edit),
        "appNetworkAccessType" => towards(edit, "VpcOnly"),
        "notebookOutputOption" => towards(edit, "Disabled"),
        "rootlessDocker" => towards(edit, "ENABLED"),
        "executionRoleIdentityConfig" => towards(edit, "USER_PROFILE_NAME"),
        "executionRoleSessionNameMode" => towards(edit, "USER_IDENTITY"),
        "ipAddressType" => towards(edit, "ipv4"),
        "status" if edit.path.contains("trustedIdentityPropagationSettings") => {
            towards(edit, "ENABLED")
        }
        "enableDockerAccess" | "status" | "accessStatus" => towards(edit, "DISABLED"),
        // Who works in Studio is shut out.
        "studioWebPortal" | "studioWebPortalAccess" if edit.new == "DISABLED" => Risk::Disrupts,
        // Idle apps are shut down that were not before.
        "lifecycleManagement" if edit.new == "ENABLED" => Risk::Disrupts,
        "idleTimeoutInMinutes" | "maxIdleTimeoutInMinutes" if shrinks(edit) => Risk::Disrupts,
        // Canvas users lose sight of their artifacts, profiles of their mounts, people of their files.
        "s3ArtifactPath" => Risk::Disrupts,
        "customFileSystemConfigs" if loses(&edit.old, &edit.new) => Risk::Disrupts,
        "uid" | "gid" => Risk::Disrupts,
        "autoMountHomeEFS" if edit.new == "Disabled" => Risk::Disrupts,
        "hiddenMlTools" | "hiddenAppTypes" | "hiddenInstanceTypes" => more_is_tighter(edit),
        "securityGroups"
        | "securityGroupIds"
        | "vpcOnlyTrustedAccounts"
        | "assumableRoleArns"
        | "executionRoleArns" => more_is_looser(edit),
        // Roles, images, scripts, repositories, keys: what they allow cannot be read here.
        _ => Risk::Loosens,
    }
}

fn towards(edit: &LeafEdit, safe: &str) -> Risk {
    if edit.new == safe { Risk::Tightens } else { Risk::Loosens }
}

fn more_is_looser(edit: &LeafEdit) -> Risk {
    if loses(&edit.new, &edit.old) { Risk::Loosens } else { Risk::Tightens }
}

fn more_is_tighter(edit: &LeafEdit) -> Risk {
    if loses(&edit.old, &edit.new) { Risk::Loosens } else { Risk::Tightens }
}

/// Apps can be placed in more networks: that may be a way out which the others are not.
fn subnets(edit: &LeafEdit) -> Risk {
    if loses(&edit.new, &edit.old) { Risk::Loosens } else { Risk::Neutral }
}

/// Whether something of `from` is not in `to`.
fn loses(from: &Value, to: &Value) -> bool {
    let items = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let to = items(to);
    items(from).iter().any(|item| !to.contains(item))
}

fn shrinks(edit: &LeafEdit) -> bool {
    match (edit.old.as_i64(), edit.new.as_i64()) {
        (Some(old), Some(new)) => new < old,
        (None, Some(_)) => true,
        _ => false,
    }
}
