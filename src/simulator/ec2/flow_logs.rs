//! Flow logs. EC2 does not refuse a second one of the same resource.

use super::{
    errors::unknown_id,
    listing::Listing,
    state::{Call, State},
    tags, tokens,
};
use crate::simulator::{
    query::{invalid, missing},
    service::{Answer, ApiError},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What a flow log without a format writes (VPC user guide, "Default format").
const FORMAT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} \
                      ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} \
                      ${log-status}";

const LISTING: Listing = Listing {
    set: "flowLogSet",
    key: "flowLogId",
    ids: Some("FlowLogId"),
    filters: &[
        ("deliver-log-status", "deliverLogsStatus"),
        ("flow-log-id", "flowLogId"),
        ("log-destination-type", "logDestinationType"),
        ("log-group-name", "logGroupName"),
        ("resource-id", "resourceId"),
        ("traffic-type", "trafficType"),
    ],
    page: Some((1, 1000)),
};

/// One flow log for each resource of the request.
pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    if let Some(answer) = tokens::earlier(state, call)? {
        return Ok(answer);
    }
    let kind = call.input.required("ResourceType")?;
    let resources = call.input.texts("ResourceId");
    if resources.is_empty() {
        return Err(missing("ResourceId"));
    }
    for id in &resources {
        exists(state, kind, id)?;
    }
    let members = members(call)?;
    let new_tags = tags::on_create(call.input, "vpc-flow-log")?;
    let mut made = Vec::new();
    for resource in resources {
        let id = call.context.ids.next("fl");
        let mut flow_log = members.clone();
        flow_log.insert("resourceId".to_owned(), resource.into());
        state.flow_logs.insert(id.clone(), flow_log);
        state.tags.insert(id.clone(), new_tags.clone());
        made.push(id);
    }
    let answer = json!({"flowLogIdSet": made, "unsuccessful": []});
    tokens::keep(state, call, answer.clone());
    Ok(answer)
}

fn exists(state: &State, kind: &str, id: &str) -> Result<(), ApiError> {
    let (known, member) = match kind {
        "VPC" => (state.vpcs.contains_key(id), "vpcId"),
        "Subnet" => (state.subnets.contains_key(id), "subnetId"),
        "NetworkInterface" => (state.interfaces.contains_key(id), "networkInterfaceId"),
        "RegionalNatGateway" => (state.nat_gateways.contains_key(id), "natGatewayId"),
        "TransitGateway" | "TransitGatewayAttachment" => return Ok(()),
        _ => return Err(invalid(format!("Value ({kind}) for parameter resourceType is invalid."))),
    };
    if known { Ok(()) } else { Err(unknown_id(id, member)) }
}

/// What a flow log consists of (EC2 API reference, CreateFlowLogs).
fn members(call: &Call<'_, '_>) -> Result<Map<String, Value>, ApiError> {
    let text = |member: &str| call.input.text(member);
    let traffic = text("TrafficType").unwrap_or("ALL");
    if !["ACCEPT", "REJECT", "ALL"].contains(&traffic) {
        return Err(invalid(format!("Value ({traffic}) for parameter trafficType is invalid.")));
    }
    let sort = text("LogDestinationType").unwrap_or("cloud-watch-logs");
    let mut members = Map::new();
    let mut put = |name: &str, value: &str| members.insert(name.to_owned(), value.into());
    match sort {
        "cloud-watch-logs" => {
            let role = call.input.required("DeliverLogsPermissionArn")?;
            put("deliverLogsPermissionArn", role);
            match (text("LogGroupName"), text("LogDestination")) {
                (Some(name), None) => drop(put("logGroupName", name)),
                (None, Some(arn)) => {
                    put("logDestination", arn);
                    let name = arn.split(":log-group:").nth(1).unwrap_or_default();
                    put("logGroupName", name.trim_end_matches(":*"));
                }
                _ => return Err(invalid("Name a log group, by its name or by its ARN")),
            }
        }
        "s3" | "kinesis-data-firehose" if text("LogGroupName").is_some() => {
            return Err(invalid("A log group is a destination of CloudWatch Logs only"));
        }
        "s3" | "kinesis-data-firehose" => {
            put("logDestination", call.input.required("LogDestination")?);
        }
        other => {
            let message = format!("Value ({other}) for parameter logDestinationType is invalid.");
            return Err(invalid(message));
        }
    }
    put("trafficType", traffic);
    put("logDestinationType", sort);
    put("logFormat", text("LogFormat").unwrap_or(FORMAT));
    let seconds = call.input.integer("MaxAggregationInterval")?.unwrap_or(600);
    if ![60, 600].contains(&seconds) {
        return Err(invalid("The interval is of 60 or 600 seconds"));
    }
    members.insert("maxAggregationInterval".to_owned(), seconds.into());
    if let Some(options) = call.input.value().get("DestinationOptions") {
        members.insert("destinationOptions".to_owned(), options.clone());
    }
    Ok(members)
}

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let all = state.flow_logs.iter().map(|(id, members)| {
        let mut shown = members.clone();
        shown.insert("flowLogId".to_owned(), id.as_str().into());
        shown.insert("flowLogStatus".to_owned(), "ACTIVE".into());
        shown.insert("deliverLogsStatus".to_owned(), "SUCCESS".into());
        shown.insert("tagSet".to_owned(), tags::shown(state, id));
        Value::Object(shown)
    });
    LISTING.answer(all.collect(), call.input)
}

pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    for id in call.input.texts("FlowLogId") {
        if state.flow_logs.remove(id).is_none() {
            return Err(unknown_id(id, "flowLogId"));
        }
        state.tags.remove(id);
    }
    Ok(json!({"unsuccessful": []}))
}

/// Its members as monitors see them.
pub(super) fn facts(members: &Map<String, Value>) -> BTreeSet<String> {
    members.iter().map(|(name, value)| format!("{name} {value}")).collect()
}
