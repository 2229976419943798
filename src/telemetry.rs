//! Logs: one JSON object per line, or readable text on a terminal. Always on stderr: stdout is for
//! data. The audit log can have a file of its own.

use std::{
    fs::File,
    io::{self, IsTerminal as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Mutex,
};

use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, fmt, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// The target of the records of the audit log.
const AUDIT: &str = "palisade::audit";

/// The format of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One JSON object per line.
    Json,
    /// Readable text.
    Text,
}

/// Where the audit log goes.
#[derive(Debug)]
pub enum Audit {
    /// Into the log.
    Stderr,
    /// Into a file of its own, at every level and whatever `RUST_LOG` says.
    File(File),
    /// Nowhere.
    None,
}

/// A file for the audit log that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the audit log {} cannot be written: {why}", path.display())]
pub struct NoAuditLog {
    path: PathBuf,
    why: io::Error,
}

/// Opens a file for the audit log, to append to it; a new one is its owner's alone.
///
/// # Errors
/// It cannot be opened: nothing may be changed without the record that was asked for.
pub fn audit_file(path: &Path) -> Result<File, NoAuditLog> {
    let mut options = File::options();
    let opened = options.create(true).append(true).mode(0o600).open(path);
    opened.map_err(|why| NoAuditLog { path: path.to_owned(), why })
}

/// Starts logging. `verbosity` counts `-v`; `RUST_LOG` takes precedence. A closed stderr is
/// ignored.
pub fn init(format: LogFormat, verbosity: u8, quiet: bool, audit: Audit) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        let directives = directives(verbosity, quiet, matches!(audit, Audit::Stderr));
        EnvFilter::new(directives)
    });
    let json = match format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    let log = fmt::layer().log_internal_errors(false).with_writer(io::stderr);
    let log = if json {
        log.json().flatten_event(true).with_filter(filter).boxed()
    } else {
        let ansi = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        log.with_target(false).with_ansi(ansi).with_filter(filter).boxed()
    };
    let audit = match audit {
        Audit::File(file) => {
            let records = fmt::layer().json().flatten_event(true).log_internal_errors(false);
            let is_record = filter_fn(|about| about.target() == AUDIT);
            Some(records.with_writer(Mutex::new(file)).with_filter(is_record))
        }
        Audit::Stderr | Audit::None => None,
    };
    // A second initialization (in tests) keeps the first.
    let _ = tracing_subscriber::registry().with(log).with(audit).try_init();
}

/// The filter for a verbosity, in the syntax of `RUST_LOG`. Records of the audit log are on at
/// every level, if they are in this log.
pub fn directives(verbosity: u8, quiet: bool, audits: bool) -> String {
    let level = match (quiet, verbosity) {
        // Quiet also turns the audit log off.
        (true, _) => {
            return format!("palisade=error,{AUDIT}={}", if audits { "error" } else { "off" });
        }
        (false, 0) => "palisade=info",
        (false, 1) => "palisade=debug",
        (false, _) => "palisade=trace,aws_smithy_runtime=debug",
    };
    let audits = if audits { "info" } else { "off" };
    format!("warn,aws_config=error,{level},{AUDIT}={audits}")
}
