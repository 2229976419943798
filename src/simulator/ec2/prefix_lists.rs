//! Prefix lists: AWS's own for S3 and DynamoDB, and customers'.

use super::{
    errors::unknown_id,
    listing::Listing,
    model::{Family, PrefixList},
    state::{Call, State},
    tags,
};
use crate::simulator::{
    query::invalid,
    service::{Answer, ApiError, Caller, partition},
};
use ipnet::IpNet;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MANAGED: Listing = Listing {
    set: "prefixListSet",
    key: "prefixListId",
    ids: Some("PrefixListId"),
    filters: &[
        ("owner-id", "ownerId"),
        ("prefix-list-id", "prefixListId"),
        ("prefix-list-name", "prefixListName"),
    ],
    page: Some((1, 100)),
};

const PLAIN: Listing = Listing {
    set: "prefixListSet",
    key: "prefixListId",
    ids: Some("PrefixListId"),
    filters: &[("prefix-list-id", "prefixListId"), ("prefix-list-name", "prefixListName")],
    page: Some((5, 1000)),
};

/// The services with a gateway endpoint and therefore a prefix list, each with one block for
/// `DescribePrefixLists`.
const OF_AWS: &[(&str, &str)] = &[("s3", "52.218.0.0/17"), ("dynamodb", "52.94.24.0/23")];

/// The id of AWS's list for a service in a region, the same in every account.
pub(super) fn of_service(region: &str, service: &str) -> Option<String> {
    OF_AWS.iter().find(|(short, _)| *short == service)?;
    // FNV-1a: the id only has to be a stable function of the name.
    let hash = format!("{region}.{service}")
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    Some(format!("pl-{hash:08x}"))
}

/// The number of rules that a reference to this list counts as, and in which family; `None` if the
/// list does not exist. A customer's list counts with its maximum, AWS's lists for S3 and DynamoDB
/// count as one (VPC quotas).
pub(super) fn weight(state: &State, caller: &Caller, id: &str) -> Option<(i64, Family)> {
    if let Some(list) = state.prefix_lists.get(id) {
        return Some((list.most_entries, list.family));
    }
    let mut aws = OF_AWS.iter();
    aws.any(|(service, _)| of_service(&caller.region, service).as_deref() == Some(id))
        .then_some((1, Family::V4))
}

pub(super) fn describe_managed(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let region = &call.caller.region;
    let mut entries: Vec<Value> = of_aws(region)
        .map(|(id, name, _)| {
            let arn = format!("arn:{}:ec2:{region}:aws:prefix-list/{id}", partition(region));
            json!({
                "prefixListId": id,
                "prefixListName": name,
                "addressFamily": "IPv4",
                "state": "create-complete",
                "prefixListArn": arn,
                "ownerId": "AWS",
                "tagSet": [],
            })
        })
        .collect();
    entries.extend(state.prefix_lists.keys().map(|id| shown(state, id, call)));
    MANAGED.answer(entries, call.input)
}

/// AWS's lists only, with their blocks.
pub(super) fn describe(_state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let entries = of_aws(&call.caller.region)
        .map(|(id, name, block)| {
            json!({"prefixListId": id, "prefixListName": name, "cidrSet": [block]})
        })
        .collect();
    PLAIN.answer(entries, call.input)
}

const ENTRIES: Listing =
    Listing { set: "entrySet", key: "cidr", ids: None, filters: &[], page: Some((1, 100)) };

/// `GetManagedPrefixListEntries`: the entries of one list of any owner.
pub(super) fn describe_entries(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let id = call.input.required("PrefixListId")?;
    let mut of_aws = of_aws(&call.caller.region);
    let entries = if let Some(list) = state.prefix_lists.get(id) {
        let entries = list.entries.iter();
        entries
            .map(|(block, text)| json!({"cidr": block.to_string(), "description": text}))
            .collect()
    } else {
        let (_, _, block) =
            of_aws.find(|list| list.0 == id).ok_or_else(|| unknown_id(id, "prefixListId"))?;
        vec![json!({"cidr": block})]
    };
    ENTRIES.answer(entries, call.input)
}

pub(super) fn create(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let name = call.input.required("PrefixListName")?;
    if name.starts_with("com.amazonaws") {
        return Err(invalid("The prefix list name cannot start with com.amazonaws."));
    }
    let family = match call.input.required("AddressFamily")? {
        "IPv4" => Family::V4,
        "IPv6" => Family::V6,
        other => {
            return Err(invalid(format!(
                "Value ({other}) for parameter addressFamily is invalid."
            )));
        }
    };
    call.input.required("MaxEntries")?;
    let most_entries = call.input.integer("MaxEntries")?.unwrap_or_default();
    let entries = entries(call, family)?;
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    if !(1..=1000).contains(&most_entries) || count > most_entries {
        return Err(invalid("The number of entries exceeds the maximum number of entries"));
    }
    let new_tags = tags::on_create(call.input, "prefix-list")?;
    let id = call.context.ids.next("pl");
    let list = PrefixList { name: name.into(), family, most_entries, entries };
    state.prefix_lists.insert(id.clone(), list);
    state.tags.insert(id.clone(), new_tags);
    Ok(json!({"prefixList": shown(state, &id, call)}))
}

fn entries(
    call: &Call<'_, '_>,
    family: Family,
) -> Result<BTreeMap<IpNet, Option<String>>, ApiError> {
    let mut entries = BTreeMap::new();
    for entry in call.input.list("Entry") {
        let text = entry.required("Cidr")?;
        let block: Option<IpNet> = text.parse().ok();
        let block = block
            .filter(|block| matches!(block, IpNet::V4(_)) == (family == Family::V4))
            .ok_or_else(|| {
            invalid(format!("The CIDR {text} is not valid for the address family"))
        })?;
        let description = entry.text("Description").map(str::to_owned);
        if entries.insert(block.trunc(), description).is_some() {
            return Err(invalid(format!("The CIDR {text} is specified more than once")));
        }
    }
    Ok(entries)
}

fn of_aws(region: &str) -> impl Iterator<Item = (String, String, &'static str)> {
    OF_AWS.iter().filter_map(move |(service, block)| {
        let name = format!("com.amazonaws.{region}.{service}");
        Some((of_service(region, service)?, name, *block))
    })
}

fn shown(state: &State, id: &str, call: &Call<'_, '_>) -> Value {
    let list = &state.prefix_lists[id];
    json!({
        "prefixListId": id,
        "prefixListName": list.name,
        "addressFamily": if list.family == Family::V4 { "IPv4" } else { "IPv6" },
        "state": "create-complete",
        "prefixListArn": call.arn("prefix-list", id),
        "maxEntries": list.most_entries,
        "version": 1,
        "ownerId": call.caller.account,
        "tagSet": tags::shown(state, id),
    })
}
