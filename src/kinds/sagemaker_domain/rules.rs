//! What can be told wrong about a wanted domain without asking AWS. Limits and couplings are those of
//! the SageMaker API reference, unless a comment names another source.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    diff::MAX_SUBNETS,
    spec::Spec,
    state::{self, State},
    tree,
};
use crate::kind::{Invalid, Targets, is_placeholder};

/// Adds every problem of the wanted state. `written` is the same in the order of the manifest, so that
/// paths into lists are those that people see.
pub fn check(spec: &Spec, want: &State, mut written: Value, problems: &mut Vec<Invalid>) {
    check_needed(spec, want, problems);
    check_network(spec, want, problems);
    check_sign_in(want, problems);
    check_rstudio(want, problems);
    tree::leaves("", &written, &mut |path, value| {
        if let Some(why) = leaf_problem(path, value) {
            problems.push(Invalid::new(path, why));
        }
    });
    // Groups in lists are visited through their list.
    tree::groups("", &mut written, &mut |path, group| {
        let group = Value::Object(group.clone());
        for (key, why, help) in coupling_problems(path, &group) {
            problems.push(Invalid::new(tree::join(path, key), why).help(help));
        }
    });
}

fn check_needed(spec: &Spec, want: &State, problems: &mut Vec<Invalid>) {
    let name = want.text(state::DOMAIN_NAME).unwrap_or_default();
    if !is_domain_name(name) {
        problems.push(
            Invalid::new(state::DOMAIN_NAME, format!("`{name}` is not a domain name"))
                .help("1 to 63 letters and digits, with hyphens between them"),
        );
    }
    let linked = want.has(state::UNIFIED_STUDIO);
    for (member, there) in [
        (state::AUTH_MODE, spec.auth_mode.is_some()),
        (state::VPC, spec.vpc.is_some() || linked),
        (state::SUBNETS, spec.subnets.is_some() || linked),
        (state::USER, !spec.default_user_settings.is_unmanaged()),
    ] {
        if !there {
            problems.push(Invalid::new(member, "is needed: no domain can be created without it"));
        }
    }
    for path in ["defaultUserSettings.executionRole", "defaultSpaceSettings.executionRole"] {
        if want.at(path).is_some_and(Value::is_null) {
            problems.push(
                Invalid::new(path, "cannot be none: AWS never unsets a role")
                    .help("leave it out if it is not to be managed"),
            );
        }
    }
}

fn is_domain_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn check_network(spec: &Spec, want: &State, problems: &mut Vec<Invalid>) {
    if matches!(&spec.subnets, Some(Targets::List(list)) if list.is_empty()) {
        problems.push(Invalid::new(state::SUBNETS, "a domain needs at least one subnet"));
    }
    // Left out, a domain is created as VpcOnly, so that it needs the groups as well.
    let public = want.text(state::NETWORK_ACCESS) == Some("PublicInternetOnly");
    let groups = want.has(state::USER_GROUPS) || named_by_lookup(want);
    if !public && !groups && !spec.default_user_settings.is_unmanaged() {
        problems.push(
            Invalid::new(state::USER_GROUPS, "`VpcOnly` needs at least one security group")
                .help("say `appNetworkAccessType: PublicInternetOnly` if the apps shall not run in the VPC"),
        );
    }
    let management = want.text(state::GROUP_MANAGEMENT);
    let rstudio = want.has(state::RSTUDIO);
    if management.is_some() && !rstudio {
        problems.push(
            Invalid::new(state::GROUP_MANAGEMENT, "AWS takes it for domains with RStudio only")
                .help(format!("leave it out, or set `{}`", state::RSTUDIO)),
        );
    } else if rstudio && management != Some("Service") && (management.is_some() || !public) {
        problems.push(Invalid::new(
            state::GROUP_MANAGEMENT,
            "a domain with RStudio needs `Service` here",
        ));
    }
}

/// Groups whose form was refused are reported elsewhere.
fn named_by_lookup(want: &State) -> bool {
    want.at(state::USER_GROUPS).is_some_and(Value::is_object)
}

fn check_sign_in(want: &State, problems: &mut Vec<Invalid>) {
    if want.text(state::AUTH_MODE) != Some("IAM") {
        return;
    }
    for path in [
        "domainSettings.trustedIdentityPropagationSettings.status",
        "domainSettings.amazonQSettings.status",
    ] {
        if want.at(path).is_some_and(|status| status == "ENABLED") {
            problems.push(
                Invalid::new(path, "needs `authMode: SSO`")
                    .help("an existing domain's authMode cannot be changed"),
            );
        }
    }
}

