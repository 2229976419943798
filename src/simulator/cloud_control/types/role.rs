//! AWS::IAM::Role.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::parts::{column, document, invented, parsed, tag_changes, text};
use crate::simulator::cloud_control::{
    names::ROLE,
    resource_type::{Type, Update},
    schema::{Member, Model, Shape, TEXT, may, must},
    site::{Failure, Site},
};

static POLICY: Shape = Shape::Object(&[
    must("PolicyDocument", &Shape::Document),
    must("PolicyName", &Shape::Text(1, 128)),
]);
static POLICIES: Shape = Shape::List { of: &POLICY, count: (0, 1000), ordered: false };
static MANAGED: Shape = Shape::List { of: &Shape::Text(20, 2048), count: (0, 20), ordered: false };
static TAG: Shape =
    Shape::Object(&[must("Key", &Shape::Text(1, 128)), must("Value", &Shape::Text(0, 256))]);
static TAGS: Shape = Shape::List { of: &TAG, count: (0, 50), ordered: false };

static MEMBERS: &[Member] = &[
    may("Arn", &TEXT),
    must("AssumeRolePolicyDocument", &Shape::Document),
    may("Description", &Shape::Text(0, 1000)),
    may("ManagedPolicyArns", &MANAGED),
    may("MaxSessionDuration", &Shape::Number(3600, 43_200)),
    may("Path", &Shape::Text(1, 512)),
    may("PermissionsBoundary", &Shape::Text(20, 2048)),
    may("Policies", &POLICIES),
    may("RoleId", &TEXT),
    may("RoleName", &Shape::Text(1, 64)),
    may("Tags", &TAGS),
];

pub(super) static TYPE: Type = Type {
    name: ROLE,
    members: MEMBERS,
    identifier: "RoleName",
    listed_in: None,
    read_only: &["Arn", "RoleId"],
    create_only: &["Path", "RoleName"],
    write_only: &[],
    rules,
    named: |model| text(model, "RoleName").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

/// Attachments are unique, and so are the names of inline policies.
fn rules(model: &Model) -> Result<(), String> {
    let managed = model.get("ManagedPolicyArns").and_then(Value::as_array);
    let twice = |all: &[Value]| all.iter().enumerate().any(|(at, one)| all[..at].contains(one));
    if managed.is_some_and(|all| twice(all)) {
        return Err("#/ManagedPolicyArns: array items are not unique".to_owned());
    }
    let path = text(model, "Path").unwrap_or("/");
    if !path.starts_with('/') || !path.ends_with('/') {
        return Err("#/Path: string does not match the pattern".to_owned());
    }
    Ok(())
}

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let name = match text(model, "RoleName") {
        Some(name) => name.to_owned(),
        None => invented(site, "stack-role"),
    };
    let mut input = json!({
        "RoleName": name,
        "AssumeRolePolicyDocument": trust(model),
        "Tags": model.get("Tags").cloned().unwrap_or_else(|| json!([])),
    });
    for member in ["Path", "Description", "PermissionsBoundary"] {
        if let Some(value) = text(model, member) {
            input[member] = value.into();
        }
    }
    if let Some(seconds) = model.get("MaxSessionDuration") {
        input["MaxSessionDuration"] = seconds.to_string().into();
    }
    site.ask("iam", "CreateRole", &input)?;
    attach(site, &name, &Model::new(), model)?;
    inline(site, &name, &Model::new(), model)?;
    Ok(name)
}

fn trust(model: &Model) -> String {
    document(model.get("AssumeRolePolicyDocument").unwrap_or(&Value::Null))
}

