//! Transit gateways.

use super::{
    baseline,
    overlay::{Overlay, Safe, Says},
    risks::joins,
    rows,
};
use crate::{
    model::text,
    operations::{
        Grant, OfKind, On, Operation, Resources, When,
        resources::TRANSIT_GATEWAY,
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::EC2::TransitGateway";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ec2-transitgateway.json"),
    short: "tgw",
    about: "A transit gateway: what networks are joined by, and what becomes of new attachments. \
            Its attachments, route tables and shares are of others.",
    invented: true,
    arn: "arn:{partition}:ec2:{region}:{account}:transit-gateway/{id}",
    tags: Some(text::EC2),
    always: &["Id", "TransitGatewayArn"],
    // A new one cuts nothing off.
    empty_at_first: true,
    words: &[
        ("Description", Says::Harmless),
        // Whoever has it shared could join the network without being asked.
        ("AutoAcceptSharedAttachments", Says::Safe(Safe::Word("disable"))),
        // With them every new attachment reaches all others.
        ("DefaultRouteTableAssociation", Says::Safe(Safe::Word("disable"))),
        ("DefaultRouteTablePropagation", Says::Safe(Safe::Word("disable"))),
        ("DnsSupport", Says::Cuts(Safe::Word("enable"))),
        ("SecurityGroupReferencingSupport", Says::Judged(joins)),
    ],
    blind: &["what is encrypted between its attachments is said by AWS (EncryptionSupportState) \
              and cannot be wanted here: EncryptionSupport is never returned"],
    rules: baseline::TRANSIT_GATEWAYS,
    operations: OfKind { rows: ROWS, resource: Some(TRANSIT_GATEWAY), ..OfKind::NONE },
    ..Overlay::PLAIN
};

const GATEWAYS: On = On::Of(&Resources { name: "TransitGateways", types: &[TRANSIT_GATEWAY] });
const SEEN: Grant = may("ec2:DescribeTransitGateways", On::Anything, &[]);
const TAGS_SEEN: Grant = may("ec2:DescribeTags", On::Anything, &[]);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN, TAGS_SEEN]),
    rows::lists(&[rows::LIST, SEEN, TAGS_SEEN]),
    rows::creates(&[
        rows::CREATE,
        may("ec2:CreateTransitGateway", GATEWAYS, &[When::Claims]),
        may("ec2:CreateTags", GATEWAYS, &[When::Claims, When::CreatedByEc2]),
        may("ec2:ModifyTransitGateway", GATEWAYS, OURS),
    ]),
    rows::updates(&[rows::UPDATE, may("ec2:ModifyTransitGateway", GATEWAYS, OURS)]),
    rows::tags(&[
        rows::TAG,
        may("ec2:CreateTags", GATEWAYS, OURS_AFTER),
        may("ec2:CreateTags", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("ec2:DeleteTags", GATEWAYS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("ec2:DeleteTransitGateway", GATEWAYS, OURS)]),
];
