//! Annotations for GitHub Actions, as documented for workflow commands.

use std::fmt::Write as _;

use super::diagnostics::{Sort, relative};
use crate::manifest::Origin;

/// One annotation, on one line.
pub(super) fn annotation(
    sort: Sort,
    origin: &Origin,
    title: &str,
    message: &str,
    help: Option<&str>,
) -> String {
    let level = match sort {
        Sort::Error => "error",
        Sort::Warning => "warning",
    };
    let file = relative(&origin.file).display().to_string();
    let mut out = format!("::{level} file={}", property(&file));
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

/// Escapes everything that would end the line, or be read as an escape.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// In a property also what ends it.
fn property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_is_one_line_that_nothing_in_it_can_end() {
        let at = |file: &str, line| Origin { file: file.into(), line, column: 7 };
        let lines = [
            annotation(Sort::Error, &at("a,b.yaml", 0), "", "not UTF-8", None),
            annotation(
                Sort::Warning,
                &at("ml/groups.yaml", 8),
                "SG-01 high",
                "spec.ingress[1]: lets in 100%\n::error::forged",
                Some("name the networks"),
            ),
        ];
        insta::assert_snapshot!(lines.concat(), @r"
        ::error file=a%2Cb.yaml::not UTF-8
        ::warning file=ml/groups.yaml,line=8,col=7,title=SG-01 high::spec.ingress[1]: lets in 100%25%0A::error::forged%0Ahelp: name the networks
        ");
    }
}
