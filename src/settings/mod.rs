//! Settings: flags over environment over `palisade.yaml` over defaults. Validated once.
//!
//! The accounts and roles that may be used are defined here, outside of the watched directory: a
//! manifest can only name a scope.

pub mod brake_file;
mod check;
mod error;
mod events;
mod file;
mod flags;
mod identity;
mod leases;
mod levers;
mod memory;
mod notification;
mod own;
mod readers;
mod recover;
mod regions;
mod rules;
mod secret;
mod sets;
mod waves;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use self::levers::now;
use self::{
    check::{break_glass, check_listen, check_organization, check_owner, percent},
    error::value,
    file::{File, parse, text_of},
};
pub use self::{
    error::SettingsError,
    events::EventQueue,
    flags::{Overrides, SETTINGS, parse_duration},
    identity::Identity,
    leases::LeaseSettings,
    levers::Levers,
    memory::{MemoryHome, MemoryTable},
    notification::{Channel, Target, Urgency, check_url},
    own::OwnUse,
    readers::Readers,
    regions::{PARTITIONS, is_known_region, partition, regions},
    secret::Secret,
    sets::{FromOrganization, ScopeSet},
    waves::Wave,
};
use crate::{
    aws::AssumedRole, baseline::Switch, kind::ScopeFacts, manifest::did_you_mean, model::HeldRisk,
};

/// Whether the process may write.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Correct differences.
    #[default]
    Enforce,
    /// Report differences, write nothing.
    Observe,
}

/// What happens to claimed resources whose manifest is gone.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Prune {
    /// Reported as orphans, nothing more.
    #[default]
    Never,
    /// Deletions are held for approval, where `deletion: delete` was recorded in the claim.
    Held,
    /// Deleted, where `deletion: delete` was recorded in the claim and the gate allows it.
    Automatic,
}

/// One AWS account in one Region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The account that the credentials must belong to; `None` only without a settings file: the
    /// ambient credentials decide then.
    pub account: Option<String>,
    /// The Region; `None` uses the ambient one.
    pub region: Option<String>,
    /// The role to assume; `None` uses the ambient credentials.
    pub role: Option<AssumedRole>,
    /// The ARN of the daemon's role in the scope, if it is not [`Self::role`].
    pub daemon_role: Option<String>,
    /// Overrides of [`Settings::vars`].
    pub vars: BTreeMap<String, String>,
    /// Takes the place of [`Settings::identity`].
    pub identity: Option<Identity>,
    /// Where its events come from, if it has any.
    pub events: Option<EventQueue>,
}

impl Scope {
    /// The principal that must not be locked out of the scope: the daemon's role, whoever runs the
    /// command. It is the configured one, or else the role that is assumed in the scope, with its
    /// path. Without either it is the caller (the ARN from STS), because nothing else is known.
    pub fn own_role<'a>(&'a self, caller: Option<&'a str>) -> Option<&'a str> {
        let assumed = || self.role.as_ref().map(|role| role.role_arn.as_str());
        self.daemon_role.as_deref().or_else(assumed).or(caller)
    }
}

/// How much one pass may change without approval. A limit of 100 percent means no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateLimits {
    /// Deletions, in percent of the claimed resources of a kind in a scope; at least one is
    /// allowed.
    pub deletes_percent: u32,
    /// Edited resources, in percent likewise; at least ten are allowed.
    pub changes_percent: u32,
    /// Accounts that one change of an organization policy may concern, in percent of its member
    /// accounts; at least one is allowed.
    pub accounts_percent: u32,
    /// Risks that are always held.
    pub hold_risks: BTreeSet<HeldRisk>,
}

impl Default for GateLimits {
    fn default() -> Self {
        // Losing a tenth of the resources is more often an accident than intended; changing a third
        // at once is a refactoring that a person should review. A policy that is wrong for a
        // quarter of the accounts at once is an outage of the organization: it should be tried on
        // fewer accounts first.
        Self {
            deletes_percent: 10,
            changes_percent: 30,
            accounts_percent: 25,
            hold_risks: [HeldRisk::Disrupts].into(),
        }
    }
}

