//! AWS::EC2::TransitGateway. Its route tables are not modeled.

use serde_json::Value;

use super::{
    kept::{self, Calls, Kept, arn, refused},
    parts::{text, texts},
};
use crate::simulator::cloud_control::{
    names::{TRANSIT_ATTACHMENT, TRANSIT_GATEWAY},
    resource_type::{Type, Update},
    schema::{Member, Model, Shape, TAGS, TEXT, TEXTS, may},
    site::{Failure, Site},
};

pub(super) static SWITCH: Shape = Shape::OneOf(&["disable", "enable"]);

static MEMBERS: &[Member] = &[
    may("AmazonSideAsn", &Shape::Number(64_512, 4_294_967_294)),
    may("AssociationDefaultRouteTableId", &TEXT),
    may("AutoAcceptSharedAttachments", &SWITCH),
    may("DefaultRouteTableAssociation", &SWITCH),
    may("DefaultRouteTablePropagation", &SWITCH),
    may("Description", &TEXT),
    may("DnsSupport", &SWITCH),
    may("EncryptionSupport", &SWITCH),
    may("EncryptionSupportState", &TEXT),
    may("Id", &TEXT),
    may("MulticastSupport", &SWITCH),
    may("PropagationDefaultRouteTableId", &TEXT),
    may("SecurityGroupReferencingSupport", &SWITCH),
    may("Tags", &TAGS),
    may("TransitGatewayArn", &TEXT),
    may("TransitGatewayCidrBlocks", &TEXTS),
    may("VpnEcmpSupport", &SWITCH),
];

/// Transit gateways of an account in a Region (Amazon VPC Transit Gateways guide, quotas).
const MOST: usize = 5;

pub(super) static TYPE: Type = Type {
    name: TRANSIT_GATEWAY,
    listed_in: None,
    members: MEMBERS,
    identifier: "Id",
    read_only: &["EncryptionSupportState", "Id", "TransitGatewayArn"],
    create_only: &["AmazonSideAsn", "MulticastSupport"],
    write_only: &["EncryptionSupport"],
    rules,
    named: |_| None,
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |site, _| {
        let id = site.context.ids.next("tgw");
        (id.clone(), arn(site, "ec2", &format!("transit-gateway/{id}")))
    },
    admit,
    // EC2 API reference, TransitGatewayRequestOptions: what a gateway has without being asked.
    fill: |_, model, own| {
        let id = own.rsplit('/').next().unwrap_or_default();
        model.insert("Id".to_owned(), id.into());
        model.insert("TransitGatewayArn".to_owned(), own.into());
        let encrypted =
            if text(model, "EncryptionSupport") == Some("enable") { "en" } else { "dis" };
        model.insert("EncryptionSupportState".to_owned(), format!("{encrypted}abled").into());
        model.entry("AmazonSideAsn").or_insert_with(|| 64_512.into());
        for (property, value) in [
            ("AutoAcceptSharedAttachments", "disable"),
            ("DefaultRouteTableAssociation", "enable"),
            ("DefaultRouteTablePropagation", "enable"),
            ("DnsSupport", "enable"),
            ("MulticastSupport", "disable"),
            ("SecurityGroupReferencingSupport", "disable"),
            ("VpnEcmpSupport", "enable"),
        ] {
            model.entry(property).or_insert_with(|| value.into());
        }
    },
    stays: |site, gateway| {
        let attached = kept::models(site, TRANSIT_ATTACHMENT);
        let id = gateway.get("Id");
        let is_used = attached.iter().any(|it| it.get("TransitGatewayId") == id);
        is_used.then_some("The gateway has attachments that are not deleted (IncorrectState)")
    },
    calls: Calls {
        create: &["ec2:CreateTransitGateway+", "ec2:CreateTags+"],
        read: &["ec2:DescribeTransitGateways*"],
        change: &[("", "ec2:ModifyTransitGateway")],
        delete: &["ec2:DeleteTransitGateway"],
        tag: "ec2:CreateTags",
        untag: "ec2:DeleteTags",
    },
    passes_to: "",
};

kept::handlers!(KEPT);

/// EC2 API reference, CreateTransitGateway: private numbers of autonomous systems; at most five
/// blocks, of /24 or larger.
fn rules(model: &Model) -> Result<(), String> {
    let number = model.get("AmazonSideAsn").and_then(Value::as_i64).unwrap_or(64_512);
    let private = (64_512..=65_534).contains(&number) || number >= 4_200_000_000;
    if !private {
        return Err("#/AmazonSideAsn: the number is not private".to_owned());
    }
    let blocks = texts(model, "TransitGatewayCidrBlocks");
    let large = |block: &String| {
        block.parse::<ipnet::IpNet>().is_ok_and(|it| it.prefix_len() <= 24 || it.addr().is_ipv6())
    };
    if blocks.len() > 5 || !blocks.iter().all(large) {
        return Err("#/TransitGatewayCidrBlocks: at most five blocks of /24 or larger".to_owned());
    }
    Ok(())
}

fn admit(site: &mut Site<'_, '_>, old: Option<&Model>, new: &Model) -> Result<(), Failure> {
    if old.is_none() && kept::list(site, &TYPE).is_ok_and(|all| all.len() >= MOST) {
        let message = "You have reached the limit (TransitGatewayLimitExceeded)";
        return Err(Failure::new("ServiceLimitExceeded", message));
    }
    for (table, switch) in [
        ("AssociationDefaultRouteTableId", "DefaultRouteTableAssociation"),
        ("PropagationDefaultRouteTableId", "DefaultRouteTablePropagation"),
    ] {
        if new.contains_key(table) && text(new, switch) == Some("disable") {
            return refused(format!("{table} needs {switch} (InvalidParameterCombination)"));
        }
    }
    Ok(())
}
