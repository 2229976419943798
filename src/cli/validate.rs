//! `validate`: every check that needs no AWS, and the secure baseline.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::Context as _;
use serde::Serialize;

use super::{
    Ended,
    diagnostics::{Diagnostic, Sort, Sources, Span, show_all},
    github, junit,
    output::{self, Directory, Format},
    sarif,
    session::connect_all,
};
use crate::{
    aws::{Connection, Guard},
    baseline::{self, Finding, RuleLevel, Subject},
    engine::{self, Scopes},
    kind::{Audited, LiveFinding, Unaudited},
    kinds,
    manifest::{Loader, Origin, Part, Problem, Snapshot, did_you_mean, place_in, scopes_named},
    model::Address,
    settings::{DEFAULT_FILE, MemoryHome, Overrides, Scope, ScopeSet, Settings, now, regions},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    directory: Directory,
    /// Fail if there is a warning, or a manifest breaks a rule of the baseline without waiving it
    #[arg(long)]
    strict: bool,
    /// Also audit in AWS what no manifest can say, such as the root user's keys; it only reads
    #[arg(long)]
    live: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,
}

/// The output format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For people.
    #[default]
    Text,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Annotations of GitHub Actions.
    Github,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit's XML, for GitLab and others.
    Junit,
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// The manifests, with their places; none if there are problems.
    pub(super) manifests: BTreeMap<Address, Origin>,
    pub(super) problems: Vec<Problem>,
    /// Possible mistakes that do not prevent use.
    pub(super) warnings: Vec<Problem>,
    pub(super) findings: Vec<Finding>,
    /// What audits have found in AWS; only with `--live`.
    live: Option<Audited>,
    /// Whether everything that is open fails the run.
    strict: bool,
}

impl Found {
    /// The findings that neither a manifest nor the settings accept.
    pub(super) fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_open())
    }

    /// Whether an open finding fails the run.
    pub(super) fn fails(&self, finding: &Finding) -> bool {
        match finding.level() {
            Some(RuleLevel::Error) => true,
            Some(RuleLevel::Warn | RuleLevel::Off) => false,
            None => self.strict,
        }
    }

    /// What a warning is in this run.
    pub(super) fn sort_of_warnings(&self) -> Sort {
        if self.strict { Sort::Error } else { Sort::Warning }
    }

    /// What an open finding is in this run.
    pub(super) fn sort(&self, finding: &Finding) -> Sort {
        if self.fails(finding) { Sort::Error } else { Sort::Warning }
    }

    fn failed(&self) -> bool {
        let live = self.live.as_ref().is_some_and(|live| *live != Audited::default());
        !self.problems.is_empty()
            || self.open().any(|finding| self.fails(finding))
            || (self.strict && (!self.warnings.is_empty() || live))
    }
}

/// As JSON or YAML.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    manifests: usize,
    problems: Vec<Placed<&'a Problem>>,
    warnings: Vec<Placed<&'a Problem>>,
    findings: Vec<Placed<&'a Finding>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<&'a Audited>,
}

/// With the exact part of the file that it is about.
#[derive(Serialize)]
struct Placed<T> {
    #[serde(flatten)]
    it: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<Span>,
}

impl<'a> Document<'a> {
    fn of(found: &'a Found) -> Self {
        let mut sources = Sources::default();
        let mut placed = |all: &'a [Problem]| {
            let place =
                |it: &'a Problem| Placed { it, span: sources.span(&it.origin, &it.path, it.part) };
            all.iter().map(place).collect()
        };
        let (problems, warnings) = (placed(&found.problems), placed(&found.warnings));
        let place =
            |it: &'a Finding| Placed { it, span: sources.span(&it.origin, &it.path, Part::Value) };
        Self {
            schema_version: 1,
            manifests: found.manifests.len(),
            problems,
            warnings,
            findings: found.findings.iter().map(place).collect(),
            live: found.live.as_ref(),
        }
    }
}

