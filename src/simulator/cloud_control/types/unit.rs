//! AWS::Organizations::OrganizationalUnit.

use serde_json::{Value, json};

use super::parts::{column, missing, tag_changes, text};
use crate::simulator::cloud_control::{
    names::UNIT,
    resource_type::{Type, Update},
    schema::{Member, Model, Shape, TAGS, TEXT, may, must},
    site::{Failure, Site},
};

static MEMBERS: &[Member] = &[
    may("Arn", &TEXT),
    may("Id", &TEXT),
    must("Name", &Shape::Text(1, 128)),
    must("ParentId", &TEXT),
    may("Path", &TEXT),
    may("Tags", &TAGS),
];

pub(super) static TYPE: Type = Type {
    name: UNIT,
    members: MEMBERS,
    identifier: "Id",
    listed_in: Some("ParentId"),
    read_only: &["Arn", "Id", "Path"],
    create_only: &["ParentId"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
    create,
    read,
    update,
    delete,
    list,
};

const SERVICE: &str = "organizations";

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let mut input = json!({"ParentId": model["ParentId"], "Name": model["Name"]});
    if let Some(tags) = model.get("Tags") {
        input["Tags"] = tags.clone();
    }
    let made = site.ask(SERVICE, "CreateOrganizationalUnit", &input)?;
    Ok(made["OrganizationalUnit"]["Id"].as_str().unwrap_or_default().to_owned())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let input = json!({"OrganizationalUnitId": id});
    let found = site.ask(SERVICE, "DescribeOrganizationalUnit", &input)?;
    let mut model =
        found["OrganizationalUnit"].as_object().cloned().ok_or_else(|| missing(&TYPE, id))?;
    let parents = site.ask(SERVICE, "ListParents", &json!({"ChildId": id}))?;
    model.insert("ParentId".to_owned(), parents["Parents"][0]["Id"].clone());
    let tags = site.ask(SERVICE, "ListTagsForResource", &json!({"ResourceId": id}))?;
    model.insert("Tags".to_owned(), tags["Tags"].clone());
    Ok(model)
}

fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    if update.changes("Name") {
        let name = text(update.new, "Name").unwrap_or_default();
        let input = json!({"OrganizationalUnitId": update.id, "Name": name});
        site.ask(SERVICE, "UpdateOrganizationalUnit", &input)?;
    }
    let (set, gone) = tag_changes(update.old, update.new);
    if !set.is_empty() {
        let input = json!({"ResourceId": update.id, "Tags": set});
        site.ask(SERVICE, "TagResource", &input)?;
    }
    if !gone.is_empty() {
        let input = json!({"ResourceId": update.id, "TagKeys": gone});
        site.ask(SERVICE, "UntagResource", &input)?;
    }
    Ok(())
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    let input = json!({"OrganizationalUnitId": id});
    site.ask(SERVICE, "DeleteOrganizationalUnit", &input)?;
    Ok(())
}

/// A list is of one parent.
fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let parent = site.narrowed.get("ParentId").and_then(Value::as_str).unwrap_or_default();
    let mut input = json!({"ParentId": parent});
    let mut all = Vec::new();
    loop {
        let page = site.ask(SERVICE, "ListOrganizationalUnitsForParent", &input)?;
        all.extend(column(&page, "OrganizationalUnits", "Id"));
        match page["NextToken"].as_str() {
            Some(next) => input["NextToken"] = next.into(),
            None => return Ok(all),
        }
    }
}
