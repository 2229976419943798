//! From JSON to the typed form: every field known, every type checked.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Dialect,
    canonical::{
        Body, Conditions, Effect, PrincipalType, Principals, Selection, Statement, Token, Tokens,
        Version,
    },
    error::{Place, PolicyError},
    json::type_name,
    operator::{Operator, Test},
};
use crate::model::did_you_mean;

/// The parts of a document that decide equality.
pub(super) struct Parts {
    pub(super) version: Version,
    pub(super) id: Option<String>,
    pub(super) statements: Vec<Statement>,
}

const DOCUMENT_FIELDS: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT_FIELDS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// Integers up to here are exact in JSON's floating point.
const EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

pub(super) fn document(value: &Value, dialect: Dialect) -> Result<Parts, PolicyError> {
    let root = Place::default();
    let object = object(value, &root)?;
    known_fields(object, &DOCUMENT_FIELDS, &root)?;
    if dialect == Dialect::KeyPolicy {
        kms_characters(value, &root)?;
    }
    let place = root.field("Statement");
    let statements = match object.get("Statement") {
        None => return Err(place.refused("missing", "add the list of statements")),
        Some(Value::Array(items)) => {
            let items =
                items.iter().enumerate().map(|(i, item)| statement(item, dialect, &place.item(i)));
            items.collect::<Result<_, _>>()?
        }
        Some(single) => vec![statement(single, dialect, &place)?],
    };
    let id = object.get("Id").map(|id| string(id, &root.field("Id"))).transpose()?;
    Ok(Parts { version: version(object, dialect)?, id, statements })
}

fn version(object: &Map<String, Value>, dialect: Dialect) -> Result<Version, PolicyError> {
    let place = Place::default().field("Version");
    let version = match object.get("Version") {
        // The IAM reference: without a Version the older language applies.
        None => Version::V2008,
        Some(value) => match string(value, &place)?.as_str() {
            "2008-10-17" => Version::V2008,
            "2012-10-17" => Version::V2012,
            _ => {
                return Err(
                    place.refused("not a version of the policy language", "write \"2012-10-17\"")
                );
            }
        },
    };
    if dialect.is_control_policy() && version != Version::V2012 {
        return Err(place.refused("not the version of a control policy", "write \"2012-10-17\""));
    }
    Ok(version)
}

fn statement(value: &Value, dialect: Dialect, place: &Place) -> Result<Statement, PolicyError> {
    let object = object(value, place)?;
    let why_no_principal = match dialect {
        Dialect::ServiceControlPolicy => Some((
            "a service control policy applies to every principal of the accounts below it",
            "remove the element, and exempt principals in a Condition on aws:PrincipalArn",
        )),
        Dialect::IdentityPolicy => {
            Some(("the policy of an identity applies to that identity", "remove the element"))
        }
        Dialect::KeyPolicy
        | Dialect::EndpointPolicy
        | Dialect::BucketPolicy
        | Dialect::RepositoryPolicy
        | Dialect::TrustPolicy
        | Dialect::ResourceControlPolicy => None,
    };
    if let Some((why, help)) = why_no_principal
        && let Some(element) =
            ["Principal", "NotPrincipal"].into_iter().find(|e| object.contains_key(*e))
    {
        return Err(place.field(element).refused(why, help));
    }
    known_fields(object, &STATEMENT_FIELDS, place)?;
    if dialect == Dialect::TrustPolicy {
        trusts(object, place)?;
    }
    let action = |value: &Value, place: &Place| {
        strings(value, place, |text| match dialect {
            Dialect::ServiceControlPolicy | Dialect::ResourceControlPolicy => Token::exact(text),
            Dialect::KeyPolicy
            | Dialect::EndpointPolicy
            | Dialect::BucketPolicy
            | Dialect::RepositoryPolicy
            | Dialect::TrustPolicy
            | Dialect::IdentityPolicy => Token::folded(text),
        })
    };
    let resource = |value: &Value, place: &Place| strings(value, place, Token::exact);
    let sid = object.get("Sid").map(|sid| string(sid, &place.field("Sid"))).transpose()?;
    Ok(Statement {
        sid: sid.unwrap_or_default(),
        body: Body {
            effect: effect(object, place)?,
            principal: selection(object, "Principal", place, principals)?,
            action: selection(object, "Action", place, action)?,
            resource: selection(object, "Resource", place, resource)?,
            condition: conditions(object, &place.field("Condition"))?,
        },
    })
}

