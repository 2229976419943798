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
    output::{self, Directory, Format},
    session::{Access, Session},
};
use crate::{
    engine::{Options, Report},
    plan::{self, Shown},
    settings::Overrides,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    directory: Directory,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Exit with 2 if there is anything to do, and with 3 if some of it needs a person
    #[arg(long)]
    detailed_exitcode: bool,
    /// Save the plan as digests, for `apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also search for orphans of kinds that no manifest of a scope declares (`run` does so once an
    /// hour)
    #[arg(long)]
    orphans: bool,
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
}

pub(super) async fn run(settings: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let dir = &args.directory.dir;
    let options = Options { sweep: args.orphans, ..Options::default() };
    let mut session = Session::open(settings, dir, Access::Read, options, None).await?;
    let report = session.engine.pass().await;
    warnings(&report);
    if !problems(&report)? {
        return Ok(Ended::Failed);
    }
    let plan = &report.plan;
    let document = Document {
        schema_version: 1,
        revision: report.revision.as_deref(),
        counts: plan.counts(),
        plan,
    };
    output::data(args.output, &document, || text(&report))?;
    if let Some(file) = &args.out {
        Saved { version: SAVED_VERSION, dir: absolute(dir)?, shown: Shown::of(plan) }
            .write(file)?;
    }
    Ok(match () {
        () if !plan.unknown.is_empty() => Ended::Failed,
        () if !args.detailed_exitcode => Ended::Done,
        () if plan.needs_a_person() => Ended::NeedsPerson,
        () if plan.has_changes() => Ended::Changes,
        () => Ended::Done,
    })
}

/// The format version of a saved plan.
const SAVED_VERSION: u32 = 1;

/// A plan as saved by `plan --out`: digests of what was shown, neither values nor calls.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Saved {
    version: u32,
    /// The directory it was made for.
    pub(super) dir: PathBuf,
    /// What was shown.
    pub(super) shown: Shown,
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
    let plan = plan::render::text(&report.plan);
    match &report.revision {
        Some(revision) => format!("Git revision {revision}\n\n{plan}"),
        None => plan,
    }
}

/// Prints possible mistakes in the directory.
pub(super) fn warnings(report: &Report) {
    for warning in &report.warnings {
        output::note(format_args!("{}warning:{:#} {warning}", output::NOTE, output::NOTE));
    }
}

/// Prints the errors in the directory; returns whether it can be used.
pub(super) fn problems(report: &Report) -> anyhow::Result<bool> {
    for problem in &report.problems {
        output::note(problem);
    }
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
