//! AWS::EC2::VPC.

use serde_json::{Value, json};

use super::parts::{change_ec2_tags, column, ec2_tags, missing, text};
use crate::simulator::cloud_control::{
    names::VPC,
    resource_type::{Type, Update},
    schema::{FLAG, FREE, Member, Model, NUMBER, Shape, TAGS, TEXT, TEXTS, may},
    site::{Failure, Site},
};

static TENANCY: Shape = Shape::OneOf(&["dedicated", "default", "host"]);

static MEMBERS: &[Member] = &[
    may("CidrBlock", &TEXT),
    may("CidrBlockAssociations", &TEXTS),
    may("DefaultNetworkAcl", &TEXT),
    may("DefaultSecurityGroup", &TEXT),
    may("EnableDnsHostnames", &FLAG),
    may("EnableDnsSupport", &FLAG),
    may("InstanceTenancy", &TENANCY),
    may("Ipv4IpamPoolId", &TEXT),
    may("Ipv4NetmaskLength", &NUMBER),
    may("Ipv6CidrBlocks", &TEXTS),
    may("Tags", &TAGS),
    may("VpcEncryptionControl", &FREE),
    may("VpcId", &TEXT),
];

pub(super) static TYPE: Type = Type {
    name: VPC,
    members: MEMBERS,
    identifier: "VpcId",
    listed_in: None,
    read_only: &[
        "CidrBlockAssociations",
        "DefaultNetworkAcl",
        "DefaultSecurityGroup",
        "Ipv6CidrBlocks",
        "VpcId",
    ],
    create_only: &["CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength", "VpcEncryptionControl"],
    write_only: &["Ipv4IpamPoolId", "Ipv4NetmaskLength"],
    rules,
    named: |_| None,
    create,
    read,
    update,
    delete,
    list,
};

/// The block is given, or comes from a pool. There is no pool here.
fn rules(model: &Model) -> Result<(), String> {
    let has = |name: &str| model.contains_key(name);
    if has("CidrBlock") == has("Ipv4IpamPoolId") {
        return Err("#: exactly one of CidrBlock and Ipv4IpamPoolId is required".to_owned());
    }
    if has("Ipv4IpamPoolId") != has("Ipv4NetmaskLength") {
        return Err("#: a pool and the length of a mask need each other".to_owned());
    }
    Ok(())
}

/// DNS names need DNS (VPC user guide). The flags are on and off by default.
fn dns(model: &Model) -> Result<(), Failure> {
    let is = |name: &str, or: bool| model.get(name).and_then(Value::as_bool).unwrap_or(or);
    if is("EnableDnsHostnames", false) && !is("EnableDnsSupport", true) {
        let message = "DNS hostnames need DNS support (InvalidParameterCombination)";
        return Err(Failure::new("InvalidRequest", message));
    }
    Ok(())
}

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    if model.contains_key("Ipv4IpamPoolId") {
        let message = "The pool does not exist (InvalidIpamPoolId.NotFound)";
        return Err(Failure::new("InvalidRequest", message));
    }
    dns(model)?;
    let mut input = json!({"CidrBlock": text(model, "CidrBlock")});
    if let Some(tenancy) = text(model, "InstanceTenancy") {
        // No VPC is created for hosts (EC2 API reference, CreateVpc).
        if tenancy == "host" {
            let message = "host is not a tenancy of a VPC (InvalidParameterValue)";
            return Err(Failure::new("InvalidRequest", message));
        }
        input["InstanceTenancy"] = tenancy.into();
    }
    if let Some(tags) = model.get("Tags").and_then(Value::as_array).filter(|it| !it.is_empty()) {
        input["TagSpecification"] = json!([{"ResourceType": "vpc", "Tag": tags}]);
    }
    let made = site.ask("ec2", "CreateVpc", &input)?;
    let id = made["vpc"]["vpcId"].as_str().unwrap_or_default().to_owned();
    let dns = ["EnableDnsSupport", "EnableDnsHostnames"];
    for name in dns.into_iter().filter(|name| model.contains_key(*name)) {
        set_flag(site, &id, name, model)?;
    }
    Ok(id)
}

