//! AWS::EC2::NatGateway, in one zone.

use serde_json::{Value, json};

use super::parts::{change_ec2_tags, column, ec2_tags, missing, text};
use crate::simulator::cloud_control::{
    names::NAT_GATEWAY,
    resource_type::{Type, Update},
    schema::{FREE, Member, Model, NUMBER, Shape, TAGS, TEXT, TEXTS, may},
    site::{Failure, Site},
};

static CONNECTIVITY: Shape = Shape::OneOf(&["private", "public"]);
static AVAILABILITY: Shape = Shape::OneOf(&["regional", "zonal"]);

static MEMBERS: &[Member] = &[
    may("AllocationId", &TEXT),
    may("AutoProvisionZones", &TEXT),
    may("AutoScalingIps", &TEXT),
    may("AvailabilityMode", &AVAILABILITY),
    may("AvailabilityZoneAddresses", &FREE),
    may("ConnectivityType", &CONNECTIVITY),
    may("EniId", &TEXT),
    may("MaxDrainDurationSeconds", &NUMBER),
    may("NatGatewayId", &TEXT),
    may("PrivateIpAddress", &TEXT),
    may("RouteTableId", &TEXT),
    may("SecondaryAllocationIds", &TEXTS),
    may("SecondaryPrivateIpAddressCount", &NUMBER),
    may("SecondaryPrivateIpAddresses", &TEXTS),
    may("SubnetId", &TEXT),
    may("Tags", &TAGS),
    may("VpcId", &TEXT),
];

pub(super) static TYPE: Type = Type {
    name: NAT_GATEWAY,
    listed_in: None,
    members: MEMBERS,
    identifier: "NatGatewayId",
    read_only: &["AutoProvisionZones", "AutoScalingIps", "EniId", "NatGatewayId", "RouteTableId"],
    create_only: &[
        "AllocationId",
        "AvailabilityMode",
        "ConnectivityType",
        "PrivateIpAddress",
        "SubnetId",
        "VpcId",
    ],
    write_only: &["MaxDrainDurationSeconds"],
    rules: |_| Ok(()),
    named: |_| None,
    create,
    read,
    update,
    delete,
    list,
};

/// A gateway without a way out ends as failed, which the handler reports.
fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    for missing in ["AvailabilityZoneAddresses", "SecondaryPrivateIpAddresses", "VpcId"] {
        if model.contains_key(missing) {
            let message = format!("{missing} is not modeled (InvalidParameter)");
            return Err(Failure::new("InvalidRequest", message));
        }
    }
    let mut input = json!({});
    for member in ["AllocationId", "ConnectivityType", "SubnetId"] {
        if let Some(value) = text(model, member) {
            input[member] = value.into();
        }
    }
    if let Some(more) = model.get("SecondaryAllocationIds") {
        input["SecondaryAllocationId"] = more.clone();
    }
    if let Some(tags) = model.get("Tags").and_then(Value::as_array).filter(|it| !it.is_empty()) {
        input["TagSpecification"] = json!([{"ResourceType": "natgateway", "Tag": tags}]);
    }
    let made = site.ask("ec2", "CreateNatGateway", &input)?;
    Ok(made["natGateway"]["natGatewayId"].as_str().unwrap_or_default().to_owned())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let all = site.ask("ec2", "DescribeNatGateways", &json!({"NatGatewayId": [id]}))?;
    let gateway = all["natGatewaySet"].as_array().and_then(|all| all.first()).cloned();
    let gateway = gateway.ok_or_else(|| missing(&TYPE, id))?;
    let addresses = column(&gateway, "natGatewayAddressSet", "allocationId");
    let mut model = json!({
        "NatGatewayId": id,
        "SubnetId": gateway["subnetId"],
        "VpcId": gateway["vpcId"],
        "ConnectivityType": gateway["connectivityType"],
        "AvailabilityMode": gateway["availabilityMode"],
        "PrivateIpAddress": gateway["natGatewayAddressSet"][0]["privateIp"],
        "SecondaryAllocationIds": addresses.iter().skip(1).collect::<Vec<_>>(),
        "Tags": ec2_tags(&gateway),
    });
    if let Some(first) = addresses.first() {
        model["AllocationId"] = first.as_str().into();
    }
    model.as_object().cloned().ok_or_else(|| missing(&TYPE, id))
}

/// Addresses are added before others go.
fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    let of = |model: &Model| {
        let all = model.get("SecondaryAllocationIds").and_then(Value::as_array).cloned();
        all.unwrap_or_default()
    };
    let (old, new) = (of(update.old), of(update.new));
    let come: Vec<&Value> = new.iter().filter(|it| !old.contains(it)).collect();
    let gone: Vec<&Value> = old.iter().filter(|it| !new.contains(it)).collect();
    if !come.is_empty() {
        let input = json!({"NatGatewayId": update.id, "AllocationId": come});
        site.ask("ec2", "AssociateNatGatewayAddress", &input)?;
    }
    if !gone.is_empty() {
        let input = json!({"NatGatewayId": update.id, "AssociationId": gone});
        site.ask("ec2", "DisassociateNatGatewayAddress", &input)?;
    }
    change_ec2_tags(site, update)
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask("ec2", "DeleteNatGateway", &json!({"NatGatewayId": id}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("ec2", "DescribeNatGateways", &json!({}))?;
    Ok(column(&answer, "natGatewaySet", "natGatewayId"))
}
