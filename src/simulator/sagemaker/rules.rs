//! What SageMaker refuses in settings: values out of bounds, and members that cannot be combined.

use serde_json::{Map, Value};

use super::errors::invalid;
use crate::simulator::service::ApiError;

type Members = Map<String, Value>;

/// The owner of the settings, on which some bounds depend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Domain,
    Profile,
    Space,
}

const ON_OFF: &[&str] = &["ENABLED", "DISABLED"];

/// Members with a fixed set of values, anywhere in the settings.
const ENUMS: &[(&str, &[&str])] = &[
    ("StudioWebPortal", ON_OFF),
    ("AutoMountHomeEFS", &["Enabled", "Disabled", "DefaultAsDomain"]),
    ("NotebookOutputOption", &["Allowed", "Disabled"]),
    ("LifecycleManagement", ON_OFF),
    ("ExecutionRoleIdentityConfig", &["USER_PROFILE_NAME", "DISABLED"]),
    ("ExecutionRoleSessionNameMode", &["STATIC", "USER_IDENTITY"]),
    ("EnableDockerAccess", ON_OFF),
    ("RootlessDocker", ON_OFF),
    ("RemoteAccess", ON_OFF),
    ("AccessStatus", ON_OFF),
    ("UserGroup", &["R_STUDIO_ADMIN", "R_STUDIO_USER"]),
    ("IpAddressType", &["ipv4", "dualstack"]),
    ("StudioWebPortalAccess", ON_OFF),
];

/// Numbers with bounds.
const NUMBERS: &[(&str, i64, i64)] = &[
    ("IdleTimeoutInMinutes", 60, 525_600),
    ("MinIdleTimeoutInMinutes", 60, 525_600),
    ("MaxIdleTimeoutInMinutes", 60, 525_600),
    ("DefaultEbsVolumeSizeInGb", 5, 16_384),
    ("MaximumEbsVolumeSizeInGb", 5, 16_384),
    ("EbsVolumeSizeInGb", 5, 16_384),
    ("Uid", 10_000, 4_000_000),
    ("Gid", 1_001, 4_000_000),
];

/// Lists with a maximum length; a domain may have more custom images.
const LISTS: &[(&str, usize)] = &[
    ("SecurityGroups", 5),
    ("SecurityGroupIds", 3),
    ("CodeRepositories", 10),
    ("VpcOnlyTrustedAccounts", 20),
    ("HiddenSageMakerImageVersionAliases", 5),
    ("CustomFileSystemConfigs", 10),
];

