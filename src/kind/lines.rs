//! The lines under a step in a plan: plain data, rendered elsewhere.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::policy_document::{PolicyDiff, printable};

/// The mark before a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// Will be added.
    Add,
    /// Will be removed.
    Remove,
    /// Will change.
    Change,
    /// Unchanged, shown for context.
    Same,
}

impl Sign {
    /// The mark itself, as Terraform users know it.
    pub fn as_char(self) -> char {
        match self {
            Self::Add => '+',
            Self::Remove => '-',
            Self::Change => '~',
            Self::Same => ' ',
        }
    }
}

/// One line under a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The mark.
    pub sign: Sign,
    /// One line of text.
    pub text: String,
    /// Whether it quotes a policy: only for whoever asks for a plan, never for a log, and not over
    /// HTTP.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quotes: bool,
}

impl Line {
    /// A line with a mark.
    pub fn new(sign: Sign, text: impl Into<String>) -> Self {
        Self { sign, text: text.into(), quotes: false }
    }

    /// A line that will be added.
    pub fn add(text: impl Into<String>) -> Self {
        Self::new(Sign::Add, text)
    }

    /// A line that will be removed.
    pub fn remove(text: impl Into<String>) -> Self {
        Self::new(Sign::Remove, text)
    }

    /// A field that will change: `field: old -> new`.
    pub fn change(field: &str, old: impl std::fmt::Display, new: impl std::fmt::Display) -> Self {
        Self::new(Sign::Change, format!("{field}: {old} -> {new}"))
    }
}

/// How a policy differs, statement by statement; the elements are indented one step further and are
/// quotations.
pub fn policy_lines(diff: &PolicyDiff, indent: usize) -> Vec<Line> {
    let line = |line: &str| {
        let bare = line.trim_start();
        let (sign, text) = match bare.split_at_checked(2) {
            Some(("+ ", rest)) => (Sign::Add, rest),
            Some(("- ", rest)) => (Sign::Remove, rest),
            Some(("~ ", rest)) => (Sign::Change, rest),
            _ => (Sign::Same, bare),
        };
        let nesting = line.len() - bare.len();
        let text = format!("{:1$}{text}", "", indent + nesting);
        Line { quotes: nesting > 0, ..Line::new(sign, text) }
    };
    diff.to_string().lines().map(line).collect()
}

/// All leaves of a wanted state as added lines, for the plan of a create. Absent leaves are left
/// out, lists of plain values stay on one line, and every statement of a policy document is shown
/// as [`policy_lines`] shows an added one: consent to a create covers what it grants. Values that
/// inheritance operators of Organizations set are quoted like those of a policy. Top-level members
/// in `hidden` are left out.
pub fn state_lines(state: &Value, hidden: &[&str]) -> Vec<Line> {
    let mut lines = Vec::new();
    match state {
        Value::Object(map) => {
            for (key, inner) in map.iter().filter(|(key, _)| !hidden.contains(&key.as_str())) {
                walk(key, inner, &mut lines);
            }
        }
        other => walk("", other, &mut lines),
    }
    lines
}

fn walk(path: &str, value: &Value, lines: &mut Vec<Line>) {
    match value {
        Value::Null => {}
        Value::Object(map) if map.contains_key("Statement") => {
            policy(path, map, lines);
        }
        Value::Object(map) => {
            for (key, inner) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(&path, inner, lines);
            }
        }
        Value::Array(items) if items.iter().all(is_plain) => {
            let items: Vec<_> = items.iter().map(plain).collect();
            lines.push(leaf(path, &format!("[{}]", items.join(", "))));
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                walk(&format!("{path}[{index}]"), inner, lines);
            }
        }
        plain_value => lines.push(leaf(path, &plain(plain_value))),
    }
}

fn leaf(path: &str, value: &str) -> Line {
    Line { quotes: path.contains(".@@"), ..Line::add(format!("{}: {value}", printable(path))) }
}

fn is_plain(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        other => printable(&other.to_string()),
    }
}

