//! Where AWS Config delivers what it records: one channel for each account and Region.
//!
//! It carries no claim: a manifest adopts it by its name.

use super::{
    overlay::{Overlay, Says},
    rows,
};
use crate::{
    kind::Claimed,
    operations::{Grant, OfKind, On, Operation, table::may},
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::Config::DeliveryChannel";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/config-deliverychannel.json"),
    short: "deliverychannel",
    about: "Where AWS Config delivers what it records in an account and Region. It carries no \
            claim, so that the manifest adopts it by its name (`lifecycle: {adopt: default}`), \
            whether it exists or not. AWS deletes it only while nothing is recorded.",
    claimed: Claimed::ByName,
    always: &["Name", "S3BucketName"],
    words: &[("ConfigSnapshotDeliveryProperties", Says::Harmless)],
    operations: OfKind { rows: ROWS, ..OfKind::NONE },
    ..Overlay::PLAIN
};

const SEEN: Grant = may("config:DescribeDeliveryChannels", On::Anything, &[]);
const PUT: Grant = may("config:PutDeliveryChannel", On::Anything, &[]);
const NOTE: &str = "An account and Region have one channel, which no condition names: a manifest \
                    adopts it.";

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::gets(&[rows::GET, SEEN]),
    rows::creates(&[rows::CREATE, PUT]).note(NOTE),
    rows::updates(&[rows::UPDATE, PUT]).note(NOTE),
    rows::removes(&[rows::DELETE, may("config:DeleteDeliveryChannel", On::Anything, &[])])
        .note(NOTE),
];
