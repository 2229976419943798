//! AWS::EC2::VPCGatewayAttachment, of internet gateways: the identifier is the sort of gateway and
//! the VPC.

use serde_json::json;

use super::parts::{missing, text};
use crate::simulator::cloud_control::{
    names::ATTACHMENT,
    resource_type::{Type, Update},
    schema::{Member, Model, TEXT, may, must},
    site::{Failure, Site},
};

/// The sort in identifiers.
const SORT: &str = "IGW";

static MEMBERS: &[Member] = &[
    may("AttachmentType", &TEXT),
    may("InternetGatewayId", &TEXT),
    must("VpcId", &TEXT),
    may("VpnGatewayId", &TEXT),
];

pub(super) static TYPE: Type = Type {
    name: ATTACHMENT,
    listed_in: None,
    members: MEMBERS,
    identifier: "AttachmentType",
    read_only: &["AttachmentType"],
    create_only: &["VpcId"],
    write_only: &[],
    rules,
    named: |model| Some(format!("{SORT}|{}", text(model, "VpcId")?)),
    create,
    read,
    update,
    delete,
    list,
};

/// Gateways of VPNs are not attached here.
fn rules(model: &Model) -> Result<(), String> {
    match (model.get("InternetGatewayId"), model.get("VpnGatewayId")) {
        (Some(_), None) => Ok(()),
        _ => Err("#: an attachment is of one gateway".to_owned()),
    }
}

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let vpc = text(model, "VpcId").unwrap_or_default();
    attach(site, vpc, text(model, "InternetGatewayId").unwrap_or_default())?;
    Ok(format!("{SORT}|{vpc}"))
}

fn attach(site: &mut Site<'_, '_>, vpc: &str, gateway: &str) -> Result<(), Failure> {
    let input = json!({"VpcId": vpc, "InternetGatewayId": gateway});
    site.ask("ec2", "AttachInternetGateway", &input)?;
    Ok(())
}

fn detach(site: &mut Site<'_, '_>, vpc: &str, gateway: &str) -> Result<(), Failure> {
    let input = json!({"VpcId": vpc, "InternetGatewayId": gateway});
    site.ask("ec2", "DetachInternetGateway", &input)?;
    Ok(())
}

/// The VPC in an identifier, and the gateway that it has.
fn parts<'i>(site: &mut Site<'_, '_>, id: &'i str) -> Result<(&'i str, String), Failure> {
    let vpc = id.strip_prefix(SORT).and_then(|rest| rest.strip_prefix('|'));
    let vpc = vpc.ok_or_else(|| missing(&TYPE, id))?;
    let of_vpc = json!([{"Name": "attachment.vpc-id", "Value": [vpc]}]);
    let all = site.ask("ec2", "DescribeInternetGateways", &json!({"Filter": of_vpc}))?;
    let gateway = all["internetGatewaySet"][0]["internetGatewayId"].as_str().map(str::to_owned);
    Ok((vpc, gateway.ok_or_else(|| missing(&TYPE, id))?))
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let (vpc, gateway) = parts(site, id)?;
    let model = json!({"AttachmentType": SORT, "InternetGatewayId": gateway, "VpcId": vpc});
    model.as_object().cloned().ok_or_else(|| missing(&TYPE, id))
}

/// The old gateway goes before the new one comes: a VPC has one.
fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    if update.changes("InternetGatewayId") {
        let (vpc, old) = parts(site, update.id)?;
        detach(site, vpc, &old)?;
        attach(site, vpc, text(update.new, "InternetGatewayId").unwrap_or_default())?;
    }
    Ok(())
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    let (vpc, gateway) = parts(site, id)?;
    detach(site, vpc, &gateway)
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("ec2", "DescribeInternetGateways", &json!({}))?;
    let all = answer["internetGatewaySet"].as_array().cloned().unwrap_or_default();
    let vpcs = all.iter().flat_map(|gateway| {
        let attached = gateway["attachmentSet"].as_array().into_iter().flatten();
        attached.filter_map(|it| it["vpcId"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    });
    Ok(vpcs.map(|vpc| format!("{SORT}|{vpc}")).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn an_attachment_is_of_one_gateway() {
        let model = |value: Value| value.as_object().cloned().unwrap_or_default();
        assert!(rules(&model(json!({"VpcId": "vpc-1", "InternetGatewayId": "igw-1"}))).is_ok());
        assert!(rules(&model(json!({"VpcId": "vpc-1"}))).is_err());
        let both = json!({"VpcId": "v", "InternetGatewayId": "i", "VpnGatewayId": "g"});
        assert!(rules(&model(both)).is_err());
    }
}