/// A flag that is not in the model keeps its default.
fn set_flag(site: &mut Site<'_, '_>, id: &str, name: &str, model: &Model) -> Result<(), Failure> {
    let on = model.get(name).and_then(Value::as_bool).unwrap_or(name == "EnableDnsSupport");
    let value = json!({"Value": on.to_string()});
    site.ask("ec2", "ModifyVpcAttribute", &json!({"VpcId": id, name: value}))?;
    Ok(())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let all = site.ask("ec2", "DescribeVpcs", &json!({"VpcId": [id]}))?;
    let vpc = all["vpcSet"].as_array().and_then(|all| all.first()).cloned();
    let vpc = vpc.ok_or_else(|| missing(&TYPE, id))?;
    let attribute = |site: &mut Site<'_, '_>, name: &str| {
        let input = json!({"VpcId": id, "Attribute": name});
        let answer = site.ask("ec2", "DescribeVpcAttribute", &input)?;
        Ok::<Value, Failure>(answer[name]["value"].clone())
    };
    let support = attribute(site, "enableDnsSupport")?;
    let hostnames = attribute(site, "enableDnsHostnames")?;
    let of_vpc = json!([{"Name": "vpc-id", "Value": [id]}]);
    let acls = site.ask("ec2", "DescribeNetworkAcls", &json!({"Filter": of_vpc}))?;
    let groups = site.ask("ec2", "DescribeSecurityGroups", &json!({"Filter": of_vpc}))?;
    let first = |answer: &Value, list: &str, is: fn(&Value) -> bool, id: &str| {
        let mut all = answer[list].as_array().into_iter().flatten();
        all.find(|entry| is(entry)).map(|entry| entry[id].clone()).unwrap_or_default()
    };
    let acl = first(&acls, "networkAclSet", |it| it["default"] == true, "networkAclId");
    let group = first(&groups, "securityGroupInfo", |it| it["groupName"] == "default", "groupId");
    let model = json!({
        "VpcId": id,
        "CidrBlock": vpc["cidrBlock"],
        "CidrBlockAssociations": column(&vpc, "cidrBlockAssociationSet", "associationId"),
        "DefaultNetworkAcl": acl,
        "DefaultSecurityGroup": group,
        "EnableDnsHostnames": hostnames,
        "EnableDnsSupport": support,
        "InstanceTenancy": vpc["instanceTenancy"],
        "Ipv6CidrBlocks": column(&vpc, "ipv6CidrBlockAssociationSet", "ipv6CidrBlock"),
        "Tags": ec2_tags(&vpc),
    });
    model.as_object().cloned().ok_or_else(|| missing(&TYPE, id))
}

/// A dedicated VPC can become a default one, nothing else (EC2 API reference, ModifyVpcTenancy).
fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    dns(update.new)?;
    if update.changes("InstanceTenancy") {
        let to = text(update.new, "InstanceTenancy").unwrap_or("default");
        if to != "default" {
            let message = "InstanceTenancy can only be changed to default";
            return Err(Failure::new("NotUpdatable", message));
        }
        let input = json!({"VpcId": update.id, "InstanceTenancy": to});
        site.ask("ec2", "ModifyVpcTenancy", &input)?;
    }
    for name in ["EnableDnsSupport", "EnableDnsHostnames"] {
        if update.changes(name) {
            set_flag(site, update.id, name, update.new)?;
        }
    }
    change_ec2_tags(site, update)
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask("ec2", "DeleteVpc", &json!({"VpcId": id}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let mut ids = Vec::new();
    let mut input = json!({"MaxResults": "1000"});
    loop {
        let answer = site.ask("ec2", "DescribeVpcs", &input)?;
        ids.extend(column(&answer, "vpcSet", "vpcId"));
        match answer["nextToken"].as_str() {
            Some(token) => input["NextToken"] = token.into(),
            None => return Ok(ids),
        }
    }
}
