//! `plan`: one pass with clients that cannot write.

use serde::Serialize;

use super::{
    Ended,
    output::{self, Directory, Format},
    session::{Access, Session},
};
use crate::{
    engine::{Options, Report},
    plan,
    settings::Overrides,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    directory: Directory,
    /// Form of the plan
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Exit with 2 if there is anything to do
    #[arg(long)]
    detailed_exitcode: bool,
    /// Also look for orphans of kinds that no manifest of a scope declares (`run` does so once an hour)
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
    Ok(match (plan.unknown.is_empty(), args.detailed_exitcode && plan.has_changes()) {
        (false, _) => Ended::Failed,
        (true, true) => Ended::Changes,
        (true, false) => Ended::Done,
    })
}

/// The plan for people, under the Git revision it was made for, where there is one.
pub(super) fn text(report: &Report) -> String {
    let plan = plan::render::text(&report.plan);
    match &report.revision {
        Some(revision) => format!("Git revision {revision}\n\n{plan}"),
        None => plan,
    }
}

/// Prints what is wrong with the directory; whether it can be used.
pub(super) fn problems(report: &Report) -> anyhow::Result<bool> {
    for problem in &report.problems {
        output::say(problem);
    }
    if report.problems.is_empty() {
        return Ok(true);
    }
    let count = report.problems.len();
    output::say(format_args!(
        "{}{count} problem{}; nothing of the directory is used{}",
        output::ERROR,
        if count == 1 { "" } else { "s" },
        output::ERROR.render_reset()
    ));
    Ok(false)
}
