//! The errors for which Organizations refuses a management policy.
//!
//! Written from the same pages of the user guide as the program's own check, but sharing none of
//! its code. Names below the second level are not checked: the pages do not say that they are.

use serde_json::{Map, Value};

type Checked = Result<(), &'static str>;

const CHILDREN: &str = "@@operators_allowed_for_child_policies";
const SETTERS: [&str; 3] = ["@@assign", "@@append", "@@remove"];

/// Settings with a closed list of words: the last names of their path, and the words.
const WORDS: &[(&[&str], &[&str])] = &[
    (&["opt_out_policy"], &["optIn", "optOut"]),
    (&["serial_console_access", "status"], &["enabled", "disabled"]),
    (&["image_block_public_access", "state"], &["unblocked", "block_new_sharing"]),
    (
        &["snapshot_block_public_access", "state"],
        &["unblocked", "block_new_sharing", "block_all_sharing"],
    ),
    (&["allowed_images_settings", "state"], &["enabled", "disabled", "audit_mode"]),
    (&["internet_gateway_block", "mode"], &["off", "block_ingress", "block_bidirectional"]),
    (&["internet_gateway_block", "exclusions_allowed"], &["enabled", "disabled"]),
    (&["instance_metadata_defaults", "http_tokens"], &["no_preference", "required", "optional"]),
];

/// Settings that have a list of values.
const LISTS: [&str; 7] = [
    "tag_value",
    "enforced_for",
    "report_required_tag_for",
    "regions",
    "resource_types",
    "not_resource_types",
    "allowed_image_providers",
];

/// The first error in the policy of a type; types whose language is not simulated have none.
pub(super) fn check(policy: &Map<String, Value>, policy_type: &str) -> Checked {
    let root = match policy_type {
        "DECLARATIVE_POLICY_EC2" => "ec2_attributes",
        "TAG_POLICY" => "tags",
        "AISERVICES_OPT_OUT_POLICY" => "services",
        "BACKUP_POLICY" => "plans",
        _ => return Ok(()),
    };
    if policy.len() != 1 || !policy.contains_key(root) {
        return Err("it does not start with the key of its type");
    }
    part(policy, &mut Vec::new())
}

fn part<'p>(object: &'p Map<String, Value>, path: &mut Vec<&'p str>) -> Checked {
    let sets = object.keys().any(|name| SETTERS.contains(&name.as_str()));
    for (name, value) in object {
        let is_operator = SETTERS.contains(&name.as_str());
        if name == CHILDREN {
            children(value)?;
        } else if sets != is_operator {
            return Err("an operator and a name stand side by side");
        } else if is_operator {
            setting(name, value, path)?;
        } else if name.starts_with("@@") {
            return Err("it has an unknown operator");
        } else {
            path.push(name);
            let inner = value.as_object().ok_or("a value is not set by an operator")?;
            part(inner, path)?;
            path.pop();
        }
    }
    Ok(())
}

fn children(value: &Value) -> Checked {
    let known = |one: &Value| {
        one.as_str().is_some_and(|it| ["@@all", "@@none"].contains(&it) || SETTERS.contains(&it))
    };
    match value.as_array() {
        Some(list) if !list.is_empty() && list.iter().all(known) => Ok(()),
        _ => Err("it does not list operators for child policies"),
    }
}

fn setting(operator: &str, value: &Value, path: &[&str]) -> Checked {
    let is_list = path.last().is_some_and(|name| LISTS.contains(name))
        // Tags of backups have a value each.
        && !path.iter().any(|name| name.ends_with("_tags"));
    if value.is_object() || value.is_null() || operator != "@@assign" && !is_list && !unknown(path)
    {
        return Err("an operator does not fit its setting");
    }
    match WORDS.iter().find(|(end, _)| path.ends_with(end)) {
        Some((_, words)) if !value.as_str().is_some_and(|word| words.contains(&word)) => {
            Err("a setting has a value that it cannot have")
        }
        _ => Ok(()),
    }
}

/// Whether a setting may have a list for all that is known here.
fn unknown(path: &[&str]) -> bool {
    path.contains(&"image_criteria") || path.contains(&"plans")
}
