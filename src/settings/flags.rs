//! Settings as flags and environment variables.

use std::{path::PathBuf, time::Duration};

use super::{Mode, Prune};
use crate::model::HeldRisk;

/// The heading of settings in the help of every command.
pub const SETTINGS: &str = "Settings";

/// Values given by flag or environment variable; they win over the file.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Overrides {
    /// Settings file [default: palisade.yaml in the working directory, if there is one]
    #[arg(
        long = "settings",
        global = true,
        env = "PALISADE_SETTINGS",
        help_heading = SETTINGS,
        value_name = "FILE"
    )]
    pub file: Option<PathBuf>,
    /// This installation's name, which is part of every claim
    #[arg(long, global = true, env = "PALISADE_OWNER", help_heading = SETTINGS)]
    pub owner: Option<String>,
    /// Scope of manifests without one
    #[arg(
        long,
        global = true,
        env = "PALISADE_DEFAULT_SCOPE",
        help_heading = SETTINGS,
        value_name = "SCOPE"
    )]
    pub default_scope: Option<String>,
    /// Id of the organization (o-…); saves the call that asks for it
    #[arg(
        long,
        global = true,
        env = "PALISADE_ORGANIZATION",
        help_heading = SETTINGS,
        value_name = "ID"
    )]
    pub organization: Option<String>,
    /// Time between passes if nothing happens, e.g. 60s [default: 60s]
    #[arg(
        long,
        global = true,
        env = "PALISADE_INTERVAL",
        help_heading = SETTINGS,
        value_parser = parse_duration,
        value_name = "TIME"
    )]
    pub interval: Option<Duration>,
    /// Time between passes in place of the interval while events arrive from all scopes [default:
    /// 15m]
    #[arg(
        long,
        global = true,
        env = "PALISADE_EVENT_INTERVAL",
        help_heading = SETTINGS,
        value_parser = parse_duration,
        value_name = "TIME"
    )]
    pub event_interval: Option<Duration>,
    /// Time between the two observations that must agree before a resource without a unique name (a
    /// key) is created, or an orphan is pruned [default: 15s]
    #[arg(
        long,
        global = true,
        env = "PALISADE_SETTLE_WINDOW",
        help_heading = SETTINGS,
        value_parser = parse_duration,
        value_name = "TIME"
    )]
    pub settle_window: Option<Duration>,
    /// How many days back audits look for jobs, models and endpoints [default: 7]
    #[arg(
        long,
        global = true,
        env = "PALISADE_AUDIT_DAYS",
        help_heading = SETTINGS,
        value_name = "DAYS"
    )]
    pub audit_days: Option<u32>,
    /// Correct differences, or only report them [default: enforce]
    #[arg(long, global = true, env = "PALISADE_MODE", help_heading = SETTINGS)]
    pub mode: Option<Mode>,
    /// File with the pauses of `palisade brake`; while it exists and is empty nothing is written
    /// [default: palisade.brake next to the settings file]
    #[arg(
        long,
        global = true,
        env = "PALISADE_BRAKE_FILE",
        help_heading = SETTINGS,
        value_name = "FILE"
    )]
    pub brake_file: Option<PathBuf>,
    /// ARNs of roles that no policy may lock out, comma-separated
    #[arg(
        long,
        global = true,
        env = "PALISADE_BREAK_GLASS_ROLES",
        help_heading = SETTINGS,
        value_delimiter = ',',
        value_name = "ARNS"
    )]
    pub break_glass_roles: Option<Vec<String>>,
    /// Path of IAM below which manifests may have roles and other identity, e.g. /ml/ [default:
    /// none, so that no manifest writes identity]
    #[arg(
        long,
        global = true,
        env = "PALISADE_IDENTITY_PATH",
        help_heading = SETTINGS,
        value_name = "PATH"
    )]
    pub identity_path: Option<String>,
    /// ARN of the managed policy that each of them must have as its permissions boundary;
    /// ${scope.account} and ${scope.partition} are filled in
    #[arg(
        long,
        global = true,
        env = "PALISADE_IDENTITY_BOUNDARY",
        help_heading = SETTINGS,
        value_name = "ARN"
    )]
    pub identity_boundary: Option<String>,
    /// What happens to claimed resources whose manifest is gone [default: never]
    #[arg(long, global = true, env = "PALISADE_PRUNE", help_heading = SETTINGS)]
    pub prune: Option<Prune>,
    /// Keep everything as it was while anything in the directory is wrong, not only the top-level
    /// folder that it is in [default: false]
    #[arg(
        long,
        global = true,
        env = "PALISADE_STRICT_TREE",
        help_heading = SETTINGS,
        value_name = "BOOL"
    )]
    pub strict_tree: Option<bool>,
    /// Most deletions per pass, in percent of the claimed resources of a kind in a scope; 100: no
    /// limit [default: 10]
    #[arg(
        long,
        global = true,
        env = "PALISADE_GATE_DELETES_PERCENT",
        help_heading = SETTINGS,
        value_name = "PERCENT"
    )]
    pub gate_deletes_percent: Option<u32>,
    /// Most edited resources per pass, in percent likewise [default: 30]
    #[arg(
        long,
        global = true,
        env = "PALISADE_GATE_CHANGES_PERCENT",
        help_heading = SETTINGS,
        value_name = "PERCENT"
    )]
    pub gate_changes_percent: Option<u32>,
    /// Most accounts that one change of an organization policy may concern, in percent of its
    /// member accounts; 100: no limit [default: 25]
    #[arg(
        long,
        global = true,
        env = "PALISADE_GATE_ACCOUNTS_PERCENT",
        help_heading = SETTINGS,
        value_name = "PERCENT"
    )]
    pub gate_accounts_percent: Option<u32>,
    /// Risks that are always held, comma-separated [default: disrupts]
    #[arg(
        long,
        global = true,
        env = "PALISADE_GATE_HOLD_RISKS",
        help_heading = SETTINGS,
        value_delimiter = ',',
        value_name = "RISKS"
    )]
    pub gate_hold_risks: Option<Vec<HeldRisk>>,
    /// Where the HTTP server listens [default: 127.0.0.1:9464]
    #[arg(
        long,
        global = true,
        env = "PALISADE_LISTEN",
        help_heading = SETTINGS,
        value_name = "HOST:PORT"
    )]
    pub listen: Option<String>,
    /// File with the token that readers of the HTTP server must send, or several, one a line;
    /// health and metrics need none [default: no token, and the page only on loopback]
    #[arg(
        long,
        global = true,
        env = "PALISADE_TOKEN_FILE",
        help_heading = SETTINGS,
        value_name = "FILE"
    )]
    pub token_file: Option<PathBuf>,
    /// Unix socket of the running palisade, for `brake`, `status` and the like [default:
    /// palisade.sock in the memory's directory, if there is one]
    #[arg(
        long,
        global = true,
        env = "PALISADE_SOCKET",
        help_heading = SETTINGS,
        value_name = "FILE"
    )]
    pub socket: Option<PathBuf>,
    /// Reads from a palisade on another machine, at this address; with an AWS identity, or with the
    /// first token of --token-file [default: the palisade of this machine, over its socket]
    #[arg(
        long,
        global = true,
        env = "PALISADE_URL",
        help_heading = SETTINGS,
        value_name = "URL"
    )]
    pub url: Option<String>,
    /// What the AWS identity is proved for, if it is not the host of --url
    #[arg(
        long,
        global = true,
        env = "PALISADE_AUDIENCE",
        help_heading = SETTINGS,
        value_name = "NAME"
    )]
    pub audience: Option<String>,
    /// Directory in which `run` keeps brake, history and what was in force over restarts; created
    /// if it is missing [default: none, or the table that the settings file names]
    #[arg(
        long,
        global = true,
        env = "PALISADE_MEMORY_DIR",
        help_heading = SETTINGS,
        value_name = "DIR"
    )]
    pub memory_dir: Option<PathBuf>,
    /// DynamoDB table, e.g. eu-west-1/palisade, in which `run` keeps the same; `palisade brake`
    /// then works from every machine [default: none]
    #[arg(
        long,
        global = true,
        env = "PALISADE_MEMORY_TABLE",
        help_heading = SETTINGS,
        value_name = "REGION/TABLE",
        conflicts_with = "memory_dir"
    )]
    pub memory_table: Option<String>,
    /// Value of ${var.NAME}; may be repeated
    #[arg(
        long = "var",
        global = true,
        help_heading = SETTINGS,
        value_name = "NAME=VALUE",
        value_parser = parse_var
    )]
    pub vars: Vec<(String, String)>,
}

