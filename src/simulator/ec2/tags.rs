//! Tags: on every resource, in the create call or afterwards.

use super::{
    errors::{done, unknown_id},
    listing::Listing,
    state::{Call, State},
};
use crate::simulator::{
    query::{Input, invalid, missing},
    service::{Answer, ApiError},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) type Tags = BTreeMap<String, String>;

/// EC2 user guide, tag restrictions.
const MAX_TAGS: usize = 50;
const MAX_KEY_CHARACTERS: usize = 127;
const MAX_VALUE_CHARACTERS: usize = 256;

const LISTING: Listing = Listing {
    set: "tagSet",
    key: "order",
    ids: None,
    filters: &[
        ("key", "key"),
        ("resource-id", "resourceId"),
        ("resource-type", "resourceType"),
        ("value", "value"),
    ],
    page: Some((5, 1000)),
};

/// The tags in a create call for the new resource, whose type the specification must name.
pub(super) fn on_create(input: Input<'_>, resource_type: &str) -> Result<Tags, ApiError> {
    let mut tags = Tags::new();
    for specification in input.list("TagSpecification") {
        let named = specification.required("ResourceType")?;
        if named != resource_type {
            return Err(invalid(format!(
                "'{named}' is not a valid taggable resource type for this operation."
            )));
        }
        for (key, value) in pairs(specification)? {
            if tags.insert(key.clone(), value.unwrap_or_default()).is_some() {
                return Err(invalid(format!("Duplicate tag key '{key}' specified.")));
            }
        }
    }
    check_count(&tags)?;
    Ok(tags)
}

pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let ids = resources(state, call.input)?;
    let new = pairs(call.input)?;
    if new.is_empty() {
        return Err(missing("Tag"));
    }
    for id in ids {
        let tags = state.tags.entry(id.to_owned()).or_default();
        let pairs = new.iter().cloned();
        tags.extend(pairs.map(|(key, value)| (key, value.unwrap_or_default())));
        check_count(tags)?;
    }
    done()
}

/// Without tags it removes all; a tag without a value is removed whatever its value.
pub(super) fn delete(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let ids = resources(state, call.input)?;
    let doomed = pairs(call.input)?;
    for id in ids {
        let Some(tags) = state.tags.get_mut(id) else {
            continue;
        };
        if doomed.is_empty() {
            tags.clear();
        }
        for (key, value) in &doomed {
            if value.is_none() || tags.get(key) == value.as_ref() {
                tags.remove(key);
            }
        }
    }
    done()
}

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let mut entries = Vec::new();
    for (id, tags) in &state.tags {
        for (key, value) in tags {
            entries.push(json!({
                "resourceId": id,
                "resourceType": resource_type(id).unwrap_or_default(),
                "key": key,
                "value": value,
                "order": format!("{id}\n{key}"),
                "tagSet": [{"key": key, "value": value}],
            }));
        }
    }
    let mut answer = LISTING.answer(entries, call.input)?;
    for entry in answer["tagSet"].as_array_mut().into_iter().flatten() {
        if let Value::Object(entry) = entry {
            entry.remove("order");
            entry.remove("tagSet");
        }
    }
    Ok(answer)
}

/// The tags of a resource as in answers.
pub(super) fn shown(state: &State, id: &str) -> Value {
    let tags = state.tags.get(id).into_iter().flatten();
    tags.map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// Keys with their values, checked.
fn pairs(input: Input<'_>) -> Result<Vec<(String, Option<String>)>, ApiError> {
    let checked = input.list("Tag").into_iter().map(|tag| {
        let key = tag.required("Key")?;
        let value = tag.text("Value");
        if key.starts_with("aws:") {
            return Err(invalid(format!(
                "Tag keys starting with 'aws:' are reserved for internal use: {key}"
            )));
        }
        if key.chars().count() > MAX_KEY_CHARACTERS {
            return Err(invalid(format!(
                "Tag key exceeds the maximum length of {MAX_KEY_CHARACTERS} characters"
            )));
        }
        if value.is_some_and(|value| value.chars().count() > MAX_VALUE_CHARACTERS) {
            return Err(invalid(format!(
                "Tag value exceeds the maximum length of {MAX_VALUE_CHARACTERS} characters"
            )));
        }
        Ok((key.to_owned(), value.map(str::to_owned)))
    });
    checked.collect()
}

fn check_count(tags: &Tags) -> Result<(), ApiError> {
    if tags.len() <= MAX_TAGS {
        return Ok(());
    }
    let message = format!("The maximum number of tags for a resource is {MAX_TAGS}");
    Err(ApiError::new("TagLimitExceeded", message))
}

/// The ids in the request, all of which must exist.
fn resources<'i>(state: &State, input: Input<'i>) -> Result<Vec<&'i str>, ApiError> {
    let ids = input.texts("ResourceId");
    if ids.is_empty() {
        return Err(missing("resourceIdSet"));
    }
    for id in &ids {
        exists(state, id)?;
    }
    Ok(ids)
}

fn exists(state: &State, id: &str) -> Result<(), ApiError> {
    let (known, member) = match resource_type(id).unwrap_or_default() {
        "vpc" => (state.vpcs.contains_key(id), "vpcId"),
        "subnet" => (state.subnets.contains_key(id), "subnetId"),
        "route-table" => (state.route_tables.contains_key(id), "routeTableId"),
        "network-acl" => (state.network_acls.contains_key(id), "networkAclId"),
        "internet-gateway" => (state.gateways.contains_key(id), "internetGatewayId"),
        "vpn-gateway" => (state.gateways.contains_key(id), "vpnGatewayId"),
        "natgateway" => (state.nat_gateways.contains_key(id), "natGatewayId"),
        "elastic-ip" => (state.addresses.contains_key(id), "allocationId"),
        "vpc-flow-log" => (state.flow_logs.contains_key(id), "flowLogId"),
        "prefix-list" => (state.prefix_lists.contains_key(id), "prefixListId"),
        "network-interface" => (state.interfaces.contains_key(id), "networkInterfaceId"),
        "security-group" => (state.groups.contains_key(id), "groupId"),
        "security-group-rule" => (state.rules.contains_key(id), "securityGroupRuleId"),
        "vpc-endpoint" => {
            (state.endpoints.get(id).is_some_and(|endpoint| !endpoint.is_gone()), "vpcEndpointId")
        }
        _ => {
            return Err(ApiError::new("InvalidID", format!("The ID '{id}' is not valid")));
        }
    };
    if known { Ok(()) } else { Err(unknown_id(id, member)) }
}

/// The type of the resource with an id of this form, as in EC2's ARNs and tag specifications.
pub(super) fn resource_type(id: &str) -> Option<&'static str> {
    Some(match id.split_once('-')?.0 {
        "vpc" => "vpc",
        "subnet" => "subnet",
        "rtb" => "route-table",
        "acl" => "network-acl",
        "igw" => "internet-gateway",
        "vgw" => "vpn-gateway",
        "nat" => "natgateway",
        "eipalloc" => "elastic-ip",
        "fl" => "vpc-flow-log",
        "pl" => "prefix-list",
        "eni" => "network-interface",
        "sg" => "security-group",
        "sgr" => "security-group-rule",
        "vpce" => "vpc-endpoint",
        _ => return None,
    })
}
