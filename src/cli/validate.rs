//! `validate`: everything that can be checked without AWS.

use anyhow::Context as _;
use serde::Serialize;

use super::{
    Ended,
    output::{self, Directory, Format},
};
use crate::{
    engine::Scopes,
    kinds,
    manifest::{Loader, Problem},
    settings::{Overrides, Settings},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    directory: Directory,
    /// Form of the answer
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u32,
    manifests: usize,
    problems: Vec<Problem>,
}

pub(super) fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    // Who owns the installation plays no part in whether manifests are right.
    let mut overrides = overrides.clone();
    overrides.owner.get_or_insert_with(|| "validate".to_owned());
    let settings = Settings::load(&overrides).context("settings")?;
    let registry = kinds::registry();
    let facts = Scopes::offline_facts(&settings);
    let loader = Loader { registry: &registry, settings: &settings, facts: &facts };
    let (manifests, problems) = match loader.load(&args.directory.dir) {
        Ok(snapshot) => (snapshot.documents.len(), Vec::new()),
        Err(problems) => (0, problems),
    };
    let ended = if problems.is_empty() { Ended::Done } else { Ended::Failed };
    let document = Document { schema_version: 1, manifests, problems };
    output::data(args.output, &document, || text(&document))?;
    Ok(ended)
}

fn text(document: &Document) -> String {
    let mut out: String = document.problems.iter().map(|problem| format!("{problem}\n")).collect();
    let count = document.problems.len();
    out.push_str(&match count {
        0 => format!("{} manifests, no problems\n", document.manifests),
        1 => "1 problem\n".to_owned(),
        _ => format!("{count} problems\n"),
    });
    out
}
