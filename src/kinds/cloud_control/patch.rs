//! The patch of one update (RFC 6902), from the edits and from what AWS returned.
//!
//! * `add` for everything that is set: `replace` of something that AWS does not return is an error,
//!   and `add` replaces what is there.
//! * `remove` only for what is there.
//! * `test` for plain values that the plan was made from: if somebody changed one since, AWS
//!   refuses the whole patch, and the next pass sees what is there. Not for lists and objects,
//!   whose order and spelling AWS may change.
//! * Lists are written whole: their items have another order in AWS.
//! * What AWS returns and would refuse in a request is removed in the same patch, because AWS
//!   checks the whole resource and not what is changed.
//! * What AWS never returns is set again with every other change, which would remove it otherwise;
//!   by itself it is no change, because nobody sees whether it is as wanted.

use serde_json::{Value, json};

use crate::kind::table::{LeafEdit, PROPERTIES, Properties, Tree, tree};

/// The patch; empty if there is nothing to do.
pub(super) fn patch(properties: &Properties, live: &Tree, edits: &[LeafEdit]) -> Vec<Value> {
    let mut model = live.clone();
    let (mut tests, mut changes) = (Vec::new(), Vec::new());
    let paths: Vec<&str> = edits.iter().map(|edit| part(&edit.path)).collect();
    for (edit, path) in edits.iter().zip(&paths) {
        let there = tree::at(&model, path).cloned();
        if let Some(plain) = there.as_ref().filter(|value| is_plain(value)) {
            tests.push(json!({"op": "test", "path": pointer(path), "value": plain}));
        }
        if edit.new.is_null() {
            if there.is_some() {
                changes.push(json!({"op": "remove", "path": pointer(path)}));
            }
        } else {
            changes.push(set(&model, path, &edit.new));
        }
        tree::put(&mut model, path, edit.new.clone());
    }
    let is_written =
        |husk: &str| paths.iter().any(|path| tree::is_at(husk, path) || tree::is_at(path, husk));
    let husks = properties.husks(live).into_iter().filter(|husk| !is_written(husk));
    if !changes.is_empty() {
        for (path, value) in edits.iter().flat_map(|edit| &edit.with) {
            let path = part(path);
            if tree::at(&model, path) != Some(value) {
                changes.push(set(&model, path, value));
                tree::put(&mut model, path, value.clone());
            }
        }
        let derived = properties.derived(&model, &paths);
        let gone = derived.into_iter().chain(husks);
        changes.extend(gone.map(|path| json!({"op": "remove", "path": pointer(&path)})));
        tests.extend(changes);
        return tests;
    }
    Vec::new()
}

/// The path of a property, without the row that it is in.
fn part(path: &str) -> &str {
    path.strip_prefix(PROPERTIES).unwrap_or(path).trim_start_matches('.')
}

fn is_plain(value: &Value) -> bool {
    value.is_string() || value.is_boolean() || value.is_number()
}

/// Sets a value. What is above it must exist: otherwise that is set, with the value in it.
fn set(model: &Tree, path: &str, new: &Value) -> Value {
    let mut above = String::new();
    let names: Vec<&str> = path.split('.').collect();
    for (depth, name) in names.iter().enumerate() {
        let here = if above.is_empty() { (*name).to_owned() } else { format!("{above}.{name}") };
        let is_last = depth + 1 == names.len();
        let exists = tree::at(model, &here).is_some_and(Value::is_object);
        if is_last || !exists {
            let inner = names[depth + 1..].iter().rev();
            let value = inner.fold(new.clone(), |value, name| json!({*name: value}));
            return json!({"op": "add", "path": pointer(&here), "value": value});
        }
        above = here;
    }
    json!({"op": "add", "path": pointer(path), "value": new})
}

