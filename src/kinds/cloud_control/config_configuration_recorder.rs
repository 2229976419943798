//! The recorder of AWS Config: one for each account and Region.
//!
//! Its model does not say whether it records, so that Config is asked, and starts and stops it,
//! in addition to what Cloud Control does. It carries no claim: a manifest adopts it by its name.

use serde_json::json;

use super::{
    aws::recorder,
    overlay::{Overlay, Safe, Says, Supplement},
    rows,
};
use crate::{
    kind::{
        Claimed, Removal,
        table::{Call, Form, Gives, How, Leaf, Null, RiskOf},
    },
    model::Risk,
    operations::{
        Named, OfKind, On, Operation, ResourceType, Resources, When,
        table::{may, reads, writes},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::Config::ConfigurationRecorder";

/// The row that says whether it records.
pub(super) const RECORDING: &str = "recording";
/// The call that says whether it records.
pub(super) const STATUS: &str = "configservice:DescribeConfigurationRecorderStatus";
/// The call that starts it.
pub(super) const START: &str = "configservice:StartConfigurationRecorder";
/// The call that stops it.
pub(super) const STOP: &str = "configservice:StopConfigurationRecorder";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/config-configurationrecorder.json"),
    short: "recorder",
    about: "The recorder of AWS Config in an account and Region, and whether it records. It \
            carries no claim, so that the manifest adopts it by its name (`lifecycle: {adopt: \
            default}`), whether it exists or not.",
    claimed: Claimed::ByName,
    // Nothing that happens after that is recorded; a manifest can stop it.
    removal: Removal::Never,
    always: &["Name", "RoleARN"],
    refused: &[(
        "StartedOnCreate",
        "AWS never returns it, and starts nothing later",
        "write `recording: true` next to `properties`",
    )],
    words: &[
        ("RecordingGroup/AllSupported", Says::Safe(Safe::Flag(true))),
        ("RecordingGroup/IncludeGlobalResourceTypes", Says::Safe(Safe::Flag(true))),
        (
            "RecordingGroup/RecordingStrategy/UseOnly",
            Says::Safe(Safe::Word("ALL_SUPPORTED_RESOURCE_TYPES")),
        ),
        ("RecordingMode/RecordingFrequency", Says::Safe(Safe::Word("CONTINUOUS"))),
    ],
    // The schema says that their order means something; they are sets of types.
    ordered: &[
        ("RecordingGroup/ResourceTypes", false),
        ("RecordingGroup/ExclusionByResourceTypes/ResourceTypes", false),
        ("RecordingMode/RecordingModeOverrides", false),
        ("RecordingMode/RecordingModeOverrides/*/ResourceTypes", false),
    ],
    supplement: Some(Supplement { row: recording, read: recorder::read, send: recorder::send }),
    operations: OfKind {
        rows: ROWS,
        resource: Some(RESOURCE),
        hands_on_roles: true,
        ..OfKind::NONE
    },
    ..Overlay::PLAIN
};

fn recording() -> Leaf {
    let about = "Whether it records. AWS starts it only where the Region has a delivery channel. \
                 Absent: not managed.";
    let change = How::Switch {
        on: Call::new(START, "start recording"),
        off: Call::new(STOP, "stop recording"),
    };
    let risk = RiskOf::Towards { value: json!(true), there: Risk::TIGHTENS, back: Risk::LOOSENS };
    let row = Leaf::harmless(RECORDING, about, Form::Bool, change);
    Leaf { null: Null::Refused, ..row }.risking(risk, Gives::Least(json!(true)))
}

/// Recorders. Their ARNs have an id that Config invents after their names.
const RESOURCE: ResourceType = ResourceType::new(
    "ConfigurationRecorder",
    "arn:{partition}:config:{region}:{account}:configuration-recorder/{id}",
    "default/000000000000",
    Named::Never,
);

const RECORDERS: On = On::Of(&Resources { name: "Recorders", types: &[RESOURCE] });

/// Config records with the role.
const PASSED: &[When] =
    &[When::says("PassedToConfig", "iam:PassedToService", "config.amazonaws.com")];

const NOTE: &str = "An account and Region have one recorder, which no condition names: a manifest \
                    adopts it.";

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::gets(&[
        rows::GET,
        may("config:DescribeConfigurationRecorders", RECORDERS, &[]),
        may("config:ListTagsForResource", RECORDERS, &[]),
    ]),
    reads(STATUS).only_needs(&[may("config:DescribeConfigurationRecorderStatus", RECORDERS, &[])]),
    rows::creates(&[
        rows::CREATE,
        may("config:PutConfigurationRecorder", RECORDERS, &[]),
        may("iam:PassRole", On::ExecutionRoles, PASSED),
    ])
    .note(NOTE),
    rows::updates(&[
        rows::UPDATE,
        may("config:PutConfigurationRecorder", RECORDERS, &[]),
        may("iam:PassRole", On::ExecutionRoles, PASSED),
    ])
    .note(NOTE),
    writes(START, On::Anything, &[])
        .only_needs(&[may("config:StartConfigurationRecorder", RECORDERS, &[])])
        .note(NOTE),
    writes(STOP, On::Anything, &[])
        .only_needs(&[may("config:StopConfigurationRecorder", RECORDERS, &[])])
        .note(NOTE),
];
