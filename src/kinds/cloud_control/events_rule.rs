//! Rules of EventBridge.

use std::cmp::Ordering;

use serde_json::Value;

use super::{
    identifier::{Identifier, Made, said},
    overlay::{Overlay, Says},
    rows,
};
use crate::{
    model::{Risk, policy_document::Context, text},
    operations::{
        Named, OfKind, On, Operation, ResourceType, Resources, When,
        table::{CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::Events::Rule";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/events-rule.json"),
    short: "eventrule",
    about: "A rule of EventBridge on the default bus: which events, or when, and who gets them.",
    identifier: Identifier::Made(Made {
        needs: &["Name"],
        name: |it| said(it, "Name"),
        id: "arn:{partition}:events:{region}:{account}:rule/{name}",
    }),
    arn: "arn:{partition}:events:{region}:{account}:rule/{name}",
    tags: Some(text::EVENTS),
    always: &["Arn", "Name"],
    refused: &[(
        "EventBusName",
        "the identifiers of rules on other buses are made in another manner",
        "leave it out: the rule is on the default bus",
    )],
    words: &[("Description", Says::Harmless), ("State", Says::Judged(state))],
    documents: &["EventPattern"],
    operations: OfKind { rows: ROWS, resource: Some(RULE), hands_on_roles: true, ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// A rule sees nothing, or what changes something, or what only reads too (EventBridge user guide,
/// management events from AWS services).
fn state(old: &Value, new: &Value, _: &Context) -> Risk {
    const STATES: [&str; 3] =
        ["DISABLED", "ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"];
    // It is on if nothing is said.
    let sees = |state: &Value| STATES.iter().position(|it| state == it).unwrap_or(1);
    match sees(new).cmp(&sees(old)) {
        Ordering::Less => Risk::LOOSENS,
        Ordering::Equal => Risk::NEUTRAL,
        Ordering::Greater => Risk::TIGHTENS,
    }
}

/// Rules on the default bus.
const RULE: ResourceType = ResourceType::new(
    "rule-on-default-event-bus",
    "arn:{partition}:events:{region}:{account}:rule/{id}",
    "palisade-000000000000",
    Named::Never,
);

const RULES: On = On::Of(&Resources { name: "EventRules", types: &[RULE] });
/// EventBridge calls targets with the role.
const PASSED: &[When] =
    &[When::says("PassedToEvents", "iam:PassedToService", "events.amazonaws.com")];

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        may("events:DescribeRule", RULES, &[]),
        may("events:ListTagsForResource", RULES, &[]),
        may("events:ListTargetsByRule", RULES, &[]),
    ]),
    rows::creates(&[
        rows::CREATE,
        may("events:PutRule", RULES, &[When::Claims]),
        may("events:PutTargets", RULES, OURS),
        may("events:TagResource", RULES, &[When::Claims]),
        may("iam:PassRole", On::ExecutionRoles, PASSED),
    ]),
    rows::updates(&[
        rows::UPDATE,
        may("events:PutRule", RULES, OURS),
        may("events:PutTargets", RULES, OURS),
        may("events:RemoveTargets", RULES, OURS),
        may("iam:PassRole", On::ExecutionRoles, PASSED),
    ]),
    rows::tags(&[
        rows::TAG,
        may("events:TagResource", RULES, OURS_AFTER),
        may("events:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("events:UntagResource", RULES, OURS_WITHOUT)]),
    rows::removes(&[
        rows::DELETE,
        may("events:DeleteRule", RULES, OURS),
        may("events:RemoveTargets", RULES, OURS),
    ]),
];
