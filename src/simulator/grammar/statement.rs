//! One statement.

use serde_json::{Map, Value};

use super::{
    language::{Checked, Fault, Language, refuse_if},
    names,
};

const MEMBERS: [&str; 9] = [
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

/// The condition operators of the IAM reference, without qualifiers and suffixes.
const OPERATORS: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

/// Keys whose values are ids of accounts, VPCs and endpoints, which endpoint policies compare
/// without wildcards (AWS PrivateLink guide).
const IDS: [&str; 6] = [
    "aws:PrincipalAccount",
    "aws:ResourceAccount",
    "aws:SourceAccount",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:VpceAccount",
];

type Members = Map<String, Value>;

pub(super) fn check(members: &Members, language: Language, partition: &str) -> Checked {
    refuse_if(
        members.keys().any(|name| !MEMBERS.contains(&name.as_str())),
        "a statement has an unknown member",
    )?;
    let sid = members.get("Sid").map_or(Some(""), Value::as_str);
    let Some(sid) = sid else { return Err(Fault::Syntax("a Sid is not a string")) };
    refuse_if(
        language.is_control() && sid.contains(|letter: char| !letter.is_ascii_alphanumeric()),
        "a Sid has other characters than letters and digits",
    )?;
    match members.get("Effect").and_then(Value::as_str) {
        Some("Deny") => {}
        Some("Allow") if language != Language::ResourceControl => {}
        Some("Allow") => return Err(Fault::Syntax("a resource control policy can only deny")),
        _ => return Err(Fault::Syntax("an Effect is neither Allow nor Deny")),
    }
    principals(members, language, partition)?;
    actions(members, language)?;
    if language == Language::Trust {
        let about = members.contains_key("Resource") || members.contains_key("NotResource");
        refuse_if(about, "a trust policy has no Resource")?;
    } else {
        for resource in one_of(members, "Resource", "NotResource", language)? {
            resource_name(resource, language)?;
        }
    }
    match members.get("Condition") {
        None => Ok(()),
        Some(Value::Object(operators)) => conditions(operators, language),
        Some(_) => Err(Fault::Syntax("a Condition is not an object")),
    }
}

/// The strings of a member or of its negation, of which a statement has exactly one. KMS also
/// accepts neither.
fn one_of<'m>(
    members: &'m Members,
    positive: &str,
    negative: &str,
    language: Language,
) -> Result<Vec<&'m str>, Fault> {
    let value = match (members.get(positive), members.get(negative)) {
        (Some(value), None) | (None, Some(value)) => value,
        (None, None) if language == Language::Key => return Ok(Vec::new()),
        _ => return Err(Fault::Syntax("a statement has an element twice, or lacks one")),
    };
    let texts = texts(value)?;
    refuse_if(texts.is_empty() && language != Language::Key, "a list of a statement is empty")?;
    Ok(texts)
}

fn texts(value: &Value) -> Result<Vec<&str>, Fault> {
    let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    texts.ok_or(Fault::Syntax("neither a string nor a list of strings"))
}

fn principals(members: &Members, language: Language, partition: &str) -> Checked {
    let (named, spared) = (members.get("Principal"), members.get("NotPrincipal"));
    if !language.names_principals() {
        return refuse_if(
            named.is_some() || spared.is_some(),
            "a policy of this type has no Principal",
        );
    }
    let value = match (named, spared) {
        (Some(value), None) => value,
        (None, Some(value)) if language != Language::ResourceControl => value,
        _ => return Err(Fault::Syntax("a statement has no Principal, or two")),
    };
    if *value == "*" {
        return Ok(());
    }
    let kinds = match value {
        Value::Object(kinds) if !kinds.is_empty() && language != Language::ResourceControl => kinds,
        _ => return Err(Fault::Principal),
    };
    for (kind, names) in kinds {
        let names = texts(names).map_err(|_| Fault::Principal)?;
        let right = |name: &&str| match kind.as_str() {
            "AWS" if language == Language::Key => {
                names::is_principal(name) && names::is_of_partition(name, partition)
            }
            // Whether it exists is not checked, so that the unique id of a deleted principal is
            // accepted.
            "AWS" => names::is_principal(name) || names::is_unique_id(name),
            "Service" => *name == "*" || names::is_service(name),
            "Federated" | "CanonicalUser" => language != Language::Key,
            _ => false,
        };
        if names.is_empty() || !names.iter().all(right) {
            return Err(Fault::Principal);
        }
    }
    Ok(())
}

