//! Sets of scopes: accounts times Regions that are reached, named and configured alike.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Scope, SettingsError,
    check::is_account,
    error::value,
    events::{self, FileEvents},
    file::{FileRole, FileScope, is_region, region_of_zone},
    identity::FileIdentity,
    regions::partition,
    waves::{self, FileWave, Wave},
};

/// Scopes for which one manifest can stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeSet {
    /// The names of its scopes.
    pub scopes: BTreeSet<String>,
    /// Those of its scopes in which what exists once an account is declared, in all Regions.
    pub home: BTreeSet<String>,
    /// Where its accounts come from, if the settings do not list them.
    pub organization: Option<FromOrganization>,
    /// In which order a change of its manifests reaches its accounts; empty if all at once.
    pub waves: Vec<Wave>,
    template: Option<Template>,
}

impl ScopeSet {
    /// The name of the role that is assumed in each of its accounts, and the external id.
    pub fn role(&self) -> (&str, Option<&str>) {
        let role = self.template.as_ref().map(|template| &template.role);
        role.map_or(("", None), |role| (&role.role_name, role.external_id.as_deref()))
    }

    /// Its Regions.
    pub(super) fn regions(&self) -> &[String] {
        self.template.as_ref().map_or(&[], |template| &template.regions)
    }

    /// Whether its scopes have queues of events, and whether these carry heartbeats.
    pub(super) fn listens(&self) -> (bool, bool) {
        let events = self.template.as_ref().and_then(|template| template.events.as_ref());
        (events.is_some(), events.is_some_and(FileEvents::beats))
    }

    /// What decides what its manifests mean, besides the accounts that are found.
    pub(super) fn meaning(&self) -> String {
        // Where events come from decides how soon something is noticed, and not what is wanted.
        let template = self.template.clone().map(|it| Template { events: None, ..it });
        format!("{:?} {template:?}", self.organization)
    }

    /// The wave of each of its scopes, counted from 0: an account's Regions are in one wave.
    pub fn order(&self) -> BTreeMap<&str, usize> {
        let accounts = self.scopes.iter().filter_map(|scope| account_of(scope)).collect();
        let order = waves::order(&self.waves, &accounts);
        let wave = |scope| account_of(scope).and_then(|account| order.get(account)).copied();
        let scopes = self.scopes.iter().map(String::as_str);
        scopes.map(|scope| (scope, wave(scope).unwrap_or_default())).collect()
    }
}

/// The account in the name of a set's scope.
fn account_of(scope: &str) -> Option<&str> {
    scope.split_once('.').map(|(account, _)| account)
}

/// The accounts below some units of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromOrganization {
    /// The scope that can list them.
    pub scope: String,
    /// The units, each with everything below it: `root`, a path or an id.
    pub units: BTreeSet<String>,
    /// Accounts that are left out.
    pub exclude: BTreeSet<String>,
}

/// What all scopes of a set have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Template {
    accounts: BTreeSet<String>,
    regions: Vec<String>,
    home: String,
    role: FileSetRole,
    vars: BTreeMap<String, String>,
    vars_by_account: BTreeMap<String, BTreeMap<String, String>>,
    events: Option<FileEvents>,
}

/// Accounts in some Regions, for which one manifest can stand. Each is a scope of the name
/// `ACCOUNT.REGION`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ScopeSet")]
pub(super) struct FileScopeSet {
    /// The ids of its accounts.
    #[schemars(extend("examples" = [["111122223333", "444455556666"]]))]
    accounts: Option<BTreeSet<String>>,
    /// Units of the organization, in place of `accounts`: its accounts are found anew again and
    /// again.
    organization: Option<FileOrganization>,
    /// The codes of its Regions.
    #[schemars(length(min = 1), extend("examples" = [["eu-west-1", "eu-central-1"]]))]
    regions: Vec<String>,
    /// The Region in which what exists once an account, such as a role of IAM, is declared. With
    /// one Region, that is it.
    home_region: Option<String>,
    /// The role to assume in each account.
    assume_role: FileSetRole,
    /// Values that take precedence over the common `vars`.
    #[serde(default)]
    vars: BTreeMap<String, String>,
    /// Values that take precedence over those of the set, by account.
    #[serde(default)]
    vars_by_account: BTreeMap<String, BTreeMap<String, String>>,
    /// The queue of each scope's events, in its own account and Region.
    #[schemars(extend("examples" = [{
        "queueUrl": "https://sqs.${scope.region}.amazonaws.com/${scope.account}/palisade-events"
    }]))]
    events: Option<FileEvents>,
    /// In which order a change of the set's manifests reaches its accounts: a wave begins once the
    /// one before is in sync and has stayed so. Without waves it reaches all at once.
    #[serde(default)]
    waves: Vec<FileWave>,
}

