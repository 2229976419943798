//! Who is notified of unusual costs.

use super::{
    coverage,
    identifier::Identifier,
    overlay::{Overlay, Safe, Says},
    rows,
};
use crate::{
    model::text,
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::CE::AnomalySubscription";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/ce-anomalysubscription.json"),
    short: "anomalysubscription",
    about: "Who is notified of unusual costs that a monitor finds, from which impact, and how \
            soon. AWS takes tags when it creates one, and never again: what has lost its claim is \
            shown, and a person decides.",
    invented: true,
    arn: "arn:{partition}:ce::{account}:anomalysubscription/{id}",
    identifier: Identifier::Arn,
    tags: Some(text::COST_EXPLORER),
    always: &["SubscriptionArn", "SubscriptionName", "Frequency"],
    refused: &[(
        "Threshold",
        "AWS has replaced it, and reads back both",
        "write `ThresholdExpression`",
    )],
    words: &[
        ("SubscriptionName", Says::Harmless),
        ("Frequency", Says::Safe(Safe::Word("IMMEDIATE"))),
        ("MonitorArnList", Says::Judged(coverage::change_of_items)),
    ],
    documents: &["ThresholdExpression"],
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), fixed_tags: true, ..OfKind::NONE },
    ..Overlay::PLAIN
};

const RESOURCE: ResourceType = ResourceType::new(
    "anomalysubscription",
    "arn:{partition}:ce::{account}:anomalysubscription/{id}",
    "00000000-0000-4000-8000-000000000000",
    Named::Never,
);

const SUBSCRIPTIONS: On = On::Of(&Resources { name: "AnomalySubscriptions", types: &[RESOURCE] });
const SEEN: Grant = may("ce:GetAnomalySubscriptions", SUBSCRIPTIONS, &[]);
/// A list names none of them.
const LISTED: Grant = may("ce:GetAnomalySubscriptions", On::Anything, &[]);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN, may("ce:ListTagsForResource", SUBSCRIPTIONS, &[])]),
    rows::lists(&[rows::LIST, LISTED]),
    rows::creates(&[
        rows::CREATE,
        may("ce:CreateAnomalySubscription", On::Anything, CLAIMS),
        may("ce:TagResource", SUBSCRIPTIONS, CLAIMS_UNCLAIMED),
    ]),
    rows::updates(&[rows::UPDATE, may("ce:UpdateAnomalySubscription", SUBSCRIPTIONS, OURS)]),
    rows::removes(&[rows::DELETE, may("ce:DeleteAnomalySubscription", SUBSCRIPTIONS, OURS)]),
];
