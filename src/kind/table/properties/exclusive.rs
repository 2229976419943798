//! Members of which AWS accepts one.

use serde_json::{Map, Value};

use super::{Exclusive, Properties, below, same::is_none};
use crate::kind::{
    Invalid,
    table::{Tree, tree},
};

impl Exclusive {
    /// The other one of a pair.
    fn other(&self, name: &str) -> Option<&'static str> {
        match name {
            _ if name == self.first => Some(self.second),
            _ if name == self.second => Some(self.first),
            _ => None,
        }
    }

    /// The path of its object, joined by dots; none in the items of a list, which are written
    /// whole.
    fn object(&self) -> Option<String> {
        let is_in_list = self.of.split('/').any(|name| name == "*");
        (!is_in_list).then(|| self.of.replace('/', "."))
    }

    fn check(&self, field: &str, of: &[&str], said: &Value, problems: &mut Vec<Invalid>) {
        match (of, said) {
            ([], Value::Object(said)) if has(said, self.first) && has(said, self.second) => {
                let why = format!("AWS accepts `{}` or `{}`", self.first, self.second);
                let invalid = Invalid::new(below(field, self.second), why);
                problems.push(invalid.help("leave one of them out"));
            }
            (["*", rest @ ..], Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.check(&format!("{field}[{index}]"), rest, item, problems);
                }
            }
            ([name, rest @ ..], Value::Object(said)) => {
                if let Some(inner) = said.get(*name) {
                    self.check(&below(field, name), rest, inner, problems);
                }
            }
            _ => {}
        }
    }
}

fn has(members: &Map<String, Value>, name: &str) -> bool {
    members.get(name).is_some_and(|value| !is_none(value))
}

impl Properties {
    /// What a manifest says although AWS accepts only one of two.
    pub(super) fn check_exclusive(&self, field: &str, said: &Value, problems: &mut Vec<Invalid>) {
        for pair in &self.exclusive {
            let of: Vec<&str> = pair.of.split('/').filter(|name| !name.is_empty()).collect();
            pair.check(field, &of, said, problems);
        }
    }

    /// What a live resource has instead of what a manifest names, by path, each with its live
    /// value: the manifest does not name it, and AWS takes the other one only without it.
    pub(super) fn instead(&self, want: &Value, have: &Value) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        for pair in &self.exclusive {
            let Some(object) = pair.object() else { continue };
            let [Some(want), Some(have)] = [want, have].map(|all| object_at(all, &object)) else {
                continue;
            };
            let mut names = [pair.first, pair.second].into_iter();
            let replaces = |name: &&str| has(want, name) && !has(have, name);
            let Some(other) = names.find(replaces).and_then(|name| pair.other(name)) else {
                continue;
            };
            if !want.contains_key(other) && has(have, other) {
                found.push((below(&object, other), have[other].clone()));
            }
        }
        found
    }

    /// Of pairs that a resource has both members of, once these paths are written: the one that
    /// AWS derived. It would refuse both.
    pub fn derived(&self, live: &Tree, written: &[&str]) -> Vec<String> {
        let derived = self.exclusive.iter().filter_map(|pair| {
            let object = pair.object()?;
            let members = match object.as_str() {
                "" => live,
                _ => tree::at(live, &object)?.as_object()?,
            };
            let is_both = has(members, pair.first) && has(members, pair.second);
            let second = below(&object, pair.second);
            let is_written = written.iter().any(|path| tree::is_at(path, &second));
            let one = if is_written { below(&object, pair.first) } else { second };
            is_both.then_some(one)
        });
        derived.collect()
    }
}

fn object_at<'v>(all: &'v Value, path: &str) -> Option<&'v Map<String, Value>> {
    let all = all.as_object()?;
    if path.is_empty() { Some(all) } else { tree::at(all, path)?.as_object() }
}
