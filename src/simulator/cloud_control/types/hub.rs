//! AWS::SecurityHub::Hub, whose tags are a map.

use super::held::{self, Calls, held};
use crate::simulator::cloud_control::{
    names::HUB,
    resource_type::Type,
    schema::{FLAG, FREE, Member, Shape, TEXT, may},
};

static GENERATOR: Shape = Shape::OneOf(&["STANDARD_CONTROL", "SECURITY_CONTROL"]);

/// The service's operations.
static CALLS: Calls = Calls {
    service: "securityhub",
    create: "EnableSecurityHub",
    read: "DescribeHub",
    update: "UpdateSecurityHubConfiguration",
    delete: "DisableSecurityHub",
    list: "DescribeHub",
    tags: ("TagResource", "UntagResource"),
};

static MEMBERS: &[Member] = &[
    may("ARN", &TEXT),
    may("AutoEnableControls", &FLAG),
    may("ControlFindingGenerator", &GENERATOR),
    may("EnableDefaultStandards", &FLAG),
    may("SubscribedAt", &TEXT),
    may("Tags", &FREE),
];

pub(super) static TYPE: Type = held!(&CALLS; "Tags*";
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
