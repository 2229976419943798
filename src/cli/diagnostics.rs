//! Errors as rustc shows them: the line of the file, the exact part of it that is wrong, why, and
//! the way out.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use annotate_snippets::{AnnotationKind, Level, Origin as Elsewhere, Renderer, Snippet};
use serde::Serialize;

use crate::{
    baseline::{Finding, RuleLevel},
    manifest::{self, Origin, Part, Problem, marked},
};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Nothing is done until it is corrected.
    Error,
    /// A possible mistake.
    Warning,
}

/// One message about one place.
pub(super) struct Diagnostic<'a> {
    pub(super) sort: Sort,
    /// The rule that is broken, if it is one.
    pub(super) rule: Option<&'a str>,
    pub(super) origin: &'a Origin,
    pub(super) part: Part,
    pub(super) path: &'a str,
    pub(super) message: &'a str,
    pub(super) notes: Vec<String>,
    pub(super) help: &'a str,
}

impl<'a> Diagnostic<'a> {
    /// A problem of a manifest.
    pub(super) fn of(problem: &'a Problem, sort: Sort) -> Self {
        let Problem { origin, path, message, help, part } = problem;
        Self { sort, rule: None, origin, part: *part, path, message, notes: Vec::new(), help }
    }

    /// A broken rule of the baseline.
    pub(super) fn of_finding(finding: &'a Finding, sort: Sort) -> Self {
        let Finding { origin, rule, severity, path, message, help, switch, .. } = finding;
        let mut notes = vec![format!("{severity} severity; `palisade explain {rule}`")];
        if let Some(switch) = switch {
            notes.push(match switch.level {
                RuleLevel::Error => "the settings make it an error".to_owned(),
                RuleLevel::Warn | RuleLevel::Off => "the settings make it a warning".to_owned(),
            });
        }
        Self { sort, rule: Some(rule), origin, part: Part::Value, path, message, notes, help }
    }
}

/// A part of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Span {
    /// From 1.
    line: u64,
    /// Of its first character, from 1.
    column: usize,
    /// After its last character.
    pub(super) end_column: usize,
}

impl Span {
    pub(super) fn column(self) -> usize {
        self.column
    }
}

/// The files that messages are about, read when one of them is shown.
#[derive(Default)]
pub(super) struct Sources(BTreeMap<PathBuf, Option<String>>);

impl Sources {
    fn line(&mut self, origin: &Origin) -> Option<&str> {
        // A message about a whole file may be about one that must not be opened.
        let index = usize::try_from(origin.line).ok()?.checked_sub(1)?;
        let file = origin.file.clone();
        let text = self.0.entry(file).or_insert_with(|| manifest::text_of(&origin.file));
        text.as_deref()?.lines().nth(index)
    }

    /// The exact part of a file that a message is about.
    pub(super) fn span(&mut self, origin: &Origin, path: &str, part: Part) -> Option<Span> {
        let line = self.line(origin)?;
        let range = marked(line, origin.column, path, part);
        Some(Span { line: origin.line, column: range.start + 1, end_column: range.end + 1 })
    }

    /// The message in the manner of rustc, with colors.
    pub(super) fn show(&mut self, it: &Diagnostic<'_>) -> String {
        let file = harmless(&it.origin.file.display().to_string());
        let level = match it.sort {
            Sort::Error => Level::ERROR,
            Sort::Warning => Level::WARNING,
        };
        let message = harmless(it.message);
        let title = match it.rule {
            Some(rule) => level.primary_title(message).id(rule.to_owned()),
            None => level.primary_title(message),
        };
        let group = match self.line(it.origin) {
            Some(line) => {
                let range = marked(line, it.origin.column, it.path, it.part);
                let line = harmless(line);
                let place = |at: usize| line.char_indices().nth(at).map_or(line.len(), |it| it.0);
                let mark = AnnotationKind::Primary.span(place(range.start)..place(range.end));
                let mark = if it.path.is_empty() { mark } else { mark.label(harmless(it.path)) };
                let number = usize::try_from(it.origin.line).unwrap_or(usize::MAX);
                title.element(
                    Snippet::source(line.clone()).line_start(number).path(file).annotation(mark),
                )
            }
            None if it.origin.line == 0 => title.element(Elsewhere::path(file)),
            None => {
                let number = usize::try_from(it.origin.line).unwrap_or(usize::MAX);
                let column = usize::try_from(it.origin.column).unwrap_or(1);
                title.element(Elsewhere::path(file).line(number).char_column(column))
            }
        };
        let notes = it.notes.iter().map(|note| Level::NOTE.message(harmless(note)));
        let mut group = group.elements(notes);
        if !it.help.is_empty() {
            group = group.element(Level::HELP.message(harmless(it.help)));
        }
        format!("{}\n", Renderer::styled().render(&[group]))
    }
}

/// One character for another, so that columns stay: nothing in a file may move the cursor, color
/// the terminal, or turn the direction of the text.
fn harmless(text: &str) -> String {
    let safe = |c: char| {
        let invisible = matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        );
        if (c.is_control() && c != '\t') || invisible { '\u{fffd}' } else { c }
    };
    text.chars().map(safe).collect()
}

/// Messages one after another, with an empty line between them.
pub(super) fn show_all<'a>(all: impl IntoIterator<Item = Diagnostic<'a>>) -> String {
    let mut sources = Sources::default();
    all.into_iter().map(|it| format!("{}\n", sources.show(&it))).collect()
}

/// The path of a file as an address relative to the working directory, if it is below it.
pub(super) fn relative(file: &Path) -> PathBuf {
    let plain: PathBuf =
        file.components().filter(|it| *it != std::path::Component::CurDir).collect();
    let here = std::env::current_dir().ok();
    here.and_then(|here| plain.strip_prefix(here).map(Path::to_owned).ok()).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_message_shows_the_line_and_marks_the_exact_value() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.yaml");
        fs::write(&file, "kind: X\nspec: {vpc: vpc-1, typ\u{1b}[31m: Interfaces, more: 1}\n")
            .unwrap();
        let problem = |line, column, path: &str, message: &str| Problem {
            origin: Origin { file: file.clone(), line, column },
            path: path.to_owned(),
            message: message.to_owned(),
            help: "did you mean `Interface`?".to_owned(),
            part: Part::Value,
        };
        let all = [
            problem(2, 20, "spec.type", "unknown variant `Interfaces`"),
            problem(1, 1, "", "in\r\nvented \u{202e}"),
            problem(9, 1, "spec", "the file is shorter now"),
            problem(0, 0, "", "not UTF-8"),
        ];
        let shown = show_all(all.iter().map(|it| Diagnostic::of(it, Sort::Error)));
        let shown = plain(&shown).replace(&dir.path().display().to_string(), "DIR");
        insta::assert_snapshot!(shown);
    }
}
