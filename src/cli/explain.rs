//! `explain`: a kind's fields in the terminal, like `kubectl explain`.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::Value;

use super::{
    Ended,
    output::{self, HEADING},
    schema,
};
use crate::{
    baseline::{self, Reach, Rule},
    kind::{Audit, LiveRule},
    kinds,
    manifest::{APPROVAL, APPROVAL_ABOUT, ApprovalSpec, Lifecycle, Metadata},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A kind, or a field of it: `SecurityGroup`, `sg.ingress.ports`; `metadata`, `lifecycle`;
    /// `rules`, or a rule: `SG-01`
    #[arg(value_name = "KIND[.FIELD…]|RULE")]
    path: Option<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ended> {
    let registry = kinds::registry();
    let Some(path) = &args.path else {
        let mut out = format!("{HEADING}KINDS{HEADING:#}\n");
        for kind in registry.iter() {
            let profile = kind.profile();
            let _ = writeln!(out, "  {:<22} {:<5} {}", profile.name, profile.short, profile.about);
        }
        let about = "Approval of one held step of a plan";
        let _ = writeln!(out, "  {APPROVAL:<22} {:<5} {about}", "");
        let _ = writeln!(
            out,
            "\n`palisade explain metadata` and `palisade explain lifecycle` show the fields that \
             every manifest has."
        );
        let _ = writeln!(out, "`palisade explain rules` lists the rules of the secure baseline.");
        output::print(&out)?;
        return Ok(Ended::Done);
    };
    if path.eq_ignore_ascii_case("rules") {
        output::print(&rules(&registry))?;
        return Ok(Ended::Done);
    }
    if let Some(rule) = baseline::rule(path) {
        output::print(&rule_page(rule))?;
        return Ok(Ended::Done);
    }
    let mut live = audits(&registry)
        .into_iter()
        .flat_map(|audit| audit.rules.iter().map(move |rule| (audit, rule)));
    if let Some((audit, rule)) = live.find(|(_, it)| it.id.eq_ignore_ascii_case(path)) {
        output::print(&live_rule_page(audit, rule))?;
        return Ok(Ended::Done);
    }
    let Subject { mut walked, about, root, rest } = subject(&registry, path)?;
    let mut at = resolve(&root, &root);
    for part in rest {
        let fields = fields(&root, at);
        at = fields
            .iter()
            .find(|(name, _)| name == part)
            .map(|(_, field)| resolve(&root, field))
            .with_context(|| {
            let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
            format!("{walked} has no field `{part}`; fields: {}", names.join(", "))
        })?;
        let _ = write!(walked, ".{part}");
    }
    output::print(&page(&walked, about, &root, at))?;
    Ok(Ended::Done)
}

/// The subject of a path.
struct Subject<'a> {
    /// The part of the path that names it.
    walked: String,
    about: &'static str,
    root: Value,
    /// The fields below it.
    rest: Vec<&'a str>,
}

/// A kind, or what all manifests have in common: `metadata` and `lifecycle`, of a kind or by
/// themselves.
fn subject<'a>(registry: &kinds::Registry, path: &'a str) -> anyhow::Result<Subject<'a>> {
    // Problems use paths such as `ingress[0].from`; accept those as well.
    let names = path.split('.').map(|part| part.split('[').next().unwrap_or_default());
    let mut parts: Vec<&str> = names.filter(|part| *part != "spec").collect();
    if parts.len() > 1 && ["metadata", "lifecycle"].contains(&parts[1]) {
        if !parts[0].eq_ignore_ascii_case(APPROVAL) {
            schema::find(registry, parts[0])?;
        }
        parts.remove(0);
    }
    let first = parts.first().copied().unwrap_or_default();
    let common = match first.to_ascii_lowercase().as_str() {
        "metadata" => Some(("metadata", "What identifies a manifest.", schema::part::<Metadata>())),
        "lifecycle" => Some((
            "lifecycle",
            "How a resource lives; may be left out.",
            schema::part::<Lifecycle>(),
        )),
        "approval" => Some((APPROVAL, APPROVAL_ABOUT, schema::part::<ApprovalSpec>())),
        _ => None,
    };
    let (walked, about, root) = if let Some(found) = common {
        found
    } else {
        let kind = schema::find(registry, first)?;
        (kind.profile().name, kind.profile().about, kind.spec_schema().to_value())
    };
    Ok(Subject { walked: walked.to_owned(), about, root, rest: parts.split_off(1) })
}