pub(super) async fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    // The owner does not affect whether manifests are valid.
    let mut overrides = overrides.clone();
    overrides.owner.get_or_insert_with(|| "validate".to_owned());
    let mut settings = Settings::load(&overrides).context("settings")?;
    if overrides.file.is_none() && !Path::new(DEFAULT_FILE).exists() {
        // Without settings the scopes are unknown: those that manifests name are assumed to exist.
        let unknown = Scope::default();
        let named = scopes_named(&args.directory.dir);
        for set in named.sets {
            // Each has one scope, whose name no manifest gives.
            let only = BTreeSet::from([format!("{set}.unknown")]);
            let set = settings.sets.entry(set).or_default();
            (set.scopes, set.home) = (only.clone(), only);
        }
        let of_sets = settings.sets.values().flat_map(|set| set.scopes.clone());
        for scope in named.scopes.into_iter().chain(of_sets.collect::<Vec<_>>()) {
            settings.scopes.entry(scope).or_insert_with(|| unknown.clone());
        }
    }
    let connected = if args.live {
        let connection = Connection::ambient(Guard::read_only()).await;
        Some(connect_all(&mut settings, &connection, &kinds::registry()).await?)
    } else {
        settings.assume_accounts().context("settings")?;
        None
    };
    let (mut found, manifests) = examine(&settings, args);
    if let Some(scopes) = connected {
        found.live = Some(audit(&scopes, &settings, &manifests).await);
    }
    found.warnings.extend(unknown_regions(&settings, &overrides));
    found.warnings.extend(forgotten_waves(&settings, &overrides));
    let format = match args.output {
        Form::Json => Format::Json,
        Form::Yaml => Format::Yaml,
        Form::Text | Form::Github | Form::Sarif | Form::Junit => Format::Text,
    };
    output::data(format, &Document::of(&found), || match args.output {
        Form::Github => annotations(&found),
        Form::Sarif => sarif::log(&found),
        Form::Junit => junit::report(&found),
        Form::Text | Form::Json | Form::Yaml => text(&found),
    })?;
    Ok(if found.failed() { Ended::Failed } else { Ended::Done })
}

/// Regions in the settings that this build does not know.
fn unknown_regions(settings: &Settings, overrides: &Overrides) -> Vec<Problem> {
    let file = overrides.file.clone().unwrap_or_else(|| DEFAULT_FILE.into());
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let warning = |(scope, region): (&str, &str)| {
        let path = format!("scopes.{scope}.region");
        let (line, column) = place_in(&text, &path).unwrap_or((1, 1));
        let help = did_you_mean(region, regions()).map_or_else(
            || {
                "check that AWS has it; a Region that is newer than this palisade still works"
                    .to_owned()
            },
            |near| {
                format!(
                    "did you mean `{near}`? A Region that is newer than this palisade still \
                works"
                )
            },
        );
        let origin = Origin { file: file.clone(), line, column };
        Problem {
            origin,
            path,
            message: format!("`{region}` is not a Region that palisade knows"),
            help,
            part: Part::Value,
        }
    };
    settings.unknown_regions().map(warning).collect()
}

/// Sets whose waves are forgotten with the process: after a restart what differs in later waves is
/// held, and closed by nobody.
fn forgotten_waves(settings: &Settings, overrides: &Overrides) -> Vec<Problem> {
    if settings.memory.as_ref().and_then(MemoryHome::directory).is_some() {
        return Vec::new();
    }
    let file = overrides.file.clone().unwrap_or_else(|| DEFAULT_FILE.into());
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let sets = settings.sets.iter().filter(|(_, set)| !set.waves.is_empty());
    let warning = |(name, _): (&String, &ScopeSet)| {
        let path = format!("scopeSets.{name}.waves");
        let (line, column) = place_in(&text, &path).unwrap_or((1, 1));
        Problem {
            origin: Origin { file: file.clone(), line, column },
            path,
            message: "without a memory in a directory a restart forgets what is in force behind a \
                      wave; what differs there is held then, an opening too"
                .to_owned(),
            help: "set `memory: {dir: …}` to a directory that outlives the process".to_owned(),
            part: Part::Value,
        }
    };
    sets.map(warning).collect()
}

/// Makes the audits of the kinds that manifests declare.
async fn audit(scopes: &Scopes, settings: &Settings, manifests: &Snapshot) -> Audited {
    let (registry, window) = (kinds::registry(), settings.audit_window);
    let mut audited = engine::audit(scopes, &registry, &manifests.declared(), window).await;
    engine::leave_out_compared(&mut audited, &registry, &manifests.documents);
    audited
}

