//! Data on stdout, in the requested format.

use std::{io::Write as _, path::PathBuf};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

/// The default directory of manifests.
pub(super) const DEFAULT_DIR: &str = "desired-state";
/// The style of the word `error:`.
pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Success.
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
/// Something to look at.
pub(super) const NOTE: Style = AnsiColor::Yellow.on_default();
/// Headings.
pub(super) const HEADING: Style = Style::new().bold();

/// The format of data on stdout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// JSON, with a schema version where it is a document of its own.
    Json,
    /// YAML.
    Yaml,
}

/// The directory argument of `plan`, `apply`, `run` and `validate`.
#[derive(Debug, Clone, clap::Args)]
pub struct Directory {
    /// Directory of manifests: all .yaml, .yml and .json files below it
    #[arg(value_name = "DIR", default_value = DEFAULT_DIR)]
    pub dir: PathBuf,
}

/// Prints data; `text` is only called if it is needed. A closed stdout is not an error.
pub(super) fn data<T: Serialize>(
    format: Format,
    value: &T,
    text: impl FnOnce() -> String,
) -> anyhow::Result<()> {
    let out = match format {
        Format::Text => text(),
        Format::Json => format!("{}\n", serde_json::to_string_pretty(value)?),
        Format::Yaml => yaml(value)?,
    };
    print(&out)
}

/// Data as YAML.
pub(super) fn yaml<T: Serialize>(value: &T) -> anyhow::Result<String> {
    Ok(serde_yaml::to_string(value)?)
}

/// Prints text to stdout; colors are removed where they are not supported.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints a line for people to stderr. A closed stderr is ignored.
pub(super) fn note(text: impl std::fmt::Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
