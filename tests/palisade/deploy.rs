//! What is under `deploy/` speaks of metrics, alerts and sections that exist.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what is missing must fail the test")]

use std::{collections::BTreeSet, fs, path::Path};

use palisade::status::metrics::{FAMILIES, Family, FamilyKind, Metrics};
use serde_json::Value;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&read(path)).unwrap()
}

fn dashboard() -> Value {
    serde_json::from_str(&read("grafana/palisade.json")).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Every rule, recording and alerting.
fn rules() -> Vec<Value> {
    let groups = yaml("prometheus/palisade.rules.yaml")["groups"].as_array().unwrap().clone();
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

fn alerts() -> Vec<Value> {
    rules().into_iter().filter(|rule| rule.get("alert").is_some()).collect()
}

/// All values under a key, at any depth.
fn under<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                if name == key {
                    found.push(inner);
                }
                under(inner, key, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| under(inner, key, found)),
        _ => {}
    }
}

fn dashboard_expressions() -> Vec<String> {
    let dashboard = dashboard();
    let mut found = Vec::new();
    for key in ["expr", "definition"] {
        under(&dashboard, key, &mut found);
    }
    found.into_iter().map(|expr| text(expr).to_owned()).collect()
}

/// The metrics of an expression, each with the labels of its selector.
fn metrics(expr: &str) -> Vec<(String, Vec<String>)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut found = Vec::new();
    let mut rest = expr;
    while let Some(at) = rest.find("palisade") {
        let inside_text = at > 0 && rest[..at].ends_with('"');
        let tail = &rest[at..];
        let end = tail.find(|c| !is_name(c)).unwrap_or(tail.len());
        let (name, after) = tail.split_at(end);
        rest = after;
        if inside_text || !name.contains(['_', ':']) {
            continue;
        }
        let labels = match after.strip_prefix('{') {
            None => Vec::new(),
            Some(selector) => labels(selector.split('}').next().unwrap()),
        };
        found.push((name.to_owned(), labels));
    }
    found
}

fn labels(selector: &str) -> Vec<String> {
    selector
        .split(", ")
        .flat_map(|part| part.split(','))
        .filter_map(|matcher| matcher.split(['=', '!']).next())
        .map(|label| label.trim().to_owned())
        .filter(|label| !label.is_empty())
        .collect()
}

/// The family that exports a series of this name.
fn family(series: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| match family.kind {
        FamilyKind::Histogram => series
            .strip_prefix(family.name)
            .is_some_and(|end| matches!(end, "_bucket" | "_sum" | "_count")),
        FamilyKind::Counter | FamilyKind::Gauge => family.name == series,
    })
}

fn assert_exported(expr: &str, recorded: &BTreeSet<String>) {
    let named = metrics(expr);
    for (name, labels) in named {
        if recorded.contains(&name) {
            continue;
        }
        let family =
            family(&name).unwrap_or_else(|| panic!("{name} is exported by nobody: {expr}"));
        for label in labels {
            let known = family.labels.contains(&label.as_str())
                || matches!(label.as_str(), "job" | "instance");
            assert!(known, "{name} has no label {label}: {expr}");
        }
    }
}

#[test]
fn a_metric_and_its_labels_are_found_in_an_expression() {
    let found = metrics(
        r#"sum(rate(palisade_x_total{job="palisade",kind=~"$kind"}[5m])) or palisade:y:z > 1"#,
    );
    let x = ("palisade_x_total".to_owned(), vec!["job".to_owned(), "kind".to_owned()]);
    assert_eq!(found, [x, ("palisade:y:z".to_owned(), Vec::new())]);
}

#[test]
fn the_dashboard_names_only_metrics_and_labels_that_palisade_exports() {
    let expressions = dashboard_expressions();
    assert!(expressions.len() > 30, "{}", expressions.len());
    for expr in expressions {
        assert!(!metrics(&expr).is_empty(), "{expr}");
        assert_exported(&expr, &BTreeSet::new());
    }
}

