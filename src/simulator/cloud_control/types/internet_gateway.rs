//! AWS::EC2::InternetGateway: the gateway alone, attached to nothing.

use serde_json::{Value, json};

use super::parts::{change_ec2_tags, column, ec2_tags, missing};
use crate::simulator::cloud_control::{
    names::INTERNET_GATEWAY,
    resource_type::Type,
    schema::{Member, Model, TAGS, TEXT, may},
    site::{Failure, Site},
};

static MEMBERS: &[Member] = &[may("InternetGatewayId", &TEXT), may("Tags", &TAGS)];

pub(super) static TYPE: Type = Type {
    name: INTERNET_GATEWAY,
    members: MEMBERS,
    identifier: "InternetGatewayId",
    listed_in: None,
    read_only: &["InternetGatewayId"],
    create_only: &[],
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
    let mut input = json!({});
    if let Some(tags) = model.get("Tags").and_then(Value::as_array).filter(|it| !it.is_empty()) {
        input["TagSpecification"] = json!([{"ResourceType": "internet-gateway", "Tag": tags}]);
    }
    let made = site.ask("ec2", "CreateInternetGateway", &input)?;
    Ok(made["internetGateway"]["internetGatewayId"].as_str().unwrap_or_default().to_owned())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let all = site.ask("ec2", "DescribeInternetGateways", &json!({"InternetGatewayId": [id]}))?;
    let gateway = all["internetGatewaySet"].as_array().and_then(|all| all.first()).cloned();
    let gateway = gateway.ok_or_else(|| missing(&TYPE, id))?;
    let model = json!({
        "InternetGatewayId": id,
        "Tags": ec2_tags(&gateway),
    });
    model.as_object().cloned().ok_or_else(|| missing(&TYPE, id))
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask("ec2", "DeleteInternetGateway", &json!({"InternetGatewayId": id}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("ec2", "DescribeInternetGateways", &json!({}))?;
    Ok(column(&answer, "internetGatewaySet", "internetGatewayId"))
}
