//! Logs: one JSON object per line, or readable text on a terminal. Always on stderr: stdout is for
//! data.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

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

/// Starts logging. `verbosity` counts `-v`; `RUST_LOG` takes precedence. The audit log
/// (`palisade::audit`) is on at every level. A closed stderr is ignored.
pub fn init(format: LogFormat, verbosity: u8, quiet: bool) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(directives(verbosity, quiet)));
    let json = match format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let registry = tracing_subscriber::registry().with(filter);
    // A second initialization (in tests) keeps the first.
    let _ = if json {
        let layer = fmt::layer()
            .json()
            .flatten_event(true)
            .log_internal_errors(false)
            .with_writer(std::io::stderr);
        registry.with(layer).try_init()
    } else {
        let ansi = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let layer = fmt::layer()
            .with_target(false)
            .with_ansi(ansi)
            .log_internal_errors(false)
            .with_writer(std::io::stderr);
        registry.with(layer).try_init()
    };
}

/// The filter for a verbosity, in the syntax of `RUST_LOG`.
pub fn directives(verbosity: u8, quiet: bool) -> String {
    let level = match (quiet, verbosity) {
        // Quiet also turns the audit log off.
        (true, _) => return "palisade=error".to_owned(),
        (false, 0) => "palisade=info",
        (false, 1) => "palisade=debug",
        (false, _) => "palisade=trace,aws_smithy_runtime=debug",
    };
    format!("warn,aws_config=error,{level},palisade::audit=info")
}