#[test]
fn the_dashboard_can_be_imported_anywhere() {
    let dashboard = dashboard();
    assert_eq!(dashboard["id"], Value::Null);
    assert_eq!(dashboard["uid"], "palisade");
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    assert!(variables.iter().any(|v| v["name"] == "datasource" && v["type"] == "datasource"));
    let ids: Vec<_> = dashboard["panels"].as_array().unwrap().iter().map(|p| &p["id"]).collect();
    let different: BTreeSet<_> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(ids.len(), different.len(), "panel ids are unique");
    let mut sources = Vec::new();
    under(&dashboard, "datasource", &mut sources);
    for source in sources {
        let uid = text(&source["uid"]);
        assert!(matches!(uid, "${datasource}" | "-- Grafana --"), "{uid}");
    }
    for expr in dashboard_expressions() {
        for function in ["rate(", "increase("] {
            let ranged = expr.contains("$__rate_interval]") || expr.contains("$__range]");
            assert!(!expr.contains(function) || ranged, "{expr}");
        }
    }
}

#[test]
fn the_rules_name_only_metrics_and_labels_that_palisade_exports() {
    let rules = rules();
    let recorded: BTreeSet<String> =
        rules.iter().filter_map(|rule| Some(rule.get("record")?.as_str()?.to_owned())).collect();
    for rule in &rules {
        assert_exported(text(&rule["expr"]), &recorded);
    }
}

#[test]
fn every_alert_says_how_bad_it_is_and_leads_to_a_section_of_the_runbook() {
    let runbook = read("runbook.md");
    let anchors: BTreeSet<String> = runbook
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|title| title.to_lowercase().replace(' ', "-"))
        .collect();
    let alerts = alerts();
    assert!(alerts.len() >= 15);
    for alert in &alerts {
        let name = text(&alert["alert"]);
        let severity = text(&alert["labels"]["severity"]);
        assert!(matches!(severity, "critical" | "warning" | "info"), "{name}: {severity}");
        for annotation in ["summary", "description"] {
            assert!(!text(&alert["annotations"][annotation]).is_empty(), "{name}: {annotation}");
        }
        let url = text(&alert["annotations"]["runbook_url"]);
        let (page, anchor) = url.split_once('#').unwrap();
        assert!(page.ends_with("/deploy/runbook.md"), "{url}");
        assert!(anchors.contains(anchor), "{name}: no section #{anchor}");
        assert_eq!(anchor, name.to_lowercase());
    }
    assert_eq!(anchors.len(), alerts.len(), "each section of the runbook belongs to an alert");
}

#[test]
fn links_inside_the_runbook_lead_to_its_sections() {
    let runbook = read("runbook.md");
    for link in runbook.split("](#").skip(1) {
        let anchor = link.split(')').next().unwrap();
        let title = |line: &str| line.strip_prefix("## ").map(str::to_lowercase);
        assert!(runbook.lines().filter_map(title).any(|it| it == anchor), "#{anchor}");
    }
}

#[test]
fn every_alert_is_tested_firing_and_not_firing() {
    let tests = yaml("prometheus/palisade.rules.test.yaml")["tests"].as_array().unwrap().clone();
    let mut fires = BTreeSet::new();
    let mut silent = BTreeSet::new();
    for test in tests.iter().flat_map(|test| test["alert_rule_test"].as_array().unwrap()) {
        let expected = test["exp_alerts"].as_array().unwrap();
        let set = if expected.is_empty() { &mut silent } else { &mut fires };
        set.insert(text(&test["alertname"]).to_owned());
    }
    let names: BTreeSet<String> =
        alerts().iter().map(|alert| text(&alert["alert"]).to_owned()).collect();
    assert_eq!(fires, names);
    assert_eq!(silent, names);
}