/// The validated settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// This installation's name, which is part of every claim.
    pub owner: String,
    /// The scope of manifests without one.
    pub default_scope: Option<String>,
    /// The scopes, by name.
    pub scopes: BTreeMap<String, Scope>,
    /// Those that are written out, and in no set.
    written: BTreeMap<String, Scope>,
    /// Sets of them, by name.
    pub sets: BTreeMap<String, ScopeSet>,
    /// Values of `${var.NAME}`.
    pub vars: BTreeMap<String, String>,
    /// The id of the organization (`o-…`); saves the call that asks for it.
    pub organization: Option<String>,
    /// Time between passes if nothing happens.
    pub interval: Duration,
    /// The same while events arrive from all scopes.
    pub event_interval: Duration,
    /// How long AWS may hide a new resource, and a directory be incomplete: two observations this
    /// far apart must agree before a resource without a unique name is created, and two readings
    /// before an orphan is pruned automatically.
    pub settle_window: Duration,
    /// How far back audits look, where they are about what people make again and again.
    pub audit_window: Duration,
    /// Whether the process may write.
    pub mode: Mode,
    /// What happens to orphans.
    pub prune: Prune,
    /// Whether an error anywhere in the directory keeps everything as it was, not only its
    /// top-level folder.
    pub strict_tree: bool,
    /// The gate.
    pub gate: GateLimits,
    /// Roles (their ARNs) that must never be locked out, whatever a policy says.
    pub break_glass_roles: BTreeSet<String>,
    /// Where identity may be written; nowhere without it.
    pub identity: Option<Identity>,
    /// What stops all writing from outside of the process.
    pub levers: Levers,
    /// Where the HTTP server listens.
    pub listen: String,
    /// What readers of the HTTP server must know, but for health and metrics.
    pub token: Option<Secret>,
    /// Who may read with an AWS identity.
    pub readers: Option<Readers>,
    /// The Unix socket over which commands reach the running process, if it is given.
    pub socket: Option<PathBuf>,
    /// Where the memory is, if there is one.
    pub memory: Option<MemoryHome>,
    /// How processes share the scopes; `None`: there is only one.
    pub leases: Option<LeaseSettings>,
    /// Who gets to know what happens.
    pub notify: Vec<Target>,
    /// Rules of the baseline that this installation treats in another way.
    pub rules: BTreeMap<String, Switch>,
}

/// The name of the socket in the memory's directory.
const SOCKET: &str = "palisade.sock";

/// The default settings file.
pub const DEFAULT_FILE: &str = "palisade.yaml";
/// The default brake file.
pub const BRAKE_FILE: &str = "palisade.brake";