/// The accounts of an organization that belong to a set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "OfOrganization")]
struct FileOrganization {
    /// A scope whose account may list the organization: the management account, or a delegated
    /// administrator.
    scope: String,
    /// Units, each with all accounts below it: a path (`ou:/Workloads/ML`), an id, or `root`. The
    /// management account is in no set.
    #[schemars(length(min = 1), extend("examples" = [["ou:/Workloads/ML"]]))]
    units: BTreeSet<String>,
    /// Accounts below them that are left out.
    #[serde(default)]
    exclude: BTreeSet<String>,
}

/// A role that has the same name in each account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "RoleOfSet")]
struct FileSetRole {
    /// Its name, with its path if it has one.
    #[schemars(extend("examples" = ["palisade", "platform/palisade"]))]
    role_name: String,
    /// The external id that its trust policy asks for.
    external_id: Option<String>,
}

/// The sets, without scopes.
///
/// # Errors
/// A set that is wrong by itself.
pub(super) fn read(
    sets: BTreeMap<String, FileScopeSet>,
    scopes: &BTreeMap<String, Scope>,
) -> Result<BTreeMap<String, ScopeSet>, SettingsError> {
    let sets = sets.into_iter().map(|(name, set)| {
        let set = set.check(&name, scopes)?;
        Ok((name, set))
    });
    sets.collect()
}

/// Sets with their scopes, and all scopes.
type Expanded = (BTreeMap<String, ScopeSet>, BTreeMap<String, Scope>);

/// The sets with their scopes, and all scopes: those that are written out, and those of sets.
/// `found` are the accounts of sets that come from the organization.
///
/// # Errors
/// A scope that would be configured in two ways.
pub(super) fn expand(
    sets: &BTreeMap<String, ScopeSet>,
    written: &BTreeMap<String, Scope>,
    found: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Expanded, SettingsError> {
    let mut making = Expansion {
        places: written.iter().map(|it| (place(it.1), it.0.clone())).collect(),
        written,
        scopes: written.clone(),
        made: BTreeMap::new(),
    };
    let mut expanded = BTreeMap::new();
    for (name, set) in sets {
        let mut set = set.clone();
        (set.scopes, set.home) = (BTreeSet::new(), BTreeSet::new());
        if let Some(template) = set.template.clone() {
            let accounts = match &set.organization {
                Some(_) => found.get(name).cloned().unwrap_or_default(),
                None => template.accounts.clone(),
            };
            for account in &accounts {
                for region in &template.regions {
                    let scope = making.add(name, &template, account, region)?;
                    if *region == template.home {
                        set.home.insert(scope.clone());
                    }
                    set.scopes.insert(scope);
                }
            }
        }
        expanded.insert(name.clone(), set);
    }
    events::one_reader(&making.scopes)?;
    Ok((expanded, making.scopes))
}

struct Expansion<'a> {
    places: BTreeMap<(Option<String>, Option<String>), String>,
    written: &'a BTreeMap<String, Scope>,
    scopes: BTreeMap<String, Scope>,
    /// The set that made a scope.
    made: BTreeMap<String, String>,
}

