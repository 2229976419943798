//! `${var.NAME}` and `${scope.…}`: values that differ between installations.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::kind::{
    Invalid, ScopeFacts,
    placeholder::{self, Piece},
};

/// Replaces `${var.NAME}`, `${scope.account}`, `${scope.region}` and `${scope.partition}` in every
/// string and key below `path`. Other `${…}` in strings stay: references are resolved later, the
/// rest are IAM variables. In keys they are refused, because nothing fills them in.
pub(super) fn substitute<'a>(
    path: &str,
    value: &mut Value,
    facts: &ScopeFacts,
    var: &impl Fn(&str) -> Option<&'a str>,
    problems: &mut Vec<Invalid>,
) {
    match value {
        Value::String(text) if text.contains("${") => match expand(text, facts, var) {
            Ok(expanded) => *text = expanded,
            Err(invalid) => problems.push(Invalid { field: path.to_owned(), ..invalid }),
        },
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                substitute(&format!("{path}[{index}]"), item, facts, var, problems);
            }
        }
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                substitute(&format!("{path}.{key}"), inner, facts, var, problems);
            }
            if map.keys().any(|key| key.contains("${")) {
                *map = keys(path, std::mem::take(map), facts, var, problems);
            }
        }
        _ => {}
    }
}

/// The paths of the texts that are one `${var.NAME}` and nothing else.
pub(super) fn alone(path: &str, value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![(path.to_owned(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::String(text) => {
                let is_variable = |token: &str| token.starts_with("var.");
                let pieces = placeholder::pieces(text);
                if matches!(pieces.as_slice(), [Piece::Token(it)] if is_variable(it)) {
                    found.insert(path);
                }
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                open.extend(items.map(|(index, item)| (format!("{path}[{index}]"), item)));
            }
            Value::Object(map) => {
                open.extend(map.iter().map(|(key, item)| (format!("{path}.{key}"), item)));
            }
            _ => {}
        }
    }
    found
}

/// The number or truth value that the text of a variable spells, as YAML 1.2 writes them.
pub(super) fn spelled(text: &str) -> Option<Value> {
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ => text.parse::<i64>().ok().filter(|it| it.to_string() == text).map(Value::from),
    }
}

/// A mapping with its keys filled in.
fn keys<'a>(
    path: &str,
    map: Map<String, Value>,
    facts: &ScopeFacts,
    var: &impl Fn(&str) -> Option<&'a str>,
    problems: &mut Vec<Invalid>,
) -> Map<String, Value> {
    let mut filled = Map::new();
    for (key, value) in map {
        let field = format!("{path}.{key}");
        let name = match expand(&key, facts, var) {
            Ok(name) if name.contains("${") => {
                // Other tools' placeholders are reported by their own check.
                if placeholder::pieces(&name).iter().any(is_known) {
                    let why = "a key cannot contain a reference or an IAM variable: they are not \
                        filled in there";
                    problems.push(Invalid::new(&field, why).help(
                        "write the key itself; ${var.NAME}, ${scope.account}, ${scope.region} and \
                         ${scope.partition} are \
                         filled in",
                    ));
                }
                key
            }
            Ok(name) => name,
            Err(invalid) => {
                problems.push(Invalid { field: field.clone(), ..invalid });
                key
            }
        };
        if filled.insert(name, value).is_some() {
            let why = "duplicate key once its variables are filled in";
            problems.push(Invalid::new(field, why).help("keep one of the two"));
        }
    }
    filled
}

/// Whether it is a placeholder, and not one of another tool.
fn is_known(piece: &Piece<'_>) -> bool {
    match piece {
        Piece::Text(_) | Piece::Open(_) => false,
        Piece::Literal(_) => true,
        Piece::Token(inner) => placeholder::is_own(inner) || placeholder::is_policy_variable(inner),
    }
}

