//! `man`: the manual, made from the same texts as `--help`.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::builder::{Resettable, StyledStr};
use clap_mangen::Man;

use super::{EXIT_CODES, Ended, output};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write a page for palisade and one for every command into a directory, such as
    /// /usr/local/share/man/man1
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, command: clap::Command) -> anyhow::Result<Ended> {
    let Some(dir) = &args.out else {
        let page = page(command).context("the manual cannot be made")?;
        output::print(&page)?;
        return Ok(Ended::Done);
    };
    fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let mut pages = vec![("palisade.1".to_owned(), command.clone())];
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        pages.push((format!("palisade-{}.1", verb.get_name()), verb.clone()));
    }
    let count = pages.len();
    for (name, command) in pages {
        let file = dir.join(name);
        let page = page(command).context("the manual cannot be made")?;
        fs::write(&file, page).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    output::note(format_args!("{count} pages in {}", dir.display()));
    Ok(Ended::Done)
}

fn page(command: clap::Command) -> std::io::Result<String> {
    let mut out = Vec::new();
    // What stands below the help has sections of its own.
    let command = command
        .after_help(Resettable::<StyledStr>::Reset)
        .after_long_help(Resettable::<StyledStr>::Reset);
    Man::new(command).render(&mut out)?;
    let mut page = String::from_utf8_lossy(&out).into_owned();
    page.push_str(".SH \"EXIT STATUS\"\n");
    for (code, title, about) in EXIT_CODES {
        page.push_str(&format!(".TP\n\\fB{code}\\fR\n{}. {}\n", roff(title), roff(about)));
    }
    page.push_str(".SH ENVIRONMENT\n");
    for (name, about) in [
        ("PALISADE_…", "Every setting, by the name that its option shows."),
        (
            "AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL",
            "AWS is reached the standard way, with container and instance roles, too.",
        ),
        ("NO_COLOR", "No colors."),
    ] {
        page.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", roff(name), roff(about)));
    }
    page.push_str(".SH FILES\n");
    for (file, about) in [
        (
            "palisade.yaml",
            "The settings, in the working directory (--settings names another file).",
        ),
        ("palisade.brake", "While it exists and is empty nothing is written."),
        ("desired-state", "The directory of manifests, unless another one is named."),
    ] {
        page.push_str(&format!(".TP\n\\fI{}\\fR\n{}\n", roff(file), roff(about)));
    }
    Ok(page)
}

/// A text in which nothing is a request or an escape of roff.
fn roff(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    if escaped.starts_with(['.', '\'']) { format!("\\&{escaped}") } else { escaped }
}