#[test]
fn the_reference_lists_exactly_the_families() {
    let reference = read("metrics.md");
    let rows: Vec<&str> = reference.lines().filter(|line| line.starts_with("| `")).collect();
    let expected: Vec<String> = FAMILIES
        .iter()
        .map(|Family { name, kind, help, labels }| {
            let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
            format!("| `{name}` | {} | {} | {help} |", kind.as_str(), labels.join(", "))
        })
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn the_exposition_has_no_family_that_the_reference_leaves_out() {
    let exposition = Metrics::new().unwrap().text().unwrap();
    for line in exposition.lines().filter_map(|line| line.strip_prefix("# TYPE palisade_")) {
        let (name, kind) = line.split_once(' ').unwrap();
        let name = format!("palisade_{name}");
        let family = FAMILIES.iter().find(|family| family.name == name).unwrap();
        assert_eq!(family.kind.as_str(), kind, "{name}");
    }
}

/// The flags of every `palisade VERB …` in a text, by verb.
fn commands(text: &str) -> Vec<(String, Vec<String>)> {
    let words = |line: &str| -> Vec<String> {
        line.split(|c: char| c.is_whitespace() || "\"()".contains(c)).map(str::to_owned).collect()
    };
    let mut found = Vec::new();
    let prose = |line: &&str| {
        let line = line.trim_start().trim_start_matches("- ");
        ["#", "name:", "description:"].iter().any(|begin| line.starts_with(begin))
    };
    for line in text.lines().filter(|line| !prose(line)) {
        let words = words(line);
        for at in 0..words.len().saturating_sub(1) {
            let verb = &words[at + 1];
            if words[at] == "palisade" && verb.chars().all(|c| c.is_ascii_lowercase()) {
                let rest = words[at + 2..].iter().take_while(|word| *word != "--");
                let flags = rest.filter(|word| word.starts_with('-')).cloned().collect();
                found.push((verb.clone(), flags));
            }
        }
    }
    found
}

#[test]
fn the_pipelines_use_verbs_flags_and_formats_that_exist() {
    let mut count = 0;
    for file in ["ci/github/action.yml", "ci/gitlab/palisade.gitlab-ci.yml"] {
        let text = read(file);
        for (verb, flags) in commands(&text) {
            let help = crate::cli::palisade().args([&verb, "--help"]).output().unwrap();
            assert!(help.status.success(), "{file}: palisade {verb}");
            let help = String::from_utf8(help.stdout).unwrap();
            for flag in flags {
                assert!(help.contains(&flag), "{file}: palisade {verb} {flag}");
            }
            count += 1;
        }
        assert!(
            text.contains(palisade::plan::render::markdown::MARKER),
            "{file} finds the comment"
        );
        assert!(text.contains("-o markdown") && text.contains("--base"), "{file}");
    }
    assert!(count >= 6, "{count} commands");
}

/// Every call of which a kind says what it changes is in a rule of the template, by its service.
#[test]
fn the_rules_for_events_deliver_every_call_that_kinds_know() {
    let template = read("events/events.cfn.yaml");
    let mut delivered = BTreeSet::new();
    for rule in template.split("    Type: AWS::Events::Rule\n").skip(1) {
        let after = |key: &str| rule.split_once(key).map(|(_, rest)| rest).unwrap_or_default();
        let source = after("eventSource: [").split_once(']').map_or("", |(source, _)| source);
        assert!(
            rule.contains(&format!("source: [aws.{}]", source.trim_end_matches(".amazonaws.com")))
        );
        let names = after("eventName:\n").lines().map_while(|line| line.trim().strip_prefix("- "));
        let names: Vec<&str> = names.collect();
        // AWS's limit of a pattern, in characters.
        assert!(names.iter().map(|name| name.len() + 3).sum::<usize>() + 200 < 2048, "{source}");
        delivered.extend(names.into_iter().map(|name| format!("{source}:{name}")));
    }
    let registry = palisade::kinds::registry();
    let known: BTreeSet<String> = registry
        .iter()
        .filter_map(|kind| kind.operations().records)
        .flat_map(|records| records.calls)
        .map(|call| format!("{}.amazonaws.com:{}", call.service, call.call))
        .collect();
    assert!(known.len() > 60, "{}", known.len());
    assert_eq!(delivered, known);
}

/// The table that the template makes has the keys that the memory uses.
#[test]
fn the_table_of_the_memory_has_its_keys() {
    let template = read("memory/memory.cfn.yaml");
    for (name, kind) in [(palisade::aws::items::KEY, "HASH"), (palisade::aws::items::SORT, "RANGE")]
    {
        assert!(
            template.contains(&format!("{{AttributeName: {name}, KeyType: {kind}}}")),
            "{name}"
        );
        assert!(template.contains(&format!("{{AttributeName: {name}, AttributeType: S}}")));
    }
    assert!(template.contains("DeletionProtectionEnabled: true"));
}
