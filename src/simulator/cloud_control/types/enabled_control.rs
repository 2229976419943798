//! AWS::ControlTower::EnabledControl.

use super::held::{self, held};
use crate::simulator::{
    cloud_control::{
        names::ENABLED_CONTROL,
        resource_type::Type,
        schema::{FREE, Member, Shape, TAGS, TEXT, may, must},
    },
    control_tower::CONTROLS,
};

static PARAMETER: Shape = Shape::Object(&[must("Key", &TEXT), must("Value", &FREE)]);
static PARAMETERS: Shape = Shape::List { of: &PARAMETER, count: (1, 100), ordered: false };

static MEMBERS: &[Member] = &[
    must("ControlIdentifier", &Shape::Text(20, 2048)),
    may("Parameters", &PARAMETERS),
    may("Tags", &TAGS),
    must("TargetIdentifier", &Shape::Text(20, 2048)),
];

pub(super) static TYPE: Type = held!(&CONTROLS; "Tags";
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