/// What IAM refuses in a statement of a trust policy: "Has prohibited field Resource", and
/// "AssumeRole policy may only specify STS AssumeRole actions".
fn trusts(statement: &Map<String, Value>, place: &Place) -> Result<(), PolicyError> {
    if let Some(element) =
        ["Resource", "NotResource"].into_iter().find(|it| statement.contains_key(*it))
    {
        let why = "a trust policy is about its own role";
        return Err(place.field(element).refused(why, "remove the element"));
    }
    let actions = statement.get("Action").into_iter();
    let mut actions = actions.flat_map(|all| match all {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    });
    let is_foreign = |action: &Value| {
        action.as_str().is_some_and(|it| !it.to_ascii_lowercase().starts_with("sts:"))
    };
    if actions.any(is_foreign) {
        let why = "a trust policy is about actions of STS only";
        return Err(place.field("Action").refused(why, "write sts:AssumeRole, or another one"));
    }
    Ok(())
}

fn effect(object: &Map<String, Value>, place: &Place) -> Result<Effect, PolicyError> {
    let place = place.field("Effect");
    match object.get("Effect") {
        None => Err(place.refused("missing", "write \"Allow\" or \"Deny\"")),
        Some(value) => match string(value, &place)?.as_str() {
            "Allow" => Ok(Effect::Allow),
            "Deny" => Ok(Effect::Deny),
            _ => Err(place
                .refused("neither \"Allow\" nor \"Deny\"", "write one of the two; case counts")),
        },
    }
}

/// `element` or `Notelement`, never both: the IAM grammar does not allow it.
fn selection<T>(
    object: &Map<String, Value>,
    element: &str,
    place: &Place,
    read: impl Fn(&Value, &Place) -> Result<T, PolicyError>,
) -> Result<Option<Selection<T>>, PolicyError> {
    let negated = format!("Not{element}");
    match (object.get(element), object.get(&negated)) {
        (None, None) => Ok(None),
        (Some(value), None) => read(value, &place.field(element)).map(|t| Some(Selection::Only(t))),
        (None, Some(value)) => {
            read(value, &place.field(&negated)).map(|t| Some(Selection::AllBut(t)))
        }
        (Some(_), Some(_)) => Err(place.field(&negated).refused(
            "cannot be combined with the element that it negates",
            "split the statement \
                in two",
        )),
    }
}

fn principals(value: &Value, place: &Place) -> Result<Principals, PolicyError> {
    match value {
        Value::String(text) if text == "*" => {
            Ok(Principals::Named([(PrincipalType::Aws, [Token::exact("*")].into())].into()))
        }
        Value::String(text) => Ok(Principals::Text(text.clone())),
        Value::Object(by_type) => {
            known_fields(by_type, &PrincipalType::ALL.map(PrincipalType::name), place)?;
            let mut named = BTreeMap::new();
            for kind in PrincipalType::ALL {
                if let Some(names) = by_type.get(kind.name()) {
                    named.insert(kind, strings(names, &place.field(kind.name()), Token::exact)?);
                }
            }
            Ok(Principals::Named(named))
        }
        other => Err(wrong_type(other, "\"*\" or an object", place)),
    }
}

fn conditions(statement: &Map<String, Value>, place: &Place) -> Result<Conditions, PolicyError> {
    let Some(value) = statement.get("Condition") else {
        return Ok(Conditions::new());
    };
    let mut conditions = Conditions::new();
    for (operator, block) in object(value, place)? {
        let place = place.field(operator);
        let test = Operator::parse(operator).map(|operator| operator.test);
        let numeric = matches!(test, Some(Test::Number(_)));
        let mut keys: BTreeMap<Token, Tokens> = BTreeMap::new();
        for (key, values) in object(block, &place)? {
            let place = place.field(key);
            let values = condition_values(
                values,
                &place,
                if numeric { Token::number } else { |text| Token::exact(text) },
                numeric || matches!(test, Some(Test::Date)),
            )?;
            if keys.insert(Token::folded(key), values).is_some() {
                // Condition keys are case-insensitive, so this is a duplicate key as well.
                return Err(PolicyError::DuplicateKey { path: place.path() });
            }
        }
        conditions.insert(operator.clone(), keys);
    }
    Ok(conditions)
}