impl Settings {
    /// Reads and validates the settings.
    ///
    /// # Errors
    /// A file that cannot be read or parsed, or all values that are invalid.
    pub fn load(overrides: &Overrides) -> Result<Self, SettingsError> {
        let path = match &overrides.file {
            Some(path) => Some(path.as_path()),
            None => Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists()),
        };
        let text = path.map(text_of).transpose()?.unwrap_or_default();
        let file = path.map(|path| parse(path, &text)).transpose();
        let read = file.and_then(|file| Self::merge(file.unwrap_or_default(), overrides));
        let mut settings = read.map_err(|error| {
            let error = error.at(path, &text, overrides);
            error.among(recover::every(path, &text, overrides))
        })?;
        settings.levers.resolve_paths(path, overrides.mode);
        if let Some(folder) = path.and_then(Path::parent) {
            settings.memory.iter_mut().for_each(|home| home.resolve(folder));
            settings.socket.iter_mut().for_each(|path| *path = folder.join(&*path));
            let secrets = settings.notify.iter_mut().filter_map(|it| it.channel.secret_mut());
            secrets.chain(&mut settings.token).for_each(|secret| secret.resolve(folder));
        }
        Ok(settings)
    }

    /// Settings from the text of a settings file.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str, overrides: &Overrides) -> Result<Self, SettingsError> {
        Self::merge(parse(Path::new("(settings)"), text)?, overrides)
    }

    fn merge(file: File, flags: &Overrides) -> Result<Self, SettingsError> {
        let owner = owner(flags, file.owner)?;
        let mut scopes = BTreeMap::new();
        for (name, scope) in file.scopes {
            let checked = scope.check(&name)?;
            scopes.insert(name, checked);
        }
        let sets = sets::read(file.scope_sets, &scopes)?;
        let written = scopes;
        let (sets, mut scopes) = sets::expand(&sets, &written, &BTreeMap::new())?;
        if scopes.is_empty() && sets.is_empty() {
            let ambient = Scope::default();
            scopes.insert("default".to_owned(), ambient);
        }
        let default_scope = default_scope(flags, file.default_scope, &scopes)?;
        let break_glass_roles = break_glass(
            flags.break_glass_roles.clone().or(file.break_glass_roles).unwrap_or_default(),
            &partitions(&scopes),
        )?;
        let mut vars = file.vars;
        vars.extend(flags.vars.iter().cloned());
        let gate = gate_limits(flags, file.gate)?;
        let organization = flags.organization.clone().or(file.organization);
        check_organization(organization.as_ref())?;
        let identity = identity::of_all(flags, file.identity, &partitions(&scopes))?;
        // Loopback: the page shows details of the accounts.
        let listen = flags
            .listen
            .clone()
            .or(file.server.listen)
            .unwrap_or_else(|| "127.0.0.1:9464".to_owned());
        check_listen(&listen)?;
        let interval = interval(flags, file.interval)?;
        // Passes find what no event says; with a quarter of an hour, what is lost is found soon.
        let event_interval = flags.event_interval.or(file.event_interval);
        let event_interval = event_interval.unwrap_or(Duration::from_mins(15)).max(interval);
        let audit_window = audit_window(flags, file.audit.days)?;
        let readers = file.server.readers;
        let readers = readers.map(|it| it.check(&partitions(&scopes), regions_of(&scopes, &sets)));
        Ok(Self {
            owner,
            default_scope,
            notify: notification::targets(file.notify, |name| scopes.contains_key(name))?,
            leases: leases::check(file.leases, (&scopes, &sets), (interval, event_interval))?,
            scopes,
            written,
            sets,
            vars,
            organization,
            interval,
            event_interval,
            // Lists usually show a new key within seconds; the documented worst case is minutes,
            // which the hold-off after an unclear answer covers (engine/pace.rs).
            settle_window: flags
                .settle_window
                .or(file.settle_window)
                .unwrap_or(Duration::from_secs(15)),
            audit_window,
            mode: flags.mode.or(file.mode).unwrap_or_default(),
            prune: flags.prune.or(file.prune).unwrap_or_default(),
            // A folder is a team's; others must not wait for it.
            strict_tree: flags.strict_tree.or(file.strict_tree).unwrap_or_default(),
            gate,
            break_glass_roles,
            identity,
            levers: Levers {
                brake_file: flags
                    .brake_file
                    .clone()
                    .or(file.brake_file)
                    .unwrap_or_else(|| PathBuf::from(BRAKE_FILE)),
                settings_file: None,
            },
            listen,
            token: flags
                .token_file
                .clone()
                .map(Secret::File)
                .or(file.server.token.map(Secret::from)),
            readers: readers.transpose()?,
            socket: flags.socket.clone().or(file.server.socket),
            memory: memory::home(flags, file.memory)?,
            rules: rules::check(file.rules)?,
        })
    }

    /// The Unix socket over which commands reach the running process. Without a directory that only
    /// palisade's user can write, there is none unless it is named.
    pub fn socket(&self) -> Option<PathBuf> {
        let in_memory = || Some(self.memory.as_ref()?.directory()?.join(SOCKET));
        self.socket.clone().or_else(in_memory)
    }

    /// The Regions of scopes that this build does not know, by scope: new ones, or typos.
    pub fn unknown_regions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.scopes.iter().filter_map(|(name, scope)| {
            let region = scope.region.as_deref().filter(|region| !is_known_region(region))?;
            Some((name.as_str(), region))
        })
    }

    /// Updates the mode from the settings file. While the file cannot be read, the brake stops all
    /// writing.
    pub fn reread_mode(&mut self) {
        if let Some(Ok(mode)) = self.levers.mode() {
            self.mode = mode;
        }
    }

    /// Whether the accounts of a set are listed in this scope.
    pub fn lists_accounts(&self, scope: &str) -> bool {
        self.sets.values().any(|set| set.organization.as_ref().is_some_and(|it| it.scope == scope))
    }

    /// For checking without AWS: one account whose number is not known stands for those of each set
    /// that come from the organization.
    ///
    /// # Errors
    /// As [`Self::follow`].
    pub fn assume_accounts(&mut self) -> Result<(), SettingsError> {
        let sets = self.sets.iter().filter(|(_, set)| set.organization.is_some());
        let unknown = BTreeSet::from([ScopeFacts::UNKNOWN_ACCOUNT.to_owned()]);
        let found: BTreeMap<_, _> = sets.map(|(name, _)| (name.clone(), unknown.clone())).collect();
        if found.is_empty() { Ok(()) } else { self.follow(&found) }
    }

    /// Takes the accounts that were found for sets of the organization, by set. The scopes of
    /// accounts that are not among them are gone.
    ///
    /// # Errors
    /// An account cannot be in the set: nothing changes then.
    pub fn follow(
        &mut self,
        found: &BTreeMap<String, BTreeSet<String>>,
    ) -> Result<(), SettingsError> {
        (self.sets, self.scopes) = sets::expand(&self.sets, &self.written, found)?;
        Ok(())
    }

    /// Whether events are to arrive from a scope, or from one that may join a set.
    pub fn expects_events(&self) -> bool {
        self.scopes.values().any(|scope| scope.events.is_some())
            || self.sets.values().any(|set| set.listens().0)
    }

    /// Whether heartbeats are sent for some scope.
    pub fn has_heartbeat(&self) -> bool {
        let beats = |scope: &Scope| scope.events.as_ref().is_some_and(|it| it.heartbeat.is_some());
        self.scopes.values().any(beats) || self.sets.values().any(|set| set.listens().1)
    }

    /// What decides what a manifest means, in one text: it differs if anything of it does. Accounts
    /// that are found are no part of it.
    pub(crate) fn meaning(&self) -> String {
        let scope = |(name, scope): (&String, &Scope)| {
            (name.clone(), scope.account.clone(), scope.region.clone(), scope.vars.clone())
        };
        let scopes: Vec<_> = self.written.iter().map(scope).collect();
        let sets: Vec<_> = self.sets.iter().map(|(name, set)| (name, set.meaning())).collect();
        let Self { default_scope, vars, organization, .. } = self;
        format!("{default_scope:?} {scopes:?} {sets:?} {vars:?} {organization:?}")
    }

    /// The scope in which what exists once an account is declared, for a scope of a set.
    pub fn home(&self, scope: &str) -> Option<&str> {
        let account = self.scopes.get(scope)?.account.as_ref()?;
        let of_account = |home: &&String| {
            self.scopes.get(*home).is_some_and(|it| it.account.as_ref() == Some(account))
        };
        let mut sets = self.sets.values().filter(|set| set.scopes.contains(scope));
        sets.find_map(|set| set.home.iter().find(of_account)).map(String::as_str)
    }

    /// The value of `${var.NAME}` in a scope.
    pub fn var(&self, scope: &str, name: &str) -> Option<&str> {
        let own = self.scopes.get(scope).and_then(|scope| scope.vars.get(name));
        own.or_else(|| self.vars.get(name)).map(String::as_str)
    }
}