impl Overrides {
    /// Whether a flag or variable gives this setting.
    pub(super) fn gives(&self, field: &str) -> bool {
        match field.split('[').next().unwrap_or_default() {
            "owner" => self.owner.is_some(),
            "defaultScope" => self.default_scope.is_some(),
            "organization" => self.organization.is_some(),
            "interval" => self.interval.is_some(),
            "eventInterval" => self.event_interval.is_some(),
            "audit.days" => self.audit_days.is_some(),
            "breakGlassRoles" => self.break_glass_roles.is_some(),
            "gate.deletesPercent" => self.gate_deletes_percent.is_some(),
            "gate.changesPercent" => self.gate_changes_percent.is_some(),
            "gate.accountsPercent" => self.gate_accounts_percent.is_some(),
            "identity.path" => self.identity_path.is_some(),
            "identity.boundary" => self.identity_boundary.is_some(),
            "memory.dynamodb" => self.memory_table.is_some(),
            "server.listen" => self.listen.is_some(),
            _ => false,
        }
    }
}

/// Parses `90s`, `5m`, `1h` or `500ms`.
///
/// Not `humantime`: it takes `5M` for five months, so that a capital letter by mistake would mean
/// that nothing is looked at for as long. It would spare ten lines.
///
/// # Errors
/// Any other text.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let wrong = || format!("`{text}` is not a duration such as 60s, 5m or 1h (units: ms, s, m, h)");
    let seconds = |factor: u64, number: u64| {
        let all = number.checked_mul(factor).map(Duration::from_secs);
        all.ok_or_else(|| format!("`{text}` is too long"))
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => seconds(60, number),
        "h" => seconds(3600, number),
        _ => Err(wrong()),
    }
}

fn parse_var(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "NAME=VALUE".to_owned())
}