fn check_rstudio(want: &State, problems: &mut Vec<Invalid>) {
    if want.has(state::RSTUDIO) && !want.has(state::RSTUDIO_ROLE) {
        problems.push(Invalid::new(state::RSTUDIO_ROLE, "is needed: RStudio runs with this role"));
    }
    // AWS refuses it although the shape has the member.
    let path = "defaultSpaceSettings.jupyterServerAppSettings.codeRepositories";
    if want.at(path).is_some() {
        problems.push(Invalid::new(path, "AWS takes no repositories for spaces' Jupyter servers"));
    }
}

/// What is wrong with one leaf by itself.
fn leaf_problem(path: &str, value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => {
            let (least, most) = range(tree::last(path))?;
            let fits = number.as_i64().is_some_and(|n| (least..=most).contains(&n));
            (!fits).then(|| format!("{number} is not between {least} and {most}"))
        }
        Value::String(text) => text_problem(tree::last(path), text),
        Value::Array(items) => list_problem(tree::last(path), items),
        _ => None,
    }
}

fn range(key: &str) -> Option<(i64, i64)> {
    match key {
        "idleTimeoutInMinutes" | "minIdleTimeoutInMinutes" | "maxIdleTimeoutInMinutes" => {
            Some((60, 525_600))
        }
        "defaultEbsVolumeSizeInGb" | "maximumEbsVolumeSizeInGb" => Some((5, 16_384)),
        "uid" => Some((10_000, 4_000_000)),
        "gid" => Some((1_001, 4_000_000)),
        "imageVersionNumber" => Some((0, i64::from(i32::MAX))),
        _ => None,
    }
}

fn list_problem(key: &str, items: &[Value]) -> Option<String> {
    let most = match key {
        "securityGroups" | "hiddenSageMakerImageVersionAliases" => 5,
        "securityGroupIds" => 3,
        "subnets" => MAX_SUBNETS,
        "customImages" => 200,
        "codeRepositories" | "customFileSystemConfigs" => 10,
        "vpcOnlyTrustedAccounts" | "identityProviderOAuthSettings" => 20,
        _ => usize::MAX,
    };
    if items.len() > most {
        return Some(format!("{} entries, at most {most} are possible", items.len()));
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) =
        items.iter().find(|item| !seen.insert(tree::canonical((*item).clone()).to_string()))
    {
        return Some(format!("{twice} is there twice"));
    }
    items.iter().filter_map(Value::as_str).find_map(|text| text_problem(key, text))
}

fn text_problem(key: &str, text: &str) -> Option<String> {
    if is_placeholder(text) {
        return None;
    }
    let wrong = |form: &str| Some(format!("`{text}` is not {form}"));
    match key {
        "vpc" if !is_id("vpc-", text) => wrong("a VPC's id (vpc-…)"),
        "subnets" if !is_id("subnet-", text) => wrong("a subnet's id (subnet-…)"),
        "securityGroups" | "securityGroupIds" if !is_id("sg-", text) => {
            wrong("a security group's id (sg-…)")
        }
        _ if is_role_field(key) && !is_role(text) => {
            wrong("a role's ARN (arn:aws:iam::111122223333:role/name)")
        }
        "kmsKey" | "s3KmsKeyId" if !is_key(text) => wrong("a KMS key's ARN, id or alias"),
        "s3OutputPath" | "s3ArtifactPath" | "s3Uri" | "projectS3Path"
            if !["s3://", "https://"].iter().any(|scheme| is_after(scheme, text)) =>
        {
            wrong("a place in S3 (s3://bucket/prefix)")
        }
        "vpcOnlyTrustedAccounts" | "domainAccountId"
            if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) =>
        {
            wrong("an account id of 12 digits")
        }
        "instanceType" | "hiddenInstanceTypes" if text != "system" && !is_after("ml.", text) => {
            wrong("an instance type of SageMaker (ml.t3.medium, system)")
        }
        "defaultLandingUri" if !matches!(text, "studio::" | "app:JupyterServer:") => {
            wrong("`studio::` or `app:JupyterServer:`")
        }
        "autoMountHomeEFS" if text == "DefaultAsDomain" => {
            Some("`DefaultAsDomain` is for user profiles; a domain says Enabled or Disabled".into())
        }
        "fileSystemId" if !is_id("fs-", text) => wrong("a file system's id (fs-…)"),
        _ if is_arn_field(key) && !text.starts_with("arn:") => wrong("an ARN"),
        _ => None,
    }
}

