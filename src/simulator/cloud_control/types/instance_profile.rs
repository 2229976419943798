//! AWS::IAM::InstanceProfile: one role.

use serde_json::{Map, Value, json};

use super::parts::{column, invented, text};
use crate::simulator::cloud_control::{
    names::INSTANCE_PROFILE,
    resource_type::{Type, Update},
    schema::{Member, Model, Shape, TEXT, may, must},
    site::{Failure, Site},
};

static ROLES: Shape = Shape::List { of: &TEXT, count: (0, 1), ordered: false };

static MEMBERS: &[Member] = &[
    may("Arn", &TEXT),
    may("InstanceProfileName", &Shape::Text(1, 128)),
    may("Path", &Shape::Text(1, 512)),
    must("Roles", &ROLES),
];

pub(super) static TYPE: Type = Type {
    name: INSTANCE_PROFILE,
    listed_in: None,
    members: MEMBERS,
    identifier: "InstanceProfileName",
    read_only: &["Arn"],
    create_only: &["InstanceProfileName", "Path"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |model| text(model, "InstanceProfileName").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let name = match text(model, "InstanceProfileName") {
        Some(name) => name.to_owned(),
        None => invented(site, "stack-profile"),
    };
    let mut input = json!({"InstanceProfileName": name});
    if let Some(path) = text(model, "Path") {
        input["Path"] = path.into();
    }
    site.ask("iam", "CreateInstanceProfile", &input)?;
    set(site, &name, &Model::new(), model)?;
    Ok(name)
}

/// What goes first, then what comes: a profile has one role.
fn set(site: &mut Site<'_, '_>, name: &str, old: &Model, new: &Model) -> Result<(), Failure> {
    let of = |model: &Model| {
        let roles = model.get("Roles").and_then(Value::as_array).cloned().unwrap_or_default();
        roles.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let (old, new) = (of(old), of(new));
    let calls = old
        .iter()
        .filter(|it| !new.contains(it))
        .map(|it| ("RemoveRoleFromInstanceProfile", it))
        .chain(
            new.iter().filter(|it| !old.contains(it)).map(|it| ("AddRoleToInstanceProfile", it)),
        );
    for (operation, role) in calls {
        site.ask("iam", operation, &json!({"InstanceProfileName": name, "RoleName": role}))?;
    }
    Ok(())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let answer = site.ask("iam", "GetInstanceProfile", &json!({"InstanceProfileName": id}))?;
    let profile = &answer["InstanceProfile"];
    let mut model = Map::new();
    for (property, value) in [
        ("InstanceProfileName", id.into()),
        ("Arn", profile["Arn"].clone()),
        ("Path", profile["Path"].clone()),
        ("Roles", column(profile, "Roles", "RoleName").into()),
    ] {
        model.insert(property.to_owned(), value);
    }
    Ok(model)
}

fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    set(site, update.id, update.old, update.new)
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    let model = read(site, id)?;
    set(site, id, &model, &Model::new())?;
    site.ask("iam", "DeleteInstanceProfile", &json!({"InstanceProfileName": id}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("iam", "ListInstanceProfiles", &json!({}))?;
    Ok(column(&answer, "InstanceProfiles", "InstanceProfileName"))
}
