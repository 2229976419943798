//! `init`: a repository to start from: settings, a secure baseline, pull-request checks, and the
//! roles that palisade needs.

mod answers;
mod files;
mod roles;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use ipnet::Ipv4Net;

use self::answers::Answers;
use super::{Ended, output};
use crate::settings::{Overrides, Settings};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The directory of the new repository; files that are there are never overwritten
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// An account that palisade manages; may be repeated. What is missing is asked on a terminal
    #[arg(long, value_name = "ID")]
    account: Vec<String>,
    /// A Region, for every account; may be repeated
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
    /// The name of the scope, if it is only one, or of the set; several scopes are named after
    /// account and Region
    #[arg(long, value_name = "NAME", default_value = "ml")]
    scope: String,
    /// The VPC of the platform: its id or a tag of it if it exists, or `new`
    #[arg(long, value_name = "ID|KEY=VALUE|new")]
    vpc: Option<String>,
    /// A tag of the private subnets and of their route tables, if they exist
    #[arg(long, value_name = "KEY=VALUE")]
    subnets: Option<String>,
    /// The addresses of a new VPC; those of further accounts and Regions follow it
    #[arg(long, value_name = "CIDR", default_value = "10.64.0.0/16")]
    block: Ipv4Net,
    /// The organization's management account, for the guardrails; without it there are none
    #[arg(long, value_name = "ID")]
    management_account: Option<String>,
    /// Where the guardrails of SageMaker are attached: `root`, a unit by its path
    /// (`ou:/Workloads`), or an id. Without --account palisade manages all accounts below it, as a
    /// set that follows the organization. The default is `root`
    #[arg(long, value_name = "TARGET")]
    unit: Option<String>,
    /// The name of palisade's role in every account
    #[arg(long, value_name = "NAME", default_value = "palisade")]
    role: String,
    /// Without a Studio domain
    #[arg(long)]
    no_studio: bool,
}

pub(super) fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let answers = Answers::of(overrides, args)?;
    let text = files::settings(&answers);
    // What the settings refuse is refused before anything is written.
    let mut settings = Settings::parse(&text, &Overrides::default()).context("settings")?;
    settings.assume_accounts().context("settings")?;
    let mut all = files::all(&answers, text)?;
    all.extend(roles::templates(&answers, &settings, &all)?);
    let there: Vec<String> = all
        .iter()
        .map(|file| args.dir.join(&file.path))
        .filter(|path| fs::symlink_metadata(path).is_ok())
        .map(|path| path.display().to_string())
        .collect();
    if !there.is_empty() {
        anyhow::bail!(
            "nothing was written, because these files exist already: {}; name an empty directory",
            there.join(", ")
        );
    }
    for file in &all {
        write(&args.dir.join(&file.path), &file.text)?;
    }
    output::print(&said(&args.dir, &answers, all.len()))?;
    Ok(Ended::Done)
}

/// Writes a new file; one that has appeared meanwhile stays.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let failed = || format!("{} cannot be written", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(failed)?;
    }
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).open(path).with_context(failed)?;
    file.write_all(text.as_bytes()).with_context(failed)
}

fn said(dir: &Path, answers: &Answers, count: usize) -> String {
    let dir = dir.display();
    let role = &answers.role;
    format!(
        "{count} files in {dir}. Next, there:\n  \
         1. create the role `{role}` in every account: roles/ has a template for each\n  \
         2. palisade validate --strict\n  \
         3. palisade doctor\n  \
         4. palisade plan\n"
    )
}

/// Writes a repository for the accounts and the network of the simulator's example.
#[cfg(test)]
pub(super) fn of_the_example(dir: &Path) {
    use crate::simulator::example::{MANAGEMENT_ACCOUNT, ML_ACCOUNT, REGION};
    let args = Args {
        dir: dir.to_owned(),
        account: vec![ML_ACCOUNT.to_owned()],
        region: vec![REGION.to_owned()],
        scope: "ml-prod".to_owned(),
        vpc: Some("Name=ml".to_owned()),
        subnets: Some("tier=private".to_owned()),
        block: Ipv4Net::new([10, 64, 0, 0].into(), 16).unwrap(),
        management_account: Some(MANAGEMENT_ACCOUNT.to_owned()),
        unit: Some("ou:/Workloads/ML".to_owned()),
        role: "palisade".to_owned(),
        no_studio: false,
    };
    let overrides = Overrides { owner: Some("palisade-demo".to_owned()), ..Overrides::default() };
    run(&overrides, &args).unwrap();
}
