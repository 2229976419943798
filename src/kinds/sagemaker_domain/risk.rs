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
        | "instanceType" => Risk::NEUTRAL,
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
        "studioWebPortal" | "studioWebPortalAccess" if edit.new == "DISABLED" => {
            Risk::TIGHTENS.stopping_work()
        }
        // Idle apps are shut down that were not before.
        "lifecycleManagement" if edit.new == "ENABLED" => Risk::NEUTRAL.stopping_work(),
        "idleTimeoutInMinutes" | "maxIdleTimeoutInMinutes" if shrinks(edit) => {
            Risk::NEUTRAL.stopping_work()
        }
        // Canvas users lose sight of their artifacts, profiles of their mounts, people of their files.
        "s3ArtifactPath" => Risk::NEUTRAL.stopping_work(),
        "customFileSystemConfigs" if loses(&edit.old, &edit.new) => Risk::NEUTRAL.stopping_work(),
        "uid" | "gid" => Risk::NEUTRAL.stopping_work(),
        "autoMountHomeEFS" if edit.new == "Disabled" => Risk::NEUTRAL.stopping_work(),
        "hiddenMlTools" | "hiddenAppTypes" | "hiddenInstanceTypes" => more_is_tighter(edit),
        "securityGroups"
        | "securityGroupIds"
        | "vpcOnlyTrustedAccounts"
        | "assumableRoleArns"
        | "executionRoleArns" => more_is_looser(edit),
        // Roles, images, scripts, repositories, keys: what they allow cannot be read here.
        _ => Risk::REPLACES,
    }
}

fn towards(edit: &LeafEdit, safe: &str) -> Risk {
    if edit.new == safe { Risk::TIGHTENS } else { Risk::LOOSENS }
}

fn more_is_looser(edit: &LeafEdit) -> Risk {
    Risk {
        opens: loses(&edit.new, &edit.old),
        closes: loses(&edit.old, &edit.new),
        ..Risk::NEUTRAL
    }
}

fn more_is_tighter(edit: &LeafEdit) -> Risk {
    Risk {
        opens: loses(&edit.old, &edit.new),
        closes: loses(&edit.new, &edit.old),
        ..Risk::NEUTRAL
    }
}

/// Apps can be placed in more networks, or in fewer: one may be a way out which the others are not.
fn subnets(edit: &LeafEdit) -> Risk {
    more_is_looser(edit)
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
