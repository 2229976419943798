//! Controls of Control Tower that are enabled on organizational units.

use super::{overlay::Overlay, rows};
use crate::{
    model::text,
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::ControlTower::EnabledControl";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/controltower-enabledcontrol.json"),
    short: "control",
    about: "A control of Control Tower that is enabled on an organizational unit, by the ARNs of \
            both. It takes AWS minutes to hours. Control Tower works on one control of an \
            organization at a time; one that comes too early is sent again.",
    tags: Some(text::CONTROL_TOWER),
    always: &["ControlIdentifier", "TargetIdentifier"],
    operations: OfKind {
        rows: ROWS,
        resource: Some(RESOURCE),
        of_organization: true,
        ..OfKind::NONE
    },
    ..Overlay::PLAIN
};

const RESOURCE: ResourceType = ResourceType::new(
    "EnabledControl",
    "arn:{partition}:controltower:{region}:{account}:enabledcontrol/{id}",
    "0000000000000000",
    Named::Never,
);

const CONTROLS: On = On::Of(&Resources { name: "EnabledControls", types: &[RESOURCE] });
const SEEN: &[Grant] = &[
    rows::GET,
    may("controltower:GetEnabledControl", CONTROLS, &[]),
    may("controltower:ListEnabledControls", On::Anything, &[]),
    may("controltower:ListTagsForResource", CONTROLS, &[]),
];
const FOLLOWED: Grant = may("controltower:GetControlOperation", On::Anything, &[]);
const NOTE: &str = "A preventive control is a service control policy of Control Tower's own. It \
                    is written with the caller's permissions for AWS Organizations, which no \
                    condition limits to Control Tower's policies and which are therefore not \
                    here: whoever enables preventive controls grants them.";

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::gets(SEEN),
    rows::lists(&[rows::LIST, may("controltower:ListEnabledControls", On::Anything, &[])]),
    rows::creates(&[
        rows::CREATE,
        may("controltower:EnableControl", CONTROLS, CLAIMS),
        may("controltower:TagResource", CONTROLS, CLAIMS_UNCLAIMED),
        FOLLOWED,
    ])
    .note(NOTE),
    rows::updates(&[
        rows::UPDATE,
        may("controltower:UpdateEnabledControl", CONTROLS, OURS),
        may("controltower:TagResource", CONTROLS, OURS_AFTER),
        may("controltower:UntagResource", CONTROLS, OURS_WITHOUT),
    ])
    .note(NOTE),
    rows::removes(&[rows::DELETE, may("controltower:DisableControl", CONTROLS, OURS)]),
];
