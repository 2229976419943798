//! The content of a call: whole members, built from the live values and the changes.

use serde_json::{Value, json};

use crate::{
    kind::table::{LeafEdit, Tree, get, tree},
    kinds::sagemaker_domain::{
        APP_ACCESS, IDENTITY_CONFIG, RSTUDIO, RSTUDIO_ROLE, SUBNETS, UNIFIED_STUDIO, has,
        settings::CLEAR,
    },
};

/// Members and groups that are sent only when they change: AWS refuses them while apps run (the
/// identity configuration, RStudio) or writes them itself (Unified Studio), changed or not.
const ONLY_IF_CHANGED: [&str; 3] = [IDENTITY_CONFIG, RSTUDIO, UNIFIED_STUDIO];

/// The members that one `UpdateDomain` sends for these leaves: the live values, overlaid by the
/// changes. This is correct whether AWS merges members or replaces them.
pub(in crate::kinds::sagemaker_domain) fn members(have: &Tree, edits: &[LeafEdit]) -> Tree {
    let mut after = have.clone();
    for edit in edits {
        tree::put(&mut after, &edit.path, edit.new.clone());
    }
    let mut send = Tree::new();
    for name in edits.iter().map(|edit| member(&edit.path)) {
        if !send.contains_key(name) {
            let live = get(&after, name).clone();
            send.insert(name.to_owned(), request_member(name, live, edits));
        }
    }
    // `SubnetIds` is sent with every update: unchanged it has no effect, and the guardrail that AWS
    // publishes (deny where `sagemaker:VpcSubnets` is null) refuses updates without it.
    let mut always = vec![SUBNETS];
    // AWS refuses `VpcOnly` without VPC and subnets in the same request. `AppNetworkAccessType`
    // itself is sent only when it changes; the port sends it unchanged if a guardrail requires it.
    if get(&send, APP_ACCESS) == "VpcOnly" {
        always.push("vpc");
    }
    for name in always.into_iter().filter(|name| has(&after, name)) {
        send.entry(name).or_insert_with(|| get(&after, name).clone());
    }
    send
}

fn member(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// A member as it is sent: its whole live value (so that coupled leaves are sent together and AWS
/// may merge or replace), without what AWS only echoes, and with emptied values written out.
fn request_member(name: &str, live: Value, edits: &[LeafEdit]) -> Value {
    let own = || edits.iter().filter(|edit| member(&edit.path) == name);
    if !live.is_object() && own().all(|edit| edit.path == name) {
        return live;
    }
    let touched = |group: &str| edits.iter().any(|edit| tree::is_at(&edit.path, group));
    let mut whole = Tree::from_iter([(name.to_owned(), live)]);
    for group in ONLY_IF_CHANGED {
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

/// Removes the image that AWS adds to a resource spec by itself (image and version alias), unless
/// the image is what changes. `LifecycleConfigArns` must be sent with a resource spec, so its last
/// leaf is kept if they are present.
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

/// Everything that a create sets: what the manifest says, and `VpcOnly` by default.
pub(super) fn creation(want: &Tree) -> Tree {
    let mut all = without_none(want);
    // AWS's own default is another network.
    all.entry(APP_ACCESS).or_insert_with(|| json!("VpcOnly"));
    // AWS requires the member even if nothing in it is managed.
    all.entry("defaultUserSettings").or_insert_with(|| json!({}));
    all
}

/// Without everything that is none.
fn without_none(group: &Tree) -> Tree {
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

/// Whether the unchanged network may be sent: AWS refuses the type if RStudio is set up.
pub(super) fn repeats_network(have: &Tree) -> bool {
    get(have, APP_ACCESS) == "VpcOnly"
        && has(have, "vpc")
        && has(have, SUBNETS)
        && !has(have, RSTUDIO_ROLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(value: Value) -> Tree {
        value.as_object().expect("members").clone()
    }

    #[test]
    fn a_create_sends_vpc_only_by_default() {
        assert_eq!(creation(&Tree::new())[APP_ACCESS], "VpcOnly");
        let public = state(json!({"appNetworkAccessType": "PublicInternetOnly"}));
        assert_eq!(creation(&public)[APP_ACCESS], "PublicInternetOnly");
        assert_eq!(creation(&state(json!({"appNetworkAccessType": null})))[APP_ACCESS], "VpcOnly");
    }

    #[test]
    fn a_create_leaves_out_what_is_none() {
        let want = state(json!({
            "kmsKey": null,
            "defaultUserSettings": {"sharingSettings": {"s3OutputPath": null}, "securityGroups": []},
            "domainSettings": {"dockerSettings": {"rootlessDocker": "ENABLED", "x": null}},
        }));
        let all = creation(&want);
        assert_eq!((all.get("kmsKey"), &all["defaultUserSettings"]), (None, &json!({})));
        let docker = json!({"dockerSettings": {"rootlessDocker": "ENABLED"}});
        assert_eq!(all["domainSettings"], docker);
    }

    #[test]
    fn the_network_is_repeated_only_if_it_is_vpc_only_and_without_rstudio() {
        let mut have = state(json!({"appNetworkAccessType": "VpcOnly", "vpc": "vpc-1"}));
        assert!(!repeats_network(&have));
        have.insert(SUBNETS.to_owned(), json!(["subnet-1"]));
        assert!(repeats_network(&have));
        tree::put(&mut have, RSTUDIO_ROLE, json!("arn:aws:iam::111122223333:role/r"));
        assert!(!repeats_network(&have));
    }
}
