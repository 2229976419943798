//! AWS::EC2::RouteTable: the table alone, without routes.

use serde_json::{Value, json};

use super::parts::{change_ec2_tags, column, ec2_tags, missing, text};
use crate::simulator::cloud_control::{
    resource_type::Type,
    schema::{Member, Model, Shape, TAGS, TEXT, may, must},
    site::{Failure, Site},
};

static MEMBERS: &[Member] =
    &[may("RouteTableId", &TEXT), may("Tags", &TAGS), must("VpcId", &Shape::Text(1, 64))];

pub(super) static TYPE: Type = Type {
    name: "AWS::EC2::RouteTable",
    members: MEMBERS,
    identifier: "RouteTableId",
    listed_in: None,
    read_only: &["RouteTableId"],
    create_only: &["VpcId"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
    create,
    read,
    update: change_ec2_tags,
    delete,
    list,
};

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let mut input = json!({"VpcId": text(model, "VpcId")});
    if let Some(tags) = model.get("Tags").and_then(Value::as_array).filter(|it| !it.is_empty()) {
        input["TagSpecification"] = json!([{"ResourceType": "route-table", "Tag": tags}]);
    }
    let made = site.ask("ec2", "CreateRouteTable", &input)?;
    Ok(made["routeTable"]["routeTableId"].as_str().unwrap_or_default().to_owned())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let all = site.ask("ec2", "DescribeRouteTables", &json!({"RouteTableId": [id]}))?;
    let table = all["routeTableSet"].as_array().and_then(|all| all.first()).cloned();
    let table = table.ok_or_else(|| missing(&TYPE, id))?;
    let model = json!({
        "RouteTableId": id,
        "Tags": ec2_tags(&table),
        "VpcId": table["vpcId"],
    });
    model.as_object().cloned().ok_or_else(|| missing(&TYPE, id))
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask("ec2", "DeleteRouteTable", &json!({"RouteTableId": id}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("ec2", "DescribeRouteTables", &json!({}))?;
    Ok(column(&answer, "routeTableSet", "routeTableId"))
}