/// A JSON pointer (RFC 6901).
fn pointer(path: &str) -> String {
    let escaped = path.split('.').map(|name| name.replace('~', "~0").replace('/', "~1"));
    escaped.map(|name| format!("/{name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kind::table::{Property, Sort},
        kinds::cloud_control::{s3_bucket, types},
    };

    fn edits(all: &[(&str, Value)]) -> Vec<LeafEdit> {
        let one = |(path, new): &(&str, Value)| {
            let edit = json!({"path": path, "operation": "a:B", "verb": "set", "new": new});
            serde_json::from_value(edit).expect("an edit")
        };
        all.iter().map(one).collect()
    }

    fn patched(live: Value, all: &[(&str, Value)]) -> Value {
        let of = types::get(s3_bucket::NAME).expect("a type");
        Value::Array(patch(&of.properties, live.as_object().expect("an object"), &edits(all)))
    }

    #[test]
    fn what_is_set_is_added_at_its_own_path_if_what_is_above_it_exists() {
        let live = json!({"VersioningConfiguration": {"Status": "Suspended"}});
        assert_eq!(
            patched(live, &[("properties.VersioningConfiguration.Status", json!("Enabled"))]),
            json!([
                {"op": "test", "path": "/VersioningConfiguration/Status", "value": "Suspended"},
                {"op": "add", "path": "/VersioningConfiguration/Status", "value": "Enabled"}
            ])
        );
        assert_eq!(
            patched(json!({}), &[("properties.VersioningConfiguration.Status", json!("Enabled"))]),
            json!([{
                "op": "add", "path": "/VersioningConfiguration", "value": {"Status": "Enabled"}
            }])
        );
    }

    #[test]
    fn what_is_not_there_is_neither_removed_nor_replaced() {
        assert_eq!(
            patched(json!({}), &[("properties.WebsiteConfiguration", Value::Null)]),
            json!([])
        );
        let live = json!({"WebsiteConfiguration": {"IndexDocument": "a"}});
        assert_eq!(
            patched(live, &[("properties.WebsiteConfiguration", Value::Null)]),
            json!([{"op": "remove", "path": "/WebsiteConfiguration"}])
        );
    }

    #[test]
    fn two_members_of_one_missing_object_do_not_overwrite_each_other() {
        let path = |name: &str| format!("properties.PublicAccessBlockConfiguration.{name}");
        let all =
            [(&*path("BlockPublicAcls"), json!(true)), (&*path("BlockPublicPolicy"), json!(true))];
        assert_eq!(
            patched(json!({}), &all),
            json!([
                {
                    "op": "add",
                    "path": "/PublicAccessBlockConfiguration",
                    "value": {"BlockPublicAcls": true}
                },
                {
                    "op": "add",
                    "path": "/PublicAccessBlockConfiguration/BlockPublicPolicy",
                    "value": true
                }
            ])
        );
    }

    #[test]
    fn a_husk_goes_with_what_else_is_changed_and_never_by_itself() {
        let of = Box::new(Property::new(Sort::Text));
        let list = Property::new(Sort::List { of, ordered: false, min: 1 });
        let members = [("Name", Property::new(Sort::Text)), ("Rules", list)];
        let properties = Properties {
            members: members.into_iter().map(|(name, it)| (name.into(), it)).collect(),
            open: false,
            required: Vec::new(),
            exclusive: Vec::new(),
            reach: None,
            blind: Vec::new(),
        };
        let live = json!({"Name": "a", "Rules": []});
        let patched = |all: &[(&str, Value)]| {
            patch(&properties, live.as_object().expect("an object"), &edits(all))
        };
        assert_eq!(
            patched(&[("properties.Name", json!("b"))]),
            [
                json!({"op": "test", "path": "/Name", "value": "a"}),
                json!({"op": "add", "path": "/Name", "value": "b"}),
                json!({"op": "remove", "path": "/Rules"}),
            ]
        );
        let set = patched(&[("properties.Rules", json!(["x"]))]);
        assert_eq!(set, [json!({"op": "add", "path": "/Rules", "value": ["x"]})]);
        assert_eq!(patched(&[]), Vec::<Value>::new());
    }

    #[test]
    fn of_two_that_exclude_each_other_and_that_aws_returns_both_the_derived_one_goes() {
        let redirect = json!({"HostName": "b"});
        let website = json!({"IndexDocument": "a", "RedirectAllRequestsTo": redirect});
        let live = json!({"WebsiteConfiguration": website});
        let path = "properties.WebsiteConfiguration.IndexDocument";
        assert_eq!(
            patched(live.clone(), &[(path, json!("c"))]),
            json!([
                {"op": "test", "path": "/WebsiteConfiguration/IndexDocument", "value": "a"},
                {"op": "add", "path": "/WebsiteConfiguration/IndexDocument", "value": "c"},
                {"op": "remove", "path": "/WebsiteConfiguration/RedirectAllRequestsTo"}
            ])
        );
        assert_eq!(patched(live, &[]), json!([]));
    }
}
