//! AWS::EC2::TransitGatewayAttachment: of a VPC, by one subnet for each zone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    kept::{self, Calls, Kept, arn, refused},
    parts::{text, texts},
    transit_gateway::SWITCH,
};
use crate::simulator::cloud_control::{
    names::{TRANSIT_ATTACHMENT, TRANSIT_GATEWAY},
    resource_type::{Type, Update},
    schema::{Member, Model, Shape, TAGS, TEXT, may, must},
    site::{Failure, Site},
};

static OPTIONS: Shape = Shape::Object(&[
    may("ApplianceModeSupport", &SWITCH),
    may("DnsSupport", &SWITCH),
    may("Ipv6Support", &SWITCH),
    may("SecurityGroupReferencingSupport", &SWITCH),
]);
static SUBNETS: Shape = Shape::List { of: &TEXT, count: (0, 100), ordered: false };

static MEMBERS: &[Member] = &[
    may("Id", &TEXT),
    may("Options", &OPTIONS),
    must("SubnetIds", &SUBNETS),
    may("Tags", &TAGS),
    must("TransitGatewayId", &TEXT),
    must("VpcId", &TEXT),
];

pub(super) static TYPE: Type = Type {
    name: TRANSIT_ATTACHMENT,
    listed_in: None,
    members: MEMBERS,
    identifier: "Id",
    read_only: &["Id"],
    create_only: &["TransitGatewayId", "VpcId"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |site, _| {
        let id = site.context.ids.next("tgw-attach");
        (id.clone(), arn(site, "ec2", &format!("transit-gateway-attachment/{id}")))
    },
    admit,
    fill: |_, model, own| {
        let id = own.rsplit('/').next().unwrap_or_default();
        model.insert("Id".to_owned(), id.into());
        let options = model.entry("Options").or_insert_with(|| json!({}));
        let Value::Object(options) = options else { return };
        for (property, value) in [
            ("ApplianceModeSupport", "disable"),
            ("DnsSupport", "enable"),
            ("Ipv6Support", "disable"),
            ("SecurityGroupReferencingSupport", "enable"),
        ] {
            options.entry(property).or_insert_with(|| value.into());
        }
    },
    stays: |_, _| None,
    calls: Calls {
        create: &["ec2:CreateTransitGatewayVpcAttachment+", "ec2:CreateTags+"],
        read: &["ec2:DescribeTransitGatewayVpcAttachments*"],
        change: &[("", "ec2:ModifyTransitGatewayVpcAttachment")],
        delete: &["ec2:DeleteTransitGatewayVpcAttachment"],
        tag: "ec2:CreateTags",
        untag: "ec2:DeleteTags",
    },
    passes_to: "",
};

kept::handlers!(KEPT);

fn admit(site: &mut Site<'_, '_>, old: Option<&Model>, new: &Model) -> Result<(), Failure> {
    let said = |name| text(new, name).unwrap_or_default();
    let (gateway, vpc) = (said("TransitGatewayId"), said("VpcId"));
    if old.is_none() {
        if !kept::exists(site, TRANSIT_GATEWAY, gateway) {
            return refused(format!("{gateway} does not exist (InvalidTransitGatewayID.NotFound)"));
        }
        site.peek("ec2", "DescribeVpcs", &json!({"VpcId": [vpc]}))?;
        let all = kept::models(site, TRANSIT_ATTACHMENT);
        let own =
            |it: &Model| ["TransitGatewayId", "VpcId"].iter().all(|p| it.get(*p) == new.get(*p));
        if all.iter().any(own) {
            let message = "has a non-deleted attachment (DuplicateTransitGatewayAttachment)";
            return Err(Failure::new("AlreadyExists", format!("{vpc} {message}")));
        }
    }
    let subnets = texts(new, "SubnetIds");
    if subnets.is_empty() {
        return refused("An attachment has at least one subnet (MissingParameter)");
    }
    let found = site.peek("ec2", "DescribeSubnets", &json!({"SubnetId": subnets}))?;
    let found = found["subnetSet"].as_array().cloned().unwrap_or_default();
    if found.iter().any(|it| it["vpcId"] != vpc) {
        return refused(format!("The subnets are not all in {vpc} (InvalidSubnetID.NotFound)"));
    }
    let zones: BTreeSet<String> =
        found.iter().map(|it| it["availabilityZone"].to_string()).collect();
    if zones.len() < found.len() {
        return refused("Two subnets are in one zone (DuplicateSubnetsInSameZone)");
    }
    Ok(())
}
