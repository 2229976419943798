//! `completions`: for the shells that clap supports.

use std::fmt::Write as _;

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
    let script = String::from_utf8_lossy(&script);
    output::print(&match args.shell {
        Shell::Fish => fish(&script, command),
        _ => script.into_owned(),
    })?;
    Ok(Ended::Done)
}

/// What clap's script for fish lacks (tests/shells tries it in a real one): the value of an option
/// that stands before the command, and the words that a command takes without an option.
fn fish(script: &str, command: &clap::Command) -> String {
    let parse = "argparse -s (__fish_palisade_global_optspecs) -- $cmd";
    let silent = "2>/dev/null\n";
    // An option whose value is just being typed has none yet.
    let lenient = format!("{parse} {silent}    or {parse} value {silent}");
    let mut out = script.replace(&format!("{parse} {silent}"), &lenient);
    for verb in command.get_subcommands() {
        for argument in verb.get_positionals() {
            let words = argument.get_possible_values();
            let words: Vec<&str> =
                words.iter().map(clap::builder::PossibleValue::get_name).collect();
            if !words.is_empty() {
                let (name, words) = (verb.get_name(), words.join(" "));
                let when = format!("__fish_palisade_using_subcommand {name}");
                let _ = writeln!(out, "complete -c palisade -n \"{when}\" -f -a \"{words}\"");
            }
        }
    }
    out
}
