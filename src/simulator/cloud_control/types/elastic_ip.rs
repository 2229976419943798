//! AWS::EC2::EIP: the identifier is the address and the allocation.

use serde_json::{Value, json};

use super::parts::{change_ec2_tags, ec2_tags, missing, text};
use crate::simulator::cloud_control::{
    names::ELASTIC_IP,
    resource_type::{Type, Update},
    schema::{Member, Model, TAGS, TEXT, may},
    site::{Failure, Site},
};

static MEMBERS: &[Member] = &[
    may("Address", &TEXT),
    may("AllocationId", &TEXT),
    may("Domain", &TEXT),
    may("InstanceId", &TEXT),
    may("IpamPoolId", &TEXT),
    may("NetworkBorderGroup", &TEXT),
    may("PublicIp", &TEXT),
    may("PublicIpv4Pool", &TEXT),
    may("Tags", &TAGS),
    may("TransferAddress", &TEXT),
];

pub(super) static TYPE: Type = Type {
    name: ELASTIC_IP,
    listed_in: None,
    members: MEMBERS,
    identifier: "AllocationId",
    read_only: &["AllocationId", "PublicIp"],
    create_only: &["Address", "IpamPoolId", "NetworkBorderGroup", "TransferAddress"],
    write_only: &["Address", "IpamPoolId", "TransferAddress"],
    rules: |_| Ok(()),
    named: |_| None,
    create,
    read,
    update,
    delete,
    list,
};

/// Addresses of pools and of other accounts are not modeled.
fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    for missing in ["Address", "InstanceId", "IpamPoolId", "PublicIpv4Pool", "TransferAddress"] {
        if model.contains_key(missing) {
            let message = format!("{missing} does not exist (InvalidParameterValue)");
            return Err(Failure::new("InvalidRequest", message));
        }
    }
    let mut input = json!({"Domain": text(model, "Domain").unwrap_or("vpc")});
    if let Some(tags) = model.get("Tags").and_then(Value::as_array).filter(|it| !it.is_empty()) {
        input["TagSpecification"] = json!([{"ResourceType": "elastic-ip", "Tag": tags}]);
    }
    let made = site.ask("ec2", "AllocateAddress", &input)?;
    Ok(identifier(&made))
}

fn identifier(address: &Value) -> String {
    let text = |member: &str| address[member].as_str().unwrap_or_default();
    format!("{}|{}", text("publicIp"), text("allocationId"))
}

/// Half of an identifier is none.
fn allocation(id: &str) -> Result<&str, Failure> {
    id.split_once('|').map(|(_, allocation)| allocation).ok_or_else(|| missing(&TYPE, id))
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let input = json!({"AllocationId": [allocation(id)?]});
    let all = site.ask("ec2", "DescribeAddresses", &input)?;
    let address = all["addressesSet"].as_array().and_then(|all| all.first()).cloned();
    let address = address.filter(|it| identifier(it) == id).ok_or_else(|| missing(&TYPE, id))?;
    let model = json!({
        "AllocationId": address["allocationId"],
        "PublicIp": address["publicIp"],
        "Domain": address["domain"],
        "PublicIpv4Pool": address["publicIpv4Pool"],
        "NetworkBorderGroup": address["networkBorderGroup"],
        "Tags": ec2_tags(&address),
    });
    model.as_object().cloned().ok_or_else(|| missing(&TYPE, id))
}

fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    let id = allocation(update.id)?;
    change_ec2_tags(site, &Update { id, ..*update })
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask("ec2", "ReleaseAddress", &json!({"AllocationId": allocation(id)?}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("ec2", "DescribeAddresses", &json!({}))?;
    let all = answer["addressesSet"].as_array().cloned().unwrap_or_default();
    Ok(all.iter().map(identifier).collect())
}
