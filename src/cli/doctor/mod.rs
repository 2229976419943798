//! `doctor`: checks everything that `run` needs. Nothing is written: the clients refuse every
//! mutating call except EC2's dry runs.

mod leases;
mod live;
mod memory;
mod secrets;
mod table;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io,
    net::{SocketAddr, TcpListener},
    path::Path,
};

use serde::Serialize;

use super::{
    Ended, healthcheck,
    output::{self, Directory, ERROR, Format, GOOD, HEADING, NOTE},
};
use crate::{
    aws::{Connection, Guard},
    engine::{Scopes, connect_all},
    kind::{Opinion, erased::Registry},
    kinds,
    manifest::{Loader, Problem, Snapshot, described},
    settings::{Mode, Overrides, Settings, SettingsError},
    status::Admission,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    directory: Directory,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    /// `run` would start and work, but somebody should look at it.
    Warn,
    Fail,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    /// The name of the check: `directory`, or `SCOPE: identity`.
    name: String,
    status: Status,
    /// What was found.
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl Check {
    fn ok(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self { name: name.into(), status: Status::Ok, found: found.into(), help: None }
    }

    fn warn(name: impl Into<String>, found: impl Into<String>, help: impl Into<String>) -> Self {
        let help = Some(help.into());
        Self { name: name.into(), status: Status::Warn, found: found.into(), help }
    }

    /// What a kind thinks of a scope.
    fn of(scope: &str, Opinion { about, found, help }: Opinion) -> Self {
        let name = format!("{scope}: {about}");
        match help {
            Some(help) => Self::warn(name, found, help),
            None => Self::ok(name, found),
        }
    }

    fn fail(name: impl Into<String>, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { status: Status::Fail, ..Self::warn(name, found, help) }
    }
}

/// The checks as a JSON or YAML document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    /// Whether no check failed.
    ok: bool,
    checks: &'a [Check],
}

pub(super) async fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let connection = Connection::ambient(Guard::rehearsing()).await;
    let settings = Settings::load(overrides);
    let checks = examine(settings, &connection, &args.directory.dir).await;
    let ok = checks.iter().all(|check| check.status != Status::Fail);
    let document = Document { schema_version: 1, ok, checks: &checks };
    output::data(args.output, &document, || text(&checks))?;
    Ok(if ok { Ended::Done } else { Ended::Failed })
}

/// Every check, in order of dependency.
async fn examine(
    settings: Result<Settings, SettingsError>,
    connection: &Connection,
    dir: &Path,
) -> Vec<Check> {
    let mut settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            let all = std::iter::once(&error).chain(error.others.iter());
            let failed = |it: &SettingsError| Check::fail("settings", it.line(), it.help.clone());
            return all.map(failed).collect();
        }
    };
    let mut checks = vec![settings_check(&settings), listen(&settings.listen).await];
    checks.extend(readers(&settings));
    checks.extend(memory::check(&settings, connection).await);
    checks.extend(leases::check(&settings, connection).await);
    checks.extend(secrets::check(&settings, connection).await);
    let registry = kinds::registry();
    let connected = connect_all(&mut settings, connection, &registry).await;
    let facts = match &connected {
        Ok((scopes, _)) => scopes.facts().clone(),
        Err(_) => Scopes::offline_facts(&settings),
    };
    let loader = Loader { registry: &registry, settings: &settings, facts: &facts };
    let (check, snapshot) = directory(&loader, dir);
    checks.push(check);
    match connected {
        Ok((scopes, unknown)) => {
            checks.extend(unknown.into_iter().map(|(set, why)| {
                let what = format!("scopeSets.{set}: its accounts are not known: {why}");
                let help = "its scopes cannot be checked; `organization.scope` of the set must be \
                            able to list the organization";
                Check::fail("scopes", what, help)
            }));
            let custom = connection.has_custom_endpoint();
            let told = Told { settings: &settings, registry: &registry, snapshot: &snapshot };
            checks.extend(scopes_checks(told, &scopes, custom).await);
        }
        Err(error) => {
            let help = "without a settings file the ambient credentials and Region decide: set \
                AWS_REGION, and \
                        AWS_PROFILE or a container or instance role";
            checks.push(Check::fail("scopes", error.to_string(), help));
        }
    }
    checks
}

