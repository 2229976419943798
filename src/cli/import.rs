//! `import`: live AWS to manifests.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{
    Ended,
    output::{self, DEFAULT_DIR, Format},
    progress::Reading,
    schema,
    session::connect_all,
};
use crate::{
    aws::{Connection, Guard},
    import::{self, Context, Request, Summary, schema_file, terraform::State},
    kinds,
    settings::{Overrides, Settings},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "It only reads AWS. What CloudFormation, Control Tower, a service of AWS or \
                  another installation owns is\n\
                  skipped and named. `palisade plan` then shows no change but the claims, which \
                  `palisade apply` writes.\n\
                  A second import writes only what no manifest in the directory adopts.\n\
                  One that was stopped is gone on with: what it read within the last hour is kept \
                  in OUTDIR/.import and\n\
                  not read again, unless it looks like a secret, and files are put in place whole \
                  or not at all.\n\n\
                  Exit code: 0 if everything could be read, 1 if not: then what was read is \
                  imported, and the next import\n\
                  adds the rest."
)]
pub(super) struct Args {
    /// Directory for the manifests
    #[arg(value_name = "OUTDIR", default_value = DEFAULT_DIR)]
    dir: PathBuf,
    /// Only this scope of the settings; may be repeated
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// Only this kind (or its short name); may be repeated
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Only the resource with this id or ARN; may be repeated
    #[arg(long, value_name = "ID")]
    id: Vec<String>,
    /// Only what has this tag; may be repeated, and all of them are needed
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    tag: Vec<(String, String)>,
    /// Only what is in this VPC, by id or by its tag `Name`; may be repeated
    #[arg(long, value_name = "VPC")]
    vpc: Vec<String>,
    /// Take names, ids and groups from a state; values still come from AWS
    #[arg(long, value_name = "TOOL", value_enum, requires = "state")]
    from: Option<Tool>,
    /// The state, as `terraform state pull` prints it
    #[arg(long, value_name = "FILE", requires = "from")]
    state: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
    /// Output format of the summary
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

/// Whose state it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Tool {
    /// Terraform, or OpenTofu (format 4)
    Terraform,
}

fn tag(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    pair.map(|(key, value)| (key.to_owned(), value.to_owned()))
        .ok_or_else(|| "write KEY=VALUE".to_owned())
}

pub(super) async fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let mut settings = Settings::load(overrides).context("settings")?;
    let registry = kinds::registry();
    let request = request(args, &registry)?;
    let connection = Connection::ambient(Guard::read_only()).await;
    let scopes = connect_all(&mut settings, &connection, &registry).await?;
    let context = Context { settings: &settings, registry: &registry, scopes: &scopes };
    let bar = Reading::new();
    let imported = import::import(context, &request, &bar).await;
    bar.end();
    let summary = match imported {
        Err(import::ImportError::Directory(problems)) => {
            problems.iter().for_each(output::note);
            anyhow::bail!("{} has problems; nothing was written", args.dir.display());
        }
        other => other?,
    };
    write_schemas(&args.dir, &summary, &registry)?;
    output::data(args.output, &summary, || text(args, &summary, &request))?;
    Ok(if summary.is_complete() { Ended::Done } else { Ended::Failed })
}

fn request(args: &Args, registry: &kinds::Registry) -> anyhow::Result<Request> {
    let kinds = args.kind.iter().map(|kind| Ok(schema::find(registry, kind)?.profile().name));
    let terraform = match &args.state {
        Some(file) => {
            let text = fs::read_to_string(file)
                .with_context(|| format!("the state {} cannot be read", file.display()))?;
            Some(State::parse(&text).with_context(|| file.display().to_string())?)
        }
        None => None,
    };
    Ok(Request {
        dir: args.dir.clone(),
        scopes: args.scope.iter().cloned().collect(),
        kinds: kinds.collect::<anyhow::Result<BTreeSet<_>>>()?,
        ids: args.id.iter().cloned().collect(),
        tags: args.tag.clone(),
        vpcs: args.vpc.iter().cloned().collect(),
        terraform,
        force: args.force,
    })
}

/// The schemas that the files name in their first line, for editors.
fn write_schemas(dir: &Path, summary: &Summary, registry: &kinds::Registry) -> anyhow::Result<()> {
    for kind in summary.counts.keys() {
        let Some(kind) = registry.get(kind) else { continue };
        let file = dir.join(schema_file(kind.profile().name));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema::manifest(kind))?);
        let write = || {
            file.parent().map(fs::create_dir_all).transpose()?;
            fs::write(&file, text)
        };
        write().with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}

fn text(args: &Args, summary: &Summary, request: &Request) -> String {
    let mut out = summary.text();
    let missing = request.terraform.iter().flat_map(|state| summary.missing(state));
    let missing: Vec<_> = missing.map(|(kind, id)| format!("  {kind} {id}\n")).collect();
    if !missing.is_empty() {
        out.push_str("\nin the state and not imported:\n");
        out.extend(missing);
    }
    let others = request.terraform.iter().flat_map(|state| &state.others);
    let others: Vec<_> = others.map(|(of, count)| format!("  {count:>5}  {of}\n")).collect();
    if !others.is_empty() {
        out.push_str("\ntypes of the state that palisade does not manage:\n");
        out.extend(others);
    }
    if !summary.imported.is_empty() {
        let dir = args.dir.display();
        out.push_str(&format!(
            "\nnext: `palisade plan {dir}`; `palisade apply {dir}` claims what it shows\n"
        ));
    }
    out
}
