//! Topics.

use super::{
    baseline,
    identifier::{Identifier, Made, said},
    overlay::{Overlay, Says},
    risks::limited,
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
pub const NAME: &str = "AWS::SNS::Topic";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/sns-topic.json"),
    short: "topic",
    about: "A topic, such as alarms are sent to. Who may publish to it is said by \
            AWS::SNS::TopicInlinePolicy, and who gets its messages by subscriptions, which are \
            not managed.",
    identifier: Identifier::Made(Made {
        needs: &["TopicName"],
        name: |it| said(it, "TopicName"),
        id: "arn:{partition}:sns:{region}:{account}:{name}",
    }),
    arn: "arn:{partition}:sns:{region}:{account}:{name}",
    tags: Some(text::SNS),
    always: &["TopicArn", "TopicName"],
    refused: &[
        (
            "Subscription",
            "AWS returns those of everybody, who confirm and end them themselves",
            "leave it out",
        ),
        ("DataProtectionPolicy", "palisade does not compare what it masks", "leave it out"),
        (
            "DeliveryStatusLogging",
            "SNS writes its logs with roles that palisade may not pass",
            "leave it out",
        ),
    ],
    words: &[
        ("DisplayName", Says::Harmless),
        ("TracingConfig", Says::Harmless),
        ("KmsMasterKeyId", Says::Judged(limited)),
    ],
    documents: &["ArchivePolicy"],
    rules: baseline::TOPICS,
    operations: OfKind { rows: ROWS, resource: Some(TOPIC), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// Topics.
pub(super) const TOPIC: ResourceType = ResourceType::new(
    "topic",
    "arn:{partition}:sns:{region}:{account}:{id}",
    "palisade-000000000000",
    Named::Never,
);

const TOPICS: On = On::Of(&Resources { name: "Topics", types: &[TOPIC] });

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        may("sns:GetDataProtectionPolicy", TOPICS, &[]),
        may("sns:GetTopicAttributes", TOPICS, &[]),
        may("sns:ListSubscriptionsByTopic", TOPICS, &[]),
        may("sns:ListTagsForResource", TOPICS, &[]),
    ]),
    rows::creates(&[
        rows::CREATE,
        may("sns:CreateTopic", TOPICS, &[When::Claims]),
        may("sns:TagResource", TOPICS, &[When::Claims]),
    ]),
    rows::updates(&[rows::UPDATE, may("sns:SetTopicAttributes", TOPICS, OURS)]),
    rows::tags(&[
        rows::TAG,
        may("sns:TagResource", TOPICS, OURS_AFTER),
        may("sns:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("sns:UntagResource", TOPICS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("sns:DeleteTopic", TOPICS, OURS)]),
];