fn actions(members: &Members, language: Language) -> Checked {
    let control = language == Language::ResourceControl;
    refuse_if(
        control && members.contains_key("NotAction"),
        "a resource control policy has no NotAction",
    )?;
    for action in one_of(members, "Action", "NotAction", language)? {
        if matches!(action, "*" | "*:*") {
            refuse_if(control, "a resource control policy names the services it is about")?;
            continue;
        }
        let Some((service, name)) = action.split_once(':') else {
            return Err(Fault::Syntax("an action names no service"));
        };
        let legal = |text: &str, more: &str| {
            !text.is_empty()
                && !text.contains(|c: char| !c.is_ascii_alphanumeric() && !more.contains(c))
        };
        refuse_if(!legal(service, "-"), "the service of an action is not one")?;
        refuse_if(!legal(name, "-_*?"), "the name of an action is not one")?;
        let inner = name.strip_suffix('*').unwrap_or(name);
        refuse_if(control && inner.contains(['*', '?']), "a wildcard is not at the end")?;
    }
    Ok(())
}

fn resource_name(resource: &str, language: Language) -> Checked {
    if resource == "*" {
        return Ok(());
    }
    let mut parts = resource.splitn(6, ':');
    refuse_if(parts.next() != Some("arn"), "a resource is neither an ARN nor *")?;
    let partition = parts.next().unwrap_or_default();
    let open = partition.contains(['*', '?']) || partition.contains("${");
    let Some(service) = parts.next() else {
        return Err(Fault::Syntax("a resource is neither an ARN nor *"));
    };
    refuse_if(!open && !names::is_partition(partition), "a resource is of no partition")?;
    refuse_if(
        service.is_empty() || service.contains(['*', '?']),
        "the service of a resource is not one",
    )?;
    let rest: Vec<&str> = parts.collect();
    refuse_if(
        rest.len() < 3 && !rest.last().is_some_and(|last| last.ends_with('*')),
        "the ARN of a resource lacks parts",
    )?;
    mixed_account(resource, language)
}

/// An endpoint policy names a whole account or none, never a part of an id.
fn mixed_account(arn: &str, language: Language) -> Checked {
    let account = arn.split(':').nth(4).filter(|_| arn.starts_with("arn:")).unwrap_or_default();
    let mixed = account.contains(['*', '?']) && account.contains(|c: char| c.is_ascii_digit());
    refuse_if(
        language == Language::Endpoint && mixed,
        "the account of an ARN is neither an id nor a wildcard",
    )
}

fn conditions(operators: &Members, language: Language) -> Checked {
    for (operator, keys) in operators {
        let name = operator
            .strip_prefix("ForAllValues:")
            .or_else(|| operator.strip_prefix("ForAnyValue:"))
            .unwrap_or(operator);
        let base = name.strip_suffix("IfExists").filter(|base| *base != "Null").unwrap_or(name);
        refuse_if(!OPERATORS.contains(&base), "an operator is not one")?;
        let keys = keys.as_object().ok_or(Fault::Syntax("an operator has no keys"))?;
        let mut seen: Vec<String> = Vec::new();
        for (key, values) in keys {
            let (service, rest) = key.split_once(':').unwrap_or_default();
            refuse_if(service.is_empty() || rest.is_empty(), "a condition key names no service")?;
            let folded = key.to_ascii_lowercase();
            refuse_if(seen.contains(&folded), "a condition key occurs twice")?;
            seen.push(folded);
            let items =
                values.as_array().map_or_else(|| std::slice::from_ref(values), Vec::as_slice);
            let id =
                language == Language::Endpoint && IDS.iter().any(|id| id.eq_ignore_ascii_case(key));
            refuse_if(id && base.starts_with("Numeric"), "an id is not a number")?;
            for value in items {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Bool(_) | Value::Number(_) => value.to_string(),
                    _ => return Err(Fault::Syntax("a value is not a string")),
                };
                refuse_if(id && text.contains(['*', '?']), "an id has a wildcard")?;
                let date = base.starts_with("Date") && !text.contains("${");
                refuse_if(date && !names::is_date(&text), "a date is not one")?;
                if !text.contains("${") {
                    mixed_account(&text, language)?;
                }
            }
        }
    }
    Ok(())
}