/// The audits of all kinds, each once.
fn audits(registry: &kinds::Registry) -> Vec<&'static Audit> {
    let mut all: Vec<&Audit> = Vec::new();
    for audit in registry.iter().filter_map(|kind| kind.doctor().audit) {
        if all.iter().all(|it| it.about != audit.about) {
            all.push(audit);
        }
    }
    all
}

/// Every rule of the baseline and of the audits, one line each.
fn rules(registry: &kinds::Registry) -> String {
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
    for audit in audits(registry) {
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
         {HEADING}SOURCE{HEADING:#}\n  {source}\n"
    )
}

fn page(title: &str, about: &str, root: &Value, at: &Value) -> String {
    let mut out = format!("{HEADING}{title}{HEADING:#}  <{}>\n", type_name(root, at));
    if !title.contains('.') {
        let _ = writeln!(out, "  {about}");
    }
    paragraph(&mut out, "  ", at);
    let fields = fields(root, at);
    if !fields.is_empty() {
        let _ = writeln!(out, "\n{HEADING}FIELDS{HEADING:#}");
    }
    let required: Vec<&str> = at["required"]
        .as_array()
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (name, field) in fields {
        let mark = if required.contains(&name.as_str()) { ", required" } else { "" };
        let _ = writeln!(out, "  {HEADING}{name}{HEADING:#}  <{}{mark}>", type_name(root, field));
        // A field's own description takes precedence over that of its type.
        let described = if field["description"].is_string() { field } else { resolve(root, field) };
        paragraph(&mut out, "      ", described);
    }
    out
}

fn paragraph(out: &mut String, indent: &str, schema: &Value) {
    for line in schema["description"].as_str().unwrap_or_default().lines() {
        let _ = writeln!(out, "{}", format!("{indent}{line}").trim_end());
    }
}

/// Follows `$ref`, nullable types and lists to the schema that has fields.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return resolve(root, &root["definitions"][name]);
    }
    if let [only] = schema["allOf"].as_array().map_or(&[][..], Vec::as_slice) {
        return resolve(root, only);
    }
    let choices = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    let solid: Vec<_> =
        choices.into_iter().flatten().filter(|choice| choice["type"] != "null").collect();
    match solid[..] {
        [only] => resolve(root, only),
        _ => schema,
    }
}

fn fields<'a>(root: &'a Value, schema: &'a Value) -> Vec<(String, &'a Value)> {
    let schema = resolve(root, schema);
    if let Some(map) = schema["properties"].as_object() {
        return map.iter().map(|(name, field)| (name.clone(), field)).collect();
    }
    if schema["items"].is_object() { fields(root, &schema["items"]) } else { Vec::new() }
}

fn type_name(root: &Value, schema: &Value) -> String {
    let schema = resolve(root, schema);
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        return words.join("|");
    }
    if let Some(choices) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        let mut names: Vec<_> = choices
            .iter()
            .filter(|choice| choice["type"] != "null")
            .map(|choice| {
                choice["const"].as_str().map_or_else(|| type_name(root, choice), str::to_owned)
            })
            .collect();
        names.dedup();
        return names.join("|");
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => {
            format!("[]{}", type_name(root, &schema["items"]))
        }
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            let names: Vec<_> =
                names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect();
            names.join("|")
        }
        _ => "any".to_owned(),
    }
}
