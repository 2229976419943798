//! Policies of topics: a part of the topic, owned by whoever owns it.

use super::{
    overlay::Overlay,
    rows,
    sns_topic::{self, TOPIC},
};
use crate::{
    kind::{
        Claimed, Reach,
        table::{PROPERTIES, Tree, get},
    },
    model::policy_document::Dialect,
    operations::{
        Grant, OfKind, On, Operation, Resources,
        table::{OURS, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::SNS::TopicInlinePolicy";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/sns-topicinlinepolicy.json"),
    short: "topicpolicy",
    about: "Who may publish to a topic that palisade manages, and subscribe to it: the manifest \
            refers to the topic (`TopicArn: ${AWS::SNS::Topic/name}`).",
    claimed: Claimed::ByParent(sns_topic::NAME),
    arn: "{id}",
    always: &["PolicyDocument"],
    policies: &[("PolicyDocument", Dialect::BucketPolicy)],
    reach: Some(reach),
    operations: OfKind { rows: ROWS, resource: Some(TOPIC), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// It can only deny what roles are allowed, as the policy of a bucket.
fn reach(state: &Tree) -> Reach {
    let topic = get(state, PROPERTIES)["TopicArn"].as_str().unwrap_or_default();
    Reach::Bucket { arn: topic.to_owned() }
}

const TOPICS: On = On::Of(&Resources { name: "Topics", types: &[TOPIC] });
const SEEN: Grant = may("sns:GetTopicAttributes", TOPICS, &[]);
const SET: Grant = may("sns:SetTopicAttributes", TOPICS, OURS);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN]),
    rows::creates(&[rows::CREATE, SET]),
    rows::updates(&[rows::UPDATE, SET]),
    rows::removes(&[rows::DELETE, SET]),
];
