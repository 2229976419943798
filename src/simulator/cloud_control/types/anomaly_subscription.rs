//! AWS::CE::AnomalySubscription.

use super::held::{self, Calls, held};
use crate::simulator::cloud_control::{
    names::ANOMALY_SUBSCRIPTION,
    resource_type::Type,
    schema::{Member, Shape, TAGS, TEXT, TEXTS, may, must},
};

static SUBSCRIBER: Shape = Shape::Object(&[
    must("Address", &TEXT),
    may("Status", &TEXT),
    must("Type", &Shape::OneOf(&["EMAIL", "SNS"])),
]);
static SUBSCRIBERS: Shape = Shape::List { of: &SUBSCRIBER, count: (1, 50), ordered: false };

/// The service's operations.
static CALLS: Calls = Calls {
    service: "ce",
    create: "CreateAnomalySubscription",
    read: "GetAnomalySubscriptions",
    update: "UpdateAnomalySubscription",
    delete: "DeleteAnomalySubscription",
    list: "GetAnomalySubscriptions",
    tags: ("TagResource", "UntagResource"),
};

static MEMBERS: &[Member] = &[
    may("AccountId", &TEXT),
    must("Frequency", &TEXT),
    must("MonitorArnList", &TEXTS),
    may("ResourceTags", &TAGS),
    must("Subscribers", &SUBSCRIBERS),
    may("SubscriptionArn", &TEXT),
    must("SubscriptionName", &Shape::Text(1, 1024)),
    may("ThresholdExpression", &TEXT),
];

pub(super) static TYPE: Type = held!(&CALLS; "ResourceTags";
    name: ANOMALY_SUBSCRIPTION,
    members: MEMBERS,
    identifier: "SubscriptionArn",
    listed_in: None,
    read_only: &["SubscriptionArn", "AccountId", "Subscribers/*/Status"],
    create_only: &["ResourceTags"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
);
