//! `completions`: for the shells that clap knows.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Ended;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[expect(clippy::unnecessary_wraps, reason = "the form of every verb")]
pub(super) fn run<C: CommandFactory>(args: &Args) -> anyhow::Result<Ended> {
    let mut command = C::command();
    clap_complete::generate(args.shell, &mut command, "palisade", &mut std::io::stdout());
    Ok(Ended::Done)
}
