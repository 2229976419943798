//! From two states to the calls between them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    change::{Change, Update},
    state::{self, State},
    tree::{self, LeafEdit},
};

/// A domain takes at most this many subnets (SageMaker API reference).
pub const MAX_SUBNETS: usize = 16;

/// The literal by which the API clears an ARN that a merge would otherwise keep (API reference of
/// `ResourceSpec`: "to clear the value, pass None").
pub const CLEAR: &str = "None";

/// ARNs that take [`CLEAR`].
pub const CLEARABLE: [&str; 3] =
    ["sageMakerImageVersionArn", "lifecycleConfigArn", "trainingPlanArn"];

/// Members and groups that go along only when they change: AWS refuses them while apps run (the
/// identity configuration, RStudio) or writes them itself (Unified Studio), changed or not.
const ONLY_IF_CHANGED: [&str; 3] =
    [state::EXECUTION_ROLE_IDENTITY, state::RSTUDIO, state::UNIFIED_STUDIO];

/// The edits between two states: first what can be changed at any time, so that it does not wait for
/// users to stop their apps, then what cannot, last what has no call at all.
pub fn diff(want: &State, have: &State) -> Vec<Change> {
    let mut found = Vec::new();
    for (member, wanted) in want.compared() {
        let live = have.get(member).unwrap_or(&Value::Null);
        tree::differences(member, wanted, live, &mut found);
    }
    let (mut open, mut gated, mut impossible) = (Vec::new(), Vec::new(), Vec::new());
    for edit in found {
        match impossibility(&edit, want, have) {
            Some(why) => impossible.push(Change::Impossible { edit, why: why.to_owned() }),
            None if edit.path == state::SUBNETS => place_subnets(edit, &mut open, &mut gated),
            None if needs_no_apps(&edit.path) => gated.push(edit),
            None => open.push(edit),
        }
    }
    keep_groups_until_public(&mut open, &mut gated);

    let mut last_failure = have.get(state::FAILURE).and_then(Value::as_str).map(str::to_owned);
    let mut leaf = |edit| Update { edit, last_failure: last_failure.take() };
    let mut changes: Vec<Change> =
        open.into_iter().map(|edit| Change::Update(leaf(edit))).collect();
    changes.extend(gated.into_iter().map(|edit| Change::UpdateWithoutApps(leaf(edit))));
    changes.extend(impossible);
    changes
}

/// The state after a change.
pub fn effect(mut have: State, change: &Change) -> State {
    let edit = match change {
        Change::Update(update) | Change::UpdateWithoutApps(update) => &update.edit,
        Change::Impossible { edit, .. } => edit,
    };
    have.put(&edit.path, edit.new.clone());
    have
}

fn impossibility(edit: &LeafEdit, want: &State, have: &State) -> Option<&'static str> {
    let rstudio = |state: &State| state.at(state::RSTUDIO_ROLE).is_some_and(|role| !role.is_null());
    match edit.path.as_str() {
        state::DOMAIN_NAME | state::AUTH_MODE | state::KMS_KEY => Some("AWS fixes it at creation"),
        state::VPC if !edit.old.is_null() => Some("AWS fixes it once it is set"),
        state::HOME_EFS if edit.new != "Enabled" => Some("AWS creates it but never takes it away"),
        state::NETWORK_ACCESS if rstudio(want) || rstudio(have) => {
            Some("AWS fixes it once RStudio is set up")
        }
        path if edit.new.is_null() && !CLEARABLE.contains(&tree::last(path)) => {
            Some("AWS has no call that unsets it")
        }
        _ => None,
    }
}

/// What AWS changes only while no app is in service, pending or being deleted (API reference of
/// `UpdateDomain` and `DomainSettingsForUpdate`). For RStudio that is what AWS answers ("Unable to
/// update Domain … with InService App"); the groups between RStudio and apps are part of it.
fn needs_no_apps(path: &str) -> bool {
    [state::NETWORK_ACCESS, state::GROUP_MANAGEMENT, state::EXECUTION_ROLE_IDENTITY, state::RSTUDIO]
        .iter()
        .any(|group| tree::within(path, group))
}