fn examine(settings: &Settings, args: &Args) -> (Found, Snapshot) {
    let registry = kinds::registry();
    #[allow(clippy::cast_precision_loss, reason = "seconds since the epoch fit")]
    let moment = now() as f64;
    let scopes = Scopes::offline_facts(settings);
    let loader = Loader { registry: &registry, settings, facts: &scopes };
    let roles: Vec<String> = settings
        .scopes
        .values()
        .filter_map(|scope| scope.role.as_ref().map(|role| role.role_arn.clone()))
        .collect();
    let loaded = loader.read(&args.directory.dir);
    let mut found = Found { warnings: loaded.warnings, strict: args.strict, ..Found::default() };
    let mut accepted = Snapshot::default();
    match loaded.snapshot {
        Ok(snapshot) => {
            let expired = snapshot.approvals.iter().filter_map(|it| it.warning(moment));
            found.warnings.extend(expired);
            let subject = Subject {
                registry: &registry,
                scopes: &scopes,
                snapshot: &snapshot,
                roles: &roles,
                switches: &settings.rules,
            };
            let report = baseline::check(subject);
            let manifests = snapshot.documents.values();
            found.manifests = manifests.map(|it| (it.address.clone(), it.origin.clone())).collect();
            (found.problems, found.findings) = (report.problems, report.findings);
            accepted = snapshot;
        }
        Err(problems) => found.problems = problems,
    }
    (found, accepted)
}

fn text(found: &Found) -> String {
    let problems = found.problems.iter().map(|it| Diagnostic::of(it, Sort::Error));
    let warnings = found.warnings.iter().map(|it| Diagnostic::of(it, Sort::Warning));
    let findings = found.open().map(|it| Diagnostic::of_finding(it, found.sort(it)));
    let mut out = show_all(problems.chain(warnings).chain(findings));
    out.extend(found.live.iter().map(audited));
    out.push_str(&summary(found));
    out.push('\n');
    out
}

/// The last line. What is accepted is counted, so that it is not forgotten.
fn summary(found: &Found) -> String {
    let counts = |count: usize, what: &str| match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    let problems = counts(found.problems.len(), "problem");
    if !found.problems.is_empty() {
        return problems;
    }
    let findings = counts(found.open().count(), "finding");
    let manifests = match found.manifests.len() {
        1 => "1 manifest".to_owned(),
        count => format!("{count} manifests"),
    };
    let mut out = format!("{manifests}, {problems}, {findings}");
    let waived = found.findings.iter().filter(|it| it.waived.is_some()).count();
    let off = found.findings.iter().filter(|it| it.waived.is_none() && it.is_off()).count();
    let accepted = [(waived, "waived"), (off, "of rules that are off")];
    let accepted: Vec<String> = accepted
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, how)| format!("{count} {how}"))
        .collect();
    if !accepted.is_empty() {
        out.push_str(&format!(" ({})", accepted.join(", ")));
    }
    if !found.warnings.is_empty() {
        out.push_str(&format!(", {}", counts(found.warnings.len(), "warning")));
    }
    if let Some(live) = &found.live {
        out.push_str(&format!(", {}", counts(live.findings.len(), "live finding")));
    }
    out
}

fn audited(live: &Audited) -> String {
    let finding = |it: &LiveFinding| {
        let LiveFinding { severity, scope, rule, subject, message, help, .. } = it;
        let by = it.by.as_ref().map(|by| format!(" (made by {by})")).unwrap_or_default();
        format!("{scope}: [{rule} {severity}] {subject} {message}{by}\n  help: {help}\n")
    };
    let unknown = |it: &Unaudited| format!("{}: not audited: {}: {}\n", it.scope, it.about, it.why);
    live.findings.iter().map(finding).chain(live.unknown.iter().map(unknown)).collect()
}

/// Problems are errors; findings too if they fail the run.
fn annotations(found: &Found) -> String {
    let problem = |sort: Sort| {
        move |problem: &Problem| {
            let Problem { origin, path, message, help, .. } = problem;
            github::annotation(sort, origin, path, message, Some(help))
        }
    };
    let problems = found.problems.iter().map(problem(Sort::Error));
    let warnings = found.warnings.iter().map(problem(found.sort_of_warnings()));
    let findings = found.open().map(|finding| {
        let title = format!("{} {}", finding.rule, finding.severity);
        let message = format!("{}: {}", finding.path, finding.message);
        let sort = found.sort(finding);
        github::annotation(sort, &finding.origin, &title, &message, Some(finding.help))
    });
    problems.chain(warnings).chain(findings).collect()
}