/// The JSON schema (draft 7) of palisade.yaml.
pub fn schema() -> serde_json::Value {
    file::schema()
}

fn owner(flags: &Overrides, file: Option<String>) -> Result<String, SettingsError> {
    let owner = flags.owner.clone().or(file).ok_or_else(|| {
        value(
            "owner",
            "missing: it distinguishes the resources of this installation from those of others",
            "set `owner` in palisade.yaml, --owner or PALISADE_OWNER to a name that no other \
             installation has",
        )
    })?;
    check_owner(&owner)?;
    Ok(owner)
}

/// The partitions of the scopes. Without Regions in the settings the ambient one decides, and it
/// can be in any partition.
fn partitions(scopes: &BTreeMap<String, Scope>) -> BTreeSet<&'static str> {
    let partitions: BTreeSet<_> =
        scopes.values().filter_map(|scope| scope.region.as_deref().map(partition)).collect();
    if partitions.is_empty() { PARTITIONS.into() } else { partitions }
}

/// The Regions of all scopes, also of those whose accounts are not known yet.
fn regions_of(
    scopes: &BTreeMap<String, Scope>,
    sets: &BTreeMap<String, ScopeSet>,
) -> BTreeSet<String> {
    let of_scopes = scopes.values().filter_map(|scope| scope.region.as_ref());
    of_scopes.chain(sets.values().flat_map(ScopeSet::regions)).cloned().collect()
}

