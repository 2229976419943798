//! What is not a field: rules, guardrail blocks, metrics, exit codes.

use std::fmt::Write as _;

use crate::{
    baseline::{self, Reach, Rule, guardrails::all as blocks},
    cli::{EXIT_CODES, guardrails, output::HEADING},
    kind::{Audit, LiveRule},
    kinds,
    manifest::did_you_mean,
    status::metrics::{FAMILIES, Family, FamilyKind},
};

/// The page of such a subject; `None` if it is none.
///
/// # Errors
/// It has the form of one and there is no such thing.
pub(super) fn page(subject: &str) -> anyhow::Result<Option<String>> {
    let list = match subject.to_ascii_lowercase().as_str() {
        "rules" => Some(rules()),
        "guardrails" => Some(guardrails::list()),
        "metrics" => Some(metrics()),
        "exit-codes" => Some(exit_codes(&EXIT_CODES)),
        _ => None,
    };
    if list.is_some() {
        return Ok(list);
    }
    if let Some(rule) = baseline::rule(subject) {
        return Ok(Some(rule_page(rule)));
    }
    let live = audits().into_iter().flat_map(|audit| audit.rules.iter().map(move |it| (audit, it)));
    if let Some((audit, rule)) =
        live.into_iter().find(|(_, it)| it.id.eq_ignore_ascii_case(subject))
    {
        return Ok(Some(live_rule_page(audit, rule)));
    }
    if blocks().iter().any(|block| block.name == subject) || subject.contains('/') {
        return guardrails::page(subject).map(Some);
    }
    if subject.starts_with("palisade_") {
        return metric(subject).map(Some);
    }
    if let Ok(code) = subject.parse::<u8>() {
        let found: Vec<_> = EXIT_CODES.into_iter().filter(|(it, ..)| *it == code).collect();
        anyhow::ensure!(
            !found.is_empty(),
            "no command ends with {code}; {}",
            exit_codes_in_a_line()
        );
        return Ok(Some(exit_codes(&found)));
    }
    Ok(None)
}

fn exit_codes(codes: &[(u8, &str, &str)]) -> String {
    let mut out = format!("{HEADING}EXIT CODES{HEADING:#}\n");
    for (code, title, about) in codes {
        let _ = writeln!(out, "  {HEADING}{code:>2}{HEADING:#}  {title}\n      {about}");
    }
    out
}

fn exit_codes_in_a_line() -> String {
    let codes: Vec<String> = EXIT_CODES.iter().map(|(code, ..)| code.to_string()).collect();
    format!("exit codes: {}", codes.join(", "))
}

fn metrics() -> String {
    let mut out = format!("{HEADING}METRICS{HEADING:#}\n");
    for Family { name, kind, help, .. } in FAMILIES {
        let _ = writeln!(out, "  {HEADING}{name}{HEADING:#}  <{}>\n      {help}", kind.as_str());
    }
    out
}

fn metric(name: &str) -> anyhow::Result<String> {
    // A histogram is three series.
    let series = |family: &&Family| {
        family.name == name
            || matches!(family.kind, FamilyKind::Histogram)
                && name
                    .strip_prefix(family.name)
                    .is_some_and(|end| matches!(end, "_bucket" | "_sum" | "_count"))
    };
    let Some(Family { name, kind, help, labels }) = FAMILIES.iter().find(series) else {
        let near = did_you_mean(name, FAMILIES.iter().map(|family| family.name));
        let near = near.map_or_else(
            || "`palisade explain metrics` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        anyhow::bail!("there is no metric `{name}`; {near}");
    };
    let mut out = format!("{HEADING}{name}{HEADING:#}  <{}>\n  {help}\n", kind.as_str());
    if !labels.is_empty() {
        let _ = writeln!(out, "\n{HEADING}LABELS{HEADING:#}\n  {}", labels.join(", "));
    }
    if matches!(kind, FamilyKind::Histogram) {
        let _ = writeln!(
            out,
            "\n{HEADING}SERIES{HEADING:#}\n  {name}_bucket, {name}_sum, {name}_count"
        );
    }
    Ok(out)
}

/// The audits of all kinds, each once.
fn audits() -> Vec<&'static Audit> {
    let mut all: Vec<&Audit> = Vec::new();
    for audit in kinds::registry().iter().filter_map(|kind| kind.doctor().audit) {
        if all.iter().all(|it| it.about != audit.about) {
            all.push(audit);
        }
    }
    all
}

/// Every rule of the baseline and of the audits, one line each.
fn rules() -> String {
    let mut out = String::new();
    let mut kind = "";
    for rule in baseline::rules() {
        if rule.kind != kind {
            let gap = if kind.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{HEADING}{}{HEADING:#}", rule.kind);
            kind = rule.kind;
        }
        let _ = writeln!(out, "  {:<7} {:<9} {}", rule.id, rule.severity, rule.title);
    }
    for audit in audits() {
        let _ = writeln!(out, "\n{HEADING}live: {}{HEADING:#}", audit.about);
        for rule in audit.rules {
            let _ = writeln!(out, "  {:<7} {:<9} {}", rule.id, rule.severity, rule.title);
        }
    }
    out
}

/// A rule about what is live, which no manifest can waive.
fn live_rule_page(audit: &Audit, rule: &LiveRule) -> String {
    let LiveRule { id, severity, title, why, source, help } = rule;
    let about = audit.about;
    format!(
        "{HEADING}{id}{HEADING:#}  <{severity}, live>\n  {title}.\n\n  {why}\n\n\
         {HEADING}WAY OUT{HEADING:#}\n  {help}\n\n\
         {HEADING}FOUND{HEADING:#}\n  by the audit of {about}, never corrected: on the status \
         page, in the metrics and by `palisade validate --live`\n\n\
         {HEADING}SOURCE{HEADING:#}\n  {source}\n"
    )
}

fn rule_page(rule: &Rule) -> String {
    let Rule { id, severity, kind, title, why, source, help, reach, .. } = rule;
    let whose = match reach {
        Reach::Manifest => "in the manifest that breaks it",
        Reach::Scope => "in any manifest of the kind in the scope",
    };
    format!(
        "{HEADING}{id}{HEADING:#}  <{severity}, {kind}>\n  {title}.\n\n  {why}\n\n\
         {HEADING}WAY OUT{HEADING:#}\n  {help}\n\n\
         {HEADING}WAIVE{HEADING:#}\n  {whose}:\n  lifecycle: {{waive: {{{id}: \"why it may be \
         broken here\"}}}}\n\n\
         {HEADING}SWITCH{HEADING:#}\n  for the whole installation, in palisade.yaml (off, warn or \
         error):\n  rules: {{{id}: {{level: off, reason: \"why it does not concern it\"}}}}\n\n\
         {HEADING}SOURCE{HEADING:#}\n  {source}\n"
    )
}
