//! Alarms.

use super::{
    overlay::{Overlay, Safe, Says},
    rows,
};
use crate::{
    model::text,
    operations::{
        Named, OfKind, On, Operation, ResourceType, Resources, When,
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::CloudWatch::Alarm";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/cloudwatch-alarm.json"),
    short: "alarm",
    about: "An alarm on a metric. One with another threshold may be one that never sounds: all \
            but its description loosens.",
    arn: "arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}",
    tags: Some(text::CLOUDWATCH),
    always: &["AlarmName", "Arn"],
    words: &[
        ("ActionsEnabled", Says::Safe(Safe::Flag(true))),
        ("AlarmDescription", Says::Harmless),
    ],
    operations: OfKind { rows: ROWS, resource: Some(ALARM), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// Alarms.
const ALARM: ResourceType = ResourceType::new(
    "alarm",
    "arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}",
    "palisade-000000000000",
    Named::Never,
);

const ALARMS: On = On::Of(&Resources { name: "Alarms", types: &[ALARM] });

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        may("cloudwatch:DescribeAlarms", ALARMS, &[]),
        may("cloudwatch:ListTagsForResource", ALARMS, &[]),
    ]),
    rows::creates(&[
        rows::CREATE,
        may("cloudwatch:PutMetricAlarm", ALARMS, &[When::Claims]),
        may("cloudwatch:TagResource", ALARMS, &[When::Claims]),
    ]),
    rows::updates(&[rows::UPDATE, may("cloudwatch:PutMetricAlarm", ALARMS, OURS)]),
    rows::tags(&[
        rows::TAG,
        may("cloudwatch:TagResource", ALARMS, OURS_AFTER),
        may("cloudwatch:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("cloudwatch:UntagResource", ALARMS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("cloudwatch:DeleteAlarms", ALARMS, OURS)]),
];
