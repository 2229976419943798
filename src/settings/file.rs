//! The settings file, as written.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Deserializer, de};

use super::{Mode, Prune, Scope, SettingsError, flags::parse_duration, value};
use crate::{aws::AssumedRole, model::HeldRisk};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) owner: Option<String>,
    pub(super) default_scope: Option<String>,
    pub(super) scopes: BTreeMap<String, FileScope>,
    pub(super) vars: BTreeMap<String, String>,
    pub(super) organization: Option<String>,
    #[serde(deserialize_with = "duration")]
    pub(super) interval: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    pub(super) settle_window: Option<Duration>,
    pub(super) mode: Option<Mode>,
    pub(super) prune: Option<Prune>,
    pub(super) gate: FileGate,
    pub(super) brake_file: Option<PathBuf>,
    pub(super) break_glass_roles: Option<Vec<String>>,
    pub(super) server: FileServer,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FileScope {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) assume_role: Option<FileRole>,
    pub(super) daemon_role: Option<String>,
    #[serde(default)]
    pub(super) vars: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FileRole {
    pub(super) role_arn: String,
    pub(super) external_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct FileGate {
    pub(super) deletes_percent: Option<u32>,
    pub(super) changes_percent: Option<u32>,
    pub(super) accounts_percent: Option<u32>,
    pub(super) hold_risks: Option<BTreeSet<HeldRisk>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct FileServer {
    pub(super) listen: Option<String>,
}

impl FileScope {
    pub(super) fn check(self, name: &str) -> Result<Scope, SettingsError> {
        let field = |part: &str| format!("scopes.{name}.{part}");
        if name.is_empty() || name.contains('/') {
            return Err(value("scopes", format!("`{name}` cannot be a scope's name")));
        }
        if self.account.len() != 12 || !self.account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(value(field("account"), "12 digits in quotes"));
        }
        if !self.region.contains('-') {
            return Err(value(field("region"), "a Region such as eu-west-1"));
        }
        let role = self
            .assume_role
            .map(|role| AssumedRole { role_arn: role.role_arn, external_id: role.external_id });
        if let Some(role) = role.as_ref().filter(|role| !role.role_arn.contains(":role/")) {
            let why = format!("`{}` is no role's ARN", role.role_arn);
            return Err(value(field("assumeRole.roleArn"), why));
        }
        if let Some(arn) = self.daemon_role.as_deref().filter(|arn| !is_role(arn, &self.account)) {
            let why = format!("`{arn}` is not the ARN of a role in account {}", self.account);
            return Err(value(field("daemonRole"), why));
        }
        Ok(Scope {
            account: Some(self.account),
            region: Some(self.region),
            role,
            daemon_role: self.daemon_role,
            vars: self.vars,
        })
    }
}

/// Whether it is exactly the ARN of one role in the account.
fn is_role(arn: &str, account: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", in_account, resource] = parts[..] else { return false };
    let name = resource.strip_prefix("role/");
    in_account == account && name.is_some_and(|name| !name.is_empty() && !name.contains(['*', '?']))
}

pub(super) fn read(path: &Path) -> Result<File, SettingsError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| SettingsError::Read { path: path.to_owned(), source })?;
    parse(path, &text)
}

pub(super) fn parse(path: &Path, text: &str) -> Result<File, SettingsError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let error = error.without_snippet();
        let place = error.location().map_or_else(
            || "1:1".to_owned(),
            |location| format!("{}:{}", location.line(), location.column()),
        );
        SettingsError::Syntax { path: path.to_owned(), place, message: error.to_string() }
    })
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.as_deref().map(parse_duration).transpose().map_err(de::Error::custom)
}
