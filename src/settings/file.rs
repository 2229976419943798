//! The settings file, as written.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use super::{
    Mode, Prune, Scope, SettingsError,
    check::{is_account, is_plain, role_account, role_partition},
    error::value,
    events::FileEvents,
    flags::parse_duration,
    identity::FileIdentity,
    leases::FileLeases,
    memory::FileMemory,
    notification::FileTarget,
    readers::FileReaders,
    regions::{is_known_region, partition},
    rules::FileRule,
    secret::LocalSecret,
    sets::FileScopeSet,
};
use crate::{
    aws::AssumedRole,
    kind::Invalid,
    manifest::{Origin, Unreadable, read_typed},
    model::HeldRisk,
};

/// The accounts that one installation of palisade may change, and its limits.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(rename = "Settings")]
pub(super) struct File {
    /// This installation's name. It is part of the tags on everything that palisade manages; two
    /// installations must never share one.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9._-]+$"))]
    pub(super) owner: Option<String>,
    /// The scope of manifests without one. If there is only one scope, that is it.
    pub(super) default_scope: Option<String>,
    /// The accounts and Regions that manifests may name, each with the role used to reach it.
    pub(super) scopes: BTreeMap<String, FileScope>,
    /// Accounts times Regions for which one manifest can stand, by the name that it gives as
    /// `metadata.scopeSet`.
    pub(super) scope_sets: BTreeMap<String, FileScopeSet>,
    /// Values of `${var.NAME}` in manifests.
    pub(super) vars: BTreeMap<String, String>,
    /// The organization's id; saves the call that asks for it.
    #[schemars(regex(pattern = r"^o-[a-z0-9]{10,32}$"))]
    pub(super) organization: Option<String>,
    /// Time between passes if nothing happens.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>", extend("default" = "60s", "examples" = ["60s", "5m"]))]
    pub(super) interval: Option<Duration>,
    /// Time between passes in place of `interval` while events arrive from all scopes.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>", extend("default" = "15m", "examples" = ["15m"]))]
    pub(super) event_interval: Option<Duration>,
    /// Time between the two observations that must agree before a resource without a unique name (a
    /// key) is created, or an orphan is pruned.
    #[serde(deserialize_with = "duration")]
    #[schemars(with = "Option<String>", extend("default" = "15s", "examples" = ["15s"]))]
    pub(super) settle_window: Option<Duration>,
    /// The audits of what no manifest owns.
    pub(super) audit: FileAudit,
    /// Correct differences, or only report them.
    #[schemars(extend("default" = "enforce"))]
    pub(super) mode: Option<Mode>,
    /// What happens to claimed resources whose manifest is gone.
    #[schemars(extend("default" = "never"))]
    pub(super) prune: Option<Prune>,
    /// Keep everything as it was while anything in the directory is wrong, not only the top-level
    /// folder that it is in.
    #[schemars(extend("default" = false))]
    pub(super) strict_tree: Option<bool>,
    /// How much one pass may change without approval.
    pub(super) gate: FileGate,
    /// The file with the pauses of `palisade brake`; while it exists and is empty nothing is
    /// written.
    #[schemars(extend("default" = "palisade.brake"))]
    pub(super) brake_file: Option<PathBuf>,
    /// The ARNs of roles that no policy may lock out.
    #[schemars(extend("examples" = [["arn:aws:iam::111122223333:role/break-glass"]]))]
    pub(super) break_glass_roles: Option<Vec<String>>,
    /// Where manifests may write what gives permissions, and its boundary. Without it they may not.
    pub(super) identity: FileIdentity,
    /// Metrics, health and status.
    pub(super) server: FileServer,
    /// What outlives a restart. Losing it means doing less.
    pub(super) memory: FileMemory,
    /// How several processes share the scopes. Without it there is only one.
    pub(super) leases: Option<FileLeases>,
    /// Who gets to know what happens.
    pub(super) notify: Vec<FileTarget>,
    /// Rules of the secure baseline that this installation treats in another way, by number.
    #[schemars(extend("examples" = [{"SG-05": "warn", "SCP-15": {"level": "off", "reason": "…"}}]))]
    pub(super) rules: BTreeMap<String, FileRule>,
}

/// One account in one Region.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Scope")]
pub(super) struct FileScope {
    /// The account's id. With credentials of another account nothing is done in the scope.
    #[schemars(regex(pattern = r"^[0-9]{12}$"), extend("examples" = ["111122223333"]))]
    pub(super) account: String,
    /// The Region's code.
    #[schemars(extend("examples" = ["eu-west-1"]))]
    pub(super) region: String,
    /// The role to assume; without it the ambient credentials are used.
    pub(super) assume_role: Option<FileRole>,
    /// The ARN of the daemon's role in the scope, if it is another one than that of `assumeRole`:
    /// it must never be locked out, whoever runs a command.
    pub(super) daemon_role: Option<String>,
    /// Values that take precedence over the common `vars`.
    #[serde(default)]
    pub(super) vars: BTreeMap<String, String>,
    /// Bounds that take the place of the common `identity`.
    #[serde(default)]
    pub(super) identity: FileIdentity,
    /// The queue of the scope's events. With it a change is noticed in seconds, and by whom.
    pub(super) events: Option<FileEvents>,
}

