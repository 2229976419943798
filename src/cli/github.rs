//! Annotations for GitHub Actions, as its documentation of workflow commands describes them.

use std::fmt::Write as _;

use crate::manifest::Origin;

/// How an annotation is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Error,
    Warning,
}

/// One annotation, a line.
pub(super) fn annotation(
    level: Level,
    origin: &Origin,
    title: &str,
    message: &str,
    help: Option<&str>,
) -> String {
    let level = match level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let mut out = format!("::{level} file={}", property(&origin.file.display().to_string()));
    if origin.line > 0 {
        let _ = write!(out, ",line={},col={}", origin.line, origin.column);
    }
    if !title.is_empty() {
        let _ = write!(out, ",title={}", property(title));
    }
    let help = help.map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let _ = writeln!(out, "::{}", escape(&format!("{message}{help}")));
    out
}

/// What would end the line, or be read as an escape.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// In a property also what ends it.
fn property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
