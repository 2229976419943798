//! Attachments of VPCs to transit gateways.
//!
//! The registry has two types for them. Of AWS::EC2::TransitGatewayVpcAttachment the subnets are
//! fixed, and changed by lists of additions and removals that AWS never returns; of this one the
//! subnets are a property that AWS returns and changes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    overlay::{Overlay, Safe, Says},
    risks::joins,
    rows,
};
use crate::{
    kind::table::texts,
    model::{Risk, policy_document::Context, text},
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources, When,
        resources::{SUBNET, TRANSIT_GATEWAY, VPC},
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::EC2::TransitGatewayAttachment";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ec2-transitgatewayattachment.json"),
    short: "tgwattachment",
    about: "The attachment of a VPC to a transit gateway, with a subnet for each zone. Routes to \
            the gateway are of the route tables.",
    invented: true,
    arn: "arn:{partition}:ec2:{region}:{account}:transit-gateway-attachment/{id}",
    tags: Some(text::EC2),
    always: &["Id", "SubnetIds", "TransitGatewayId", "VpcId"],
    // A new one cuts nothing off.
    empty_at_first: true,
    words: &[
        ("SubnetIds", Says::Judged(zones)),
        ("Options/ApplianceModeSupport", Says::Cuts(Safe::Word("enable"))),
        ("Options/DnsSupport", Says::Cuts(Safe::Word("enable"))),
        ("Options/Ipv6Support", Says::Judged(joins)),
        ("Options/SecurityGroupReferencingSupport", Says::Judged(joins)),
    ],
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// What is in the zone of a subnet that goes does not reach the gateway any more; a zone that comes
/// is joined.
fn zones(old: &Value, new: &Value, _: &Context) -> Risk {
    let [old, new] = [old, new].map(|list| texts(list).collect::<BTreeSet<_>>());
    let gone = !old.is_subset(&new);
    let cut = if gone { Risk::TIGHTENS.cutting_connections() } else { Risk::NEUTRAL };
    if new.is_subset(&old) { cut } else { cut.and(Risk::LOOSENS) }
}

const RESOURCE: ResourceType = ResourceType::new(
    "transit-gateway-attachment",
    "arn:{partition}:ec2:{region}:{account}:transit-gateway-attachment/{id}",
    "tgw-attach-00000000000000000",
    Named::Never,
);

const ATTACHMENTS: On = On::Of(&Resources { name: "Attachments", types: &[RESOURCE] });
const PLACES: On =
    On::Of(&Resources { name: "GatewaysAndNetworks", types: &[SUBNET, TRANSIT_GATEWAY, VPC] });
const SUBNETS: On = On::Of(&Resources { name: "Subnets", types: &[SUBNET] });
const SEEN: Grant = may("ec2:DescribeTransitGatewayVpcAttachments", On::Anything, &[]);
const TAGS_SEEN: Grant = may("ec2:DescribeTags", On::Anything, &[]);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN, TAGS_SEEN]),
    rows::lists(&[rows::LIST, SEEN, TAGS_SEEN]),
    rows::creates(&[
        rows::CREATE,
        may("ec2:CreateTransitGatewayVpcAttachment", ATTACHMENTS, &[When::Claims]),
        may("ec2:CreateTransitGatewayVpcAttachment", PLACES, &[]),
        may("ec2:CreateTags", ATTACHMENTS, &[When::Claims, When::CreatedByEc2]),
    ])
    .note("A transit gateway that is shared belongs to another account."),
    rows::updates(&[
        rows::UPDATE,
        may("ec2:ModifyTransitGatewayVpcAttachment", ATTACHMENTS, OURS),
        may("ec2:ModifyTransitGatewayVpcAttachment", SUBNETS, &[]),
    ]),
    rows::tags(&[
        rows::TAG,
        may("ec2:CreateTags", ATTACHMENTS, OURS_AFTER),
        may("ec2:CreateTags", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("ec2:DeleteTags", ATTACHMENTS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("ec2:DeleteTransitGatewayVpcAttachment", ATTACHMENTS, OURS)]),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_zone_that_goes_is_cut_off_and_one_that_comes_is_joined() {
        let context = Context { partition: "aws".into(), account: "111122223333".into() };
        let judged = |old: Value, new: Value| zones(&old, &new, &context);
        let cut = Risk::TIGHTENS.cutting_connections();
        assert_eq!(judged(json!(["a", "b"]), json!(["a"])), cut);
        assert_eq!(judged(json!(["a"]), json!(["b", "a"])), Risk::LOOSENS);
        assert_eq!(judged(json!(["a"]), json!(["b"])), cut.and(Risk::LOOSENS));
        assert_eq!(judged(json!(null), json!(["b"])), Risk::LOOSENS);
    }
}
