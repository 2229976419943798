//! What is sent although no difference asks for it, and in which form documents are sent.

use serde_json::{Map, Value};

use super::{Members, Properties, Property, Sort, below};

impl Properties {
    /// What a manifest says of members that AWS never returns, by path.
    pub(in crate::kind::table) fn unseen(&self, want: &Value) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        unseen_in(&self.members, want, "", &mut found);
        found
    }

    /// What a manifest says, in the form that AWS takes.
    pub fn sent(&self, want: &Value) -> Value {
        members_sent(&self.members, want)
    }
}

fn unseen_in(members: &Members, want: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    for (name, property) in members {
        let Some(value) = want.get(name.as_ref()) else { continue };
        let path = below(path, name);
        match &property.sort {
            _ if property.unseen => found.push((path, property.sent(value))),
            Sort::Object(inner) => unseen_in(inner, value, &path, found),
            _ => {}
        }
    }
}

fn members_sent(members: &Members, want: &Value) -> Value {
    let Value::Object(all) = want else { return want.clone() };
    let sent = all.iter().map(|(name, value)| {
        let value = match members.get(name.as_str()) {
            Some(property) => property.sent(value),
            None => value.clone(),
        };
        (name.clone(), value)
    });
    sent.collect::<Map<_, _>>().into()
}

impl Property {
    /// A wanted value in the form that AWS takes.
    pub(super) fn sent(&self, want: &Value) -> Value {
        match (&self.sort, want) {
            (Sort::JsonText, Value::Object(_) | Value::Array(_)) => want.to_string().into(),
            (Sort::Object(members), Value::Object(_)) => members_sent(members, want),
            (Sort::List { of, .. }, Value::Array(items)) => {
                items.iter().map(|item| of.sent(item)).collect()
            }
            _ => want.clone(),
        }
    }
}