impl Expansion<'_> {
    /// Adds a scope of a set; its name.
    fn add(
        &mut self,
        set: &str,
        template: &Template,
        account: &str,
        region: &str,
    ) -> Result<String, SettingsError> {
        let field = || format!("scopeSets.{set}");
        let named = format!("{account}.{region}");
        let scope = template.scope(account, region).check(&named)?;
        if let Some(own) = self.places.get(&place(&scope)).filter(|own| **own != named) {
            let why = format!("{account} in {region} is the scope {own} already");
            let help = "one place cannot have two names: remove it from the one or the other";
            return Err(value(field(), why, help));
        }
        if let Some(own) = self.written.get(&named) {
            if place(own) != place(&scope) {
                let why = format!("{named} is the name of a scope that is somewhere else");
                let help = "give that scope another name: sets name theirs ACCOUNT.REGION";
                return Err(value(format!("scopes.{named}"), why, help));
            }
            // What is written out for one scope stands instead of what the set says.
            return Ok(named);
        }
        match self.made.get(&named) {
            Some(other) if self.scopes.get(&named) != Some(&scope) => {
                let why = format!("{named} is in set {other} too, with another role or vars");
                let help = "write the scope out under `scopes`, or remove it from one set";
                Err(value(field(), why, help))
            }
            _ => {
                self.scopes.insert(named.clone(), scope);
                self.made.insert(named.clone(), set.to_owned());
                Ok(named)
            }
        }
    }
}

/// What a scope is about.
fn place(scope: &Scope) -> (Option<String>, Option<String>) {
    (scope.account.clone(), scope.region.clone())
}

impl FileScopeSet {
    fn check(
        self,
        name: &str,
        scopes: &BTreeMap<String, Scope>,
    ) -> Result<ScopeSet, SettingsError> {
        let field = |part: &str| format!("scopeSets.{name}.{part}");
        let right = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if name.is_empty() || name.len() > 64 || !name.bytes().all(right) {
            let why = format!("`{name}` is not a valid name of a set");
            return Err(value("scopeSets", why, "use 1 to 64 letters, digits, `-` or `_`"));
        }
        self.check_regions(&field)?;
        self.assume_role.check(&field)?;
        let home = self.home(&field)?;
        let known = self.vars_by_account.keys();
        let known = known.map(|account| (account, "varsByAccount"));
        let listed = self.accounts.iter().flatten().map(|account| (account, "accounts"));
        are_accounts(known.chain(listed), &field)?;
        let organization = match (&self.accounts, self.organization) {
            (Some(accounts), None) => {
                let other = self.vars_by_account.keys().find(|it| !accounts.contains(*it));
                if let Some(other) = other {
                    let why = format!("{other} is not an account of the set");
                    let help = "add it to `accounts`, or remove it";
                    return Err(value(field("varsByAccount"), why, help));
                }
                None
            }
            (None, Some(organization)) => Some(organization.check(&field, scopes)?),
            (Some(_), Some(_)) => {
                let why = "stands next to `accounts`";
                return Err(value(field("organization"), why, "remove one of them"));
            }
            (None, None) => {
                let help = "list account ids, or name units with `organization:`";
                return Err(value(field("accounts"), "missing", help));
            }
        };
        if let Some(events) = &self.events {
            events.check_for_set(&field, &self.regions, is_region)?;
        }
        let waves = waves::check(self.waves, self.accounts.as_ref(), &field)?;
        let template = Template {
            accounts: self.accounts.unwrap_or_default(),
            regions: self.regions,
            home,
            role: self.assume_role,
            vars: self.vars,
            vars_by_account: self.vars_by_account,
            events: self.events,
        };
        Ok(ScopeSet { organization, waves, template: Some(template), ..ScopeSet::default() })
    }

    fn check_regions(&self, field: &impl Fn(&str) -> String) -> Result<(), SettingsError> {
        if self.regions.is_empty() {
            let help = "name at least one, such as eu-west-1";
            return Err(value(field("regions"), "is empty", help));
        }
        for region in &self.regions {
            if let Some(whole) = region_of_zone(region) {
                let why = format!("`{region}` is an Availability Zone");
                return Err(value(field("regions"), why, format!("write its Region, {whole}")));
            }
            if !is_region(region) {
                let why = format!("`{region}` is not a Region");
                return Err(value(field("regions"), why, "write its code, such as eu-west-1"));
            }
        }
        let partitions: BTreeSet<_> = self.regions.iter().map(|it| partition(it)).collect();
        if partitions.len() > 1 {
            let why = "are in several partitions, and no account is";
            return Err(value(field("regions"), why, "make a set for each partition"));
        }
        Ok(())
    }

