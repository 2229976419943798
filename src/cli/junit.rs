//! JUnit's XML, which GitLab, Jenkins and others show: a test case for every manifest and one for
//! everything that is wrong. What is accepted is a skipped case with the reason.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{diagnostics::relative, validate::Found};
use crate::{
    baseline::Finding,
    manifest::{Origin, Problem},
};

/// What came of a case.
enum Outcome {
    Passed,
    Failed { sort: String, message: String, help: String },
    Skipped(String),
}

struct Case {
    file: String,
    line: u64,
    name: String,
    outcome: Outcome,
}

/// The report of one run.
pub(super) fn report(found: &Found) -> String {
    let cases = cases(found);
    let failures = cases.iter().filter(|it| matches!(it.outcome, Outcome::Failed { .. })).count();
    let skipped = cases.iter().filter(|it| matches!(it.outcome, Outcome::Skipped(_))).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"",
        cases.len()
    );
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"palisade\" {counts}>");
    let _ = writeln!(out, "  <testsuite name=\"palisade validate\" {counts}>");
    for Case { file, line, name, outcome } in &cases {
        let (file, name) = (escape(file), escape(name));
        let head = format!(
            "<testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{line}\""
        );
        let _ = match outcome {
            Outcome::Passed => writeln!(out, "    {head}/>"),
            Outcome::Skipped(why) => {
                writeln!(out, "    {head}><skipped message=\"{}\"/></testcase>", escape(why))
            }
            Outcome::Failed { sort, message, help } => writeln!(
                out,
                "    {head}><failure type=\"{}\" message=\"{}\">{}</failure></testcase>",
                escape(sort),
                escape(message),
                escape(&format!("{file}:{line}: {message}\nhelp: {help}"))
            ),
        };
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn cases(found: &Found) -> Vec<Case> {
    let case = |origin: &Origin, name: String, outcome: Outcome| Case {
        file: relative(&origin.file).display().to_string(),
        line: origin.line,
        name,
        outcome,
    };
    let named = |path: &str| if path.is_empty() { "manifest" } else { path }.to_owned();
    let failed = |sort: &str, it: &Problem| {
        let (message, help) = (it.message.clone(), it.help.clone());
        let outcome = Outcome::Failed { sort: sort.to_owned(), message, help };
        case(&it.origin, named(&it.path), outcome)
    };
    let strict = found.sort_of_warnings() == super::diagnostics::Sort::Error;
    let problems = found.problems.iter().map(|it| failed("problem", it));
    let warnings = found.warnings.iter().map(|it| {
        if strict {
            return failed("warning", it);
        }
        case(&it.origin, named(&it.path), Outcome::Skipped(format!("warning: {}", it.message)))
    });
    let findings = found.findings.iter().map(|it| {
        let name = format!("{} {} {}", it.rule, it.address, it.path);
        case(&it.origin, name, outcome(found, it))
    });
    let bad: BTreeSet<_> =
        found.open().filter(|it| found.fails(it)).map(|finding| &finding.address).collect();
    let good = found.manifests.iter().filter(|(address, _)| !bad.contains(address));
    let good = good.map(|(address, at)| case(at, address.to_string(), Outcome::Passed));
    problems.chain(warnings).chain(findings).chain(good).collect()
}

fn outcome(found: &Found, finding: &Finding) -> Outcome {
    if let Some(why) = &finding.waived {
        return Outcome::Skipped(format!("waived: {why}"));
    }
    if finding.is_off() {
        let reason = finding.switch.as_ref().and_then(|switch| switch.reason.as_deref());
        return Outcome::Skipped(format!("off: {}", reason.unwrap_or_default()));
    }
    if !found.fails(finding) {
        return Outcome::Skipped(format!("finding: {}", finding.message));
    }
    Outcome::Failed {
        sort: format!("{} {}", finding.rule, finding.severity),
        message: finding.message.clone(),
        help: finding.help.to_owned(),
    }
}

/// What XML 1.0 cannot hold at all (section 2.2) becomes a replacement character.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
