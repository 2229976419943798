//! States and edits with placeholders in place of the values of references.
//!
//! A value that is not known yet is a placeholder in a state (see [`Refs`](crate::kind::Refs)).
//! This module does the reverse and turns the values of references back into placeholders, so that
//! what was shown before a resource existed can be compared with what is sent once it does.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kind::Missing;

/// Values of references, each with its placeholder.
pub type Symbols = BTreeMap<String, String>;

/// The value with every symbol replaced by its placeholder. Lists that contain one are sorted,
/// whether its value is known by now or not: the canonical order of a set depends on values that
/// are not known yet.
pub fn symbolic(value: &Value, symbols: &Symbols) -> Value {
    let mut value = value.clone();
    replace(&mut value, symbols);
    value
}

/// Whether something was replaced.
fn replace(value: &mut Value, symbols: &Symbols) -> bool {
    match value {
        Value::String(text) => {
            let symbolic = symbolic_text(text, symbols);
            let changed = symbolic != *text;
            *text = symbolic;
            changed
        }
        Value::Array(items) => {
            let mut changed = false;
            for item in items.iter_mut() {
                changed |= replace(item, symbols);
            }
            if changed || items.iter().any(|item| has_placeholder(item, symbols)) {
                items.sort_by_cached_key(ToString::to_string);
            }
            changed
        }
        Value::Object(map) => {
            let mut changed = false;
            for inner in map.values_mut() {
                changed |= replace(inner, symbols);
            }
            changed
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A text with every symbol in it replaced by its placeholder, longest first: an id can be part of
/// an ARN.
pub fn symbolic_text(text: &str, symbols: &Symbols) -> String {
    let mut found: Vec<_> =
        symbols.iter().filter(|(value, _)| text.contains(value.as_str())).collect();
    found.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    found.into_iter().fold(text.to_owned(), |text, (value, placeholder)| {
        text.replace(value.as_str(), placeholder)
    })
}

fn has_placeholder(value: &Value, symbols: &Symbols) -> bool {
    match value {
        Value::String(text) => {
            crate::kind::has_placeholder(text)
                || symbols.values().any(|placeholder| text.contains(placeholder))
        }
        Value::Array(items) => items.iter().any(|item| has_placeholder(item, symbols)),
        Value::Object(map) => map.values().any(|item| has_placeholder(item, symbols)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The placeholders among `all` that appear anywhere in the value.
pub fn placeholders_in<'a>(
    value: &Value,
    all: impl IntoIterator<Item = &'a String>,
) -> Vec<&'a String> {
    let text = value.to_string();
    // Placeholders contain only names and tags that JSON may escape: compare the escaped forms.
    all.into_iter()
        .filter(|placeholder| {
            let escaped = Value::String((*placeholder).clone()).to_string();
            text.contains(escaped.trim_matches('"'))
        })
        .collect()
}

/// Whether a want equals the known one, as far as it has values: a placeholder matches any value,
/// and in a list any item, or any number of items if it can stand for several values.
pub fn is_known(want: &Value, known: &Value, unresolved: &BTreeMap<String, Missing>) -> bool {
    let symbolic = |value: &Value| !placeholders_in(value, unresolved.keys()).is_empty();
    let several = |value: &Value| {
        placeholders_in(value, unresolved.keys()).iter().any(|it| unresolved[*it].several)
    };
    match (want, known) {
        (Value::Object(want), Value::Object(known)) => {
            want.len() == known.len()
                && want.iter().all(|(key, inner)| {
                    known.get(key).is_some_and(|known| is_known(inner, known, unresolved))
                })
        }
        (Value::Array(want), Value::Array(known)) if want.iter().any(symbolic) => {
            let mut left: Vec<&Value> = known.iter().collect();
            let certain = want.iter().filter(|item| !symbolic(item));
            for item in certain {
                let Some(at) = left.iter().position(|known| *known == item) else { return false };
                left.swap_remove(at);
            }
            let least = want.iter().filter(|item| symbolic(item)).count();
            left.len() == least || left.len() > least && want.iter().any(several)
        }
        (Value::Array(want), Value::Array(known)) => want == known,
        (Value::String(_), Value::String(_)) if symbolic(want) => true,
        (want, known) => want == known,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind::Unresolved;

    #[test]
    fn what_references_gave_reads_as_before_it_was_known() {
        let symbols: Symbols =
            [("sg-9", "G/b (known after apply)"), ("sg-1", "G/a (known after apply)")]
                .map(|(value, placeholder)| (value.to_owned(), placeholder.to_owned()))
                .into();
        let before = json!({"groups": ["G/a (known after apply)", "G/b (known after apply)", "sg-5"], "n": 1});
        let after = json!({"groups": ["sg-1", "sg-5", "sg-9"], "n": 1});
        assert_eq!(symbolic(&before, &symbols), symbolic(&after, &symbols));
        assert_ne!(symbolic(&json!(["sg-1"]), &symbols), symbolic(&json!(["sg-9"]), &symbols));
        assert_eq!(
            symbolic(&json!(["b", "a"]), &symbols),
            json!(["b", "a"]),
            "nothing else is sorted"
        );
    }

    /// Otherwise an approval of what waits is none of what is held later.
    #[test]
    fn what_waits_reads_the_same_before_the_first_value_and_after_the_last() {
        let symbols: Symbols =
            [("sg-1", "G/b (known after apply)"), ("sg-9", "G/a (known after apply)")]
                .map(|(value, placeholder)| (value.to_owned(), placeholder.to_owned()))
                .into();
        let before = json!([["sg-5", "G/b (known after apply)"], ["G/a (known after apply)"]]);
        let after = json!([["sg-1", "sg-5"], ["sg-9"]]);
        assert_eq!(symbolic(&before, &Symbols::new()), symbolic(&after, &symbols));
    }

    #[test]
    fn the_longer_value_is_replaced_first() {
        let symbols: Symbols =
            [("k-1".to_owned(), "K/a".to_owned()), ("arn:k-1".to_owned(), "K/a.arn".to_owned())]
                .into();
        assert_eq!(symbolic(&json!("arn:k-1"), &symbols), json!("K/a.arn"));
    }

    #[test]
    fn a_want_with_placeholders_is_the_known_one_as_far_as_it_has_values() {
        let missing = |several| Missing {
            why: Unresolved::Organization { why: None },
            soft: false,
            fact: false,
            several,
        };
        let hole = BTreeMap::from([
            ("V (not resolved)".to_owned(), missing(false)),
            ("all of W (not resolved)".to_owned(), missing(true)),
        ]);
        for (want, known, same) in [
            (json!({"vpc": "V (not resolved)", "n": 1}), json!({"vpc": "vpc-1", "n": 1}), true),
            (json!({"vpc": "V (not resolved)", "n": 1}), json!({"vpc": "vpc-1", "n": 2}), false),
            (json!(["a", "V (not resolved)"]), json!(["z", "a"]), true),
            (json!(["a", "V (not resolved)"]), json!(["z", "b"]), false),
            (json!(["a", "V (not resolved)"]), json!(["a", "y", "z"]), false),
            (json!(["a", "all of W (not resolved)"]), json!(["a", "y", "z"]), true),
            (json!(["a", "all of W (not resolved)"]), json!(["a"]), false),
            (json!(["a", "all of W (not resolved)"]), json!(["y", "z"]), false),
            (json!(["a", "b"]), json!(["b", "a"]), false),
            (json!({"n": 1}), json!({"n": 1, "m": 2}), false),
        ] {
            assert_eq!(is_known(&want, &known, &hole), same, "{want} {known}");
        }
    }
}
