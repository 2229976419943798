//! What is wrong with the properties of a manifest, each with its place.

use serde_json::Value;

use super::{Members, Properties, Property, Sort, below};
use crate::{
    kind::{Invalid, ScopeFacts, has_placeholder, policies},
    model::near::did_you_mean,
};

impl Properties {
    pub(in crate::kind::table) fn check(
        &self,
        field: &str,
        said: &Value,
        scope: &ScopeFacts,
        problems: &mut Vec<Invalid>,
    ) {
        let Some(said) = said.as_object() else {
            let why = "a mapping is needed: the properties of the resource";
            problems.push(Invalid::new(field, why));
            return;
        };
        for name in &self.required {
            if said.get(name.as_ref()).is_none_or(Value::is_null) {
                let why = "is missing; AWS creates none without it";
                problems.push(Invalid::new(below(field, name), why));
            }
        }
        if self.open {
            let known = said.iter().filter(|(name, _)| self.members.contains_key(name.as_str()));
            let known = known.map(|(name, value)| (name.clone(), value.clone())).collect();
            check_members(field, &self.members, &known, scope, problems);
        } else {
            check_members(field, &self.members, said, scope, problems);
        }
        self.check_exclusive(field, &Value::Object(said.clone()), problems);
    }
}

fn check_members(
    field: &str,
    members: &Members,
    said: &serde_json::Map<String, Value>,
    scope: &ScopeFacts,
    problems: &mut Vec<Invalid>,
) {
    for (name, value) in said {
        let field = below(field, name);
        match members.get(name.as_str()) {
            Some(property) => property.check(&field, value, scope, problems),
            None => problems.push(unknown(field, name, members)),
        }
    }
}

fn unknown(field: String, name: &str, members: &Members) -> Invalid {
    let named = members.iter().filter(|(_, property)| property.refused.is_none());
    let names: Vec<&str> = named.map(|(name, _)| name.as_ref()).collect();
    let invalid = Invalid::new(field, format!("the type has no property `{name}` there"));
    match did_you_mean(name, names.iter().copied()) {
        Some(near) => invalid.help(format!("did you mean `{near}`?")),
        None => invalid.help(format!("there are {}", names.join(", "))),
    }
}

impl Property {
    fn check(&self, field: &str, said: &Value, scope: &ScopeFacts, problems: &mut Vec<Invalid>) {
        if let Some((why, help)) = &self.refused {
            problems.push(Invalid::new(field, why.as_ref()).help(help.as_ref()));
            return;
        }
        let is_mixed = |text: &str| !has_placeholder(text) && text.chars().any(char::is_uppercase);
        if self.lower && said.as_str().is_some_and(is_mixed) {
            let why = "AWS may write it in small letters in the ARN, by which palisade finds it";
            problems.push(Invalid::new(field, why).help("write it in small letters"));
        }
        if let Some((value, why, help)) = &self.never
            && (said == value || said.as_str() == Some(&*value.to_string()))
        {
            problems.push(Invalid::new(field, why.as_ref()).help(help.as_ref()));
        }
        if said.is_null() {
            if self.unseen {
                let why = "AWS never returns it, so that nobody could see whether there is none";
                problems.push(Invalid::new(field, why).help("leave it out"));
            }
            if self.fixed {
                let why = "AWS never takes it away once the resource exists";
                problems.push(Invalid::new(field, why).help("leave it out"));
            }
            return;
        }
        match (&self.sort, said) {
            (Sort::Object(members), Value::Object(said)) => {
                check_members(field, members, said, scope, problems);
            }
            (Sort::List { of, .. }, Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    of.check(&format!("{field}[{index}]"), item, scope, problems);
                }
            }
            (Sort::Policy(dialect), Value::Object(_)) => {
                policies::checked(field, said, *dialect, scope, problems);
            }
            (Sort::Policy(dialect), Value::String(text)) => {
                match serde_json::from_str::<Value>(text) {
                    Ok(document) => {
                        policies::checked(field, &document, *dialect, scope, problems);
                    }
                    Err(_) => problems.push(Invalid::new(field, "not a policy document")),
                }
            }
            (sort, said) => problems.extend(sort.refused(field, said)),
        }
    }
}

impl Sort {
    fn refused(&self, field: &str, said: &Value) -> Option<Invalid> {
        let is_number = |text: &str| text.parse::<f64>().is_ok() || has_placeholder(text);
        let is_bool = |text: &str| text == "true" || text == "false" || has_placeholder(text);
        let (fits, needed) = match self {
            Self::Text => (said.is_string(), "a text"),
            Self::Number => (said.is_number() || said.as_str().is_some_and(is_number), "a number"),
            Self::Bool => {
                (said.is_boolean() || said.as_str().is_some_and(is_bool), "true or false")
            }
            Self::Object(_) => (false, "a mapping"),
            Self::List { .. } => (false, "a list"),
            Self::Policy(_) => (false, "a policy document"),
            Self::Json | Self::JsonText => {
                (said.is_object() || said.is_string(), "a JSON document")
            }
            Self::Any => (true, ""),
        };
        (!fits).then(|| Invalid::new(field, format!("{needed} is needed")))
    }
}