/// A role to assume.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "AssumedRole")]
pub(super) struct FileRole {
    /// Its ARN.
    #[schemars(extend("examples" = ["arn:aws:iam::111122223333:role/palisade"]))]
    pub(super) role_arn: String,
    /// The external id that its trust policy asks for.
    pub(super) external_id: Option<String>,
}

/// How much one pass may change without approval; 100 means no limit.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(rename = "Gate")]
pub(super) struct FileGate {
    /// Deletions, in percent of the claimed resources of a kind in a scope; always at least one.
    #[schemars(range(max = 100), extend("default" = 10))]
    pub(super) deletes_percent: Option<u32>,
    /// Edited resources, in percent likewise; always at least ten.
    #[schemars(range(max = 100), extend("default" = 30))]
    pub(super) changes_percent: Option<u32>,
    /// Accounts that one change of an organization policy may concern, in percent of its member
    /// accounts; always at least one.
    #[schemars(range(max = 100), extend("default" = 25))]
    pub(super) accounts_percent: Option<u32>,
    /// Risks that always need approval.
    #[schemars(extend("default" = ["disrupts"]))]
    pub(super) hold_risks: Option<BTreeSet<HeldRisk>>,
}

/// The audits of what no manifest owns.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(rename = "Audit")]
pub(super) struct FileAudit {
    /// How many days back the work of SageMaker is audited.
    #[schemars(range(min = 1), extend("default" = 7))]
    pub(super) days: Option<u32>,
}

/// Where the running process can be reached.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(rename = "Server")]
pub(super) struct FileServer {
    /// HOST:PORT of metrics, health and status.
    #[schemars(extend("default" = "127.0.0.1:9464"))]
    pub(super) listen: Option<String>,
    /// Where the token is that readers of the page send; health and metrics need none.
    pub(super) token: Option<LocalSecret>,
    /// Who may read with an AWS identity in place of a token.
    pub(super) readers: Option<FileReaders>,
    /// The Unix socket over which commands reach the running process.
    pub(super) socket: Option<PathBuf>,
}

/// The JSON schema (draft 7) of the file.
pub(super) fn schema() -> Value {
    schemars::generate::SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<File>()
        .to_value()
}

impl FileScope {
    pub(super) fn check(self, name: &str) -> Result<Scope, SettingsError> {
        let field = |part: &str| format!("scopes.{name}.{part}");
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_plain) {
            let why =
                format!("`{name}` is not a valid scope name, because it is part of every claim");
            return Err(value(
                format!("scopes.{name}"),
                why,
                "use 1 to 64 letters, digits, `-`, `_` or `.`",
            ));
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
        let events = self
            .events
            .map(|it| it.check(&field, &self.region, &self.account, is_region))
            .transpose()?;
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
            events,
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
pub(super) fn is_region(text: &str) -> bool {
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
        origin: None,
        field: String::new(),
        why: format!("cannot be read: {error}"),
        help: "name the right file with --settings or PALISADE_SETTINGS".to_owned(),
        others: Box::default(),
    })
}

pub(super) fn read(path: &Path) -> Result<File, SettingsError> {
    parse(path, &text_of(path)?)
}

pub(super) fn parse(path: &Path, text: &str) -> Result<File, SettingsError> {
    read_typed(text).map_err(|wrong| unreadable(path, wrong))
}

/// An error of the text as one of the settings.
pub(super) fn unreadable(path: &Path, wrong: Unreadable) -> SettingsError {
    let Unreadable { place: (line, column), field, why, help } = wrong;
    let origin = Origin { file: path.to_owned(), line, column };
    SettingsError {
        place: origin.to_string(),
        origin: Some(Box::new(origin)),
        ..invalid(Invalid { field, why, help })
    }
}

/// An error of a field as one of the settings, without its place.
pub(super) fn invalid(wrong: Invalid) -> SettingsError {
    let Invalid { field, why, help } = wrong;
    value(
        field,
        why,
        help.unwrap_or_else(|| "examples/palisade.yaml explains every setting".into()),
    )
}

pub(super) fn duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    // A number is a duration without its unit, which is what the message says.
    let text = match Option::<Value>::deserialize(deserializer)? {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    parse_duration(&text).map(Some).map_err(de::Error::custom)
}