/// What is known without asking AWS.
#[derive(Clone, Copy)]
struct Told<'a> {
    settings: &'a Settings,
    registry: &'a Registry,
    snapshot: &'a Snapshot,
}

async fn scopes_checks(
    Told { settings, registry, snapshot }: Told<'_>,
    scopes: &Scopes,
    custom_endpoint: bool,
) -> Vec<Check> {
    let mut checks = same_place(scopes);
    let mut skew: Option<i64> = None;
    for name in settings.scopes.keys() {
        let scope = live::Scope { name, registry, settings, scopes, snapshot, custom_endpoint };
        let examined = scope.examine().await;
        checks.extend(examined.checks);
        if let Some(facts) = scopes.facts().get(name) {
            let judges = registry.iter().filter_map(|kind| kind.doctor().judge);
            let opinions = judges.filter_map(|judge| judge(facts, snapshot));
            checks.extend(opinions.map(|opinion| Check::of(name, opinion)));
        }
        skew = skew.into_iter().chain(examined.skew).max_by_key(|skew| skew.abs());
    }
    checks.extend(skew.map(clock));
    checks
}

/// Scopes with the same account and Region: each finds the resources of the other, and two
/// manifests can ask for one resource.
fn same_place(scopes: &Scopes) -> Vec<Check> {
    let mut places: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (name, facts) in scopes.facts() {
        places.entry((&facts.account, &facts.region)).or_default().push(name);
    }
    let twice = places.into_iter().filter(|(_, names)| names.len() > 1);
    twice
        .map(|((account, region), names)| {
            Check::warn(
                "settings",
                format!(
                    "scopes {} are the same account {account} and Region {region}",
                    names.join(" and ")
                ),
                "keep one of them, unless their roles differ on purpose: two manifests could want \
                 the same resource",
            )
        })
        .collect()
}

fn settings_check(settings: &Settings) -> Check {
    let scopes: Vec<&str> = settings.scopes.keys().map(String::as_str).collect();
    let mode = match settings.mode {
        Mode::Enforce => "enforce",
        Mode::Observe => "observe",
    };
    let (owner, scopes) = (&settings.owner, scopes.join(", "));
    Check::ok("settings", format!("owner {owner}, scopes {scopes}, mode {mode}"))
}

/// Whether the HTTP server's address can be bound. It is free again at once.
async fn listen(address: &str) -> Check {
    const NAME: &str = "listen";
    let Err(error) = TcpListener::bind(address) else {
        return Check::ok(NAME, format!("{address} is free"));
    };
    let found = format!("{address}: {error}");
    if error.kind() == io::ErrorKind::AddrInUse {
        return match healthcheck::ask(address).await {
            Ok(answer) if healthcheck::is_well(&answer) => Check::warn(
                NAME,
                format!("{address} is in use by a server that answers /livez"),
                "nothing to do if that is your running palisade; never run two with the same owner",
            ),
            _ => Check::fail(
                NAME,
                found,
                "stop the process that listens there, or set server.listen, --listen or \
                 PALISADE_LISTEN",
            ),
        };
    }
    Check::fail(NAME, found, "set server.listen to HOST:PORT with an address of this machine")
}

