//! The statements of a policy document, with the parts that the rules use. The document has been
//! parsed strictly before, so nothing in it can be misspelled.

use serde_json::Value;
use wildmatch::WildMatch;

use crate::model::policy_document::{Admission, AttachedTo, PolicyDocument, Untied};

/// One condition on one key.
#[derive(Debug)]
pub(crate) struct Condition {
    /// The operator, in lower case.
    pub(crate) operator: String,
    /// The key, in lower case.
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

impl Condition {
    /// Whether it only holds for requests that carry the key with one of the values. Negated tests,
    /// `Null`, a `Bool` of false, and `IfExists` and `ForAllValues`, which pass requests without
    /// the key, do not bind. This does not say who the caller is: see [`admitted`].
    pub(crate) fn binds(&self) -> bool {
        let operator = self.operator.as_str();
        let test = operator.rsplit(':').next().unwrap_or_default();
        !test.contains("not")
            && !test.ends_with("ifexists")
            && !operator.starts_with("forallvalues:")
            && match test {
                "null" => false,
                "bool" => self.values.iter().all(|value| value.eq_ignore_ascii_case("true")),
                _ => !self.values.iter().any(|value| {
                    value.contains("${") || value.chars().all(|c| matches!(c, '*' | '?'))
                }),
            }
            && !self.values.is_empty()
    }
}

/// One statement.
#[derive(Debug)]
pub(crate) struct Statement {
    /// `Statement[2]`.
    pub(crate) field: String,
    pub(crate) allows: bool,
    /// AWS principals; `*` is everybody.
    pub(crate) aws: Vec<String>,
    /// The service principals.
    pub(crate) services: Vec<String>,
    /// Whether the statement is about all principals *except* these.
    pub(crate) all_principals_but: bool,
    actions: Vec<String>,
    all_actions_but: bool,
    pub(crate) resources: Vec<String>,
    pub(crate) conditions: Vec<Condition>,
}

impl Statement {
    /// Whether it is about this action, whatever its conditions.
    pub(crate) fn is_about(&self, action: &str) -> bool {
        let named = self
            .actions
            .iter()
            .any(|pattern| WildMatch::new_case_insensitive(pattern).matches(action));
        named != self.all_actions_but
    }

    /// Whether it is about reading only.
    pub(crate) fn only_reads(&self) -> bool {
        const READS: [&str; 5] = ["get", "list", "describe", "head", "batchget"];
        let reads = |action: &String| {
            let verb = action.split_once(':').map_or("", |(_, verb)| verb).to_ascii_lowercase();
            READS.iter().any(|read| verb.starts_with(read))
        };
        !self.all_actions_but && !self.actions.is_empty() && self.actions.iter().all(reads)
    }

    /// Whether it has a binding condition on one of these keys.
    pub(crate) fn is_bound_by(&self, keys: &[&str]) -> bool {
        self.conditions.iter().any(|condition| condition.is_on(keys) && condition.binds())
    }
}

impl Condition {
    /// Whether the key is one of these, or matches one that ends in `*`.
    pub(crate) fn is_on(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| match key.strip_suffix('*') {
            Some(start) => self.key.starts_with(start),
            None => self.key == *key,
        })
    }
}

/// The statements of a document in order, each with the principals that it admits.
pub(crate) fn admitted(
    document: &PolicyDocument,
    attached: AttachedTo,
) -> Vec<(Statement, Admission)> {
    statements(document).into_iter().zip(document.admissions(attached)).collect()
}

/// The text `wrong`, followed by the conditions that do not change the result because they bind
/// nobody.
pub(crate) fn explained(wrong: &str, untied: &[Untied]) -> String {
    untied.iter().fold(wrong.to_owned(), |text, untied| format!("{text}; {untied}"))
}

/// The statements of a document in order.
pub(crate) fn statements(document: &PolicyDocument) -> Vec<Statement> {
    match document.as_value().get("Statement") {
        Some(Value::Array(all)) => all
            .iter()
            .enumerate()
            .map(|(index, one)| statement(format!("Statement[{index}]"), one))
            .collect(),
        Some(one) => vec![statement("Statement".to_owned(), one)],
        None => Vec::new(),
    }
}

fn statement(field: String, value: &Value) -> Statement {
    let all_principals_but = value.get("NotPrincipal").is_some();
    let principal = value.get("Principal").or_else(|| value.get("NotPrincipal"));
    let all_actions_but = value.get("NotAction").is_some();
    let of = |kind: &str| texts(principal.and_then(|principal| principal.get(kind)));
    let aws = match principal {
        Some(Value::String(everybody)) => vec![everybody.clone()],
        _ => of("AWS"),
    };
    Statement {
        field,
        allows: value.get("Effect").and_then(Value::as_str) == Some("Allow"),
        aws,
        services: of("Service"),
        all_principals_but,
        actions: texts(value.get("Action").or_else(|| value.get("NotAction"))),
        all_actions_but,
        resources: match value.get("Resource") {
            Some(resources) => texts(Some(resources)),
            None => vec!["*".to_owned()],
        },
        conditions: conditions(value.get("Condition")),
    }
}

fn conditions(value: Option<&Value>) -> Vec<Condition> {
    let operators = value.and_then(Value::as_object).into_iter().flatten();
    operators
        .flat_map(|(operator, keys)| {
            keys.as_object().into_iter().flatten().map(move |(key, values)| Condition {
                operator: operator.to_ascii_lowercase(),
                key: key.to_ascii_lowercase(),
                values: texts(Some(values)),
            })
        })
        .collect()
}

/// The strings of a member that is one string or a list.
fn texts(value: Option<&Value>) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        None => Vec::new(),
        Some(Value::Array(all)) => all.iter().map(text).collect(),
        Some(one) => vec![text(one)],
    }
}
