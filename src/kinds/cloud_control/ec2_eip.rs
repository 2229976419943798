//! Elastic IP addresses.

use super::{overlay::Overlay, rows};
use crate::{
    model::text,
    operations::{
        Grant, OfKind, On, Operation, Resources, When,
        resources::ELASTIC_IP,
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::EC2::EIP";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ec2-eip.json"),
    short: "eip",
    about: "An elastic IP address, such as a public NAT gateway has (`AllocationId: \
            ${AWS::EC2::EIP/name.AllocationId}`). Released it is somebody else's.",
    invented: true,
    // The identifier is the address and the allocation.
    arn: "arn:{partition}:ec2:{region}:{account}:elastic-ip/{last}",
    tags: Some(text::EC2),
    always: &["AllocationId", "PublicIp"],
    refused: &[
        (
            "InstanceId",
            "it would make an instance public, which palisade has no permission for",
            "give it to a NAT gateway",
        ),
        ("PublicIpv4Pool", "the pools of addresses are not palisade's", "leave it out"),
    ],
    operations: OfKind { rows: ROWS, resource: Some(ELASTIC_IP), ..OfKind::NONE },
    ..Overlay::PLAIN
};

const ADDRESSES: On = On::Of(&Resources { name: "ElasticIps", types: &[ELASTIC_IP] });
const SEEN: Grant = may("ec2:DescribeAddresses", On::Anything, &[]);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN]),
    rows::lists(&[rows::LIST, SEEN]),
    rows::creates(&[
        rows::CREATE,
        may("ec2:AllocateAddress", ADDRESSES, &[When::Claims]),
        may("ec2:CreateTags", ADDRESSES, &[When::Claims, When::CreatedByEc2]),
    ]),
    rows::updates(&[rows::UPDATE]),
    rows::tags(&[
        rows::TAG,
        may("ec2:CreateTags", ADDRESSES, OURS_AFTER),
        may("ec2:CreateTags", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("ec2:DeleteTags", ADDRESSES, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("ec2:ReleaseAddress", ADDRESSES, OURS)]),
];