    /// The Region in which what exists once an account is declared.
    fn home(&self, field: &impl Fn(&str) -> String) -> Result<String, SettingsError> {
        match (&self.home_region, self.regions.as_slice()) {
            (Some(home), regions) if regions.contains(home) => Ok(home.clone()),
            (Some(home), _) => {
                let why = format!("`{home}` is not a Region of the set");
                Err(value(field("homeRegion"), why, "name one of `regions`"))
            }
            (None, [only]) => Ok(only.clone()),
            (None, _) => {
                let why = "missing: the set has several Regions";
                let help = "name the one in which roles and the like are declared, once an account";
                Err(value(field("homeRegion"), why, help))
            }
        }
    }
}

fn are_accounts<'a>(
    mut named: impl Iterator<Item = (&'a String, &'static str)>,
    field: &impl Fn(&str) -> String,
) -> Result<(), SettingsError> {
    let Some((wrong, part)) = named.find(|(account, _)| !is_account(account)) else {
        return Ok(());
    };
    let why = format!("`{wrong}` is not an account id");
    Err(value(field(part), why, "write 12 digits, in quotes"))
}

impl FileSetRole {
    fn check(&self, field: &impl Fn(&str) -> String) -> Result<(), SettingsError> {
        let role = &self.role_name;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&b);
        if !role.is_empty() && !role.starts_with('/') && role.bytes().all(plain) {
            return Ok(());
        }
        let why = format!("`{role}` is not the name of a role");
        let help = "write its name, after its path if it has one: palisade, platform/palisade";
        Err(value(field("assumeRole.roleName"), why, help))
    }
}

impl FileOrganization {
    fn check(
        self,
        field: &impl Fn(&str) -> String,
        scopes: &BTreeMap<String, Scope>,
    ) -> Result<FromOrganization, SettingsError> {
        let field = |part: &str| field(&format!("organization.{part}"));
        let Self { scope, units, exclude } = self;
        if !scopes.contains_key(&scope) {
            let why = format!("`{scope}` is not one of `scopes`");
            let help = "name the scope of the management account or a delegated administrator";
            return Err(value(field("scope"), why, help));
        }
        let is_unit = |unit: &&String| {
            let path = unit.strip_prefix("ou:/").is_some_and(|path| !path.is_empty());
            let plain = unit.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            path || *unit == "root" || plain && (unit.starts_with("ou-") || unit.starts_with("r-"))
        };
        if units.is_empty() {
            return Err(value(field("units"), "is empty", "name at least one unit, or root"));
        }
        if let Some(wrong) = units.iter().find(|unit| !is_unit(unit)) {
            let why = format!("`{wrong}` is not a unit");
            let help = "write ou:/Path/Of/Unit, an id such as ou-ab12-abcdefgh, or root";
            return Err(value(field("units"), why, help));
        }
        are_accounts(exclude.iter().map(|account| (account, "exclude")), &field)?;
        Ok(FromOrganization { scope, units, exclude })
    }
}

