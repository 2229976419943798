//! Policies of queues: a part of the queue, owned by whoever owns it.

use super::{
    identifier::Identifier,
    overlay::Overlay,
    rows,
    sqs_queue::{self, QUEUE},
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
pub const NAME: &str = "AWS::SQS::QueueInlinePolicy";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/sqs-queueinlinepolicy.json"),
    short: "queuepolicy",
    about: "Who may send to a queue that palisade manages, and receive from it: the manifest \
            refers to the queue (`Queue: ${AWS::SQS::Queue/name}`).",
    claimed: Claimed::ByParent(sqs_queue::NAME),
    identifier: Identifier::By(|_| None, arn_of),
    always: &["PolicyDocument"],
    policies: &[("PolicyDocument", Dialect::BucketPolicy)],
    reach: Some(reach),
    operations: OfKind { rows: ROWS, resource: Some(QUEUE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// The ARN of the queue with this URL (`https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`).
fn arn_of(url: &str) -> Option<String> {
    let (host, path) = url.strip_prefix("https://sqs.")?.split_once('/')?;
    let (region, _) = host.split_once('.')?;
    let (account, name) = path.split_once('/')?;
    let partition = match region.split('-').next()? {
        "cn" => "aws-cn",
        "us" if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    Some(format!("arn:{partition}:sqs:{region}:{account}:{name}"))
}

/// It can only deny what roles are allowed, as the policy of a bucket.
fn reach(state: &Tree) -> Reach {
    let url = get(state, PROPERTIES)["Queue"].as_str().unwrap_or_default();
    Reach::Bucket { arn: arn_of(url).unwrap_or_default() }
}

const QUEUES: On = On::Of(&Resources { name: "Queues", types: &[QUEUE] });
const SEEN: Grant = may("sqs:GetQueueAttributes", QUEUES, &[]);
const FOUND: Grant = may("sqs:GetQueueUrl", QUEUES, &[]);
const SET: Grant = may("sqs:SetQueueAttributes", QUEUES, OURS);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN, FOUND]),
    rows::creates(&[rows::CREATE, SET]),
    rows::updates(&[rows::UPDATE, SET]),
    rows::removes(&[rows::DELETE, SET]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_of_a_queue_follows_from_its_url() {
        let url = "https://sqs.eu-west-1.amazonaws.com/111122223333/events";
        assert_eq!(arn_of(url).as_deref(), Some("arn:aws:sqs:eu-west-1:111122223333:events"));
        let url = "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/events";
        assert_eq!(arn_of(url).as_deref(), Some("arn:aws-cn:sqs:cn-north-1:111122223333:events"));
        assert_eq!(arn_of("events"), None);
    }
}