/// Makes the attached policies those of the model: what goes first, then what comes.
fn attach(site: &mut Site<'_, '_>, name: &str, old: &Model, new: &Model) -> Result<(), Failure> {
    let of = |model: &Model| {
        let list = model.get("ManagedPolicyArns").and_then(Value::as_array).cloned();
        let list = list.unwrap_or_default();
        list.iter().filter_map(|arn| arn.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let (old, new) = (of(old), of(new));
    for arn in old.iter().filter(|arn| !new.contains(arn)) {
        site.ask("iam", "DetachRolePolicy", &json!({"RoleName": name, "PolicyArn": arn}))?;
    }
    for arn in new.iter().filter(|arn| !old.contains(arn)) {
        site.ask("iam", "AttachRolePolicy", &json!({"RoleName": name, "PolicyArn": arn}))?;
    }
    Ok(())
}

fn inline(site: &mut Site<'_, '_>, name: &str, old: &Model, new: &Model) -> Result<(), Failure> {
    let of = |model: &Model| {
        let list = model.get("Policies").and_then(Value::as_array).cloned().unwrap_or_default();
        let named = list.iter().map(|it| {
            (it["PolicyName"].as_str().unwrap_or_default().to_owned(), it["PolicyDocument"].clone())
        });
        named.collect::<BTreeMap<String, Value>>()
    };
    let (old, new) = (of(old), of(new));
    for policy in old.keys().filter(|policy| !new.contains_key(*policy)) {
        let input = json!({"RoleName": name, "PolicyName": policy});
        site.ask("iam", "DeleteRolePolicy", &input)?;
    }
    for (policy, text) in new.iter().filter(|(policy, text)| old.get(*policy) != Some(text)) {
        let text = document(text);
        let input = json!({"RoleName": name, "PolicyName": policy, "PolicyDocument": text});
        site.ask("iam", "PutRolePolicy", &input)?;
    }
    Ok(())
}

/// Attachments and inline policies are lists of all that there are, whoever made them.
fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let named = json!({"RoleName": id});
    let answer = site.ask("iam", "GetRole", &named)?;
    let role = &answer["Role"];
    let managed = site.ask("iam", "ListAttachedRolePolicies", &named)?;
    let names = site.ask("iam", "ListRolePolicies", &named)?;
    let mut policies = Vec::new();
    for policy in names["PolicyNames"].as_array().into_iter().flatten() {
        let input = json!({"RoleName": id, "PolicyName": policy});
        let found = site.ask("iam", "GetRolePolicy", &input)?;
        let document = parsed(&found, "PolicyDocument");
        policies.push(json!({"PolicyName": policy, "PolicyDocument": document}));
    }
    let mut model = Map::new();
    for (property, value) in [
        ("RoleName", role["RoleName"].clone()),
        ("RoleId", role["RoleId"].clone()),
        ("Arn", role["Arn"].clone()),
        ("Path", role["Path"].clone()),
        ("AssumeRolePolicyDocument", parsed(role, "AssumeRolePolicyDocument")),
        ("Description", role["Description"].as_str().unwrap_or_default().into()),
        ("MaxSessionDuration", role["MaxSessionDuration"].clone()),
        ("ManagedPolicyArns", column(&managed, "AttachedPolicies", "PolicyArn").into()),
    ] {
        model.insert(property.to_owned(), value);
    }
    if let Some(arn) = role["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str() {
        model.insert("PermissionsBoundary".to_owned(), arn.into());
    }
    if !policies.is_empty() {
        model.insert("Policies".to_owned(), policies.into());
    }
    if role["Tags"].as_array().is_some_and(|tags| !tags.is_empty()) {
        model.insert("Tags".to_owned(), role["Tags"].clone());
    }
    Ok(model)
}

fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    let Update { id, old, new, .. } = *update;
    if update.changes("AssumeRolePolicyDocument") {
        let input = json!({"RoleName": id, "PolicyDocument": trust(new)});
        site.ask("iam", "UpdateAssumeRolePolicy", &input)?;
    }
    if update.changes("Description") || update.changes("MaxSessionDuration") {
        let seconds = new.get("MaxSessionDuration").map_or("3600".to_owned(), Value::to_string);
        let description = text(new, "Description").unwrap_or_default();
        let input =
            json!({"RoleName": id, "Description": description, "MaxSessionDuration": seconds});
        site.ask("iam", "UpdateRole", &input)?;
    }
    if update.changes("PermissionsBoundary") {
        match text(new, "PermissionsBoundary") {
            Some(arn) => {
                let input = json!({"RoleName": id, "PermissionsBoundary": arn});
                site.ask("iam", "PutRolePermissionsBoundary", &input)?
            }
            None => site.ask("iam", "DeleteRolePermissionsBoundary", &json!({"RoleName": id}))?,
        };
    }
    if update.changes("ManagedPolicyArns") {
        attach(site, id, old, new)?;
    }
    if update.changes("Policies") {
        inline(site, id, old, new)?;
    }
    if update.changes("Tags") {
        let (set, gone) = tag_changes(old, new);
        if !set.is_empty() {
            site.ask("iam", "TagRole", &json!({"RoleName": id, "Tags": set}))?;
        }
        if !gone.is_empty() {
            site.ask("iam", "UntagRole", &json!({"RoleName": id, "TagKeys": gone}))?;
        }
    }
    Ok(())
}

/// The handler detaches and deletes the role's policies first.
fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    let model = read(site, id)?;
    attach(site, id, &model, &Model::new())?;
    inline(site, id, &model, &Model::new())?;
    site.ask("iam", "DeleteRole", &json!({"RoleName": id}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let (mut names, mut marker) = (Vec::new(), Value::Null);
    loop {
        let input = if marker.is_null() { json!({}) } else { json!({"Marker": marker}) };
        let answer = site.ask("iam", "ListRoles", &input)?;
        names.extend(column(&answer, "Roles", "RoleName"));
        marker = answer["Marker"].clone();
        if marker.is_null() {
            return Ok(names);
        }
    }
}
