//! What one call sends: whole members, built from what is there and what is to change.

use serde_json::{Value, json};

use crate::{
    kind::table::{LeafEdit, Tree, get, tree},
    kinds::studio::{has, settings::CLEAR},
};

/// The members that one update sends for these leaves: what is there, overlaid by what changes.
/// Right whether AWS merges members or replaces them. Groups of `only_if_changed` go along only
/// when they change: AWS refuses them otherwise, or writes them itself.
pub fn changed(have: &Tree, edits: &[LeafEdit], only_if_changed: &[&str]) -> Tree {
    let after = after(have, edits);
    let mut send = Tree::new();
    for name in edits.iter().map(|edit| member(&edit.path)) {
        if !send.contains_key(name) {
            let live = get(&after, name).clone();
            send.insert(name.to_owned(), request_member(name, live, edits, only_if_changed));
        }
    }
    send
}

/// The state after these edits.
pub fn after(have: &Tree, edits: &[LeafEdit]) -> Tree {
    let mut after = have.clone();
    for edit in edits {
        tree::put(&mut after, &edit.path, edit.new.clone());
    }
    after
}

fn member(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// A member as it is sent: all of it that is there (so that coupled leaves travel together and AWS
/// may merge or replace), without what AWS only echoes, and with what is emptied written out.
fn request_member(name: &str, live: Value, edits: &[LeafEdit], only_if_changed: &[&str]) -> Value {
    let own = || edits.iter().filter(|edit| member(&edit.path) == name);
    if !live.is_object() && own().all(|edit| edit.path == name) {
        return live;
    }
    let touched = |group: &str| edits.iter().any(|edit| tree::is_at(&edit.path, group));
    let mut whole = Tree::from_iter([(name.to_owned(), live)]);
    for group in only_if_changed {
        if has(&whole, group) && !touched(group) {
            tree::put(&mut whole, group, Value::Null);
        }
    }
    let kept = whole.remove(name).unwrap_or_default();
    let kept = tree::canonical(without_echo(name, kept, edits));
    let mut whole = Tree::from_iter([(name.to_owned(), kept)]);
    for edit in own() {
        let new = if edit.new.is_null() { json!(CLEAR) } else { edit.new.clone() };
        tree::put(&mut whole, &edit.path, new);
    }
    tree::canonical(whole.remove(name).unwrap_or_default())
}

/// Removes the image that AWS fills into a resource spec by itself (image and version alias),
/// unless the image is what changes. `LifecycleConfigArns` must come with a resource spec, so that
/// the last leaf of one stays with them.
fn without_echo(path: &str, group: Value, edits: &[LeafEdit]) -> Value {
    const SPEC: &str = "defaultResourceSpec";
    let Value::Object(members) = group else { return group };
    let scripts = has(&members, "lifecycleConfigArns");
    let inner = members.into_iter().map(|(name, inner)| {
        let inner = without_echo(&format!("{path}.{name}"), inner, edits);
        (name, inner)
    });
    let mut members: Tree = inner.collect();
    let prefix = format!("{path}.{SPEC}.sageMakerImage");
    if let Some(spec) = members.get_mut(SPEC).and_then(Value::as_object_mut) {
        let echo = |key: &str| matches!(key, "sageMakerImageArn" | "sageMakerImageVersionAlias");
        let only_echo = spec.keys().all(|key| echo(key));
        let changes = edits.iter().any(|edit| edit.path.starts_with(&prefix));
        let stays = changes || (scripts && only_echo);
        if !stays {
            spec.retain(|key, _| !echo(key));
        }
    }
    Value::Object(members)
}

/// A wanted state without everything that is none: what a create sends.
pub fn without_none(group: &Tree) -> Tree {
    let inner = |value: &Value| match value {
        Value::Object(members) => Value::Object(without_none(members)),
        Value::Array(items) => items.iter().map(item_without_none).collect(),
        plain => plain.clone(),
    };
    let there = group.iter().filter(|(_, value)| !tree::is_none(value));
    there.map(|(name, value)| (name.clone(), inner(value))).collect()
}

fn item_without_none(item: &Value) -> Value {
    item.as_object().map_or_else(|| item.clone(), |members| Value::Object(without_none(members)))
}