/// One text. Escaped placeholders stay escaped until references are resolved.
pub(super) fn expand<'a>(
    text: &str,
    facts: &ScopeFacts,
    var: &impl Fn(&str) -> Option<&'a str>,
) -> Result<String, Invalid> {
    let mut out = String::with_capacity(text.len());
    for piece in placeholder::pieces(text) {
        match piece {
            Piece::Text(text) | Piece::Open(text) => out.push_str(text),
            Piece::Literal(inner) => out.push_str(&format!("$${{{inner}}}")),
            Piece::Token(token) => match token.split_once('.') {
                Some(("var", name)) => out.push_str(var(name).ok_or_else(|| {
                    Invalid::new("", format!("`${{{token}}}` has no value in the settings"))
                        .help("set it under `vars` in palisade.yaml, or with --var")
                })?),
                Some(("scope", "account")) => out.push_str(&facts.account),
                Some(("scope", "region")) => out.push_str(&facts.region),
                Some(("scope", "partition")) => out.push_str(&facts.partition),
                Some(("scope" | "organization", other)) if token != "organization.id" => {
                    let why = format!("`${{{token}}}`: `{other}` does not exist");
                    return Err(Invalid::new("", why).help(
                        "${scope.account}, ${scope.region}, ${scope.partition}, ${organization.id}",
                    ));
                }
                _ => out.push_str(&format!("${{{token}}}")),
            },
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(mut value: Value) -> Result<Value, Vec<Invalid>> {
        let facts = ScopeFacts {
            name: "prod".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        };
        let mut problems = Vec::new();
        let var = |name: &str| (name == "team").then_some("ml");
        substitute("spec", &mut value, &facts, &var, &mut problems);
        if problems.is_empty() { Ok(value) } else { Err(problems) }
    }

    #[test]
    fn ours_are_replaced_and_everything_else_passes_through() {
        let text = "${var.team} ${scope.account}-${scope.region} ${aws:PrincipalArn} \
            ${KmsKey/a.arn} ${organization.id} $${var.team} ${open";
        assert_eq!(
            run(json!([text])),
            Ok(json!([
                "ml 111122223333-eu-west-1 ${aws:PrincipalArn} ${KmsKey/a.arn} ${organization.id} \
                 $${var.team} ${open"
            ]))
        );
    }

    #[test]
    fn a_variable_that_stands_alone_may_spell_a_number_or_a_truth_value() {
        let value =
            json!({"a": "${var.idle}", "b": ["${var.x}", "x${var.x}"], "c": "${scope.region}"});
        let found: Vec<String> = alone("spec", &value).into_iter().collect();
        assert_eq!(found, ["spec.a", "spec.b[0]"]);
        assert_eq!((spelled("120"), spelled("-1")), (Some(json!(120)), Some(json!(-1))));
        assert_eq!((spelled("true"), spelled("false")), (Some(json!(true)), Some(json!(false))));
        for text in ["", "0120", "1.5", "True", "yes", "1e3", "+1", " 1"] {
            assert_eq!(spelled(text), None, "{text}");
        }
    }

    #[test]
    fn keys_are_filled_in_too_and_hold_nothing_that_nobody_fills_in() {
        assert_eq!(
            run(
                json!({"a": {"${var.team}-x": 1, "aws:PrincipalTag/${var.team}": ["${scope.region}"]}})
            ),
            Ok(json!({"a": {"ml-x": 1, "aws:PrincipalTag/ml": ["eu-west-1"]}}))
        );
        for key in
            ["${KmsKey/a}", "${organization.id}", "${aws:username}", "$${x}", "${var.nobody}"]
        {
            let problems = run(json!({"a": [{key: 1}]})).unwrap_err();
            assert_eq!(problems[0].field, format!("spec.a[0].{key}"));
            assert!(problems[0].help.is_some());
        }
        let twice = run(json!({"${var.team}": 1, "ml": 2})).unwrap_err();
        assert!(twice[0].why.contains("duplicate key"), "{twice:?}");
    }

    #[test]
    fn one_of_ours_that_does_not_resolve_is_an_error_with_its_field() {
        for text in ["${var.nobody}", "${scope.zone}", "${organization.name}"] {
            let problems = run(json!({"a": [text]})).unwrap_err();
            assert_eq!(problems[0].field, "spec.a[0]", "{text}");
            assert!(problems[0].help.is_some());
        }
    }
}
