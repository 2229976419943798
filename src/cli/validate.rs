//! `validate`: every check that needs no AWS, and the secure baseline.

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use super::{
    Ended, github,
    output::{self, Directory, Format},
};
use crate::{
    aws::{Connection, Guard},
    baseline::{self, Finding, Subject},
    engine::{self, Scopes},
    kind::{Audited, LiveFinding, Unaudited},
    kinds,
    manifest::{Loader, Origin, Problem, Snapshot, did_you_mean, place_in, scopes_named},
    settings::{DEFAULT_FILE, Overrides, Scope, Settings, now, regions},
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
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u32,
    manifests: usize,
    problems: Vec<Problem>,
    /// Possible mistakes that do not prevent use.
    warnings: Vec<Problem>,
    findings: Vec<Finding>,
    /// What audits have found in AWS; only with `--live`.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<Audited>,
}

impl Document {
    /// The findings that no manifest waives.
    fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.waived.is_none())
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
        for scope in scopes_named(&args.directory.dir) {
            settings.scopes.entry(scope).or_insert_with(|| unknown.clone());
        }
    }
    let (mut document, manifests) = examine(&settings, args);
    if args.live {
        document.live = Some(audit(&settings, &manifests).await?);
    }
    document.warnings.extend(unknown_regions(&settings, &overrides));
    let live = document.live.as_ref();
    let doubtful = document.open().next().is_some()
        || !document.warnings.is_empty()
        || live.is_some_and(|live| *live != Audited::default());
    let failed = !document.problems.is_empty() || (args.strict && doubtful);
    let format = match args.output {
        Form::Text | Form::Github => Format::Text,
        Form::Json => Format::Json,
        Form::Yaml => Format::Yaml,
    };
    output::data(format, &document, || match args.output {
        Form::Github => annotations(&document, args.strict),
        _ => text(&document),
    })?;
    Ok(if failed { Ended::Failed } else { Ended::Done })
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
        }
    };
    settings.unknown_regions().map(warning).collect()
}

/// Makes the audits of the kinds that manifests declare.
async fn audit(settings: &Settings, manifests: &Snapshot) -> anyhow::Result<Audited> {
    let connection = Connection::ambient(Guard::read_only()).await;
    let registry = kinds::registry();
    let scopes = Scopes::connect(settings, &connection, &registry).await?;
    let window = settings.audit_window;
    let mut audited = engine::audit(&scopes, &registry, &manifests.declared(), window).await;
    engine::leave_out_compared(&mut audited, &registry, &manifests.documents);
    Ok(audited)
}

fn examine(settings: &Settings, args: &Args) -> (Document, Snapshot) {
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
    let mut warnings = loaded.warnings;
    let (snapshot, problems, findings) = match loaded.snapshot {
        Ok(snapshot) => {
            warnings.extend(snapshot.approvals.iter().filter_map(|it| it.warning(moment)));
            let subject = Subject {
                registry: &registry,
                scopes: &scopes,
                snapshot: &snapshot,
                roles: &roles,
            };
            let report = baseline::check(subject);
            (snapshot, report.problems, report.findings)
        }
        Err(problems) => (Snapshot::default(), problems, Vec::new()),
    };
    let manifests = snapshot.documents.len();
    let document =
        Document { schema_version: 1, manifests, problems, warnings, findings, live: None };
    (document, snapshot)
}

fn text(document: &Document) -> String {
    let mut out: String = document.problems.iter().map(|problem| format!("{problem}\n")).collect();
    out.extend(document.warnings.iter().map(|warning| format!("warning: {warning}\n")));
    out.extend(document.open().map(|finding| format!("{finding}\n")));
    out.extend(document.live.iter().map(audited));
    let counts = |count: usize, what: &str| match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    let problems = counts(document.problems.len(), "problem");
    if !document.problems.is_empty() {
        out.push_str(&format!("{problems}\n"));
        return out;
    }
    let open = document.open().count();
    let waived = document.findings.len() - open;
    let findings = counts(open, "finding");
    let manifests = match document.manifests {
        1 => "1 manifest".to_owned(),
        count => format!("{count} manifests"),
    };
    out.push_str(&format!("{manifests}, {problems}, {findings}"));
    if waived > 0 {
        out.push_str(&format!(" ({waived} waived)"));
    }
    if !document.warnings.is_empty() {
        out.push_str(&format!(", {}", counts(document.warnings.len(), "warning")));
    }
    if let Some(live) = &document.live {
        out.push_str(&format!(", {}", counts(live.findings.len(), "live finding")));
    }
    out.push('\n');
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
fn annotations(document: &Document, strict: bool) -> String {
    use github::Level;
    let problems = document.problems.iter().map(|problem| {
        let Problem { origin, path, message, help } = problem;
        github::annotation(Level::Error, origin, path, message, Some(help))
    });
    let warnings = document.warnings.iter().map(|warning| {
        let Problem { origin, path, message, help } = warning;
        let level = if strict { Level::Error } else { Level::Warning };
        github::annotation(level, origin, path, message, Some(help))
    });
    let findings = document.open().map(|finding| {
        let level = if strict { Level::Error } else { Level::Warning };
        let title = format!("{} {}", finding.rule, finding.severity);
        let message = format!("{}: {}", finding.path, finding.message);
        github::annotation(level, &finding.origin, &title, &message, Some(finding.help))
    });
    problems.chain(warnings).chain(findings).collect()
}
