//! AWS::SSO::PermissionSet. What is changed is provisioned, too.

use serde_json::{Map, Value, json};

use super::parts::{column, document, missing, tag_changes};
use crate::simulator::cloud_control::{
    names::PERMISSION_SET,
    resource_type::{Type, Update},
    schema::{Member, Model, Shape, TAGS, TEXT, TEXTS, may, must},
    site::{Failure, Site},
};

static REFERENCE: Shape = Shape::Object(&[must("Name", &TEXT), may("Path", &TEXT)]);
static REFERENCES: Shape = Shape::List { of: &REFERENCE, count: (0, 20), ordered: false };
static BOUNDARY: Shape = Shape::Object(&[
    may("CustomerManagedPolicyReference", &REFERENCE),
    may("ManagedPolicyArn", &TEXT),
]);

static MEMBERS: &[Member] = &[
    may("CustomerManagedPolicyReferences", &REFERENCES),
    may("Description", &Shape::Text(1, 700)),
    may("InlinePolicy", &Shape::Document),
    must("InstanceArn", &TEXT),
    may("ManagedPolicies", &TEXTS),
    must("Name", &Shape::Text(1, 32)),
    may("PermissionSetArn", &TEXT),
    may("PermissionsBoundary", &BOUNDARY),
    may("RelayStateType", &TEXT),
    may("SessionDuration", &TEXT),
    may("Tags", &TAGS),
];

pub(super) static TYPE: Type = Type {
    name: PERMISSION_SET,
    members: MEMBERS,
    identifier: "InstanceArn|PermissionSetArn",
    listed_in: Some("InstanceArn"),
    read_only: &["PermissionSetArn"],
    create_only: &["InstanceArn", "Name"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
    create,
    read,
    update,
    delete,
    list,
};

const SERVICE: &str = "sso";

/// The members that every call about a set has.
fn both(id: &str) -> Result<Value, Failure> {
    let (instance, set) = id.split_once('|').ok_or_else(|| missing(&TYPE, id))?;
    Ok(json!({"InstanceArn": instance, "PermissionSetArn": set}))
}

fn with(mut input: Value, member: &str, value: Value) -> Value {
    input[member] = value;
    input
}

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let mut input = json!({"InstanceArn": model["InstanceArn"], "Name": model["Name"]});
    for (property, member) in [
        ("Description", "Description"),
        ("SessionDuration", "SessionDuration"),
        ("RelayStateType", "RelayState"),
        ("Tags", "Tags"),
    ] {
        if let Some(value) = model.get(property) {
            input[member] = value.clone();
        }
    }
    let made = site.ask(SERVICE, "CreatePermissionSet", &input)?;
    let arn = made["PermissionSet"]["PermissionSetArn"].as_str().unwrap_or_default();
    let id = format!("{}|{arn}", model["InstanceArn"].as_str().unwrap_or_default());
    fill(site, &id, &Model::new(), model)?;
    Ok(id)
}

