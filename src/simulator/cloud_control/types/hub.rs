//! AWS::SecurityHub::Hub, whose tags are a map.

use super::held::{self, held};
use crate::simulator::{
    cloud_control::{
        names::HUB,
        resource_type::Type,
        schema::{FLAG, FREE, Member, Shape, TEXT, may},
    },
    security_hub::HUBS,
};

static GENERATOR: Shape = Shape::OneOf(&["STANDARD_CONTROL", "SECURITY_CONTROL"]);

static MEMBERS: &[Member] = &[
    may("ARN", &TEXT),
    may("AutoEnableControls", &FLAG),
    may("ControlFindingGenerator", &GENERATOR),
    may("EnableDefaultStandards", &FLAG),
    may("SubscribedAt", &TEXT),
    may("Tags", &FREE),
];

pub(super) static TYPE: Type = held!(&HUBS; "Tags*";
    name: HUB,
    members: MEMBERS,
    identifier: "ARN",
    listed_in: None,
    read_only: &["ARN", "SubscribedAt"],
    create_only: &[],
    write_only: &["EnableDefaultStandards"],
    rules: |_| Ok(()),
    named: |_| None,
);