/// Subnets are added at once; those that go wait for the apps in them.
fn place_subnets(edit: LeafEdit, open: &mut Vec<LeafEdit>, gated: &mut Vec<LeafEdit>) {
    let set = |value: &Value| -> BTreeSet<String> {
        let items = value.as_array().into_iter().flatten();
        items.filter_map(|id| id.as_str().map(str::to_owned)).collect()
    };
    let (old, new) = (set(&edit.old), set(&edit.new));
    let both: BTreeSet<_> = old.union(&new).cloned().collect();
    if new.is_superset(&old) {
        open.push(edit);
    } else if both == old || both.len() > MAX_SUBNETS {
        gated.push(edit);
    } else {
        let LeafEdit { path, old, new } = edit;
        open.push(LeafEdit { path: path.clone(), old, new: json!(both) });
        gated.push(LeafEdit { path, old: json!(both), new });
    }
}

/// `VpcOnly` needs security groups: they may only go together with it.
fn keep_groups_until_public(open: &mut Vec<LeafEdit>, gated: &mut Vec<LeafEdit>) {
    if gated.iter().any(|edit| edit.path == state::NETWORK_ACCESS && edit.new != "VpcOnly") {
        let cleared = |edit: &LeafEdit| edit.path == state::USER_GROUPS && tree::is_none(&edit.new);
        gated.extend(open.extract_if(.., |edit| cleared(edit)));
    }
}

/// The members that one `UpdateDomain` sends for these leaves: what is there, overlaid by what changes. Right whether AWS
/// merges members or replaces them.
pub(super) fn members(have: &State, edits: &[LeafEdit]) -> BTreeMap<String, Value> {
    let mut after = have.clone();
    for edit in edits {
        after.put(&edit.path, edit.new.clone());
    }
    let mut send: BTreeMap<String, Value> = BTreeMap::new();
    for name in edits.iter().map(|edit| tree::member(&edit.path)) {
        if !send.contains_key(name) {
            let live = after.get(name).cloned().unwrap_or(Value::Null);
            send.insert(name.to_owned(), request_member(name, live, edits));
        }
    }
    // `SubnetIds` goes along with every update: unchanged it asks for nothing, and the guardrail that
    // AWS publishes (deny where `sagemaker:VpcSubnets` is null) refuses updates without it.
    let mut always = vec![state::SUBNETS];
    // AWS refuses `VpcOnly` without VPC and subnets in the same request. `AppNetworkAccessType` itself
    // goes along only when it changes; the port sends it unchanged where a guardrail asks for it.
    if send.get(state::NETWORK_ACCESS).is_some_and(|access| access == "VpcOnly") {
        always.push(state::VPC);
    }
    for name in always {
        if let Some(value) = after.get(name).filter(|value| !tree::is_none(value)) {
            send.entry(name.to_owned()).or_insert_with(|| value.clone());
        }
    }
    send
}

/// A member as it is sent: all of it that is there (so that coupled leaves travel together and AWS may
/// merge or replace), without what AWS only echoes, and with emptied leaves said aloud.
fn request_member(name: &str, live: Value, edits: &[LeafEdit]) -> Value {
    if !live.is_object() && !state::is_group(name) {
        return live;
    }
    let touched = |group: &str| edits.iter().any(|edit| tree::within(&edit.path, group));
    let mut whole = json!({ name: live });
    for group in ONLY_IF_CHANGED {
        if tree::get(&whole, group).is_some() && !touched(group) {
            tree::put(&mut whole, group, Value::Null);
        }
    }
    tree::groups("", &mut whole, &mut |path, group| strip_echo(path, group, edits));
    let mut whole = tree::canonical(whole);
    for edit in edits.iter().filter(|edit| tree::within(&edit.path, name)) {
        let new = if edit.new.is_null() { json!(CLEAR) } else { edit.new.clone() };
        tree::put(&mut whole, &edit.path, new);
    }
    whole.get_mut(name).map(Value::take).unwrap_or_default()
}

/// Removes the image that AWS fills into a resource spec by itself (image and version alias), unless
/// the image is what changes. `LifecycleConfigArns` must come with a resource spec, so that the last
/// leaf of one stays beside them.
fn strip_echo(path: &str, group: &mut Map<String, Value>, edits: &[LeafEdit]) {
    const SPEC: &str = "defaultResourceSpec";
    let scripts = group.get("lifecycleConfigArns").is_some_and(|arns| !tree::is_none(arns));
    let prefix = format!("{}.sageMakerImage", tree::join(path, SPEC));
    let Some(spec) = group.get_mut(SPEC).and_then(Value::as_object_mut) else { return };
    let echo = |key: &str| matches!(key, "sageMakerImageArn" | "sageMakerImageVersionAlias");
    let only_echo = spec.keys().all(|key| echo(key));
    if edits.iter().any(|edit| edit.path.starts_with(&prefix)) || (scripts && only_echo) {
        return;
    }
    spec.retain(|key, _| !echo(key));
}
