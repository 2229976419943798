//! Contradictions between the leaves of a wanted domain that can be found without AWS. Limits and
//! couplings are those of the SageMaker API reference, unless a comment names another source.

use serde_json::{Value, json};

use super::{APP_ACCESS, PROPAGATION, RSTUDIO, RSTUDIO_ROLE, SUBNETS, UNIFIED_STUDIO, USER_GROUPS};
use crate::{
    kind::{
        Invalid, Refs,
        table::{Tree, get, tree},
    },
    kinds::studio::{checks, has, rules},
};

/// Names the domain after its manifest, normalizes settings that can be written in two ways, and
/// reports leaves that do not fit together.
pub(super) fn settle(want: &mut Tree, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    rules::name_it(want, "domainName", refs, checks::domain_name, problems);
    expand_shorthand(want, problems);
    check_network(want, problems);
    check_sign_in(want, problems);
    check_rstudio(want, problems);
    rules::check(want, problems);
    check_home(want, problems);
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

fn check_home(want: &Tree, problems: &mut Vec<Invalid>) {
    let path = "defaultUserSettings.autoMountHomeEFS";
    if get(want, path) == "DefaultAsDomain" {
        let why = "`DefaultAsDomain` is for user profiles";
        problems.push(Invalid::new(path, why).help("a domain says Enabled or Disabled"));
    }
}