/// Whether the people who may read the page can.
fn readers(settings: &Settings) -> Option<Check> {
    const NAME: &str = "readers";
    let admission = Admission { token: settings.token.clone(), identities: None };
    if let Err(why) = admission.verify() {
        let found = format!("server.token: {why}; nobody can read the page");
        let help = "write a long random token into it, such as `openssl rand -hex 32` gives";
        return Some(Check::fail(NAME, found, help));
    }
    let address: Option<SocketAddr> = settings.listen.parse().ok();
    let elsewhere = address.is_some_and(|it| !it.ip().is_loopback());
    match (&settings.token, &settings.readers, elsewhere) {
        (Some(_), None, _) => Some(Check::ok(NAME, "a token opens the page")),
        (token, Some(readers), _) => {
            let also = if token.is_some() { ", and so does a token" } else { "" };
            let (count, audience) = (readers.arns.len(), &readers.audience);
            let s = if count == 1 { "y" } else { "ies" };
            let found = format!("{count} AWS identit{s} proved for {audience} open the page{also}");
            Some(Check::ok(NAME, found))
        }
        (None, None, true) => Some(Check::warn(
            NAME,
            format!(
                "{} can be reached from other machines, so the page is closed",
                settings.listen
            ),
            "set `server: {token: {file: …}}` or `readers`; /livez, /readyz and /metrics are open",
        )),
        (None, None, false) => None,
    }
}

/// Loads the directory. If it is refused, no wants are known.
fn directory(loader: &Loader<'_>, dir: &Path) -> (Check, Snapshot) {
    const NAME: &str = "directory";
    let shown = dir.display();
    let snapshot = match loader.load(dir) {
        Ok(snapshot) => snapshot,
        Err(problems) => {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            let first = first.lines().next().unwrap_or_default();
            let found = match problems.len() {
                1 => first.to_owned(),
                count => format!("{count} problems, the first: {first}"),
            };
            let help = format!(
                "`palisade validate {shown}` shows every problem and how to correct \
                it"
            );
            return (Check::fail(NAME, found, help), Snapshot::default());
        }
    };
    let revision = described(dir)
        .map_or_else(|| "not a Git checkout".to_owned(), |it| format!("Git revision {it}"));
    let found = format!("{shown}: {} manifests, {revision}", snapshot.documents.len());
    let check = if snapshot.documents.is_empty() {
        let help = "nothing will be managed: name the right directory, or add manifests (examples/ \
            has one per kind)";
        Check::warn(NAME, found, help)
    } else if let Some(warning) = snapshot.warnings.first() {
        let count = snapshot.warnings.len();
        let first = Problem { help: String::new(), ..warning.clone() };
        let first = first.to_string().lines().next().unwrap_or_default().to_owned();
        let s = if count == 1 { "" } else { "s" };
        Check::warn(NAME, format!("{found}; {count} warning{s}, the first: {first}"), &warning.help)
    } else {
        Check::ok(NAME, found)
    };
    (check, snapshot)
}

/// AWS accepts a signature within five minutes of its own clock (IAM user guide, "Signing AWS API
/// requests").
const SKEW_LIMIT: i64 = 300;
/// More than the precision of a `Date` header (a second), and than any answer takes.
const SKEW_NOTICED: i64 = 60;

/// Judges how far this machine's clock is ahead of AWS's, in seconds.
fn clock(skew: i64) -> Check {
    const NAME: &str = "clock";
    const HELP: &str = "synchronize the machine's clock with NTP (on AWS: 169.254.169.123)";
    let direction = if skew > 0 { "ahead of" } else { "behind" };
    let found = format!("{} s {direction} AWS", skew.abs());
    match skew.abs() {
        off if off > SKEW_LIMIT => Check::fail(NAME, found, HELP),
        off if off > SKEW_NOTICED => Check::warn(NAME, found, HELP),
        _ => Check::ok(NAME, "agrees with AWS's within a minute"),
    }
}

/// One line per check, with what to do under those that did not pass, and the counts.
fn text(checks: &[Check]) -> String {
    let mut out = String::new();
    for check in checks {
        let (style, word) = match check.status {
            Status::Ok => (GOOD, "ok  "),
            Status::Warn => (NOTE, "warn"),
            Status::Fail => (ERROR, "FAIL"),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{style}{word}{style:#}  {}: {}", check.name, check.found);
        if let Some(help) = &check.help {
            let _ = writeln!(out, "      do: {help}");
        }
    }
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let (ok, warnings, failed) = (count(Status::Ok), count(Status::Warn), count(Status::Fail));
    let s = if warnings == 1 { "" } else { "s" };
    let _ = writeln!(out, "{HEADING}{ok} ok, {warnings} warning{s}, {failed} failed{HEADING:#}");
    out
}
