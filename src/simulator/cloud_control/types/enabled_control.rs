//! AWS::ControlTower::EnabledControl.

use super::held::{self, Calls, held};
use crate::simulator::cloud_control::{
    names::ENABLED_CONTROL,
    resource_type::Type,
    schema::{FREE, Member, Shape, TAGS, TEXT, may, must},
};

static PARAMETER: Shape = Shape::Object(&[must("Key", &TEXT), must("Value", &FREE)]);
static PARAMETERS: Shape = Shape::List { of: &PARAMETER, count: (1, 100), ordered: false };

/// The service's operations.
static CALLS: Calls = Calls {
    service: "controltower",
    create: "EnableControl",
    read: "GetEnabledControl",
    update: "UpdateEnabledControl",
    delete: "DisableControl",
    list: "ListEnabledControls",
    tags: ("TagResource", "UntagResource"),
};

static MEMBERS: &[Member] = &[
    must("ControlIdentifier", &Shape::Text(20, 2048)),
    may("Parameters", &PARAMETERS),
    may("Tags", &TAGS),
    must("TargetIdentifier", &Shape::Text(20, 2048)),
];

pub(super) static TYPE: Type = held!(&CALLS; "Tags";
    name: ENABLED_CONTROL,
    members: MEMBERS,
    identifier: "TargetIdentifier|ControlIdentifier",
    listed_in: None,
    read_only: &[],
    create_only: &["TargetIdentifier", "ControlIdentifier"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |model| {
        let said = |property: &str| model.get(property)?.as_str();
        Some(format!("{}|{}", said("TargetIdentifier")?, said("ControlIdentifier")?))
    },
);