/// A policy document, statement by statement; the elements are quotations.
fn policy(path: &str, document: &Map<String, Value>, lines: &mut Vec<Line>) {
    let statements = document.get("Statement").map(each).unwrap_or_default();
    let plural = if statements.len() == 1 { "" } else { "s" };
    lines.push(Line::add(format!("{path}: a policy of {} statement{plural}", statements.len())));
    for (key, value) in document.iter().filter(|(key, _)| *key != "Statement") {
        lines.push(Line::add(format!("  {}: {}", printable(key), plain(value))));
    }
    for (index, statement) in statements.into_iter().enumerate() {
        let name = match statement["Sid"].as_str().filter(|sid| !sid.is_empty()) {
            Some(sid) => format!("statement \"{}\"", printable(sid)),
            None => format!("Statement[{index}]"),
        };
        lines.push(Line::add(format!("  {name} ({})", plain(&statement["Effect"]))));
        let members = statement.as_object().into_iter().flatten();
        for (key, value) in members.filter(|(key, _)| !["Sid", "Effect"].contains(&key.as_str())) {
            element(&printable(key), value, lines);
        }
    }
}

/// An element of a statement, a line for each of its values: `Action: …`, `Principal AWS: …`.
fn element(name: &str, value: &Value, lines: &mut Vec<Line>) {
    if let Value::Object(parts) = value {
        for (key, inner) in parts {
            element(&format!("{name} {}", printable(key)), inner, lines);
        }
        return;
    }
    let values = each(value);
    let none = values.is_empty().then(|| "(none)".to_owned());
    for shown in values.into_iter().map(plain).chain(none) {
        lines.push(Line { quotes: true, ..Line::add(format!("    {name}: {shown}")) });
    }
}

/// The members of a list; a single value is a list of one.
fn each(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_create_shows_every_leaf_and_every_element_of_a_policy() {
        let lines = state_lines(
            &json!({
                "name": "apps", "absent": null, "ids": ["a", "b"],
                "nested": {"on": true}, "list": [{"port": 1}],
                "policy": {"Version": "2012-10-17", "Statement": [
                    {"Sid": "One", "Effect": "Deny", "NotAction": [], "Resource": "a\u{1b}[2J"},
                    {"Effect": "Allow", "Principal": {"AWS": ["arn:a", "arn:b"]}, "Action": "kms:*",
                     "Condition": {"Bool": {"aws:SecureTransport": true}}},
                ]},
                "account": "for comparing only",
            }),
            &["account"],
        );
        let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "name: apps",
                "ids: [a, b]",
                "nested.on: true",
                "list[0].port: 1",
                "policy: a policy of 2 statements",
                "  Version: 2012-10-17",
                "  statement \"One\" (Deny)",
                "    NotAction: (none)",
                "    Resource: a\\u{1b}[2J",
                "  Statement[1] (Allow)",
                "    Principal AWS: arn:a",
                "    Principal AWS: arn:b",
                "    Action: kms:*",
                "    Condition Bool aws:SecureTransport: true",
            ]
        );
        assert!(lines.iter().all(|line| line.sign == Sign::Add));
        let quoted = lines.iter().filter(|line| line.quotes).map(|line| line.text.as_str());
        assert!(quoted.clone().all(|text| text.starts_with("    ")));
        assert_eq!(quoted.count(), 6, "what a policy says, and nothing else, is a quotation");
    }

    #[test]
    fn the_statements_of_a_policy_are_named_and_their_elements_are_quotations() {
        use crate::model::policy_document::{Context, Dialect, PolicyDocument, diff};

        let of = |action: &str| {
            let statement =
                json!({"Sid": "Use", "Effect": "Deny", "Action": action, "Resource": "*"});
            let document = json!({"Version": "2012-10-17", "Statement": [statement]});
            PolicyDocument::from_value(&document, Dialect::ServiceControlPolicy).unwrap()
        };
        let context = Context { partition: "aws".into(), account: "111122223333".into() };
        let lines = policy_lines(&diff(&of("s3:*"), &of("s3:Get*"), &context), 2);
        let shown: Vec<_> = lines
            .iter()
            .map(|line| (line.sign.as_char(), line.text.as_str(), line.quotes))
            .collect();
        assert_eq!(
            shown,
            [
                ('~', "  statement \"Use\" (Deny): widens access", false),
                ('-', "    Action: s3:*", true),
                ('+', "    Action: s3:Get*", true),
            ]
        );
    }
}