/// Whether the members of this name are roles' ARNs.
pub(super) fn is_role_field(key: &str) -> bool {
    matches!(
        key,
        "executionRole"
            | "domainExecutionRoleArn"
            | "executionRoleArn"
            | "amazonBedrockRoleArn"
            | "amazonForecastRoleArn"
            | "crossAccountModelRegisterRoleArn"
            | "assumableRoleArns"
            | "executionRoleArns"
    )
}

fn is_arn_field(key: &str) -> bool {
    key.ends_with("Arn") || key.ends_with("Arns")
}

fn is_after(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && !rest.contains(' '))
}

fn is_id(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_role(text: &str) -> bool {
    let parts: Vec<_> = text.splitn(6, ':').collect();
    matches!(parts[..], ["arn", partition, "iam", "", account, role]
        if partition.starts_with("aws")
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && is_after("role/", role))
}

fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 2048
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ":/_-".contains(c))
}

type Problem = (&'static str, &'static str, &'static str);

/// What is wrong between the leaves of one group.
fn coupling_problems(path: &str, group: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    match tree::last(path) {
        "idleSettings" => check_idle(group, &mut problems),
        "defaultEbsStorageSettings" => {
            check_pair(
                group,
                ["defaultEbsVolumeSizeInGb", "maximumEbsVolumeSizeInGb"],
                &mut problems,
            );
            if above(group, "defaultEbsVolumeSizeInGb", "maximumEbsVolumeSizeInGb") {
                problems.push((
                    "defaultEbsVolumeSizeInGb",
                    "is larger than `maximumEbsVolumeSizeInGb`",
                    "raise the maximum too",
                ));
            }
        }
        "customPosixUserConfig" => check_pair(group, ["uid", "gid"], &mut problems),
        "rStudioServerProAppSettings"
            if has(group, "userGroup") && group["accessStatus"] != "ENABLED" =>
        {
            problems.push((
                "userGroup",
                "is possible only with `accessStatus: ENABLED`",
                "leave it out, or enable access",
            ));
        }
        "jupyterServerAppSettings"
            if has(group, "lifecycleConfigArns") && !has(group, "defaultResourceSpec") =>
        {
            problems.push((
                "defaultResourceSpec",
                "is needed with `lifecycleConfigArns`",
                "say at least `instanceType: system`",
            ));
        }
        // To close the portal the landing place must change in the same call, or AWS answers
        // "StudioWebPortal is disabled for this domain/user".
        "defaultUserSettings"
            if group["studioWebPortal"] == "DISABLED"
                && group["defaultLandingUri"] != "app:JupyterServer:" =>
        {
            problems.push((
                "defaultLandingUri",
                "must lead elsewhere when `studioWebPortal` is DISABLED",
                "say `defaultLandingUri: \"app:JupyterServer:\"`",
            ));
        }
        _ => {}
    }
    problems
}

fn has(group: &Value, key: &str) -> bool {
    group.get(key).is_some_and(|value| !tree::is_none(value))
}

fn check_pair(group: &Value, keys: [&'static str; 2], problems: &mut Vec<Problem>) {
    for key in keys.into_iter().filter(|key| !has(group, key)) {
        problems.push((key, "is needed: AWS takes both or neither", "name both"));
    }
}

fn above(group: &Value, low: &str, high: &str) -> bool {
    match (group.get(low).and_then(Value::as_i64), group.get(high).and_then(Value::as_i64)) {
        (Some(low), Some(high)) => low > high,
        _ => false,
    }
}

fn check_idle(group: &Value, problems: &mut Vec<Problem>) {
    const TIME: &str = "idleTimeoutInMinutes";
    const LEAST: &str = "minIdleTimeoutInMinutes";
    const MOST: &str = "maxIdleTimeoutInMinutes";
    for (low, high) in [(LEAST, TIME), (TIME, MOST), (LEAST, MOST)] {
        if above(group, low, high) {
            problems.push((low, "is out of order", "min ≤ timeout ≤ max"));
        }
    }
}

/// What a create needs on top of what a manifest must say: the network that AWS's default would not give.
pub fn network_access(want: &State) -> Value {
    want.get(state::NETWORK_ACCESS).cloned().unwrap_or_else(|| json!("VpcOnly"))
}
