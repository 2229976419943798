//! AWS::EC2::Subnet.

use serde_json::{Value, json};

use super::parts::{change_ec2_tags, column, ec2_tags, missing, text};
use crate::simulator::cloud_control::{
    names::SUBNET,
    resource_type::{Type, Update},
    schema::{FLAG, FREE, Member, Model, NUMBER, Shape, TAGS, TEXT, TEXTS, may, must},
    site::{Failure, Site},
};

static HOSTNAMES: Shape = Shape::OneOf(&["ip-name", "resource-name"]);
static NAMES: Shape = Shape::Object(&[
    may("EnableResourceNameDnsAAAARecord", &FLAG),
    may("EnableResourceNameDnsARecord", &FLAG),
    may("HostnameType", &HOSTNAMES),
]);

static MEMBERS: &[Member] = &[
    may("AssignIpv6AddressOnCreation", &FLAG),
    may("AvailabilityZone", &TEXT),
    may("AvailabilityZoneId", &TEXT),
    may("BlockPublicAccessStates", &FREE),
    may("CidrBlock", &TEXT),
    may("EnableDns64", &FLAG),
    may("EnableLniAtDeviceIndex", &NUMBER),
    may("Ipv4IpamPoolId", &TEXT),
    may("Ipv4NetmaskLength", &NUMBER),
    may("Ipv6CidrBlock", &TEXT),
    may("Ipv6CidrBlocks", &TEXTS),
    may("Ipv6IpamPoolId", &TEXT),
    may("Ipv6Native", &FLAG),
    may("Ipv6NetmaskLength", &NUMBER),
    may("MapPublicIpOnLaunch", &FLAG),
    may("NetworkAclAssociationId", &TEXT),
    may("OutpostArn", &TEXT),
    may("PrivateDnsNameOptionsOnLaunch", &NAMES),
    may("SubnetId", &TEXT),
    may("Tags", &TAGS),
    must("VpcId", &TEXT),
];

pub(super) static TYPE: Type = Type {
    name: SUBNET,
    listed_in: None,
    members: MEMBERS,
    identifier: "SubnetId",
    read_only: &[
        "BlockPublicAccessStates",
        "Ipv6CidrBlocks",
        "NetworkAclAssociationId",
        "SubnetId",
    ],
    create_only: &[
        "AvailabilityZone",
        "AvailabilityZoneId",
        "CidrBlock",
        "Ipv4IpamPoolId",
        "Ipv4NetmaskLength",
        "Ipv6IpamPoolId",
        "Ipv6Native",
        "Ipv6NetmaskLength",
        "OutpostArn",
        "VpcId",
    ],
    write_only: &[
        "EnableLniAtDeviceIndex",
        "Ipv4IpamPoolId",
        "Ipv4NetmaskLength",
        "Ipv6IpamPoolId",
        "Ipv6NetmaskLength",
    ],
    rules,
    named: |_| None,
    create,
    read,
    update,
    delete,
    list,
};

/// The zone is given by its name or by its id, not by both.
fn rules(model: &Model) -> Result<(), String> {
    let has = |name: &str| model.contains_key(name);
    if has("Ipv4IpamPoolId") != has("Ipv4NetmaskLength") {
        return Err("#: a pool and the length of a mask need each other".to_owned());
    }
    Ok(())
}

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    for missing in ["Ipv4IpamPoolId", "Ipv6IpamPoolId", "OutpostArn"] {
        if model.contains_key(missing) {
            let message = format!("{missing} does not exist (InvalidParameterValue)");
            return Err(Failure::new("InvalidRequest", message));
        }
    }
    let mut input = json!({"VpcId": text(model, "VpcId")});
    for member in ["AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "Ipv6CidrBlock"] {
        if let Some(value) = text(model, member) {
            input[member] = value.into();
        }
    }
    if let Some(tags) = model.get("Tags").and_then(Value::as_array).filter(|it| !it.is_empty()) {
        input["TagSpecification"] = json!([{"ResourceType": "subnet", "Tag": tags}]);
    }
    let made = site.ask("ec2", "CreateSubnet", &input)?;
    let id = made["subnet"]["subnetId"].as_str().unwrap_or_default().to_owned();
    set(site, &id, &Model::new(), model)?;
    Ok(id)
}