impl Template {
    /// One of its scopes, as it would be written out.
    fn scope(&self, account: &str, region: &str) -> FileScope {
        let FileSetRole { role_name, external_id } = &self.role;
        let role_arn = format!("arn:{}:iam::{account}:role/{role_name}", partition(region));
        let mut vars = self.vars.clone();
        vars.extend(self.vars_by_account.get(account).cloned().unwrap_or_default());
        FileScope {
            account: account.to_owned(),
            region: region.to_owned(),
            assume_role: Some(FileRole { role_arn, external_id: external_id.clone() }),
            daemon_role: None,
            vars,
            identity: FileIdentity::default(),
            events: self.events.as_ref().map(|it| it.of_scope(account, region)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, Settings};

    fn parsed(sets: &str) -> Result<Settings, String> {
        let text = format!("owner: a\n{sets}");
        Settings::parse(&text, &Overrides::default()).map_err(|error| error.to_string())
    }

    const ML: &str = "
scopeSets:
  ml:
    accounts: ['111122223333', '444455556666']
    regions: [eu-west-1, eu-central-1]
    homeRegion: eu-west-1
    assumeRole: {roleName: platform/palisade, externalId: ml}
    vars: {team: ml, idle: '60'}
    varsByAccount: {'444455556666': {idle: '120'}}
";

    #[test]
    fn every_account_in_every_region_is_a_scope_of_its_own() {
        let settings = parsed(ML).unwrap();
        let names: Vec<&str> = settings.scopes.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "111122223333.eu-central-1",
                "111122223333.eu-west-1",
                "444455556666.eu-central-1",
                "444455556666.eu-west-1",
            ]
        );
        let set = &settings.sets["ml"];
        assert_eq!(set.scopes.len(), 4);
        let home: Vec<&str> = set.home.iter().map(String::as_str).collect();
        assert_eq!(home, ["111122223333.eu-west-1", "444455556666.eu-west-1"]);
        let role = settings.scopes["444455556666.eu-central-1"].role.as_ref().unwrap();
        assert_eq!(role.role_arn, "arn:aws:iam::444455556666:role/platform/palisade");
        assert_eq!(role.external_id.as_deref(), Some("ml"));
        assert_eq!(settings.var("111122223333.eu-west-1", "idle"), Some("60"));
        assert_eq!(settings.var("444455556666.eu-west-1", "idle"), Some("120"));
        assert_eq!(settings.var("444455556666.eu-west-1", "team"), Some("ml"));
        assert_eq!(settings.default_scope, None);
    }

    #[test]
    fn what_is_written_out_for_a_scope_stands_instead_of_what_its_set_says() {
        let own = "scopes: {'111122223333.eu-west-1': {account: '111122223333', region: \
                   eu-west-1, vars: {team: own}}}";
        let settings = parsed(&format!("{ML}{own}")).unwrap();
        assert_eq!(settings.var("111122223333.eu-west-1", "team"), Some("own"));
        assert_eq!(settings.scopes["111122223333.eu-west-1"].role, None);
        assert!(settings.sets["ml"].scopes.contains("111122223333.eu-west-1"));
    }

    #[test]
    fn a_scope_may_be_in_two_sets_that_agree() {
        let second = ML.replace("scopeSets:", "").replace("  ml:", "  also:");
        let settings = parsed(&format!("{ML}{second}")).unwrap();
        assert_eq!(settings.scopes.len(), 4);
        assert_eq!(settings.sets["also"], settings.sets["ml"]);
        let other = second.replace("team: ml", "team: other");
        let error = parsed(&format!("{ML}{other}")).unwrap_err();
        assert!(error.contains("is in set also too, with another role or vars"), "{error}");
    }

    #[test]
    fn a_set_of_the_organization_has_no_scope_before_its_accounts_are_found() {
        let units = "organization: {scope: org, units: ['ou:/ML'], exclude: ['777788889999']}";
        let text = ML.replace("accounts: ['111122223333', '444455556666']", units);
        let text = format!("{text}scopes: {{org: {{account: '999988887777', region: us-east-1}}}}");
        let mut settings = parsed(&text).unwrap();
        assert_eq!(settings.scopes.len(), 1);
        let found = |accounts: &[&str]| {
            [("ml".to_owned(), accounts.iter().map(|&it| it.to_owned()).collect())].into()
        };
        settings.follow(&found(&["444455556666"])).unwrap();
        let names: Vec<&str> = settings.scopes.keys().map(String::as_str).collect();
        assert_eq!(names, ["444455556666.eu-central-1", "444455556666.eu-west-1", "org"]);
        settings.follow(&found(&["111122223333"])).unwrap();
        assert_eq!(settings.scopes.len(), 3);
        assert_eq!(settings.var("444455556666.eu-west-1", "idle"), None);
        let before = settings.clone();
        assert!(settings.follow(&found(&["999988887777"])).is_ok());
        settings.follow(&found(&["111122223333"])).unwrap();
        assert_eq!(settings, before);
    }

