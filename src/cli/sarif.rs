//! SARIF 2.1.0 (OASIS), as GitHub's code scanning and others read it. Every rule of the baseline is
//! listed, what a manifest waives or the settings switch off is a suppressed result, and what is
//! wrong with a manifest itself has rules of its own.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    diagnostics::{Sort, Sources, relative},
    validate::Found,
};
use crate::{
    baseline::{self, Finding, Rule, RuleLevel, Severity},
    manifest::{Origin, Part, Problem},
    plan::fingerprint,
};

/// The rule of problems.
const INVALID: &str = "manifest";
/// The rule of warnings.
const DOUBTFUL: &str = "manifest-warning";

/// The log of one run.
pub(super) fn log(found: &Found) -> String {
    let rules: Vec<Value> = own_rules().into_iter().chain(baseline::rules().map(rule)).collect();
    let mut results = Results { rules: &rules, sources: Sources::default(), all: Vec::new() };
    for problem in &found.problems {
        results.problem(INVALID, Sort::Error, problem);
    }
    for warning in &found.warnings {
        results.problem(DOUBTFUL, found.sort_of_warnings(), warning);
    }
    for finding in &found.findings {
        results.finding(finding);
    }
    let results = results.all;
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "palisade",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules
            }},
            "columnKind": "unicodeCodePoints",
            "results": results
        }]
    });
    format!("{log:#}\n")
}

fn own_rules() -> [Value; 2] {
    let own = |id: &str, short: &str, full: &str, level: &str| {
        json!({
            "id": id,
            "shortDescription": {"text": short},
            "fullDescription": {"text": full},
            "help": {"text": "`palisade explain` shows every kind and its fields"},
            "defaultConfiguration": {"level": level},
            "properties": {"tags": ["correctness"]}
        })
    };
    let invalid = "One invalid document, and nothing of the directory is used.";
    let doubtful = "The directory is used all the same.";
    [
        own(INVALID, "A manifest is invalid", invalid, "error"),
        own(DOUBTFUL, "A possible mistake", doubtful, "warning"),
    ]
}

fn rule(rule: &Rule) -> Value {
    let Rule { id, severity, kind, title, why, source, help, .. } = rule;
    json!({
        "id": id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": why},
        "help": {"text": format!("{help}\n\nSource: {source}")},
        "defaultConfiguration": {"level": level(*severity)},
        "properties": {
            "tags": ["security", kind],
            "precision": "high",
            "security-severity": security_severity(*severity)
        }
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// In the ranges that GitHub documents (SARIF support for code scanning): over 9.0 critical, 7.0 to
/// 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
    }
}

struct Results<'a> {
    rules: &'a [Value],
    sources: Sources,
    all: Vec<Value>,
}

impl Results<'_> {
    fn problem(&mut self, rule: &str, sort: Sort, problem: &Problem) {
        let Problem { origin, path, message, help, part } = problem;
        let level = match sort {
            Sort::Error => "error",
            Sort::Warning => "warning",
        };
        let text = if path.is_empty() { message.clone() } else { format!("{path}: {message}") };
        let place = self.location(origin, path, *part);
        // The line may move; the file and the field say which one it is.
        let same = format!("{rule} {} {path} {message}", origin.file.display());
        self.add(rule, level, &format!("{text}\n{help}"), place, &same, Vec::new());
    }

    fn finding(&mut self, finding: &Finding) {
        let Finding { origin, rule, severity, address, path, message, help, .. } = finding;
        let level = match finding.level() {
            Some(RuleLevel::Error) => "error",
            Some(RuleLevel::Warn) => "warning",
            Some(RuleLevel::Off) | None => level(*severity),
        };
        let mut place = self.location(origin, path, Part::Value);
        place["logicalLocations"] =
            json!([{"fullyQualifiedName": address.to_string(), "kind": "resource"}]);
        let waived = finding.waived.iter();
        let waived = waived.map(|why| json!({"kind": "inSource", "justification": why}));
        let off = finding.switch.iter().filter(|switch| switch.level == RuleLevel::Off);
        let off = off.map(|it| json!({"kind": "external", "justification": it.reason}));
        let accepted = waived.chain(off).collect();
        let same = format!("{rule} {address} {path}");
        let text = format!("{path}: {message}\n{help}");
        self.add(rule, level, &text, place, &same, accepted);
    }

    fn add(
        &mut self,
        rule: &str,
        level: &str,
        text: &str,
        place: Value,
        same: &str,
        accepted: Vec<Value>,
    ) {
        let index = self.rules.iter().position(|it| it["id"] == rule);
        self.all.push(json!({
            "ruleId": rule,
            "ruleIndex": index,
            "level": level,
            "message": {"text": text},
            "locations": [place],
            "partialFingerprints": {"palisade/v1": fingerprint(same)},
            "suppressions": accepted
        }));
    }

    fn location(&mut self, origin: &Origin, path: &str, part: Part) -> Value {
        let mut physical = json!({"artifactLocation": artifact(&origin.file)});
        if origin.line > 0 {
            physical["region"] = match self.sources.span(origin, path, part) {
                Some(span) => json!({
                    "startLine": origin.line,
                    "startColumn": span.column(),
                    "endColumn": span.end_column
                }),
                None => json!({"startLine": origin.line, "startColumn": origin.column.max(1)}),
            };
        }
        json!({"physicalLocation": physical})
    }
}

/// The file as a URI: relative to the root of the sources, if it is below the working directory.
fn artifact(file: &Path) -> Value {
    let file = relative(file);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    let uri: String = file
        .display()
        .to_string()
        .bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    if file.is_absolute() {
        json!({"uri": format!("file://{uri}")})
    } else {
        json!({"uri": uri, "uriBaseId": "%SRCROOT%"})
    }
}