fn interval(flags: &Overrides, file: Option<Duration>) -> Result<Duration, SettingsError> {
    let interval = flags.interval.or(file).unwrap_or(Duration::from_mins(1));
    if interval < Duration::from_secs(1) {
        let why = "shorter than 1s, which would use up AWS's request quotas";
        return Err(value("interval", why, "60s is the default"));
    }
    Ok(interval)
}

/// A week: long enough for whoever looks at the findings once a week, and short enough that what
/// has been mended since is not reported for long.
const AUDIT_DAYS: u32 = 7;

fn audit_window(flags: &Overrides, file: Option<u32>) -> Result<Duration, SettingsError> {
    let days = flags.audit_days.or(file).unwrap_or(AUDIT_DAYS);
    if !(1..=90).contains(&days) {
        let why = format!("{days} is not within 1 and 90 days");
        return Err(value("audit.days", why, "7 is the default"));
    }
    Ok(Duration::from_hours(u64::from(days) * 24))
}

/// The scope of manifests without one: the configured one, or the only one.
fn default_scope(
    flags: &Overrides,
    from_file: Option<String>,
    scopes: &BTreeMap<String, Scope>,
) -> Result<Option<String>, SettingsError> {
    let default_scope = flags
        .default_scope
        .clone()
        .or(from_file)
        .or_else(|| (scopes.len() == 1).then(|| scopes.keys().next().cloned()).flatten());
    if let Some(name) = default_scope.as_ref().filter(|name| !scopes.contains_key(*name)) {
        let names: Vec<&str> = scopes.keys().map(String::as_str).collect();
        let help = did_you_mean(name, names.iter().copied()).map_or_else(
            || format!("scopes: {}", names.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(value("defaultScope", format!("unknown scope `{name}`"), help));
    }
    Ok(default_scope)
}

fn gate_limits(flags: &Overrides, file: file::FileGate) -> Result<GateLimits, SettingsError> {
    let defaults = GateLimits::default();
    Ok(GateLimits {
        deletes_percent: percent(
            "gate.deletesPercent",
            flags.gate_deletes_percent.or(file.deletes_percent),
            defaults.deletes_percent,
        )?,
        changes_percent: percent(
            "gate.changesPercent",
            flags.gate_changes_percent.or(file.changes_percent),
            defaults.changes_percent,
        )?,
        accounts_percent: percent(
            "gate.accountsPercent",
            flags.gate_accounts_percent.or(file.accounts_percent),
            defaults.accounts_percent,
        )?,
        hold_risks: flags
            .gate_hold_risks
            .as_ref()
            .map(|risks| risks.iter().copied().collect())
            .or(file.hold_risks)
            .unwrap_or(defaults.hold_risks),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str, flags: &Overrides) -> Result<Settings, String> {
        let file = parse(Path::new("palisade.yaml"), text).map_err(|error| error.to_string())?;
        Settings::merge(file, flags).map_err(|error| error.to_string())
    }

    const FILE: &str = "
owner: ml-platform-prod
defaultScope: ml-prod
scopes:
  ml-prod: {account: '111122223333', region: eu-west-1, assumeRole: {roleArn: 'arn:aws:iam::111122223333:role/p', externalId: x}, vars: {team: own}}
  org: {account: '999988887777', region: us-east-1}
vars: {team: ml-platform}
interval: 90s
mode: observe
prune: held
gate: {deletesPercent: 5, accountsPercent: 100, holdRisks: [disrupts, loosens]}
server: {listen: '0.0.0.0:9464'}
";

    #[test]
    fn the_file_of_the_documentation_is_understood() {
        let settings = from(FILE, &Overrides::default()).unwrap();
        assert_eq!(settings.interval, Duration::from_secs(90));
        assert_eq!(settings.mode, Mode::Observe);
        assert_eq!(settings.gate.hold_risks, [HeldRisk::Disrupts, HeldRisk::Loosens].into());
        assert_eq!((settings.gate.deletes_percent, settings.gate.changes_percent), (5, 30));
        assert_eq!(settings.gate.accounts_percent, 100);
        assert_eq!(
            settings.scopes["ml-prod"].role.as_ref().unwrap().external_id.as_deref(),
            Some("x")
        );
        assert_eq!(settings.var("ml-prod", "team"), Some("own"));
        assert_eq!(settings.var("org", "team"), Some("ml-platform"));
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let flags = Overrides {
            mode: Some(Mode::Enforce),
            vars: vec![("team".into(), "flag".into())],
            ..Overrides::default()
        };
        let settings = from(FILE, &flags).unwrap();
        assert_eq!(settings.mode, Mode::Enforce);
        assert_eq!(settings.var("org", "team"), Some("flag"));
    }

    #[test]
    fn without_a_file_there_is_one_ambient_scope_and_the_owner_must_be_given() {
        let error = from("{}", &Overrides::default()).unwrap_err();
        assert!(error.starts_with("owner: missing"), "{error}");
        let flags = Overrides { owner: Some("me".into()), ..Overrides::default() };
        let settings = from("{}", &flags).unwrap();
        assert_eq!(settings.default_scope.as_deref(), Some("default"));
        assert_eq!(settings.scopes["default"].account, None);
    }

    #[test]
    fn wrong_values_are_refused_by_name() {
        for (text, says) in [
            (
                "owner: 'a b'",
                "owner: `a b` cannot be written into every claim\n  help: use 1 to 64 letters",
            ),
            ("{owner: a, scopes: {x: {account: '1', region: eu-west-1}}}", "scopes.x.account"),
            ("{owner: a, defaultScope: y}", "unknown scope `y`"),
            (
                "{owner: a, gate: {deletesPercent: 101}}",
                "gate.deletesPercent: 101 is not a percentage\n  help: 0 to 100",
            ),
            ("{owner: a, interval: 5}", "a duration such as 60s"),
            ("{owner: a, interval: 10ms}", "interval: shorter than 1s"),
            ("{owner: a, audit: {days: 0}}", "audit.days: 0 is not within 1 and 90 days"),
            ("{owner: a, ownr: b}", "ownr"),
            (
                "{owner: a, scopes: {x: {account: '111122223333', region: eu-west-1, events: \
                 {queueUrl: q}}}}",
                "scopes.x.events.queueUrl: `q` is not the URL of a queue",
            ),
            (
                "{owner: a, scopes: {x: {account: '111122223333', region: eu-west-1, events: \
                 {queueUrl: 'https://s/111122223333/q', region: eu}}}}",
                "scopes.x.events.region: `eu` is not a Region",
            ),
            (
                "{owner: a, scopes: {x: {account: '111122223333', region: eu-west-1, events: \
                 {queueUrl: 'https://s/111122223333/q'}}, y: {account: '111122223333', region: \
                 us-east-1, events: {queueUrl: 'https://s/111122223333/q'}}}}",
                "scopes.y.events.queueUrl: scope x reads this queue",
            ),
        ] {
            let error = from(text, &Overrides::default()).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_region_tells_its_partition() {
        assert_eq!(partition("eu-west-1"), "aws");
        assert_eq!(partition("cn-north-1"), "aws-cn");
        assert_eq!(partition("us-gov-west-1"), "aws-us-gov");
        assert_eq!(partition("us-iso-east-1"), "aws-iso");
        assert_eq!(partition("us-isob-east-1"), "aws-iso-b");
        assert_eq!(partition("eu-isoe-west-1"), "aws-iso-e");
        assert_eq!(partition("us-isof-south-1"), "aws-iso-f");
        assert_eq!(partition("eusc-de-east-1"), "aws-eusc");
    }

    #[test]
    fn every_region_that_is_known_lies_in_the_partition_that_its_prefix_says() {
        for line in include_str!("regions.txt").lines().filter(|it| !it.starts_with('#')) {
            let mut words = line.split_whitespace();
            let expected = words.next().unwrap();
            assert!(words.all(|region| partition(region) == expected), "{line}");
        }
        assert!(is_known_region("eu-west-1") && !is_known_region("eu-wets-1"));
    }

    #[test]
    fn the_brake_file_and_the_mode_of_the_settings_file_are_read_anew_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("palisade.yaml");
        std::fs::write(&file, "owner: x\n").unwrap();
        let flags = Overrides { file: Some(file.clone()), ..Overrides::default() };
        let mut settings = Settings::load(&flags).unwrap();
        let stopped = |settings: &Settings| settings.levers.halt().everything();
        assert_eq!(stopped(&settings), None);
        std::fs::write(dir.path().join(BRAKE_FILE), "").unwrap();
        assert!(stopped(&settings).unwrap().contains("palisade.brake exists"));
        std::fs::remove_file(dir.path().join(BRAKE_FILE)).unwrap();
        std::fs::write(&file, "owner: x\nmode: observe\n").unwrap();
        assert_eq!(stopped(&settings).as_deref(), Some("the settings say observe"));
        settings.reread_mode();
        assert_eq!(settings.mode, Mode::Observe);
        std::fs::write(&file, "owner: [").unwrap();
        assert!(stopped(&settings).is_some(), "what cannot be read must stop writing");
        let given = Overrides { mode: Some(Mode::Enforce), ..flags };
        std::fs::write(&file, "owner: x\nmode: observe\n").unwrap();
        assert_eq!(stopped(&Settings::load(&given).unwrap()), None);
    }

    #[test]
    fn audits_look_back_a_week_unless_the_settings_say_otherwise() {
        let days = |text: &str, flags: &Overrides| from(text, flags).unwrap().audit_window;
        let all = |days: u64| Duration::from_hours(24 * days);
        assert_eq!(days("owner: x", &Overrides::default()), all(7));
        assert_eq!(days("{owner: x, audit: {days: 2}}", &Overrides::default()), all(2));
        let flags = Overrides { audit_days: Some(30), ..Overrides::default() };
        assert_eq!(days("{owner: x, audit: {days: 2}}", &flags), all(30));
    }

    #[test]
    fn the_socket_is_in_the_memorys_directory_unless_it_is_named() {
        let with = |text: &str| from(text, &Overrides::default()).unwrap().socket();
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(with("owner: x"), None);
        assert_eq!(with("{owner: x, memory: {dir: /m}}"), path("/m/palisade.sock"));
        let both = "{owner: x, memory: {dir: /m}, server: {socket: /run/p.sock}}";
        assert_eq!(with(both), path("/run/p.sock"));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("palisade.yaml");
        std::fs::write(&file, "{owner: x, memory: {dir: m}}").unwrap();
        let settings = Settings::load(&Overrides { file: Some(file), ..Overrides::default() });
        assert_eq!(settings.unwrap().socket(), Some(dir.path().join("m/palisade.sock")));
    }

    #[test]
    fn the_daemons_role_is_a_role_of_the_scopes_account() {
        let with = |arn: &str| {
            let text = format!(
                "owner: x\nscopes: {{a: {{account: '111122223333', region: eu-west-1, daemonRole: \
                 '{arn}'}}}}"
            );
            from(&text, &Overrides::default())
        };
        let settings = with("arn:aws:iam::111122223333:role/platform/palisade").unwrap();
        let daemon = settings.scopes["a"].daemon_role.as_deref();
        assert_eq!(daemon, Some("arn:aws:iam::111122223333:role/platform/palisade"));
        for wrong in [
            "palisade",
            "arn:aws:iam::444455556666:role/palisade",
            "arn:aws:iam::111122223333:user/ann",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:sts::111122223333:assumed-role/palisade/i-0abc",
        ] {
            let why = with(wrong).unwrap_err();
            assert!(why.starts_with("scopes.a.daemonRole"), "{wrong}: {why}");
        }
    }

    #[test]
    fn the_protected_role_comes_from_the_settings_before_the_caller() {
        let caller = Some("arn:aws:sts::111122223333:assumed-role/laptop/ann");
        let mut scope = Scope::default();
        assert_eq!(scope.own_role(None), None);
        assert_eq!(scope.own_role(caller), caller);
        let role_arn = "arn:aws:iam::111122223333:role/platform/palisade".to_owned();
        scope.role = Some(AssumedRole { role_arn: role_arn.clone(), external_id: None });
        assert_eq!(scope.own_role(caller), Some(role_arn.as_str()));
        scope.daemon_role = Some("arn:aws:iam::111122223333:role/daemon".into());
        for caller in [caller, None] {
            assert_eq!(scope.own_role(caller), Some("arn:aws:iam::111122223333:role/daemon"));
        }
    }

    #[test]
    fn break_glass_roles_are_exact_role_arns() {
        let with = |arn: &str| {
            from(&format!("owner: x\nbreakGlassRoles: ['{arn}']"), &Overrides::default())
        };
        assert!(with("arn:aws:iam::111122223333:role/break-glass").is_ok());
        for wrong in [
            "break-glass",
            "arn:aws:iam::*:role/break-glass",
            "arn:aws:iam::111122223333:user/ann",
            "arn:amazon:iam::111122223333:role/break-glass",
        ] {
            assert!(with(wrong).unwrap_err().starts_with("breakGlassRoles"), "{wrong}");
        }
        // A role of China protects nobody in Ireland.
        let scope = "scopes: {prod: {account: '111122223333', region: eu-west-1}}";
        let text = |partition: &str| {
            format!(
                "owner: x\n{scope}\nbreakGlassRoles: ['arn:{partition}:iam::111122223333:role/b']"
            )
        };
        assert!(from(&text("aws"), &Overrides::default()).is_ok());
        let error = from(&text("aws-cn"), &Overrides::default()).unwrap_err();
        assert!(error.contains("partition `aws-cn`"), "{error}");
    }

    #[test]
    fn a_role_is_in_the_partition_of_its_scope_and_a_zone_is_not_a_region() {
        let scope = |rest: &str| {
            let text = format!("owner: x\nscopes: {{prod: {{account: '111122223333', {rest}}}}}");
            from(&text, &Overrides::default())
        };
        let role = |field: &str, arn: &str| scope(&format!("region: eu-west-1, {field}: {arn}"));
        let wrong = "'arn:aws-us-gov:iam::111122223333:role/p'";
        for error in [
            role("daemonRole", wrong).unwrap_err(),
            role("assumeRole", &format!("{{roleArn: {wrong}}}")).unwrap_err(),
            role("assumeRole", "{roleArn: 'arn:amazon:iam::111122223333:role/p'}").unwrap_err(),
        ] {
            assert!(error.contains("and eu-west-1 is in aws"), "{error}");
        }
        assert!(
            scope("region: cn-north-1, daemonRole: 'arn:aws-cn:iam::111122223333:role/p'").is_ok()
        );
        let zone = scope("region: eu-west-1a").unwrap_err();
        assert!(zone.contains("write its Region, eu-west-1"), "{zone}");
        let unknown = scope("region: eu-wset-1").unwrap();
        assert_eq!(unknown.unknown_regions().collect::<Vec<_>>(), [("prod", "eu-wset-1")]);
    }

    #[test]
    fn settings_are_read_as_manifests_are() {
        for (text, says) in [
            ("owner: !Ref X", "`!Ref` is a CloudFormation function"),
            ("owner: '{{ owner }}'", "was not filled in"),
            ("owner: [x]", "owner: found a list, expected a text"),
            ("owner: 7", "owner: found a number, expected a text"),
            ("owner: x\nscopes: [a]", "scopes: found a list, expected a mapping"),
            ("owner: x\ngate: [5, 5]", "gate: a list stands where a mapping is needed"),
            ("owner: x\ngate: {deletesPercent: -1}", "expected a whole number, not below 0"),
            (
                "owner: x\nmode: {observe: null}",
                "mode.observe: a mapping stands where a word is needed",
            ),
            ("owner: x\nowner: y", "duplicate key `owner`"),
            ("owner: &a x", "anchors, aliases and merge keys are not allowed"),
            ("owner: x\n---\nowner: y", "a second document begins here"),
            ("- owner: x", "a list stands where a mapping is needed"),
            ("just text", "a text stands where a mapping is needed"),
            ("owner: x\nscopes: {prod: {account: 1}}", "expected a text"),
        ] {
            let error = from(text, &Overrides::default()).unwrap_err();
            assert!(error.contains(says) && error.contains("help: "), "{text}: {error}");
            for internal in
                ["Option", "struct ", "invalid type", "u32", "from_str", "mapping start"]
            {
                assert!(!error.contains(internal), "{text}: {error}");
            }
        }
    }
}