/// Numbers and booleans may be unquoted (IAM grammar); they mean their text.
fn condition_values(
    value: &Value,
    place: &Place,
    token: fn(&str) -> Token,
    fractions: bool,
) -> Result<Tokens, PolicyError> {
    let one = |value: &Value, place: &Place| match value {
        Value::String(text) => Ok(token(text)),
        Value::Bool(flag) => Ok(token(if *flag { "true" } else { "false" })),
        Value::Number(number)
            if number.is_f64() && number.as_f64().is_none_or(|n| n.abs() >= EXACT_FLOAT) =>
        {
            Err(place.refused("a number this large loses digits in JSON", "write it in quotes"))
        }
        // YAML reads the account 012345678901 as a number that JSON writes as 12345678901.0.
        Value::Number(number)
            if !fractions
                && number.as_f64().is_some_and(|n| number.is_f64() && n.fract() == 0.0) =>
        {
            Err(place.refused(
                "a number or truth value without quotes, which loses its spelling",
                "write it in quotes",
            ))
        }
        Value::Number(number) => Ok(token(&number.to_string())),
        other => Err(wrong_type(other, "a string, number or boolean, or a list of them", place)),
    };
    match value {
        Value::Array(items) => {
            items.iter().enumerate().map(|(i, item)| one(item, &place.item(i))).collect()
        }
        single => Ok([one(single, place)?].into()),
    }
}

fn strings(
    value: &Value,
    place: &Place,
    token: impl Fn(&str) -> Token,
) -> Result<Tokens, PolicyError> {
    let one = |value: &Value, place: &Place| match value {
        Value::String(text) => Ok(token(text)),
        other => Err(wrong_type(other, "a string or a list of strings", place)),
    };
    match value {
        Value::Array(items) => {
            items.iter().enumerate().map(|(i, item)| one(item, &place.item(i))).collect()
        }
        single => Ok([one(single, place)?].into()),
    }
}

fn object<'a>(value: &'a Value, place: &Place) -> Result<&'a Map<String, Value>, PolicyError> {
    value.as_object().ok_or_else(|| wrong_type(value, "an object", place))
}

fn string(value: &Value, place: &Place) -> Result<String, PolicyError> {
    value.as_str().map(str::to_owned).ok_or_else(|| wrong_type(value, "a string", place))
}

fn wrong_type(value: &Value, expected: &'static str, place: &Place) -> PolicyError {
    PolicyError::WrongType { path: place.path(), expected, found: type_name(value) }
}

fn known_fields(
    object: &Map<String, Value>,
    known: &[&str],
    place: &Place,
) -> Result<(), PolicyError> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(PolicyError::UnknownField {
            path: place.field(unknown).path(),
            near: did_you_mean(unknown, known.iter().copied()).map(str::to_owned),
            known: known.join(", "),
        }),
    }
}

/// KMS accepts tab, line feed, carriage return and U+0020 to U+00FF only (KMS API reference,
/// PutKeyPolicy).
fn kms_characters(value: &Value, place: &Place) -> Result<(), PolicyError> {
    let check = |text: &str, place: &Place| {
        if text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')) {
            Ok(())
        } else {
            Err(place.refused(
                "holds a character that KMS does not accept",
                "use tab, line breaks and U+0020 to U+00FF only",
            ))
        }
    };
    match value {
        Value::String(text) => check(text, place),
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(i, item)| kms_characters(item, &place.item(i)))
        }
        Value::Object(object) => object.iter().try_for_each(|(key, item)| {
            let place = place.field(key);
            check(key, &place)?;
            kms_characters(item, &place)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}
