//! Internet gateways.

use super::{
    overlay::{Overlay, Reads},
    rows,
};
use crate::{
    model::text,
    operations::{
        Grant, OfKind, On, Operation, Resources, When,
        resources::INTERNET_GATEWAY,
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::EC2::InternetGateway";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ec2-internetgateway.json"),
    short: "igw",
    about: "An internet gateway. Alone it lets nobody in or out.",
    invented: true,
    arn: "arn:{partition}:ec2:{region}:{account}:internet-gateway/{id}",
    tags: Some(text::EC2),
    reads: Reads::InTurn,
    always: &["InternetGatewayId"],
    operations: OfKind { rows: ROWS, resource: Some(INTERNET_GATEWAY), ..OfKind::NONE },
    ..Overlay::PLAIN
};

const GATEWAYS: On = On::Of(&Resources { name: "InternetGateways", types: &[INTERNET_GATEWAY] });
const SEEN: Grant = may("ec2:DescribeInternetGateways", On::Anything, &[]);
const MADE: Grant = may("ec2:CreateInternetGateway", GATEWAYS, &[When::Claims]);
const BORN: Grant = may("ec2:CreateTags", GATEWAYS, &[When::Claims, When::CreatedByEc2]);
const TAGGED: Grant = may("ec2:CreateTags", GATEWAYS, OURS_AFTER);
const ADOPTED: Grant = may("ec2:CreateTags", On::Adopted(NAME), CLAIMS_UNCLAIMED);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN]),
    rows::lists(&[rows::LIST, SEEN]),
    rows::creates(&[rows::CREATE, MADE, BORN]),
    rows::updates(&[rows::UPDATE]),
    rows::tags(&[rows::TAG, TAGGED, ADOPTED]),
    rows::untags(&[rows::UNTAG, may("ec2:DeleteTags", GATEWAYS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("ec2:DeleteInternetGateway", GATEWAYS, OURS)]),
];
