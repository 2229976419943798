//! Whether a `Condition` holds for a request.

use std::{collections::BTreeSet, net::IpAddr};

use ipnet::IpNet;

use super::{
    ANY_TEXT,
    canonical::{Conditions, Token, Tokens},
    decimal::Decimal,
    keys::unfilled,
    operator::{Operator, Qualifier, Relation, Test},
    pattern::{Known, Pattern, Tri},
};

/// Every operator and every key in it must hold; the values of one key are alternatives.
/// `variables` says whether the document's version supports policy variables.
pub(super) fn holds(conditions: &Conditions, known: &Known, variables: bool) -> Tri {
    Tri::all(tests(conditions).map(|test| test_holds(test, known, variables)))
}

/// The keys that leave it undecided whether a `Condition` holds: those whose values are not known,
/// and those in whose values a variable is not known.
pub(super) fn undecided(
    conditions: &Conditions,
    known: &Known,
    variables: bool,
) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for test in tests(conditions) {
        let (_, key, values) = test;
        if test_holds(test, known, variables) != Tri::Unknown {
            continue;
        }
        let mut names = if variables { unfilled(values, known) } else { BTreeSet::new() };
        if names.is_empty() || !known.contains_key(key.key()) {
            names.insert(key.key().to_owned());
        }
        keys.extend(names);
    }
    keys
}

/// One key of one operator, with its values.
type OneTest<'a> = (&'a str, &'a Token, &'a Tokens);

fn tests(conditions: &Conditions) -> impl Iterator<Item = OneTest<'_>> {
    conditions.iter().flat_map(|(operator, keys)| {
        keys.iter().map(move |(key, values)| (operator.as_str(), key, values))
    })
}

fn test_holds((operator, key, values): OneTest<'_>, known: &Known, variables: bool) -> Tri {
    match (Operator::parse(operator), known.get(key.key())) {
        (Some(operator), Some(actual)) => key_holds(operator, values, actual, known, variables),
        _ => Tri::Unknown,
    }
}

fn key_holds(
    operator: Operator,
    values: &Tokens,
    actual: &[String],
    known: &Known,
    variables: bool,
) -> Tri {
    // AWS refuses a key without values, so its meaning is not documented.
    if values.is_empty() {
        return Tri::Unknown;
    }
    if operator.test == Test::Null {
        return null(operator, values, actual.is_empty());
    }
    if actual.is_empty() {
        return absent(operator);
    }
    let one = |value: &String| {
        let any = Tri::any(
            values
                .iter()
                .map(|wanted| value_matches(operator.test, value, wanted, known, variables)),
        );
        if operator.negated { !any } else { any }
    };
    match (operator.qualifier, actual) {
        (Qualifier::ForAnyValue, _) => Tri::any(actual.iter().map(one)),
        (Qualifier::ForAllValues, _) => Tri::all(actual.iter().map(one)),
        (Qualifier::Single, [value]) => one(value),
        // Several values without a set operator: the IAM reference only advises against it.
        (Qualifier::Single, _) => Tri::Unknown,
    }
}

fn null(operator: Operator, values: &Tokens, absent: bool) -> Tri {
    if operator.qualifier != Qualifier::Single {
        return Tri::Unknown;
    }
    Tri::any(values.iter().map(|wanted| match boolean(wanted.key()) {
        Some(true) => absent.into(),
        Some(false) => (!absent).into(),
        None => Tri::Unknown,
    }))
}

/// The IAM reference on a key that the request does not carry: `IfExists` and `ForAllValues` are
/// true, `ForAnyValue` is false, a negated test is true, any other false. For a negated
/// `ForAnyValue` two of these conflict.
fn absent(operator: Operator) -> Tri {
    if operator.if_exists {
        return Tri::Yes;
    }
    match (operator.qualifier, operator.negated) {
        (Qualifier::ForAllValues, _) | (Qualifier::Single, true) => Tri::Yes,
        (Qualifier::ForAnyValue, true) => Tri::Unknown,
        (Qualifier::ForAnyValue | Qualifier::Single, false) => Tri::No,
    }
}

fn value_matches(test: Test, value: &str, wanted: &Token, known: &Known, variables: bool) -> Tri {
    // Most values are plain texts, and need no pattern.
    let text = wanted.shown();
    let is_pattern = text.contains(['*', '?']) || variables && text.contains("${");
    if !is_pattern && matches!(test, Test::Text | Test::Like) && !value.contains(ANY_TEXT) {
        return (text == value).into();
    }
    let pattern = |wildcards| Pattern::read(wanted.shown(), wildcards, variables.then_some(known));
    match test {
        Test::Text => pattern(false).matches(value),
        Test::TextIgnoringCase => pattern(false).lowercase().matches(&value.to_lowercase()),
        Test::Like => pattern(true).matches(value),
        Test::Arn => pattern(true).matches_arn(value),
        Test::Bool => match (boolean(value), boolean(wanted.key())) {
            (Some(value), Some(wanted)) => (value == wanted).into(),
            _ => Tri::Unknown,
        },
        Test::Number(relation) => match (Decimal::parse(value), Decimal::parse(wanted.key())) {
            (Some(value), Some(wanted)) => match relation {
                Relation::Equal => value == wanted,
                Relation::Less => value < wanted,
                Relation::LessOrEqual => value <= wanted,
                Relation::Greater => value > wanted,
                Relation::GreaterOrEqual => value >= wanted,
            }
            .into(),
            _ => Tri::Unknown,
        },
        Test::Address => match (value.parse::<IpAddr>(), range(wanted.key())) {
            (Ok(value), Some(wanted)) => wanted.contains(&value).into(),
            _ => Tri::Unknown,
        },
        Test::Null | Test::Date | Test::Binary => Tri::Unknown,
    }
}

/// A range of addresses; one without a prefix length is a single address (IAM reference, "IP
/// address condition operators").
fn range(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}
