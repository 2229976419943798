//! `completions`: for the shells that clap supports.

use clap_complete::Shell;

use super::{Ended, output};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &Args, command: &mut clap::Command) -> anyhow::Result<Ended> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "palisade", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Ended::Done)
}