/// Makes the attributes of a subnet those of the model, one after another.
fn set(site: &mut Site<'_, '_>, id: &str, old: &Model, new: &Model) -> Result<(), Failure> {
    let mut calls = Vec::new();
    for name in ["AssignIpv6AddressOnCreation", "EnableDns64", "MapPublicIpOnLaunch"] {
        let on = |model: &Model| model.get(name).and_then(Value::as_bool).unwrap_or_default();
        if on(old) != on(new) {
            calls.push((name, json!({"Value": on(new).to_string()})));
        }
    }
    let names = |model: &Model| model.get("PrivateDnsNameOptionsOnLaunch").cloned();
    let [old, new] = [old, new].map(|model| names(model).unwrap_or_default());
    for (name, parameter) in [
        ("EnableResourceNameDnsARecord", "EnableResourceNameDnsARecordOnLaunch"),
        ("EnableResourceNameDnsAAAARecord", "EnableResourceNameDnsAAAARecordOnLaunch"),
    ] {
        let on = |names: &Value| names[name].as_bool().unwrap_or_default();
        if on(&old) != on(&new) {
            calls.push((parameter, json!({"Value": on(&new).to_string()})));
        }
    }
    let word = |names: &Value| names["HostnameType"].as_str().unwrap_or("ip-name").to_owned();
    if word(&old) != word(&new) {
        calls.push(("PrivateDnsHostnameTypeOnLaunch", word(&new).into()));
    }
    for (parameter, value) in calls {
        site.ask("ec2", "ModifySubnetAttribute", &json!({"SubnetId": id, parameter: value}))?;
    }
    Ok(())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let all = site.ask("ec2", "DescribeSubnets", &json!({"SubnetId": [id]}))?;
    let subnet = all["subnetSet"].as_array().and_then(|all| all.first()).cloned();
    let subnet = subnet.ok_or_else(|| missing(&TYPE, id))?;
    let of_subnet = json!([{"Name": "association.subnet-id", "Value": [id]}]);
    let acls = site.ask("ec2", "DescribeNetworkAcls", &json!({"Filter": of_subnet}))?;
    let associations = acls["networkAclSet"][0]["associationSet"].as_array().cloned();
    let association = associations.into_iter().flatten().find(|it| it["subnetId"] == id);
    let names = &subnet["privateDnsNameOptionsOnLaunch"];
    let mut model = json!({
        "SubnetId": id,
        "VpcId": subnet["vpcId"],
        "CidrBlock": subnet["cidrBlock"],
        "AvailabilityZone": subnet["availabilityZone"],
        "AvailabilityZoneId": subnet["availabilityZoneId"],
        "AssignIpv6AddressOnCreation": subnet["assignIpv6AddressOnCreation"],
        "EnableDns64": subnet["enableDns64"],
        "Ipv6Native": subnet["ipv6Native"],
        "MapPublicIpOnLaunch": subnet["mapPublicIpOnLaunch"],
        "Ipv6CidrBlocks": column(&subnet, "ipv6CidrBlockAssociationSet", "ipv6CidrBlock"),
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": names["hostnameType"],
            "EnableResourceNameDnsARecord": names["enableResourceNameDnsARecord"],
            "EnableResourceNameDnsAAAARecord": names["enableResourceNameDnsAAAARecord"],
        },
        "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"},
        "NetworkAclAssociationId": association.map(|it| it["networkAclAssociationId"].clone()),
        "Tags": ec2_tags(&subnet),
    });
    if let Some(block) = column(&subnet, "ipv6CidrBlockAssociationSet", "ipv6CidrBlock").first() {
        model["Ipv6CidrBlock"] = block.as_str().into();
    }
    model.as_object().cloned().ok_or_else(|| missing(&TYPE, id))
}

fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    if update.changes("Ipv6CidrBlock") {
        let message = "The block of a subnet is not changed here";
        return Err(Failure::new("NotUpdatable", message));
    }
    set(site, update.id, update.old, update.new)?;
    change_ec2_tags(site, update)
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask("ec2", "DeleteSubnet", &json!({"SubnetId": id}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let mut ids = Vec::new();
    let mut input = json!({"MaxResults": "1000"});
    loop {
        let answer = site.ask("ec2", "DescribeSubnets", &input)?;
        ids.extend(column(&answer, "subnetSet", "subnetId"));
        match answer["nextToken"].as_str() {
            Some(token) => input["NextToken"] = token.into(),
            None => return Ok(ids),
        }
    }
}
