//! The settings file, as written.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use super::{
    Mode, Prune, Scope, SettingsError,
    check::{is_account, is_plain, role_account, role_partition},
    error::value,
    flags::parse_duration,
    identity::FileIdentity,
    notify::FileTarget,
    regions::{is_known_region, partition},
    secret::Secret,
};
use crate::{
    aws::AssumedRole,
    manifest::{Unreadable, read_typed},
    model::HeldRisk,
};

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
    pub(super) audit: FileAudit,
    pub(super) mode: Option<Mode>,
    pub(super) prune: Option<Prune>,
    pub(super) gate: FileGate,
    pub(super) brake_file: Option<PathBuf>,
    pub(super) break_glass_roles: Option<Vec<String>>,
    pub(super) identity: FileIdentity,
    pub(super) server: FileServer,
    pub(super) memory: FileMemory,
    pub(super) notify: Vec<FileTarget>,
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
    #[serde(default)]
    pub(super) identity: FileIdentity,
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
pub(super) struct FileAudit {
    pub(super) days: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct FileServer {
    pub(super) listen: Option<String>,
    pub(super) token: Option<Secret>,
    pub(super) socket: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct FileMemory {
    pub(super) dir: Option<PathBuf>,
}

impl FileScope {
    pub(super) fn check(self, name: &str) -> Result<Scope, SettingsError> {
        let field = |part: &str| format!("scopes.{name}.{part}");
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_plain) {
            let why =
                format!("`{name}` is not a valid scope name, because it is part of every claim");
            return Err(value("scopes", why, "use 1 to 64 letters, digits, `-`, `_` or `.`"));
        }
        let account = &self.account;
        if !is_account(account) {
            let why = format!("`{account}` is not an account id");
            return Err(value(field("account"), why, "write 12 digits, in quotes"));
        }
        if let Some(region) = region_of_zone(&self.region) {
            let why = format!("`{}` is an Availability Zone", self.region);
            return Err(value(field("region"), why, format!("write its Region, {region}")));
        }
        if !is_region(&self.region) {
            let why = format!("`{}` is not a Region", self.region);
            return Err(value(field("region"), why, "write its code, such as eu-west-1"));
        }
        if let Some(role) = &self.assume_role {
            self.check_assumed_role(field("assumeRole.roleArn"), &role.role_arn)?;
        }
        if let Some(arn) = self.daemon_role.as_deref() {
            self.check_daemon_role(field("daemonRole"), arn)?;
        }
        let identity =
            self.identity.of_scope(&field("identity"), &self.account, partition(&self.region))?;
        let role = self
            .assume_role
            .map(|role| AssumedRole { role_arn: role.role_arn, external_id: role.external_id });
        Ok(Scope {
            account: Some(self.account),
            region: Some(self.region),
            role,
            daemon_role: self.daemon_role,
            vars: self.vars,
            identity,
        })
    }

    fn check_assumed_role(&self, field: String, arn: &str) -> Result<(), SettingsError> {
        let account = &self.account;
        match role_account(arn) {
            Some(_) if arn.contains(['*', '?']) => {
                let why = format!("`{arn}` is not the ARN of one role");
                Err(value(field, why, "write it whole and without wildcards"))
            }
            Some(own) if own == account => wrong_partition(&field, arn, &self.region),
            Some(other) => {
                let why =
                    format!("the role is in account {other}, and the scope's account is {account}");
                let help = "a role belongs to one account: correct the role or the account";
                Err(value(field, why, help))
            }
            None => {
                let why = format!("`{arn}` is not the ARN of a role");
                let help = format!("write it whole, such as arn:aws:iam::{account}:role/palisade");
                Err(value(field, why, help))
            }
        }
    }

    fn check_daemon_role(&self, field: String, arn: &str) -> Result<(), SettingsError> {
        let account = &self.account;
        if is_role(arn, account) {
            return wrong_partition(&field, arn, &self.region);
        }
        let why = format!("`{arn}` is not the ARN of a role in account {account}");
        let help = format!(
            "write the daemon's role whole and without wildcards, such as \
             arn:aws:iam::{account}:role/palisade"
        );
        Err(value(field, why, help))
    }
}

/// The Region of an Availability Zone.
pub(super) fn region_of_zone(text: &str) -> Option<&str> {
    let region = text.strip_suffix(|c: char| c.is_ascii_lowercase())?;
    is_known_region(region).then_some(region)
}

fn wrong_partition(field: &str, arn: &str, region: &str) -> Result<(), SettingsError> {
    let (named, right) = (role_partition(arn), partition(region));
    if named == right {
        return Ok(());
    }
    let why = format!("the role is in partition {named}, and {region} is in {right}");
    let help = format!("begin it with arn:{right}:iam:, or correct the Region");
    Err(value(field, why, help))
}

/// Whether it has the form of a Region code. `doctor` checks whether AWS has it.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let plain = |part: &&str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    parts.len() >= 3 && parts.iter().all(plain)
}

/// Whether it is exactly the ARN of one role in the account.
fn is_role(arn: &str, account: &str) -> bool {
    role_account(arn) == Some(account) && !arn.contains(['*', '?'])
}

/// The text of the file.
pub(super) fn text_of(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|error| SettingsError {
        place: path.display().to_string(),
        field: String::new(),
        why: format!("cannot be read: {error}"),
        help: "name the right file with --settings or PALISADE_SETTINGS".to_owned(),
    })
}

pub(super) fn read(path: &Path) -> Result<File, SettingsError> {
    parse(path, &text_of(path)?)
}

pub(super) fn parse(path: &Path, text: &str) -> Result<File, SettingsError> {
    read_typed(text).map_err(|Unreadable { place: (line, column), field, why, help }| {
        SettingsError {
            place: format!("{}:{line}:{column}", path.display()),
            field,
            why,
            help: help
                .unwrap_or_else(|| "examples/palisade.yaml explains every setting".to_owned()),
        }
    })
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    // A number is a duration without its unit, which is what the message says.
    let text = match Option::<Value>::deserialize(deserializer)? {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    parse_duration(&text).map(Some).map_err(de::Error::custom)
}