    const EVENTS: &str = "    events:
      queueUrl: https://sqs.${scope.region}.amazonaws.com/${scope.account}/q
      heartbeat: 5m
";

    #[test]
    fn each_scope_of_a_set_has_a_queue_of_its_own() {
        let settings = parsed(&format!("{ML}{EVENTS}")).unwrap();
        let events = settings.scopes["444455556666.eu-central-1"].events.clone().unwrap();
        assert_eq!(events.queue_url, "https://sqs.eu-central-1.amazonaws.com/444455556666/q");
        assert_eq!(events.region, "eu-central-1");
        assert!(settings.expects_events() && settings.has_heartbeat());
        let (plain, with) = (parsed(ML).unwrap(), settings);
        assert!(!plain.expects_events());
        assert_eq!(plain.sets["ml"].meaning(), with.sets["ml"].meaning());
        for (wrong, right, says) in [
            ("${scope.account}", "111122223333", "names the queue of one account"),
            ("${scope.region}", "eu-west-1", "would share a queue"),
            ("heartbeat: 5m", "region: eu-west-1", "would share a queue"),
            ("heartbeat: 5m", "heartbeat: 5s", "5s is not between 1m and 24h"),
            ("https:", "http:", "is not encrypted"),
        ] {
            let error = parsed(&format!("{ML}{}", EVENTS.replace(wrong, right))).unwrap_err();
            assert!(error.contains("scopeSets.ml.events.") && error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_set_without_accounts_yet_expects_events() {
        let units = "organization: {scope: org, units: [root]}";
        let text = ML.replace("accounts: ['111122223333', '444455556666']", units);
        let org = "scopes: {org: {account: '999988887777', region: us-east-1}}";
        let mut settings = parsed(&format!("{text}{EVENTS}{org}")).unwrap();
        assert!(settings.expects_events());
        let found = [("ml".to_owned(), ["111122223333".to_owned()].into())].into();
        settings.follow(&found).unwrap();
        assert!(settings.scopes["111122223333.eu-west-1"].events.is_some());
    }

    #[test]
    fn wrong_sets_are_refused_by_name() {
        for (wrong, right, says) in [
            ("'111122223333', ", "'1', ", "scopeSets.ml.accounts: `1` is not an account id"),
            ("[eu-west-1, eu-central-1]", "[]", "scopeSets.ml.regions: is empty"),
            ("eu-central-1]", "eu-central-1a]", "`eu-central-1a` is an Availability Zone"),
            ("eu-central-1]", "europe]", "`europe` is not a Region"),
            ("eu-central-1]", "cn-north-1]", "are in several partitions"),
            ("    homeRegion: eu-west-1\n", "", "scopeSets.ml.homeRegion: missing"),
            ("homeRegion: eu-west-1", "homeRegion: us-east-1", "is not a Region of the set"),
            ("platform/palisade", "'arn:aws:iam::1:role/x'", "is not the name of a role"),
            ("{'444455556666'", "{'777788889999'", "777788889999 is not an account of the set"),
            ("  ml:\n", "  m.l:\n", "`m.l` is not a valid name of a set"),
        ] {
            let text = ML.replace(wrong, right);
            assert_ne!(text, ML, "{wrong}");
            let error = parsed(&text).unwrap_err();
            assert!(error.contains(says), "{says}: {error}");
        }
        let units = "organization: {scope: prod, units: [root]}";
        let text = ML.replace("accounts: ['111122223333', '444455556666']", units);
        let error = parsed(&text).unwrap_err();
        assert!(error.contains("organization.scope: `prod` is not one of `scopes`"), "{error}");
        let twice = "scopes: {prod: {account: '111122223333', region: eu-west-1}}";
        let error = parsed(&format!("{ML}{twice}")).unwrap_err();
        assert!(error.contains("is the scope prod already"), "{error}");
    }
}