/// Checks each member of the settings in a request by itself.
pub(super) fn check_values(settings: &Members, owner: Owner) -> Result<(), ApiError> {
    for (name, value) in settings {
        check_value(name, value, owner)?;
        match value {
            Value::Object(inner) => check_values(inner, owner)?,
            Value::Array(items) => {
                for inner in items.iter().filter_map(Value::as_object) {
                    check_values(inner, owner)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_value(name: &str, value: &Value, owner: Owner) -> Result<(), ApiError> {
    let refused = |constraint: String| {
        Err(invalid(format!(
            "1 validation error detected: Value {value} at '{name}' failed to satisfy constraint: \
             {constraint}"
        )))
    };
    if let Some((_, allowed)) = ENUMS.iter().find(|(member, _)| *member == name)
        && !value.as_str().is_some_and(|text| allowed.contains(&text))
    {
        return refused(format!("Member must satisfy enum value set: [{}]", allowed.join(", ")));
    }
    if let Some((_, min, max)) = NUMBERS.iter().find(|(member, ..)| *member == name)
        && !value.as_i64().is_some_and(|number| (*min..=*max).contains(&number))
    {
        return refused(format!("Member must be between {min} and {max}"));
    }
    let max_length = match (name, owner) {
        ("CustomImages", Owner::Domain) => Some(200),
        ("CustomImages", _) => Some(5),
        _ => LISTS.iter().find(|(member, _)| *member == name).map(|(_, max)| *max),
    };
    if let Some(max) = max_length
        && value.as_array().is_none_or(|items| items.len() > max)
    {
        return refused(format!("Member must have length less than or equal to {max}"));
    }
    if matches!(name, "ExecutionRole" | "DomainExecutionRoleArn") {
        let text = value.as_str().unwrap_or_default();
        if text.len() < 20 {
            return refused("Member must have length greater than or equal to 20".to_owned());
        }
        if !text.starts_with("arn:aws") || !text.contains(":role/") {
            let pattern = "^arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+$";
            return refused(format!("Member must satisfy regular expression pattern: {pattern}"));
        }
    }
    Ok(())
}

fn structure<'a>(settings: &'a Members, path: &[&str]) -> Option<&'a Members> {
    let mut members = settings;
    for name in path {
        members = members.get(*name)?.as_object()?;
    }
    Some(members)
}

fn has_items(members: &Members, name: &str) -> bool {
    members.get(name).and_then(Value::as_array).is_some_and(|items| !items.is_empty())
}

/// Checks which members the user or space settings of a request combine.
pub(super) fn check_request(settings: &Members, owner: Owner) -> Result<(), ApiError> {
    check_values(settings, owner)?;
    for app in ["JupyterServerAppSettings", "KernelGatewayAppSettings"] {
        let Some(members) = structure(settings, &[app]) else {
            continue;
        };
        if has_items(members, "LifecycleConfigArns") && !members.contains_key("DefaultResourceSpec")
        {
            return Err(invalid(format!(
                "{app}: LifecycleConfigArns requires DefaultResourceSpec"
            )));
        }
    }
    if let Some(sizes) = structure(settings, &["SpaceStorageSettings", "DefaultEbsStorageSettings"])
    {
        let size = |name: &str| sizes.get(name).and_then(Value::as_i64);
        match (size("DefaultEbsVolumeSizeInGb"), size("MaximumEbsVolumeSizeInGb")) {
            (Some(usual), Some(max)) if usual <= max => {}
            _ => {
                return Err(invalid(
                    "DefaultEbsVolumeSizeInGb and MaximumEbsVolumeSizeInGb are both required, the \
                     default not above the maximum",
                ));
            }
        }
    }
    if owner != Owner::Profile
        && settings.get("AutoMountHomeEFS").and_then(Value::as_str) == Some("DefaultAsDomain")
    {
        return Err(invalid(
            "AutoMountHomeEFS DefaultAsDomain is only supported for user profiles",
        ));
    }
    Ok(())
}

/// Checks user settings as they would be stored.
pub(super) fn check_user_settings(settings: &Members) -> Result<(), ApiError> {
    let text = |name: &str| settings.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("StudioWebPortal") == "DISABLED" && text("DefaultLandingUri").starts_with("studio::") {
        return Err(invalid(
            "StudioWebPortal is disabled for this domain/user: DefaultLandingUri studio:: is not \
             supported",
        ));
    }
    if let Some(rstudio) = structure(settings, &["RStudioServerProAppSettings"]) {
        let enabled = rstudio.get("AccessStatus").and_then(Value::as_str) == Some("ENABLED");
        if rstudio.contains_key("UserGroup") && !enabled {
            return Err(invalid(
                "RStudioServerProAppSettings: UserGroup requires AccessStatus ENABLED",
            ));
        }
    }
    for app in ["JupyterLabAppSettings", "CodeEditorAppSettings"] {
        if let Some(idle) = structure(settings, &[app, "AppLifecycleManagement", "IdleSettings"]) {
            check_idle(idle)?;
        }
    }
    Ok(())
}

fn check_idle(idle: &Members) -> Result<(), ApiError> {
    let minutes = |name: &str| idle.get(name).and_then(Value::as_i64);
    let usual = minutes("IdleTimeoutInMinutes");
    let above =
        |min: Option<i64>, max: Option<i64>| min.zip(max).is_some_and(|(min, max)| min > max);
    let (min, max) = (minutes("MinIdleTimeoutInMinutes"), minutes("MaxIdleTimeoutInMinutes"));
    if above(min, usual) || above(usual, max) || above(min, max) {
        return Err(invalid(
            "IdleTimeoutInMinutes must lie between MinIdleTimeoutInMinutes and \
             MaxIdleTimeoutInMinutes",
        ));
    }
    Ok(())
}

/// Checks the default space settings of a request: the shape has code repositories for Jupyter
/// Server, but the service refuses them.
pub(super) fn check_space_settings(settings: &Members, owner: Owner) -> Result<(), ApiError> {
    check_request(settings, owner)?;
    if structure(settings, &["JupyterServerAppSettings"])
        .is_some_and(|app| has_items(app, "CodeRepositories"))
    {
        return Err(invalid(
            "CodeRepositories are not supported for JupyterServerAppSettings of spaces",
        ));
    }
    Ok(())
}

/// Checks domain settings as they would be stored, for this authentication mode.
pub(super) fn check_domain_settings(settings: &Members, auth_mode: &str) -> Result<(), ApiError> {
    for member in ["AmazonQSettings", "TrustedIdentityPropagationSettings"] {
        let enabled = structure(settings, &[member])
            .and_then(|inner| inner.get("Status"))
            .and_then(Value::as_str)
            == Some("ENABLED");
        if enabled && auth_mode != "SSO" {
            return Err(invalid(format!(
                "{member} can only be enabled for domains with AuthMode SSO"
            )));
        }
    }
    if let Some(rstudio) = structure(settings, &["RStudioServerProDomainSettings"])
        && !rstudio.contains_key("DomainExecutionRoleArn")
    {
        return Err(invalid("RStudioServerProDomainSettings requires DomainExecutionRoleArn"));
    }
    Ok(())
}

/// Checks that this member is only set with RStudio, and set if VpcOnly RStudio needs it.
pub(super) fn check_group_management(
    management: Option<&str>,
    rstudio: bool,
    vpc_only: bool,
) -> Result<(), ApiError> {
    match (management, rstudio) {
        (Some(_), false) => {
            Err(invalid("AppSecurityGroupManagement can only be set for Rstudio enabled domains"))
        }
        (None, true) if vpc_only => {
            Err(invalid("AppSecurityGroupManagement is required for VpcOnly domains with RStudio"))
        }
        _ => Ok(()),
    }
}
