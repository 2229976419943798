//! AWS::EC2::FlowLog. EC2 does not show of which type the resource is: the handler says it again.

use serde_json::{Map, Value, json};

use super::parts::{change_ec2_tags, column, ec2_tags, missing, text};
use crate::simulator::cloud_control::{
    names::FLOW_LOG,
    resource_type::Type,
    schema::{FLAG, FREE, Member, Model, Shape, TAGS, TEXT, may, must},
    site::{Failure, Site},
};

static OPTIONS: Shape = Shape::Object(&[
    must("FileFormat", &Shape::OneOf(&["parquet", "plain-text"])),
    must("HiveCompatiblePartitions", &FLAG),
    must("PerHourPartition", &FLAG),
]);
static SORT: Shape = Shape::OneOf(&["cloud-watch-logs", "kinesis-data-firehose", "s3"]);
static TRAFFIC: Shape = Shape::OneOf(&["ACCEPT", "ALL", "REJECT"]);
static RESOURCE: Shape = Shape::OneOf(&[
    "NetworkInterface",
    "RegionalNatGateway",
    "Subnet",
    "TransitGateway",
    "TransitGatewayAttachment",
    "VPC",
]);

static MEMBERS: &[Member] = &[
    may("DeliverCrossAccountRole", &TEXT),
    may("DeliverLogsPermissionArn", &TEXT),
    may("DestinationOptions", &OPTIONS),
    may("Id", &TEXT),
    may("LogDestination", &TEXT),
    may("LogDestinationType", &SORT),
    may("LogFormat", &TEXT),
    may("LogGroupName", &TEXT),
    may("MaxAggregationInterval", &Shape::Number(60, 600)),
    must("ResourceId", &TEXT),
    must("ResourceType", &RESOURCE),
    may("TagFieldSpecifications", &FREE),
    may("Tags", &TAGS),
    may("TrafficType", &TRAFFIC),
];

pub(super) static TYPE: Type = Type {
    name: FLOW_LOG,
    listed_in: None,
    members: MEMBERS,
    identifier: "Id",
    read_only: &["Id"],
    create_only: &[
        "DeliverCrossAccountRole",
        "DeliverLogsPermissionArn",
        "DestinationOptions",
        "LogDestination",
        "LogDestinationType",
        "LogFormat",
        "LogGroupName",
        "MaxAggregationInterval",
        "ResourceId",
        "ResourceType",
        "TagFieldSpecifications",
        "TrafficType",
    ],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
    create,
    read,
    update: change_ec2_tags,
    delete,
    list,
};

/// The properties that are texts, and the members that show them.
const TEXTS: [(&str, &str); 6] = [
    ("DeliverLogsPermissionArn", "deliverLogsPermissionArn"),
    ("LogDestination", "logDestination"),
    ("LogDestinationType", "logDestinationType"),
    ("LogFormat", "logFormat"),
    ("LogGroupName", "logGroupName"),
    ("TrafficType", "trafficType"),
];

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let mut input = json!({
        "ResourceId": [text(model, "ResourceId")], "ResourceType": text(model, "ResourceType")
    });
    for (property, _) in TEXTS {
        if let Some(value) = text(model, property) {
            input[property] = value.into();
        }
    }
    if let Some(seconds) = model.get("MaxAggregationInterval") {
        input["MaxAggregationInterval"] = seconds.to_string().into();
    }
    if let Some(options) = model.get("DestinationOptions") {
        input["DestinationOptions"] = options.clone();
    }
    if let Some(tags) = model.get("Tags").and_then(Value::as_array).filter(|it| !it.is_empty()) {
        input["TagSpecification"] = json!([{"ResourceType": "vpc-flow-log", "Tag": tags}]);
    }
    let made = site.ask("ec2", "CreateFlowLogs", &input)?;
    Ok(made["flowLogIdSet"][0].as_str().unwrap_or_default().to_owned())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let all = site.ask("ec2", "DescribeFlowLogs", &json!({"FlowLogId": [id]}))?;
    let found = all["flowLogSet"].as_array().and_then(|all| all.first()).cloned();
    let found = found.ok_or_else(|| missing(&TYPE, id))?;
    let resource = found["resourceId"].as_str().unwrap_or_default();
    let kind = match resource.split('-').next().unwrap_or_default() {
        "vpc" => "VPC",
        "subnet" => "Subnet",
        "eni" => "NetworkInterface",
        "nat" => "RegionalNatGateway",
        _ => "TransitGateway",
    };
    let mut model = Map::new();
    for (property, member) in TEXTS {
        if let Some(value) = found[member].as_str() {
            model.insert(property.to_owned(), value.into());
        }
    }
    for (property, value) in [
        ("Id", id.into()),
        ("ResourceId", resource.into()),
        ("ResourceType", kind.into()),
        ("MaxAggregationInterval", found["maxAggregationInterval"].clone()),
        ("Tags", ec2_tags(&found).into()),
    ] {
        model.insert(property.to_owned(), value);
    }
    if let Some(options) = found.get("destinationOptions") {
        model.insert("DestinationOptions".to_owned(), options.clone());
    }
    Ok(model)
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask("ec2", "DeleteFlowLogs", &json!({"FlowLogId": [id]}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("ec2", "DescribeFlowLogs", &json!({}))?;
    Ok(column(&answer, "flowLogSet", "flowLogId"))
}
