//! AWS::IAM::ManagedPolicy. An update is a new version, which becomes the default one.

use serde_json::{Map, Value, json};

use super::parts::{column, document, invented, text};
use crate::simulator::cloud_control::{
    names::MANAGED_POLICY,
    resource_type::{Type, Update},
    schema::{FLAG, Member, Model, NUMBER, Shape, TEXT, TEXTS, may, must},
    site::{Failure, Site},
};

static MEMBERS: &[Member] = &[
    may("AttachmentCount", &NUMBER),
    may("CreateDate", &TEXT),
    may("DefaultVersionId", &TEXT),
    may("Description", &Shape::Text(0, 1000)),
    may("Groups", &TEXTS),
    may("IsAttachable", &FLAG),
    may("ManagedPolicyName", &Shape::Text(1, 128)),
    may("Path", &Shape::Text(1, 512)),
    may("PermissionsBoundaryUsageCount", &NUMBER),
    may("PolicyArn", &TEXT),
    must("PolicyDocument", &Shape::Document),
    may("PolicyId", &TEXT),
    may("Roles", &TEXTS),
    may("UpdateDate", &TEXT),
    may("Users", &TEXTS),
];

pub(super) static TYPE: Type = Type {
    name: MANAGED_POLICY,
    listed_in: None,
    members: MEMBERS,
    identifier: "PolicyArn",
    read_only: &[
        "AttachmentCount",
        "CreateDate",
        "DefaultVersionId",
        "IsAttachable",
        "PermissionsBoundaryUsageCount",
        "PolicyArn",
        "PolicyId",
        "UpdateDate",
    ],
    create_only: &["Description", "ManagedPolicyName", "Path"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
    create,
    read,
    update,
    delete,
    list,
};

/// Whom it is attached to is not modeled here.
fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let name = match text(model, "ManagedPolicyName") {
        Some(name) => name.to_owned(),
        None => invented(site, "stack-policy"),
    };
    let mut input = json!({"PolicyName": name, "PolicyDocument": wanted(model)});
    for member in ["Path", "Description"] {
        if let Some(value) = text(model, member) {
            input[member] = value.into();
        }
    }
    let made = site.ask("iam", "CreatePolicy", &input)?;
    Ok(made["Policy"]["Arn"].as_str().unwrap_or_default().to_owned())
}

fn wanted(model: &Model) -> String {
    document(model.get("PolicyDocument").unwrap_or(&Value::Null))
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let named = json!({"PolicyArn": id});
    let answer = site.ask("iam", "GetPolicy", &named)?;
    let policy = &answer["Policy"];
    let version = json!({"PolicyArn": id, "VersionId": policy["DefaultVersionId"]});
    let version = site.ask("iam", "GetPolicyVersion", &version)?;
    let entities = site.ask("iam", "ListEntitiesForPolicy", &named)?;
    let text = version["PolicyVersion"]["Document"].as_str().unwrap_or_default();
    let mut model = Map::new();
    for (property, value) in [
        ("PolicyArn", id.into()),
        ("ManagedPolicyName", policy["PolicyName"].clone()),
        ("Path", policy["Path"].clone()),
        ("PolicyId", policy["PolicyId"].clone()),
        ("DefaultVersionId", policy["DefaultVersionId"].clone()),
        ("AttachmentCount", policy["AttachmentCount"].clone()),
        ("IsAttachable", policy["IsAttachable"].clone()),
        ("PermissionsBoundaryUsageCount", 0.into()),
        ("Description", policy["Description"].as_str().unwrap_or_default().into()),
        ("PolicyDocument", serde_json::from_str(text).unwrap_or_default()),
        ("Roles", column(&entities, "PolicyRoles", "RoleName").into()),
    ] {
        model.insert(property.to_owned(), value);
    }
    Ok(model)
}

/// The oldest version goes if there is no room for another.
fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    if !update.changes("PolicyDocument") {
        return Ok(());
    }
    let versions = versions(site, update.id)?;
    if let (true, Some(oldest)) = (versions.len() >= 5, versions.first()) {
        let input = json!({"PolicyArn": update.id, "VersionId": oldest});
        site.ask("iam", "DeletePolicyVersion", &input)?;
    }
    let input = json!({
        "PolicyArn": update.id, "PolicyDocument": wanted(update.new), "SetAsDefault": "true"
    });
    site.ask("iam", "CreatePolicyVersion", &input)?;
    Ok(())
}

/// The versions that are not in force, oldest first.
fn versions(site: &mut Site<'_, '_>, id: &str) -> Result<Vec<String>, Failure> {
    let answer = site.ask("iam", "ListPolicyVersions", &json!({"PolicyArn": id}))?;
    let all = answer["Versions"].as_array().cloned().unwrap_or_default();
    let others = all.iter().filter(|version| version["IsDefaultVersion"] == false);
    Ok(others.filter_map(|it| it["VersionId"].as_str().map(str::to_owned)).collect())
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    let named = json!({"PolicyArn": id});
    let entities = site.ask("iam", "ListEntitiesForPolicy", &named)?;
    for role in column(&entities, "PolicyRoles", "RoleName") {
        site.ask("iam", "DetachRolePolicy", &json!({"RoleName": role, "PolicyArn": id}))?;
    }
    for version in versions(site, id)? {
        let input = json!({"PolicyArn": id, "VersionId": version});
        site.ask("iam", "DeletePolicyVersion", &input)?;
    }
    site.ask("iam", "DeletePolicy", &named)?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("iam", "ListPolicies", &json!({"Scope": "Local"}))?;
    Ok(column(&answer, "Policies", "Arn"))
}