/// Makes what is in a set what the new model says.
fn fill(site: &mut Site<'_, '_>, id: &str, old: &Model, new: &Model) -> Result<(), Failure> {
    let input = both(id)?;
    let items = |model: &Model, property: &str| {
        model.get(property).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    for (property, member, attach, detach) in [
        (
            "ManagedPolicies",
            "ManagedPolicyArn",
            "AttachManagedPolicyToPermissionSet",
            "DetachManagedPolicyFromPermissionSet",
        ),
        (
            "CustomerManagedPolicyReferences",
            "CustomerManagedPolicyReference",
            "AttachCustomerManagedPolicyReferenceToPermissionSet",
            "DetachCustomerManagedPolicyReferenceFromPermissionSet",
        ),
    ] {
        let (before, after) = (items(old, property), items(new, property));
        for gone in before.iter().filter(|it| !after.contains(it)) {
            site.ask(SERVICE, detach, &with(input.clone(), member, gone.clone()))?;
        }
        for added in after.iter().filter(|it| !before.contains(it)) {
            site.ask(SERVICE, attach, &with(input.clone(), member, added.clone()))?;
        }
    }
    if old.get("InlinePolicy") != new.get("InlinePolicy") {
        match new.get("InlinePolicy") {
            Some(policy) => {
                let input = with(input.clone(), "InlinePolicy", document(policy).into());
                site.ask(SERVICE, "PutInlinePolicyToPermissionSet", &input)?;
            }
            None => {
                site.ask(SERVICE, "DeleteInlinePolicyFromPermissionSet", &input)?;
            }
        }
    }
    if old.get("PermissionsBoundary") != new.get("PermissionsBoundary") {
        match new.get("PermissionsBoundary") {
            Some(boundary) => {
                let input = with(input, "PermissionsBoundary", boundary.clone());
                site.ask(SERVICE, "PutPermissionsBoundaryToPermissionSet", &input)?;
            }
            None => {
                site.ask(SERVICE, "DeletePermissionsBoundaryFromPermissionSet", &input)?;
            }
        }
    }
    Ok(())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let input = both(id)?;
    let found = site.ask(SERVICE, "DescribePermissionSet", &input)?;
    let set = &found["PermissionSet"];
    let mut model = Map::new();
    for (property, value) in [
        ("InstanceArn", &input["InstanceArn"]),
        ("PermissionSetArn", &input["PermissionSetArn"]),
        ("Name", &set["Name"]),
        ("Description", &set["Description"]),
        ("SessionDuration", &set["SessionDuration"]),
        ("RelayStateType", &set["RelayState"]),
    ] {
        if !value.is_null() {
            model.insert(property.to_owned(), value.clone());
        }
    }
    let policies = site.ask(SERVICE, "ListManagedPoliciesInPermissionSet", &input)?;
    let policies = column(&policies, "AttachedManagedPolicies", "Arn");
    model.insert("ManagedPolicies".to_owned(), json!(policies));
    let references =
        site.ask(SERVICE, "ListCustomerManagedPolicyReferencesInPermissionSet", &input)?;
    let references = references["CustomerManagedPolicyReferences"].clone();
    model.insert("CustomerManagedPolicyReferences".to_owned(), references);
    let inline = site.ask(SERVICE, "GetInlinePolicyForPermissionSet", &input)?;
    let inline = inline["InlinePolicy"].as_str().unwrap_or_default();
    if let Ok(policy) = serde_json::from_str::<Value>(inline) {
        model.insert("InlinePolicy".to_owned(), policy);
    }
    match site.ask(SERVICE, "GetPermissionsBoundaryForPermissionSet", &input).map_err(Failure::from)
    {
        Ok(found) => {
            let boundary = found["PermissionsBoundary"].clone();
            model.insert("PermissionsBoundary".to_owned(), boundary);
        }
        Err(failure) if failure.code == "NotFound" => {}
        Err(failure) => return Err(failure),
    }
    let named = json!({
        "InstanceArn": input["InstanceArn"], "ResourceArn": input["PermissionSetArn"],
    });
    let tags = site.ask(SERVICE, "ListTagsForResource", &named)?;
    model.insert("Tags".to_owned(), tags["Tags"].clone());
    Ok(model)
}

fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    let input = both(update.id)?;
    let mut plain = input.clone();
    for (property, member) in [
        ("Description", "Description"),
        ("SessionDuration", "SessionDuration"),
        ("RelayStateType", "RelayState"),
    ] {
        if let Some(value) = update.new.get(property).filter(|_| update.changes(property)) {
            plain[member] = value.clone();
        }
    }
    if plain != input {
        site.ask(SERVICE, "UpdatePermissionSet", &plain)?;
    }
    fill(site, update.id, update.old, update.new)?;
    let named = json!({
        "InstanceArn": input["InstanceArn"], "ResourceArn": input["PermissionSetArn"],
    });
    let (set, gone) = tag_changes(update.old, update.new);
    if !set.is_empty() {
        site.ask(SERVICE, "TagResource", &with(named.clone(), "Tags", json!(set)))?;
    }
    if !gone.is_empty() {
        site.ask(SERVICE, "UntagResource", &with(named, "TagKeys", json!(gone)))?;
    }
    let all = with(input, "TargetType", "ALL_PROVISIONED_ACCOUNTS".into());
    site.ask(SERVICE, "ProvisionPermissionSet", &all)?;
    Ok(())
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask(SERVICE, "DeletePermissionSet", &both(id)?)?;
    Ok(())
}

/// A list is of one instance.
fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let instance = site.narrowed["InstanceArn"].as_str().unwrap_or_default().to_owned();
    let mut input = json!({"InstanceArn": instance});
    let mut all = Vec::new();
    loop {
        let page = site.ask(SERVICE, "ListPermissionSets", &input)?;
        let arns = page["PermissionSets"].as_array().into_iter().flatten();
        let arns = arns.filter_map(Value::as_str);
        all.extend(arns.map(|arn| format!("{instance}|{arn}")));
        match page["NextToken"].as_str() {
            Some(next) => input["NextToken"] = next.into(),
            None => return Ok(all),
        }
    }
}
