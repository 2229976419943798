//! Queues.

use serde_json::Value;

use super::{
    identifier::{Identifier, Made, said},
    overlay::{Overlay, Safe, Says},
    risks::{kept_or, limited},
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
pub const NAME: &str = "AWS::SQS::Queue";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/sqs-queue.json"),
    short: "queue",
    about: "A queue. Deleted it takes its messages with it, and its name is free after a minute.",
    identifier: Identifier::Made(Made {
        needs: &["QueueName"],
        name: |it| said(it, "QueueName"),
        id: "https://sqs.{region}.{suffix}/{account}/{name}",
    }),
    arn: "arn:{partition}:sqs:{region}:{account}:{name}",
    tags: Some(text::SQS),
    always: &["Arn", "QueueUrl"],
    empty_at_first: true,
    words: &[
        ("DelaySeconds", Says::Harmless),
        ("ReceiveMessageWaitTimeSeconds", Says::Harmless),
        ("VisibilityTimeout", Says::Harmless),
        ("MessageRetentionPeriod", Says::Judged(messages_kept)),
        ("SqsManagedSseEnabled", Says::Safe(Safe::Flag(true))),
        ("KmsMasterKeyId", Says::Judged(limited)),
    ],
    documents: &["RedriveAllowPolicy", "RedrivePolicy"],
    operations: OfKind { rows: ROWS, resource: Some(QUEUE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// SQS API reference, SetQueueAttributes: four days if nothing is said.
fn messages_kept(old: &Value, new: &Value, _: &Context) -> Risk {
    kept_or(345_600, old, new)
}

/// Queues.
pub(super) const QUEUE: ResourceType = ResourceType::new(
    "queue",
    "arn:{partition}:sqs:{region}:{account}:{id}",
    "palisade-000000000000",
    Named::Never,
);

const QUEUES: On = On::Of(&Resources { name: "Queues", types: &[QUEUE] });

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[
        rows::GET,
        may("sqs:GetQueueAttributes", QUEUES, &[]),
        may("sqs:ListQueueTags", QUEUES, &[]),
    ]),
    rows::creates(&[
        rows::CREATE,
        may("sqs:CreateQueue", QUEUES, &[When::Claims]),
        may("sqs:GetQueueUrl", QUEUES, &[]),
        may("sqs:TagQueue", QUEUES, &[When::Claims]),
    ]),
    rows::updates(&[rows::UPDATE, may("sqs:SetQueueAttributes", QUEUES, OURS)]),
    rows::tags(&[
        rows::TAG,
        may("sqs:TagQueue", QUEUES, OURS_AFTER),
        may("sqs:TagQueue", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("sqs:UntagQueue", QUEUES, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("sqs:DeleteQueue", QUEUES, OURS)]),
];
