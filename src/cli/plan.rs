//! `plan`: one pass with clients that cannot write.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::{
    Ended,
    diagnostics::{Diagnostic, Sort, show_all},
    filters::{self, Filters},
    leases,
    output::{self, Directory, Format},
    reach,
    session::{Access, Session},
};
use crate::{
    engine::{Options, Report},
    manifest::Problem,
    plan::{
        self, Comparison, Offered, Shown,
        render::markdown::{Page, markdown},
    },
    settings::{Overrides, Settings},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    directory: Directory,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,
    /// Another state of the directory, such as a checkout of the branch that a pull request is for:
    /// shows what the change from it does, apart from the differences that are there anyway
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    #[command(flatten)]
    filters: Filters,
    /// Exit with 2 if there is anything to do, and with 3 if some of it needs a person
    #[arg(long)]
    detailed_exitcode: bool,
    /// Save the plan as digests, for `apply FILE`
    #[arg(long, value_name = "FILE", conflicts_with = "base")]
    out: Option<PathBuf>,
    /// Also search for orphans of kinds that no manifest of a scope declares (`run` does so once an
    /// hour)
    #[arg(long)]
    orphans: bool,
    /// As if a change reached all accounts of sets with `waves` at once
    #[arg(long)]
    all_waves: bool,
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
    /// A comment of a pull request, at most 65,536 characters long.
    Markdown,
}

/// A plan as a JSON or YAML document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    revision: Option<&'a str>,
    counts: plan::Counts,
    #[serde(flatten)]
    plan: &'a plan::Plan,
    /// With `--base`: what the change does not do. The plan is what it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'a Comparison>,
}

pub(super) async fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let dir = &args.directory.dir;
    let settings = Settings::load(overrides).context("settings")?;
    let focus = args.filters.focus(&settings)?;
    let options = Options {
        sweep: args.orphans,
        all_waves: args.all_waves,
        base: args.base.clone(),
        focus: focus.clone(),
        ..Options::default()
    };
    let mut session = Session::open(overrides, dir, Access::Read, options, None).await?;
    reach::show(session.engine.settings(), &session.brake).await;
    let report = session.engine.pass().await;
    warnings(&report);
    if !problems(&report)? || !usable_base(&report, args.base.as_deref()) {
        return Ok(Ended::Failed);
    }
    filters::must_match(focus.as_ref(), &report)?;
    print(&report, args.output)?;
    leases::note_holders(&settings, &report).await;
    let plan = &report.plan;
    if let Some(file) = &args.out {
        let (shown, offered) = (Shown::of(plan), Offered::of(plan));
        Saved { version: SAVED_VERSION, dir: absolute(dir)?, shown, offered }.write(file)?;
    }
    let (changes, stuck) = match &report.comparison {
        Some(compared) => (compared.change.has_changes(), compared.needs_a_person),
        None => (plan.has_changes(), plan.needs_a_person()),
    };
    Ok(match () {
        () if !plan.unknown.is_empty() => Ended::Failed,
        () if !args.detailed_exitcode => Ended::Done,
        () if stuck => Ended::NeedsPerson,
        () if changes => Ended::Changes,
        () => Ended::Done,
    })
}

fn print(report: &Report, form: Form) -> anyhow::Result<()> {
    let base = report.comparison.as_deref();
    let plan = base.map_or(&report.plan, |base| &base.change);
    let revision = report.revision.as_deref();
    let document = Document { schema_version: 1, revision, counts: plan.counts(), plan, base };
    let format = match form {
        Form::Json => Format::Json,
        Form::Yaml => Format::Yaml,
        Form::Text | Form::Markdown => Format::Text,
    };
    output::data(format, &document, || match form {
        Form::Markdown => markdown(Page { plan, comparison: base, revision }),
        _ => text(report),
    })
}

/// Prints the errors in the other state of the directory; returns whether it can be compared with.
fn usable_base(report: &Report, base: Option<&Path>) -> bool {
    note_all(&report.base_problems);
    if let (false, Some(base)) = (report.base_problems.is_empty(), base) {
        let (error, shown) = (output::ERROR, base.display());
        output::note(format_args!(
            "{error}{shown} cannot be compared with; without --base the whole plan is \
             shown{error:#}"
        ));
    }
    report.base_problems.is_empty()
}

/// The format version of a saved plan.
const SAVED_VERSION: u32 = 2;

/// A plan as saved by `plan --out`: digests of what was shown, neither values nor calls.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Saved {
    version: u32,
    /// The directory it was made for.
    pub(super) dir: PathBuf,
    /// What was shown.
    pub(super) shown: Shown,
    /// What `apply FILE --approve-all` consents to.
    pub(super) offered: Offered,
}

impl Saved {
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(file)
            .with_context(|| format!("the saved plan {} cannot be read", file.display()))?;
        let saved: Self = serde_json::from_str(&text).with_context(|| {
            format!("{} is not a plan saved by `palisade plan --out`", file.display())
        })?;
        anyhow::ensure!(
            saved.version == SAVED_VERSION,
            "{} was saved by another version of palisade; make a new plan",
            file.display()
        );
        Ok(saved)
    }

    /// Readable by its owner only: it names resources and their changes.
    fn write(&self, file: &Path) -> anyhow::Result<()> {
        let failed = || format!("the plan cannot be saved as {}", file.display());
        let mut out = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(file)
            .with_context(failed)?;
        out.set_permissions(fs::Permissions::from_mode(0o600)).with_context(failed)?;
        out.write_all(serde_json::to_string_pretty(self)?.as_bytes()).with_context(failed)
    }
}

fn absolute(dir: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(dir).with_context(|| format!("{} has no path", dir.display()))
}

/// The plan for people, with the Git revision it was made for, if there is one.
pub(super) fn text(report: &Report) -> String {
    let plan = match &report.comparison {
        Some(compared) => plan::render::comparison(compared),
        None => plan::render::text(&report.plan),
    };
    match &report.revision {
        Some(revision) => format!("Git revision {revision}\n\n{plan}"),
        None => plan,
    }
}

/// Prints possible mistakes in the directory.
pub(super) fn warnings(report: &Report) {
    let shown = show_all(report.warnings.iter().map(|it| Diagnostic::of(it, Sort::Warning)));
    if !report.warnings.is_empty() {
        output::note(shown.trim_end());
    }
}

/// Prints errors, each with its line.
pub(super) fn note_all(problems: &[Problem]) {
    let shown = show_all(problems.iter().map(|it| Diagnostic::of(it, Sort::Error)));
    if !problems.is_empty() {
        output::note(shown.trim_end());
    }
}

/// Prints the errors in the directory; returns whether it can be used.
pub(super) fn problems(report: &Report) -> anyhow::Result<bool> {
    note_all(&report.problems);
    if report.problems.is_empty() {
        return Ok(true);
    }
    let count = report.problems.len();
    output::note(format_args!(
        "{}{count} problem{}; nothing of the directory is used{}",
        output::ERROR,
        if count == 1 { "" } else { "s" },
        output::ERROR.render_reset()
    ));
    Ok(false)
}
