//! What cannot be right between the leaves of one group of settings, seen without asking AWS.
//! Limits and couplings are those of the SageMaker API reference, unless a comment names another
//! source.

use serde_json::{Value, json};

use super::has;
use crate::kind::{
    Invalid, Refs,
    table::{Tree, get},
};

/// Names something after its manifest where that says no name.
pub fn name_it(
    want: &mut Tree,
    leaf: &str,
    refs: &Refs<'_>,
    check: fn(&str) -> Option<(&'static str, &'static str)>,
    problems: &mut Vec<Invalid>,
) {
    if get(want, leaf).is_null() {
        let name = refs.name();
        if let Some((why, help)) = check(name) {
            problems.push(Invalid::new(leaf, format!("`{name}` {why}")).help(help));
        }
        want.insert(leaf.to_owned(), json!(name));
    }
}

/// What is wrong in the settings of a wanted state.
pub fn check(want: &Tree, problems: &mut Vec<Invalid>) {
    for (member, value) in want {
        groups(member, value, &mut |path, group| {
            for (key, why, help) in couplings(path, group) {
                problems.push(Invalid::new(format!("{path}.{key}"), why).help(help));
            }
        });
    }
}

/// Calls `visit` for every group with its path.
fn groups(path: &str, value: &Value, visit: &mut impl FnMut(&str, &Tree)) {
    if let Value::Object(members) = value {
        for (name, inner) in members {
            groups(&format!("{path}.{name}"), inner, visit);
        }
        visit(path, members);
    }
}

type Problem = (&'static str, &'static str, &'static str);

/// What is wrong between the leaves of one group.
fn couplings(path: &str, group: &Tree) -> Vec<Problem> {
    const EBS: [&str; 2] = ["defaultEbsVolumeSizeInGb", "maximumEbsVolumeSizeInGb"];
    let mut problems = Vec::new();
    match path.rsplit('.').next().unwrap_or_default() {
        "idleSettings" => check_idle(group, &mut problems),
        "defaultEbsStorageSettings" => {
            check_pair(group, EBS, &mut problems);
            if above(group, EBS[0], EBS[1]) {
                let why = "is larger than `maximumEbsVolumeSizeInGb`";
                problems.push((EBS[0], why, "raise the maximum too"));
            }
        }
        "customPosixUserConfig" => check_pair(group, ["uid", "gid"], &mut problems),
        "rStudioServerProAppSettings"
            if has(group, "userGroup") && get(group, "accessStatus") != "ENABLED" =>
        {
            let why = "is possible only with `accessStatus: ENABLED`";
            problems.push(("userGroup", why, "leave it out, or enable access"));
        }
        "jupyterServerAppSettings"
            if has(group, "lifecycleConfigArns") && !has(group, "defaultResourceSpec") =>
        {
            let help = "say at least `instanceType: system`";
            problems.push(("defaultResourceSpec", "is required with `lifecycleConfigArns`", help));
        }
        "defaultUserSettings" | "userSettings" => check_users(group, &mut problems),
        _ => {}
    }
    problems
}

fn check_users(group: &Tree, problems: &mut Vec<Problem>) {
    // To close the portal the landing place must change in the same call, or AWS answers
    // "StudioWebPortal is disabled for this domain/user".
    if get(group, "studioWebPortal") == "DISABLED"
        && get(group, "defaultLandingUri") != "app:JupyterServer:"
    {
        problems.push((
            "defaultLandingUri",
            "must lead elsewhere when `studioWebPortal` is DISABLED",
            "say `defaultLandingUri: \"app:JupyterServer:\"`",
        ));
    }
}

fn check_pair(group: &Tree, keys: [&'static str; 2], problems: &mut Vec<Problem>) {
    for key in keys.into_iter().filter(|key| !has(group, key)) {
        problems.push((key, "is required: AWS accepts both or neither", "name both"));
    }
}

fn above(group: &Tree, low: &str, high: &str) -> bool {
    match (get(group, low).as_i64(), get(group, high).as_i64()) {
        (Some(low), Some(high)) => low > high,
        _ => false,
    }
}

fn check_idle(group: &Tree, problems: &mut Vec<Problem>) {
    const TIME: &str = "idleTimeoutInMinutes";
    const LEAST: &str = "minIdleTimeoutInMinutes";
    const MOST: &str = "maxIdleTimeoutInMinutes";
    for (low, high) in [(LEAST, TIME), (TIME, MOST), (LEAST, MOST)] {
        if above(group, low, high) {
            problems.push((low, "is out of order", "min ≤ timeout ≤ max"));
        }
    }
}
