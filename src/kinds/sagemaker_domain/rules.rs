//! Contradictions between the leaves of a wanted domain that can be found without AWS. Limits and
//! couplings are those of the SageMaker API reference, unless a comment names another source.

use serde_json::{Value, json};

use super::{
    APP_ACCESS, PROPAGATION, RSTUDIO, RSTUDIO_ROLE, SUBNETS, UNIFIED_STUDIO, USER_GROUPS, checks,
    has,
};
use crate::kind::{
    Invalid, Refs,
    table::{Tree, get, tree},
};

/// Names the domain after its manifest, normalizes settings that can be written in two ways, and
/// reports leaves that do not fit together.
pub(super) fn settle(want: &mut Tree, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    name_it(want, refs.name(), problems);
    expand_shorthand(want, problems);
    check_network(want, problems);
    check_sign_in(want, problems);
    check_rstudio(want, problems);
    for (member, value) in &*want {
        groups(member, value, &mut |path, group| {
            for (key, why, help) in couplings(path, group) {
                problems.push(Invalid::new(format!("{path}.{key}"), why).help(help));
            }
        });
    }
}

fn name_it(want: &mut Tree, name: &str, problems: &mut Vec<Invalid>) {
    const NAME: &str = "domainName";
    if get(want, NAME).is_null() {
        if let Some((why, help)) = checks::domain_name(name) {
            problems.push(Invalid::new(NAME, format!("`{name}` {why}")).help(help));
        }
        want.insert(NAME.to_owned(), json!(name));
    }
}

/// `trustedIdentityPropagation: ENABLED` is `trustedIdentityPropagationSettings: {status:
/// ENABLED}`.
fn expand_shorthand(want: &mut Tree, problems: &mut Vec<Invalid>) {
    const LONG: &str = "trustedIdentityPropagationSettings";
    let Some(Value::Object(settings)) = want.get_mut("domainSettings") else { return };
    let Some(status) = settings.shift_remove("trustedIdentityPropagation") else { return };
    if settings.contains_key(LONG) {
        let why = format!("says the same as `{LONG}`, which is there too");
        problems.push(Invalid::new(PROPAGATION, why).help("keep one of them"));
    }
    settings.insert(LONG.to_owned(), json!({ "status": status }));
    settings.sort_keys();
}

fn check_network(want: &Tree, problems: &mut Vec<Invalid>) {
    let is_refused = |problems: &[Invalid], path: &str| {
        problems.iter().any(|problem| tree::is_at(&problem.field, path))
    };
    for (path, help) in [
        ("vpc", "write its id, or {lookup: {tags: …}}"),
        (SUBNETS, "list their ids, or write one {lookup: {tags: …}}"),
    ] {
        let is_there = !get(want, path).is_null() || is_refused(problems, path);
        if !is_there && !has(want, UNIFIED_STUDIO) {
            let why = "is required: no domain can be created without it";
            problems.push(Invalid::new(path, why).help(help));
        }
    }
    // By default a domain is created as VpcOnly, so that it needs the groups as well.
    let public = get(want, APP_ACCESS) == "PublicInternetOnly";
    let is_known = has(want, USER_GROUPS)
        || is_refused(problems, USER_GROUPS)
        || problems.iter().any(|problem| problem.field == "defaultUserSettings");
    if !public && !is_known {
        let why = "`VpcOnly` needs at least one security group";
        let help =
            "say `appNetworkAccessType: PublicInternetOnly` if the apps should not run in the VPC";
        problems.push(Invalid::new(USER_GROUPS, why).help(help));
    }
    check_group_management(want, public, problems);
}

fn check_group_management(want: &Tree, public: bool, problems: &mut Vec<Invalid>) {
    const MANAGEMENT: &str = "appSecurityGroupManagement";
    let management = get(want, MANAGEMENT).as_str();
    let rstudio = has(want, RSTUDIO);
    if management.is_some() && !rstudio {
        let why = "AWS accepts it only for domains with RStudio";
        let help = format!("leave it out, or set `{RSTUDIO}`");
        problems.push(Invalid::new(MANAGEMENT, why).help(help));
    } else if rstudio && management != Some("Service") && (management.is_some() || !public) {
        let why = "a domain with RStudio needs `Service` here";
        problems.push(Invalid::new(MANAGEMENT, why));
    }
}

fn check_sign_in(want: &Tree, problems: &mut Vec<Invalid>) {
    if get(want, "authMode") != "IAM" {
        return;
    }
    for path in [
        "domainSettings.trustedIdentityPropagationSettings.status",
        "domainSettings.amazonQSettings.status",
    ] {
        if get(want, path) == "ENABLED" {
            problems.push(
                Invalid::new(path, "needs `authMode: SSO`")
                    .help("an existing domain's authMode cannot be changed"),
            );
        }
    }
}

fn check_rstudio(want: &Tree, problems: &mut Vec<Invalid>) {
    if has(want, RSTUDIO) && !has(want, RSTUDIO_ROLE) {
        problems.push(Invalid::new(RSTUDIO_ROLE, "is required: RStudio runs with this role"));
    }
    // AWS refuses it although the shape has the member.
    let path = "defaultSpaceSettings.jupyterServerAppSettings.codeRepositories";
    if tree::at(want, path).is_some() {
        problems.push(Invalid::new(
            path,
            "AWS does not accept repositories for spaces' Jupyter \
                                          servers",
        ));
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

/// Contradictions between the leaves of one group.
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
        "defaultUserSettings" => check_users(group, &mut problems),
        _ => {}
    }
    problems
}

fn check_users(group: &Tree, problems: &mut Vec<Problem>) {
    // To close the portal, the landing page must change in the same call, or AWS answers
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
    if get(group, "autoMountHomeEFS") == "DefaultAsDomain" {
        let why = "`DefaultAsDomain` is for user profiles";
        problems.push(("autoMountHomeEFS", why, "a domain says Enabled or Disabled"));
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
    const MIN: &str = "minIdleTimeoutInMinutes";
    const MAX: &str = "maxIdleTimeoutInMinutes";
    for (low, high) in [(MIN, TIME), (TIME, MAX), (MIN, MAX)] {
        if above(group, low, high) {
            problems.push((low, "is out of order", "min ≤ timeout ≤ max"));
        }
    }
}
